"""Score the checker on labelled claims, with plain word coverage beside it, and print a Markdown table.

usage: python benchmarks/verify.py FILE.jsonl[.gz] [...]    rows have claim, source and label (1 = fully supported)

Balanced accuracy at 0.5 for both scores; then what the verdict `supported` is worth: how many sound claims get it, and
how many unsound ones do.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.checking.passages import prepared
from pipeline.checking.verdicts import assess
from pipeline.records import Verdict


class Row(NamedTuple):
    """One set's figures, in percent."""

    name: str
    claims: int
    coverage: float
    score: float
    sound: float
    unsound: float


def read(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a JSONL file."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def balanced(hits: list[bool], labels: list[bool]) -> float:
    """Return the mean of the shares of sound claims hit and unsound ones missed, in percent."""
    return 50 * (share(hits, labels) + 1 - share(hits, [not label for label in labels]))


def share(hits: list[bool], among: list[bool]) -> float:
    """Return the share of hits among the chosen."""
    chosen = [hit for hit, wanted in zip(hits, among, strict=True) if wanted]
    return sum(chosen) / len(chosen) if chosen else 0.0


def score(path: Path) -> Row:
    """Score one file."""
    rows = read(path)
    labels = [row["label"] == 1 for row in rows]
    found = [assess(row["claim"], row["source"]) for row in rows]
    passages = [prepared(row["source"]).best(row["claim"]) for row in rows]
    plain = [passage is not None and passage.coverage >= 0.5 for passage in passages]
    said = [item.verdict is Verdict.SUPPORTED for item in found]
    unsound = share(said, [not label for label in labels])
    scored = balanced([item.score >= 0.5 for item in found], labels)
    return Row(path.name.split(".jsonl")[0], len(rows), balanced(plain, labels), scored, 100 * share(said, labels), 100 * unsound)


def main() -> None:
    """Print the table."""
    if len(sys.argv) < 2:
        sys.exit("usage: python benchmarks/verify.py FILE_OR_FOLDER... (rows of claim, source and label, as .jsonl or .jsonl.gz)")
    given = [Path(name) for name in sys.argv[1:]]
    rows = [score(path) for place in given for path in (sorted(place.glob("*.jsonl*")) if place.is_dir() else [place])]
    print("| set | n | coverage, BAcc | checker, BAcc | sound claims `supported` | unsound claims `supported` |")
    print("|---|---:|---:|---:|---:|---:|")
    for row in rows:
        print(f"| {row.name} | {row.claims} | {row.coverage:.1f} | {row.score:.1f} | {row.sound:.1f} % | {row.unsound:.1f} % |")
    mean = [sum(values) / len(rows) for values in zip(*(row[2:] for row in rows), strict=True)]
    print(f"| mean | | {mean[0]:.1f} | {mean[1]:.1f} | {mean[2]:.1f} % | {mean[3]:.1f} % |")


if __name__ == "__main__":
    main()
