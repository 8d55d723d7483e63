"""Sentence boundaries of one block of plain text: a logistic model over the words around each stop, and vetoes that can be switched off."""

from __future__ import annotations

import functools
import json
import re
from importlib import resources
from typing import NamedTuple

from pipeline.markup.cues import Lexicon, Stop, features, stops

_SPACED = ". . ."
_WORD = re.compile(r"[\"'“‘«(\[*_–—\s-]*([a-z]+)(?![\w)-])")


class Model(NamedTuple):
    """Weights of the features and what the training text says of words."""

    weights: dict[str, float]
    bias: float
    lexicon: Lexicon


@functools.cache
def model() -> Model:
    """Return the weights that ship with the package; `benchmarks/train_sentences.py` makes them."""
    held = json.loads((resources.files("pipeline.markup") / "boundaries.json").read_text(encoding="utf-8"))
    lexicon = Lexicon(held["endings"], held["starts"], held["cases"])
    return Model(held["weights"], held["bias"], lexicon)


def boundaries(text: str, *, veto_lower: bool = True) -> list[int]:
    """Return the offsets at which a sentence other than the first begins, in order.

    `veto_lower`: never begin a sentence with a common lower-case word, right for edited prose and wrong for chat.
    """
    trained = model()
    found: list[int] = []
    for stop in stops(text):
        empty = stop.at == (found[-1] if found else 0)  # an ellipsis that begins a sentence does not end it
        if not empty and _ends(text, stop, trained) and not (veto_lower and _small(text, stop, trained.lexicon)):
            found.append(stop.next)
    return found


def _ends(text: str, stop: Stop, trained: Model) -> bool:
    if text.startswith(_SPACED, stop.next) and stop.end - stop.at == 1:
        return True
    weights = trained.weights
    return trained.bias + sum(weights.get(name, 0.0) for name in features(text, stop, trained.lexicon)) > 0


def _small(text: str, stop: Stop, lexicon: Lexicon) -> bool:
    """Say whether the next word is a common one in lower case; a rare one may be a gene or a unit that begins a sentence."""
    word = _WORD.match(text, stop.next)
    return word is not None and lexicon.cases.get(word.group(1), 0) > 0
