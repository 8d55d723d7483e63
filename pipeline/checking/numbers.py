"""Quantities of a sentence against those of a passage: value, unit and what they are of, however they are written.

`two thirds`, `67 %` and `20 of 30` are one share; `12 weeks` and `three months` one duration; `1.5 g` and `1,500 mg` one
mass. Anything else that differs is a conflict.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from pipeline.records import Conflict
from pipeline.text import is_stop, stem

_WORDS = {
    "zero": 0, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
    "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "hundred": 100,
    "thousand": 1000, "million": 1e6, "dozen": 12,
}  # fmt: skip
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_ONES = "one|two|three|four|five|six|seven|eight|nine"
_MULTIPLES = {"twice": 2, "doubled": 2, "doubling": 2, "double": 2, "tripled": 3, "threefold": 3, "twofold": 2, "fourfold": 4, "thrice": 3}
_HALVES = {"halved": 0.5, "halving": 0.5, "half": 0.5}
_ORDINALS = {
    word: value for value, word in enumerate("first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split(), 1)
}
_MONTHS = "january february march april may june july august september october november december".split()
_PARTS = {"half": 2, "third": 3, "quarter": 4, "fifth": 5, "sixth": 6, "tenth": 10}
_UNITS: dict[str, tuple[str, float]] = {
    **{word: ("time", size) for words, size in (
        ("second sec s", 1.0), ("minute min", 60.0), ("hour hr h", 3600.0), ("day d", 86400.0), ("night", 86400.0), ("week wk", 604800.0),
        ("fortnight", 1209600.0), ("month", 2629800.0), ("year yr", 31557600.0), ("decade", 315576000.0), ("century", 3155760000.0),
    ) for word in words.split()},
    **{word: ("mass", size) for words, size in (
        ("µg mcg ug microgram", 1e-6), ("mg milligram", 1e-3), ("g gram", 1.0), ("kg kilogram kilo", 1e3)) for word in words.split()},
    **{word: ("volume", size) for words, size in (
        ("ml millilitre milliliter", 1e-3), ("dl", 0.1), ("l litre liter", 1.0)) for word in words.split()},
    **{word: ("length", size) for words, size in (
        ("mm millimetre", 1e-3), ("cm centimetre", 1e-2), ("m metre meter", 1.0), ("km kilometre kilometer", 1e3), ("mile", 1609.34),
    ) for word in words.split()},
    **{word: (word, 1.0) for word in "point fold time mmol iu db hz bpm mmhg kcal".split()},
    **{word: ("money " + word, 1.0) for word in "euro dollar pound".split()},
}  # fmt: skip
_LONG = frozenset({"time"})
_NUMBER = re.compile(
    rf"(?P<share>\b(?P<some>\d+|{_ONES}|ten|twelve) (?:in|out of|in every) (?P<of>\d+|{_ONES}|ten|twelve|twenty|a hundred|100)\b(?! ?%))"
    r"|(?P<ratio>(?<![\w.,])(?P<upper>\d[\d,]*) of (?:the |these |those |its |their |all )?(?P<lower>\d[\d,]*)(?![\d.]*\d?\s?%)(?![\w]))"
    r"|(?P<digits>(?<![\w.])\d+(?:,\d{3})+(?:\.\d+)?|(?<![\w.])\d+(?:\.\d+)?|(?<![\w.])\.\d+)"
    rf"|\b(?P<part>(?:(?P<many>{_ONES}|a)[ -])(?P<piece>half|halves|third|quarter|fifth|sixth|tenth)s?)\b(?! (?:of )?(?:grade|class))"
    rf"|\b(?P<pair>(?:{_TENS})[ -](?:{_ONES}))\b"
    r"|(?<!\d )\b(?P<ordinal>" + "|".join(_ORDINALS) + r")\b"
    r"|\b(?P<multiple>" + "|".join(_MULTIPLES) + r")\b"
    r"|\b(?P<half>" + "|".join(_HALVES) + r")\b"
    r"|\b(?P<one>(?:one|an?)(?= (?:single )?(?:hour|minute|day|week|fortnight|month|year|decade)\b))"
    r"|\b(?P<word>" + "|".join(_WORDS) + r")s?\b",
    re.I,
)
_AFTER = re.compile(r"(?:[-–\s]|\bto\b|\band\b|\bor\b|\d|[.,](?=\d))*(?P<unit>[A-Za-zµ%]+)(?:[\s-](?P<second>[A-Za-z]+))?")
_PERCENT = re.compile(
    r"(?:\s?(?:-|–|to|and|or)\s?[\d.]+)?\s?(?:%|per\s?cent\b)\s?(?P<points>(?:age)?[ -]?points?)?|\s?percentage points?", re.I
)
_TIME = re.compile(r"\b(minute|hour|dai|day|week|fortnight|month|year|decade|centur)(?:s|ly|y|ies)?\b", re.I)
_OF_TIME = re.compile(r"(?: of)? an? (minute|hour|day|week|month|year|decade|century)\b", re.I)
_AND_HALF = re.compile(r" and a half(?= [a-z])")
_ALL_BUT = re.compile(
    rf"\ball (?:but|except) (?P<some>\d+|{_ONES}) of (?:the |these |those |its |their )?(?P<whole>\d+|{'|'.join(_WORDS)})\b", re.I
)
_OUT_OF = 0.012  # two thirds is said of 66 % and of 67 %
_ROUNDED = 0.09  # three months is said of 12 weeks


class Number(NamedTuple):
    """A quantity as written: its value in the base of its unit, the unit's kind, and the unit as it stands there."""

    written: str
    value: float
    kind: str
    """`time`, `mass`, ..., `share` (0 to 1), `points`, `times`, `calendar`, `ordinal`, a month's name, or empty for a bare count."""
    unit: str
    start: int
    end: int
    counted: str = ""
    """The stem of the noun that a bare number counts, as far as it follows at once."""


