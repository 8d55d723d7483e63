"""Dates as source lists print them."""

from __future__ import annotations

import re
from typing import NamedTuple

MONTH = (
    r"(?:Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)?|Apr(?:il|\.)?|May|Jun[e.]?|Jul[y.]?|Aug(?:ust|\.)?|Sept?(?:ember|\.)?|Oct(?:ober|\.)?|"
    r"Nov(?:ember|\.)?|Dec(?:ember|\.)?|Spring|Summer|Autumn|Fall|Winter|Januar|Februar|März|Mai|Juni|Juli|Oktober|Dezember|janvier|février|"
    r"mars|avril|juin|juillet|août|septembre|octobre|novembre|décembre|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|"
    r"noviembre|diciembre)"
)
YEAR = r"(?:1[4-9]\d\d|20\d\d)"
_DAY = r"\d{1,2}(?:st|nd|rd|th|\.)?"
FULL_DATE = re.compile(
    rf"\d{{4}}[-/]\d{{2}}[-/]\d{{2}}|{_DAY} (?:de )?{MONTH},? (?:de )?{YEAR}|{MONTH} {_DAY},? {YEAR}|{YEAR},? {MONTH} \d{{1,2}}|"
    rf"\d{{1,2}}[./-]\d{{1,2}}[./-](?:\d{{4}}|\d\d)\b|{MONTH},? {YEAR}|{YEAR},? {MONTH}\b|{YEAR}\b"
)
"""A date with a year, the longest form first."""

_DATED = re.compile(
    rf"(?:c(?:a|irca)?\.? ?|©|published |updated )?"
    rf"(?:[\d,.\s/–-]|(?:st|nd|rd|th)\b|\b{MONTH}(?![a-z])|\b(?:de|and|original work published)\b|(?<=\d)[a-z]\b)*",
    re.IGNORECASE,
)
_UNDATED = re.compile(r"(?:n\.? ?d\.?|no date|o\. ?J\.|s\. ?[da]\.|undated|in press|forthcoming|im Druck)(?:-[a-z])?", re.IGNORECASE)
_YEAR = re.compile(rf"(?<![\d./:-])({YEAR})(?:[a-z]\b|(?!\d))")
_IN_BRACKETS = re.compile(r"\s*[.,;]?\s*[(\[]([^()\[\]]{2,60})[)\]]\s*[.,:;]*\s*")
_BARE = re.compile(rf"\s*[.,;]?\s*({YEAR})[a-z]?(?:[-/]\d\d)?(?:, {MONTH}(?: \d{{1,2}})?)?\s?[.,:;]+\s+|\s*[.,;]?\s*(n\.d\.),?\s+")


class Dated(NamedTuple):
    """A date that was read, and where it ends in the text."""

    year: int | None
    end: int
    bare: bool = False
    """Whether it stood without brackets."""


def year_in(text: str) -> int | None:
    """Return the first plausible year of a text.

    >>> year_in("12 March 2019")
    2019
    """
    found = _YEAR.search(text)
    return int(found.group(1)) if found else None


def last_year(text: str) -> int | None:
    """Return the last plausible year of a text."""
    found = [int(match.group(1)) for match in _YEAR.finditer(text)]
    return found[-1] if found else None


def is_date(text: str) -> bool:
    """Say whether a text is a date and nothing else, or says that there is none."""
    text = text.strip()
    return bool(_UNDATED.fullmatch(text) or (year_in(text) and _DATED.fullmatch(text)))


def leading_date(text: str) -> Dated | None:
    """Read the date that a text starts with, in brackets or bare before a stop."""
    bracketed = _IN_BRACKETS.match(text)
    if bracketed and is_date(bracketed.group(1)):
        return Dated(year_in(bracketed.group(1)), bracketed.end())
    bare = _BARE.match(text)
    return Dated(int(bare.group(1)) if bare.group(1) else None, bare.end(), bare=True) if bare else None


def bracketed_dates(text: str) -> list[tuple[int, Dated]]:
    """Return every date in brackets with the offset where it starts."""
    found = []
    for match in re.finditer(r"\(([^()]{2,60})\)[.,:]?\s*", text):
        if is_date(match.group(1)):
            found.append((match.start(), Dated(year_in(match.group(1)), match.end())))
    return found
