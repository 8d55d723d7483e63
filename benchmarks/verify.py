"""Score the checker on labelled claims, with word coverage and the peers beside it in the same run, and print a Markdown table.

usage: python benchmarks/verify.py [FILE_OR_FOLDER ...] [--contrast development|held_out] [--limit N] [--methods NAMES] [--at NAME=SCORE]

rows: JSONL, also gzipped, with claim, source and label (1 = fully supported)
methods: coverage, rules (the checker without a model), model (the checker with the model that ships), anchorcite, groundrails

--contrast  adds one half of the contrast set that ships with the package, and a second table of it by kind of fault
--limit     takes N rows of each set, at random with a fixed seed; all methods see the same rows
--methods   runs these only, commas between
--at        sets the one threshold of a method, for instance as chosen in another run

The verdict `supported` is each method's own at its own default (for coverage, 0.5). BAcc is balanced accuracy: the mean of the share
of sound claims called `supported` and the share of unsound ones not called so; in another column the same for the method's score
at one threshold, chosen over the files (over the contrast set where it stands alone). AUROC is the score's without any threshold.
Speed is in CPU time, all threads counted, the first claim of each set left out. The mean is over the files, the contrast set apart.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import random
import sys
import time
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.peers import METHODS, Answer, Ask, checker, ready, title
from pipeline.checking import contrast
from pipeline.checking.passages import prepared
from pipeline.records import Verdict

SEED = 1
GRID = [step / 100 for step in range(1, 100)]  # thresholds tried
HEAD = (
    "| set | n | method | BAcc | sound claims `supported` | unsound claims `supported` | AUROC | BAcc, one threshold | claims per CPU s |"
)


class Row(NamedTuple):
    """A claim against a source, whether it is sound, and how it was made where that is known."""

    claim: str
    source: str
    sound: bool
    kind: str = ""


class Set(NamedTuple):
    """Rows under a name; the contrast set counts for no mean."""

    name: str
    rows: list[Row]
    in_mean: bool = True


class Run(NamedTuple):
    """What a method answered to the rows of a set, in order, and the CPU seconds of all but the first."""

    rows: Sequence[Row]
    answers: list[Answer]
    seconds: float = 0.0


class Figures(NamedTuple):
    """One method on one set: all in percent but the speed; a figure that the rows cannot give is nan."""

    balanced: float
    sound: float
    unsound: float
    auroc: float
    at_one: float
    speed: float


def read(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a JSONL file."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def labelled(path: Path) -> Set:
    """Return the set that a file holds."""
    return Set(path.name.split(".jsonl")[0], [Row(row["claim"], row["source"], row["label"] == 1) for row in read(path)])


def contrasted(half: str) -> Set:
    """Return one half of the contrast set."""
    pairs = contrast.pairs(half)
    return Set(f"contrast, {half}", [Row(pair.claim, pair.source, pair.gold is Verdict.SUPPORTED, pair.kind) for pair in pairs], False)


def sample(rows: list[Row], most: int | None) -> list[Row]:
    """Return at most so many rows, always the same ones, in their order.

    >>> rows = [Row(str(number), "", True) for number in range(100)]
    >>> sample(rows, 3) == sample(rows, 3) == sorted(sample(rows, 3), key=rows.index)
    True
    """
    if most is None or len(rows) <= most:
        return rows
    return [rows[index] for index in sorted(random.Random(SEED).sample(range(len(rows)), most))]


def answered(ask: Ask, rows: Sequence[Row]) -> Run:
    """Ask a method about every row; texts read for another method are forgotten, so that each pays for its own reading."""
    prepared.cache_clear()
    answers, start = [], 0.0
    for row in rows:
        answers.append(ask(row.claim, row.source))
        if len(answers) == 1:
            start = time.process_time()
    return Run(rows, answers, time.process_time() - start if answers else 0.0)


def share(hits: Sequence[bool], among: Sequence[bool]) -> float:
    """Return the share of hits among the chosen; nan where none is chosen."""
    chosen = [hit for hit, wanted in zip(hits, among, strict=True) if wanted]
    return sum(chosen) / len(chosen) if chosen else math.nan


def balanced(hits: Sequence[bool], labels: Sequence[bool]) -> float:
    """Return the mean of the shares of sound claims hit and unsound ones missed, in percent.

    >>> balanced([True, True, False, False], [True, False, False, False])
    83.33333333333334
    """
    return 50 * (share(hits, labels) + 1 - share(hits, [not label for label in labels]))


def auroc(scores: Sequence[float], labels: Sequence[bool]) -> float:
    """Return how often a sound claim scores above an unsound one, in percent; a tie counts half.

    >>> auroc([0.9, 0.5, 0.5, 0.1], [True, True, False, False])
    87.5
    """
    sound = [score for score, label in zip(scores, labels, strict=True) if label]
    unsound = sorted(score for score, label in zip(scores, labels, strict=True) if not label)
    if not sound or not unsound:
        return math.nan
    above = sum(bisect_left(unsound, score) + bisect_right(unsound, score) for score in sound)
    return 50 * above / (len(sound) * len(unsound))


def balanced_at(run: Run, threshold: float) -> float:
    """Return the balanced accuracy of a method's score at a threshold."""
    return balanced([answer.score >= threshold for answer in run.answers], [row.sound for row in run.rows])


