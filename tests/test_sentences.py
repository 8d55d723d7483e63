"""The sentence component: hard cases of our own, its place in spaCy, its speed, and other pipelines in its stead."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import marked, segmentation
from benchmarks.adapters import sentence_spans
from pipeline.errors import ConfigError
from pipeline.markup import sentences as module
from pipeline.markup.boundaries import boundaries
from pipeline.markup.sentences import FACTORY, register, spans

HARD = Path(__file__).parent / "data" / "sentences_hard.jsonl"
HARD_SHA256 = "0e8de811b60c4121651060715721bb510ab7262834d31d34764eb0793dc4df08"
WILD = HARD.with_name("sentences_wild.jsonl")
"""Written by the same hand, and never looked at."""
WILD_SHA256 = "481ea5f71c038e65b035ee4b0f96d9694e93ec581fade96f3471fe5a47e8ffe6"
MOST_TIME = 60  # of what folding every character takes, whatever the machine; nearly three times what is reached


@pytest.mark.parametrize(("path", "sha256", "floor"), [(HARD, HARD_SHA256, 0.984), (WILD, WILD_SHA256, 0.98)])
def test_hard_cases(path: Path, sha256: str, floor: float) -> None:
    assert hashlib.sha256(path.read_bytes()).hexdigest() == sha256
    rows = marked.read(path)
    hit = wrong = missed = 0
    for row in rows:
        gold, found = segmentation.boundaries(row.text, row.spans), segmentation.boundaries(row.text, sentence_spans(row.text))
        hit, wrong, missed = hit + len(gold & found), wrong + len(found - gold), missed + len(gold - found)
    assert 2 * hit / (2 * hit + wrong + missed) >= floor


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Take approx. 20 mg b.i.d. with food. Recheck in spring.", 2),
        ("Use vitamin D and, in winter, vitamin B. Recheck levels.", 2),
        ("It was seen by Dr. Smith et al. (2019) in the U.S. Senate. He left.", 2),
        ("The well ran dry in 2003.It was dug again.", 2),
        ("Levels of p53 rose. p53 is a protein. mTOR fell.", 3),
        ("She wrote “It works.” Then she left. “Stop!” he cried.", 3),
        ("Jetten, J., & Haslam, C. (2012). The Social Cure. Psychology Press.", 1),
        ("Jetten, J., van der Berg, C., et al. (2012). The Social Cure. Psychology Press.", 1),
        ("Haslam, C. and a colleague asked 212 adults in a survey (2012). Most of them sang. Few slept well.", 3),
        ("3.2. Does it work? Evidence vs. hype", 1),
        ("We won! 🎉 See you.", 2),
        ("So it is . . . or is it? Yes.", 2),
    ],
)
def test_sentences(text: str, count: int) -> None:
    assert len(spans(text)) == count, [text[span.start : span.end] for span in spans(text)]


@pytest.mark.parametrize(
    ("text", "count"), [("min. 45 min.", 1), ("It rose by half in a year. It then fell to nothing.", 2), ("Mood. Sleep.", 1)]
)
def test_cells_are_cut_only_where_they_are_prose(text: str, count: int) -> None:
    assert len(spans(text, whole=True)) == count


def test_a_pipeline_of_your_own() -> None:
    register()
    nlp = spacy.blank("en")
    nlp.add_pipe(FACTORY, config={"veto_lower": False})
    doc = nlp("it helps. so it does.It lasts.")
    assert [sentence.text for sentence in doc.sents] == ["it helps.", "so it does.", "It lasts."]
    assert [sentence.text for sentence in nlp("").sents] == []


def test_another_pipeline_gives_its_boundaries_only(tmp_path: Path) -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer", config={"punct_chars": [";", "."]})
    nlp.to_disk(tmp_path / "semicolons")
    text = "Sleep fell [1]; mood rose [2]. It lasted."
    found = spans(text, engine=str(tmp_path / "semicolons"))
    assert [text[span.start : span.end] for span in found] == ["Sleep fell [1];", "mood rose [2].", "It lasted."]
    assert [marker.numbers for span in found for marker in span.markers] == [(1,), (2,)]


def test_a_pipeline_that_is_not_there() -> None:
    with pytest.raises(ConfigError, match="no such spaCy pipeline"):
        spans("It helps. It lasts.", engine="xx_not_installed")


def test_a_pipeline_without_sentences(tmp_path: Path) -> None:
    spacy.blank("en").to_disk(tmp_path / "nothing")
    with pytest.raises(ConfigError, match="sets no sentence boundaries"):
        spans("It helps. It lasts.", engine=str(tmp_path / "nothing"))


def test_speed_beside_a_yardstick() -> None:
    rows = [json.loads(line)["text"] for line in HARD.read_text(encoding="utf-8").splitlines()]
    block = " ".join(rows[:20])
    spans(block)
    ours = _best(lambda: spans(block))
    assert ours / _best(lambda: [unicodedata.normalize("NFKC", char).casefold() for char in block]) < MOST_TIME


def _best(action: Callable[[], object]) -> float:
    """Return the CPU seconds of twenty calls, the best of several: a busy machine shows in one of them what it can."""
    times = []
    for _ in range(5):
        started = time.process_time()
        for _ in range(20):
            action()
        times.append(time.process_time() - started)
    return min(times)


def test_start_up_needs_no_download_and_little_time() -> None:
    code = "from time import process_time as t; s = t(); from pipeline.markup.sentences import spans; spans('A. B c.'); print(t() - s)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(told.stdout) < 4  # under 1 s where nothing else runs; 2 s are promised


@given(st.text(max_size=300))
def test_boundaries_are_in_order_and_inside(text: str) -> None:
    found = boundaries(text)
    assert found == sorted(set(found))
    assert all(0 < offset < len(text) and not text[offset].isspace() for offset in found)


@pytest.mark.parametrize(
    "piece", ["(", '"', "“", ". ", "a.", "[1]", "A. ", "1. ", "! ", ".)", "… ", "x" * 50 + ". ", "[1", " 3", "LLM ", "]("]
)
def test_no_text_takes_quadratic_time(piece: str) -> None:
    def seconds(size: int) -> float:
        text = piece * (size // len(piece)) + "It helps. It lasts."
        started = time.process_time()
        spans(text)
        return time.process_time() - started

    spans("Warm up.")
    assert seconds(100_000) < 8


def test_the_component_is_registered_once() -> None:
    register()
    register()
    assert module.FACTORY in spacy.Language.factories
