"""Claude as the judge: quotes that stand, numbers and names in them, one more try, batches, cascade, and a replay without network."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from pipeline.checking.judge import Answer as Judged
from pipeline.checking.judge import Collecting, Question, Recorded, held
from pipeline.errors import OverBudget, Transient
from pipeline.ledger import Ledger
from pipeline.ledger.calls import total
from pipeline.records import CallState, Check, Judgement, Verdict
from pipeline.replaying import replay
from pipeline.run import Outcome, Run
from pipeline.settings import OwnPrice, Workspace
from tests import scripted
from tests.messages import Answer, Asked, Cite, Said, Server
from tests.test_claude import Start, claude

__all__ = ["claude"]
TEXT = (
    "Walking groups reduced systolic blood pressure by 4 mmHg in 212 adults after 12 weeks. "
    "Walking groups may improve mood in adults who live alone."
)
CLAIM = "People who join walking groups see their blood pressure drop by 4 mmHg."


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (Judged(Verdict.SUPPORTED, "Walking groups reduced systolic blood pressure by 4 mmHg"), ""),
        (Judged(Verdict.SUPPORTED, "walking groups reduced systolic  blood pressure by 4 mmHg"), ""),
        (Judged(Verdict.SUPPORTED), "no quote"),
        (Judged(Verdict.SUPPORTED, "Walking groups cut blood pressure by 4 mmHg"), "word for word"),
        (Judged(Verdict.SUPPORTED, "Walking groups may improve mood in adults who live alone."), "number"),
        (Judged(Verdict.CONTRADICTED, "Walking groups reduced"), "too short"),
        (
            Judged(Verdict.SUPPORTED, "Walking groups reduced systolic blood pressure by 4 mmHg", ("made up words that stand nowhere",)),
            "made up",
        ),
        (Judged(Verdict.CONTRADICTED), "no quote"),
        (Judged(Verdict.CONTRADICTED, "Walking groups may improve mood in adults who live alone"), ""),
        (Judged(Verdict.NOT_SUPPORTED), ""),
    ],
)
def test_an_answer_counts_only_where_code_can_hold_it_against_the_text(answer: Judged, word: str) -> None:
    found = held(answer, CLAIM, TEXT)
    assert bool(found.why_not) == bool(word)
    assert word in found.why_not


def test_names_of_the_claim_must_stand_in_the_quote() -> None:
    text = "The Harbour trial was small. Walking groups reduced blood pressure in adults of both trials."
    answer = Judged(Verdict.SUPPORTED, "Walking groups reduced blood pressure in adults of both trials.")
    assert "Harbour" in held(answer, "Blood pressure fell in the Harbour walkers.", text).why_not
    both = answer._replace(also=("The Harbour trial was small.",))
    assert not held(both, "Blood pressure fell in the Harbour trial.", text).why_not


def test_recorded_answers_are_given_to_the_same_question_only() -> None:
    question = Question(CLAIM, [TEXT], "Effects")
    told = Judgement(by="x", question_sha256=question.key, verdict=Verdict.SUPPORTED, quotes=("a b c d", "e"), counts=True)
    judge = Recorded([told])
    assert judge.judge(question) == Judged(Verdict.SUPPORTED, "a b c d", ("e",))
    assert judge.judge(question._replace(context="Mood")) is None
    collecting = Collecting("x")
    collecting.judge(question)
    assert list(collecting.questions.values()) == [question]


REWORDED = "People who joined saw their systolic pressure come down by 4 mmHg within 12 weeks."


def writing(*said: str) -> Callable[[Asked], Answer]:
    """Return a model that writes these sentences in the lead, each pointing to the first passage, and judges plainly."""

    def model(asked: Asked) -> Answer:
        if asked.judges or 'part "Lead"' not in asked.ask:
            return scripted.plain(asked)
        return Answer([Said(f"{text} ", (Cite(0),)) for text in said])

    return model


def judging(answer: Callable[[Asked], Any], *said: str) -> Callable[[Asked], Answer]:
    return lambda asked: Answer.of(answer(asked)) if asked.judges else writing(*(said or (REWORDED,)))(asked)


def quote(asked: Asked, start: str) -> str:
    """Return the sentence of a judge's passages that begins so."""
    text = asked.passages[0].sentences[0]
    begin = text.index(start)
    return text[begin : text.index(".", begin)]


def true(asked: Asked) -> dict[str, Any]:
    return supported("P1", quote(asked, "Walking groups reduced"))


def run(workspace: Workspace, waits: bool = True, **changed: Any) -> Outcome:
    with Ledger(workspace.ledger) as ledger:
        settings = workspace.settings.model_copy(update={"writer": "claude", "call_timeout": 20.0, "batch_poll": 0.02, **changed})
        return Run(workspace, ledger, workspace.sources / "walking", settings, waits=waits).go()


