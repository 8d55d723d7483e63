"""The passages of a source that speak of what a claim speaks of: BM25 with neighbours over its sentences, then windows by IDF.

What the support model reads is chosen by words that mean nearly the same too, for a reworded claim shares few.
"""

from __future__ import annotations

import bisect
import functools
import importlib.resources
import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from pipeline.checking.nearness import Nearness
from pipeline.markup.sentences import sentences
from pipeline.text import content_stems

_RARE = 8.5  # weight of a stem that the table does not know: rarer than all it knows
_NUMBER = 4.0  # numbers are compared as facts; here they only help to find the passage
_WIDEST = 3  # sentences in one window
_BREAK = 2  # line ends between paragraphs; more stand where a part was cut out
_WIDER = 0.08  # what another sentence must add to be worth its dilution
_SATURATION, _LENGTH = 1.2, 0.75  # k1 and b of BM25
_NEIGHBOUR = 0.3  # a sentence's share of the score of those beside it
_LIKELY = 5  # sentences from which a window is grown
_CONTEXT = 0.3  # weight of a word that the claim only refers back to
_HELD = 0.2  # weight of a word that an earlier sentence covers
_SAME_WORDS = 0.2  # share of BM25 beside words that mean nearly the same


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


def weights(stems: Iterable[str]) -> dict[str, float]:
    """Return the weight of each stem, each once."""
    return {stem: weight(stem) for stem in stems}


