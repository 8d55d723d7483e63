"""What the cascade saves: the judge asked only where the cheaper layers are unsure, beside a judge asked about every pair.

usage: python -m benchmarks.cascade [--half held_out|development]

The judge of this table answers rightly and quotes what stands there, so that all that is lost is lost by the program: by the cheaper
layers where they settle a pair before it, and by the gate where it does not count an answer. `asked` is the share of pairs on which a
model would be called; agreement is the share of pairs whose verdict is `supported` exactly where it should be.
"""

from __future__ import annotations

import argparse
import sys

from pipeline.checking import contrast
from pipeline.checking.assess import EVERYTHING, UNSETTLED
from pipeline.checking.checker import checker
from pipeline.checking.judge import Answer, Question, Scripted
from pipeline.records import Verdict


class Counting:
    """A judge that counts what it is asked."""

    def __init__(self, judge: Scripted) -> None:
        self._judge, self.name, self.asked = judge, judge.name, 0

    def judge(self, question: Question) -> Answer | None:
        """Pass a question on."""
        self.asked += 1
        return self._judge.judge(question)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=("held_out", "development"), default="held_out")
    chosen = contrast.pairs(parser.parse_args(sys.argv[1:]).half)
    print("| judge | asked | agreement | sound `supported` | unsound `supported` |")
    print("|---|---:|---:|---:|---:|")
    for name, asked in (("nobody", None), ("where the cheaper layers are unsure", UNSETTLED), ("everywhere", EVERYTHING)):
        judge = Counting(contrast.right(chosen))
        by = checker()._replace(judge=judge if asked else None, asked=asked or UNSETTLED)
        outcomes = contrast.run(by, chosen)
        said = [(item.pair.gold is Verdict.SUPPORTED, item.found.verdict is Verdict.SUPPORTED) for item in outcomes]
        sound, unsound = [ours for gold, ours in said if gold], [ours for gold, ours in said if not gold]
        shares = (judge.asked / len(said), sum(a == b for a, b in said) / len(said), sum(sound) / len(sound), sum(unsound) / len(unsound))
        print(f"| {name} | {' | '.join(f'{100 * share:.1f} %' for share in shares)} |")


if __name__ == "__main__":
    main()
