"""Orders told by their words: how much a sentence speaks to whoever or whatever works with a text, and not to its reader.

A few small networks look at five and then nine neighbouring word pieces (the vectors of `nearness`), and the strongest sign in a
sentence counts (the way of Kim 2014). They were trained on orders and harmless sentences written for it; `benchmarks/train_orders.py`
makes the file again.
"""

from __future__ import annotations

import functools
import importlib.resources
import io
import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from pipeline.checking.nearness import table
from pipeline.checking.pieces import FOLDER, pieces

if TYPE_CHECKING:
    import numpy as np

    Numbers = np.ndarray[Any, np.dtype[np.float32]]

FILE = "orders.npz"
REACH = 2  # pieces on each side that a filter sees
_UNKNOWN = 100  # the piece in place of a sentence without any
_TOGETHER = 4000  # pieces that are looked at in one go, so that no text takes much memory
_OVERLAP = 100  # pieces of a long sentence that two stretches share
_MARGIN = 5.0  # log-odds below the threshold at which one network is enough


class Net(NamedTuple):
    """One network: filters over pieces, filters over those, and what the strongest signs say."""

    first: Numbers
    """Five pieces, each of 64 numbers, to the first signs."""
    first_bias: Numbers
    second: Numbers
    """Five places of the first signs, one after the other, to the second ones."""
    second_bias: Numbers
    head: Numbers
    head_bias: Numbers

    def signs(self, x: Numbers, real: Numbers) -> Numbers:
        """Return the first and second signs at each place; zero where no piece stands."""
        import numpy as np

        first = np.maximum(_beside(x) @ self.first + self.first_bias, 0) * real
        second = np.maximum(_beside(first) @ self.second + self.second_bias, 0) * real
        return np.concatenate([first, second], 1)


class Screen(NamedTuple):
    """The networks, and the log-odds above which a sentence is an order."""

    nets: list[Net]
    threshold: float

    def scores(self, sentences: Sequence[str]) -> list[float]:
        """Return for each sentence the log-odds that it is an order: the mean of the networks', or the first one's where that is low."""
        given = [(index, stretch) for index, text in enumerate(sentences) for stretch in _stretches(pieces(text) or [_UNKNOWN])]
        found = _said(self.nets[:1], [stretch for _, stretch in given])
        likely = [at for at, score in enumerate(found) if score > self.threshold - _MARGIN]
        for at, score in zip(likely, _said(self.nets, [given[at][1] for at in likely]), strict=True):
            found[at] = score
        strongest = [-math.inf] * len(sentences)
        for (index, _), score in zip(given, found, strict=True):
            strongest[index] = max(strongest[index], score)
        return strongest


def _stretches(sentence: list[int]) -> list[list[int]]:
    """Return a sentence in stretches that overlap; most are one."""
    return [sentence[at : at + _TOGETHER] for at in range(0, max(1, len(sentence) - _OVERLAP), _TOGETHER - _OVERLAP)]


def _said(nets: Sequence[Net], sentences: Sequence[list[int]]) -> list[float]:
    """Return the mean of what networks say of each sentence."""
    return [round(float(score), 3) for some in _portions(sentences) for score in _together(nets, some)]


def _together(nets: Sequence[Net], sentences: list[list[int]]) -> Numbers:
    import numpy as np

    vectors, _ = table()
    gap = [-1] * REACH
    laid = np.array([*gap, *(piece for one in sentences for piece in (*one, *gap))])
    begins = np.cumsum([REACH, *(len(one) + REACH for one in sentences[:-1])])
    real = (laid >= 0).astype(np.float32)[:, None]
    x = vectors[laid] * real
    mean: Numbers = np.mean([np.maximum.reduceat(net.signs(x, real), begins) @ net.head + net.head_bias for net in nets], axis=0)
    return mean


def _beside(x: Numbers) -> Numbers:
    """Return at each place what stands there and at two places on each side, in one row."""
    import numpy as np

    wide = np.pad(x, ((REACH, REACH), (0, 0)))
    return np.concatenate([wide[step : step + len(x)] for step in range(2 * REACH + 1)], 1)


def _portions(sentences: Sequence[list[int]]) -> Iterator[list[list[int]]]:
    some: list[list[int]] = []
    count = 0
    for one in sentences:
        some.append(one)
        count += len(one) + REACH
        if count > _TOGETHER:
            yield some
            some, count = [], 0
    if some:
        yield some


@functools.cache
def screen() -> Screen:
    """Return the networks that ship with the package, loaded once."""
    return loaded(importlib.resources.files("pipeline.checking").joinpath(FOLDER, FILE).read_bytes())


def loaded(raw: bytes) -> Screen:
    """Return the networks of a file: `N.NAME` for the parts of each, and `threshold`."""
    import numpy as np

    with np.load(io.BytesIO(raw), allow_pickle=False) as held:
        count = len({name.partition(".")[0] for name in held.files if "." in name})
        nets = [Net(*(held[f"{index}.{name}"].astype(np.float32) for name in Net._fields)) for index in range(count)]
        return Screen(nets, float(held["threshold"]))
