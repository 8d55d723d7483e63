"""The verdict: what was found about one sentence and one source, in one table that a reviewer can read.

`decide` takes the first row that fits. c is the share of the claim's weight that the best passage covers, p the probability
of the support model (rows that need one are passed over where none runs).

| scope     | facts and place                          | measure              | judge        | verdict             | reason         |
|-----------|------------------------------------------|----------------------|--------------|---------------------|----------------|
| none      |                                          |                      |              | not_checkable       | no_text        |
| any       | a sentence of the source, word for word  |                      |              | supported           | stated         |
| any       | a quotation is not in the text           |                      |              | not_supported       | quote_missing  |
| any       | hard conflict                            | c >= 0.60, p < sure  |              | contradicted        | conflict       |
| any       | soft conflict                            | c >= 0.60            |              | partially_supported | overstated     |
| any       | none, copied from one sentence           | p >= keep or no p    | no other     | supported           | stated         |
| any       | none, and no doubt                       | p >= sure            | no other     | supported           | reworded       |
| any       | none                                     |                      | supported    | supported           | judged         |
| less      |                                          |                      | not there    | not_checkable       | not_in_excerpt |
| any       |                                          |                      | any other    | the judge's         | judged         |
| any       | a clause carried, another one not found  |                      |              | partially_supported | part           |
| full_text |                                          | c < 0.40, p < low    |              | not_supported       | not_found      |
| less      |                                          | c < 0.40, p < low    |              | not_checkable       | not_in_excerpt |
| any       |                                          | else                 |              | not_checkable       | unsure         |

A conflict of any kind forbids `supported`, whatever a model says; a doubt forbids it where the support model alone says so.
A judge's `supported` needs quotes that stand in the text and hold the claim's numbers and names; else it has not answered.
Where no word is shared, `keep` stands for `low`.
`unsure` is an honest answer, for a judge or a person; a false `supported` is the worst one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pipeline.checking.facts import HARD, SOFT
from pipeline.records import Check, Conflict, Scope, Verdict

ALIGNED = 0.60
ABSENT = 0.40

MEANING = {
    "stated": "the source states it",
    "reworded": "the source says it in other words",
    "together": "the cited sources say it together",
    "judged": "read and judged, with a quote that stands in the source",
    "conflict": "the source says otherwise",
    "overstated": "the source says it more weakly",
    "part": "the source says a part of it",
    "not_found": "the source does not speak of it",
    "quote_missing": "the quotation does not stand in the source",
    "no_text": "no text of the source is at hand",
    "not_in_excerpt": "not in the part of the source that is at hand",
    "unsure": "close, but not settled by this checker: for a judge or a person",
    "unknown_source": "no source has this number",
}


class Thresholds(NamedTuple):
    """Where the probability of a support model settles a claim."""

    sure: float
    """From here on a claim without conflicts is supported."""
    keep: float
    """Below, even a claim copied from the source is left open."""
    low: float
    """Below, and with few words shared, the source does not speak of it."""


class Signs(NamedTuple):
    """What was found about a claim in a text, for the table."""

    scope: Scope
    coverage: float = 0.0
    """c: share of the claim's weight in the best passage."""
    beside: float = 0.0
    """The same without the words in conflict."""
    conflicts: tuple[Conflict, ...] = ()
    verbatim: bool = False
    quote_lost: bool = False
    copied: bool = False
    """One sentence carries the claim, in the same order."""
    probability: float | None = None
    thresholds: Thresholds | None = None
    judged: Verdict | None = None
    doubtful: bool = False
    """A reworded claim and its likeliest sentence differ in a way that words do not settle: not for the model alone."""
    in_part: bool = False
    """One clause is carried and another is not found."""


class Decision(NamedTuple):
    """A verdict and its reason."""

    verdict: Verdict
    reason: str


def decide(signs: Signs) -> Decision:
    """Return the first row of the table that fits."""
    if signs.scope is Scope.NONE:
        return Decision(Verdict.NOT_CHECKABLE, "no_text")
    if signs.verbatim:
        return Decision(Verdict.SUPPORTED, "stated")
    if signs.quote_lost:
        return Decision(Verdict.NOT_SUPPORTED, "quote_missing")
    return _by_facts(signs) or _by_support(signs) or _by_judge(signs) or _left(signs)


def _by_facts(signs: Signs) -> Decision | None:
    kinds = {conflict.kind for conflict in signs.conflicts}
    if signs.beside < ALIGNED:
        return None
    if kinds & HARD and not _at_least(signs, "sure"):
        return Decision(Verdict.CONTRADICTED, "conflict")
    if kinds & SOFT and not kinds & HARD:
        return Decision(Verdict.PARTIALLY_SUPPORTED, "overstated")
    return None


def _by_support(signs: Signs) -> Decision | None:
    if signs.conflicts or signs.judged not in {None, Verdict.SUPPORTED}:
        return None
    if signs.copied and (signs.probability is None or _at_least(signs, "keep")):
        return Decision(Verdict.SUPPORTED, "stated")
    return Decision(Verdict.SUPPORTED, "reworded") if _at_least(signs, "sure") and not signs.doubtful else None


def _by_judge(signs: Signs) -> Decision | None:
    if signs.judged is None or (signs.judged is Verdict.SUPPORTED and signs.conflicts):
        return None
    if signs.judged is Verdict.NOT_SUPPORTED and signs.scope is not Scope.FULL_TEXT:
        return Decision(Verdict.NOT_CHECKABLE, "not_in_excerpt")
    return Decision(signs.judged, "judged")


def _left(signs: Signs) -> Decision:
    if signs.in_part:
        return Decision(Verdict.PARTIALLY_SUPPORTED, "part")
    if signs.coverage < ABSENT and not _at_least(signs, "low" if signs.coverage else "keep"):
        if signs.scope is Scope.FULL_TEXT:
            return Decision(Verdict.NOT_SUPPORTED, "not_found")
        return Decision(Verdict.NOT_CHECKABLE, "not_in_excerpt")
    return Decision(Verdict.NOT_CHECKABLE, "unsure")


def _at_least(signs: Signs, threshold: str) -> bool:
    """Say whether a support model ran and its probability reaches a threshold."""
    if signs.probability is None or signs.thresholds is None:
        return False
    reached: float = getattr(signs.thresholds, threshold)
    return signs.probability >= reached


def overall(checks: Sequence[Check]) -> Decision:
    """Return the verdict on a sentence from those on its citations.

    One source that contradicts outweighs all; else the best verdict counts, a sound answer before an open one.
    """
    order = (
        Verdict.CONTRADICTED,
        Verdict.SUPPORTED,
        Verdict.PARTIALLY_SUPPORTED,
        Verdict.NOT_CHECKABLE,
        Verdict.NOT_SUPPORTED,
    )
    best = min(checks, key=lambda item: order.index(item.verdict))
    return Decision(best.verdict, best.reason)
