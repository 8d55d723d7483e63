"""Repair, in its order: another passage, another source, rewriting, the tag LLM, deletion; each step recorded, at most two rounds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from pipeline.articles import _SourceList
from pipeline.checking.checker import Checker
from pipeline.ledger import Ledger
from pipeline.llm.prompts import prompt
from pipeline.markup import markdown
from pipeline.records import Block, Fetched, Sentence, Verdict
from pipeline.replaying import replay
from pipeline.run import check
from pipeline.settings import Workspace
from pipeline.stages import repair, verify
from pipeline.stages.repair import RepairResult, Round
from pipeline.text import sha256
from pipeline.writing.page import Said
from pipeline.writing.rewrite import Failure
from tests import scripted
from tests.messages import Answer, Asked, Cite
from tests.messages import Said as Piece
from tests.test_claude import Start, claude, run
from tests.test_run import snapshot

__all__ = ["claude"]
FIRST = (
    "Walking groups reduced systolic blood pressure by 4 mmHg in 212 adults after 12 weeks. Walking groups may improve mood in adults who "
    "live alone. In the first trial loneliness of members fell by 21 % over the winter. Most walking groups were led by trained volunteers."
)
SECOND = "Cold water swimming raised alertness in 40 swimmers for two hours. Swimming groups met at dawn in the harbour of the town."
LATER = f"{FIRST} Loneliness of members fell by 34 % over the winter in the second trial."


class Scripted:
    """A rewriter that gives the same words for everything, and keeps what it was asked."""

    def __init__(self, *said: Said) -> None:
        self.said, self.asked = list(said), list[Failure]()

    def rewrite(self, failures: Sequence[Failure]) -> list[list[Said]]:
        """Return the words for each failure."""
        self.asked += failures
        return [self.said for _ in failures]


class Made:
    """An article of sentences that cite two sources, checked by the rules alone."""

    def __init__(self, text: str, first: str = FIRST) -> None:
        sources = _SourceList.model_validate({"sources": [{"id": "one", "title": "O"}, {"id": "two", "title": "T"}]}).sources
        texts = {sha256(first): first, sha256(SECOND): SECOND}
        fetched = [Fetched(source_id=source.id, snapshot=snapshot(source.id, held)) for source, held in zip(sources, texts, strict=True)]
        self.library = verify.Library(sources, fetched, texts.__getitem__, Checker())
        self.sources, self.markdown, self.rounds = sources, text, list[RepairResult]()

    def verdicts(self) -> dict[str, Verdict | None]:
        """Check, and return the verdict on each sentence."""
        self.found = check(markdown.read(self.markdown), self.sources, self.library, lambda step: None)
        return {s.text: r.verdict for s, r in zip(self.sentences, self.found.verify.provenance, strict=True)}

    @property
    def sentences(self) -> Sequence[Sentence]:
        return self.found.classify.sentences

    @property
    def blocks(self) -> Sequence[Block]:
        return self.found.split.blocks

    def repair(self, rewriter: Any = None) -> list[str]:
        """Do one round, and return the actions."""
        self.verdicts()
        done = [item for held in self.rounds for item in held.repairs]
        again = [text for held in self.rounds for text in held.rewritten]
        turn = Round(len(self.rounds) + 1, done, again)
        result = repair.repair(self.markdown, self.blocks, self.sentences, self.found.verify, self.library, turn, rewriter)
        self.markdown = result.markdown
        self.rounds.append(result)
        self.library.apart = repair.apart([*done, *result.repairs], self.sentences)
        return [item.action for item in result.repairs]


SWIM = "Cold water swimming raised alertness in 40 swimmers for two hours [1].\n"
DENIED = "Walking groups reduced systolic blood pressure by 9 mmHg in 212 adults after 12 weeks [1].\n"
OFF = "The moon draws the tides along distant coasts every single day [1].\n"
FACT = "The drug at 20 mg daily cured 90 % of 500 patients in Oslo [1].\n"
ELSEWHERE = "Loneliness of members fell by 34 % over the winter in the second trial [1].\n"


def test_another_passage_of_the_same_source() -> None:
    """Where a judge or a model read the wrong one of two passages, the sentence is held against the rest of the source."""
    wrong = "In the first trial loneliness of members fell by 21 % over the winter."
    made = Made(ELSEWHERE, LATER)
    made.verdicts()
    record = made.found.verify.provenance[0]
    start = LATER.index(wrong)
    evidence = record.checks[0].evidence
    assert evidence
    misread = evidence.model_copy(update={"start": start, "end": start + len(wrong), "exact": wrong})
    check_ = record.checks[0].model_copy(update={"verdict": Verdict.CONTRADICTED, "reason": "judged", "evidence": misread})
    failed = record.model_copy(update={"checks": (check_,), "verdict": Verdict.CONTRADICTED, "reason": "judged"})
    result = made.found.verify.model_copy(update={"provenance": (failed,)})
    found = repair.repair(made.markdown, made.blocks, made.sentences, result, made.library)
    assert [(item.action, item.apart) for item in found.repairs] == [("other_passage", (1, start, start + len(wrong)))]
    assert found.markdown == made.markdown
    made.library.apart = repair.apart(found.repairs, made.sentences)
    again = made.library.check(made.sentences[0].text, 1)
    assert again.verdict is Verdict.SUPPORTED
    assert again.evidence
    assert LATER[again.evidence.start : again.evidence.end] == again.evidence.exact
    # It is not tried twice: if it fails again, the next step is taken.
    second = repair.repair(made.markdown, made.blocks, made.sentences, result, made.library, Round(2, found.repairs))
    assert [item.action for item in second.repairs] == ["delete"]


def test_a_passage_that_denies_is_set_apart_only_where_another_one_says_it() -> None:
    made = Made(DENIED)
    assert "other_passage" not in made.repair()


def test_another_source() -> None:
    made = Made(SWIM)
    assert made.repair() == ["other_source"]
    assert made.markdown == SWIM.replace("[1]", "[2]")
    assert list(made.verdicts().values()) == [Verdict.SUPPORTED]


def test_rewriting_comes_before_tag_and_deletion_and_is_judged_like_new_text() -> None:
    rewriter = Scripted(Said("Walking groups reduced systolic blood pressure by 4 mmHg in 212 adults after 12 weeks.", (1,)))
    made = Made(DENIED + "\n" + OFF)
    assert made.repair(rewriter) == ["rewrite", "rewrite"]
    assert "9 mmHg" in rewriter.asked[0].text
    assert "number: 9 mmHg ≠ 4 mmHg" in rewriter.asked[0].what
    assert rewriter.asked[0].passages[0][0] == 1
    assert set(made.verdicts().values()) == {Verdict.SUPPORTED}


def test_a_rewritten_sentence_that_fails_again_is_not_rewritten_again() -> None:
    rewriter = Scripted(Said("Walking groups reduced systolic blood pressure by 8 mmHg in 212 adults after 12 weeks.", (1,)))
    made = Made(DENIED)
    assert made.repair(rewriter) == ["rewrite"]
    assert made.repair(rewriter) == ["delete"]
    assert made.markdown.strip() == ""
    assert len(rewriter.asked) == 1


def test_a_writer_that_repeats_itself_has_not_rewritten() -> None:
    rewriter = Scripted(Said("Walking groups reduced systolic blood pressure by 9 mmHg in 212 adults after 12 weeks.", (1,)))
    assert Made(DENIED).repair(rewriter) == ["delete"]


def test_what_says_no_fact_is_tagged_and_what_says_one_is_deleted() -> None:
    made = Made(f"{OFF}\n{FACT}")
    assert made.repair() == ["tag_llm", "delete"]
    assert made.markdown.strip() == OFF.replace("[1]", "[LLM]").strip()
    assert list(made.verdicts().values()) == [None]


def test_what_is_denied_is_never_kept_as_llm() -> None:
    made = Made("Walking groups did not reduce systolic blood pressure in adults after some weeks [1].\n")
    assert list(made.verdicts().values()) == [Verdict.CONTRADICTED]
    assert made.repair() == ["delete"]


def test_what_is_partly_supported_is_rewritten_where_somebody_can_and_else_left() -> None:
    text = "Walking groups improve mood in adults who live alone [1].\n"
    made = Made(text)
    assert list(made.verdicts().values()) == [Verdict.PARTIALLY_SUPPORTED]
    assert made.repair() == []
    assert made.repair(Scripted(Said("Walking groups may improve mood in adults who live alone.", (1,)))) == ["rewrite"]
    assert list(made.verdicts().values()) == [Verdict.SUPPORTED]
    assert Made(text).repair(Scripted()) == []


def test_a_cell_is_never_left_without_a_word() -> None:
    made = Made(f"| Need | Found |\n| --- | --- |\n| Mood [LLM] | {FACT.strip()} |\n")
    assert made.repair() == ["delete"]
    assert "None of the listed sources speaks of this" in made.markdown


def writing(*said: str) -> Any:
    def model(asked: Asked) -> Answer:
        if asked.judges or 'part "Lead"' not in asked.ask:
            return scripted.plain(asked)
        return Answer([Piece(f"{text} ", (Cite(0),)) for text in said])

    return model


def test_a_run_repairs_with_the_model_and_records_each_step(workspace: Workspace, claude: Start) -> None:
    server = claude(writing("Walking groups reduced systolic blood pressure by 9 mmHg in 212 adults after 12 weeks."))
    outcome = run(workspace)
    assert outcome.edition
    (step,) = [item for item in outcome.edition.repairs if "9 mmHg" in item.before]
    assert (step.action, step.reason, step.round) == ("rewrite", "conflict", 1)
    assert "9 mmHg" not in outcome.edition.markdown
    written = {record.written for record in outcome.edition.provenance}
    assert f"claude-sonnet-5-5, {prompt('rewrite').label}" in written
    assert [asked for asked in server.asked if asked.rules.startswith("You correct single sentences")]
    with Ledger(workspace.ledger) as ledger:
        assert replay(ledger, ledger.version("walking")) == []


@pytest.mark.parametrize("answer", [Answer(()), Answer((), "refusal"), Answer.of({"parts": []}), Answer.of("no")])
def test_a_rewriter_without_a_good_answer_leaves_the_other_steps(workspace: Workspace, claude: Start, answer: Answer) -> None:
    plain = writing("Walking groups reduced systolic blood pressure by 9 mmHg in 212 adults after 12 weeks.", "Adults walked together.")
    claude(lambda asked: answer if asked.rules.startswith("You correct") else plain(asked))
    outcome = run(workspace)
    assert outcome.edition
    assert [item.action for item in outcome.edition.repairs if "9 mmHg" in item.before] == ["delete"]
    assert "9 mmHg" not in outcome.edition.markdown
