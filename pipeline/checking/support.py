"""Support, embedded: a cross-encoder of 22 million parameters reads a claim beside the passages packed for it.

The model is a MiniLM sentence encoder trained further (docs/support.md is its card). Each word piece carries beside its
place whether it is of the source or of the claim, and whether the other side has it too; the head compares every piece
of the claim with what it aligns with in the source, and says how far the claim is unsupported there.
"""

from __future__ import annotations

import functools
import importlib.resources
import json
import math
import os
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from pipeline.checking.passages import SourceText
from pipeline.checking.pieces import FOLDER, encode
from pipeline.checking.verdicts import Thresholds
from pipeline.text import sha256

WORDS = 115  # of the source in one input
WINDOWS = 3  # places of the source that are read for one claim
_REMEMBERED = 4096  # pairs; a repair or a second scope asks for the same again


class Input(NamedTuple):
    """A text that the model reads for a claim: neighbouring sentences of the source, or scattered ones (`first` is None)."""

    text: str
    first: int | None = None
    last: int | None = None


def inputs(claim: str, source: SourceText, context: str = "") -> list[Input]:
    """Return what the model reads: the likeliest sentences with their surroundings and, last, those that together cover the claim."""
    found: list[Input] = []
    for index in source.likely(claim, context):
        if len(found) == WINDOWS:
            break
        if any(seen.first <= index < seen.last for seen in found if seen.first is not None and seen.last is not None):
            continue
        around = surroundings(source, index, WORDS)
        found.append(Input(" ".join(map(source.sentence, around)), around.start, around.stop))
    scattered = " ".join(map(source.sentence, source.packed(claim, WORDS)))
    return [*found, Input(scattered)] if scattered else found


def surroundings(source: SourceText, index: int, most: int) -> range:
    """Return a sentence and as many of its neighbours as fit, the one before first."""
    first, last = index, index + 1
    room = most - len(source.sentence(index).split())
    for step in (-1, 1, 1, -1, 1):
        at = first - 1 if step < 0 else last
        if not 0 <= at < len(source.spans) or (size := len(source.sentence(at).split())) > room:
            continue
        room -= size
        first, last = (at, last) if step < 0 else (first, at + 1)
    return range(first, last)


class Pair(NamedTuple):
    """A text of the source, and a claim that it may support."""

    passage: str
    claim: str


class Calibration(NamedTuple):
    """How a model's log-odds become a probability and, with the words covered, a score; and where they settle a claim."""

    thresholds: Thresholds
    odds: tuple[float, float] = (0.0, 1.0)
    """Bias, and weight of the log-odds."""
    source: tuple[float, float, float] = (0.0, 1.0, 0.0)
    """Bias, and weights of the log-odds and of the share of the claim's weight that is covered."""

    def probability(self, logit: float) -> float:
        """Return the probability that what was read supports the claim."""
        return _logistic(self.odds[0] + self.odds[1] * logit)

    def score(self, logit: float, coverage: float) -> float:
        """Return the probability that the source supports the claim, in [0, 1]."""
        bias, said, covered = self.source
        return _logistic(bias + said * logit + covered * coverage)


def _logistic(value: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, value))))


class SupportModel(Protocol):
    """Any model that says how likely a passage supports a claim."""

    @property
    def name(self) -> str:
        """Name and version, as reports state them."""

    @property
    def calibration(self) -> Calibration:
        """How its answers become a probability, and where that settles a claim."""

    def logits(self, pairs: Sequence[Pair]) -> list[float]:
        """Return the log-odds of support for each pair, in order."""


class Embedded:
    """The model that ships with the package: ONNX with int8 weights, no network, no key."""

    def __init__(self) -> None:
        from onnxruntime import InferenceSession, SessionOptions

        folder = importlib.resources.files("pipeline.checking").joinpath(FOLDER)
        weights = folder.joinpath("support.onnx").read_bytes()
        options = SessionOptions()
        options.intra_op_num_threads = min(4, os.cpu_count() or 1)
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.add_session_config_entry("session.disable_quant_qdq", "1")  # weights become floats once, when they are loaded
        self._session = InferenceSession(weights, options, providers=["CPUExecutionProvider"])
        card = json.loads(folder.joinpath("calibration.json").read_text(encoding="utf-8"))
        self.calibration = Calibration(Thresholds(**card["thresholds"]), tuple(card["odds"]), tuple(card["source"]))
        self._known = functools.lru_cache(maxsize=_REMEMBERED)(self._logit)
        self.name = f"sourcemark support {card['version']} ({sha256(weights)[:12]})"

    def logits(self, pairs: Sequence[Pair]) -> list[float]:
        """Return the log-odds of support for each pair, in order.

        Pairs are read one by one, so that an answer never hangs on what else is asked, not even in its last digits.
        """
        return [self._known(pair) for pair in pairs]

    def _logit(self, pair: Pair) -> float:
        import numpy as np

        item = encode(pair.passage, pair.claim)
        given = {"ids": np.array([item.ids], dtype=np.int64), "kinds": np.array([item.kinds], dtype=np.int64)}
        return round(float(self._session.run(["support"], given)[0][0]), 4)


@functools.cache
def embedded() -> Embedded:
    """Return the model that ships with the package, loaded once."""
    return Embedded()
