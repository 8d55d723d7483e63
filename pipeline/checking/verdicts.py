"""The verdict on one sentence against one source: located, facts, support and scope, in one table.

First row that fits:

| scope     | facts                                   | coverage c | verdict             | reason         |
|-----------|-----------------------------------------|------------|---------------------|----------------|
| none      |                                         |            | not_checkable       | no_text        |
| any       | a sentence of the source, word for word |            | supported           | stated         |
| any       | quotation not in the text               |            | not_supported       | quote_missing  |
| any       | a hard conflict                         | c >= 0.60  | contradicted        | conflict       |
| any       | a soft conflict                         | c >= 0.60  | partially_supported | overstated     |
| any       | none, same order                        | c >= 0.92  | supported           | stated         |
| full_text |                                         | c <  0.40  | not_supported       | not_found      |
| less      |                                         | c <  0.40  | not_checkable       | not_in_excerpt |
| any       |                                         | else       | not_checkable       | unsure         |

`unsure` is for a judge or a person: this layer has no model of meaning, and a false `supported` is the worst answer.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from pipeline.checking.facts import HARD, SOFT, conflicts
from pipeline.checking.locate import SHORTEST, context, locate
from pipeline.checking.passages import Passage, SourceText, prepared
from pipeline.records import Check, Conflict, Evidence, Located, Scope, Snapshot, Source, Structure, Verdict
from pipeline.text import content_stems, sha256

SUPPORTED = 0.92
ALIGNED = 0.60
ABSENT = 0.40
FEWEST = 2
_CARRIED = 0.85  # of the claim's weight in one sentence
_IN_ORDER = 0.75
_QUOTED = re.compile(r"“([^”]+)”|\"([^\"]+)\"")
_BLANK = "\n"  # in place of each character that is no evidence: it holds no word and ends a sentence
_QUOTE_WORDS = 4  # fewer words in quotation marks are a term, not a quotation

MEANING = {
    "stated": "the source states it",
    "conflict": "the source says otherwise",
    "overstated": "the source says it more weakly",
    "not_found": "the source does not speak of it",
    "quote_missing": "the quotation does not stand in the source",
    "no_text": "no text of the source is at hand",
    "not_in_excerpt": "not in the part of the source that is at hand",
    "unsure": "close, but not settled by this checker: for a judge or a person",
    "unknown_source": "no source has this number",
}


class Assessment(NamedTuple):
    """A verdict on a claim against a text, before it is tied to a source."""

    verdict: Verdict
    reason: str
    score: float
    conflicts: tuple[Conflict, ...] = ()
    passage: Passage | None = None


def assess(claim: str, text: str, scope: Scope = Scope.FULL_TEXT) -> Assessment:
    """Say whether `text` says what `claim` says, with the passage that speaks of it."""
    if scope is Scope.NONE or not text.strip():
        return Assessment(Verdict.NOT_CHECKABLE, "no_text", 0.0)
    source = prepared(text)
    whole = _verbatim(claim, source)
    if whole:
        return Assessment(Verdict.SUPPORTED, "stated", 1.0, (), whole)
    passage = source.best(claim)
    lost = [quote for quote in quotations(claim) if not locate(quote, text)]
    if lost:
        missing = tuple(Conflict(kind="quote", claim=quote, source="") for quote in lost)
        return Assessment(Verdict.NOT_SUPPORTED, "quote_missing", 0.0, missing, passage)
    if passage is None:
        return _absent(0.0, scope, None)
    return _compared(claim, source, passage, scope)


def _verbatim(claim: str, source: SourceText) -> Passage | None:
    """Return the one sentence of the source that is the claim, word for word; a part of a sentence may lack what limits it."""
    place = locate(claim.rstrip(" ."), source.text)
    if not place:
        return None
    first = bisect.bisect_right(source.spans, (place.start, len(source.text))) - 1
    start, end = source.spans[max(first, 0)]
    rest = source.text[place.end : end].strip(" .”\"’')")
    if first < 0 or source.text[start : place.start].strip() or place.end > end or rest:
        return None
    return Passage(start, end, 1.0, first, first + 1)


def _compared(claim: str, source: SourceText, passage: Passage, scope: Scope) -> Assessment:
    words = source.text[passage.start : passage.end]
    found = conflicts(claim, words)
    kinds = {conflict.kind for conflict in found}
    cover = _beside(claim, source, found, passage)
    if kinds & HARD and cover >= ALIGNED:
        return Assessment(Verdict.CONTRADICTED, "conflict", round(0.2 * passage.coverage, 3), found, passage)
    if kinds & SOFT and cover >= ALIGNED:
        return Assessment(Verdict.PARTIALLY_SUPPORTED, "overstated", round(0.6 * passage.coverage, 3), found, passage)
    enough = len(content_stems(claim)) >= FEWEST
    if enough and not found and cover >= SUPPORTED and _carried(claim, source, passage) and _in_order(claim, words):
        return Assessment(Verdict.SUPPORTED, "stated", round(passage.coverage, 3), (), passage)
    if passage.coverage < ABSENT:
        return _absent(passage.coverage, scope, passage)
    return Assessment(Verdict.NOT_CHECKABLE, "unsure", round(passage.coverage * (0.7 if found else 1.0), 3), found, passage)


def _carried(claim: str, source: SourceText, passage: Passage) -> bool:
    """Say whether one sentence of the passage carries the claim: words scattered over several say something else."""
    return max(source.coverage(claim, index) for index in range(passage.first, passage.last)) >= _CARRIED


def _beside(claim: str, source: SourceText, found: tuple[Conflict, ...], passage: Passage) -> float:
    """Return the coverage of what the claim says beside the words in conflict."""
    beside = frozenset(
        stem for conflict in found if conflict.kind in HARD for stem in content_stems(conflict.claim.rpartition("…")[0] or conflict.claim)
    )
    if not beside:
        return passage.coverage
    rest = source.best(claim, beside=beside)
    return rest.coverage if rest else 0.0


def _absent(score: float, scope: Scope, passage: Passage | None) -> Assessment:
    if scope is Scope.FULL_TEXT:
        return Assessment(Verdict.NOT_SUPPORTED, "not_found", round(score, 3), (), passage)
    return Assessment(Verdict.NOT_CHECKABLE, "not_in_excerpt", round(score, 3), (), passage)


def _in_order(claim: str, passage: str) -> bool:
    """Say whether the words that both share come in nearly the same order, so that no roles are swapped."""
    there = content_stems(passage)
    shared = [stem for stem in content_stems(claim) if stem in set(there)]
    return not shared or _common(shared, there) >= _IN_ORDER * len(shared)


def _common(a: list[str], b: list[str]) -> int:
    """Return the length of the longest common subsequence."""
    row = [0] * (len(b) + 1)
    for item in a:
        before = 0
        for index, other in enumerate(b):
            held = row[index + 1]
            row[index + 1] = before + 1 if item == other else max(row[index + 1], row[index])
            before = held
    return row[-1]


def quotations(claim: str) -> list[str]:
    """Return what a sentence quotes: four words and more in double quotation marks."""
    found = ["".join(match).rstrip(".,;") for match in _QUOTED.findall(claim)]
    return [quote for quote in found if len(quote.split()) >= _QUOTE_WORDS and len(quote) >= SHORTEST]


class Held(NamedTuple):
    """A source's text as it was extracted, and the same with what is no evidence blanked out, at the same offsets."""

    whole: str
    evidence: str
    structure: Structure = Structure()

    @property
    def main(self) -> str:
        """Return the evidence without what stands outside the main text of a page: what an article may be drafted from."""
        return _blanked(self.evidence, self.structure.aside)

    @classmethod
    def of(cls, snapshot: Snapshot, read: Callable[[str], str]) -> Held:
        """Return a snapshot's text; `read` returns a text by its sha256."""
        whole = read(snapshot.text_sha256)
        if not snapshot.structure_sha256:
            return cls(whole, whole)
        structure = Structure.model_validate_json(read(snapshot.structure_sha256))
        return cls(whole, _blanked(whole, structure.cut), structure)


