"""Labels: what LLM sentences state, headings that claim, sentences about the article, markers and numbers in doubt.

The cases were written without a look at the rules, which were then improved by looking at them. `tests/data/README.md` says how.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.checking.statements import claims, is_about_itself, stated
from pipeline.markup import markdown
from pipeline.markup.markers import read
from pipeline.records import Label, Source
from pipeline.stages.classify import ClassifyResult, classify
from pipeline.stages.split import split

DATA = Path(__file__).parent / "data"
SOURCES = tuple(Source(id=name, title=name.title()) for name in ("sand-2020", "hill-2018", "cole-2019"))


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / f"labels_{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def shares(half: str) -> dict[str, float]:
    """Return the share of cases of one half on which each rule is right."""
    told, states = rows(f"statements{half}"), 0
    for case in told:
        found, may = {item.kind for item in stated(case["text"])}, set(case.get("may", []))
        states += bool(found - may) == bool(set(case["kinds"]) - may)
    headings, about = rows(f"headings{half}"), rows(f"about{half}")
    return {
        "statements": states / len(told),
        "headings": sum(claims(case["text"]) is case["claims"] for case in headings) / len(headings),
        "about": sum(is_about_itself(case["text"]) is case["about"] for case in about) / len(about),
        "markers": markers_right(rows(f"markers{half}")),
    }


def markers_right(cases: list[dict[str, Any]]) -> float:
    right = 0
    for case in cases:
        found = read(case["text"], plain=case["bare"], known=case["known"])
        numbers = [number for marker in found.markers for number in marker.numbers]
        gold = [number for marker in case["numbers"] for number in marker]
        right += bool(found.doubts) if case["doubt"] else numbers == gold and sum(marker.llm for marker in found.markers) == case["llm"]
    return right / len(cases)


@pytest.mark.parametrize(
    ("half", "floors"),
    [
        ("", {"statements": 0.98, "headings": 0.98, "about": 0.98, "markers": 0.98}),
        ("_aside", {"statements": 0.91, "headings": 0.88, "about": 0.74, "markers": 0.88}),
    ],
)
def test_the_rules_are_right_as_often_as_is_said(half: str, floors: dict[str, float]) -> None:
    found = shares(half)
    assert all(found[name] >= floor for name, floor in floors.items()), found


def labelled(text: str) -> ClassifyResult:
    document = markdown.read(text)
    return classify(document, split(document, SOURCES), SOURCES)


def rules(text: str) -> list[str]:
    return [item.rule for item in labelled(f"# T\n\nAll of them help [1][2][3].\n\n{text}\n").findings]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("It helps the old.", "no_marker"),
        ("It helps the old [7].", "unknown_source"),
        ("It helps the old [^who].", "unknown_source"),
        ("It helps the old [1][LLM].", "two_labels"),
        ("Take 20 mg of it daily [LLM].", "llm_states_fact"),
        ("> Example: a client sings in a choir [1].", "cited_example"),
        ("This section lists the tools [1].", "about_itself"),
        ("## Singing reduces loneliness\n\nIt helps the old [1].", "heading_claims"),
        ("⚠ Made from 9 sources.", "source_count"),
        ("## Sources\n\n1. Sand.\n2. Hill.", "list_count"),
    ],
)
def test_each_rule_is_found(text: str, rule: str) -> None:
    assert rules(text) == [rule]


def test_a_number_in_doubt_is_told_with_its_reading() -> None:
    found = labelled("# T\n\nIt helps the old 1. It was seen in phase 3. Most sleep well in session 2. They sing 3. So it is LLM.\n")
    told = [item.message for item in found.findings if item.rule == "ambiguous_marker"]
    assert len(told) == 2
    assert "“3” could be a marker or a number; read as part of the sentence" in told[0]
    assert "“2” could be a marker or a number; read as the marker [2]" in told[1]


@pytest.mark.parametrize(
    "text",
    [
        "Do they sleep 8 hours a night? [LLM]",
        "> LLM-generated illustrative example: a client of 52 sings 3 times a week [LLM].",
        "It can help [LLM].",
    ],
)
def test_what_states_nothing(text: str) -> None:
    assert rules(text) == []


def test_an_uncited_source_is_told_once() -> None:
    found = labelled("# T\n\nIt helps [1]. It lasts [1][3].\n").findings
    assert [(item.rule, item.source_id) for item in found] == [("uncited_source", "hill-2018")]


def test_sources_can_be_called_by_name() -> None:
    found = labelled("# T\n\nIt helps [^hill-2018]. It lasts [@cole-2019]. So [^1]. And so [LLM].\n").sentences
    assert [sentence.numbers for sentence in found] == [(2,), (3,), (1,), ()]
    assert [sentence.label for sentence in found] == [Label.CITED, Label.CITED, Label.CITED, Label.LLM]
