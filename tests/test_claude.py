"""Claude as the writer, against a Messages API on loopback: pointers, forms, rules, costs, and what an answer may never do."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pipeline import articles
from pipeline.errors import InvalidAnswer, Refused, Unavailable
from pipeline.ledger import Ledger
from pipeline.ledger.calls import total
from pipeline.llm import client as module
from pipeline.llm.prompts import prompt
from pipeline.markup.markers import find
from pipeline.records import BlockKind, Call, Label, Stage, Verdict
from pipeline.replaying import replay
from pipeline.run import Outcome, Run
from pipeline.settings import Workspace
from tests import scripted
from tests.conftest import EXAMPLE
from tests.messages import Answer, Asked, Cite, Faults, Said, Server

PLAIN = "Adults in walking groups did not lose body weight during the trial."
EVERY_FORM = """\
title: Walking Groups
kind: practice
audience: practising therapists
summary_brief: what walking groups are
outline:
  - {heading: Effects, brief: what walking groups change in mood and blood pressure of adults}
  - {heading: Terms, form: key_terms, terms: [Walking group, Volunteer]}
  - {heading: More Terms, form: key_terms, brief: what a reader needs}
  - {heading: Needs, form: table, columns: [Need, What was found, For whom], rows: [low mood, body weight]}
  - {heading: More Needs, form: table, brief: what walking groups are asked for, columns: [Need, What was found]}
  - {heading: Questions, form: questions, questions: [Whom does the group leave out?]}
  - {heading: More Questions, form: questions, brief: what to ask a client}
  - {heading: Case, form: callout, text: A client walks with a neighbour.}
  - {heading: Another Case, form: callout, brief: a client who walks}
