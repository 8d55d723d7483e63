"""What the support model is trained on and asked about, as arrays in one file: made here, read wherever it is trained."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from pipeline.checking.pieces import PADDING, Encoded

UNKNOWN = 2  # whether a piece is unsupported: 0 no, 1 yes
Array = np.ndarray[Any, Any]


class Inputs(NamedTuple):
    """Inputs of the model end to end; `begins` has one more entry than there are inputs."""

    ids: Array
    kinds: Array
    wrong: Array
    """For each piece 1 where it is of an unsupported word of the claim, 0 where it is not, 2 where that is not known."""
    begins: Array

    @classmethod
    def of(cls, items: Sequence[Encoded], wrong: Sequence[Sequence[int]] | None = None) -> Inputs:
        """Return encoded inputs; `wrong` has the marks of the claim's own pieces, none of them where they are not known."""
        marks = []
        for index, item in enumerate(items):
            held = wrong[index] if wrong else ()
            marks.append(np.full(len(item.ids), UNKNOWN, np.uint8))
            if held:
                at = len(item.ids) - 1 - len(item.claim)
                marks[-1][at : at + len(held)] = held
        return cls(
            np.concatenate([np.array(item.ids, np.uint16) for item in items]),
            np.concatenate([np.array(item.kinds, np.uint8) for item in items]),
            np.concatenate(marks),
            np.cumsum([0, *(len(item.ids) for item in items)], dtype=np.int64),
        )

    @property
    def lengths(self) -> Array:
        """Return the pieces of each input."""
        return np.diff(self.begins)

    def padded(self) -> tuple[Array, Array, Array]:
        """Return ids, kinds and marks as tables of one row an input."""
        lengths = self.lengths
        rows = np.repeat(np.arange(len(lengths)), lengths)
        columns = np.arange(len(self.ids)) - np.repeat(self.begins[:-1], lengths)
        shape = len(lengths), int(lengths.max())
        ids, kinds, wrong = np.zeros(shape, np.int32), np.full(shape, PADDING, np.uint8), np.full(shape, UNKNOWN, np.uint8)
        ids[rows, columns], kinds[rows, columns], wrong[rows, columns] = self.ids, self.kinds, self.wrong
        return ids, kinds, wrong


class Prepared(NamedTuple):
    """Examples to train on, in their order, and inputs to be asked about afterwards."""

    examples: Inputs
    labels: Array
    groups: Array
    """Index into `names`."""
    twins: Array
    """For a false claim the example of the sound one that it is an edit of, -1 where none is known."""
    names: list[str]
    asked: Inputs

    def save(self, path: Path) -> None:
        """Write all to a file."""
        parts = {f"{which}_{name}": array for which in ("examples", "asked") for name, array in getattr(self, which)._asdict().items()}
        np.savez_compressed(path, labels=self.labels, groups=self.groups, twins=self.twins, names=np.array(self.names), **parts)

    @classmethod
    def read(cls, path: Path) -> Prepared:
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as held:
            examples, asked = (Inputs(*(held[f"{which}_{name}"] for name in Inputs._fields)) for which in ("examples", "asked"))
            return cls(examples, held["labels"], held["groups"], held["twins"], held["names"].tolist(), asked)