def one_threshold(runs: Iterable[Run]) -> float:
    """Return the threshold with the best mean balanced accuracy over sets; it has seen their labels, which flatters every method."""
    both = [run for run in runs if len({row.sound for row in run.rows}) == 2]
    return max(GRID, key=lambda threshold: sum(balanced_at(run, threshold) for run in both))


def thresholds(runs: dict[str, list[Run]], sets: Sequence[Set], at: dict[str, float]) -> dict[str, float]:
    """Return the one threshold of each method: the one given, else the best over the sets that count for the mean."""
    chosen = [index for index, part in enumerate(sets) if part.in_mean] or range(len(sets))
    return {name: at[name] if name in at else one_threshold(found[index] for index in chosen) for name, found in runs.items()}


def figures(run: Run, threshold: float = 0.5) -> Figures:
    """Count."""
    labels = [row.sound for row in run.rows]
    said = [answer.supported for answer in run.answers]
    return Figures(
        balanced(said, labels),
        100 * share(said, labels),
        100 * share(said, [not label for label in labels]),
        auroc([answer.score for answer in run.answers], labels),
        balanced_at(run, threshold),
        speed([run]),
    )


def speed(runs: Sequence[Run]) -> float:
    """Return the claims per CPU second over all runs together, so that slow sets count with the time they take."""
    seconds = sum(run.seconds for run in runs)
    return sum(len(run.rows) - 1 for run in runs) / seconds if seconds else math.nan


def averaged(found: Sequence[Figures], runs: Sequence[Run]) -> Figures:
    """Return the means over sets of what is known, and the speed over all of them."""
    return Figures(*map(mean, zip(*found, strict=True)))._replace(speed=speed(runs))


def score(path: Path) -> Figures:
    """Score the checker without a model on one file."""
    return figures(answered(checker(), labelled(path).rows))


def measured(methods: dict[str, Ask], sets: Sequence[Set]) -> dict[str, list[Run]]:
    """Run every method on every set."""
    found: dict[str, list[Run]] = {name: [] for name in methods}
    for part in sets:
        for name, ask in methods.items():
            found[name].append(answered(ask, part.rows))
            print(f"{part.name}: {name}, {len(part.rows)} claims, {found[name][-1].seconds:.1f} CPU s", file=sys.stderr)
    return found


def mean(values: Iterable[float]) -> float:
    """Return the mean of the values that are known."""
    known = [value for value in values if not math.isnan(value)]
    return sum(known) / len(known) if known else math.nan