style: {sentences_per_section: 3}
"""
Start = Callable[..., Server]


@pytest.fixture
def claude(monkeypatch: pytest.MonkeyPatch, clean_environment: None) -> Iterator[Start]:
    """Return a function that starts a server with a scripted model, and sets the environment to it."""
    running: list[Server] = []
    monkeypatch.setattr(module, "_FIRST_PAUSE", 0.01)

    def start(model: Callable[[Asked], Answer] = scripted.plain, faults: Faults | None = None) -> Server:
        server = Server(model, faults)
        running.append(server)
        monkeypatch.setenv("ANTHROPIC_API_KEY", "test")
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        return server

    yield start
    for server in running:
        server.close()


def run(workspace: Workspace, slug: str = "walking", since: Stage | None = None, **changed: Any) -> Outcome:
    with Ledger(workspace.ledger) as ledger:
        settings = workspace.settings.model_copy(update={"writer": "claude", "call_timeout": 20.0, **changed})
        return Run(workspace, ledger, workspace.sources / slug, settings).go(since=since)


def calls(workspace: Workspace) -> list[Call]:
    with Ledger(workspace.ledger) as ledger:
        return ledger.calls().calls()


def lead(said: Said) -> Callable[[Asked], Answer]:
    """Return a model that says this in the lead, and otherwise what the plain one says."""
    return lambda asked: Answer((said,)) if 'part "Lead"' in asked.ask else scripted.plain(asked)


def place(asked: Asked, sentence: str) -> tuple[int, int]:
    """Return where a sentence stands in the passages of a request."""
    return next((at, item.sentences.index(sentence)) for at, item in enumerate(asked.passages) if sentence in item.sentences)


def pointing(text: str, sentence: str = PLAIN, quoted: str | None = None, **moved: int) -> Callable[[Asked], Answer]:
    def model(asked: Asked) -> Answer:
        if 'part "Lead"' not in asked.ask:
            return scripted.plain(asked)
        passage, start = place(asked, sentence)
        return Answer((Said("There is more to say of walking in company. "), Said(text, (Cite(passage, start, text=quoted, **moved),))))

    return model


def labels(outcome: Outcome) -> dict[str, tuple[Label | None, tuple[int, ...]]]:
    assert outcome.edition
    return {sentence.text: (sentence.label, sentence.numbers) for sentence in outcome.edition.sentences}


@pytest.mark.parametrize("delivery", ["tool_result", "document"])
def test_pointers_become_numbers_and_the_rest_is_llm(workspace: Workspace, claude: Start, delivery: str) -> None:
    server = claude(pointing(PLAIN))
    outcome = run(workspace, delivery=delivery)
    found = labels(outcome)
    assert found["There is more to say of walking in company."] == (Label.LLM, ())
    assert found[PLAIN] == (Label.CITED, (1,))
    assert outcome.edition
    record = outcome.edition.provenance[1]
    assert record.verdict is Verdict.SUPPORTED
    assert record.written == f"claude-sonnet-5-5, {prompt('draft').label}"
    assert prompt("draft").label in outcome.edition.writer
    sent = json.dumps([asked.body for asked in server.asked])
    assert "sources.yaml" not in sent
    assert "Sand" not in sent  # the model sees passages, not who wrote them
    assert ('"search_result"' in sent) == (delivery == "tool_result")


def test_a_pointer_to_other_words_is_no_citation(workspace: Workspace, claude: Start) -> None:
    claude(pointing("Walking cures all known diseases in adults.", quoted="Walking cures."))
    assert labels(run(workspace))["Walking cures all known diseases in adults."] == (Label.LLM, ())


@pytest.mark.parametrize("moved", [{"passage": 99}, {"start": 99}])
def test_a_pointer_to_nowhere_is_an_error(workspace: Workspace, claude: Start, moved: dict[str, int]) -> None:
    cite = Cite(**({"passage": 0} | moved), text="Walking.")
    claude(lead(Said("Walking helps.", (cite,))))
    with pytest.raises(InvalidAnswer, match="a passage that was not given"):
        run(workspace)
    assert not workspace.published.exists()


BROKEN = [
    "It helps adults a good deal [3].", "See https://evil.example for more of it.", "Read www.evil.example for the rest of it.",
    "It helps ![x](https://evil.example/x.png) adults.", "It is in 10.1234/abcd.efgh of that year.", "Write to doctor@evil.example today.",
    "It <script>alert(1)</script> helps adults.", "It helps adults a good deal [LLM].", "It helps adults a good deal [^trial].",
]  # fmt: skip


@pytest.mark.parametrize("text", BROKEN)
def test_what_breaks_a_rule_is_asked_for_again_and_then_left_out(workspace: Workspace, claude: Start, text: str) -> None:
    server = claude(lead(Said(f"{text} Walking is for many.")))
    outcome = run(workspace)
    assert outcome.edition
    asked = [item for item in server.asked if 'part "Lead"' in json.dumps(item.body).replace('\\"', '"')]
    assert len(asked) == 2
    assert ["broke a rule" in item.ask for item in asked] == [False, True]
    assert "evil.example" not in outcome.edition.markdown
    assert text not in outcome.edition.markdown
    assert "Walking is for many." in labels(outcome)
    (left,) = [item for item in outcome.edition.findings if item.rule == "left_out"]
    assert left.severity == "warning"


@pytest.mark.parametrize(
    ("answer", "error", "word"),
    [
        (Answer((Said(""),)), InvalidAnswer, "nothing"),
        (Answer(()), InvalidAnswer, "nothing"),
        (Answer((Said("It"),), "max_tokens"), InvalidAnswer, "cut off"),
        (Answer((), "refusal", {"type": "refusal", "category": "bio", "explanation": "no"}), Refused, "refused"),
    ],
)
def test_an_answer_that_does_not_hold_publishes_nothing(
    workspace: Workspace, claude: Start, answer: Answer, error: type[Exception], word: str
) -> None:
    claude(lambda asked: answer if 'part "Lead"' in asked.ask else scripted.plain(asked))
    with pytest.raises(error, match=word):
        run(workspace)
    assert not workspace.published.exists()
    assert total(calls(workspace)) > 0


def test_an_answer_that_was_cut_off_gets_more_room(workspace: Workspace, claude: Start) -> None:
    def model(asked: Asked) -> Answer:
        return (
            Answer((Said("It"),), "max_tokens") if asked.body["max_tokens"] == 6000 and asked.ask.count("Lead") else scripted.plain(asked)
        )

    server = claude(model)
    run(workspace)
    assert {item.body["max_tokens"] for item in server.asked if not item.judges} == {6000, 12000}


def parts(change: Callable[[list[dict[str, Any]]], Any]) -> Callable[[Asked], Answer]:
    """Return a model whose structured answers are changed."""

    def model(asked: Asked) -> Answer:
        if asked.judges or not asked.structured:
            return scripted.plain(asked)
        held = json.loads(scripted.structured(asked).said[0].text)["parts"]
        return Answer.of({"parts": change(held) or held})

    return model


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda held: held[:1], "not named as asked"),
        (lambda held: held[::-1], "not named as asked"),
        (lambda held: [{**part, "cells": []} for part in held], "cells each"),
        (lambda held: [{"name": part["name"]} for part in held], "cells"),
        (lambda held: "nothing", "parts"),
    ],
)
def test_a_form_that_is_not_filled_as_asked_is_an_error(
    workspace: Workspace, claude: Start, change: Callable[[list[dict[str, Any]]], Any], word: str
) -> None:
    (workspace.sources / "walking" / "article.yaml").write_text(EVERY_FORM, encoding="utf-8")
    claude(parts(change))
    with pytest.raises(InvalidAnswer, match=word):
        run(workspace)


def test_an_unknown_id_is_an_error_and_never_silently_dropped(workspace: Workspace, claude: Start) -> None:
    (workspace.sources / "walking" / "article.yaml").write_text(EVERY_FORM, encoding="utf-8")

    def change(held: list[dict[str, Any]]) -> None:
        for part in held:
            for cell in part["cells"]:
                if cell["passages"]:
                    cell["passages"] = ["T1"]

    claude(parts(change))
    outcome = run(workspace)
    assert outcome.edition
    left = [item.message for item in outcome.edition.findings if item.rule == "left_out"]
    assert left
    assert all("names a passage that was not given ('T1')" in message for message in left)
    assert not [s for s in outcome.edition.sentences if s.numbers and outcome.edition.blocks[s.block].kind is BlockKind.TABLE_CELL]


@pytest.mark.parametrize("changed", [{}, {"delivery": "document"}, {"citations": False}, {"judge": "all"}])
def test_every_kind_of_section(workspace: Workspace, claude: Start, changed: dict[str, Any]) -> None:
    (workspace.sources / "walking" / "article.yaml").write_text(EVERY_FORM, encoding="utf-8")
    server = claude()
    outcome = run(workspace, **changed)
    edition = outcome.edition
    assert edition
    headings = re.findall(r"^## (.*)$", edition.markdown, re.M)
    assert headings == [section.heading for section in articles.read(workspace.sources / "walking").plan.outline] + ["Sources"]
    kinds = {edition.blocks[sentence.block].kind for sentence in edition.sentences}
    assert {BlockKind.PARAGRAPH, BlockKind.TABLE_CELL, BlockKind.CALLOUT} <= kinds
    bare = [sentence.text for sentence in edition.sentences if not sentence.markers and len(sentence.text.split()) > 3]
    assert not bare
    for section in ("Effects", "Terms", "More Terms", "Needs", "More Needs"):
        assert [s for s in edition.sentences if s.numbers and edition.blocks[s.block].section == section], section
    for section in ("Questions", "More Questions", "Case", "Another Case"):
        assert all(not s.numbers for s in edition.sentences if edition.blocks[s.block].section == section)
    assert not any(item.severity == "error" for item in edition.findings)
    names = {record.written for record in edition.provenance}
    assert names <= {f"claude-sonnet-5-5, {prompt(name).label}" for name in ("draft", "parts", "rewrite")}
    if changed.get("citations", True):
        assert len(names) > 1
    assert not any(find(piece.text, plain=False) for asked in server.asked for piece in scripted.plain(asked).said)


def test_a_full_article_and_its_costs(tmp_path: Path, claude: Start) -> None:
    """The bundled example, of eleven parts: one cache write a shared prefix, and every cent accounted for."""
    import shutil

    (tmp_path / "sourcemark.toml").write_text("network = false\n", encoding="utf-8")
    shutil.copytree(EXAMPLE, tmp_path / "sources" / "group-singing")
    workspace = Workspace(tmp_path)
    server = claude()
    server.slow = 0.02
    outcome = run(workspace, "group-singing")
    assert outcome.edition
    assert len(outcome.edition.sentences) > 60
    made = calls(workspace)
    assert len(made) == len(server.asked)
    writes = [spent for spent in server.tokens if spent["cache_creation_input_tokens"]]
    assert len(writes) == 3  # running text, parts, judge
    prices = {"claude-sonnet-5-5": ("2", "2.5", "0.1", "10"), "claude-haiku-5-5": ("0.1", "0.125", "0.01", "0.5")}
    kinds = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens")
    paid = Decimal(0)
    by_model = {model: [call for call in made if call.model == model] for model in prices}
    for model, price in prices.items():
        counted = [call.usage for call in by_model[model]]
        sums = (
            sum(u.input for u in counted),
            sum(u.write_5m for u in counted),
            sum(u.read for u in counted),
            sum(u.output for u in counted),
        )
        paid += sum((Decimal(each) * count / 1_000_000 for each, count in zip(price, sums, strict=True)), Decimal(0))
    assert sum(spent[kind] for spent in server.tokens for kind in kinds) == sum(call.usage.total for call in made)
    assert Decimal(total(made)) / 1_000_000_000 == paid
    with Ledger(workspace.ledger) as ledger:
        assert replay(ledger, ledger.version("group-singing")) == []
    # Once more: nothing changed, nothing asked. Done again on demand: asked anew.
    before = len(server.asked)
    assert not run(workspace, "group-singing").new
    assert len(server.asked) == before
    run(workspace, "group-singing", since=Stage.DRAFT)
    assert len(server.asked) == 2 * before


def test_a_run_of_twelve_sections_writes_each_shared_prefix_once(workspace: Workspace, claude: Start) -> None:
    brief = "what walking groups change in mood; part"
    sections = "".join(f"  - {{heading: Part {number}, brief: {brief} {number}}}\n" for number in range(12))
    plan = f"title: Walking Groups\noutline:\n{sections}style: {{sentences_per_section: 3}}\n"
    (workspace.sources / "walking" / "article.yaml").write_text(plan, encoding="utf-8")
    trial = workspace.sources / "walking" / "trial.txt"
    text = trial.read_text(encoding="utf-8")
    trial.write_text("\n\n".join(text.replace("12 weeks", f"{weeks} weeks") for weeks in range(13, 19)), encoding="utf-8")

    def reworded(asked: Asked) -> Answer:
        if asked.judges:
            return scripted.plain(asked)
        own = f"Those who joined {len(asked.ask)} walks saw their pressure come down somewhat. "
        return Answer((*scripted.prose(asked).said, Said(own, (Cite(0),))))

    server = claude(reworded)
    server.slow = 0.03  # all are on their way before the first is answered, unless they wait for it
    run(workspace, calls=16)
    pairs = list(zip(server.asked, server.tokens, strict=True))
    drafts = [spent for asked, spent in pairs if asked.rules.startswith("You write one article")]
    judged = [spent for asked, spent in pairs if asked.judges]
    assert len(drafts) == 13
    for spent in (drafts, judged):
        assert [item["cache_creation_input_tokens"] > 0 for item in spent].count(True) == 1
        assert all(item["cache_read_input_tokens"] for item in spent if not item["cache_creation_input_tokens"])


def test_two_sections_of_one_heading_keep_their_own_words(workspace: Workspace, claude: Start) -> None:
    sections = [("Lead", "mood"), ("More", "first"), ("More", "second")]
    plan = "title: Walking\noutline:\n" + "".join(f"  - {{heading: {name}, brief: {brief}}}\n" for name, brief in sections)
    (workspace.sources / "walking" / "article.yaml").write_text(plan, encoding="utf-8")
    claude(lambda asked: Answer((Said(f"It was asked about {asked.ask.split(': ')[1].split()[0].strip('.')} here. "),)))
    outcome = run(workspace)
    assert outcome.edition
    assert re.findall(r"asked about (\w+) here", outcome.edition.markdown) == ["what", "mood", "first", "second"]


def test_a_changed_section_buys_only_what_is_new(workspace: Workspace, claude: Start) -> None:
    server = claude()
    run(workspace)
    first = len(server.asked)
    plan = workspace.sources / "walking" / "article.yaml"
    plan.write_text(plan.read_text(encoding="utf-8").replace("Whom does", "Whom else does"), encoding="utf-8")
    assert run(workspace).new
    assert len(server.asked) == first  # the questions are the outline's own words: no request changed


def test_without_a_key_the_way_out_is_named(workspace: Workspace) -> None:
    with pytest.raises(Unavailable, match="extractive"):
        run(workspace)
