"""Kill -9 in every stage, and two hundred articles at once over a service with faults: nothing is bought twice, lost or published twice."""

from __future__ import annotations

import multiprocessing
import os
import random
import re
import shutil
import signal
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from pipeline.ledger import Ledger
from pipeline.ledger.calls import total
from pipeline.llm import client
from pipeline.records import NANO, Call, CallState, Stage
from pipeline.regenerating import regenerate
from pipeline.replaying import replay
from pipeline.run import Run
from pipeline.settings import FILE, Workspace
from tests import scripted
from tests.messages import Answer, Asked, Cite, Fault, Said, serving
from tests.test_claude import EVERY_FORM

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["pipeline.run", "anthropic"])  # read once for all of the processes below
WRONG = "Walking groups reduced systolic blood pressure by 9 mmHg in 212 adults after 12 weeks. "
REWORDED = "People who joined saw their systolic pressure come down by 4 mmHg within 12 weeks. "


def model(asked: Asked) -> Answer:
    """Write something to judge and something to repair."""
    if asked.judges or "Write the part" not in asked.ask or asked.structured:
        return scripted.plain(asked)
    return Answer((Said(WRONG, (Cite(0),)), Said(REWORDED, (Cite(0),)), *scripted.prose(asked).said))


def calls(workspace: Workspace) -> list[Call]:
    with Ledger(workspace.ledger) as ledger:
        return ledger.calls().calls()


def run_until(root: Path, url: str, stage: str, count: int) -> None:
    """Run an article until a step of a stage, in a process of its own that ends there as if the machine had lost its power."""
    os.environ.update(ANTHROPIC_BASE_URL=url, ANTHROPIC_API_KEY="test")
    seen = Counter[str]()

    def step(at: Stage, _: str) -> None:
        seen[at.value] += 1
        if at.value == stage and seen[stage] == count:
            os.kill(os.getpid(), signal.SIGKILL)

    workspace = Workspace(root)
    settings = workspace.settings.model_copy(update={"writer": "claude", "call_timeout": 20.0, "calls": 2, "support": "none"})
    with Ledger(workspace.ledger) as ledger:
        Run(workspace, ledger, workspace.sources / "walking", settings, step).go()


def start(workspace: Workspace, url: str, stage: str = "", count: int = 0) -> int:
    process = PROCESSES.Process(target=run_until, args=(workspace.root, url, stage, count))
    process.start()
    process.join(120)
    ended = process.exitcode
    assert ended is not None
    process.close()
    return ended


@pytest.mark.parametrize(
    ("stage", "count"),
    [("fetch", 1), ("draft", 1), ("draft", 30), ("draft", 120), ("split", 1), ("classify", 1), ("verify", 2), ("verify", 20), ("repair", 1),
     ("repair", 4), ("verify", 60), ("publish", 1)],
)  # fmt: skip
def test_kill_9_repeats_no_recorded_call(workspace: Workspace, stage: str, count: int) -> None:
    (workspace.sources / "walking" / "article.yaml").write_text(EVERY_FORM, encoding="utf-8")
    with serving(model) as server:
        ended = start(workspace, server.url, stage, count)
        assert ended in {-signal.SIGKILL, 0}  # a short stage may have fewer steps than it is killed after
        recorded = {call.id for call in calls(workspace) if call.state is CallState.ANSWERED}
        if stage != "fetch" and ended:
            assert Stage(stage) is Stage.DRAFT or recorded
        answers = len(server.answered)
        assert start(workspace, server.url) == 0
        made = calls(workspace)
        # What was recorded before is not asked again; at most what was on its way is, two calls at a time.
        repeated = sum(count - 1 for count in Counter(server.answered).values() if count > 1)
        assert repeated <= 2
        assert answers - len(recorded) <= 2
        assert len([call for call in made if call.state is CallState.BEGUN]) <= 2
        with Ledger(workspace.ledger) as ledger:
            assert [version.number for version in ledger.versions("walking")] == ["1.0"]
            assert replay(ledger, ledger.version("walking")) == []
        answered = [call for call in made if call.state is CallState.ANSWERED]
        assert len(answered) == len(set(server.answered))


