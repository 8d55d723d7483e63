"""Words that mean nearly the same: how far the sentences of a source speak of what a claim speaks of, in whatever words.

Each word piece has a vector of its own, whatever stands around it: what the sentence encoder that the support model was made
from says of the piece alone, cut to 64 principal components (the way of Model2Vec). A sentence holds as much of a claim as the
nearest of its pieces to each piece of the claim, rare ones weighing more.
"""

from __future__ import annotations

import functools
import importlib.resources
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from pipeline.checking.pieces import FOLDER, pieces

if TYPE_CHECKING:
    import numpy as np

    Numbers = np.ndarray[Any, np.dtype[np.float32]]

FILE = "nearness.npz"
_FLOOR = 0.3  # cosine of words that have nothing to do with one another
_NEIGHBOUR = 0.3  # a sentence's share of the score of those beside it


class Table(NamedTuple):
    """A unit vector and a weight for each word piece."""

    vectors: Numbers
    weights: Numbers


@functools.cache
def table() -> Table:
    """Return the table that ships, loaded once."""
    import numpy as np

    raw = importlib.resources.files("pipeline.checking").joinpath(FOLDER, FILE).read_bytes()
    with np.load(io.BytesIO(raw), allow_pickle=False) as held:
        vectors = held["vectors"].astype(np.float32)
        weights = held["weights"].astype(np.float32)
    return Table(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6), weights)


class Nearness:
    """The sentences of one source, read once for many claims."""

    def __init__(self, sentences: Sequence[str]) -> None:
        import numpy as np

        found = [pieces(sentence) or [0] for sentence in sentences]
        every = np.array([piece for one in found for piece in one], dtype=np.int64)
        self._pieces, self._order = np.unique(every, return_inverse=True)
        self._begins = np.cumsum([0, *(len(one) for one in found[:-1])]) if found else every

    def scores(self, claim: str) -> Numbers:
        """Return for each sentence how much of the claim it holds, in [0, 1], and 0.3 of that of its neighbours."""
        import numpy as np

        vectors, weights = table()
        wanted = np.unique(np.array(pieces(claim), dtype=np.int64))
        if not len(wanted) or not len(self._begins):
            return np.zeros(len(self._begins), dtype=np.float32)
        alike = np.clip((vectors[wanted] @ vectors[self._pieces].T - _FLOOR) / (1 - _FLOOR), 0, None)
        nearest = np.maximum.reduceat(alike[:, self._order], self._begins, axis=1)
        own: Numbers = weights[wanted] @ nearest / weights[wanted].sum()
        spread: Numbers = own.copy()
        spread[1:] += _NEIGHBOUR * own[:-1]
        spread[:-1] += _NEIGHBOUR * own[1:]
        return spread