def check(outcome: Outcome, text: str = REWORDED) -> Check:
    assert outcome.edition
    (found,) = [sentence for sentence in outcome.edition.sentences if sentence.text == text]
    (record,) = [record for record in outcome.edition.provenance if record.sentence_id == found.id]
    return record.checks[0]


def asked_to_judge(server: Server) -> list[Asked]:
    return [asked for asked in server.asked if asked.judges]


def test_what_the_cheap_layers_leave_open_is_judged_and_replayed_without_network(workspace: Workspace, claude: Start) -> None:
    server = claude(judging(true))
    found = check(run(workspace))
    assert (found.verdict, found.reason) == (Verdict.SUPPORTED, "judged")
    assert found.evidence
    assert found.evidence.exact.startswith("Walking groups reduced")
    assert found.judgement
    assert found.judgement.counts
    assert "claude-haiku-5-5, prompt judge" in found.judgement.by
    server.close()
    with Ledger(workspace.ledger) as ledger:
        assert replay(ledger, ledger.version("walking")) == []


def supported(passage: str, quoted: str) -> dict[str, Any]:
    return {"evidence": [{"passage": passage, "quote": quoted}], "missing": "", "verdict": "supported"}


LIES: dict[str, Callable[[Asked], Any]] = {
    "no quote": lambda asked: {"evidence": [], "missing": "", "verdict": "supported"},
    "an invented quote": lambda asked: supported("P1", REWORDED),
    "another passage": lambda asked: supported("P6", quote(asked, "Walking groups reduced")),
    "a quote without the number": lambda asked: supported("P1", quote(asked, "Walking groups may")),
    "no JSON": lambda asked: "supported",
    "no such verdict": lambda asked: {"evidence": [], "missing": "", "verdict": "excellent"},
    "half a JSON": lambda asked: '{"evidence": [{"passage": "P1", "quo',
    "a list": lambda asked: [1, 2],
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_an_answer_that_does_not_hold_is_asked_for_once_more_and_then_does_not_count(workspace: Workspace, claude: Start, lie: str) -> None:
    server = claude(judging(LIES[lie]))
    found = check(run(workspace))
    assert (found.verdict, found.reason) == (Verdict.NOT_CHECKABLE, "unsure")
    about = [asked for asked in asked_to_judge(server) if scripted.question(asked) == REWORDED]
    assert ["does not count" in asked.ask for asked in about] == [False, True]
    if found.judgement:
        assert not found.judgement.counts
        assert found.judgement.why_not


def test_a_second_answer_that_holds_counts(workspace: Workspace, claude: Start) -> None:
    claude(judging(lambda asked: true(asked) if "does not count" in asked.ask else LIES["an invented quote"](asked)))
    assert check(run(workspace)).verdict is Verdict.SUPPORTED


def test_a_judge_that_refuses_leaves_it_open(workspace: Workspace, claude: Start) -> None:
    claude(lambda asked: Answer((), "refusal") if asked.judges else writing(REWORDED)(asked))
    assert check(run(workspace)).reason == "unsure"


def test_a_judge_cannot_overrule_a_conflict(workspace: Workspace, claude: Start) -> None:
    wrong = "Walking groups increased systolic blood pressure by 4 mmHg in 212 adults after 12 weeks."
    claude(judging(true, wrong))
    outcome = run(workspace)
    assert outcome.edition
    assert wrong not in [sentence.text for sentence in outcome.edition.sentences]
    assert [repair.reason for repair in outcome.edition.repairs if wrong[:-1] in repair.before] == ["conflict"]


def test_on_all_a_judge_may_take_back_what_was_called_supported(workspace: Workspace, claude: Start) -> None:
    nothing = {"evidence": [], "missing": "all", "verdict": "not_supported"}
    shorter = "Walking groups reduced blood pressure by 4 mmHg in 212 adults after 12 weeks."
    server = claude(judging(lambda asked: nothing, shorter, "Walking groups may improve mood in adults who live alone."))
    outcome = run(workspace, judge="unsure")
    assert check(outcome, shorter).verdict is Verdict.SUPPORTED
    before = len(asked_to_judge(server))
    outcome = run(workspace, judge="all")
    assert outcome.edition
    asked = [scripted.question(item) for item in asked_to_judge(server)[before:]]
    assert shorter in asked
    assert "Walking groups may improve mood in adults who live alone." not in asked
    assert check(outcome, "Walking groups may improve mood in adults who live alone.").verdict is Verdict.SUPPORTED
    assert not any(s.text == shorter and s.numbers for s in outcome.edition.sentences)


def test_nobody_is_asked_twice_about_the_same(workspace: Workspace, claude: Start) -> None:
    server = claude(judging(true))
    run(workspace)
    count = len(server.asked)
    run(workspace, support="none")  # another checker: all is verified again
    questions = [scripted.question(asked) for asked in asked_to_judge(server)]
    assert len(questions) == len(set(questions))
    assert len(server.asked) >= count


MANY = [
    f"Those who joined group {name} saw their pressure come down by 4 mmHg within 12 weeks."
    for name in ("one", "two", "three", "four", "five")
]


def test_where_nobody_waits_the_judge_is_asked_through_a_batch(workspace: Workspace, claude: Start) -> None:
    server = claude(judging(true, *MANY))
    outcome = run(workspace, waits=False)
    assert len(server.batches) == 1
    assert check(outcome, MANY[3]).judgement
    with Ledger(workspace.ledger) as ledger:
        calls = ledger.calls().calls()
    batched = [call for call in calls if call.batch]
    assert len(batched) == len(asked_to_judge(server)) >= 5
    assert {call.state for call in batched} == {CallState.ANSWERED}
    # Half the price, and the cache of an hour.
    sent = json.dumps(next(iter(server.batches.values()))["requests"])
    assert '"ttl": "1h"' in sent
    first = batched[0]
    assert first.nano == -(-(first.usage.input * 100 + first.usage.write_1h * 200 + first.usage.read * 10 + first.usage.output * 500) // 2)


def test_results_that_are_missing_or_failed_are_asked_again_one_by_one(workspace: Workspace, claude: Start) -> None:
    server = claude(judging(true, *MANY))
    bad = {"type": "errored", "error": {"type": "error", "error": {"type": "api_error", "message": "boom"}, "request_id": None}}
    faults: list[dict[str, Any]] = [{}, bad, {"type": "expired"}, {"type": "canceled"}]
    server.batch_faults = lambda name, index: faults[index] if index < len(faults) else None
    outcome = run(workspace, waits=False)
    assert all(check(outcome, text).judgement for text in MANY)
    with Ledger(workspace.ledger) as ledger:
        calls = ledger.calls().calls()
    failed = [call for call in calls if call.state is CallState.FAILED]
    assert len(failed) == 4
    assert all(call.note for call in failed)
    assert total(failed) == 0
    assert sum(not call.batch for call in calls if call.stage == "verify") == 4


def test_a_service_without_batches_is_asked_one_by_one(workspace: Workspace, claude: Start) -> None:
    server = claude(judging(true, *MANY))
    server.batches_kept = False
    assert check(run(workspace, waits=False), MANY[0]).judgement


def test_a_batch_is_found_again_after_a_crash(workspace: Workspace, claude: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.llm import batches

    server = claude(judging(true, *MANY))
    ended = batches._ended

    async def crash(*given: Any) -> None:
        raise MemoryError("the machine went down")

    monkeypatch.setattr(batches, "_ended", crash)
    with pytest.raises(MemoryError):
        run(workspace, waits=False)
    monkeypatch.setattr(batches, "_ended", ended)
    outcome = run(workspace, waits=False)
    assert len(server.batches) == 1
    assert check(outcome, MANY[0]).judgement
    assert len(server.answered) == len(set(server.answered))


def test_results_that_break_off_are_read_again(workspace: Workspace, claude: Start) -> None:
    server = claude(judging(true, *MANY))
    server.results_cut = 1
    with pytest.raises(Transient, match="run again"):
        run(workspace, waits=False)
    outcome = run(workspace, waits=False)
    assert len(server.batches) == 1
    assert check(outcome, MANY[0]).judgement
    assert len(server.answered) == len(set(server.answered))


def test_a_batch_is_not_sent_past_a_budget(workspace: Workspace, claude: Start) -> None:
    dear = OwnPrice(input=Decimal(50), output=Decimal(50))
    server = claude(judging(true, *MANY))
    with pytest.raises(OverBudget):
        run(workspace, waits=False, budget_run=Decimal("0.08"), prices={"claude-haiku-5-5": dear})
    assert not server.batches


def test_a_batch_that_the_service_does_not_know_is_given_up_and_asked_again(
    workspace: Workspace, claude: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.llm import batches

    server = claude(judging(true, *MANY))
    ended = batches._ended

    async def crash(*given: Any) -> bool:
        raise MemoryError("the machine went down")

    monkeypatch.setattr(batches, "_ended", crash)
    with pytest.raises(MemoryError):
        run(workspace, waits=False)
    monkeypatch.setattr(batches, "_ended", ended)
    server.batches = {"another": server.batches.popitem()[1]}
    outcome = run(workspace, waits=False)
    assert check(outcome, MANY[0]).judgement
    with Ledger(workspace.ledger) as ledger:
        lost = [call for call in ledger.calls().calls() if "does not know this batch" in call.note]
    assert lost
    assert total(lost) == 0