PLAN = """\
title: Walking Groups {number}
outline:
  - {{heading: Effects, brief: what walking groups change in mood}}
  - {{heading: Reach, brief: whom walking groups reach}}
style: {{sentences_per_section: 2}}
"""
COUNT = 200


def numbered(asked: Asked) -> Answer:
    """Write sentences that tell their article and part, so that order and place can be held."""
    if asked.judges:
        return scripted.judged(asked)
    title = re.search(r'titled "(.*?)"', asked.rules)
    part = re.search(r'Write the part "(.*?)" now', asked.ask)
    assert title
    assert part
    own = f"The part {part[1]} of {title[1]} opens here. "
    return Answer((Said(own), Said("Walking groups may improve mood in adults who live alone. ", (Cite(0),))))


def faulty(seed: int) -> dict[int, Fault]:
    """Return what goes wrong with which request: 5 % 429, 2 % 529, 1 % cut, 1 % malformed."""
    chance = random.Random(seed)
    kinds = [(0.05, Fault("status", 429, "rate_limit_error", (("retry-after", "1"),))), (0.02, Fault("status", 529, "overloaded_error")),
             (0.01, Fault("cut")), (0.01, Fault("malformed"))]  # fmt: skip
    found = {}
    for number in range(1, 20 * COUNT):
        draw = chance.random()
        for share, fault in kinds:
            if draw < share:
                found[number] = fault
                break
            draw -= share
    return found


def test_two_hundred_articles_at_once_over_a_faulty_service(tmp_path: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    example = workspace.sources / "walking"
    names = [f"walking-{number:03}" for number in range(COUNT)]
    for number, name in enumerate(names):
        shutil.copytree(example, workspace.sources / name)
        (workspace.sources / name / "article.yaml").write_text(PLAN.format(number=number), encoding="utf-8")
    shutil.rmtree(example)
    limit = Decimal("40")
    settings = {
        "writer": '"claude"', "support": '"none"', "judge": '"all"', "batches": '"never"', "calls": 64, "call_timeout": 60,
        "retry_after_cap": 0.05, "budget_day": limit, "network": "false",
    }  # fmt: skip
    (workspace.root / FILE).write_text("".join(f"{name} = {value}\n" for name, value in settings.items()), encoding="utf-8")
    monkeypatch.setattr(client, "_FIRST_PAUSE", 0.01)
    faults = faulty(7)
    with serving(numbered, lambda asked, count: faults.get(count)) as server, Ledger(workspace.ledger) as ledger:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", "test")
        fresh = Workspace(workspace.root)
        rows = regenerate(fresh, ledger, names, workers=16)
        assert [row.slug for row in rows] == names
        assert Counter(row.result for row in rows) == {"published": COUNT}, [row for row in rows if row.result != "published"][:3]
        assert {row.version for row in rows} == {"1.0"}
        made = ledger.calls().calls()
        assert Decimal(total(made)) / NANO <= limit
        assert Counter(call.state for call in made)[CallState.BEGUN] == 0
        hit = [faults[number] for number in range(1, len(server.asked) + 1) if number in faults]
        assert len({fault.kind for fault in hit}) == 3
        assert Counter(call.state for call in made)[CallState.FAILED] == sum(fault.kind == "status" for fault in hit)
        assert Counter(call.state for call in made)[CallState.CUT] == sum(fault.kind != "status" for fault in hit)
        assert len(server.answered) == len(set(server.answered)) + _alike(server.answered)
        for number, name in enumerate(names):
            assert len(ledger.versions(name)) == 1
            text = ledger.edition(ledger.version(name)).markdown
            opened = re.findall(r"The part (\w+) of Walking Groups (\d+) opens here", text)
            assert opened == [("Lead", str(number)), ("Effects", str(number)), ("Reach", str(number))]
        again = regenerate(fresh, ledger, names[:20], workers=8)
        assert Counter(row.result for row in again) == {"unchanged": 20}


def _alike(answered: list[str]) -> int:
    """Return how many equal requests different articles made: the judge's, about a sentence that they share."""
    return sum(count - 1 for text, count in Counter(answered).items() if "check citations" in text)
