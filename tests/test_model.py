"""The pipeline with a small real model as writer and judge. It is a hostile one: only what code decides is asserted, never what it says."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from pipeline.checking.judge import held
from pipeline.errors import GateError, InvalidAnswer
from pipeline.ledger import Ledger
from pipeline.ledger.calls import total
from pipeline.llm.prices import Prices
from pipeline.records import CallState, Edition, Verdict
from pipeline.replaying import replay
from pipeline.run import Run
from pipeline.settings import OwnPrice, Workspace
from tests.messages import Answer, Asked, Server
from tests.small_model import MISSING, small_model, weights
from tests.test_run import assert_promises

pytestmark = [
    pytest.mark.skipif(not os.environ.get("SOURCEMARK_TEST_MODEL"), reason="a small real model: run `make test-model`"),
    pytest.mark.skipif(bool(os.environ.get("SOURCEMARK_TEST_MODEL")) and weights() is None, reason=MISSING),
]
PLAN = """\
title: Walking Groups
outline:
  - {heading: Effects, brief: what walking groups change in mood and blood pressure of adults}
style: {sentences_per_section: 3}
"""
TERMS = "  - {heading: Terms, form: key_terms, terms: [Walking group]}\nstyle"


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Server, list[tuple[Asked, Answer]]]]:
    """Run the model behind the Messages server, and keep what it was asked and said."""
    said: list[tuple[Asked, Answer]] = []
    with small_model() as model:

        def keeping(asked: Asked) -> Answer:
            answer = model(asked)
            said.append((asked, answer))
            return answer

        server = Server(keeping)
        yield server, said
        server.close()


def run(
    workspace: Workspace, server: Server, monkeypatch: pytest.MonkeyPatch, parts: bool, **changed: Any
) -> tuple[Edition | None, Ledger]:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "none")
    (workspace.sources / "walking" / "article.yaml").write_text(PLAN.replace("style", TERMS) if parts else PLAN, encoding="utf-8")
    price = OwnPrice(input=Decimal(1), output=Decimal(2))
    given = {
        "writer": "claude",
        "model": "small",
        "judge_model": "small",
        "prices": {"small": price},
        "call_timeout": 300.0,
        "stall_timeout": 300.0,
    }
    settings = workspace.settings.model_copy(update={**given, **changed})
    ledger = Ledger(workspace.ledger)
    try:
        return Run(workspace, ledger, workspace.sources / "walking", settings).go().edition, ledger
    except (InvalidAnswer, GateError) as error:  # an end as well: told in one line, nothing published
        assert str(error)
        assert not workspace.published.exists()
        return None, ledger


@pytest.mark.parametrize("changed", [{"parts": False}, {"parts": True, "delivery": "document", "judge": "all"}])
def test_whatever_a_small_model_says_the_promises_hold(
    workspace: Workspace, served: tuple[Server, list[tuple[Asked, Answer]]], monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any]
) -> None:
    server, _ = served
    edition, ledger = run(workspace, server, monkeypatch, **changed)
    made = ledger.calls().calls()
    assert made
    prices = Prices({"small": OwnPrice(input=Decimal(1), output=Decimal(2))})
    assert total(made) == sum(prices.cost("small", call.usage) or 0 for call in made)
    assert Counter(call.state for call in made)[CallState.BEGUN] == 0
    assert edition or changed["parts"]  # running text needs no form, and comes to an end
    if edition:
        assert_promises(edition, ledger.blobs.get_text)
        assert replay(ledger, ledger.version("walking")) == []
    ledger.close()


def test_its_verdicts_do_not_get_through_the_gate_of_quotes(
    workspace: Workspace, served: tuple[Server, list[tuple[Asked, Answer]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A false sentence, judged by the small model: `supported` needs a quote that stands there, with the numbers in it."""
    from pipeline.checking.claude import ClaudeJudge
    from pipeline.checking.judge import Question
    from pipeline.llm.caller import Caller
    from pipeline.llm.client import Account, Service

    server, said = served
    monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
    settings = workspace.settings.model_copy(update={"judge_model": "small", "call_timeout": 300.0, "stall_timeout": 300.0})
    text = "Walking groups may improve mood in adults who live alone. Most walking groups were led by trained volunteers."
    claims = ["Walking groups cure 90 % of depressions.", "Swimming in Oslo lasted 12 weeks.", "The drug costs 40 dollars a month."]
    with Ledger(workspace.ledger) as ledger, Service(settings) as service:
        log = ledger.calls()
        judge = ClaudeJudge(settings)
        judge.caller = Caller(service, Account(log, "walking", log.run("walking")))
        answers = [judge.judge(Question(claim, [text])) for claim in claims]
    assert len(said) >= len(claims)
    for claim, answer in zip(claims, answers, strict=True):
        counted = answer is not None and not held(answer, claim, text).why_not
        assert not (counted and answer and answer.verdict is Verdict.SUPPORTED), (claim, answer)
