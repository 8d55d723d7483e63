"""The passages that an article is written from: for each part those that speak most of it, together one pool that all parts share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from pipeline.checking.passages import weight
from pipeline.llm.delivery import Passage
from pipeline.markup.sentences import sentences
from pipeline.text import clean, content_stems

_SHORTEST = 30  # characters; less is a heading or a rest
_LONGEST = 6  # sentences in a passage
_NAMED = 12  # passages that one part is pointed to


class Pool(NamedTuple):
    """Passages in the order of the sources, the source number of each, and for each query the ids that speak most of it."""

    passages: tuple[Passage, ...]
    numbers: Mapping[str, int]
    near: tuple[tuple[str, ...], ...]


class _Candidate(NamedTuple):
    number: int
    order: int
    text: str
    stems: frozenset[str]


def pool(texts: Mapping[int, str], queries: Sequence[str], most: int) -> Pool:
    """Choose for each query up to `most` sentences, those around them included, and join neighbours to passages."""
    found = _candidates(texts)
    at = {(item.number, item.order): index for index, item in enumerate(found)}
    chosen = [_chosen(found, query, most) for query in queries]
    kept: set[int] = set()
    for ranked in chosen:
        kept.update(_with_neighbours(found, at, ranked, most))
    passages, numbers, holder = _joined([(index, found[index]) for index in sorted(kept)])
    near = tuple(tuple(dict.fromkeys(holder[index] for index in ranked if index in holder))[:_NAMED] for ranked in chosen)
    return Pool(passages, numbers, near)


def _candidates(texts: Mapping[int, str]) -> list[_Candidate]:
    found = []
    for number, text in sorted(texts.items()):
        for order, (start, end) in enumerate(sentences(text)):
            held = " ".join(clean(text[start:end]).split())
            if len(held) >= _SHORTEST:
                found.append(_Candidate(number, order, held, frozenset(content_stems(held))))
    return found


def _chosen(found: Sequence[_Candidate], query: str, most: int) -> list[int]:
    """Return the sentences that share most of the query's weight, the best first."""
    wanted = set(content_stems(query))
    worth = [sum(map(weight, wanted & item.stems)) for item in found]
    ranked = sorted((index for index in range(len(found)) if worth[index]), key=lambda index: (-worth[index], index))
    return (ranked or list(range(len(found))))[: max(1, most // 2)]


def _with_neighbours(found: Sequence[_Candidate], at: Mapping[tuple[int, int], int], ranked: Sequence[int], most: int) -> list[int]:
    """Return the sentences with the one before and after each, the best first, up to `most`."""
    kept: dict[int, None] = {}
    for index in ranked:
        for step in (0, -1, 1):
            near = at.get((found[index].number, found[index].order + step))
            if near is not None and len(kept) < most:
                kept[near] = None
    return list(kept)


def _joined(kept: Sequence[tuple[int, _Candidate]]) -> tuple[tuple[Passage, ...], dict[str, int], dict[int, str]]:
    """Join sentences that stand side by side in one source; ids are a letter for the source and a number: A1, A2, B1."""
    passages: list[Passage] = []
    numbers: dict[str, int] = {}
    holder: dict[int, str] = {}
    for place, (number, group) in enumerate(groupby(kept, key=lambda pair: pair[1].number)):
        runs: list[list[tuple[int, _Candidate]]] = []
        for pair in group:
            beside = runs and pair[1].order == runs[-1][-1][1].order + 1 and len(runs[-1]) < _LONGEST
            runs[-1].append(pair) if beside else runs.append([pair])
        for count, run in enumerate(runs, 1):
            name = f"{_letters(place)}{count}"
            passages.append(Passage(name, tuple(item.text for _, item in run)))
            numbers[name] = number
            holder |= {index: name for index, _ in run}
    return tuple(passages), numbers, holder


def _letters(place: int) -> str:
    """Return A to Z, then AA, AB and so on.

    >>> [_letters(place) for place in (0, 25, 26)]
    ['A', 'Z', 'AA']
    """
    return (_letters(place // 26 - 1) if place >= 26 else "") + chr(ord("A") + place % 26)
