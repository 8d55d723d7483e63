"""Set the scale of the support model from sets that it was not trained on, and print what it adds to word coverage.

usage: python -m benchmarks.calibrate_support CLAIMS OUT.json DATA.npz MODEL.npy=wice.dev,checkcovid.dev MODEL.npy=factcheckgpt.h0 ...
                                              [--never ab_expertqa.dev,...]

Each set is scored by the answers of a model trained without its family (`train_support.py train --leave-out`, on DATA.npz). The scale
is then fitted on all of them but one and tried on that one, and at last on all.
`--never` names sets that may be scored, but not fitted on. The thresholds are chosen for the exported model on the
development half of the contrast set: `sure` is the least probability from which one unsound pair of fifty would be expected to be
called supported, and one of two hundred whose number, unit, negation or direction is flipped. Doubts (`checking/doubts.py`) count
for nothing here, for they were chosen by looking at the same pairs.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.support_data import answered, rows
from benchmarks.verify import auroc, balanced
from pipeline.checking import contrast
from pipeline.checking.assess import layers
from pipeline.checking.passages import prepared
from pipeline.checking.support import Calibration, Pair, SupportModel, embedded
from pipeline.checking.verdicts import Thresholds
from pipeline.records import Verdict

VERSION = 2
_RISK, _FLIPPED = 0.02, 0.005  # of the unsound pairs, and of those with a fact flipped, may be called supported
_KEEP, _LOW = 0.10, 0.03  # of the sound pairs may fall below `keep` and `low`
_SCALES = [(bias / 4, said / 20, 4.0) for bias in range(-12, -3) for said in range(9)]  # of coverage the weight is given

Scale = tuple[float, float, float]


class Row(NamedTuple):
    """What the layers found about one claim."""

    label: int
    coverage: float
    said: float
    conflicts: int
    kind: str = ""


class Answered(NamedTuple):
    """A model by the answers that it gave when it was trained."""

    name: str
    known: Mapping[Pair, float]
    calibration: Calibration = Calibration(Thresholds(1.0, 0.0, 0.0))

    def logits(self, pairs: Sequence[Pair]) -> list[float]:
        """Return the log-odds of support for each pair that it was asked about, in order."""
        return [self.known[pair] for pair in pairs]


def read(model: SupportModel, claim: str, text: str, label: int, kind: str = "") -> Row:
    """Return what the layers find."""
    source = prepared(text)
    passage = source.nearest(claim)
    if passage is None:
        return Row(label, 0.0, -3.0, 0, kind)
    found = layers(claim, source, passage, model)
    assert found.reading
    return Row(label, found.coverage, found.reading.said, len(found.conflicts), kind)


def scored(scale: Scale, row: Row) -> float:
    """Return the log-odds of the score of one claim."""
    return scale[0] + scale[1] * row.said + scale[2] * row.coverage


def accuracy(found: Sequence[Row], scores: Sequence[float], least: float) -> float:
    """Return the balanced accuracy at a threshold, in percent."""
    return balanced([score >= least for score in scores], [bool(row.label) for row in found])


def area(found: Sequence[Row], scores: Sequence[float]) -> float:
    """Return the area under the curve, in percent."""
    return auroc(scores, [bool(row.label) for row in found])


def score_scale(sets: Sequence[Sequence[Row]]) -> Scale:
    """Return bias and weight of the log-odds, beside that of coverage, with the highest mean balanced accuracy over the sets."""
    return max(_SCALES, key=lambda scale: sum(accuracy(found, [scored(scale, row) for row in found], 0.0) for found in sets))


def odds_scale(found: Sequence[Row]) -> tuple[float, float]:
    """Return bias and weight that make the log-odds a probability: logistic regression, both labels of equal weight."""
    x = np.array([[1.0, row.said] for row in found])
    y = np.array([row.label for row in found], dtype=float)
    heavy = np.where(y == 1, 0.5 / y.sum(), 0.5 / (1 - y).sum())
    weights: np.ndarray[Any, Any] = np.zeros(2)
    for _ in range(30):
        p = 1 / (1 + np.exp(-x @ weights))
        weights = weights - np.linalg.solve((x * (heavy * p * (1 - p))[:, None]).T @ x, x.T @ (heavy * (p - y)))
    return round(float(weights[0]), 4), round(float(weights[1]), 4)


def thresholds(found: Sequence[Row], scale: tuple[float, float]) -> Thresholds:
    """Return the thresholds from the contrast set's development half."""

    def sure(said: float) -> float:
        return 1 / (1 + math.exp(-(scale[0] + scale[1] * said)))

    unsound = [row for row in found if not row.label]
    flips = [row for row in unsound if row.kind in contrast.FLIPS]
    sound = sorted(sure(row.said) for row in found if row.label)
    return Thresholds(
        sure=round(sure(max(tail(unsound, _RISK), tail(flips, _FLIPPED))), 3),
        keep=round(sound[int(_KEEP * len(sound))], 3),
        low=round(sound[int(_LOW * len(sound))], 3),
    )


def tail(found: Sequence[Row], risk: float) -> float:
    """Return the log-odds that this share of the rows, conflicts of facts apart, would pass, also of rows that nobody has seen.

    The highest eighth is taken for an exponential tail: one row more or less at the very top tells little.
    """
    said = sorted((row.said for row in found if not row.conflicts), reverse=True)
    most = len(found) // 8
    least = said[most]
    excess = sum(value - least for value in said[:most]) / most
    return least + excess * math.log(most / (risk * len(found)))


def table(found: Mapping[str, Sequence[Row]], never: frozenset[str]) -> list[str]:
    """Return what the score gives on each set, its scale chosen on the others, and coverage and the model alone beside it."""
    lines = ["| set | n | coverage BAcc | score BAcc | coverage AUROC | model AUROC | score AUROC |\n|---|---:|---:|---:|---:|---:|---:|"]
    each = []
    for name, data in found.items():
        scale = score_scale([others for other, others in found.items() if other != name and other not in never])
        scores = [scored(scale, row) for row in data]
        cover, said = [row.coverage for row in data], [row.said for row in data]
        each.append((accuracy(data, cover, 0.5), accuracy(data, scores, 0.0), area(data, cover), area(data, said), area(data, scores)))
        lines.append(f"| {name} | {len(data)} | {' | '.join(f'{value:.1f}' for value in each[-1])} |")
    return [*lines, f"| mean | | {' | '.join(f'{value:.1f}' for value in np.mean(each, axis=0))} |"]


def main() -> None:
    """Score, fit, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("answers", nargs="+")
    parser.add_argument("--never", default="")
    args = parser.parse_args()
    found: dict[str, list[Row]] = {}
    for given in args.answers:
        path, _, names = given.partition("=")
        model = Answered(path, answered(args.data, Path(path)))
        for name in names.split(","):
            data = rows(args.folder / f"{name}.jsonl.gz")
            found[name] = [read(model, row["claim"], row["source"], int(row["label"])) for row in data]
    never = frozenset(filter(None, args.never.split(",")))
    print("\n".join(table(found, never)))
    shipped = embedded()
    pairs = [
        read(shipped, pair.claim, pair.source, int(pair.gold is Verdict.SUPPORTED), pair.kind) for pair in contrast.pairs("development")
    ]
    odds = odds_scale(pairs)
    card = {
        "version": VERSION,
        "odds": odds,
        "source": score_scale([others for name, others in found.items() if name not in never]),
        "thresholds": thresholds(pairs, odds)._asdict(),
    }
    args.out.write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(card))


if __name__ == "__main__":
    main()
