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
from typing import TYPE_CHECKING, NamedTuple, Protocol

from pipeline.checking.passages import SourceText
from pipeline.checking.verdicts import Thresholds
from pipeline.text import sha256

if TYPE_CHECKING:
    from tokenizers import Tokenizer

FOLDER = "model"
WORDS = 90  # of the source in one input
WINDOWS = 3  # places of the source that are read for one claim
PIECES, CLAIM_PIECES = 192, 64
_START, _SEPARATOR = 101, 102
_REMEMBERED = 4096  # pairs; a repair or a second scope asks for the same again
SOURCE, CLAIM, SOURCE_SHARED, CLAIM_SHARED, SIGN, PADDING = range(6)


class Encoded(NamedTuple):
    """Word pieces of a passage and a claim, the kind of each, and where in the claim its own pieces stand."""

    ids: list[int]
    kinds: list[int]
    claim: list[tuple[int, int]]


def encode(tokenizer: Tokenizer, passage: str, claim: str) -> Encoded:
    """Return the input of the model: start, passage, sign, claim, sign; a long passage loses its end."""
    ours = tokenizer.encode(claim, add_special_tokens=False)
    theirs = tokenizer.encode(passage, add_special_tokens=False)
    said = ours.ids[:CLAIM_PIECES]
    read = theirs.ids[: PIECES - 3 - len(said)]
    both = set(said) & set(read)
    ids = [_START, *read, _SEPARATOR, *said, _SEPARATOR]
    kinds = [
        SIGN,
        *(SOURCE_SHARED if piece in both else SOURCE for piece in read),
        SIGN,
        *(CLAIM_SHARED if piece in both else CLAIM for piece in said),
        SIGN,
    ]
    return Encoded(ids, kinds, ours.offsets[:CLAIM_PIECES])


class Input(NamedTuple):
    """A text that the model reads for a claim: neighbouring sentences of the source, or scattered ones (`first` is None)."""

    text: str
    first: int | None = None
    last: int | None = None


def inputs(claim: str, source: SourceText, context: str = "") -> list[Input]:
    """Return what the model reads: the most likely sentences with their surroundings, and the sentences that together cover the claim."""
    found: list[Input] = []
    for index in source.ranked(claim, context):
        if len(found) == WINDOWS:
            break
        if any(seen.first <= index < seen.last for seen in found if seen.first is not None and seen.last is not None):
            continue
        around = surroundings(source, index, WORDS)
        found.append(Input(" ".join(map(source.sentence, around)), around.start, around.stop))
    scattered = " ".join(map(source.sentence, source.packed(claim, WORDS)))
    return found if not scattered or any(scattered == seen.text for seen in found) else [*found, Input(scattered)]


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
    """How a model's log-odds become a probability for one place, and a score for a source; and where they settle a claim."""

    thresholds: Thresholds
    place: tuple[float, float] = (0.0, 1.0)
    """Bias, and weight of the log-odds."""
    source: tuple[float, float, float] = (0.0, 1.0, 0.0)
    """Bias, and weights of the log-odds and of the share of the claim's weight that is covered."""

    def probability(self, logit: float) -> float:
        """Return the probability that a place, read by itself, supports the claim."""
        return _logistic(self.place[0] + self.place[1] * logit)

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
    """The model that ships with the package: int8 ONNX, no network, no key."""

    def __init__(self) -> None:
        from onnxruntime import InferenceSession, SessionOptions
        from tokenizers import Tokenizer

        folder = importlib.resources.files("pipeline.checking").joinpath(FOLDER)
        weights = folder.joinpath("support.onnx").read_bytes()
        options = SessionOptions()
        options.intra_op_num_threads = min(4, os.cpu_count() or 1)
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = InferenceSession(weights, options, providers=["CPUExecutionProvider"])
        self._tokenizer = Tokenizer.from_str(folder.joinpath("tokenizer.json").read_text(encoding="utf-8"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        card = json.loads(folder.joinpath("calibration.json").read_text(encoding="utf-8"))
        self.calibration = Calibration(Thresholds(**card["thresholds"]), tuple(card["place"]), tuple(card["source"]))
        self._known = functools.lru_cache(maxsize=_REMEMBERED)(self._logit)
        self.name = f"sourcemark support {card['version']} ({sha256(weights)[:12]})"

    def logits(self, pairs: Sequence[Pair]) -> list[float]:
        """Return the log-odds of support for each pair, in order.

        Pairs are read one by one: eight-bit numbers are scaled over all that is read at once, so that a batch would change them.
        """
        return [self._known(pair) for pair in pairs]

    def _logit(self, pair: Pair) -> float:
        import numpy as np

        item = encode(self._tokenizer, pair.passage, pair.claim)
        given = {"ids": np.array([item.ids], dtype=np.int64), "kinds": np.array([item.kinds], dtype=np.int64)}
        return round(float(self._session.run(["support"], given)[0][0]), 4)


@functools.cache
def embedded() -> Embedded:
    """Return the model that ships with the package, loaded once."""
    return Embedded()