def line(first: str, count: str, method: str, found: Figures) -> str:
    """Return one row of the table."""
    signs = ("", " %", " %", "", "")
    cells = [f"{value:.1f}{sign}" for value, sign in zip(found[:-1], signs, strict=True)]
    cells.append(f"{found.speed:.0f}" if found.speed >= 10 else f"{found.speed:.1f}")
    return f"| {first} | {count} | {title(method)} | {' | '.join('–' if 'nan' in cell else cell for cell in cells)} |"


def table(runs: dict[str, list[Run]], sets: Sequence[Set], at: dict[str, float]) -> list[str]:
    """Return the table of all sets and methods, with the mean over the files."""
    lines = [HEAD, "|---|---:|---|" + "---:|" * len(Figures._fields)]
    found = {name: [figures(run, at[name]) for run in runs[name]] for name in runs}
    for index, part in enumerate(sets):
        lines += [line(part.name, str(len(part.rows)), name, found[name][index]) for name in runs]
    chosen = [index for index, part in enumerate(sets) if part.in_mean]
    if len(chosen) > 1:
        lines += [
            line("mean", "", name, averaged([found[name][index] for index in chosen], [runs[name][index] for index in chosen]))
            for name in runs
        ]
    return lines


def by_kind(runs: dict[str, Run], rows: Sequence[Row]) -> list[str]:
    """Return the table of the share of unsound claims called `supported`, by kind of fault."""
    lines = [f"| unsound claims `supported` | n | {' | '.join(map(title, runs))} |", "|---|---:|" + "---:|" * len(runs)]
    for kind in dict.fromkeys(row.kind for row in sorted(rows, key=_as_listed) if not row.sound):
        chosen = [row.kind == kind and not row.sound for row in rows]
        shares = [100 * share([answer.supported for answer in run.answers], chosen) for run in runs.values()]
        lines.append(f"| {kind} | {sum(chosen)} | {' | '.join(f'{value:.1f} %' for value in shares)} |")
    return lines


def _as_listed(row: Row) -> int:
    return contrast.UNSOUND.index(row.kind) if row.kind in contrast.UNSOUND else len(contrast.UNSOUND)


def given(options: argparse.Namespace) -> list[Set]:
    """Return the sets asked for, none of them empty."""
    paths = [path for place in options.files for path in (sorted(place.glob("*.jsonl*")) if place.is_dir() else [place])]
    sets = [labelled(path) for path in paths] + ([contrasted(options.contrast)] if options.contrast else [])
    for part in sets:
        if not part.rows:
            print(f"{part.name} is left out: it has no rows", file=sys.stderr)
    return [part._replace(rows=sample(part.rows, options.limit)) for part in sets if part.rows]


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="*")
    parser.add_argument("--contrast", choices=contrast.HALVES)
    parser.add_argument("--limit", type=int, metavar="N")
    parser.add_argument("--methods", default=",".join(METHODS), metavar="NAMES")
    parser.add_argument("--at", action="append", default=[], metavar="NAME=SCORE")
    options = parser.parse_args()
    options.methods = options.methods.split(",")
    options.at = {name: float(value) for name, _, value in (item.partition("=") for item in options.at)}
    if unknown := {*options.methods, *options.at} - METHODS.keys():
        parser.error(f"no method {', '.join(sorted(unknown))}: there are {', '.join(METHODS)}")
    return options


def main() -> None:
    """Print the tables."""
    options = arguments()
    sets, methods = given(options), ready(options.methods)
    if not sets or not methods:
        sys.exit("nothing to score: name files of rows with claim, source and label, or --contrast")
    runs = measured(methods, sets)
    at = thresholds(runs, sets, options.at)
    print("\n".join(table(runs, sets, at)))
    print(f"\nOne threshold: {', '.join(f'{title(name)} {threshold:.2f}' for name, threshold in at.items())}.")
    for index, part in enumerate(sets):
        if not part.in_mean:
            print("\n" + "\n".join(by_kind({name: found[index] for name, found in runs.items()}, part.rows)))


if __name__ == "__main__":
    main()