def _blanked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    for start, end in spans:
        text = f"{text[:start]}{_BLANK * (end - start)}{text[end:]}"
    return text


NOTHING = Held("", "")


def check(claim: str, number: int, source: Source, snapshot: Snapshot | None, held: Held) -> Check:
    """Check one sentence against one of its sources; the evidence stands verbatim in the snapshot's text."""
    scope = snapshot.scope if snapshot else Scope.NONE
    found = assess(claim, held.evidence, scope)
    evidence = _evidence(found.passage, source, held) if found.passage and found.reason != "not_found" else None
    return Check(
        number=number,
        source_id=source.id,
        scope=scope,
        verdict=found.verdict,
        reason=found.reason,
        score=None if found.reason == "no_text" else found.score,
        conflicts=found.conflicts,
        evidence=evidence,
    )


def _evidence(passage: Passage, source: Source, held: Held) -> Evidence:
    prefix, suffix = context(held.whole, passage.start, passage.end)
    return Evidence(
        source_id=source.id,
        text_sha256=sha256(held.whole),
        start=passage.start,
        end=passage.end,
        exact=held.whole[passage.start : passage.end],
        prefix=prefix,
        suffix=suffix,
        located=Located.EXACT,
        place=held.structure.place(passage.start),
    )


def overall(checks: tuple[Check, ...]) -> tuple[Verdict, str]:
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
    return best.verdict, best.reason
