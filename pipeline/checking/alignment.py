"""A claim laid beside the passage, clause by clause: which sentence carries each, whether it is copied, what changed places."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import NamedTuple

from pipeline.checking.numbers import Number, numbers, same
from pipeline.checking.passages import Passage, SourceText, weights
from pipeline.records import Conflict
from pipeline.text import content_stems

_JOINT = re.compile(
    r"\s*;\s+|,?\s+\b(?:but|while|whereas|although|though)\b\s+|,\s+(?:and|or|which|who|where|yet|so|then)\s+|\s+and\s+(?=(?:\w+\s+){0,4}?"
    r"(?:is|are|was|were|has|have|had|did|does|do|can|may|might|will|would|should|rose|fell|showed|found|\w+ed)\b)|:\s+|\s+[–—]\s+"
)
_FEWEST = 3  # content words; less is no clause of its own
_MANY = 6  # words from which another order is no accident
_CARRIED = 0.8  # of the claim's words in the passage, each once
_SHUFFLED = 0.5  # of them in the same order: less is another statement, or none
_COPIED = 0.7  # of the shared words in the same order: the claim is built like the passage


class Clause(NamedTuple):
    """A part of a claim, and the sentence of the source that carries most of it."""

    start: int
    end: int
    sentence: int
    coverage: float


def clauses(claim: str) -> list[tuple[int, int]]:
    """Return the spans of the parts of a compound claim; a part of fewer than three content words stays with the one before.

    >>> claim = "Sleep improved in the trained group, while pain did not change in either of the arms."
    >>> [claim[a:b] for a, b in clauses(claim)]
    ['Sleep improved in the trained group', 'pain did not change in either of the arms.']
    """
    cuts = [(0, 0), *((joint.start(), joint.end()) for joint in _JOINT.finditer(claim)), (len(claim), len(claim))]
    found: list[tuple[int, int]] = []
    for (_, start), (end, _) in itertools.pairwise(cuts):
        if found and (len(content_stems(claim[start:end])) < _FEWEST or len(content_stems(claim[slice(*found[-1])])) < _FEWEST):
            found[-1] = found[-1][0], end
        else:
            found.append((start, end))
    return found


def aligned(claim: str, source: SourceText, passage: Passage) -> list[Clause]:
    """Lay each clause beside the sentence in or next to the passage that carries most of its weight."""
    near = [index for index in range(passage.first - 1, passage.last + 1) if 0 <= index < len(source.spans)]
    return [_carrier(claim, span, source, near) for span in clauses(claim)]


def _carrier(claim: str, span: tuple[int, int], source: SourceText, near: Sequence[int]) -> Clause:
    wanted = weights(content_stems(claim[slice(*span)]))
    total = sum(wanted.values()) or 1.0
    covered = {index: sum(value for stem, value in wanted.items() if stem in source.stems[index]) / total for index in near}
    best = max(near, key=lambda index: (round(covered[index], 3), -index))
    return Clause(*span, best, covered[best])


def is_cut_from(claim: str, passage: str) -> bool:
    """Say whether all content words of the claim stand in the passage, in the same order: the claim only leaves words out."""
    ours, theirs = content_stems(claim), content_stems(passage)
    return common(ours, theirs) == len(ours)


def common(a: Sequence[str], b: Sequence[str]) -> int:
    """Return the length of the longest common subsequence."""
    row = [0] * (len(b) + 1)
    for item in a:
        before = 0
        for index, other in enumerate(b):
            held = row[index + 1]
            row[index + 1] = before + 1 if item == other else max(row[index + 1], row[index])
            before = held
    return row[-1]


def exchanged(claim: str, passage: str) -> list[Conflict]:
    """Return numbers, or else two words, that changed places between a claim and the passage that it is otherwise built like.

    Two words side by side are a list, in which the order says nothing.
    """
    ours, theirs = content_stems(claim), content_stems(passage)
    once = [stem for stem in ours if ours.count(stem) == 1 and theirs.count(stem) == 1]
    words = [stem for stem in once if not stem[0].isdigit()]
    there = [stem for stem in theirs if stem in set(words)]
    if len(words) >= _MANY and len(words) >= _CARRIED * len(set(ours)) and common(words, there) < _SHUFFLED * len(words):
        return [Conflict(kind="order", claim=claim, source=passage)]
    if len(words) < _FEWEST or common(words, there) < _COPIED * len(words):
        return []
    moved = [index for index, (one, other) in enumerate(zip(words, there, strict=True)) if one != other]
    found = _numbers_exchanged(claim, passage)
    if found or len(moved) != 2 or moved[1] - moved[0] == 1:
        return found
    first, second = (words[index] for index in moved)
    return [Conflict(kind="order", claim=f"{first} … {second}", source=f"{second} … {first}")]


def _numbers_exchanged(claim: str, passage: str) -> list[Conflict]:
    """Compare the order of the quantities that stand once in both."""
    ours, theirs = numbers(claim), numbers(passage)
    once = [number for number in ours if _count(number, ours) == 1 and _count(number, theirs) == 1 and number.kind != "of"]
    places = [next(index for index, other in enumerate(theirs) if same(number, other)) for number in once]
    for (one, at), (other, then) in itertools.pairwise(zip(once, places, strict=True)):
        if then < at and one.kind == other.kind:
            return [
                Conflict(kind="number", claim=f"{one.written} … {other.written}", source=f"{theirs[then].written} … {theirs[at].written}")
            ]
    return []


def _count(number: Number, among: Sequence[Number]) -> int:
    return sum(same(number, other) for other in among)