class SourceText:
    """A source's text, read once for many claims: its sentences, and in which of them each stem stands, how often."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.spans = sentences(text)
        counts = [Counter(content_stems(text[start:end])) for start, end in self.spans]
        self.stems = [frozenset(count) for count in counts]
        self._lengths = [count.total() for count in counts]
        self._mean = sum(self._lengths) / len(counts) if counts else 1.0
        self._asked: tuple[tuple[str, str], list[int]] = (("", ""), [])  # the last claim, which is asked about several times
        self._where: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for index, count in enumerate(counts):
            for stem, times in count.items():
                self._where[stem].append((index, times))

    def ranked(self, claim: str, context: str = "") -> list[int]:
        """Return the sentences that share a word with the claim, most likely first: Okapi BM25, and 0.3 of each neighbour's score.

        `context` is what the claim refers back to, the sentence before it or its heading; its words weigh 0.3.
        """
        wanted = dict.fromkeys(content_stems(context), _CONTEXT) | dict.fromkeys(content_stems(claim), 1.0)
        spread = self._spread(wanted)
        return sorted(spread, key=lambda index: (-spread[index], index))

    def likely(self, claim: str, context: str = "") -> list[int]:
        """Return all sentences, those first that speak of what the claim speaks of, in the same words or in others."""
        if not self._asked[1] or self._asked[0] != (claim, context):
            self._asked = ((claim, context), self._by_likelihood(claim, context))
        return list(self._asked[1])

    def _by_likelihood(self, claim: str, context: str) -> list[int]:
        wanted = dict.fromkeys(content_stems(context), _CONTEXT) | dict.fromkeys(content_stems(claim), 1.0)
        spread = self._spread(wanted)
        most = max(spread.values(), default=0.0) or 1.0
        near = self._near.scores(claim)
        highest = float(near.max(initial=0.0)) or 1.0
        shares = (float(near[index]) / highest + _SAME_WORDS * spread.get(index, 0.0) / most for index in range(len(self.spans)))
        score = [round(share, 5) for share in shares]  # so that no order hangs on the last bits of a sum
        return sorted(range(len(self.spans)), key=lambda index: (-score[index], index))

    @functools.cached_property
    def _near(self) -> Nearness:
        return Nearness([self.sentence(index) for index in range(len(self.spans))])

    def _spread(self, wanted: Mapping[str, float]) -> dict[int, float]:
        """Return the BM25 score of each sentence with 0.3 of that of its neighbours."""
        own = self.bm25(wanted)
        return {index: value + _NEIGHBOUR * (own.get(index - 1, 0.0) + own.get(index + 1, 0.0)) for index, value in own.items()}

    def bm25(self, wanted: Mapping[str, float]) -> dict[int, float]:
        """Return the Okapi BM25 score of each sentence that holds a wanted stem; the stems may weigh less than 1."""
        score: dict[int, float] = defaultdict(float)
        for stem, share in wanted.items():
            places = self._where.get(stem, ())
            rarity = math.log(1 + (len(self.spans) - len(places) + 0.5) / (len(places) + 0.5))
            for index, times in places:
                damping = _SATURATION * (1 - _LENGTH + _LENGTH * self._lengths[index] / self._mean)
                score[index] += share * rarity * times * (_SATURATION + 1) / (times + damping)
        return score

    def best(self, claim: str, *, context: str = "", beside: frozenset[str] = frozenset()) -> Passage | None:
        """Return the window of 1 to 3 neighbouring sentences that covers most of the claim, or None where no word is shared.

        `beside` are stems that count for nothing, for instance those that conflict.
        """
        wanted = weights(stem for stem in content_stems(claim) if stem not in beside)
        total = sum(wanted.values())
        if not total:
            return None
        found = self._likely(wanted, content_stems(context))
        windows = (self._grown(index, wanted, total) for index in found)
        return max(windows, key=lambda passage: passage.coverage, default=None)

    def nearest(self, claim: str, context: str = "") -> Passage | None:
        """Return the best window or, where no word is shared, the likeliest sentence; None where there is none."""
        found = self.best(claim, context=context)
        if found or not self.spans:
            return found
        first = self.likely(claim, context)[0]
        return Passage(*self.spans[first], 0.0, first, first + 1)

    def _likely(self, wanted: Mapping[str, float], context: Iterable[str]) -> list[int]:
        """Return the sentences that cover most of what is wanted."""
        score: dict[int, float] = defaultdict(float)
        for stem, value in wanted.items():
            for index, _ in self._where.get(stem, ()):
                score[index] += value
        for stem in dict.fromkeys(stem for stem in context if stem not in wanted):
            told = {index for index, _ in self._where.get(stem, ())}
            for index in score.keys() & (told | {index + 1 for index in told}):
                score[index] += _CONTEXT * weight(stem)
        return sorted(score, key=lambda index: (-score[index], index))[:_LIKELY]

    def coverage(self, claim: str, index: int) -> float:
        """Return the share of the claim's weight that one sentence covers."""
        wanted = weights(content_stems(claim))
        return self._covered(index, index + 1, wanted) / (sum(wanted.values()) or 1.0)

    def at(self, offset: int) -> int:
        """Return the index of the last sentence that begins at or before an offset, -1 for none."""
        return bisect.bisect_right(self.spans, (offset, len(self.text) + 1)) - 1

    def sentence(self, index: int) -> str:
        """Return the text of one sentence."""
        start, end = self.spans[index]
        return self.text[start:end]

    def packed(self, claim: str, most: int) -> list[int]:
        """Return the sentences, in their order, that together cover most of the claim in at most `most` words.

        Each next one is that which adds most weight not yet covered, counting what is covered already for a fifth.
        """
        rest, chosen, room = weights(content_stems(claim)), list[int](), most
        options = self.likely(claim)[:12]
        held: set[str] = set()
        while options:
            gain = {stem: value * (_HELD if stem in held else 1.0) for stem, value in rest.items()}
            best = max(options, key=lambda index: sum(value for stem, value in gain.items() if stem in self.stems[index]))
            options.remove(best)
            size = len(self.sentence(best).split())
            if size <= room or not chosen:
                chosen.append(best)
                held |= self.stems[best]
                room -= size
        return sorted(chosen)

    def _grown(self, index: int, wanted: dict[str, float], total: float) -> Passage:
        """Grow a window around a sentence while a neighbour adds to what is covered."""
        first, last = index, index + 1
        covered = self._covered(first, last, wanted)
        while last - first < _WIDEST:
            options = [(first - 1, last), (first, last + 1)]
            grown = [(self._covered(a, b, wanted), a, b) for a, b in options if self.together(a, b)]
            best = max(grown, default=(0.0, first, last))
            if best[0] - covered < _WIDER * total:
                break
            covered, first, last = best
        return Passage(self.spans[first][0], self.spans[last - 1][1], covered / total, first, last)

    def together(self, first: int, last: int) -> bool:
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
