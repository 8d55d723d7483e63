"""Verify: every citation against the text of its source, and every LLM sentence against all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pipeline.checking.checker import Checker, checker
from pipeline.checking.evidence import NOTHING, Held, blanked
from pipeline.checking.judge import Collecting, ReadsAhead
from pipeline.checking.passages import prepared
from pipeline.checking.support import inputs
from pipeline.checking.verdicts import MEANING, Decision, overall
from pipeline.records import (
    BlockKind,
    Check,
    Fetched,
    Finding,
    Label,
    Provenance,
    Record,
    Scope,
    Sentence,
    Severity,
    Snapshot,
    Source,
    Verdict,
)
from pipeline.stages.classify import finding
from pipeline.stages.split import SplitResult
from pipeline.text import content_stems

Span = tuple[int, int]
_ABOUT = frozenset({Scope.LANDING_PAGE, Scope.METADATA})
_JUDGED = {
    Verdict.CONTRADICTED: ("contradicted", Severity.ERROR),
    Verdict.NOT_SUPPORTED: ("not_supported", Severity.ERROR),
    Verdict.PARTIALLY_SUPPORTED: ("part", Severity.WARNING),
}
_FEWEST = 5  # content words: a shorter LLM sentence says too little to be found in a source


Apart = Mapping[tuple[str, int], Span]
"""Passages against which a claim is not held, by claim and source number: another one of the same source states it (see `repair`)."""


class VerifyResult(Record):
    """A provenance record for every sentence, and findings on what the sources say."""

    provenance: tuple[Provenance, ...]
    findings: tuple[Finding, ...]


class Library:
    """The sources of an article by number, with their snapshots and texts."""

    def __init__(
        self, sources: Sequence[Source], fetched: Sequence[Fetched], read: Callable[[str], str], by: Checker | None = None
    ) -> None:
        """`read` returns a text by its sha256; `by` is who checks, the rules and the embedded model unless said otherwise."""
        self.apart: Apart = {}
        self.checker = checker() if by is None else by
        self.sources = dict(enumerate(sources, 1))
        held = {item.source_id: item.snapshot for item in fetched if item.snapshot}
        self.snapshots = {number: held.get(source.id) for number, source in self.sources.items()}
        self._held = {number: Held.of(snap, read) for number, snap in self.snapshots.items() if snap}
        self.texts: Mapping[int, str] = {number: held.evidence for number, held in self._held.items()}
        """Texts without what is no evidence, at the offsets of the whole."""

    @property
    def orders(self) -> Mapping[int, Sequence[str]]:
        """Return by source number what a text says to a machine and not to a reader."""
        return {number: found for number, held in self._held.items() if (found := held.orders)}

    def main(self, *, copied: bool) -> Mapping[int, str]:
        """Return the texts that an article may be drafted from: those of works, not those about them.

        `copied` is whether the writer copies sentences: a text that a person owns may be drawn on, but not copied out.
        """
        usable = {number for number, snap in self.snapshots.items() if snap and _is_usable(snap, copied)}
        return {number: held.main for number, held in self._held.items() if number in usable}

    def check(self, claim: str, number: int, *, context: str = "", by: Checker | None = None, apart: Span | None = None) -> Check:
        """Check a claim against the source of that number; `context` is what the claim may refer back to, `apart` a span to leave out."""
        source = self.sources.get(number)
        if source is None:
            return Check(number=number, source_id=None, scope=Scope.NONE, verdict=Verdict.NOT_CHECKABLE, reason="unknown_source")
        held, cut = self._held.get(number, NOTHING), apart or self.apart.get((claim, number))
        if cut:
            held = held._replace(evidence=blanked(held.evidence, [cut]))
        return (by or self.checker).check(claim, number, source, self.snapshots[number], held, context=context)

    def places(self, claim: str, number: int, most: int = 2) -> list[str]:
        """Return the places of a source that speak most of a claim; none where it has no text."""
        text = self.texts.get(number, "")
        return [found.text for found in inputs(claim, prepared(text))[:most]] if text.strip() else []

    def stating(self, claim: str, wanted: Verdict, *, beside: Sequence[int] = ()) -> Check | None:
        """Return the check of the first source, other than `beside`, to which the rules alone give the wanted verdict."""
        for number in self.texts:
            if number not in beside and (found := self.check(claim, number, by=self.checker.by_rules)).verdict is wanted:
                return found
        return None


def _is_usable(snapshot: Snapshot, copied: bool) -> bool:
    owned = snapshot.private and not snapshot.stated_by
    return snapshot.scope not in _ABOUT and not (copied and owned)


def verify(result: SplitResult, sentences: Sequence[Sentence], library: Library, step: Callable[[str], None]) -> VerifyResult:
    """Check all sentences; claims are compared by their own words, without the marker."""
    records: list[Provenance] = []
    findings: list[Finding] = []
    contexts = _contexts(result, sentences)
    _read_ahead(sentences, library, contexts, step)
    for sentence in sentences:
        step(sentence.id)
        if sentence.label is Label.CITED:
            record = _cited(sentence, library, contexts[sentence.id])
            found = _of_cited(sentence, record, library)
            findings += _silent(sentence, record)
        else:
            record = Provenance(sentence_id=sentence.id, label=Label.LLM)
            example = result.blocks[sentence.block].kind is BlockKind.CALLOUT
            found = None if example else _of_llm(sentence, library)
        records.append(record)
        findings += [found] if found else []
    return VerifyResult(provenance=tuple(records), findings=(*findings, *_without_text(records, library), *_ordering(library)))


def _ordering(library: Library) -> list[Finding]:
    """Return a finding for each source that gives orders to a machine: nothing rests on them, and a person should know."""
    found = []
    for number, said in library.orders.items():
        source = library.sources[number]
        text = f"[{number}] speaks to a machine in {len(said)} place{'s' * (len(said) > 1)}, which count as no evidence: “{said[0][:200]}”"
        found.append(finding("orders", Severity.WARNING, text, source_id=source.id))
    return found


def _read_ahead(sentences: Sequence[Sentence], library: Library, contexts: Mapping[str, str], step: Callable[[str], None]) -> None:
    """Let a judge that is better asked at once read all questions of the article: the cheap layers run first, to find them."""
    judge = library.checker.judge
    if judge is None or not isinstance(judge, ReadsAhead):
        return
    collecting = Collecting(judge.name)
    by = library.checker._replace(judge=collecting)
    for sentence in sentences:
        if sentence.label is Label.CITED:
            step(sentence.id)
            _checks(sentence, library, contexts[sentence.id], by)
    judge.read(list(collecting.questions.values()))


def _without_text(records: Sequence[Provenance], library: Library) -> list[Finding]:
    """Return one finding for each source that is cited and has no text, whatever number of sentences rest on it."""
    found = []
    for number, source in library.sources.items():
        resting = sum(number in record.numbers for record in records)
        if resting and not library.snapshots[number]:
            cite = "1 sentence cites" if resting == 1 else f"{resting} sentences cite"
            text = f"{cite} [{number}], of which no text is at hand: {source.title}"
            found.append(finding("no_text", Severity.INFO, text, source_id=source.id))
    return found


def _contexts(result: SplitResult, sentences: Sequence[Sentence]) -> dict[str, str]:
    """Return what each sentence may refer back to: the one before it in its block, and the heading above."""
    found: dict[str, str] = {}
    for before, sentence in zip((None, *sentences), sentences, strict=False):
        block = result.blocks[sentence.block]
        told = before.text if before and before.block == sentence.block else ""
        found[sentence.id] = " ".join(filter(None, (told, block.section, block.row, block.column)))
    return found


def _cited(sentence: Sentence, library: Library, context: str) -> Provenance:
    checks = _checks(sentence, library, context)
    verdict, reason = overall(checks)
    settled = verdict in {Verdict.SUPPORTED, Verdict.CONTRADICTED}
    together = () if settled else library.checker.together(sentence.text, checks)
    if together:
        verdict, reason = Decision(Verdict.SUPPORTED, "together")
    return Provenance(
        sentence_id=sentence.id,
        label=Label.CITED,
        numbers=sentence.numbers,
        checks=checks,
        verdict=verdict,
        reason=reason,
        together=together,
    )


def _checks(sentence: Sentence, library: Library, context: str, by: Checker | None = None) -> tuple[Check, ...]:
    """Check a sentence against each of its sources."""
    unknown = any(marker.unknown for marker in sentence.markers)  # a name that the list does not have counts as number 0
    return tuple(library.check(sentence.text, number, context=context, by=by) for number in (*sentence.numbers, *(0,) * unknown))


def _of_cited(sentence: Sentence, record: Provenance, library: Library) -> Finding | None:
    """Return the finding on a cited sentence, worst verdict first."""
    if record.verdict is Verdict.SUPPORTED:
        return None
    worst = next(item for item in record.checks if (item.verdict, item.reason) == (record.verdict, record.reason))
    if worst.reason == "unknown_source":  # said by the classify stage
        return None
    if worst.reason in {"not_found", "unsure", "not_in_excerpt", "no_text"}:
        other = library.stating(sentence.text, Verdict.SUPPORTED, beside=sentence.numbers)
        if other:
            text = f"[{worst.number}] does not state it, but [{other.number}] does: {sentence.text}"
            return _finding("wrong_source", Severity.ERROR, text, sentence, other)
    if worst.reason == "no_text":  # said once for each source
        return None
    rule, severity = {
        "conflict": ("contradicted", Severity.ERROR),
        "quote_missing": ("quote_missing", Severity.ERROR),
        "not_found": ("not_supported", Severity.ERROR),
        "overstated": ("overstated", Severity.WARNING),
        "part": ("part", Severity.WARNING),
        "judged": _JUDGED.get(worst.verdict, ("not_checkable", Severity.INFO)),
    }.get(worst.reason, ("not_checkable", Severity.INFO))
    said = worst.judgement.quotes[:1] if worst.judgement and worst.reason == "judged" else ()
    told = "; ".join([*map(str, worst.conflicts), *(f"not in the source: {part}" for part in worst.lacking), *(f"“{q}”" for q in said)])
    text = f"[{worst.number}] {MEANING[worst.reason]}{f' ({told})' if told else ''}: {sentence.text}"
    return _finding(rule, severity, text, sentence, worst)


def _silent(sentence: Sentence, record: Provenance) -> list[Finding]:
    """Return a finding for each citation that does not speak of a sentence which another one supports."""
    silent = [item for item in record.checks if record.verdict is Verdict.SUPPORTED and item.verdict is Verdict.NOT_SUPPORTED]
    return [
        _finding("silent_source", Severity.WARNING, f"[{item.number}] {MEANING[item.reason]}: {sentence.text}", sentence, item)
        for item in silent
    ]


def _of_llm(sentence: Sentence, library: Library) -> Finding | None:
    """Return a finding where a listed source states, or denies, what an LLM sentence says."""
    if len(content_stems(sentence.text)) < _FEWEST:
        return None
    stated = library.stating(sentence.text, Verdict.SUPPORTED)
    if stated:
        return _finding(
            "citable",
            Severity.WARNING,
            f"tagged LLM, but [{stated.number}] states it: {sentence.text}",
            sentence,
            stated,
        )
    denied = library.stating(sentence.text, Verdict.CONTRADICTED)
    if denied and (denied.score or 0) >= 0.15:
        text = f"tagged LLM, but [{denied.number}] says otherwise: {sentence.text}"
        return _finding("llm_contradicted", Severity.WARNING, text, sentence, denied)
    return None


def _finding(rule: str, severity: Severity, text: str, sentence: Sentence, of: Check) -> Finding:
    made = finding(rule, severity, text, sentence_id=sentence.id, source_id=of.source_id)
    return made.model_copy(update={"evidence": of.evidence})
