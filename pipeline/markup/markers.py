"""Markers: the printed labels of sentences, as people write them and as this program prints them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

_BRACKET = re.compile(r"[ \t]*\[(?P<body>\^?\d{1,3}(?:\s*[,;–-]\s*\^?\d{1,3})*|LLM)\](?!\()")
_SUPER = re.compile(r"(?<=[a-z)”’\"'.?!,;])(?P<body>[¹²³⁴⁵⁶⁷⁸⁹][⁰¹²³⁴⁵⁶⁷⁸⁹]?(?:[,˒⁻][¹²³⁴⁵⁶⁷⁸⁹][⁰¹²³⁴⁵⁶⁷⁸⁹]?)*)(?!\w)")
_GLUED = re.compile(r"(?<=[a-z)”’\"][.?!])(?P<body>\d{1,2}(?:,\d{1,2})*|LLM)(?=\s+[\"“(\[]?[A-Z]|\s*$)")
_PLAIN = re.compile(r"(?<=[\w)”’\"%?!.])[ \t]+(?P<body>\d{1,2}(?:,? \d{1,2}){0,4}|LLM)(?=\.?[\"”’)]?\s*$|[.?!]\s+[\"“(\[]?[A-Z0-9•])")
_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹˒⁻", "0123456789,-")
# Words after which a plain number is part of the sentence, always or where nothing is known of the source list.
_COUNTS = re.compile(
    r"(?:\b(?:figs?|figure|tables?|tab|nos?|steps?|phases?|stages?|grades?|types?|chapters?|ch|vol|volume|weeks?|days?|years?|aged?|ages|"
    r"appendix|equation|wave|of|to|from|was|were|is|are|and|or|about|than|by|at|in|with|only|between|factor|vitamin|after|before|over|under|"
    r"per|least|most|equals|scored?|plus|minus|times|nearly|almost|roughly|tier|until|since|circa|for|the|a|an|reached|totall?ed|averaged)\.?"
    r"|[=<>±\d])$",
    re.I,
)
_MAY_COUNT = re.compile(
    r"\b(?:part|section|item|box|levels?|class|groups?|sessions?|version|study|trial|experiment|model|cohort|arm|visit|goal|page|question)$",
    re.I,
)
UNKNOWN = 99  # how many sources may be listed where nobody says how many are


class Found(NamedTuple):
    """A marker in a text; its span takes the space before it along."""

    start: int
    end: int
    numbers: tuple[int, ...]
    llm: bool


def find(text: str, *, plain: bool = True, known: int = UNKNOWN) -> list[Found]:
    """Return the markers of one block, in order, without overlap.

    `plain` also reads the bare forms `health 1.` and `health LLM.`; a bare number above `known` (how many sources
    are listed) or after a word that counts something (`phase 3.`) stays text.
    """
    found = [*_bracketed(text), *_superscript(text)]
    if plain:
        found += [*_bare(_GLUED, text, known), *_bare(_PLAIN, text, known)]
    found.sort()
    kept: list[Found] = []
    for marker in found:
        if not kept or marker.start >= kept[-1].end:
            kept.append(marker)
    return kept


def printed(numbers: Iterable[int] = (), *, llm: bool = False) -> str:
    """Return the canonical form: `[1][2]`, or `[LLM]`.

    >>> printed([3, 1])
    '[3][1]'
    """
    return "[LLM]" if llm else "".join(f"[{number}]" for number in numbers)


def _bracketed(text: str) -> list[Found]:
    return [_made(match) for match in _BRACKET.finditer(text)]


def _superscript(text: str) -> list[Found]:
    found = []
    for match in _SUPER.finditer(text):
        unit = re.search(r"\b[a-zµ]{1,2}$", text[: match.start()])  # m², cm³
        if not unit:
            found.append(_made(match))
    return found


def _bare(pattern: re.Pattern[str], text: str, known: int) -> list[Found]:
    found = []
    for match in pattern.finditer(text):
        marker = _made(match)
        before = text[max(0, match.start() - 20) : match.start()]
        counts = _COUNTS.search(before) or (known == UNKNOWN and _MAY_COUNT.search(before))
        if marker.llm or (not counts and marker.numbers and max(marker.numbers) <= known):
            found.append(marker)
    return found


def _made(match: re.Match[str]) -> Found:
    body = match.group("body").translate(_DIGITS).replace("^", "")
    if body == "LLM":
        return Found(match.start(), match.end(), (), True)
    numbers: list[int] = []
    for part in re.split(r"[,;\s]+(?=\d)", body):
        low, _, high = part.replace("–", "-").partition("-")
        first, last = int(low), int(high or low)
        numbers += range(first, last + 1) if first <= last <= first + 50 else (first, last)
    return Found(match.start(), match.end(), tuple(dict.fromkeys(numbers)), False)
