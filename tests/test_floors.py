"""Quality floors on the development data, with a digest of the data: a change that falls below one fails.

A floor is lowered only in a commit that says why.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import itertools
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

import pytest

from benchmarks import adapters, marked, train_sentences, verify
from pipeline.checking.orders import orders
from pipeline.fetching.extract import extract
from pipeline.markup.boundaries import boundaries

SHARED = Path(__file__).parent.parent.parent / "shared"
FLOORS = json.loads((Path(__file__).parent / "floors.json").read_text(encoding="utf-8"))

pytestmark = pytest.mark.skipif(not (SHARED / "data").is_dir(), reason="the development data is not on this machine")


def scorer(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, SHARED / "tools" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def digest(path: Path) -> str:
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    total = hashlib.sha256()
    for file in files:
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


@pytest.mark.parametrize("name", FLOORS)
def test_the_data_is_what_the_floor_was_measured_on(name: str) -> None:
    assert digest(SHARED / "data" / name) == FLOORS[name]["sha256"]


def boundary_f1(rows: Sequence[marked.Row], split: Callable[[str], Sequence[tuple[int, int]]]) -> float:
    tool = scorer("score_segmentation")
    hit = wrong = missed = 0
    for row in rows:
        gold, found = tool.boundaries(row.text, row.spans), tool.boundaries(row.text, split(row.text))
        hit, wrong, missed = hit + len(gold & found), wrong + len(found - gold), missed + len(gold - found)
    return 100 * float(tool.f1(hit, wrong, missed))


@pytest.mark.parametrize("name", [name for name in FLOORS if name.startswith("segment")])
def test_sentences(name: str) -> None:
    rows = marked.read(SHARED / "data" / name)
    assert boundary_f1(rows, adapters.sentence_spans) >= FLOORS[name]["floor"]


@pytest.mark.parametrize("name", [name for name in FLOORS if "marked" in FLOORS[name]])
def test_sentences_with_markers_of_every_style(name: str) -> None:
    rows = marked.inject(marked.read(SHARED / "data" / name))
    assert boundary_f1(rows, adapters.sentence_spans) >= FLOORS[name]["marked"]


@pytest.mark.parametrize("name", [name for name in FLOORS if "unvetoed" in FLOORS[name]])
def test_sentences_of_chat(name: str) -> None:
    def cut(text: str) -> list[tuple[int, int]]:
        return list(itertools.pairwise([0, *boundaries(text, veto_lower=False), len(text)]))

    assert boundary_f1(marked.read(SHARED / "data" / name), cut) >= FLOORS[name]["unvetoed"]


def test_the_model_was_trained_on_this_data() -> None:
    assert train_sentences.told() == train_sentences.digest(SHARED / "data" / "segment")


def test_main_text_of_pages() -> None:
    tool, folder = scorer("score_extraction"), SHARED / "data" / "extraction" / "html"
    truth = json.loads((folder / "ground-truth.json").read_text(encoding="utf-8"))
    precision = recall = 0.0
    for key, item in truth.items():
        found = tool.shingles(adapters.html_text(gzip.decompress((folder / f"{key}.html.gz").read_bytes())))
        gold = tool.shingles(item["articleBody"])
        same = (found & gold).total()
        precision += same / max(1, found.total()) / len(truth)
        recall += same / max(1, gold.total()) / len(truth)
    assert 2 * precision * recall / (precision + recall) >= FLOORS["extraction/html"]["floor"]


def test_a_snapshot_of_a_page_holds_its_text() -> None:
    tool, folder = scorer("score_extraction"), SHARED / "data" / "extraction" / "html"
    truth = json.loads((folder / "ground-truth.json").read_text(encoding="utf-8"))
    recall = 0.0
    for key, item in truth.items():
        gold = tool.shingles(item["articleBody"])
        found = tool.shingles(adapters.html_full(gzip.decompress((folder / f"{key}.html.gz").read_bytes())))
        recall += (found & gold).total() / max(1, gold.total()) / len(truth)
    assert recall >= FLOORS["extraction/html"]["recall"]


def test_text_of_pdfs() -> None:
    tool, folder = scorer("score_extraction"), SHARED / "data" / "extraction" / "pdf"
    gold = json.loads((folder / "gold.json").read_text(encoding="utf-8"))
    total, hits = 0, {"exact": 0, "norm": 0, "floor": 0}
    for path in sorted(folder.glob("*.pdf")):
        text = adapters.pdf_text(path.read_bytes())
        forms = {"exact": " ".join(text.split()), "norm": tool.fold(text), "floor": tool.squash(text)}
        for sentence in gold_sentences(gold[path.name.split(".")[0]]):
            total += 1
            hits["exact"] += " ".join(sentence.split()) in forms["exact"]
            hits["norm"] += tool.fold(sentence) in forms["norm"]
            hits["floor"] += tool.squash(sentence) in forms["floor"]
    for name, hit in hits.items():
        assert hit / total >= FLOORS["extraction/pdf"][name], name


def gold_sentences(blocks: list[tuple[str, str]]) -> list[str]:
    parts = [part for kind, block in blocks if kind == "p" for part in re.split(r"(?<=[.?!])\s+(?=[A-Z])", block)]
    return [part for part in parts if len(part) >= 40]


def test_text_of_jats() -> None:
    """The articles that were typeset for the PDFs: every gold sentence stands in the text of the XML."""
    tool, folder = scorer("score_extraction"), SHARED / "data" / "extraction"
    gold = json.loads((folder / "pdf" / "gold.json").read_text(encoding="utf-8"))
    for name, blocks in gold.items():
        text = tool.fold(extract((folder / "jats" / f"{name}.nxml").read_bytes()).text)
        missing = [sentence for sentence in gold_sentences(blocks) if tool.fold(sentence) not in text]
        assert not missing, missing[:3]


@pytest.mark.parametrize("name", [name for name in FLOORS if "ceiling" in FLOORS[name]])
def test_supported_is_seldom_wrong(name: str) -> None:
    row = verify.score(SHARED / "data" / name)
    assert row.sound >= FLOORS[name]["floor"]
    assert row.unsound <= FLOORS[name]["ceiling"]


@pytest.mark.parametrize("name", [name for name in FLOORS if "score" in FLOORS[name]])
def test_the_score_of_the_support_model_on_sets_it_was_not_trained_on(name: str) -> None:
    rows = verify.read(SHARED / "data" / name)
    hits = [adapters.support(row["claim"], row["source"]) >= 0.5 for row in rows]
    sound = verify.share(hits, [row["label"] == 1 for row in rows])
    unsound = verify.share(hits, [row["label"] != 1 for row in rows])
    assert 50 * (sound + 1 - unsound) >= FLOORS[name]["score"]


@pytest.mark.parametrize("name", [name for name in FLOORS if "cut" in FLOORS[name]])
def test_few_sentences_are_taken_for_orders(name: str) -> None:
    texts = sorted({row["source"] for row in verify.read(SHARED / "data" / name)})[::4]
    cut = sum(end - start for text in texts for start, end in orders(text))
    assert cut <= FLOORS[name]["cut"] * sum(map(len, texts))
