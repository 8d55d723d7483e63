"""Findings about the sources themselves: another work, a retraction, a correction, a dead link."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipeline.records import Currency, Fetched, Finding, Notice, Provenance, Scope, Severity, Source, Standing, WhyNot
from pipeline.stages.classify import finding

_GRAVE = {
    "retraction": ("retracted", Severity.ERROR, "is retracted"),
    "concern": ("concern", Severity.WARNING, "is under an expression of concern"),
    "correction": ("corrected", Severity.INFO, "has been corrected"),
}


def findings(
    sources: Sequence[Source], fetched: Iterable[Fetched], standings: Iterable[Standing], records: Iterable[Provenance]
) -> list[Finding]:
    """Return what a reviewer should know of the sources, whatever the sentences say."""
    numbers = {source.id: number for number, source in enumerate(sources, 1)}
    cited = {number for record in records for number in record.numbers}
    by_id = {source.id: source for source in sources}
    found = []
    for item in fetched:
        found += _identity(numbers[item.source_id], by_id[item.source_id], item)
    for standing in standings:
        if standing.source_id in numbers:
            number = numbers[standing.source_id]
            found += _standing(number, by_id[standing.source_id], standing, number in cited)
    return found


def _identity(number: int, source: Source, fetched: Fetched) -> list[Finding]:
    if fetched.why_not is WhyNot.ANOTHER_WORK:
        text = f"[{number}] what was found is not the cited work: {fetched.detail}"
        return [finding("another_work", Severity.ERROR, text, source_id=source.id)]
    snapshot = fetched.snapshot
    if snapshot and snapshot.provider and snapshot.scope is Scope.FULL_TEXT and snapshot.identity and snapshot.identity.same is None:
        text = f"[{number}] nothing in the text says that it is the cited work: {snapshot.origin}"
        return [finding("identity_unknown", Severity.WARNING, text, source_id=source.id)]
    return []


def _standing(number: int, source: Source, standing: Standing, cited: bool) -> list[Finding]:
    made = [_notice(number, source, notice, cited) for notice in standing.notices]
    if standing.why_not is WhyNot.DEAD:
        text = f"[{number}] its address is dead, not found on several days: {standing.detail}"
        made.append(finding("dead_link", Severity.WARNING, text, source_id=source.id))
    if standing.currency is Currency.DRIFTED:
        text = f"[{number}] its text has changed where it is quoted; the sentences that cite it were checked against the new text"
        made.append(finding("drifted", Severity.INFO, text, source_id=source.id))
    return made


def _notice(number: int, source: Source, notice: Notice, cited: bool) -> Finding:
    rule, severity, what = _GRAVE[notice.kind]
    if notice.kind in source.accept or not cited:
        severity = Severity.INFO
    known = "; accepted in sources.yaml" if notice.kind in source.accept else ""
    date = f", {notice.date}" if notice.date else ""
    text = f"[{number}] {what} ({notice.label} {notice.DOI}{date}{known}): {source.title}"
    return finding(rule, severity, text, source_id=source.id)
