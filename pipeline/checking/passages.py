"""The passage of a source that speaks of what a claim speaks of: stems weighted by IDF, over its sentences."""

from __future__ import annotations

import functools
import importlib.resources
import json
from collections import defaultdict
from typing import NamedTuple

from pipeline.markup.sentences import sentences
from pipeline.text import content_stems

_RARE = 8.5  # weight of a stem that the table does not know: rarer than all it knows
_NUMBER = 4.0  # numbers are compared as facts; here they only help to find the passage
_WIDEST = 3  # sentences in one window
_BREAK = 2  # line ends between paragraphs; more stand where a part was cut out
_WIDER = 0.08  # what another sentence must add to be worth its dilution


class Passage(NamedTuple):
    """A window of a source's sentences, and the share of the claim's weight that it covers."""

    start: int
    end: int
    coverage: float
    first: int
    last: int
    """Index of the first sentence and of the one past the last."""


@functools.cache
def _table() -> dict[str, float]:
    raw = importlib.resources.files("pipeline.checking").joinpath("idf.json").read_text(encoding="utf-8")
    table: dict[str, float] = json.loads(raw)["idf"]
    return table


def weight(stem: str) -> float:
    """Return the IDF of a stem, in nats."""
    if stem[:1].isdigit():
        return _NUMBER
    return max(0.5, _table().get(stem, _RARE))


class SourceText:
    """A source's text, read once for many claims: its sentences, and in which of them each stem stands."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.spans = sentences(text)
        self.stems = [frozenset(content_stems(text[start:end])) for start, end in self.spans]
        self._where: dict[str, list[int]] = defaultdict(list)
        for index, stems in enumerate(self.stems):
            for stem in stems:
                self._where[stem].append(index)

    def best(self, claim: str, *, beside: frozenset[str] = frozenset()) -> Passage | None:
        """Return the window of 1 to 3 neighbouring sentences that covers most of the claim, or None where no word is shared.

        `beside` are stems that count for nothing, for instance those that conflict.
        """
        wanted = {stem: weight(stem) for stem in set(content_stems(claim)) - beside}
        total = sum(wanted.values())
        if not total:
            return None
        score: dict[int, float] = defaultdict(float)
        for stem, value in wanted.items():
            for index in self._where.get(stem, ()):
                score[index] += value
        if not score:
            return None
        likely = sorted(score, key=lambda index: (-score[index], index))[:5]
        return max(
            (self._grown(index, wanted, total) for index in likely),
            key=lambda passage: (passage.coverage, -passage.start),
        )

    def coverage(self, claim: str, index: int) -> float:
        """Return the share of the claim's weight that one sentence covers."""
        wanted = {stem: weight(stem) for stem in set(content_stems(claim))}
        return self._covered(index, index + 1, wanted) / (sum(wanted.values()) or 1.0)

    def _grown(self, index: int, wanted: dict[str, float], total: float) -> Passage:
        """Grow a window around a sentence while a neighbour adds to what is covered."""
        first, last = index, index + 1
        covered = self._covered(first, last, wanted)
        while last - first < _WIDEST:
            options = [(first - 1, last), (first, last + 1)]
            grown = [(self._covered(a, b, wanted), a, b) for a, b in options if self._together(a, b)]
            best = max(grown, default=(0.0, first, last))
            if best[0] - covered < _WIDER * total:
                break
            covered, first, last = best
        return Passage(self.spans[first][0], self.spans[last - 1][1], covered / total, first, last)

    def _together(self, first: int, last: int) -> bool:
        """Say whether sentences stand together, with nothing cut out between them."""
        inside = range(max(first, 0), min(last, len(self.spans)) - 1)
        between = (self.text.count("\n", self.spans[i][1], self.spans[i + 1][0]) for i in inside)
        return first >= 0 and last <= len(self.spans) and all(count <= _BREAK for count in between)

    def _covered(self, first: int, last: int, wanted: dict[str, float]) -> float:
        present = frozenset[str]().union(*self.stems[first:last])
        return sum(value for stem, value in wanted.items() if stem in present)


@functools.lru_cache(maxsize=256)
def prepared(text: str) -> SourceText:
    """Return the text read for checking; the last 256 texts are kept."""
    return SourceText(text)
