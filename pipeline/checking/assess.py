"""A claim against a text, layer by layer, cheap to dear: located, passages, facts, support, judge; then the table decides."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from pipeline.checking import judge as judges
from pipeline.checking.alignment import Clause, aligned, exchanged, is_cut_from
from pipeline.checking.doubts import doubts
from pipeline.checking.facts import HARD, SOFT, conflicts, names_missing
from pipeline.checking.judge import Judge, Judged, Question
from pipeline.checking.locate import SHORTEST, Near, cut_short, locate, nearest
from pipeline.checking.numbers import number_conflicts
from pipeline.checking.passages import Passage, SourceText, prepared
from pipeline.checking.support import Pair, SupportModel, inputs
from pipeline.checking.verdicts import ABSENT, ALIGNED, Signs, decide
from pipeline.checking.wording import denied, mentioned, oddities, stuffed, vouched
from pipeline.records import Conflict, Scope, Verdict
from pipeline.text import content_stems

_LIKELIEST = 2  # sentences in which a reworded claim is looked for, word by word
FEWEST = 2  # content words; fewer say too little to be found by their words
_CARRIED = 0.92  # of the claim's weight in one sentence
_CLEAR = 0.5  # of a clause's weight in the sentence it is laid beside, for a comparison of single words
_QUOTED = re.compile(r"“([^”]+)”|\"([^\"]+)\"")
UNSETTLED = frozenset({"unsure", "part", "not_found", "not_in_excerpt"})
"""What a judge is asked about."""
EVERYTHING = UNSETTLED | {"stated", "reworded"}
"""The same where it may also take back what cheaper layers called supported; a sentence of the source, word for word, apart."""
_QUOTE_WORDS = 4  # fewer words in quotation marks are a term, not a quotation


class Reading(NamedTuple):
    """The model's log-odds for the best place and for scattered sentences, and the place."""

    place: float
    scattered: float
    passage: Passage

    @property
    def said(self) -> float:
        """Return what both say together: a place alone can look likely by chance, and so can scattered sentences."""
        return (self.place + self.scattered) / 2


class Layers(NamedTuple):
    """What passages, facts and support found about a claim, before the table."""

    passage: Passage
    """Where the source speaks of it: by its words, or where these say little by the model."""
    words: Passage
    """Where it does by its words."""
    laid: list[Clause]
    conflicts: tuple[Conflict, ...]
    reading: Reading | None
    doubts: tuple[Conflict, ...] = ()
    """Why the model's word alone does not settle a reworded claim."""

    @property
    def coverage(self) -> float:
        """Return the share of the claim's weight that the best passage covers."""
        return self.words.coverage


class Assessment(NamedTuple):
    """A verdict on a claim against a text, before it is tied to a source, with what each layer found."""

    verdict: Verdict
    reason: str
    score: float
    """Support in [0, 1]: the probability of the support model, or the share of the claim's weight where none ran."""
    conflicts: tuple[Conflict, ...] = ()
    passage: Passage | None = None
    probability: float | None = None
    lacking: tuple[str, ...] = ()
    """The parts of a compound claim that the source does not carry."""
    judged: Judged | None = None
    question: Question | None = None
    """What the judge was asked, where it answered."""


def assess(
    claim: str,
    text: str,
    scope: Scope = Scope.FULL_TEXT,
    *,
    context: str = "",
    support: SupportModel | None = None,
    judge: Judge | None = None,
    asked: frozenset[str] = UNSETTLED,
) -> Assessment:
    """Say whether `text` says what `claim` says, with the passage that speaks of it.

    `context` is what the claim may refer back to: the sentence before it, its heading, the title. `asked` are the reasons of the
    cheaper layers' verdict for which the judge is asked.
    """
    if scope is Scope.NONE or not text.strip():
        return _found(Signs(Scope.NONE), 0.0)
    source = prepared(text)
    whole = _verbatim(claim, source)
    if whole and not vouched(source.sentence(whole.first), source.sentence(whole.first - 1) if whole.first else ""):
        return _found(Signs(scope, verbatim=True), 1.0, passage=whole)
    told = context if _refers_back(claim) else ""
    passage = source.nearest(claim, told) if support else source.best(claim, context=told)
    lost = [quote for quote in quotations(claim) if not locate(quote, text)]
    if lost:
        near = [nearest(quote, text) for quote in lost]
        missing = tuple(
            Conflict(kind="quote", claim=quote, source=text[place.start : place.end] if place else "")
            for quote, place in zip(lost, near, strict=True)
        )
        return _found(Signs(scope, quote_lost=True), 0.0, missing, _around(near[0], source) if near[0] else passage)
    if passage is None:
        return _found(Signs(scope), 0.0)
    found = _weighed(claim, source, layers(claim, source, passage, support, told), scope, support)
    return _judged(claim, context, source, found, judge) if judge and found.reason in asked else found.assessment


