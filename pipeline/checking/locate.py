"""Is a quote in a text: exactly, or after folding quotes, dashes, ligatures, white space and line-end hyphens.

Where it is not, `nearest` finds the place that resembles it most, for a person to look at; that is never "located".
"""

from __future__ import annotations

import functools
import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import edlib

from pipeline.records import Located
from pipeline.text import Folded, fold

SHORTEST = 12  # characters; anything shorter stands in many places by chance
NEAR = 0.7  # likeness: at 60,000 characters absent quotes stay below .63, quotes with 3 % typos above .79
_ELLIPSIS = re.compile(r"\s*(?:\[\s*(?:…|\.{3})\s*\]|…|\.\s?\.\s?\.)\s*")
_APART = 600  # characters between parts of a quote; further apart it is another statement
_BESIDE = 80  # characters between a part too short to stand alone and its neighbour
_CONTEXT = 60
_WORD = re.compile(r"\w+")
_BAND = 4  # words; seeds whose places differ by less are of one alignment
_MARGIN = 10  # characters around the seeded window
_LIMIT = re.compile(
    r"[,;:]?\s*(?:\(|—|–)?\s*"
    r"(?:(?:but |though |although |albeit )?(?:only|not) (?:in|if|when|among|for|with|at|after|before|during|on)|except|unless|"
    r"provided|other than|apart from|excluding|save for|with the exception|as long as|at least (?:in|among|for))\b",
    re.I,
)


class Place(NamedTuple):
    """Where a quote stands: `text[start:end]`, and how it was found."""

    start: int
    end: int
    located: Located


class Near(NamedTuple):
    """The place that resembles a quote most, and how much, in [0, 1]."""

    start: int
    end: int
    likeness: float


class _Read:
    """A text folded once for many quotes, with the places of its word pairs."""

    def __init__(self, text: str) -> None:
        self.folded: Folded = fold(text)

    @functools.cached_property
    def words(self) -> list[re.Match[str]]:
        return list(_WORD.finditer(self.folded.text))

    @functools.cached_property
    def pairs(self) -> dict[tuple[str, str], list[int]]:
        found: dict[tuple[str, str], list[int]] = defaultdict(list)
        for index, (one, other) in enumerate(itertools.pairwise(self.words)):
            found[one.group(), other.group()].append(index)
        return found


@functools.lru_cache(maxsize=64)
def _read(text: str) -> _Read:
    return _Read(text)


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
    folded = _read(text).folded
    parts = _parts(quote)
    if not parts or max(map(len, parts)) < SHORTEST:
        return None
    return _parts_in_order(parts, folded)


def _parts(quote: str) -> list[str]:
    return [part for piece in _ELLIPSIS.split(quote) if (part := fold(piece).text.strip())]


def _parts_in_order(parts: Sequence[str], folded: Folded) -> Place | None:
    """Find all parts in order, from each place where the first one stands."""
    begin = folded.text.find(parts[0])
    while begin >= 0:
        end = begin + len(parts[0])
        for part in parts[1:]:
            at = folded.text.find(part, end, end + _APART + len(part))
            if at < 0:
                break
            end = at + len(part)
        else:
            return Place(folded.offsets[begin], folded.offsets[end - 1] + 1, Located.NORMALISED)
        begin = folded.text.find(parts[0], begin + 1)
    return None


def nearest(quote: str, text: str) -> Near | None:
    """Return the place that resembles a quote most, with exact bounds, or None where nothing resembles it by 0.7.

    Word pairs seed the place, edit distance sets its bounds (edlib, infix); parts around an ellipsis are found in order. A
    resemblance says nothing about the meaning: one changed digit still resembles by 0.99.
    """
    if len(quote.strip()) < SHORTEST:
        return None
    source = _read(text)
    long = [part for part in _parts(quote) if len(part) >= SHORTEST] or _parts(quote)
    found: list[Near] = []
    for part in long:
        near = _aligned(part, source)
        if near is None or near.likeness < NEAR or (found and not 0 <= near.start - found[-1].end <= _APART):
            return None
        found.append(near)
    if not found:
        return None
    start, end = _with_short_ends(_parts(quote), found, source.folded.text)
    offsets = source.folded.offsets
    return Near(offsets[start], offsets[end - 1] + 1, round(min(near.likeness for near in found), 3))


def _with_short_ends(parts: Sequence[str], found: Sequence[Near], text: str) -> tuple[int, int]:
    """Return the bounds with a first or last part that was too short to be found alone and stands close by."""
    start, end = found[0].start, found[-1].end
    if len(parts) > 1 and len(parts[0]) < SHORTEST:
        at = text.rfind(parts[0], max(0, start - _BESIDE), start)
        start = at if at >= 0 else start
    if len(parts) > 1 and len(parts[-1]) < SHORTEST:
        at = text.find(parts[-1], end, end + _BESIDE)
        end = at + len(parts[-1]) if at >= 0 else end
    return start, end


def _aligned(part: str, source: _Read) -> Near | None:
    """Return the most similar place in the folded text, around its word pairs."""
    ours = _WORD.findall(part)
    seeds: Counter[int] = Counter()
    for index, pair in enumerate(itertools.pairwise(ours)):
        for place in source.pairs.get(pair, ()):
            band = (place - index) // _BAND
            seeds.update((band, band + 1))
    windows = [_window(band, len(ours), source) for band, _ in seeds.most_common(3)]
    found = [near for window in windows if (near := _infix(part, source.folded.text, *window))]
    return max(found, key=lambda near: (near.likeness, -near.start), default=None)


def _window(band: int, size: int, source: _Read) -> tuple[int, int]:
    first = min(max(0, (band - 1) * _BAND), len(source.words) - 1)
    last = min(first + size + 3 * _BAND, len(source.words) - 1)
    return max(0, source.words[first].start() - _MARGIN), source.words[last].end() + _MARGIN


def _infix(part: str, text: str, low: int, high: int) -> Near | None:
    """Align the part inside `text[low:high]`; None where the two hold more characters than edlib can tell apart."""
    if len(set(part) | set(text[low:high])) > 255:
        return None
    found = edlib.align(part, text[low:high], mode="HW", task="locations")
    if found["editDistance"] < 0 or not found["locations"]:
        return None
    start, end = found["locations"][0]
    likeness = 1 - found["editDistance"] / len(part)
    return Near(low + (start or 0), low + end + 1, likeness) if end is not None else None


def cut_short(start: int, end: int, text: str) -> str:
    """Return the limiting clause before which a quote `text[start:end]` stops, `except in children`, or an empty string.

    >>> text = "It is safe in adults, except in children under two."
    >>> cut_short(0, 20, text)
    'except in children under two'
    """
    stop = re.compile(r"[.!?](?:\s|$)|\n").search(text, end)
    rest = text[end : stop.start() if stop else len(text)]
    if not _LIMIT.match(rest) or text[start:end].rstrip().endswith((".", "!", "?")):
        return ""
    return rest.strip(" ,;:—–")


def context(text: str, start: int, end: int) -> tuple[str, str]:
    """Return up to 60 characters before and after a span, cut at a space."""
    before, after = text[max(0, start - _CONTEXT) : start], text[end : end + _CONTEXT]
    if start > _CONTEXT:
        before = before[before.find(" ") + 1 :]
    if end + _CONTEXT < len(text):
        after = after[: after.rfind(" ") + 1]
    return before, after
