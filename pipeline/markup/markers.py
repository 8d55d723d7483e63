"""Markers: the printed labels of sentences, as people write them and as this program prints them.

Bracketed and raised numbers are markers by their form. A bare number at the end of a sentence (`health 1.`) is one only where the
article marks its sentences so, and where the number is one of its sources and no word before it counts something; where both
readings live, it is read one way and said to be in doubt.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

UNKNOWN = 99  # how many sources may be listed where nobody says how many are

_NUMBERS = r"\^?\d{1,3}(?:\s*(?:[,;]|[–—-]|\s)\s*\^?\d{1,3})*"
_LLM = r"LLM|llm"
_BRACKET = re.compile(rf"(?<![ \t\xa0\u202f])[ \t\xa0\u202f]*\[\s?(?P<body>{_NUMBERS}|{_LLM}|(?:{_NUMBERS}\s*[,;]\s*)LLM)\s?\](?!\()")
_NAMED = re.compile(r"(?<![ \t\xa0])[ \t\xa0]*\[(?:\^|@)(?P<name>[^\s\[\]()]{1,80})\](?![(:])")
_SUPER = re.compile(
    r"(?:(?<=[\w)\]”’\"'.?!,;%])|(?<=[⁰¹²³⁴⁵⁶⁷⁸⁹] ))(?P<body>[¹²³⁴⁵⁶⁷⁸⁹][⁰¹²³⁴⁵⁶⁷⁸⁹]?(?:[,˒⁻⸴ʼ'–-][¹²³⁴⁵⁶⁷⁸⁹][⁰¹²³⁴⁵⁶⁷⁸⁹]?)*)(?!\w|⁺|⁻)"
)
_CARET = re.compile(r"(?<=[.?!,;)”\"’])(?P<open>\^)(?P<body>\d{1,2}(?:[,–-]\d{1,2})*)\^?(?=\s|$|\^)")
_GLUED = re.compile(r"(?<=[\w)\]%®™°′″][.?!])(?P<body>\d{1,2}(?:[,–-]\d{1,2})*|LLM)(?=\s+[\"“‘(\[]?[^\W\d_a-z]|\s*$)")
_GLUED_QUOTE = re.compile(r"(?<=[.?!][)”’\"])(?P<body>\d{1,2}(?:[,–-]\d{1,2})*|LLM)(?=\s+[\"“‘(\[]?[^\W\d_a-z]|\s*$)")
_PLAIN = re.compile(
    r"(?<=[\w)\]”’\"'%?!.…®™°])[ \t\xa0]+(?P<body>\d{1,2}(?:(?:,\s?|\s|[–-])\d{1,2}){0,5}(?: LLM)?|LLM)"
    r"(?=[.?!]?[\"”’)\]]*\s*$|[.?!]+[\"”’)\]]*\s+[\"“‘(\[•]*[^\W_a-z])"
)
_AFTER = re.compile(r"(?:(?<=[.?!…])|(?<=[.?!…][”’\")]))[ \t\xa0]+(?P<body>LLM)(?=\s+[\"“‘(\[]?[^\W\d_a-z])")
_OPENER = re.compile(
    r"\s+[\"“‘(]?(?:The|This|These|Those|That|It|Its|In|We|Our|They|Their|There|He|She|I|You|A|An|However|But|And|For|To|On|At|As|When|While|After|"
    r"Thus|Therefore|Moreover|Furthermore|Although|Because|If|By|Both|All|Most|Many|Some|No|Not|Such|Another|Each|With|From|Here|Then|So|Also)\b"
)
_INDEXED = re.compile(r"(?<!\w)[A-Za-z]\Z")
_LONGEST_RANGE = 300
# Behind these, numbers in brackets are an interval: `95% CI [1, 3]`, `a scale of [1-5]`.
_INTERVAL = re.compile(
    r"\b(?:CI|C\.I\.|IQR|intervals?|scale(?: of)?|range(?:d)?(?: of| from)?|between|figure|fig\.|table|equation)[,:]?\s*$", re.I
)
_UNSEEN = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"), " ")
_NOUN = re.compile(r"\b(?:an?|the|our|your|my|its|his|her|their|another|every|each|which|what|any)$", re.I)
_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹˒⁻⸴ʼ", "0123456789,-,,")
# After a power, a unit or a symbol of chemistry a raised number is no marker.
_POWER = re.compile(
    r"(?:\d|\b(?:[munkcdM]?m|[munkcd]?s|ft|in|yd|km|cm|mm|kg|µm|μm|[munk]?g|L|dL|mL)|\b[A-Z]|\b(?:Ca|Na|Mg|Fe|Zn|Cu|Mn|Cl|Al|Li|Si)|[χηR²r])$"
)
# Words after which a plain number is part of the sentence, whatever the source list holds.
_COUNTS = re.compile(
    r"(?:\b(?:figs?|figure|tables?|tab|nos?|steps?|phases?|grades?|types?|chapters?|ch|vol|volume|week|day|month|year|aged?|ages|"
    r"appendix|equation|wave|of|to|from|was|were|is|are|and|or|about|than|by|at|in|with|only|between|factor|vitamin|after|before|over|under|per|"
    r"least|most|equals|scored?|plus|minus|times|nearly|almost|roughly|tier|until|since|circa|for|the|a|an|reached|totall?ed|averaged|"
    r"exceeded|ranked|numbered|became|had|has|have|be|been|its|their|another|every|all|any|some|into|as|up|down|around|approximately|"
    r"jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec|january|february|march|april|august|september|october|november|december|"
    r"apollo|windows|python|covid|il|cd|omega|radio|channel|route|highway|article|section|rule|level [ivx]+|chromosomes?|exons?|lanes?)\.?"
    r"|[=<>±≤≥≈~+×/:\d-])$",
    re.I,
)
# Words that count and that sentences end in as well: both readings live.
_MAY_COUNT = re.compile(
    r"\b(?:part|item|box|levels?|class|groups?|sessions?|version|study|studies|trial|trials|experiments?|model|cohort|arm|visit|goal|page|question|"
    r"stages?|criteri(?:on|a)|aim|hypothesis|axis|cluster|subtype|site|zone|panel|line|case|option|condition|wave|module|unit|room|ward|domain|factor|"
    r"on|task|scale|block|set|layer|round|team|scenario|theme|category|schedule|protocol|example|participants?|patients?)$",
    re.I,
)
_CAN_DOUBT = re.compile(r"\b(?:phase|grade|type|step|week|day|month|year|figure|table|chapter|tier|chromosome|section|article)s?$", re.I)


# What ends a phrase although its last word may count: `three times a week 2`, `in 2019 4`, `of 1.5 4`.
_WHOLE = re.compile(r"\b(?:a|per|each|every|this|last|next|one) (?:day|week|month|year)$|\b(?:1[5-9]|20)\d\d$|\d\.\d+$", re.I)


class Found(NamedTuple):
    """A marker in a text; its span takes the space before it along."""

    start: int
    end: int
    numbers: tuple[int, ...]
    llm: bool
    names: tuple[str, ...] = ()
    """Names that no source has: `[^smith]` where no source is called so."""


class Doubt(NamedTuple):
    """A number that could be a marker or part of its sentence."""

    start: int
    end: int
    marker: bool
    """Whether it was read as a marker."""


class Reading(NamedTuple):
    """The markers of one block, in order, without overlap, and the numbers in doubt."""

    markers: list[Found]
    doubts: list[Doubt]


class Held(NamedTuple):
    """A span of text inside an element: a link or superscript, or code, in which nothing is a marker."""

    kind: str
    start: int
    end: int


def find(text: str, *, plain: bool = True, known: int = UNKNOWN) -> list[Found]:
    """Return the markers of one block, in order, without overlap; see `read`."""
    return read(text, plain=plain, known=known).markers


def read(
    text: str,
    *,
    plain: bool = True,
    known: int = UNKNOWN,
    held: Sequence[Held] = (),
    names: Mapping[str, int] | None = None,
) -> Reading:
    """Return the markers of one block and the numbers in doubt.

    `plain` also reads the bare forms `health 1.` and `health LLM.`; a bare number above `known` (how many sources are listed) or
    after a word that counts something (`phase 3.`) stays text. `held` are the links, superscripts and code of the block,
    `names` the numbers of sources that are called by name (`[^haslam2012]`).

    >>> [marker.numbers for marker in find("Groups help.[1][3] It lasts [2–4].")]
    [(1,), (3,), (2, 3, 4)]
    """
    text = text.translate(_UNSEEN)  # of the same length
    found = [*_bracketed(text), *_superscript(text), *_raised(text, held), *_named(text, names or {})]
    doubts: list[Doubt] = []
    if plain:
        for pattern in (_GLUED, _GLUED_QUOTE, _PLAIN, _AFTER):
            _bare(pattern, text, known, found, doubts)
    code = [span for span in held if span.kind == "code"]
    kept: list[Found] = []
    for marker in sorted(found, key=lambda item: (item.start, -item.end)):
        inside = any(span.start < marker.end and marker.start < span.end for span in code)
        if not inside and (not kept or marker.start >= kept[-1].end):
            kept.append(marker)
    return Reading(kept, doubts)


def printed(numbers: Iterable[int] = (), *, llm: bool = False) -> str:
    """Return the canonical form: `[1][2]`, or `[LLM]`.

    >>> printed([3, 1])
    '[3][1]'
    """
    return "[LLM]" if llm else "".join(f"[{number}]" for number in numbers)


def bare_in(text: str) -> bool:
    """Say whether an article's markers are bare: `LLM` without brackets at an end, or many bare numbers and no other markers."""
    for match in _ENDING.finditer(text):
        if not _NOUN.search(text[max(0, match.start() - 12) : match.start()].rstrip()):
            return True
    if re.search(r"\[\^?(?:\d{1,3}|LLM)\]|[a-z][.?!]?[¹²³⁴⁵⁶⁷⁸⁹]|<sup", text):
        return False
    return len(_bare_numbers(text)) >= _MANY


