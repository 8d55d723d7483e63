"""What a person sees of models on the command line: the estimate, the costs, budgets, the service's features, and plain errors."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from pipeline.errors import ModelError
from pipeline.ledger import Ledger
from pipeline.llm.client import Account, Service
from pipeline.settings import FILE, Settings, Workspace
from tests.messages import Answer, Asked, Said, Server
from tests.scripted import plain
from tests.test_llm import request


def model(asked: Asked) -> Answer:
    """Answer doctor's small questions, and do the other work plainly."""
    if "How long is the river" in asked.ask:
        from tests.messages import Cite

        return Answer.of({"kilometres": 12}) if asked.structured else Answer((Said("It is 12 km long.", (Cite(0),)),))
    return plain(asked)


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server(model)
    yield made
    made.close()


def sourcemark(workspace: Workspace, server: Server | None, *args: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("ANTHROPIC", "SOURCEMARK"))}
    env |= {"COLUMNS": "100"} | ({"ANTHROPIC_BASE_URL": server.url, "ANTHROPIC_API_KEY": "test"} if server else {})
    command = [sys.executable, "-m", "pipeline", *args]
    return subprocess.run(command, cwd=workspace.root, env=env, capture_output=True, text=True, check=False, timeout=120)


def told(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_an_estimate_asks_nothing_and_comes_close(workspace: Workspace, server: Server) -> None:
    done = sourcemark(workspace, server, "run", "sources/walking", "--writer", "claude", "--dry-run", "--json")
    found = told(done)
    assert not server.paths
    assert [row["stage"] for row in found["estimates"]] == ["draft", "verify", "repair"]
    assert [row["calls"] for row in found["estimates"]][:1] == [2]
    about = found["estimates"][0]["nano"]
    text = sourcemark(workspace, server, "run", "sources/walking", "--writer", "claude", "--dry-run").stdout
    assert "budget of one run: $5" in text
    assert "claude-sonnet" in text
    ran = told(sourcemark(workspace, server, "run", "sources/walking", "--writer", "claude", "--json"))
    assert ran["model_calls"] == len(server.asked)
    drafted = told(sourcemark(workspace, server, "costs", "walking", "--by", "stage", "--json"))["by_stage"][0]
    assert drafted["stage"] == "draft"
    assert about / 3 < drafted["nano_dollars"] < about * 3
    again = told(sourcemark(workspace, server, "run", "sources/walking", "--writer", "claude", "--dry-run", "--json"))
    assert again["estimates"] == []


def test_costs_add_up_however_they_are_summed(workspace: Workspace, server: Server) -> None:
    told(sourcemark(workspace, server, "run", "sources/walking", "--writer", "claude", "--judge", "all", "--json"))
    for by in ("run", "day", "article", "stage", "model", "call"):
        found = told(sourcemark(workspace, server, "costs", "--by", by, "--json"))
        assert sum(row["nano_dollars"] for row in found[f"by_{by}"]) == found["nano_dollars"] > 0
        assert sum(row["calls"] for row in found[f"by_{by}"]) == len(server.asked)
        text = sourcemark(workspace, server, "costs", "--by", by).stdout
        assert "in all" in text
        assert "…" not in text or by == "call"


def test_costs_before_anything_was_asked(workspace: Workspace) -> None:
    assert sourcemark(workspace, None, "costs").stdout.strip() == "no model was asked"
    assert sourcemark(workspace, None, "costs", "walking").stdout.strip() == "no model was asked for walking"


def test_over_budget_is_one_line_and_its_own_exit_code_and_more_money_goes_on_from_there(workspace: Workspace, server: Server) -> None:
    args = ("run", "sources/walking", "--writer", "claude")
    done = sourcemark(workspace, server, *args, "--budget", "0.0001")
    assert done.returncode == 10
    assert done.stderr.count("\n") <= 3
    assert "budget_run" in done.stderr
    assert not server.asked
    assert sourcemark(workspace, server, *args, "--budget", "2.50").returncode == 0
    for wrong in ("-1", "a lot", "nan"):
        assert sourcemark(workspace, server, *args, "--budget", wrong).returncode == 2


def test_a_model_without_a_price_is_refused_with_the_way_out(workspace: Workspace, server: Server) -> None:
    path = workspace.root / FILE
    path.write_text(path.read_text(encoding="utf-8") + 'model = "llama"\n', encoding="utf-8")
    done = sourcemark(workspace, server, "run", "sources/walking", "--writer", "claude")
    assert done.returncode == 8
    assert "[prices.'llama']" in done.stderr
    path.write_text(path.read_text(encoding="utf-8") + "[prices.llama]\ninput = 0\noutput = 0\n", encoding="utf-8")
    assert sourcemark(workspace, server, "run", "sources/walking", "--writer", "claude").returncode == 0
    path.write_text(path.read_text(encoding="utf-8").replace("input = 0", "input = -1"), encoding="utf-8")
    done = sourcemark(workspace, server, "costs")
    assert done.returncode == 3
    assert "prices.llama.input" in done.stderr


def test_no_service_is_one_line(workspace: Workspace, server: Server) -> None:
    server.close()
    path = workspace.root / FILE
    path.write_text(path.read_text(encoding="utf-8") + "call_timeout = 8\n", encoding="utf-8")
    done = sourcemark(workspace, server, "run", "sources/walking", "--writer", "claude")
    assert done.returncode == 8
    assert "ANTHROPIC_BASE_URL" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_doctor_says_what_the_service_can_do(workspace: Workspace, server: Server) -> None:
    path = workspace.root / FILE
    path.write_text(path.read_text(encoding="utf-8") + 'writer = "claude"\n', encoding="utf-8")
    done = sourcemark(workspace, server, "doctor", "--service", "--json")
    rows = {row["what"]: row["state"] for row in json.loads(done.stdout)["checks"]}
    service = {what.removeprefix("service: "): state for what, state in rows.items() if what.startswith("service: ")}
    assert service == dict.fromkeys(
        ("models", "token counting", "citations, tool_result", "citations, document", "structured output", "batches"), "yes"
    )
    assert "service: models" not in sourcemark(workspace, server, "doctor").stdout


def test_doctor_says_what_a_lesser_service_lacks(workspace: Workspace, server: Server) -> None:
    server.batches_kept = False
    server.citations = False
    done = sourcemark(workspace, server, "doctor", "--service", "--json")
    rows = {row["what"]: (row["state"], row["detail"]) for row in json.loads(done.stdout)["checks"]}
    assert rows["service: batches"][0] == "no"
    assert rows["service: citations, tool_result"] == ("no", "no pointers: set `citations = false`")
    server.close()
    done = sourcemark(workspace, server, "doctor", "--service", "--json")
    rows = {row["what"]: (row["state"], row["detail"]) for row in json.loads(done.stdout)["checks"]}
    assert rows["service: models"][0] == "broken"
    assert done.returncode == 1


def test_a_program_with_a_loop_of_its_own_asks_in_bulk(workspace: Workspace, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
    server.model = lambda asked: Answer((Said(f"Answer {asked.ask}."),))

    async def ask(account: Account) -> list[str]:
        async with Service(Settings(call_timeout=20)) as service:
            found = await service.answers([request(str(number)) for number in range(12)], account)
            return [answer.text for answer in found if not isinstance(answer, ModelError)]

    with Ledger(workspace.ledger) as ledger:
        log = ledger.calls()
        assert asyncio.run(ask(Account(log, "walking", log.run("walking")))) == [f"Answer {number}." for number in range(12)]
