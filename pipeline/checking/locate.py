"""Is a quote in a text: exactly, or after folding quotes, dashes, ligatures, white space and line-end hyphens."""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

from pipeline.records import Located
from pipeline.text import Folded, fold

SHORTEST = 12  # characters; anything shorter stands in many places by chance
_ELLIPSIS = re.compile(r"\s*(?:\[\s*(?:…|\.{3})\s*\]|…|\.\s?\.\s?\.)\s*")
_CONTEXT = 60


class Place(NamedTuple):
    """Where a quote stands: `text[start:end]`, and how it was found."""

    start: int
    end: int
    located: Located


@functools.lru_cache(maxsize=64)
def _folded(text: str) -> Folded:
    return fold(text)


def locate(quote: str, text: str) -> Place | None:
    """Return where `quote` stands in `text`, or None; parts around an ellipsis must stand in order.

    A quote of fewer than 12 characters is refused (None).
    """
    quote = quote.strip()
    if len(quote) < SHORTEST:
        return None
    at = text.find(quote)
    if at >= 0:
        return Place(at, at + len(quote), Located.EXACT)
    folded = _folded(text)
    parts = [fold(part).text.strip() for part in _ELLIPSIS.split(quote)]
    return _parts_in_order([part for part in parts if part], folded)


def _parts_in_order(parts: list[str], folded: Folded) -> Place | None:
    start, end = -1, 0
    for part in parts:
        at = folded.text.find(part, end)
        if at < 0 or (start >= 0 and at - end > 600):  # further apart it is another statement
            return None
        start = at if start < 0 else start
        end = at + len(part)
    if start < 0:
        return None
    return Place(folded.offsets[start], folded.offsets[end - 1] + 1, Located.NORMALISED)


def context(text: str, start: int, end: int) -> tuple[str, str]:
    """Return up to 60 characters before and after a span, cut at a space."""
    before, after = text[max(0, start - _CONTEXT) : start], text[end : end + _CONTEXT]
    if start > _CONTEXT:
        before = before[before.find(" ") + 1 :]
    if end + _CONTEXT < len(text):
        after = after[: after.rfind(" ") + 1]
    return before, after