_ENDING = re.compile(r"(?<![\[\w])LLM\.?[\"”’)]?(?:[ \t]*\|?[ \t]*\r?$|[ \t]+[A-Z“\"])", re.M)
_MANY = 3  # bare numbers at ends of sentences from which on they are markers


def _bare_numbers(text: str) -> list[Found]:
    found: list[Found] = []
    doubts: list[Doubt] = []
    _bare(_PLAIN, text, UNKNOWN, found, doubts)
    return [marker for marker in found if not any(doubt.start == marker.start for doubt in doubts)]


def _bracketed(text: str) -> list[Found]:
    """Return the markers in brackets; not an index (`x[1]`, while `vitamin D [1]` is cited), not an interval (`95% CI [1, 3]`)."""
    found = []
    for match in _BRACKET.finditer(text):
        before = text[max(0, match.start() - 20) : match.start()]
        made = _made(match)
        indexed = bool(_INDEXED.search(before)) and not match[0][0].isspace() and not made.llm
        if not indexed and not (len(made.numbers) > 1 and _INTERVAL.search(before)):
            found.append(made)
    return found


def _named(text: str, names: Mapping[str, int]) -> list[Found]:
    """Return markers that name a source or a footnote; one that names none is kept as unknown."""
    found = []
    for match in _NAMED.finditer(text):
        name = match["name"]
        if name != "LLM":
            number = names.get(name)
            found.append(Found(match.start(), match.end(), (number,) if number else (), False, () if number else (name,)))
    return found