def numbers(text: str) -> list[Number]:
    """Return the quantities of a text, in order.

    >>> [(n.value, n.kind) for n in numbers("47 % of 1,240 adults in two thirds of the sites in 2019")]
    [(0.47, 'share'), (1240.0, ''), (0.6666666666666666, 'share'), (2019.0, 'calendar')]
    """
    found: list[Number] = []
    for match in _NUMBER.finditer(text):
        if not found or match.start() >= found[-1].end:
            found += _made(match, text)
    return found


def _value(word: str) -> float:
    word = word.lower()
    if word in {"a hundred", "one", "a", "an"}:
        return 100.0 if word == "a hundred" else 1.0
    return float(_WORDS[word]) if word in _WORDS else float(word.replace(",", ""))


def _made(match: re.Match[str], text: str) -> list[Number]:
    """Return the quantities of one match: `20 of 30` is two counts and a share."""
    at = match.start(), match.end()
    if match["share"]:
        return [Number(match.group(), _value(match["some"]) / max(1.0, _value(match["of"])), "share", "", *at)]
    if match["ratio"]:
        upper, lower = _value(match["upper"]), _value(match["lower"])
        if upper > lower:
            return [_plain(upper, text, match.span("upper")), _plain(lower, text, match.span("lower"))]
        pair = [_plain(upper, text, match.span("upper")), _plain(lower, text, match.span("lower"))]
        return [*pair, Number(match.group(), upper / max(1.0, lower), "of", "", *at)]
    if match["part"]:
        piece = _PARTS[match["piece"].lower().replace("halves", "half")]
        return [_part(_value(match["many"]) / piece, text, at)]
    if match["ordinal"]:
        return [Number(match.group(), float(_ORDINALS[match["ordinal"].lower()]), "ordinal", "", *at)]
    if match["multiple"]:
        return [Number(match.group(), float(_MULTIPLES[match["multiple"].lower()]), "times", "", *at)]
    if match["half"]:
        return [_part(0.5, text, at)]
    if match["pair"]:
        return [_plain(sum(map(_value, re.split("[ -]", match["pair"]))), text, match.span())]
    if match["one"]:
        return [_plain(1.0, text, match.span())]
    return [_plain(_value(match["digits"] or match["word"]), text, match.span())]


