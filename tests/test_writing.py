"""The writers: the extractive one on its own, and Claude against a server on loopback that speaks the wire format."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import articles
from pipeline.errors import ModelError, Unavailable
from pipeline.fetching.extract import extract
from pipeline.ledger import Ledger
from pipeline.llm.prompts import prompt
from pipeline.markup import markdown
from pipeline.records import Label, Verdict
from pipeline.run import Outcome, Run
from pipeline.settings import Workspace
from pipeline.stages.split import split
from pipeline.writing.candidates import stands_alone
from pipeline.writing.extractive import ExtractiveWriter
from pipeline.writing.page import Said, assemble
from tests.conftest import EXAMPLE

Reply = Callable[[dict[str, Any]], tuple[int, dict[str, Any]]]


def example_text() -> str:
    article = articles.read(EXAMPLE)
    texts = {n: extract((EXAMPLE / s.text).read_bytes()).text for n, s in enumerate(article.sources, 1) if s.text}
    return assemble(article, ExtractiveWriter(article, texts), lambda step: None)


def test_the_extractive_article_is_whole_and_the_same_each_time() -> None:
    text = example_text()
    assert text == example_text()
    article = articles.read(EXAMPLE)
    document = markdown.read(text)
    headings = [unit.text for unit in document.units if unit.block.kind == "heading"]
    assert headings == [article.plan.title, *(section.heading for section in article.plan.outline), "Sources"]
    found = split(document, article.sources).sentences
    assert all(sentence.markers for sentence in found)
    cited = [sentence.text for sentence in found if sentence.numbers]
    assert len(cited) == len(set(cited))
    assert len(cited) >= 50
    assert {number for sentence in found for number in sentence.numbers} == {1, 2, 3, 4, 5, 6, 7}


@pytest.mark.parametrize(
    "text",
    ["However, it was larger than in the other group of adults.", "We found that the choir reduced loneliness a great deal.", "too short.",
     "The mean fell (Smith, 2019) in all of the groups that met.", "See https://example.org for all of the details about it."],
)  # fmt: skip
def test_sentences_that_lean_on_others_are_left_out(text: str) -> None:
    assert not stands_alone(text)


@given(st.text(max_size=60), st.lists(st.integers(1, 20), max_size=3, unique=True))
def test_what_is_said_reads_back_as_said(text: str, numbers: list[int]) -> None:
    from pipeline.markup.markers import find
    from pipeline.text import clean

    text = f"Words {' '.join(clean(text).split())} end."
    if not find(text):
        (unit,) = markdown.read(Said(text, tuple(numbers)).markdown).units
        found = find(unit.text, plain=False)
        assert [number for marker in found for number in marker.numbers] == numbers
        assert [marker.llm for marker in found].count(True) == (not numbers)


@pytest.fixture
def claude(monkeypatch: pytest.MonkeyPatch, clean_environment: None) -> Iterator[Callable[[Reply], list[dict[str, Any]]]]:
    """Return a function that starts a Messages server with your reply, and gives the list of requests it gets."""
    running: list[ThreadingHTTPServer] = []

    def start(reply: Reply) -> list[dict[str, Any]]:
        requests: list[dict[str, Any]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                requests.append(request)
                status, body = reply(request)
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("request-id", "req_1")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None: ...

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        running.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("ANTHROPIC_API_KEY", "test")
        monkeypatch.setenv("ANTHROPIC_BASE_URL", f"http://127.0.0.1:{server.server_port}")
        return requests

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


def message(*content: dict[str, Any], stop: str | None = "end_turn") -> tuple[int, dict[str, Any]]:
    usage = {"input_tokens": 1, "output_tokens": 1}
    body = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": list(content), "stop_reason": stop}
    return 200, {**body, "stop_sequence": None, "usage": usage}


def cited(text: str, request: dict[str, Any], index: int, quoted: str | None = None) -> dict[str, Any]:
    blocks = request["messages"][0]["content"][0]["source"]["content"]
    pointer = {
        "type": "content_block_location", "cited_text": quoted or blocks[index]["text"], "document_index": 0, "document_title": "passages",
        "file_id": None, "start_block_index": index, "end_block_index": index + 1,
    }  # fmt: skip
    return {"type": "text", "text": text, "citations": [pointer]}


def run(workspace: Workspace) -> Outcome:
    with Ledger(workspace.ledger) as ledger:
        settings = workspace.settings.model_copy(update={"writer": "claude"})
        return Run(workspace, ledger, workspace.sources / "walking", settings).go()


def test_pointers_become_numbers_and_the_rest_is_llm(workspace: Workspace, claude: Callable[[Reply], list[dict[str, Any]]]) -> None:
    def reply(request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        own = {"type": "text", "text": "There is more to say of walking in company. "}
        return message(own, cited("Adults in walking groups did not lose body weight during the trial.", request, 2))

    requests = claude(reply)
    outcome = run(workspace)
    assert outcome.edition
    labels = {sentence.text: (sentence.label, sentence.numbers) for sentence in outcome.edition.sentences}
    assert labels["There is more to say of walking in company."] == (Label.LLM, ())
    assert labels["Adults in walking groups did not lose body weight during the trial."] == (Label.CITED, (1,))
    assert outcome.edition.provenance[1].verdict is Verdict.SUPPORTED
    assert prompt("draft").sha256[:12] in outcome.edition.writer
    sent = json.dumps(requests)
    assert "sources.yaml" not in sent
    assert "Sand" not in sent  # the model sees passages, not who wrote them


def test_a_pointer_to_other_words_is_no_citation(workspace: Workspace, claude: Callable[[Reply], list[dict[str, Any]]]) -> None:
    claude(lambda request: message(cited("Walking cures all known diseases in adults.", request, 0, quoted="Walking cures.")))
    outcome = run(workspace)
    assert outcome.edition
    assert not any(sentence.numbers for sentence in outcome.edition.sentences)


@pytest.mark.parametrize(
    ("reply", "word"),
    [
        (lambda request: message({"type": "text", "text": "It helps [3]."}), "source number"),
        (lambda request: message({"type": "text", "text": "See https://evil.example for more."}), "link"),
        (lambda request: message(), "nothing"),
        (lambda request: message({"type": "text", "text": "It"}, stop="max_tokens"), "cut off"),
        (lambda request: message(stop="refusal"), "refused"),
        (lambda request: message({"type": "text", "text": "It"}, stop=None), "ended early"),
        (lambda request: (400, {"type": "error", "error": {"type": "invalid_request_error", "message": "no such model"}}), "no such model"),
    ],
)
def test_an_answer_that_does_not_hold_publishes_nothing(
    workspace: Workspace, claude: Callable[[Reply], list[dict[str, Any]]], reply: Reply, word: str
) -> None:
    claude(reply)
    with pytest.raises(ModelError, match=word):
        run(workspace)
    assert not workspace.published.exists()


def test_without_a_key_the_way_out_is_named(workspace: Workspace) -> None:
    with pytest.raises(Unavailable, match="extractive"):
        run(workspace)


def test_prompts_have_every_field_filled() -> None:
    text = prompt("draft").render(audience="a", title="b", length="c", heading="d", brief="e {title}")
    assert text.endswith('for the part "d": e {title}')
    with pytest.raises(KeyError):
        prompt("draft").render(title="b")
