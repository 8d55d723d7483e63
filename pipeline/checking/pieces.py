"""Word pieces: how the support model sees a passage and a claim."""

from __future__ import annotations

import functools
import importlib.resources
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tokenizers import Tokenizer

FOLDER = "model"
PIECES, CLAIM_PIECES = 240, 64
SOURCE, CLAIM, SOURCE_SHARED, CLAIM_SHARED, SIGN, PADDING = range(6)
_START, _SEPARATOR = 101, 102


class Encoded(NamedTuple):
    """Word pieces of a passage and a claim, the kind of each, and where in the claim its own pieces stand."""

    ids: list[int]
    kinds: list[int]
    claim: list[tuple[int, int]]


@functools.cache
def tokenizer() -> Tokenizer:
    """Return the tokenizer that ships with the model, without cutting and padding."""
    from tokenizers import Tokenizer

    made = Tokenizer.from_str(importlib.resources.files("pipeline.checking").joinpath(FOLDER, "tokenizer.json").read_text(encoding="utf-8"))
    made.no_truncation()
    made.no_padding()
    return made


def pieces(text: str) -> list[int]:
    """Return the word pieces of a text."""
    ids: list[int] = tokenizer().encode(text, add_special_tokens=False).ids
    return ids


def encode(passage: str, claim: str) -> Encoded:
    """Return the input of the model: start, passage, sign, claim, sign; a long passage loses its end."""
    ours = tokenizer().encode(claim, add_special_tokens=False)
    said = ours.ids[:CLAIM_PIECES]
    read = pieces(passage)[: PIECES - 3 - len(said)]
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
