"""Prompts and what is sent: pure, the same each time, and nothing in it that could give the sources' identity away."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from pipeline.articles import Article, Plan, Section
from pipeline.checking.claude import SCHEMA as JUDGED
from pipeline.checking.claude import ClaudeJudge
from pipeline.checking.judge import Question
from pipeline.llm.caller import Caller
from pipeline.llm.prompts import prompt, rendered
from pipeline.llm.requests import Request
from pipeline.records import Source
from pipeline.settings import Settings
from pipeline.writing.claude import ClaudeWriter
from pipeline.writing.parts import SCHEMA, Cell, Part
from pipeline.writing.rewrite import ClaudeRewriter, Failure
from tests.conftest import TRIAL

SNAPSHOTS = Path(__file__).parent / "data" / "requests.json"
NAMES = ("draft", "parts", "rewrite", "judge")
ARTICLE = Article(
    "walking",
    Path(),
    Plan(
        title="Walking Groups",
        audience="therapists",
        outline=(
            Section(heading="Effects", brief="what walking groups change"),
            Section(heading="Terms", form="key_terms", terms=("Walking group",)),
            Section(heading="Needs", form="table", columns=("Need", "Evidence"), rows=("low mood", "weight")),
            Section(heading="Ask yourself", form="questions", brief="what to ask a client"),
            Section(heading="Case", form="callout", brief="a client who walks"),
        ),
    ),
    (Source(id="trial", title="A secret title"),),
)


def requests(**settings: object) -> list[Request]:
    held = Settings(writer="claude", **settings)  # type: ignore[arg-type]
    found = ClaudeWriter(ARTICLE, {1: TRIAL}, held).requests()
    question = Question("Walking helps.", ["Walking groups may improve mood in adults who live alone.", "Adults walked."], "Effects")
    found.append(ClaudeJudge(held).request(question))
    failure = Failure(
        "Walking cures.", "the source says it more weakly", [(1, "Walking groups may improve mood in adults who live alone.")]
    )
    no_caller = Caller(None, None)  # type: ignore[arg-type]
    found.append(ClaudeRewriter(ARTICLE, held, no_caller, lambda step: None).request([failure])[0])
    return found


@pytest.mark.parametrize("delivery", ["tool_result", "document"])
def test_requests_are_as_they_were(delivery: str) -> None:
    """A changed snapshot means a new version of a prompt: SOURCEMARK_SNAPSHOTS=1 writes them anew."""
    found = [json.loads(request.sent) for request in requests(delivery=delivery)]
    held = json.loads(SNAPSHOTS.read_text(encoding="utf-8")) if SNAPSHOTS.is_file() else {}
    if os.environ.get("SOURCEMARK_SNAPSHOTS"):
        held[delivery] = found
        SNAPSHOTS.write_text(json.dumps(held, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    assert found == held[delivery]


def test_requests_share_their_prefix_by_kind() -> None:
    *drafts, judge, _ = requests()
    prose, structured = drafts[:2], drafts[2:]
    assert len({request.prefix for request in prose}) == len({request.prefix for request in structured}) == 1
    assert prose[0].prefix != structured[0].prefix
    other = ClaudeJudge(Settings(writer="claude")).request(Question("Something else.", ["Another passage."]))
    assert judge.prefix == other.prefix
    assert len(judge.shared) > 512 * 4  # characters; below 512 tokens a service caches nothing


def test_nothing_of_a_source_but_its_text_is_sent() -> None:
    sent = "".join(request.sent for request in requests())
    assert "secret title" not in sent
    assert "trial.txt" not in sent
    assert "4 mmHg" in sent


def test_source_text_never_stands_among_our_own_words() -> None:
    for request in requests():
        system, messages = request.body["system"], request.body["messages"]
        assert "mmHg" not in json.dumps(system)
        for block in messages[-1]["content"]:
            if block["type"] == "text":
                assert "mmHg" not in block["text"]
        assert messages[-1]["content"][-1]["type"] == "text"  # what is asked comes last


@pytest.mark.parametrize("name", NAMES)
def test_prompts_say_what_must_never_be_done(name: str) -> None:
    found = prompt(name)
    assert "untrusted_content_policy" in found.rules
    assert "ever" in found.rules
    assert found.label.startswith(f"prompt {name} {found.version} (")
    assert len(found.rules) < 5000


PINNED = {"draft": (2, "df9d973023e9"), "parts": (1, "276ff96edb51"), "rewrite": (1, "8648ebfb93ce"), "judge": (1, "ea90ab33a1d3")}


@pytest.mark.parametrize("name", NAMES)
def test_a_changed_prompt_has_a_new_version(name: str) -> None:
    version, digest = PINNED[name]
    assert (prompt(name).version, prompt(name).sha256[:12]) == (version, digest), "raise `version:` in the prompt's head, and both here"


def test_fields_are_filled_once() -> None:
    assert rendered("{a} and {b}", a="{b}", b="c") == "{b} and c"
    with pytest.raises(KeyError):
        rendered("{a}", b="c")


def test_frozen_forms_are_what_is_read() -> None:
    cell = SCHEMA["properties"]["parts"]["items"]["properties"]["cells"]["items"]
    assert set(cell["properties"]) == set(Cell.model_fields)
    assert set(SCHEMA["properties"]["parts"]["items"]["properties"]) == set(Part.model_fields)
    assert list(JUDGED["properties"]) == ["evidence", "missing", "verdict"]  # quotes come before the verdict
    assert hashlib.sha256(json.dumps([SCHEMA, JUDGED]).encode()).hexdigest()[:12] == "4e579cbba8c0"
