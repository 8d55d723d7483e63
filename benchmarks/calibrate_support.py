"""Set the scale of the support model from sets that it was not trained on, and print what it adds to word coverage.

usage: python benchmarks/calibrate_support.py FOLDER OUT.json MODEL.pt=wice.dev,checkcovid.dev MODEL.pt=factcheckgpt.h0 ...
                                              [--never ab_expertqa.dev,...]

Each set is scored by a model trained without its family (`train_support.py train --leave-out`). The scale is then fitted on
all of them but one and tried on that one, and at last on all.
`--never` names sets that may be scored, but not fitted on. The thresholds are chosen for the exported model on the
development half of the contrast set: `sure` is the least probability from which at most one unsound pair of fifty would be
called supported, and at most one of two hundred whose number, unit, negation or direction is flipped.
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
from benchmarks.train_support import BATCH, CrossEncoder, batch, tokenizer
from pipeline.checking import contrast
from pipeline.checking.assess import layers
from pipeline.checking.passages import prepared
from pipeline.checking.support import Calibration, Pair, SupportModel, embedded, encode, inputs
from pipeline.checking.verdicts import Thresholds
from pipeline.records import Verdict

VERSION = 1
_RISK, _FLIPPED = 0.02, 0.005  # of the unsound pairs, and of those with a fact flipped, may be called supported
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
    def said(self) -> float:
        """Return what the model says of the source: the mean over the best place and scattered sentences."""
        return (self.place + self.scattered) / 2


class Trained:
    """A model as it was trained, before it is made small."""

    calibration = Calibration(Thresholds(1.0, 0.0, 0.0))

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self._model = CrossEncoder()
        self._model.load_state_dict(torch.load(path))
        self._model.eval()
        self._words = tokenizer()
        self._known: dict[Pair, float] = {}

    def learn(self, asked: Sequence[tuple[str, str]]) -> None:
        """Answer claims against sources beforehand, inputs of like length together: many times faster than one by one."""
        pairs = list({Pair(text.text, claim) for claim, source in asked for text in inputs(claim, prepared(source))})
        items = [encode(self._words, pair.passage, pair.claim) for pair in pairs]
        order = sorted(range(len(items)), key=lambda index: len(items[index].ids))
        for at in range(0, len(order), BATCH):
            chosen = order[at : at + BATCH]
            with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
                answers = self._model(*batch([items[index] for index in chosen]))[0].float().tolist()
            self._known |= {pairs[index]: answer for index, answer in zip(chosen, answers, strict=True)}

    def logits(self, pairs: Sequence[Pair]) -> list[float]:
        """Return the log-odds of support for each pair that was learnt, in order."""
        return [self._known[pair] for pair in pairs]


def read(model: SupportModel, claim: str, text: str, label: int, kind: str = "") -> Row:
    """Return what the layers find."""
    source = prepared(text)
    passage = source.best(claim)
    if passage is None:
        return Row(label, 0.0, -3.0, -3.0, 0, kind)
    found = layers(claim, source, passage, model)
    assert found.reading
    return Row(label, found.coverage, found.reading.place, found.reading.scattered, len(found.conflicts), kind)


def score_scale(sets: Sequence[Sequence[Row]]) -> tuple[float, float, float]:
    """Return bias and weights of log-odds and coverage: half of the words covered stays the middle, and one weight is chosen.

    It is the weight of the log-odds, 0.5 at most, with the highest mean balanced accuracy over the sets.
    """
    options = [(-2.0, step / 20, 4.0) for step in range(11)]
    return max(options, key=lambda scale: sum(balanced(found, [scored(scale, row) for row in found], 0.0) for found in sets))


def scored(scale: tuple[float, float, float], row: Row) -> float:
    """Return the log-odds of the score of one claim."""
    return scale[0] + scale[1] * row.said + scale[2] * row.coverage


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
    """Return bias and weight that make the log-odds for one place a probability: logistic regression, both labels of equal weight."""
    x = np.array([[1.0, row.place] for row in found])
    y = np.array([row.label for row in found], dtype=float)
    heavy = np.where(y == 1, 0.5 / y.sum(), 0.5 / (1 - y).sum())
    weights: np.ndarray[Any, Any] = np.zeros(2)
    for _ in range(30):
        p = 1 / (1 + np.exp(-x @ weights))
        weights = weights - np.linalg.solve((x * (heavy * p * (1 - p))[:, None]).T @ x, x.T @ (heavy * (p - y)))
    return round(float(weights[0]), 4), round(float(weights[1]), 4)


def thresholds(found: Sequence[Row], scale: tuple[float, float]) -> Thresholds:
    """Return the thresholds from the contrast set's development half."""

    def sure(row: Row) -> float:
        return 1 / (1 + math.exp(-(scale[0] + scale[1] * row.place)))

    def least(rows_: Sequence[Row], risk: float) -> float:
        """Return the probability above which no more than this share of the rows, all unsound, would be called supported."""
        open_ = sorted((sure(row) for row in rows_ if not row.conflicts), reverse=True)
        allowed = int(risk * len(rows_))
        return open_[allowed] if allowed < len(open_) else 0.5

    unsound = [row for row in found if not row.label]
    flips = [row for row in unsound if row.kind in contrast.FLIPS]
    settled = max(least(unsound, _RISK), least(flips, _FLIPPED))
    sound = sorted(sure(row) for row in found if row.label)
    return Thresholds(
        sure=round(min(0.99, settled + 0.002), 3),
        keep=round(sound[int(_KEEP * len(sound))], 3),
        low=round(sound[int(_LOW * len(sound))], 3),
    )


def main() -> None:
    """Score, fit, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--never", default="")
    args = parser.parse_args()
    found: dict[str, list[Row]] = {}
    for given in args.models:
        path, _, names = given.partition("=")
        model = Trained(Path(path))
        for name in names.split(","):
            data: list[dict[str, Any]] = rows(args.folder / f"{name}.jsonl.gz")
            model.learn([(row["claim"], row["source"]) for row in data])
            found[name] = [read(model, row["claim"], row["source"], int(row["label"])) for row in data]
            print(name, len(data), flush=True)
    shipped = embedded()
    pairs = [
        read(shipped, pair.claim, pair.source, int(pair.gold is Verdict.SUPPORTED), pair.kind) for pair in contrast.pairs("development")
    ]
    never = frozenset(filter(None, args.never.split(",")))
    print("| set | n | coverage BAcc | score BAcc | coverage AUROC | log-odds AUROC | score AUROC |\n|---|---:|---:|---:|---:|---:|---:|")
    table = []
    for name, data_rows in found.items():
        scale = score_scale([others for other, others in found.items() if other != name and other not in never])
        scores = [scored(scale, row) for row in data_rows]
        cover, said = [row.coverage for row in data_rows], [row.said for row in data_rows]
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
    place = place_scale(pairs)
    card = {
        "version": VERSION,
        "place": place,
        "source": score_scale([others for name, others in found.items() if name not in never]),
        "thresholds": thresholds(pairs, place)._asdict(),
    }
    args.out.write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(card))


if __name__ == "__main__":
    main()
