"""Which sentence of one version is which of the next: the same, moved, edited, split in two, or merged from two.

Ids are made of text and place, so that most sentences are recognised at once; those that were edited are found by the words they
share, among the sentences that nothing else accounts for.
"""

from __future__ import annotations

import bisect
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

from pipeline.records import Record, Sentence
from pipeline.text import content_stems, fold

Kind = Literal["same", "moved", "edited", "split", "merged", "added", "removed"]
_EDITED = 0.6  # likeness from which a sentence counts as edited rather than replaced
_JOINED = 0.75  # likeness from which neighbours count as one sentence that was split or merged
_BETTER = 0.08  # by which neighbours must be likelier than the best of them alone
_CLEAR = 0.9  # likeness from which nothing else is looked for
_TELLING = 4  # words from which a sentence is known wherever it stands; the `yes` of another row is another claim
_RUN = 4  # neighbours at most
_CANDIDATES = 12  # sentences that share most words, compared in full
_NEAR = 0.05  # advantage of a sentence that stands in the same place


class Link(Record):
    """One sentence, or several, of a version and what became of it in the next; scores are likenesses of words in [0, 1]."""

    kind: Kind
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    score: float = 1.0


class _Pair(NamedTuple):
    score: float
    before: tuple[int, ...]
    after: tuple[int, ...]


def trace(before: Sequence[Sentence], after: Sequence[Sentence]) -> tuple[Link, ...]:
    """Return what became of every sentence: each id of either version stands in exactly one link.

    Links come in the order of the new version, those of removed sentences where they stood. Markers do not count: a sentence that
    cites another source now is the same sentence.
    """
    same = _same(before, after)
    left = [index for index in range(len(before)) if index not in same]
    come = sorted(set(range(len(after))) - set(same.values()))
    pairs = _alike(before, after, left, come, same)
    linked = [_Pair(1.0, (old,), (new,)) for old, new in same.items()] + pairs
    steady = _steady(linked)
    links = [(_order(pair), _link(pair, before, after, pair in steady)) for pair in linked]
    used = {index for pair in pairs for index in pair.before}, {index for pair in pairs for index in pair.after}
    places = _places(same, pairs)
    gone = [index for index in left if index not in used[0]]
    added = [index for index in come if index not in used[1]]
    links += [((places(index), 0, index), Link(kind="removed", before=(before[index].id,), score=0.0)) for index in gone]
    links += [((index, 1, index), Link(kind="added", after=(after[index].id,), score=0.0)) for index in added]
    return tuple(link for _, link in sorted(links, key=lambda item: item[0]))


def _same(before: Sequence[Sentence], after: Sequence[Sentence]) -> dict[int, int]:
    """Pair the sentences of the same words; of several, those in the same place first, then in order."""
    held: defaultdict[str, list[int]] = defaultdict(list)
    for index, sentence in enumerate(before):
        held[fold(sentence.text).text].append(index)
    ids = {sentence.id: index for index, sentence in enumerate(before)}
    found: dict[int, int] = {}
    late: list[int] = []
    for index, sentence in enumerate(after):
        old = ids.get(sentence.id)
        if old is not None and old in held[fold(sentence.text).text]:
            found[old] = index
            held[fold(sentence.text).text].remove(old)
        else:
            late.append(index)
    for index in late:
        waiting = held[fold(after[index].text).text]
        if waiting and len(after[index].text.split()) >= _TELLING:
            found[waiting.pop(0)] = index
    return found


def _alike(
    before: Sequence[Sentence], after: Sequence[Sentence], left: Sequence[int], come: Sequence[int], same: Mapping[int, int]
) -> list[_Pair]:
    """Pair what is left by likeness, the likest first: one with one, one with neighbours, neighbours with one."""
    old, new = [_words(sentence) for sentence in before], [_words(sentence) for sentence in after]
    near = _places(same, [])
    free = set(left), set(come)
    offered: list[_Pair] = []
    for low, high in _candidates(old, new, left, come):
        score = _likeness(old[low], new[high])
        if score >= _EDITED - _NEAR:
            offered.append(_Pair(score + (_NEAR if abs(near(low) - high) <= _RUN else 0), (low,), (high,)))
        if score < _CLEAR:
            offered += _joined(old, new, low, high, free[0], free[1], score)
    taken: tuple[set[int], set[int]] = set(), set()
    chosen = []
    for pair in sorted(offered, key=lambda pair: (-pair.score, pair.before, pair.after)):
        if pair.score >= _EDITED and not (taken[0] & set(pair.before) or taken[1] & set(pair.after)):
            taken[0].update(pair.before)
            taken[1].update(pair.after)
            chosen.append(pair._replace(score=min(1.0, pair.score)))
    return chosen


