"""The sentences of an entry: where a title, a container or a publisher may end."""

from __future__ import annotations

import re
from typing import NamedTuple

from pipeline.markup.references.marks import BREAK

_STOP = re.compile(rf"(?P<mark>[.?!]+)(?P<close>[”\"’'»)\]]*)(?P<gap>\s+)(?=(?P<next>\S))|{BREAK}")
_TO_NAME = re.compile(r"\b(?:with|by|of|and|from|for) \w$")
_BRACKET = re.compile(rf"\([^(){BREAK}]{{0,160}}\)")
_ABBREVIATIONS = frozenset(
    "vs st dr mr mrs ms prof no nr vol pp p e.g i.e cf al inc co ed eds ch chap fig approx jr sr mt ft dept univ rev edn bd nos art "
    "suppl s trans "
    "u.s u.k ph.d m.d d.c n.y col gen gov rep hon bros proc conf int symp annu natl acad comput vis recognit electron eng".split()
)
# Journals that print their names with a small first letter.
_SMALL_NAMES = re.compile(r"(?:e[A-Z]|i[A-Z]|npj|bioRxiv|medRxiv|arXiv|p\. ?\d|pp\. ?\d|mBio|vol\b|https?:|in:)")


class Segment(NamedTuple):
    """A stretch of a text up to a stop: its span without the stop, and the stop."""

    start: int
    end: int
    stop: str
    """`.`, `?`, `!`, or empty where a mark or the end of the entry stood."""
    text: str


def segments(text: str) -> list[Segment]:
    """Split a text at its stops; not after abbreviations, initials, nor before small letters.

    >>> [segment.text for segment in segments("Vitamin D in St. Kilda. J Nutr. 2012")]
    ['Vitamin D in St. Kilda', 'J Nutr', '2012']
    """
    found: list[Segment] = []
    start = 0
    inside = {at for bracket in _BRACKET.finditer(text) for at in range(bracket.start(), bracket.end() - 1)}
    for match in _STOP.finditer(text):
        if match["mark"] is None:
            found.append(_segment(text, start, match.start(), ""))
        elif match.start() not in inside and _ends_here(text, start, match):
            found.append(_segment(text, start, _end(match), match["mark"][0]))
        else:
            continue
        start = match.end()
    found.append(_segment(text, start, len(text), ""))
    return [segment for segment in found if segment.text]


def _end(match: re.Match[str]) -> int:
    """Return where the segment ends: a full stop is not part of it, a question mark is, and so is what closes after either."""
    return match.start() if match["mark"][0] == "." and not match["close"] else match.end("close")


def _segment(text: str, start: int, end: int, stop: str) -> Segment:
    return Segment(start, end, stop, text[start:end].strip(" ,;").removesuffix("."))


def _ends_here(text: str, start: int, match: re.Match[str]) -> bool:
    following = text[match.end() : match.end() + 8]
    if match["next"].islower() and not _SMALL_NAMES.match(following):
        return False
    if match["mark"] != ".":
        return True
    before = text[max(start, match.start() - 16) : match.start()]
    word = re.split(r"[\s(“\"'/]", before)[-1]
    if match["close"] and match["close"][0] in ")]":
        return True
    if len(word) == 1 and word.isalpha() and word.isupper():
        return not (
            match.start() - start <= 2
            or _TO_NAME.search(before)
            or re.match(r"\S\.", following)
            or re.search(rf"(?:^|\s)\S\.\s?{word}$", before)
        )
    return word.casefold() not in _ABBREVIATIONS and not re.fullmatch(r"(?:\w\.)+\w", word)