def _superscript(text: str) -> list[Found]:
    matches = [match for match in _SUPER.finditer(text) if not _POWER.search(text[max(0, match.start() - 12) : match.start()])]
    return [_made(match) for match in [*matches, *_CARET.finditer(text)]]


def _raised(text: str, held: Sequence[Held]) -> list[Found]:
    """Return the markers that are the whole of a superscript or a link."""
    found = []
    for kind, start, end in held:
        body = (
            re.fullmatch(rf"\s*\[?\s*(?P<body>{_NUMBERS}|{_LLM})\s*\]?\s*", text[start:end])
            if kind != "code" and end - start < 40
            else None
        )
        before = text[max(0, start - 12) : start]
        if body and not (kind == "raised" and (_POWER.search(before) or not before.strip())):
            space = len(before) - len(before.rstrip(" \t\xa0"))
            made = _made(body)
            found.append(made._replace(start=start - space, end=end))
    return found


def _bare(pattern: re.Pattern[str], text: str, known: int, found: list[Found], doubts: list[Doubt]) -> None:
    """Add the bare markers that a pattern finds, and the numbers in doubt."""
    for match in pattern.finditer(text):
        marker = _made(match)
        if marker.llm:
            if not _NOUN.search(text[max(0, match.start() - 12) : match.start()].rstrip()):  # `with an LLM.` is a word
                found.append(marker)
            continue
        if not marker.numbers or max(marker.numbers) > known or not min(marker.numbers):
            continue
        if pattern is _GLUED and not _ends_sentence(text, match):
            continue
        before = text[max(0, match.start() - 20) : match.start()].rstrip()
        ends = pattern is not _PLAIN or text[match.end() :].strip()[:1] not in {"?", "!"}
        if pattern is _PLAIN and _COUNTS.search(before) and not _WHOLE.search(before):
            if known < UNKNOWN and _CAN_DOUBT.search(before):
                doubts.append(Doubt(match.start(), match.end(), False))
        elif pattern is _PLAIN and _MAY_COUNT.search(before):
            taken = known < UNKNOWN
            doubts.append(Doubt(match.start(), match.end(), taken))
            found += [marker] if taken else []
        elif ends:
            found.append(marker)


def _ends_sentence(text: str, match: re.Match[str]) -> bool:
    """Say whether the stop before a glued number ends a sentence; in `63.4` it is the point of a decimal."""
    word = text[max(0, match.start() - 30) : match.start() - 1].split()[-1:]
    if not word or not word[0][-1].isdigit():
        return True
    following = _OPENER.match(text, match.end())
    return bool(re.fullmatch(r"[(“\"]*(?:1[5-9]|20)\d\d", word[0])) or bool(following)


def _made(match: re.Match[str]) -> Found:
    body = match.group("body").translate(_DIGITS).replace("^", "").strip()
    llm = body.upper().endswith("LLM")
    numbers: list[int] = []
    for part in re.split(r"\s*[,;]\s*|\s+", re.sub(r"\s*[–—-]\s*", "-", body)):
        low, _, high = part.partition("-")
        if low.isdigit():
            first, last = int(low), int(high) if high.isdigit() else int(low)
            numbers += range(first, last + 1) if first <= last <= first + _LONGEST_RANGE else (first, last)
    return Found(match.start(), match.end(), tuple(dict.fromkeys(numbers)), llm)
