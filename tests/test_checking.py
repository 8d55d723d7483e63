"""Locating, facts and verdicts."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pipeline.checking.numbers
from pipeline.checking.facts import conflicts
from pipeline.checking.locate import locate
from pipeline.checking.numbers import numbers
from pipeline.checking.passages import prepared
from pipeline.checking.verdicts import assess, overall
from pipeline.records import Check, Scope, Verdict

SOURCE = (
    "Choirs met weekly for 12 weeks in two towns. "
    "In the trial of 214 adults, group singing reduced loneliness by 34 % compared with a book club. "
    "Singing did not improve lung function, but it may reduce breathlessness in older adults. Most choirs are led by volunteers. "
    "Weekly attendance was associated with higher wellbeing among retired men. Cortisol fell after rehearsals, and pain thresholds rose."
)


def test_doctests() -> None:
    assert doctest.testmod(pipeline.checking.numbers).failed == 0


@pytest.mark.parametrize(
    ("claim", "verdict", "kind"),
    [
        (
            "In the trial of 214 adults, group singing reduced loneliness by 34 % compared with a book club.",
            "supported",
            "",
        ),
        ("Group singing reduced loneliness by 34 % compared with a book club in the trial.", "supported", ""),
        (
            "In the trial of 241 adults, group singing reduced loneliness by 34 % compared with a book club.",
            "contradicted",
            "number",
        ),
        ("Choirs met weekly for 12 months in two towns.", "contradicted", "unit"),
        ("Group singing increased loneliness by 34 % compared with a book club.", "contradicted", "direction"),
        ("Singing improved lung function.", "contradicted", "negation"),
        ("Singing did not reduce loneliness compared with a book club in the trial.", "contradicted", "negation"),
        ("Singing did not improve lung function.", "supported", ""),
        ("Singing reduces breathlessness in older adults.", "partially_supported", "hedge"),
        ("All choirs are led by volunteers.", "partially_supported", "quantifier"),
        ("Weekly attendance causes higher wellbeing among retired men.", "partially_supported", "causality"),
        ("Cortisol rose after rehearsals, and pain thresholds fell.", "contradicted", "direction"),
        ("Migratory birds navigate by the magnetic field of the earth.", "not_supported", ""),
        ("The report says “singing cured every one of the patients”.", "not_supported", "quote"),
    ],
)
def test_verdicts(claim: str, verdict: str, kind: str) -> None:
    found = assess(claim, SOURCE)
    assert found.verdict == verdict, found
    assert not kind or kind in {conflict.kind for conflict in found.conflicts}


def test_nothing_is_not_supported_by_an_excerpt() -> None:
    claim = "Migratory birds navigate by the magnetic field of the earth."
    assert assess(claim, SOURCE, Scope.ABSTRACT).verdict is Verdict.NOT_CHECKABLE
    assert assess(claim, "", Scope.NONE).reason == "no_text"


_FLIPS = {
    "reduced": "increased",
    "rose": "fell",
    "fell": "rose",
    "214": "241",
    "12 weeks": "12 days",
    "34 %": "43 %",
    "did not improve": "improved",
}


@given(st.sampled_from(sorted(_FLIPS)), st.sampled_from(["", "Overall, ", "In short, "]))
def test_a_flip_is_never_supported(word: str, opening: str) -> None:
    start, end = next((a, b) for a, b in prepared(SOURCE).spans if word in SOURCE[a:b])
    assert assess(opening + SOURCE[start:end].replace(word, _FLIPS[word]), SOURCE).verdict is not Verdict.SUPPORTED


@given(st.text(max_size=60), st.text(max_size=200))
def test_a_supported_claim_has_its_passage_in_the_text(claim: str, text: str) -> None:
    found = assess(claim, text)
    assert found.score <= 1
    if found.verdict is Verdict.SUPPORTED:
        assert found.passage
        assert text[found.passage.start : found.passage.end].strip()


@given(st.text(min_size=13, max_size=80), st.text(max_size=50), st.text(max_size=50))
def test_a_quote_cut_from_a_text_is_located(quote: str, before: str, after: str) -> None:
    place = locate(quote, before + quote + after)
    if len(quote.strip()) >= 12:
        assert place
        assert (before + quote + after)[place.start : place.end] == quote.strip()


@pytest.mark.parametrize(
    ("quote", "kind"),
    [
        ("Singing did not improve lung function", "exact"),
        ("singing  did not\nimprove lung func-\ntion", "normalised"),
        ("Choirs met weekly … in two towns", "normalised"),
        ("Singing improved lung function", None),
        ("two towns … Choirs met weekly", None),
        ("weekly", None),
    ],
)
def test_locate(quote: str, kind: str | None) -> None:
    place = locate(quote, SOURCE)
    assert (place.located.value if place else None) == kind


def test_locate_maps_back_to_the_text() -> None:
    text = "It shows “eﬃcacy of the socio-\nlogical” kind."
    place = locate('"efficacy of the sociological"', text)
    assert place
    assert text[place.start : place.end] == "“eﬃcacy of the socio-\nlogical”"


@given(st.text(max_size=120))
def test_numbers_stand_in_the_text(text: str) -> None:
    assert all(number.written in text for number in numbers(text))


@given(st.text(max_size=100))
def test_a_text_does_not_conflict_with_itself(text: str) -> None:
    hard = {"number", "unit", "negation", "direction"}
    assert not hard & {conflict.kind for conflict in conflicts(text, text)}


def test_overall_prefers_the_best_answer_unless_one_contradicts() -> None:
    def made(verdict: Verdict) -> Check:
        return Check(number=1, source_id="a", scope=Scope.FULL_TEXT, verdict=verdict, reason=verdict.value)

    assert overall((made(Verdict.NOT_CHECKABLE), made(Verdict.SUPPORTED)))[0] is Verdict.SUPPORTED
    assert overall((made(Verdict.SUPPORTED), made(Verdict.CONTRADICTED)))[0] is Verdict.CONTRADICTED
    assert overall((made(Verdict.NOT_SUPPORTED), made(Verdict.NOT_CHECKABLE)))[0] is Verdict.NOT_CHECKABLE