def _around(place: Near, source: SourceText) -> Passage:
    """Return the sentences that hold a place."""
    first, last = max(source.at(place.start), 0), max(source.at(place.end - 1), 0) + 1
    return Passage(source.spans[first][0], source.spans[last - 1][1], 0.0, first, last)


def _found(signs: Signs, score: float, found: tuple[Conflict, ...] = (), passage: Passage | None = None) -> Assessment:
    return Assessment(*decide(signs), score, found, passage)


def layers(claim: str, source: SourceText, passage: Passage, support: SupportModel | None, context: str = "") -> Layers:
    """Ask the model, lay the claim beside the passage, and compare the facts."""
    reading = _read(claim, source, support, context) if support else None
    anchor = reading.passage if reading and passage.coverage < ALIGNED else passage
    laid = aligned(claim, source, anchor)
    likely = source.likely(claim, context)[:_LIKELIEST] if reading else []
    told = " ".join(map(source.sentence, likely))
    found = [*facts(claim, source, anchor, laid, told if passage.coverage < ALIGNED else "")]
    found += _odd(source, {anchor, reading.passage if reading else anchor})
    doubtful = doubts(claim, source.sentence(likely[0]), told, passage.coverage) if likely else []
    return Layers(anchor, passage, laid, tuple(dict.fromkeys(found)), reading, tuple(doubtful))


def _odd(source: SourceText, passages: Iterable[Passage]) -> list[Conflict]:
    """Return why passages cannot carry any claim."""
    found: list[Conflict] = []
    for passage in passages:
        inside = range(passage.first, passage.last)
        found += stuffed([source.stems[index] for index in inside])
        for index in inside:
            found += oddities(source.sentence(index), source.sentence(index - 1) if index else "")
    return found


class _Weighed(NamedTuple):
    """What the table says without a judge, and what it said it of."""

    signs: Signs
    assessment: Assessment
    lacking: tuple[str, ...]

    @property
    def reason(self) -> str:
        return self.assessment.reason


def _weighed(claim: str, source: SourceText, found: Layers, scope: Scope, support: SupportModel | None) -> _Weighed:
    """Let the table decide on what the layers found."""
    signs = Signs(
        scope,
        coverage=found.coverage,
        beside=_beside(claim, source, found),
        conflicts=found.conflicts,
        copied=_is_copied(claim, source, found.words),
    )
    score = _unread(found.coverage, found.conflicts)
    if found.reading and support:
        scale = support.calibration
        score = scale.score(found.reading.said, found.coverage)
        signs = signs._replace(probability=scale.probability(found.reading.said), thresholds=scale.thresholds, doubtful=bool(found.doubts))
    lacking = _lacking(claim, source, found.laid, found.conflicts)
    signs = signs._replace(in_part=bool(lacking))
    decision = decide(signs)
    told = lacking if decision.reason == "part" else ()
    shown = found.passage
    if support and found.reading and decision.reason == "reworded":
        shown = _narrowed(claim, source, found.reading.passage, support)
    why = found.conflicts or (found.doubts if decision.reason == "unsure" else ())
    return _Weighed(signs, Assessment(*decision, round(score, 3), why, shown, signs.probability, told), lacking)


def _unread(coverage: float, found: tuple[Conflict, ...]) -> float:
    """Return a score where no model ran: what is covered, less for conflicts, least for hard ones."""
    kinds = {conflict.kind for conflict in found}
    return coverage * (0.2 if kinds & HARD else 0.6 if kinds & SOFT else 0.7 if kinds else 1.0)


def _judged(claim: str, context: str, source: SourceText, found: _Weighed, judge: Judge) -> Assessment:
    """Ask the judge, and let the table decide again: a judge settles what is open, and can only take back what is supported."""
    texts = list(dict.fromkeys(text.text for text in inputs(claim, source)))
    question = Question(claim, texts, context)
    answer = judge.judge(question)
    if answer is None:
        return found.assessment
    judged = judges.held(answer, claim, source.text)
    told = found.assessment._replace(judged=judged, question=question)
    if judged.why_not or (answer.verdict is Verdict.SUPPORTED and found.assessment.verdict is Verdict.SUPPORTED):
        return told
    decision = decide(found.signs._replace(judged=answer.verdict))
    lacking = found.lacking if decision.reason == "part" else ()
    return told._replace(verdict=decision.verdict, reason=decision.reason, lacking=lacking)


def _read(claim: str, source: SourceText, support: SupportModel, context: str) -> Reading:
    """Ask the model about every input: the best place, and the scattered sentences that together cover the claim."""
    texts = inputs(claim, source, context)
    logits = support.logits([Pair(text.text, claim) for text in texts])
    best = max((index for index, text in enumerate(texts) if text.first is not None), key=lambda index: logits[index])
    first, last = texts[best].first or 0, texts[best].last or 0
    return Reading(logits[best], logits[-1], Passage(source.spans[first][0], source.spans[last - 1][1], 0.0, first, last))


