"""The words of an entry that no field holds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from pipeline.markup.references.dates import MONTH

_WORD = re.compile(r"[^\W_]+(?:['’.][^\W_]+)*")
# Words that only join the parts of an entry, or that the fields say by themselves.
_JOINING = frozenset(
    "in en dans and und et y e & al vol volume no nr issue pp p pages page art article doi pmid pmcid isbn url eds ed editor editors "
    "hrsg hg edited "
    "by available at from retrieved accessed online link via n.d nd s bd suppl pii https http www".split()
)
_LETTERED = re.compile(r"\d{4}[a-z]")  # 2019a
_MONTH = re.compile(MONTH)
_PARTING = re.compile(r"[;:()]|(?<!No)(?<!no)\.\s")
_SHOWN = 160
"""Characters of left-over text that are quoted; the note holds the entry as a whole."""


def left_over(text: str, held: Iterable[str]) -> tuple[str, ...]:
    """Return the stretches of a text whose words no field holds, each word counted as often as it stands.

    >>> left_over("Beck AT (12 May 1979). Therapy (2nd ed.). Hove: Guilford. 12", ["Beck", "A. T.", "1979", "Therapy", "Guilford", "12"])
    ('12 May', '2nd', 'Hove')
    """
    pool = Counter(piece for value in held for word in _WORD.findall(value) for piece in _pieces(word))
    found = list(_WORD.finditer(text))
    days = _days(text, found)
    # A day of the month may be the same number as a volume: the number that stands elsewhere is the one that the field holds.
    order = sorted(range(len(found)), key=lambda index: index in days)
    left = {index for index in order if not _take(pool, found[index].group())}
    return tuple(text[start:end] for start, end in _runs(text, found, left))


def _days(text: str, found: list[re.Match[str]]) -> set[int]:
    beside = {index for index, word in enumerate(found) if _MONTH.fullmatch(word.group())}
    return {index for month in beside for index in (month - 1, month + 1) if 0 <= index < len(found) and len(found[index].group()) <= 2}


def _runs(text: str, found: list[re.Match[str]], left: set[int]) -> Iterator[tuple[int, int]]:
    """Yield the spans of left-over words, joined where only joining words stand between them."""
    start = end = -1
    for index, word in enumerate(found):
        joining = word.group().casefold() in _JOINING
        if start >= 0 and (_PARTING.search(text[end : word.start()]) or not (joining or index in left)):
            yield start, end
            start = -1
        if index in left and not joining:
            start, end = (word.start() if start < 0 else start), word.end()
    if start >= 0:
        yield start, end


def _pieces(word: str) -> list[str]:
    return [piece for piece in re.split(r"['’.]", word.casefold()) if piece]


def _take(pool: Counter[str], word: str) -> bool:
    """Take a word out of the pool; initials printed together are taken one by one."""
    pieces = [piece for piece in _pieces(word) if piece not in _JOINING]
    if _LETTERED.fullmatch(word):
        pieces = [word[:4]]
    letters = word.isupper() and word.isalpha() and len(word) <= 4
    if letters and not pool[word.casefold()]:
        pieces = list(word.casefold())
    wanted = Counter(pieces)
    if any(pool[piece] < count for piece, count in wanted.items()):
        return word.casefold() in _JOINING
    pool.subtract(wanted)
    return True


def told(stretches: Iterable[str]) -> str:
    """Return left-over stretches for a reader, shortened."""
    text = "; ".join(dict.fromkeys(stretch for stretch in stretches if stretch))
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN].rstrip()}…"