def _part(value: float, text: str, span: tuple[int, int]) -> Number:
    """Return a share, or the time that it is of: `half a year`, `a quarter of an hour`."""
    start, end = span
    of = _OF_TIME.match(text, end)
    if not of:
        return Number(text[start:end], value, "share", "", start, end)
    kind, size = _UNITS[of[1]]
    return Number(text[start : of.end()], value * size, kind, of[1], start, of.end())


def _plain(value: float, text: str, span: tuple[int, int]) -> Number:
    """Return a number with the unit that follows it, over a range's second number (`8-12 weeks`)."""
    start, end = span
    written = text[start:end]
    percent = _PERCENT.match(text, end)
    if percent:
        points = percent["points"] or "point" in percent.group()
        return Number(f"{written} {'percentage points' if points else '%'}", value / 100, "points" if points else "share", "", start, end)
    half = _AND_HALF.match(text, end)
    if half:
        value, end = value + 0.5, half.end()
    scaled = re.match(r"[ -](hundred|thousand|million)\b", text[end:], re.I)
    if scaled:
        value, end = value * _WORDS[scaled[1].lower()], end + scaled.end()
    after = _AFTER.match(text, end)
    word = after["unit"] if after else ""
    unit = word if word in _UNITS else word.lower().removesuffix("s") if len(word) > 2 else ""
    unit = "century" if word.lower() == "centuries" else unit
    if unit in _UNITS:
        kind, size = _UNITS[unit]
        half = re.match(r" and a half\b", text[after.end("unit") :]) if after else None
        if after and half:
            return Number(
                text[start : after.end("unit") + half.end()], (value + 0.5) * size, kind, unit, start, after.end("unit") + half.end()
            )
        return Number(f"{written} {word}", value * size, kind, unit, start, end)
    if re.fullmatch(r"(?:1[5-9]|20)\d\d", written):
        return Number(written, value, "calendar", "", start, end)
    if written.isdigit() and value <= 31 and (month := _month(text, start, end)):
        return Number(written, value, month, "", start, end)
    counted = stem(word) if word and not is_stop(word.lower()) and end < len(text) and text[end] in " -" else ""
    return Number(written, value, "", "", start, end, counted)


def _month(text: str, start: int, end: int) -> str:
    """Return the month of which a number is the day, in either order, or an empty string."""
    before = re.search(r"([A-Z][a-z]+)\s+$", text[:start])
    after = re.match(r"(?:st|nd|rd|th)?\s+(?:of\s+)?([A-Z][a-z]+)", text[end:])
    return next((found[1] for found in (before, after) if found and found[1].lower() in _MONTHS), "")


def same(one: Number, other: Number) -> bool:
    """Say whether two quantities are one, however they are written."""
    kinds = {one.kind, other.kind}
    if kinds <= {"share", "of"}:
        rough = any(not number.written[:1].isdigit() or number.kind == "of" for number in (one, other))
        return abs(one.value - other.value) <= (_OUT_OF if rough else 1e-9)
    if one.kind != other.kind:
        return bool({"", "of"} & kinds) and one.value == other.value and not {"share", "points", "ordinal", "times"} & kinds
    if one.kind in _LONG and one.unit != other.unit:
        return abs(one.value - other.value) <= _ROUNDED * max(one.value, other.value)
    return abs(one.value - other.value) <= 1e-9 * max(1.0, abs(one.value))


def number_conflicts(claim: str, passage: str) -> list[Conflict]:
    """Compare every quantity of the claim with those of the passage."""
    ours, theirs = numbers(claim), numbers(passage)
    told, taken = _rests(passage), _rests(claim)
    found = [conflict for number in ours if not _is_rest(number, told, taken, theirs) and (conflict := _compare(number, ours, theirs))]
    return found or _times(claim, passage)


