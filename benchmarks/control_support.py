"""The control of the support model: does it read the source, or guess from how a claim is worded?

usage: python -m benchmarks.control_support [--times 2]

Each reworded sound claim of the contrast set is checked against its own source and against sources on other subjects, chosen at random
with a fixed seed. Prints the model's log-odds for both (quartiles) and how many claims are called supported.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence

import numpy as np

from pipeline.checking import contrast
from pipeline.checking.assess import layers
from pipeline.checking.checker import checker
from pipeline.checking.contrast import SOUND, Pair
from pipeline.checking.passages import prepared
from pipeline.checking.support import embedded

SEED = 11


def elsewhere(pairs: Sequence[Pair], times: int) -> list[Pair]:
    """Return each pair so many times, with sources of other topics."""
    chance = random.Random(SEED)
    return [
        pair._replace(source=chance.choice([other.source for other in pairs if other.topic != pair.topic]))
        for pair in pairs
        if pair.kind in SOUND and pair.kind != "verbatim"
        for _ in range(times)
    ]


def log_odds(pair: Pair) -> float:
    """Return what the model says of a claim and a source."""
    source = prepared(pair.source)
    place = source.nearest(pair.claim)
    found = layers(pair.claim, source, place, embedded()) if place else None
    assert found and found.reading
    return found.reading.said


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=2, help="sources on other subjects for each claim")
    times: int = parser.parse_args().times
    pairs = contrast.pairs("all")
    own = [pair for pair in pairs if pair.kind in SOUND and pair.kind != "verbatim"]
    print("| reworded sound claims beside | n | log-odds, lower quartile | median | upper quartile | `supported` |")
    print("|---|---:|---:|---:|---:|---:|")
    for name, chosen in (("their own source", own), ("a source on another subject", elsewhere(pairs, times))):
        low, middle, high = np.percentile([log_odds(pair) for pair in chosen], [25, 50, 75])
        called = sum(item.found.verdict.value == "supported" for item in contrast.run(checker(), chosen))
        print(f"| {name} | {len(chosen)} | {low:.1f} | {middle:.1f} | {high:.1f} | {called} |")


if __name__ == "__main__":
    main()
