"""Doubts: what keeps the support model from settling a reworded claim by itself, and leaves it to a judge or a person."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from pipeline.checking.assess import assess
from pipeline.checking.doubts import doubts
from pipeline.checking.judge import Answer, Scripted
from pipeline.checking.support import Calibration, Pair
from pipeline.checking.verdicts import Thresholds
from pipeline.records import Verdict

SOURCE = "Most volunteers came by bus. Deaths did not differ between the arms. The hall was warm."


class Sure:
    """A support model that believes everything."""

    name = "sure"
    calibration = Calibration(Thresholds(0.9, 0.5, 0.1))

    def logits(self, pairs: Sequence[Pair]) -> list[float]:
        return [9.0 for _ in pairs]


@pytest.mark.parametrize(
    ("claim", "likeliest", "kinds"),
    [
        ("Mortality was alike in both groups.", "Deaths did not differ between the arms.", []),
        ("Mortality rose in one group.", "Deaths did not differ between the arms.", ["negation_unclear"]),
        ("Nobody came by car.", "Most volunteers came by bus.", ["negation_unclear"]),
        ("Every helper took public transport.", "Most volunteers came by bus.", ["quantifier_unclear"]),
        ("All in all it was warm.", "The hall was warm throughout.", []),
        ("Forty people in all took part.", "Nineteen and 21 came.", []),
    ],
)
def test_doubts(claim: str, likeliest: str, kinds: list[str]) -> None:
    assert [doubt.kind for doubt in doubts(claim, likeliest, likeliest, 0.3)] == kinds


def test_a_doubt_keeps_the_model_from_settling_a_claim_and_is_told() -> None:
    found = assess("Deaths rose in one group.", SOURCE, support=Sure())
    assert found.verdict is Verdict.NOT_CHECKABLE
    assert [conflict.kind for conflict in found.conflicts] == ["negation_unclear"]
    assert assess("Deaths were alike in both groups.", SOURCE, support=Sure()).verdict is Verdict.SUPPORTED


def test_a_claim_that_shares_no_word_with_the_source_is_not_for_the_model() -> None:
    found = assess("Mortality was alike in both groups.", SOURCE, support=Sure())
    assert found.reason == "unsure"
    assert [conflict.kind for conflict in found.conflicts] == ["words_unshared"]


def test_doubts_are_told_in_words() -> None:
    [turned, general] = doubts("Everyone came by car.", "The hall did not open.", "The hall opened late.", 0.3)
    assert str(turned) == "negation unclear: “not” in the source alone"
    assert str(general) == "quantifier unclear: “Everyone” in the sentence alone"
    [unshared] = doubts("Cars came.", "The hall opened.", "The hall opened.", 0.0)
    assert str(unshared) == "words unshared"


def test_a_judge_settles_a_doubt() -> None:
    claim = "The death toll was a tie."
    judge = Scripted({claim: Answer(Verdict.SUPPORTED, "Deaths did not differ between the arms.")}, "judge")
    assert assess(claim, SOURCE, support=Sure()).reason == "unsure"
    found = assess(claim, SOURCE, support=Sure(), judge=judge)
    assert (found.verdict, found.reason) == (Verdict.SUPPORTED, "judged")
