"""Set the scale of the support model from sets that it was not trained on, and print what it adds to word coverage.

usage: python benchmarks/calibrate_support.py FOLDER OUT.json MODEL.pt=wice.dev,checkcovid.dev MODEL.pt=factcheckgpt.h0 ...
                                              [--contrast MODEL.pt] [--never ab_expertqa.dev,...]

Each set is scored by a model trained without its family (`train_support.py train --leave-out`). The scale is then fitted on
all of them but one and tried on that one, and at last on all: logistic regression, every set and label of equal weight.
`--never` names sets that may be scored, but not fitted on. The thresholds are chosen on the development half of the
contrast set: `sure` is the least probability from which at most one unsound pair of fifty would be called supported.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from benchmarks.support_data import rows
from benchmarks.train_support import CrossEncoder, batch, tokenizer
from pipeline.checking import contrast
from pipeline.checking.assess import layers
from pipeline.checking.passages import prepared
from pipeline.checking.support import Calibration, Pair, encode
from pipeline.checking.verdicts import Thresholds
from pipeline.records import Verdict

VERSION = 1
_RISK = 0.02
_KEEP, _LOW = 0.10, 0.03  # of the sound pairs may fall below `keep` and `low`


class Row(NamedTuple):
    """What the layers found about one claim."""

    label: int
    coverage: float
    place: float
    scattered: float
    conflicts: int
    kind: str = ""

    @property
    def features(self) -> list[float]:
        """Return what the score is made from, bias first."""
        return [1.0, (self.place + self.scattered) / 2, self.coverage, float(min(self.conflicts, 3))]


class Trained:
    """A model as it was trained, before it is made small."""

    calibration = Calibration(Thresholds(1.0, 0.0, 0.0))

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self._model = CrossEncoder()
        self._model.load_state_dict(torch.load(path))
        self._model.eval()
        self._words = tokenizer()

    def logits(self, pairs: Sequence[Pair]) -> list[float]:
        """Return the log-odds of support for each pair, in order."""
        items = [encode(self._words, pair.passage, pair.claim) for pair in pairs]
        with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
            found: list[float] = self._model(*batch(items))[0].float().tolist()
        return found


def read(model: Trained, claim: str, text: str, label: int, kind: str = "") -> Row:
    """Return what the layers find."""
    source = prepared(text)
    passage = source.best(claim)
    if passage is None:
        return Row(label, 0.0, -3.0, -3.0, 0, kind)
    found = layers(claim, source, passage, model)
    assert found.reading
    return Row(label, found.coverage, found.reading.place, found.reading.scattered, len(found.conflicts), kind)


def fitted(sets: Sequence[Sequence[Row]]) -> np.ndarray[Any, Any]:
    """Return logistic weights, by Newton's method with a small ridge."""
    x = np.array([row.features for found in sets for row in found])
    y = np.array([row.label for found in sets for row in found], dtype=float)
    heavy = np.array([heavy for found in sets for heavy in _balanced(found)])
    weights: np.ndarray[Any, Any] = np.zeros(x.shape[1])
    for _ in range(30):
        p = 1 / (1 + np.exp(-x @ weights))
        slope = x.T @ (heavy * (p - y)) + 1e-3 * weights
        curve = (x * (heavy * p * (1 - p))[:, None]).T @ x + 1e-3 * np.eye(x.shape[1])
        weights = weights - np.linalg.solve(curve, slope)
    return weights


def _balanced(found: Sequence[Row]) -> list[float]:
    sound = sum(row.label for row in found)
    return [0.5 / max(1, sound if row.label else len(found) - sound) for row in found]


def balanced(found: Sequence[Row], scores: Sequence[float], least: float) -> float:
    """Return the balanced accuracy at a threshold, in percent."""
    hit = [score >= least for score in scores]
    sound = [h for h, row in zip(hit, found, strict=True) if row.label]
    other = [h for h, row in zip(hit, found, strict=True) if not row.label]
    return 50 * (sum(sound) / max(1, len(sound)) + 1 - sum(other) / max(1, len(other)))


def auroc(found: Sequence[Row], scores: Sequence[float]) -> float:
    """Return the area under the curve, ties counted half, in percent."""
    sound = np.array([score for row, score in zip(found, scores, strict=True) if row.label])
    other = np.array([score for row, score in zip(found, scores, strict=True) if not row.label])
    return 100 * float(np.mean((sound[:, None] > other[None, :]) + 0.5 * (sound[:, None] == other[None, :])))


def place_scale(found: Sequence[Row]) -> tuple[float, float]:
    """Return bias and weight that make the log-odds for one place a probability."""
    x = [Row(row.label, 0.0, row.place, row.place, 0) for row in found]
    weights = fitted([x])
    return round(float(weights[0]), 4), round(float(weights[1]), 4)


def thresholds(found: Sequence[Row], scale: tuple[float, float]) -> Thresholds:
    """Return the thresholds from the contrast set's development half."""

    def sure(row: Row) -> float:
        return 1 / (1 + math.exp(-(scale[0] + scale[1] * row.place)))

    unsound = sorted((sure(row) for row in found if not row.label and not row.conflicts), reverse=True)
    allowed = int(_RISK * sum(not row.label for row in found))
    sound = sorted(sure(row) for row in found if row.label)
    least = unsound[allowed] if allowed < len(unsound) else 0.5
    return Thresholds(
        sure=round(min(0.99, least + 0.002), 3),
        keep=round(sound[int(_KEEP * len(sound))], 3),
        low=round(sound[int(_LOW * len(sound))], 3),
    )


def main() -> None:
    """Score, fit, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--contrast", type=Path, required=True)
    parser.add_argument("--never", default="")
    args = parser.parse_args()
    found: dict[str, list[Row]] = {}
    for given in args.models:
        path, _, names = given.partition("=")
        model = Trained(Path(path))
        for name in names.split(","):
            data: list[dict[str, Any]] = rows(args.folder / f"{name}.jsonl.gz")
            found[name] = [read(model, row["claim"], row["source"], int(row["label"])) for row in data]
            print(name, len(data), flush=True)
    own = Trained(args.contrast)
    pairs = [read(own, pair.claim, pair.source, int(pair.gold is Verdict.SUPPORTED), pair.kind) for pair in contrast.pairs("development")]
    never = frozenset(filter(None, args.never.split(",")))
    print("| set | n | coverage BAcc | score BAcc | coverage AUROC | log-odds AUROC | score AUROC |\n|---|---:|---:|---:|---:|---:|---:|")
    table = []
    for name, data_rows in found.items():
        weights = fitted([others for other, others in found.items() if other != name and other not in never])
        scores = [float(np.dot(weights, row.features)) for row in data_rows]
        cover, said = [row.coverage for row in data_rows], [row.features[1] for row in data_rows]
        line = (
            balanced(data_rows, cover, 0.5),
            balanced(data_rows, scores, 0.0),
            auroc(data_rows, cover),
            auroc(data_rows, said),
            auroc(data_rows, scores),
        )
        table.append(line)
        print(f"| {name} | {len(data_rows)} | {' | '.join(f'{value:.1f}' for value in line)} |", flush=True)
    print(f"| mean | | {' | '.join(f'{value:.1f}' for value in np.mean(table, axis=0))} |")
    weights = fitted([rows_ for name, rows_ in found.items() if name not in never])
    scale = place_scale(pairs)
    card = {
        "version": VERSION,
        "place": scale,
        "source": [round(float(value), 4) for value in weights],
        "thresholds": thresholds(pairs, scale)._asdict(),
    }
    args.out.write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(card))


if __name__ == "__main__":
    main()