class _Rest(NamedTuple):
    """What is left by `all but three of the 28`."""

    start: int
    end: int
    left: float


def _rests(text: str) -> list[_Rest]:
    return [_Rest(*match.span("some"), _value(match["whole"]) - _value(match["some"])) for match in _ALL_BUT.finditer(text)]


def _is_rest(number: Number, told: list[_Rest], ours: list[_Rest], theirs: list[Number]) -> bool:
    """Say whether a count and `all but some of a whole` are one, whichever side counts and whichever takes away."""
    if number.kind:
        return False
    taken = next((rest for rest in ours if rest.start == number.start), None)
    return any(rest.left == number.value for rest in told) or bool(taken and any(other.value == taken.left for other in theirs))


def _compare(number: Number, ours: list[Number], theirs: list[Number]) -> Conflict | None:
    if number.kind == "of":  # its two counts are compared each
        return None
    agreeing = [other for other in theirs if same(number, other)]
    rivals = [other for other in theirs if other.kind == number.kind and not any(same(other, ours_) for ours_ in ours)]
    if agreeing or (number.kind == "share" and _is_ratio(number, theirs)):
        return _of_others(number, agreeing, theirs) if number.counted else None
    if _is_loose(number) and not any(other.counted == number.counted for other in rivals):
        return None
    measured = next((other for other in theirs if _digits(other) == _digits(number) and other.kind != number.kind and other.kind), None)
    measured = measured or next((other for other in theirs if _digits(other) == _digits(number) and other.unit != number.unit), None)
    if measured and number.kind:
        return Conflict(kind="unit", claim=number.written, source=measured.written)
    if rivals:
        return Conflict(kind="number", claim=number.written, source=rivals[0].written)
    return Conflict(kind="number_missing", claim=number.written, source="")


def _is_loose(number: Number) -> bool:
    """Say whether a number may be said of what a passage does not count: `the two`, `second`, `doubled`."""
    return number.kind in {"ordinal", "times"} or (not number.kind and not number.written[:1].isdigit() and number.value <= 10)


def _is_ratio(number: Number, among: list[Number]) -> bool:
    """Say whether a share in words is that of two counts of the passage: `two thirds` of `14 of the 21`."""
    counts = [other.value for other in among if not other.kind and other.value]
    return not number.written[:1].isdigit() and any(abs(a / b - number.value) <= _OUT_OF for a in counts for b in counts if a < b)


def _digits(number: Number) -> str:
    """Return the number as a numeral without its unit."""
    head = number.written.split(" ")[0].lower()
    return f"{_value(head):g}" if head in _WORDS or re.fullmatch(r"[\d.,]*\d", head) else head


def _of_others(number: Number, agreeing: list[Number], theirs: list[Number]) -> Conflict | None:
    """Report a number that counts something else there, where what it counts here has another number."""
    if any(not other.counted or other.counted == number.counted for other in agreeing):
        return None
    rival = next((other for other in theirs if other.counted == number.counted and other.value != number.value), None)
    if not rival:
        return None
    return Conflict(kind="unit", claim=f"{number.written} {number.counted}", source=f"{agreeing[0].written} {agreeing[0].counted}")


def _times(claim: str, passage: str) -> list[Conflict]:
    """Compare words of time that no number counts: `in the first weeks`, `daily`."""
    ours, theirs = _uncounted(claim), _uncounted(passage)
    said, read = sorted(set(ours) - set(theirs)), sorted(set(theirs) - set(ours))
    return [Conflict(kind="unit", claim=ours[said[0]], source=theirs[read[0]])] if said and read else []


def _uncounted(text: str) -> dict[str, str]:
    """Return the words of time without a number before them, by their root."""
    counted = "|".join(_WORDS)
    before = re.compile(rf"(?:\d|\b(?:{counted}|one|an?|half))[\s-]*$", re.I)
    return {match[1].lower().replace("dai", "day"): match[0] for match in _TIME.finditer(text) if not before.search(text[: match.start()])}