def _joined(
    old: Sequence[list[str]], new: Sequence[list[str]], low: int, high: int, left: set[int], come: set[int], alone: float
) -> Iterator[_Pair]:
    """Yield the runs of neighbours around a candidate that are together like the one sentence on the other side."""
    for run in _runs(high, come):
        score = _likeness(old[low], [word for index in run for word in new[index]])
        if score >= max(_JOINED, alone + _BETTER) and all(_within(new[index], old[low]) for index in run):
            yield _Pair(score + _NEAR, (low,), run)
    for run in _runs(low, left):
        score = _likeness([word for index in run for word in old[index]], new[high])
        if score >= max(_JOINED, alone + _BETTER) and all(_within(old[index], new[high]) for index in run):
            yield _Pair(score + _NEAR, run, (high,))


def _runs(index: int, free: set[int]) -> Iterator[tuple[int, ...]]:
    """Yield the runs of two to four free neighbours that hold an index."""
    for size in range(2, _RUN + 1):
        for start in range(index - size + 1, index + 1):
            run = tuple(range(start, start + size))
            if free.issuperset(run):
                yield run


def _within(part: Sequence[str], whole: Sequence[str]) -> bool:
    """Say whether most of a part's words are words of the whole."""
    held = set(whole)
    return bool(part) and sum(word in held for word in part) >= 0.6 * len(part)


def _candidates(old: Sequence[list[str]], new: Sequence[list[str]], left: Sequence[int], come: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the pairs that share most words, weighed by how rare they are here; far fewer than all pairs."""
    where: defaultdict[str, list[int]] = defaultdict(list)
    for index in come:
        for word in set(new[index]):
            where[word].append(index)
    for index in left:
        shares: defaultdict[int, float] = defaultdict(float)
        for word in set(old[index]):
            for other in where.get(word, ()):
                shares[other] += 1 / len(where[word])
        best = sorted(shares, key=lambda other: (-shares[other], abs(other - index)))[:_CANDIDATES]
        yield from ((index, other) for other in best)


def _likeness(a: Sequence[str], b: Sequence[str]) -> float:
    return SequenceMatcher(None, a, b, autojunk=False).ratio()


def _words(sentence: Sentence) -> list[str]:
    return content_stems(sentence.text) or fold(sentence.text).text.split()


def _steady(pairs: Sequence[_Pair]) -> set[_Pair]:
    """Return the pairs that keep their order: a longest increasing run of places; the others moved."""
    ordered = sorted(pairs, key=lambda pair: pair.before[0])
    tails: list[int] = []
    ends: list[int] = []
    backward: list[int] = []
    for index, pair in enumerate(ordered):
        at = bisect.bisect_left(tails, pair.after[0])
        tails[at : at + 1] = [pair.after[0]]
        ends[at : at + 1] = [index]
        backward.append(ends[at - 1] if at else -1)
    kept: set[_Pair] = set()
    index = ends[-1] if ends else -1
    while index >= 0:
        kept.add(ordered[index])
        index = backward[index]
    return kept


def _link(pair: _Pair, before: Sequence[Sentence], after: Sequence[Sentence], steady: bool) -> Link:
    kind: Kind = "split" if len(pair.after) > 1 else "merged" if len(pair.before) > 1 else "edited"
    if kind == "edited" and fold(before[pair.before[0]].text).text == fold(after[pair.after[0]].text).text:
        kind = "same" if steady else "moved"
    ids = tuple(before[index].id for index in pair.before), tuple(after[index].id for index in pair.after)
    return Link(kind=kind, before=ids[0], after=ids[1], score=round(pair.score, 3))


def _order(pair: _Pair) -> tuple[float, int, int]:
    return pair.after[0], 1, pair.before[0]


class _Place(NamedTuple):
    old: list[int]
    new: list[int]

    def __call__(self, index: int) -> float:
        """Return where in the new version a sentence of the old one would stand."""
        at = bisect.bisect_right(self.old, index) - 1
        return self.new[at] + 0.5 if at >= 0 else -0.5


def _places(same: Mapping[int, int], pairs: Sequence[_Pair]) -> _Place:
    known = sorted([*same.items(), *((pair.before[0], pair.after[0]) for pair in pairs)])
    return _Place([old for old, _ in known], [new for _, new in known])