def _narrowed(claim: str, source: SourceText, place: Passage, support: SupportModel) -> Passage:
    """Return the one sentence of a place, or the two, that say enough by themselves; else the place."""
    scale = support.calibration
    for wide in (1, 2):
        options = [range(first, first + wide) for first in range(place.first, place.last - wide + 1)]
        if len(options) < 2:
            break
        said = support.logits([Pair(" ".join(map(source.sentence, option)), claim) for option in options])
        best = max(range(len(options)), key=said.__getitem__)
        if scale.probability(said[best]) >= scale.thresholds.sure:
            first, last = options[best].start, options[best].stop
            return Passage(source.spans[first][0], source.spans[last - 1][1], 0.0, first, last)
    return place


def facts(claim: str, source: SourceText, passage: Passage, laid: list[Clause], also: str) -> tuple[Conflict, ...]:
    """Compare the claim's facts with the sentences it is laid beside, clause by clause; hard conflicts first.

    A reworded claim's numbers may stand in `also`, the sentences that speak most of it, too.
    """
    clear = [clause for clause in laid if clause.coverage >= _CLEAR]
    window = source.text[passage.start : passage.end]
    beside = sorted({clause.sentence for clause in laid if clause.coverage})
    near = " ".join(source.sentence(index) for index in beside) if len(clear) == len(laid) else window
    found = [
        *number_conflicts(claim, f"{near} {also}".strip()),
        *exchanged(claim, near),
        *names_missing(claim, window),
        *_limits(claim, source.text),
    ]
    for index in beside:
        found += denied(source.sentence(index), claim) + mentioned(source.sentence(index), claim)
    for clause in clear:
        found += conflicts(claim[clause.start : clause.end], source.sentence(clause.sentence))
    each = dict.fromkeys(found)
    return tuple(sorted(each, key=lambda conflict: conflict.kind not in HARD))


def _limits(claim: str, text: str) -> list[Conflict]:
    """Return the limiting clauses before which the claim, or a quotation in it, stops."""
    places = [locate(quote, text) for quote in (claim.rstrip(" ."), *quotations(claim))]
    limits = [cut_short(place.start, place.end, text) for place in places if place]
    return [Conflict(kind="limit", claim="", source=limit) for limit in limits if limit]


def _is_copied(claim: str, source: SourceText, passage: Passage) -> bool:
    """Say whether one sentence carries the claim, with nothing in another order and no limit left out."""
    if len(content_stems(claim)) < FEWEST:
        return False
    inside = range(passage.first, passage.last)
    return any(source.coverage(claim, index) >= _CARRIED and is_cut_from(claim, source.sentence(index)) for index in inside)


def _lacking(claim: str, source: SourceText, laid: list[Clause], found: tuple[Conflict, ...]) -> tuple[str, ...]:
    """Return the clauses that the source does not carry, where it carries another one without conflict."""
    if len(laid) < 2 or found or not any(clause.coverage >= _CARRIED for clause in laid):
        return ()
    open_ones = [clause for clause in laid if clause.coverage < ABSENT]
    texts = [claim[clause.start : clause.end].strip() for clause in open_ones]
    return tuple(text for text in texts if (best := source.best(text)) is None or best.coverage < ABSENT)


def _refers_back(claim: str) -> bool:
    """Say whether a claim begins with a word that stands for something said before it."""
    return bool(
        re.match(r"\W*(?:it|its|they|their|them|he|she|his|her|this|these|those|such|both|the (?:latter|former|same|other))\b", claim, re.I)
    )


def _verbatim(claim: str, source: SourceText) -> Passage | None:
    """Return the one sentence of the source that is the claim, word for word; a part of a sentence may lack what limits it."""
    place = locate(claim.rstrip(" ."), source.text)
    if not place:
        return None
    index = max(source.at(place.start), 0)
    start, end = source.spans[index]
    rest = source.text[place.end : end].strip(" .”\"’')")
    if place.start < start or source.text[start : place.start].strip() or place.end > end or rest:
        return None
    return Passage(start, end, 1.0, index, index + 1)


def _beside(claim: str, source: SourceText, found: Layers) -> float:
    """Return the coverage of what the claim says beside the words in conflict."""
    hard = (conflict.claim for conflict in found.conflicts if conflict.kind in HARD)
    beside = frozenset(stem for said in hard for stem in content_stems(said.rpartition("…")[0] or said))
    if not beside:
        return found.coverage
    rest = source.best(claim, beside=beside)
    return rest.coverage if rest else 0.0


def quotations(claim: str) -> list[str]:
    """Return what a sentence quotes: four words and more in double quotation marks."""
    found = ["".join(match).rstrip(".,;") for match in _QUOTED.findall(claim)]
    return [quote for quote in found if len(quote.split()) >= _QUOTE_WORDS and len(quote) >= SHORTEST]
