"""Numbers of a sentence against those of a passage: values, units, percentages, years, number words."""

from __future__ import annotations

import re
from typing import NamedTuple

from pipeline.records import Conflict
from pipeline.text import stem

_WORDS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
    "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20,
    "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "hundred": 100, "thousand": 1000,
    "half": 0.5, "twice": 2, "thrice": 3,
}  # fmt: skip
_ORDINALS = {
    word: value for value, word in enumerate("first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split(), 1)
}
_MONTHS = "january february march april may june july august september october november december".split()
_PARTS = {"third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "fifth": 5, "fifths": 5, "tenth": 10, "tenths": 10}
_UNITS = frozenset(
    map(
        stem,
        (
            "second seconds minute minutes hour hours day days week weeks month months year years decade decades mg g kg mcg ml "
            "l mm cm m km percent session sessions point points times fold mmol iu db hz bpm euro euros dollar dollars pound "
            "pounds"
        ).split(),
    )
)
_NUMBER = re.compile(
    r"(?<![\w.])(?P<digits>\d+(?:,\d{3})*(?:\.\d+)?|\.\d+)(?P<tail>\s?%|\s?per\s?cent\b|-?[a-zµ]+\b)?"
    r"|\b(?P<part>(?:(?P<upper>one|two|three|four|a)[ -])(?P<lower>third|quarter|fifth|tenth)s?)\b"
    r"|(?<!\d )\b(?P<ordinal>" + "|".join(_ORDINALS) + r")\b"
    r"|\b(?P<word>" + "|".join(_WORDS) + r")\b",
    re.I,
)
_AFTER = re.compile(r"(?:[-–\s]|to|and|\d|[.,](?=\d))*([A-Za-z%]+)(?:\s(cent)\b)?")


_TIME = re.compile(r"\b(minute|hour|dai|day|week|month|year|decade|centur)(?:s|ly|y|ies)?\b", re.I)


class Number(NamedTuple):
    """A number as written, its value, and its unit (a stem, `%`, `calendar`), empty where none is known."""

    written: str
    value: float
    unit: str


def numbers(text: str) -> list[Number]:
    """Return the numbers of a text, in order.

    >>> [(n.value, n.unit) for n in numbers("47 % of 1,240 adults in twelve weeks of 2019")]
    [(47.0, '%'), (1240.0, ''), (12.0, 'week'), (2019.0, 'calendar')]
    """
    return [_made(match, text) for match in _NUMBER.finditer(text)]


def _made(match: re.Match[str], text: str) -> Number:
    if match.group("part"):
        upper = {"one": 1, "a": 1}.get(match.group("upper").lower()) or _WORDS[match.group("upper").lower()]
        return Number(match.group(), upper / _PARTS[match.group("lower").lower()], "")
    if match.group("ordinal"):
        return Number(match.group(), float(_ORDINALS[match.group("ordinal").lower()]), "ordinal")
    digits = match.group("digits")
    value = float(digits.replace(",", "")) if digits else float(_WORDS[match.group("word").lower()])
    end = match.end("digits") if digits else match.end()
    unit = _unit(text, end)
    if not unit and digits and re.fullmatch(r"(?:1[5-9]|20)\d\d", digits):
        unit = "calendar"
    elif not unit and digits and value <= 31:
        unit = _month(text, match.start(), match.end("digits"))
    return Number(match.group().strip(), value, unit)


def _month(text: str, start: int, end: int) -> str:
    """Return the month of which a number is the day, in either order, or an empty string."""
    before = re.search(r"([A-Z][a-z]+)\s+$", text[:start])
    after = re.match(r"(?:st|nd|rd|th)?\s+(?:of\s+)?([A-Z][a-z]+)", text[end:])
    return next((found[1] for found in (before, after) if found and found[1].lower() in _MONTHS), "")


def _unit(text: str, end: int) -> str:
    """Return the known unit that follows a number, over a range's second number (`8-12 weeks`)."""
    after = _AFTER.match(text, end)
    if re.match(r"\s?%", text[end:]) or (after and after.group(0).lower().replace(" ", "").endswith("percent")):
        return "%"
    if not after:
        return ""
    root = stem(after.group(1))
    return root if root in _UNITS else ""


def number_conflicts(claim: str, passage: str) -> list[Conflict]:
    """Compare every number of the claim with those of the passage."""
    ours, theirs = numbers(claim), numbers(passage)
    found = [conflict for number in ours if (conflict := _compare(number, ours, theirs))]
    return found or _times(claim, passage)


def _compare(number: Number, ours: list[Number], theirs: list[Number]) -> Conflict | None:
    same = [other for other in theirs if other.value == number.value]
    if any(other.unit == number.unit for other in same):
        return None
    said = {other.value for other in ours}
    rivals = [other for other in theirs if other.unit == number.unit and other.value not in said]
    # A bare number agrees with a counted one, but `9 minutes` is not found in `nine choirs sang for 90 minutes`.
    if not (number.unit and rivals) and any(not (other.unit and number.unit) for other in same):
        return None
    measured = next((other for other in same if other.unit), None)
    if measured:
        return Conflict(kind="unit", claim=f"{number.written} {number.unit}".strip(), source=f"{measured.written} {measured.unit}")
    if rivals:
        return Conflict(kind="number", claim=number.written, source=rivals[0].written)
    return Conflict(kind="number_missing", claim=number.written, source="")


def _times(claim: str, passage: str) -> list[Conflict]:
    """Compare words of time that no number counts: `in the first weeks`, `daily`."""
    ours, theirs = _uncounted(claim), _uncounted(passage)
    said, read = sorted(set(ours) - set(theirs)), sorted(set(theirs) - set(ours))
    return [Conflict(kind="unit", claim=ours[said[0]], source=theirs[read[0]])] if said and read else []


def _uncounted(text: str) -> dict[str, str]:
    """Return the words of time without a number before them, by their root."""
    counted = "|".join(_WORDS)
    before = re.compile(rf"(?:\d|\b(?:{counted}|one|a))[\s-]*$", re.I)
    return {match[1].lower(): match[0] for match in _TIME.finditer(text) if not before.search(text[: match.start()])}
