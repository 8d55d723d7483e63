"""What is seen around a stop: the cues from which the boundary model decides."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from pipeline.markup.abbreviations import COUNTING, KIND

_EMOJI = "[\u2600-\u27bf\U0001f000-\U0001faff\u200d\ufe0f]"
_STOP = re.compile(r"(?:(?<=\w)\.(?=(?:[ \xa0]\.){3}\s+[\w“(])|\.(?:[ \xa0]\.){2,}|[.?!…。？！‽]+)[\"'”’»)\]}*_]*" + rf"(?:\s?{_EMOJI}+)*")
_OPENERS = "\"'“‘«([{*_•–—-¿¡‹„"
_VOWEL = re.compile(r"[aeiouyáéíóúäöüàèâêîôû]", re.I)
_ENUMERATOR = re.compile(r"[(\[]?(?:\d{1,3}(?:\.\d{1,3})*|[A-Za-z]|[ivxIVX]{1,5})[)\]]?")
_LABELS = frozenset("step part phase week day session module table figure box section chapter fig case example question".split())
_ITEM = re.compile(r"\((?:\d{1,2}|[a-z]|[ivx]{1,4})\)\s")
_ROMAN = re.compile(r"[IVX]{1,6}")
_FAR = 400  # characters looked back for an open bracket or quotation mark
_LONG = 60  # characters of a token that are looked at


class Stop(NamedTuple):
    """A place where a sentence may end, and where the next one would begin."""

    at: int
    """Where the stop begins."""
    end: int
    """Past the stop and the quotation marks and brackets that close after it."""
    next: int
    """Where the next word, or what opens before it, begins."""


class Left(NamedTuple):
    """What stands before a stop."""

    word: str
    before: str
    """The token before the word."""
    heads: bool
    """Whether the token before the word begins the block or a sentence."""


class Lexicon(NamedTuple):
    """What the training text says of words, lower case."""

    endings: Mapping[str, int]
    """How often a sentence ends after this abbreviation-like word, 0 (never) to 4 (always)."""
    starts: Mapping[str, int]
    """How often this word, where capitalised, begins a sentence, 0 to 4."""
    cases: Mapping[str, int]
    """Frequency of the word, 1 to 3, negative where it is mostly capitalised."""


def stops(text: str) -> Iterator[Stop]:
    """Yield every place of a text where a sentence other than the last may end."""
    size = len(text)
    for match in _STOP.finditer(text):
        start, end = match.span()
        following = end
        while following < size and text[following].isspace():
            following += 1
        if following >= size:
            return
        if following > end or _runs_on(text, start, end):
            yield Stop(start, end, following)


def _runs_on(text: str, start: int, end: int) -> bool:
    """Say whether a stop without a space behind it may still end a sentence: a small word before, a capitalised one after."""
    before, after = text[start - 1 : start], text[end : end + 3]
    if len(after) < 2 or start < 2 or not (before.isalnum() or before in ')]”’"' or end - start > 1):
        return False
    piece = text[max(0, start - _LONG) : start].rpartition(" ")[2] + text[start : end + _LONG].partition(" ")[0]
    if "@" in piece or "/" in piece or "www." in piece or re.search(r"\w\.\w.*\w\.\w", piece):
        return False
    word = after[0].isupper() and (after[1].islower() or (after[0] in "AI" and after[1] == " "))
    if before.islower() or end - start > 1:
        return word or after[0] in '“‘"(' or after[:2].isupper()
    return word


def features(text: str, stop: Stop, lexicon: Lexicon) -> list[str]:
    """Return the names of the features that hold at a stop."""
    here = left_of(text, stop.at)
    left, before = here.word, here.before
    opening, right, after = _right(text, stop.next)
    low_left, low_right = left.lower(), right.lower()
    last = bare(low_left)
    mark = _mark(text[stop.at : stop.end])
    kind = "-" if mark[0] == "?" else KIND.get(low_left) or KIND.get(last) or "-"
    shape, form = _shape(left), _shape(right)
    begins = lexicon.starts.get(low_right, 5)
    case = lexicon.cases.get(low_right, 0)
    prior = _prior(before)
    held = _held(text, stop)
    ends = lexicon.endings.get(last, 5)
    glued = "glued" if stop.end == stop.next else ""
    head = _head(text, here, stop.at)
    tail = _tail(text, stop.next + len(opening), right, after)
    opened = _opened(text, stop.next, opening)
    since = _since(text, stop.at)
    right_kind = KIND.get(low_right, "-") if after == "." else "-"
    return [
        f"mark {mark}",
        f"mark|form {mark} {form} {glued}",
        f"mark|begins {mark} {begins}",
        f"kind|form {kind} {form}",
        f"kind|begins {kind} {begins}",
        f"kind|case {kind} {case} {form}",
        f"kind|open {kind} {form} {opened}",
        f"kind|right {kind} {low_right[:12]}",
        f"right kind {right_kind} {kind} {form}",
        f"right kind|shape {right_kind} {shape}",
        f"kind|prior {kind} {prior} {form}",
        f"shape|form {shape} {form}",
        f"shape|begins {shape} {begins}",
        f"shape|case {shape} {case} {form}",
        f"shape|prior {shape} {prior} {form}",
        f"shape|prior|begins {shape} {prior} {begins}",
        f"shape|tail {shape} {tail}",
        f"shape|kind|tail {shape} {kind} {tail}",
        f"ends {ends}",
        f"ends|form {ends} {form}",
        f"ends|begins {ends} {begins}",
        f"left {last if len(last) < 6 or kind != '-' else ''} {form}",
        f"right {low_right[:14]}",
        f"form {form}",
        f"begins {begins} {form}",
        f"case {case} {form}",
        f"open {opened} {form} {mark}",
        f"held {held} {form}",
        f"held|mark {held} {mark}",
        f"held|kind {held} {kind} {form}",
        f"held|close {held} {text[stop.end - 1]} {form}",
        f"head {head} {form}",
        f"head|begins {head} {begins}",
        f"tail {tail} {form}",
        f"glued {glued} {shape} {form}",
        f"next item {bool(_ITEM.match(text, stop.next))} {mark}",
        f"prior {prior} {form}",
        f"since {since} {kind} {form}",
        f"since|begins {since} {kind} {begins} {right_kind}",
        f"two {before.lower()[:10] if shape in {'A', 'a', '1', 'IV'} else ''} {shape} {form}",
    ]  # fmt: skip


def bare(word: str) -> str:
    """Return the last part of a compound: `mg` of `3-mg`."""
    return word.rpartition("-")[2].rpartition("/")[2] or word


def left_of(text: str, at: int) -> Left:
    """Return what stands before the stop at an offset."""
    floor = max(0, at - 2 * _LONG)
    words = text[floor:at].rsplit(None, 3)
    if not words or text[at - 1].isspace():
        return Left("", words[-1] if words else "", False)
    word = words[-1].lstrip(_OPENERS).lstrip(".")
    before = words[-2] if len(words) > 1 else ""
    heads = len(words) < 3 or words[-3][-1] in ".?!"
    return Left(word, before, heads)


def _right(text: str, at: int) -> tuple[str, str, str]:
    """Return what opens before the next word, the word without what follows it, and the character after it."""
    start = at
    while start < len(text) and start - at < _LONG and (text[start] in _OPENERS or text[start].isspace()):
        start += 1
    opening = text[at:start]
    word = (text[start : start + _LONG].split(None, 1) or [""])[0]
    match = re.match(r"[\w’'.-]*\w|\W*", word)
    core = match.group() if match else word
    return opening, core.split("’")[0].split("'")[0], word[len(core) : len(core) + 1]


def _opened(text: str, at: int, opening: str) -> str:
    """Return the first character that opens before the next word; a bracket with a stop at its end holds a sentence."""
    if opening[:1] not in {"(", "["}:
        return opening[:1]
    close = text.find(")" if opening[0] == "(" else "]", at, at + _FAR)
    return opening[0] + ("." if close > 0 and text[close - 1] in ".?!" else "")


def _mark(stop: str) -> str:
    """Return the kind of a stop, with what closes after it."""
    core = re.match(r"[.?!…。？！‽ \xa0]+", stop)[0].rstrip()  # type: ignore[index]  # a stop begins with one
    closes = "q" if any(char in "\"'”’»" for char in stop[len(core) :]) else "b" if len(core) < len(stop) else ""
    dots = core.count(".")
    if "?" in core or "!" in core or "？" in core or "！" in core or "‽" in core:
        return f"?{closes}"
    return f"{'…' if '…' in core or dots > 2 else '.' * max(1, dots)}{closes}"


def _shape(word: str) -> str:
    """Return the kind of spelling of a word."""
    if not word:
        return "-"
    if len(word) == 1:
        return "A" if word.isupper() else "a" if word.islower() else "1" if word.isdigit() else "x" if word.isalpha() else "#"
    if word[0].isdigit():
        return "1" if word.replace(".", "").replace(",", "").isdigit() else "1a"
    if "." in word:
        return "a.b" if max(map(len, word.split("."))) < 3 else "url"
    if _ROMAN.fullmatch(word):
        return "IV"
    if word.isupper():
        return "AB"
    if word[0].isupper():
        return "Abc" if _VOWEL.search(word) and len(word) > 3 else "Abc-short" if len(word) < 5 else "Abc"
    if word[0].islower():
        plain = word.isalpha() and word.islower()
        return (
            ("abc" if _VOWEL.search(word) and len(word) > 3 else "ab")
            if plain
            else "aB1"
            if any(c.isupper() or c.isdigit() for c in word)
            else "a-b"
        )
    return "x" if word[0].isalpha() else "#"


def _prior(before: str) -> str:
    """Return the kind of the token before the left one: after `vitamin`, a letter is no initial."""
    word = before.strip("\"'“”‘’()[]")
    if not word:
        return "^"
    if word[-1] in ",;:":
        return ","
    if word.lower() in COUNTING:
        return "counting"
    if word[-1] == ".":
        return "A." if len(word) < 4 else "x."
    shape = _shape(word)
    return shape if shape in {"A", "1", "AB", "abc", "ab"} else "Abc" if shape.startswith("Abc") else "other"


def _held(text: str, stop: Stop) -> str:
    """Say whether a bracket or quotation mark is open after the stop."""
    before = text[max(0, stop.at - _FAR) : stop.end]
    found = ""
    for opening, closing in ("()", "[]"):
        where = before.rfind(opening)
        if where >= 0 and before.count(opening, where) > before.count(closing, where):
            # A bracket that opened with the sentence holds sentences; one that opened within it is part of it.
            whole = not before[:where].strip() or before[:where].rstrip()[-1] in '.?!”"'
            found += "W" if whole and before[where + 1 : where + 2].isupper() else opening
            found += _past(text, closing, stop.end)
    for opening, closing in ("“”", "«»"):
        found += "“" if before.rfind(opening) > before.rfind(closing) else ""
    return found + ('"' if before.count('"') % 2 else "")


def _past(text: str, closing: str, at: int) -> str:
    """Say what follows where a bracket closes: a small word means that all within it is part of a sentence."""
    close = text.find(closing, at, at + _FAR)
    after = text[close + 1 : close + 3].lstrip()[:1] if close >= 0 else "?"
    return "?" if after == "?" else "a" if after.islower() or after in set(",;:.") else ""


def _head(text: str, left: Left, at: int) -> str:
    """Say how much stands before the stop: an enumerator (`3.2.`, `Step 1.`) at the head of a block or sentence ends nothing."""
    before = left.before.strip("•*-–— ")
    numbered = bool(_ENUMERATOR.fullmatch(left.word))
    if not before:
        return "enum" if numbered else "one" if at < _LONG else ""
    if before[-1] in ".?!" and numbered:
        return "enum after"
    if left.heads and before[0].isupper() and numbered:
        return f"label {before.lower()}" if before.lower() in _LABELS else "label"
    return "two" if at < _LONG and len(text[:at].split()) == 2 else ""


def _since(text: str, at: int) -> int:
    """Return how many words stand between the stop before this one and this one, at most 5."""
    piece = text[max(0, at - _LONG) : at]
    last = max(piece.rfind(". "), piece.rfind("? "), piece.rfind("! "))
    return min(5, len(piece[last + 1 :].split())) if last >= 0 or at < _LONG else 5


def _tail(text: str, start: int, right: str, after: str) -> str:
    """Return what follows the next word: a stop or comma makes it part of a name, a small word part of a sentence."""
    if after:
        return "." if after == "." else "," if after in ",;" else ")" if after in ")]" else ":" if after == ":" else "x"
    rest = text[start + len(right) : start + len(right) + _LONG].split(None, 1)
    if not rest:
        return "$"
    word = rest[0]
    return (
        "abc"
        if word[0].islower()
        else "Abc"
        if word[0].isupper()
        else "1"
        if word[0].isdigit()
        else "("
        if word[0] in "(["
        else "&"
        if word[0] == "&"
        else "x"
    )
