"""The benchmark of the checker: what could go wrong in it without a sound."""

from __future__ import annotations

import doctest
import gzip
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks import peers, verify
from benchmarks.peers import Answer
from benchmarks.verify import Row, Run, Set
from pipeline.checking.contrast import UNSOUND
from pipeline.checking.support import Calibration, Pair
from pipeline.checking.verdicts import Thresholds

ROWS = [
    Row("a", "s", True),
    Row("b", "s", True),
    Row("c", "s", False, "number"),
    Row("d", "s", False, "negation"),
]


class Believer:
    """A support model that is sure of everything."""

    name = "believer"
    calibration = Calibration(thresholds=Thresholds(sure=0.9, keep=0.1, low=0.1))

    def logits(self, pairs: Sequence[Pair]) -> list[float]:
        return [9.0 for _ in pairs]


def run(scores: Sequence[float], supported: Sequence[bool] = (), rows: Sequence[Row] = ROWS, seconds: float = 0.5) -> Run:
    said = supported or [score >= 0.5 for score in scores]
    return Run(rows, [Answer(*pair) for pair in zip(said, scores, strict=True)], seconds)


def test_doctests() -> None:
    assert doctest.testmod(verify).failed == 0


@pytest.mark.parametrize(
    ("scores", "labels", "expected"),
    [
        ([0.9, 0.8, 0.2, 0.1], [1, 1, 0, 0], 100.0),
        ([0.1, 0.2, 0.8, 0.9], [1, 1, 0, 0], 0.0),
        ([0.5, 0.5, 0.5, 0.5], [1, 0, 1, 0], 50.0),
        ([0.5, 0.5, 0.0], [1, 0, 0], 75.0),
        ([1.0, 0.0, 0.0, 0.0], [1, 1, 0, 0], 75.0),
    ],
)
def test_auroc_counts_ties_half_and_ignores_the_order_of_rows(scores: list[float], labels: list[int], expected: float) -> None:
    sound = [label == 1 for label in labels]
    assert verify.auroc(scores, sound) == expected
    assert verify.auroc(scores[::-1], sound[::-1]) == expected


def test_a_set_of_one_label_has_no_balanced_figures() -> None:
    found = verify.figures(run([0.9, 0.1], rows=ROWS[:2]))
    assert (found.sound, math.isnan(found.balanced), math.isnan(found.unsound), math.isnan(found.auroc)) == (50.0, True, True, True)
    assert "nan" not in verify.line("x", "2", "coverage", found)


def test_the_verdict_counts_not_the_score() -> None:
    found = verify.figures(run([0.9, 0.8, 0.7, 0.1], [True, False, False, False]), threshold=0.75)
    assert found == verify.Figures(75.0, 50.0, 0.0, 100.0, 100.0, 6.0)


def test_a_sample_is_the_same_for_all_and_keeps_the_order() -> None:
    rows = [Row(str(number), "", True) for number in range(500)]
    chosen = verify.sample(rows, 40)
    assert chosen == verify.sample(list(rows), 40)
    assert len(set(chosen)) == 40
    assert chosen == sorted(chosen, key=lambda row: int(row.claim))
    assert chosen != rows[:40]
    assert verify.sample(rows, None) == verify.sample(rows, 500) == rows


def test_one_threshold_weighs_sets_alike_whatever_their_size() -> None:
    small, large = run([0.7, 0.7, 0.6, 0.6]), run([0.4] * 20 + [0.3] * 20, rows=[ROWS[0]] * 20 + [ROWS[2]] * 20)
    assert verify.one_threshold([large]) == 0.31
    assert verify.one_threshold([small, small, large]) == 0.61
    assert verify.one_threshold([small, run([0.1, 0.1], rows=ROWS[:2])]) == 0.61


def test_the_contrast_set_has_no_say_in_threshold_and_mean() -> None:
    low, high = run([0.2, 0.2, 0.1, 0.1], [True] * 4), run([0.9, 0.9, 0.8, 0.8], [False] * 4)
    sets = [Set("one", ROWS), Set("two", ROWS), Set("contrast", ROWS, in_mean=False)]
    runs = {"coverage": [low, low, high], "rules": [low, high, high]}
    at = verify.thresholds(runs, sets, {"rules": 0.85})
    assert at == {"coverage": 0.11, "rules": 0.85}
    lines = verify.table(runs, sets, at)
    assert len({line.count("|") for line in lines}) == 1
    assert lines[-2:] == [
        "| mean |  | coverage | 50.0 | 100.0 % | 100.0 % | 100.0 | 100.0 | 6.0 |",
        "| mean |  | checker, rules only | 50.0 | 50.0 % | 50.0 % | 100.0 | 75.0 | 6.0 |",
    ]
    assert verify.thresholds({"rules": [high]}, sets[2:], {}) == {"rules": 0.81}


def test_speed_leaves_out_first_claims_and_weighs_sets_by_their_time() -> None:
    slow, fast = run([0.5] * 4, seconds=3.0), run([0.5] * 4, seconds=0.03)
    assert verify.figures(slow).speed == 1.0
    assert verify.averaged([verify.figures(slow), verify.figures(fast)], [slow, fast]).speed == pytest.approx(6 / 3.03)
    assert math.isnan(verify.speed([run([0.5], rows=ROWS[:1], seconds=0.0)]))


def test_faults_are_counted_by_kind_in_the_order_of_the_set() -> None:
    rows = [*ROWS, Row("e", "s", False, "number")]
    lines = verify.by_kind({"coverage": run([1.0, 1.0, 1.0, 0.0, 0.0], rows=rows)}, rows)
    assert lines[2:] == ["| negation | 1 | 0.0 % |", "| number | 2 | 50.0 % |"]
    assert UNSOUND.index("negation") < UNSOUND.index("number")


def test_the_model_is_asked() -> None:
    source = "The programme ended early. Nobody had expected this of the committee."
    claim = "Work on the programme was over sooner than planned."
    assert not peers.checker()(claim, source).supported
    assert peers.checker(Believer())(claim, source).supported


def test_what_is_not_installed_is_left_out(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def absent() -> peers.Ask:
        raise FileNotFoundError("calibration.json")

    for name in peers.PEERS:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(peers.METHODS, "model", absent)
    assert list(peers.ready(peers.METHODS)) == ["coverage", "rules"]
    told = capsys.readouterr().err.splitlines()
    assert [line.split()[0] for line in told] == ["model", "anchorcite", "groundrails"]
    assert "pip install anchorcite" in told[1]


def test_tables_go_to_the_output_and_progress_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [{"claim": f"Dose {n} was safe.", "source": f"Dose {n} was safe. It was cheap.", "label": n % 2} for n in range(9)]
    with gzip.open(tmp_path / "doses.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    options = "--contrast development --limit 6 --methods coverage,rules --at rules=0.7"
    monkeypatch.setattr(sys, "argv", ["verify.py", str(tmp_path), *options.split()])
    verify.main()
    shown = capsys.readouterr()
    assert all(line.startswith(("|", "One threshold: ")) for line in shown.out.splitlines() if line)
    assert shown.out.count("| doses | 6 |") == shown.out.count("| contrast, development | 6 |") == 2
    assert "checker, rules only 0.70" in shown.out
    assert len(shown.err.splitlines()) == 4
