"""Locating, facts, alignment, the table and the verdicts, by rules alone; the model has tests of its own."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pipeline.checking.alignment
import pipeline.checking.locate
import pipeline.checking.numbers
from pipeline.checking import alignment
from pipeline.checking.assess import assess
from pipeline.checking.facts import conflicts
from pipeline.checking.judge import Answer, Scripted
from pipeline.checking.locate import cut_short, locate, nearest
from pipeline.checking.numbers import number_conflicts, numbers
from pipeline.checking.passages import prepared
from pipeline.checking.verdicts import Signs, Thresholds, decide, overall
from pipeline.records import Check, Conflict, Scope, Verdict

SOURCE = (
    "Choirs met weekly for 12 weeks in two towns. "
    "In the trial of 214 adults, group singing reduced loneliness by 34 % compared with a book club. "
    "Singing did not improve lung function, but it may reduce breathlessness in older adults. Most choirs are led by volunteers. "
    "Weekly attendance was associated with higher wellbeing among retired men. Cortisol fell after rehearsals, and pain thresholds rose. "
    "Humming is safe for adults, except during the first week after surgery."
)


@pytest.mark.parametrize("module", [pipeline.checking.numbers, pipeline.checking.locate, pipeline.checking.alignment])
def test_doctests(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("claim", "verdict", "kind"),
    [
        ("In the trial of 214 adults, group singing reduced loneliness by 34 % compared with a book club.", "supported", ""),
        ("Group singing reduced loneliness by 34 % compared with a book club.", "supported", ""),
        ("In the trial of 241 adults, group singing reduced loneliness by 34 % compared with a book club.", "contradicted", "number"),
        ("Choirs met weekly for 12 months in two towns.", "contradicted", "unit"),
        ("Group singing increased loneliness by 34 % compared with a book club.", "contradicted", "direction"),
        ("Singing improved lung function.", "contradicted", "negation"),
        ("Singing did not reduce loneliness compared with a book club in the trial.", "contradicted", "negation"),
        ("Singing did not improve lung function.", "supported", ""),
        ("Singing reduces breathlessness in older adults.", "partially_supported", "hedge"),
        ("All choirs are led by volunteers.", "partially_supported", "quantifier"),
        ("Weekly attendance causes higher wellbeing among retired men.", "partially_supported", "causality"),
        ("Cortisol rose after rehearsals, and pain thresholds fell.", "contradicted", "direction"),
        ("Humming is safe for adults.", "partially_supported", "limit"),
        ("One author writes that “humming is safe for adults”, and leaves it there.", "not_checkable", "limit"),
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


def test_a_quotation_that_is_not_there_is_shown_beside_what_resembles_it() -> None:
    found = assess("The trial reports that “group singing reduced loneliness by 43 %”.", SOURCE)
    assert found.reason == "quote_missing"
    assert found.conflicts[0].source == "group singing reduced loneliness by 34 %"
    assert found.passage
    assert "214 adults" in SOURCE[found.passage.start : found.passage.end]


def test_a_part_that_the_source_does_not_carry_is_named() -> None:
    found = assess("Most choirs are led by volunteers, and migratory birds navigate by the magnetic field of the earth.", SOURCE)
    assert (found.verdict, found.reason) == (Verdict.PARTIALLY_SUPPORTED, "part")
    assert found.lacking == ("migratory birds navigate by the magnetic field of the earth.",)


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
    assert 0 <= found.score <= 1
    if found.verdict is Verdict.SUPPORTED:
        assert found.passage
        assert text[found.passage.start : found.passage.end].strip()


class Certain:
    """A support model that is sure of everything."""

    name = "certain"

    def __init__(self) -> None:
        from pipeline.checking.support import Calibration

        self.calibration = Calibration(Thresholds(0.9, 0.5, 0.1))

    def logits(self, pairs: object) -> list[float]:
        return [9.0] * len(pairs)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "claim",
    [
        "In the trial of 241 adults, group singing reduced loneliness by 34 % compared with a book club.",
        "Choirs met weekly for 12 months in two towns.",
        "Group singing increased loneliness by 34 % compared with a book club.",
        "Singing improved lung function.",
        "All choirs are led by volunteers.",
    ],
)
def test_a_conflict_forbids_supported_whatever_a_model_or_a_judge_says(claim: str) -> None:
    judge = Scripted({claim: Answer(Verdict.SUPPORTED, "Choirs met weekly for 12 weeks")})
    assert assess(claim, SOURCE, support=Certain()).verdict is not Verdict.SUPPORTED
    assert assess(claim, SOURCE, support=Certain(), judge=judge).verdict is not Verdict.SUPPORTED


def test_a_model_settles_what_the_rules_leave_open() -> None:
    claim = "Rehearsing in a group made people feel less alone."
    assert assess(claim, SOURCE).verdict is not Verdict.SUPPORTED
    found = assess(claim, SOURCE, support=Certain())
    assert (found.verdict, found.reason) == (Verdict.SUPPORTED, "reworded")
    assert found.passage


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(Verdict.SUPPORTED, "group singing reduced loneliness by 34 %"), "judged"),
        (Answer(Verdict.SUPPORTED, "group singing abolished loneliness"), "not_found"),
        (Answer(Verdict.SUPPORTED), "not_found"),
        (Answer(Verdict.NOT_SUPPORTED), "judged"),
        (Answer(Verdict.CONTRADICTED, "Most choirs are led by volunteers"), "judged"),
    ],
)
def test_a_judge_needs_a_quote_that_stands_in_the_source(answer: Answer, reason: str) -> None:
    claim = "Rehearsing in company made people feel less alone."
    found = assess(claim, SOURCE, judge=Scripted({claim: answer}))
    assert found.reason == reason
    if reason == "judged":
        assert found.verdict is answer.verdict


MODEL = Thresholds(sure=0.9, keep=0.4, low=0.1)
HARD = (Conflict(kind="number", claim="3", source="4"),)
SOFT = (Conflict(kind="hedge", claim="", source="may"),)


@pytest.mark.parametrize(
    ("signs", "verdict", "reason"),
    [
        (Signs(Scope.NONE), "not_checkable", "no_text"),
        (Signs(Scope.FULL_TEXT, verbatim=True), "supported", "stated"),
        (Signs(Scope.FULL_TEXT, quote_lost=True), "not_supported", "quote_missing"),
        (Signs(Scope.FULL_TEXT, 0.9, 0.9, HARD), "contradicted", "conflict"),
        (Signs(Scope.FULL_TEXT, 0.9, 0.9, HARD, probability=0.95, thresholds=MODEL), "not_checkable", "unsure"),
        (Signs(Scope.FULL_TEXT, 0.9, 0.3, HARD), "not_checkable", "unsure"),
        (Signs(Scope.FULL_TEXT, 0.9, 0.9, SOFT), "partially_supported", "overstated"),
        (Signs(Scope.FULL_TEXT, 1.0, 1.0, copied=True), "supported", "stated"),
        (Signs(Scope.FULL_TEXT, 1.0, 1.0, copied=True, probability=0.3, thresholds=MODEL), "not_checkable", "unsure"),
        (Signs(Scope.FULL_TEXT, 0.2, 0.2, probability=0.95, thresholds=MODEL), "supported", "reworded"),
        (Signs(Scope.FULL_TEXT, 0.2, 0.2, SOFT, probability=0.95, thresholds=MODEL), "not_checkable", "unsure"),
        (Signs(Scope.FULL_TEXT, 0.2, 0.2, probability=0.3, thresholds=MODEL), "not_checkable", "unsure"),
        (Signs(Scope.FULL_TEXT, 0.2, 0.2, probability=0.05, thresholds=MODEL), "not_supported", "not_found"),
        (Signs(Scope.ABSTRACT, 0.2, 0.2), "not_checkable", "not_in_excerpt"),
        (Signs(Scope.FULL_TEXT, 0.7, 0.7, in_part=True), "partially_supported", "part"),
        (Signs(Scope.FULL_TEXT, 0.7, 0.7, judged=Verdict.SUPPORTED), "supported", "judged"),
        (Signs(Scope.FULL_TEXT, 0.7, 0.5, HARD, judged=Verdict.SUPPORTED), "not_checkable", "unsure"),
    ],
)
def test_the_table(signs: Signs, verdict: str, reason: str) -> None:
    assert decide(signs) == (verdict, reason)


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


def test_parts_of_a_quote_are_found_behind_an_earlier_place_of_the_first_part() -> None:
    text = "The trial was small. " + "Nothing followed here. " * 40 + "The trial was small, and so the authors advise caution in its use."
    place = locate("The trial was small … advise caution", text)
    assert place
    assert text[place.start : place.end].endswith("advise caution")


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("Singing did not imprve lung functon", "Singing did not improve lung function"),
        ("group singing reduced loneliness by 43 %", "group singing reduced loneliness by 34 %"),
        ("Most ... are led by volunteers", "Most choirs are led by volunteers"),
        ("a sentence that stands nowhere in this text at all", None),
        ("weekly", None),
    ],
)
def test_nearest_finds_a_place_and_never_locates(quote: str, found: str | None) -> None:
    place = nearest(quote, SOURCE)
    assert (SOURCE[place.start : place.end] if place else None) == found


@given(st.text(max_size=80), st.text(max_size=300))
def test_nearest_stays_inside_the_text(quote: str, text: str) -> None:
    place = nearest(quote, text)
    assert place is None or (0 <= place.start < place.end <= len(text) and 0.7 <= place.likeness <= 1)


@pytest.mark.parametrize(
    ("quote", "limit"),
    [
        ("Humming is safe for adults", "except during the first week after surgery"),
        ("Humming is safe for adults, except during the first week after surgery.", ""),
        ("Choirs met weekly", ""),
        ("Singing did not improve lung function", ""),
    ],
)
def test_a_quote_that_stops_before_its_limit(quote: str, limit: str) -> None:
    place = locate(quote, SOURCE)
    assert place
    assert cut_short(place.start, place.end, SOURCE) == limit


@given(st.text(max_size=120))
def test_numbers_stand_in_the_text(text: str) -> None:
    assert all(text[number.start : number.end] for number in numbers(text))


@pytest.mark.parametrize(
    ("claim", "passage"),
    [
        ("two thirds improved", "66 % improved"),
        ("two thirds improved", "14 of the 21 improved"),
        ("a quarter of them", "25 % of them"),
        ("one in four", "25 %"),
        ("half of the men", "47 of 94 men"),
        ("an hour and a half", "90 minutes"),
        ("after three months", "after 12 weeks"),
        ("1.5 g", "1,500 mg"),
        ("a dozen sessions", "12 sessions"),
        ("twenty-four sessions", "24 sessions"),
        ("it doubled", "it rose twofold"),
        ("n = 63", "63 adults took part"),
        ("8 to 12 weeks", "8–12 weeks"),
        ("the other two", "one of them"),
        ("within half a year", "within six months"),
        ("a quarter of an hour", "15 minutes"),
        ("five and a half months", "24 weeks"),
        ("all but two of the 11 trials", "nine of 11 trials"),
        ("25 of the sites", "all but three of the 28 sites"),
    ],
)
def test_one_quantity_written_in_two_ways(claim: str, passage: str) -> None:
    assert number_conflicts(claim, passage) == []


@pytest.mark.parametrize(
    ("claim", "passage", "kind"),
    [
        ("12 months", "12 weeks", "unit"),
        ("2 g daily", "2 mg daily", "unit"),
        ("by 4 %", "by 4 percentage points", "unit"),
        ("63 % improved", "36 % improved", "number"),
        ("two thirds", "a third", "number"),
        ("one in four", "one in five", "number"),
        ("p < .05", "p < .01", "number"),
        ("1.2 to 3.4", "1.2 to 4.3", "number"),
        ("14 patients", "240 patients at 14 sites", "unit"),
        ("in 2019", "in 2018", "number"),
        ("on 14 March", "on 15 March", "number"),
        ("it tripled", "it doubled", "number"),
        ("within half a year", "within three months", "number"),
        ("all but two of the 11 trials", "eight of 11 trials", "number"),
    ],
)
def test_quantities_in_conflict(claim: str, passage: str, kind: str) -> None:
    assert [conflict.kind for conflict in number_conflicts(claim, passage)][:1] == [kind]


def test_numbers_that_changed_places() -> None:
    passage = "A fall was recorded in 48 % of the daily group and in 61 % of the monthly group."
    assert alignment.exchanged("A fall was recorded in 61 % of the daily group and in 48 % of the monthly group.", passage)
    assert not alignment.exchanged(passage, passage)


def test_words_that_changed_places() -> None:
    passage = "Milk was the commonest cause in the first year, and egg was the next one, with nuts and fish behind."
    assert alignment.exchanged(passage.replace("Milk", "x").replace("egg", "milk").replace("x", "Egg"), passage)
    assert not alignment.exchanged(passage.replace("nuts and fish", "fish and nuts"), passage)


@given(st.text(max_size=200))
def test_clauses_lie_in_order_inside_the_claim(claim: str) -> None:
    spans = alignment.clauses(claim)
    assert all(0 <= start <= end <= len(claim) for start, end in spans)
    assert spans == sorted(spans)


@given(st.text(max_size=100))
def test_a_text_does_not_conflict_with_itself(text: str) -> None:
    hard = {"number", "unit", "negation", "direction"}
    assert not hard & {conflict.kind for conflict in conflicts(text, text)}
    assert not hard & {conflict.kind for conflict in number_conflicts(text, text)}


def test_what_a_claim_refers_back_to_helps_to_find_its_passage() -> None:
    text = "The harp was restored in 1990. It stands in the hall.\n\nThe organ was restored later. It stands in the hall."
    found = assess("It stands in the hall of the church.", text, context="The organ was restored later.")
    assert found.passage
    assert text[found.passage.start : found.passage.end].startswith("The organ") or found.passage.start > 60


def test_overall_prefers_the_best_answer_unless_one_contradicts() -> None:
    def made(verdict: Verdict) -> Check:
        return Check(number=1, source_id="a", scope=Scope.FULL_TEXT, verdict=verdict, reason=verdict.value)

    assert overall((made(Verdict.NOT_CHECKABLE), made(Verdict.SUPPORTED)))[0] is Verdict.SUPPORTED
    assert overall((made(Verdict.SUPPORTED), made(Verdict.CONTRADICTED)))[0] is Verdict.CONTRADICTED
    assert overall((made(Verdict.NOT_CHECKABLE), made(Verdict.NOT_SUPPORTED)))[0] is Verdict.NOT_CHECKABLE
