"""What the support model is trained on and how it is drawn; the training itself where torch is installed."""

from __future__ import annotations

import itertools
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import support_data
from benchmarks.prepared import UNKNOWN, Inputs, Prepared
from benchmarks.support_data import Example, edited, rows
from pipeline.checking import contrast
from pipeline.checking.passages import prepared
from pipeline.checking.pieces import CLAIM, CLAIM_SHARED, PADDING, encode
from pipeline.checking.support import Pair

WRITTEN = Path(__file__).parents[1] / "benchmarks/training"
PASSAGE = (
    "The choir met weekly for 12 weeks. Stress fell in the singers. The hall was cold. Tea was served afterwards. "
    "Nobody left the study early."
)


def data(count: int = 24) -> Prepared:
    """Return examples of two groups: false claims with their twins, and false claims alone."""
    items = [encode(PASSAGE, f"Stress fell in {number} singers.") for number in range(count)]
    labels = np.arange(count) % 2
    twins = np.array([index + 1 if label == 0 and index < count // 2 else -1 for index, label in enumerate(labels)])
    marks = [[0] * len(item.claim) if label else [] for item, label in zip(items, labels, strict=True)]
    groups = (np.arange(count) >= count * 3 // 4).astype(np.int8)
    labels = np.where(groups == 1, 0, labels).astype(np.int8)
    return Prepared(Inputs.of(items, marks), labels, groups, twins, ["written", "removed"], Inputs.of(items[:3]))


def test_arrays_come_back_as_they_were(tmp_path: Path) -> None:
    made = data()
    made.save(tmp_path / "data.npz")
    found = Prepared.read(tmp_path / "data.npz")
    assert found.names == made.names
    for one, other in ((found.examples, made.examples), (found.asked, made.asked), (found[1:4], made[1:4])):
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_tables_hold_each_input_in_its_row() -> None:
    items = [encode(PASSAGE, "Stress fell."), encode("Short.", "A longer claim about the choir and its singers.")]
    ids, kinds, wrong = Inputs.of(items, [[1, 0, 0], []]).padded()
    for row, item in enumerate(items):
        assert ids[row, : len(item.ids)].tolist() == item.ids
        assert kinds[row, : len(item.ids)].tolist() == item.kinds
        assert set(kinds[row, len(item.ids) :].tolist()) <= {PADDING}
    said = np.isin(kinds[0], (CLAIM, CLAIM_SHARED))
    assert wrong[0][said].tolist() == [1, 0, 0]
    assert set(wrong[0][~said].tolist()) == set(wrong[1].tolist()) == {UNKNOWN}


def test_an_edit_is_marked_where_it_differs() -> None:
    claim = "Stress rose in the singers."
    spans, like = edited(claim, ["Stress fell in the singers.", "Nobody left."])
    assert like == "Stress fell in the singers."
    assert spans
    assert [claim[start:end] for start, end in spans] == ["rose"]
    assert edited("Quite another matter altogether, this.", ["Nobody left."]) == (None, "")


def test_what_says_a_claim_is_taken_out() -> None:
    [found] = support_data._removed("The singers had less stress.", prepared(PASSAGE), random.Random(1))
    assert found.label == 0
    assert "Stress fell" not in found.passage
    assert "Nobody left" in found.passage or "12 weeks" in found.passage


def test_written_pairs_are_well_formed_and_of_other_topics_than_the_contrast_set() -> None:
    held = {pair.claim for pair in contrast.pairs("all")}
    sources = {pair.source for pair in contrast.pairs("all")}
    claims = 0
    for path in sorted(WRITTEN.glob("*.jsonl")):
        for row in rows(path):
            assert set(row) == {"area", "passage", "claims"}
            assert row["passage"] not in sources
            said: dict[str, int] = {}
            for claim in row["claims"]:
                assert set(claim) == {"claim", "kind", "label"}
                assert claim["label"] in {0, 1}
                assert claim["claim"] not in held
                assert said.setdefault(claim["claim"], claim["label"]) == claim["label"], claim
                claims += 1
    assert claims == 50_839


def test_twins_become_examples_against_the_same_passage() -> None:
    found = support_data.arrays([Example(PASSAGE, "Stress rose.", 0, ((7, 11),), "written", "Stress fell.")], [Pair(PASSAGE, "x")])
    assert found.labels.tolist() == [0, 1]
    assert found.twins.tolist() == [1, -1]
    false, sound = found.examples.padded()[0]
    assert np.count_nonzero(false != sound) == 1


def test_files_that_are_written_are_read(tmp_path: Path) -> None:
    claims = [
        {"claim": "The singers had less stress.", "kind": "paraphrase", "label": 1},
        {"claim": "The singers had more stress.", "kind": "direction", "label": 0},
    ]
    other = {"area": "b", "passage": "Bees dance. They point to flowers. Nobody taught them. Hives are warm.", "claims": claims[:0]}
    lines = [json.dumps({"area": "a", "passage": PASSAGE, "claims": claims}), json.dumps(other)]
    (tmp_path / "a.jsonl").write_text("\n".join(lines), encoding="utf-8")
    found = list(support_data.written(tmp_path))
    groups = [example.group for example in found]
    assert groups.count("written") == 2
    assert all(example.label == 0 and "Stress fell" not in example.passage for example in found if example.group != "written")
    assert next(example for example in found if example.claim == claims[1]["claim"]).twin == claims[0]["claim"]


def test_batches_are_balanced_and_keep_twins_together() -> None:
    training: Any = pytest.importorskip("benchmarks.train_support", reason="torch is not installed", exc_type=ImportError)
    made = data()
    stream = training.Stream(made, np.arange(len(made.labels)), 8, random.Random(1))
    drawn = [index for _ in range(200) for index in stream.take()]
    written = [index for index in drawn if made.groups[index] == 0]
    assert abs(np.mean(made.labels[written]) - 0.5) < 0.06
    with_twin = [(a, b) for a, b in itertools.pairwise(drawn) if made.twins[a] >= 0]
    assert sum(made.twins[a] == b for a, b in with_twin) > 0.8 * len(with_twin)


def test_training_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    training: Any = pytest.importorskip("benchmarks.train_support", reason="torch is not installed", exc_type=ImportError)
    import torch

    data(8).save(tmp_path / "data.npz")
    state = {name: part.half() for name, part in training.CrossEncoder().state_dict().items()}
    torch.save({name: part for name, part in state.items() if not name.startswith(("piece", "claim", "match"))}, tmp_path / "base.pt")
    given = ["train", *(str(tmp_path / name) for name in ("data.npz", "base.pt", "out.pt")), "--batch", "8", "--pairs"]
    steps: list[int] = []

    def counted(*parts: Any) -> Any:
        steps.append(len(steps))
        if len(steps) == 3:
            raise KeyboardInterrupt
        return loss(*parts)

    loss = training.loss
    monkeypatch.setattr(training, "loss", counted)
    monkeypatch.setattr(training, "_KEPT", 1)
    args = training.arguments().parse_args([*given, "32"])
    with pytest.raises(KeyboardInterrupt):
        args.run(args)
    assert (tmp_path / "out.pt.part").exists()
    args.run(args)
    assert len(steps) == 5  # two of four were done, the third was lost
    answers = np.load(tmp_path / "out.npy")
    assert answers.shape == (3,)
    assert np.isfinite(answers).all()
    assert not (tmp_path / "out.pt.part").exists()
    trained = torch.load(tmp_path / "out.pt")
    assert torch.equal(trained["words.weight"], state["words.weight"])
    assert not torch.equal(trained["layers.5.query.weight"], state["layers.5.query.weight"])
