"""The bundled example: every planted fault is found, no sound sentence is accused, and the seed's own faults are named."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import pytest
from ruamel.yaml import YAML

from pipeline import articles
from pipeline.auditing import audit
from pipeline.checking.assess import assess
from pipeline.fetching.extract import extract
from pipeline.markup.sentences import sentences
from pipeline.records import Edition, Finding, Severity, Verdict
from pipeline.resources import bundled
from pipeline.settings import Settings
from tests.conftest import EXAMPLE, SEED

RULES = {
    "number": "contradicted",
    "negation": "contradicted",
    "direction": "contradicted",
    "hedge": "overstated",
    "wrong_source": "wrong_source",
    "unknown_source": "unknown_source",
    "invented_quote": "quote_missing",
    "uncited_supported": "citable",
}


@cache
def planted() -> Edition:
    return audit(EXAMPLE / "planted.md", EXAMPLE, Settings(), lambda stage, step: None)


@cache
def key() -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe").load((EXAMPLE / "planted.key.yaml").read_text(encoding="utf-8"))
    return found


def findings(text: str) -> list[Finding]:
    """Return the findings on a sentence that are more than a note."""
    (sentence,) = [item for item in planted().sentences if item.text == text]
    return [item for item in planted().findings if item.sentence_id == sentence.id and item.severity is not Severity.INFO]


@pytest.mark.parametrize("kind", RULES)
def test_every_planted_fault_is_found(kind: str) -> None:
    faults = [fault for fault in key()["faults"] if fault["kind"] == kind]
    assert faults
    for fault in faults:
        assert [item.rule for item in findings(fault["sentence"])] == [RULES[kind]], fault


def test_no_sound_sentence_is_accused() -> None:
    assert len(key()["sound"]) >= 30
    for text in key()["sound"]:
        assert findings(text) == [], text


def test_key_and_article_agree() -> None:
    texts = {fault["sentence"] for fault in key()["faults"]} | set(key()["sound"])
    assert len(texts) == len(key()["faults"]) + len(key()["sound"])
    assert (len(key()["faults"]), len(key()["sound"])) == (14, 40)


def test_what_is_left_open_is_counted() -> None:
    records = {record.sentence_id: record for record in planted().provenance}
    sound = [records[item.id] for item in planted().sentences if item.text in key()["sound"]]
    reasons = [record.reason for record in sound if record.verdict is Verdict.NOT_CHECKABLE]
    assert reasons.count("unsure") <= 11  # the figure in the README
    assert reasons.count("no_text") == 1


@cache
def source_sentences() -> list[tuple[str, str]]:
    """Return every sentence of the example's sources, each with its source's text."""
    found = []
    for source in articles.read(EXAMPLE).sources:
        if source.text:
            text = extract((EXAMPLE / source.text).read_bytes()).text
            found += [(" ".join(text[a:b].split()), text) for a, b in sentences(text)]
    return [(sentence, text) for sentence, text in found if len(sentence.split()) >= 8 and sentence.endswith(".")]


def test_every_sentence_of_a_source_is_supported_by_it() -> None:
    verdicts = [assess(sentence, text).verdict for sentence, text in source_sentences()]
    assert len(verdicts) > 200
    assert set(verdicts) == {Verdict.SUPPORTED}


_FLIPS = [
    (r"\b(\d)(\d)\b", r"\g<2>\g<1>", "number"),
    (r"\bdid not (\w+)", r"did \1", "negation"),
    (r"\bimproved\b", "did not improve", "negation"),
    (r"\breduced\b", "increased", "direction"),
    (r"\bfell\b", "rose", "direction"),
    (r"\bhigher\b", "lower", "direction"),
    (r"\bweeks\b", "days", "unit"),
    (r"\bmore\b", "less", "direction"),
]


@pytest.mark.parametrize(("pattern", "to", "kind"), _FLIPS, ids=[f"{flip[2]}-{flip[0]}" for flip in _FLIPS])
def test_no_flip_of_a_source_sentence_is_supported(pattern: str, to: str, kind: str) -> None:
    flipped = [(re.sub(pattern, to, sentence, count=1), sentence, text) for sentence, text in source_sentences()]
    changed = [(new, text) for new, old, text in flipped if new != old]
    assert changed
    wrong = [new for new, text in changed if assess(new, text).verdict is Verdict.SUPPORTED]
    assert wrong == []


@pytest.mark.skipif(not SEED.is_file(), reason="the seed article is not on this machine")
def test_the_faults_of_the_seed_are_named() -> None:
    edition = audit(SEED, bundled("sources") / "social-cure", Settings(), lambda stage, step: None)
    rules = [item.rule for item in edition.findings if item.severity is not Severity.INFO]
    assert rules.count("uncited_source") == 2
    assert rules.count("source_count") == 1
    lead = [item for item in edition.findings if item.rule == "no_marker"]
    # Two sentences of the lead, the words that describe the figure, and the objectives of the table's seven rows.
    assert len(lead) == 10
    assert sum("in the lead" in item.message for item in lead) == 3
    assert {record.verdict for record in edition.provenance} <= {None, Verdict.NOT_CHECKABLE}
    assert sum(record.verdict is not None for record in edition.provenance) == 53
    markers = re.findall(
        r"\bLLM(?=\.|$)|(?<=[a-z)”]) \d(?: \d)?(?=\.\s|\.$|$)", SEED.read_text(encoding="utf-8").split("\nSources\n")[0], re.M
    )
    assert sum(len(sentence.markers) for sentence in edition.sentences) == len(markers)
