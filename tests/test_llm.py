"""The connection to a Messages API: the real SDK over real HTTP to a server on loopback, with every fault that is known."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import anthropic
import httpx2
import pytest

from pipeline.errors import InvalidAnswer, Misconfigured, ModelError, OverBudget, Refused, Transient, Unavailable
from pipeline.ledger import Ledger
from pipeline.ledger.calls import Budgets, total
from pipeline.llm import client as module
from pipeline.llm import failures
from pipeline.llm.client import Account, Service
from pipeline.llm.requests import Request
from pipeline.records import NANO, CallState
from pipeline.settings import Settings
from tests.messages import Answer, Asked, Fault, Said, Server

HELLO = Answer((Said("The river is 12 km long."),))
Setup = Callable[..., tuple[Server, Service, Account]]


@pytest.fixture
def connected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Setup]:
    """Return a function that starts a server with an answer and faults, and gives it with a connection and who pays."""
    running: list[Any] = []
    monkeypatch.setattr(module, "_FIRST_PAUSE", 0.01)
    ledger = Ledger(tmp_path / "ledger")

    def start(
        answer: Answer | Callable[[Asked], Answer] = HELLO, *faults: Fault | None, budgets: Budgets = Budgets(), **settings: Any
    ) -> tuple[Server, Service, Account]:
        model = answer if callable(answer) and not isinstance(answer, Answer) else lambda asked: answer
        server = Server(model, lambda asked, count: faults[count - 1] if count <= len(faults) else None)
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", "test-key")
        service = Service(Settings(call_timeout=20, stall_timeout=1, retry_after_cap=0.05, **settings))
        running.extend((service, server))
        log = ledger.calls()
        return server, service, Account(log, "walking", log.run("walking"), budgets)

    yield start
    for item in running:
        item.__exit__(None, None, None) if isinstance(item, Service) else item.close()
    ledger.close()


def request(text: str = "How long?", *, shared: str = "", tokens: int = 500, take: str = "", model: str = "claude-haiku-5-5") -> Request:
    system = [{"type": "text", "text": shared or "Answer briefly.", **({"cache_control": {"type": "ephemeral"}} if shared else {})}]
    body = {"model": model, "max_tokens": tokens, "system": system, "messages": [{"role": "user", "content": text}]}
    return Request(body, text[:60], "draft", take)


def test_an_answer_is_recorded_before_it_is_read_and_never_bought_again(connected: Setup) -> None:
    server, service, account = connected()
    assert service.ask(request(), account).text == "The river is 12 km long."
    assert service.ask(request(), account).text == "The river is 12 km long."
    assert len(server.asked) == 1
    (call,) = account.log.calls()
    assert (call.state, call.attempt, call.request_id, call.usage.output) == (CallState.ANSWERED, 1, "req_test", 6)
    raw = account.log.recall(request().key(service.address))
    assert raw
    assert json.loads(raw)["content"] == [{"type": "text", "text": "The river is 12 km long."}]
    service.ask(request(take="run 2"), account)
    assert len(server.asked) == 2


def test_what_is_sent_is_what_the_service_documents(connected: Setup) -> None:
    server, service, account = connected()
    service.ask(request(), account)
    sent = server.headers[0]
    assert sent["Authorization"] == "Bearer test-key"
    assert sent["x-stainless-retry-count"] == "0"
    assert {"temperature", "top_p", "top_k"}.isdisjoint(server.asked[0].body)


PASSING = [
    Fault("early"), Fault("cut"), Fault("stall"), Fault("malformed"), Fault("close"), Fault("none"), Fault("headless"),
    Fault("error", type="overloaded_error"), Fault("status", 429, "rate_limit_error", (("retry-after", "3600"),)),
    Fault("status", 529, "overloaded_error"), Fault("status", 500), Fault("status", 408),
    Fault("status", 429, "rate_limit_error", (("retry-after", "Wed, 21 Oct 2099 07:28:00 GMT"),)),
    Fault("status", 400, "invalid_request_error", (("x-should-retry", "true"),)),
]  # fmt: skip


@pytest.mark.parametrize("fault", PASSING, ids=lambda fault: f"{fault.kind} {fault.status} {len(fault.headers)}")
def test_what_passes_is_tried_again_as_a_whole(connected: Setup, fault: Fault) -> None:
    server, service, account = connected(HELLO, fault)
    assert service.ask(request(), account).text == "The river is 12 km long."
    first, second = account.log.calls()
    assert (first.attempt, second.attempt, second.state) == (1, 2, CallState.ANSWERED)
    # A refusal costs nothing; an answer that began, or may have, is counted.
    free = fault.kind == "status"
    assert (first.state, first.nano == 0) == ((CallState.FAILED, True) if free else (CallState.CUT, False))
    assert first.note
    assert len(server.asked) == 2


@pytest.mark.parametrize("fault", PASSING[:4], ids=lambda fault: fault.kind)
def test_what_came_of_a_broken_answer_is_kept(connected: Setup, fault: Fault, tmp_path: Path) -> None:
    _, service, account = connected(HELLO, fault)
    service.ask(request(), account)
    kept = b"".join(path.read_bytes() for path in (tmp_path / "ledger" / "blobs").rglob("*") if path.is_file())
    assert b'"The "' in kept or b'"text":"The ' in kept


@pytest.mark.parametrize("fault", [*PASSING[:6], Fault("status", 529, "overloaded_error")], ids=lambda fault: fault.kind)
def test_what_goes_on_failing_ends_with_a_word_of_advice(connected: Setup, fault: Fault) -> None:
    _, service, account = connected(HELLO, *[fault] * 50)
    service.settings = service.settings.model_copy(update={"call_timeout": 1.0, "stall_timeout": 0.3})
    with pytest.raises(Transient, match="run again"):
        service.ask(request(), account)


@pytest.mark.parametrize(
    ("status", "kind", "word"),
    [(400, "invalid_request_error", "doctor"), (401, "authentication_error", "ANTHROPIC_API_KEY"), (402, "billing_error", "credit"),
     (403, "permission_error", "may not"), (404, "not_found_error", "judge_model"), (413, "request_too_large", "passages")],
)  # fmt: skip
def test_what_will_not_pass_is_not_tried_again(connected: Setup, status: int, kind: str, word: str) -> None:
    server, service, account = connected(HELLO, Fault("status", status, kind))
    with pytest.raises(Misconfigured, match=f"req_test.*{word}"):
        service.ask(request(), account)
    assert len(server.asked) == 1
    assert total(account.log.calls()) == 0


def test_a_service_may_forbid_another_try(connected: Setup) -> None:
    server, service, account = connected(HELLO, Fault("status", 500, "api_error", (("x-should-retry", "false"),)))
    with pytest.raises(Misconfigured, match="HTTP 500"):
        service.ask(request(), account)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("answer", "error", "word"),
    [
        (Answer((), "refusal", {"type": "refusal", "category": "bio", "explanation": "too risky"}), Refused, "too risky"),
        (Answer((Said("The"),), "max_tokens"), InvalidAnswer, "cut off"),
        (Answer((Said("The"),), "model_context_window_exceeded"), InvalidAnswer, "cut off"),
        (Answer((Said("The"),), "brand_new_reason"), InvalidAnswer, "brand_new_reason"),
    ],
)
def test_a_whole_answer_that_is_none_is_paid_once(connected: Setup, answer: Answer, error: type[ModelError], word: str) -> None:
    server, service, account = connected(answer)
    for _ in range(2):
        with pytest.raises(error, match=word):
            service.ask(request(), account)
    assert len(server.asked) == 1
    assert account.log.calls()[0].state is CallState.ANSWERED


def test_blocks_that_nobody_knows_are_passed_over(connected: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    server, service, account = connected()
    told = server.message
    monkeypatch.setattr(server, "message", lambda *given: _with_unknown(told(*given)))
    assert service.ask(request(), account).text == "The river is 12 km long."


def _with_unknown(message: dict[str, Any]) -> dict[str, Any]:
    return {**message, "content": [{"type": "brand_new_block", "text": "zzz", "zzz": 1}, *message["content"]]}


def test_answers_come_in_the_order_of_the_requests_and_each_error_in_its_place(connected: Setup) -> None:
    def model(asked: Asked) -> Answer:
        return Answer((), "refusal") if asked.ask == "3" else Answer((Said(f"Answer {asked.ask}."),))

    server, service, account = connected(model)
    found = service.ask_all([request(str(number)) for number in (5, 1, 3, 2, 5)], account)
    assert [answer.text if not isinstance(answer, ModelError) else "refused" for answer in found] == [
        "Answer 5.", "Answer 1.", "refused", "Answer 2.", "Answer 5.",
    ]  # fmt: skip
    assert len(server.asked) == 4  # equal requests are one call


def test_a_shared_prefix_is_written_once(connected: Setup) -> None:
    server, service, account = connected()
    server.slow = 0.05
    shared = "Rules that all requests share, at some length. " * 60
    service.ask_all([request(f"Section {number}", shared=shared) for number in range(12)], account)
    service.ask_all([request(f"Table {number}", shared=f"Others. {shared}") for number in range(4)], account)
    assert [bool(spent["cache_creation_input_tokens"]) for spent in server.tokens].count(True) == 2
    usages = [call.usage for call in account.log.calls()]
    assert sum(usage.write_5m > 0 for usage in usages) == 2
    assert sum(usage.read > 0 for usage in usages) == 14


def test_a_prefix_is_written_once_although_the_first_to_write_it_fails(connected: Setup) -> None:
    shared = "Rules that all requests share, at some length. " * 60

    def model(asked: Asked) -> Answer:
        return Answer((), "refusal") if asked.ask == "Section 0" else HELLO

    server, service, account = connected(model, Fault("status", 529, "overloaded_error"))
    server.slow = 0.05
    service.ask_all([request(f"Section {number}", shared=shared) for number in range(6)], account)
    assert [bool(spent["cache_creation_input_tokens"]) for spent in server.tokens].count(True) == 1


@pytest.mark.parametrize("which", ["run", "day", "article"])
def test_a_budget_is_never_passed_however_many_ask_at_once(connected: Setup, which: str) -> None:
    limit = 2_000_000  # nano-dollars: a fifth of a cent
    server, service, account = connected(HELLO, budgets=Budgets(**{which: limit}), calls=20)
    server.slow = 0.02
    with pytest.raises(OverBudget, match=f"budget_{which}.*kept"):
        service.ask_all([request(f"{number} {'words ' * 400}") for number in range(60)], account)
    spent = total(account.log.calls())
    assert limit / 2 < spent <= limit  # what is on its way is waited for, before a budget is said to be too small
    assert len(server.asked) < 60


def test_a_call_that_was_sent_and_never_heard_of_counts_at_the_most_it_could_cost(connected: Setup, tmp_path: Path) -> None:
    from pipeline.ledger.calls import Begun

    _, service, account = connected()
    most = service.prices.most("claude-haiku-5-5", "x" * 1000, 500)
    assert most == 500 * 125 + 500 * 500
    account.log.begin(Begun(account.run, "walking", "draft", "lost", "k", "claude-haiku-5-5"), most, Budgets())
    with pytest.raises(OverBudget):
        account.log.begin(Begun(account.run, "walking", "draft", "next", "l", "claude-haiku-5-5"), 1, Budgets(run=most))


def test_without_a_key_nothing_is_sent(connected: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    account = connected()[2]
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    monkeypatch.delenv("ANTHROPIC_BASE_URL")
    with pytest.raises(Unavailable, match="extractive"):
        Service(Settings()).ask(request(), account)


def test_a_server_of_ones_own_needs_no_key(connected: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    server, service, account = connected()
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    service.ask(request(), account)
    assert server.headers[0]["Authorization"] == "Bearer none"


def test_an_answer_of_one_service_is_none_of_another(connected: Setup) -> None:
    first, one, account = connected()
    one.ask(request(), account)
    second, other, account = connected(Answer((Said("Thirteen."),)))
    assert other.ask(request(), account).text == "Thirteen."
    assert (len(first.asked), len(second.asked)) == (1, 1)


def test_no_server_is_told_as_such(connected: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    server, service, account = connected()
    server.close()
    with pytest.raises(Transient, match="ANTHROPIC_BASE_URL"):
        service.ask(request(), account)
    assert total(account.log.calls()) == 0


def test_an_address_that_nobody_answers_at_is_not_tried_for_ten_minutes() -> None:
    asked = httpx2.Request("POST", "https://claude.example.org/v1/messages")
    unreached, silent = anthropic.APITimeoutError(asked), anthropic.APITimeoutError(asked)
    unreached.__cause__, silent.__cause__ = httpx2.ConnectTimeout(""), httpx2.ReadTimeout("")
    first, second = failures.told(unreached, "claude-haiku-5-5"), failures.told(silent, "claude-haiku-5-5")
    assert isinstance(first, Transient) and first.tries == 5 and "no connection in time: run again; is ANTHROPIC_BASE_URL" in str(first)
    assert isinstance(second, Transient) and second.tries is None and "call_timeout" in str(second)


def test_a_server_that_is_no_messages_api_is_told_as_such(connected: Setup, monkeypatch: pytest.MonkeyPatch, server: Any) -> None:
    account = connected()[2]
    monkeypatch.setenv("ANTHROPIC_BASE_URL", server(lambda path: (200, {"Content-Type": "text/html"}, b"<h1>Hello</h1>"), post=True))
    with Service(Settings(call_timeout=20)) as service, pytest.raises(Misconfigured, match=r"text/html.*Messages API"):
        service.ask(request(), account)


@pytest.mark.parametrize(("url", "error"), [("nowhere", Misconfigured), ("ftp://x", Misconfigured), ("http://127.0.0.1:9", Transient)])
def test_an_address_that_cannot_be_reached_is_given_up_soon(
    connected: Setup, monkeypatch: pytest.MonkeyPatch, url: str, error: type[ModelError]
) -> None:
    account = connected()[2]
    monkeypatch.setenv("ANTHROPIC_BASE_URL", url)
    with Service(Settings(call_timeout=600)) as service, pytest.raises(error, match="ANTHROPIC_BASE_URL"):
        service.ask(request(), account)
    assert len(account.log.calls()) == (5 if error is Transient else 1)
    assert total(account.log.calls()) == 0


def test_costs_add_up_to_the_cent(connected: Setup) -> None:
    server, service, account = connected(HELLO, None, Fault("cut"), None, Fault("status", 429, "rate_limit_error"))
    service.ask_all([request(f"{number} {'words ' * number}", model="claude-sonnet-5-5") for number in range(8)], account)
    each = {"input_tokens": Decimal(2), "output_tokens": Decimal(10)}
    assert not any(spent["cache_creation_input_tokens"] for spent in server.tokens)
    paid = sum((Decimal(spent[name]) * each[name] / 1_000_000 for spent in server.tokens for name in each), Decimal(0))
    # The server counts the broken answer whole; we count what was heard of it, which is less by its unheard words.
    unheard = Decimal(server.tokens[0]["output_tokens"]) * 10 / 1_000_000
    assert paid - unheard <= Decimal(total(account.log.calls())) / NANO <= paid
