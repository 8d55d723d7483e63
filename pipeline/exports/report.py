"""The verification report: what was found, what it rests on, and what was not checked."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TypeVar

from pipeline.exports.page import Listed, listed
from pipeline.exports.trust import citations, trust
from pipeline.exports.words import RISK, html_templates, markdown_templates, meaning, plural
from pipeline.records import (
    Attempt,
    BlockKind,
    Check,
    Citations,
    Conflict,
    Currency,
    Edition,
    Evidence,
    Finding,
    Judgement,
    Label,
    Located,
    Provenance,
    Rates,
    Record,
    Repair,
    Scope,
    Sentence,
    Severity,
    Standing,
    Verdict,
    Version,
    WhyNot,
)

Value = TypeVar("Value")
_SILENT = frozenset({BlockKind.HEADING, BlockKind.TABLE_HEAD, BlockKind.CODE, BlockKind.FURNITURE})


class SourceLine(Record):
    """A source and how much of it was at hand."""

    number: int
    id: str
    title: str
    link: str | None
    tier: str | None
    scope: Scope
    why_not: WhyNot | None
    detail: str
    characters: int
    """Length of the text at hand."""
    cited: int
    """Sentences that cite it."""
    origin: str
    """Where the text came from; empty where there is none."""
    provider: str
    licence: str | None
    fetched_at: dt.datetime | None
    identity: str
    """Why the text counts as the cited work."""
    attempts: tuple[Attempt, ...]
    currency: Currency = Currency.UNCHECKED
    standing: Standing | None = None


class Available(Record):
    """Scale 1, of sources: how much of each was at hand, and why no more."""

    scope: dict[Scope, int]
    why_not: dict[WhyNot, int]


class Places(Record):
    """Scale 2, of citations: whether the passage quoted for one stands in the snapshot."""

    evidence: dict[Located, int]
    without_passage: int


class CheckLine(Record):
    """One sentence against one of its sources."""

    number: int
    title: str
    scope: Scope
    verdict: Verdict
    reason: str
    meaning: str
    score: float | None
    conflicts: tuple[Conflict, ...]
    lacking: tuple[str, ...]
    """The parts of a compound sentence that the source does not carry."""
    evidence: Evidence | None
    judgement: Judgement | None = None
    """What a judge said, and whether it counts."""


class CitedSentence(Record):
    """A sentence that claims a source, with its checks."""

    id: str
    section: str
    text: str
    numbers: tuple[int, ...]
    verdict: Verdict
    reason: str
    meaning: str
    together: tuple[int, ...]
    """The sources that support it only together."""
    checks: tuple[CheckLine, ...]


class LlmSentence(Record):
    """A sentence that claims no source."""

    id: str
    section: str
    text: str
    tagged: bool
    """Whether the article says so itself."""


class Report(Record):
    """The report of one edition; the same data in HTML, Markdown and JSON."""

    slug: str
    title: str
    version: str | None
    published_at: dt.datetime | None
    because: tuple[str, ...]
    writer: str
    checker: str
    rates: Rates | None
    """How often this checker is wrong, where that was measured."""
    citations: Citations
    labels: dict[Label, int]
    available: Available
    located: Places
    supported: dict[Verdict, int]
    """Scale 3, of cited sentences. `not_checkable` is counted apart and never as `not_supported`."""
    current: dict[Currency, int]
    """Scale 4, of sources."""
    severities: dict[Severity, int]
    rules: dict[str, int]
    trust: tuple[str, ...]
    """Citation recall and precision, and how often the checker is wrong, in words."""
    what_was_not_checked: tuple[str, ...]
    sources: tuple[SourceLine, ...]
    findings: tuple[Finding, ...]
    repairs: tuple[Repair, ...]
    cited: tuple[CitedSentence, ...]
    """By risk, a contradicted sentence first."""
    llm: tuple[LlmSentence, ...]


def report(edition: Edition, version: Version | None) -> Report:
    """Return the report of an edition; `version` is None for a draft."""
    sources = tuple(_source(item) for item in listed(edition))
    cited = _cited(edition)
    findings = _findings(edition)
    checks = [check for record in edition.provenance for check in record.checks]
    return Report(
        slug=edition.slug,
        title=edition.title,
        version=version.number if version else None,
        published_at=version.published_at if version else None,
        because=version.because if version else (),
        writer=edition.writer,
        checker=edition.checker,
        rates=edition.rates,
        citations=citations(edition),
        labels=_tally(Label, (record.label for record in edition.provenance)),
        available=Available(
            scope=_tally(Scope, (source.scope for source in sources)),
            why_not=dict(Counter(source.why_not for source in sources if source.why_not)),
        ),
        located=_places(checks),
        supported=_tally(RISK, (item.verdict for item in cited)),
        current=_tally(Currency, (source.currency for source in sources)),
        severities=_tally(reversed(Severity), (item.severity for item in findings)),
        rules=dict(Counter(item.rule for item in findings)),
        trust=trust(citations(edition), edition.rates, edition.checker, _judged(edition)),
        what_was_not_checked=_not_checked(edition, sources, checks),
        sources=sources,
        findings=findings,
        repairs=edition.repairs,
        cited=cited,
        llm=_llm(edition),
    )


def report_html(report: Report) -> str:
    """Return the report as one self-contained HTML file without scripts."""
    numbers = {source.id: source.number for source in report.sources}
    return html_templates().get_template("report.html.j2").render(report=report, numbers=numbers)


def report_markdown(report: Report) -> str:
    """Return the report as Markdown."""
    return markdown_templates().get_template("report.md.j2").render(report=report)


def _tally(scale: Iterable[Value], values: Iterable[Value]) -> dict[Value, int]:
    """Count values, with a zero for those of the scale that do not occur."""
    seen = Counter(values)
    return {value: seen[value] for value in scale}


def _source(item: Listed) -> SourceLine:
    snapshot = item.fetched.snapshot
    return SourceLine(
        number=item.number,
        id=item.source.id,
        title=item.source.title,
        link=item.link,
        tier=item.source.tier,
        scope=item.fetched.scope,
        why_not=item.fetched.why_not,
        detail=item.fetched.detail,
        characters=snapshot.characters if snapshot else 0,
        cited=item.cited,
        origin=snapshot.origin if snapshot else "",
        provider=snapshot.provider if snapshot else "",
        licence=snapshot.licence if snapshot else None,
        fetched_at=snapshot.fetched_at if snapshot else None,
        identity=snapshot.identity.reason if snapshot and snapshot.identity else "",
        attempts=item.fetched.attempts,
        currency=item.currency,
        standing=item.standing,
    )


def _places(checks: Iterable[Check]) -> Places:
    held = [check.evidence for check in checks]
    return Places(
        evidence=_tally(Located, (evidence.located for evidence in held if evidence)),
        without_passage=held.count(None),
    )


def _cited(edition: Edition) -> tuple[CitedSentence, ...]:
    titles = {number: source.title for number, source in enumerate(edition.sources, 1)}
    found = [
        _cited_sentence(edition, sentence, record, titles) for sentence, record in _with_records(edition) if record.label is Label.CITED
    ]
    return tuple(sorted(found, key=lambda item: RISK.index(item.verdict)))


def _cited_sentence(edition: Edition, sentence: Sentence, record: Provenance, titles: dict[int, str]) -> CitedSentence:
    return CitedSentence(
        id=sentence.id,
        section=edition.blocks[sentence.block].section,
        text=sentence.text,
        numbers=record.numbers,
        verdict=record.verdict or Verdict.NOT_CHECKABLE,
        reason=record.reason,
        meaning=meaning(record.reason),
        together=record.together,
        checks=tuple(_check(check, titles) for check in record.checks),
    )


def _check(check: Check, titles: dict[int, str]) -> CheckLine:
    return CheckLine(
        number=check.number,
        title=titles.get(check.number, "not in the list of sources"),
        scope=check.scope,
        verdict=check.verdict,
        reason=check.reason,
        meaning=meaning(check.reason),
        score=check.score,
        conflicts=check.conflicts,
        lacking=check.lacking,
        evidence=check.evidence,
        judgement=check.judgement,
    )


def _judged(edition: Edition) -> int:
    """Return how many citations a judge settled."""
    return sum(check.reason == "judged" for record in edition.provenance for check in record.checks)


def _llm(edition: Edition) -> tuple[LlmSentence, ...]:
    return tuple(
        LlmSentence(
            id=sentence.id,
            section=edition.blocks[sentence.block].section,
            text=sentence.text,
            tagged=any(marker.llm for marker in sentence.markers),
        )
        for sentence, record in _with_records(edition)
        if record.label is Label.LLM
    )


def _with_records(edition: Edition) -> list[tuple[Sentence, Provenance]]:
    records = {record.sentence_id: record for record in edition.provenance}
    return [(sentence, records[sentence.id]) for sentence in edition.sentences if sentence.id in records]


def _findings(edition: Edition) -> tuple[Finding, ...]:
    """Return the findings, errors first, then by rule and by place in the article."""
    place = {sentence.id: index for index, sentence in enumerate(edition.sentences)}
    last = len(place)
    return tuple(sorted(edition.findings, key=lambda f: (-f.severity.rank, f.rule, place.get(f.sentence_id or "", last))))


def _not_checked(edition: Edition, sources: Sequence[SourceLine], checks: Sequence[Check]) -> tuple[str, ...]:
    """Return what the verdicts do not cover, one line for each reason."""
    lines = [*_open_citations(checks), *_excerpts(checks)]
    uncited = [source.number for source in sources if not source.cited]
    if uncited:
        lines.append(f"{plural(len(uncited), 'listed source')} never cited, so never compared: {_numbers(uncited)}.")
    llm = sum(record.label is Label.LLM for record in edition.provenance)
    if llm:
        lines.append(f"{plural(llm, 'LLM sentence')} without a source: the truth of what is said was not checked.")
    silent = sum(block.kind in _SILENT for block in edition.blocks)
    if silent:
        blocks = plural(silent, "heading, code block or part of the page", "headings, code blocks and parts of the page (banner, forms)")
        lines.append(f"{blocks}: carry no label, not checked.")
    return (*lines, *_standings(sources))


def _standings(sources: Sequence[SourceLine]) -> list[str]:
    """Say of which sources nobody has looked whether they still stand, and of which the look failed."""
    never = [source.number for source in sources if source.standing is None]
    failed = [source.number for source in sources if source.standing and source.currency is Currency.UNCHECKED]
    lines = []
    if never:
        what = "whether it still stands (changed, corrected, retracted) was not looked at; “sourcemark sources refresh” looks"
        lines.append(f"{plural(len(never), 'source')}: {what}: {_numbers(never)}.")
    if failed:
        lines.append(f"{plural(len(failed), 'source')}: looked at, and could not be checked: {_numbers(failed)}.")
    return lines


def _open_citations(checks: Sequence[Check]) -> list[str]:
    """Say how many citations could not be checked, by reason and with the sources concerned."""
    found = [check for check in checks if check.verdict is Verdict.NOT_CHECKABLE]
    by_reason = Counter(check.reason for check in found)
    return [
        f"{plural(count, 'citation')} could not be checked: {meaning(reason)} "
        f"({_numbers(check.number for check in found if check.reason == reason)})."
        for reason, count in by_reason.most_common()
    ]


def _excerpts(checks: Sequence[Check]) -> list[str]:
    """Say how many citations were compared with less than the full text."""
    names = {Scope.EXCERPT: "an excerpt", Scope.ABSTRACT: "the abstract", Scope.LANDING_PAGE: "a landing page", Scope.METADATA: "metadata"}
    seen = Counter(check.scope for check in checks)
    return [
        f"{plural(seen[scope], 'citation')} compared with {name} only: the full text was not at hand."
        for scope, name in names.items()
        if seen[scope]
    ]


def _numbers(numbers: Iterable[int]) -> str:
    listed = sorted(set(numbers))
    return f"source{'s' * (len(listed) > 1)} {', '.join(str(number) for number in listed)}"
