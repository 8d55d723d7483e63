"""An article in pieces, each with its provenance. Offsets are Unicode code points, half open: `text[start:end]`."""

from __future__ import annotations

import datetime as dt

from pydantic import Field

from pipeline.records.base import Record, Slug
from pipeline.records.rates import Rates
from pipeline.records.scales import BlockKind, Label, Located, Scope, Severity, Verdict
from pipeline.records.source import Fetched, Source, Standing


class Marker(Record):
    """A printed label: source numbers, or `LLM`."""

    start: int
    end: int
    numbers: tuple[int, ...] = ()
    llm: bool = False
    unknown: tuple[str, ...] = ()
    """Names that no source of the list has, as `smith` of `[^smith]`."""


class Block(Record):
    """A paragraph, list item, table cell, caption, call-out or heading of an article."""

    kind: BlockKind
    start: int
    end: int
    """Span in the article's Markdown."""
    section: str = ""
    """Nearest heading above."""
    level: int = 0
    row: str = ""
    column: str = ""
    """Heading of the row and column, for a table cell."""


class Sentence(Record):
    """A span of a block, the unit that carries provenance."""

    id: str
    block: int
    """Index of its block."""
    start: int
    end: int
    """Span in the article's Markdown, markers included."""
    text: str
    """Plain text without markers."""
    markers: tuple[Marker, ...] = ()
    """Spans in the article's Markdown."""
    label: Label | None = None
    """Set by the classify stage."""

    @property
    def numbers(self) -> tuple[int, ...]:
        """Return the cited source numbers, in order, each once."""
        return tuple(dict.fromkeys(number for marker in self.markers for number in marker.numbers))


class Evidence(Record):
    """A passage quoted for a sentence: `snapshot_text[start:end] == exact`."""

    source_id: Slug
    text_sha256: str
    start: int
    end: int
    exact: str
    prefix: str = ""
    suffix: str = ""
    located: Located = Located.EXACT
    place: str = ""
    """Where the passage stands in the document: page, time code, section."""


class Conflict(Record):
    """A mechanical disagreement between a sentence and the passage aligned with it."""

    kind: str
    claim: str
    """What the sentence says; empty where it leaves out what the source says."""
    source: str
    """What the passage says; empty where it says nothing of the kind."""

    def __str__(self) -> str:
        kind = self.kind.replace("_", " ")
        if not (self.claim or self.source):
            return kind
        if self.kind.endswith("_unclear") and not (self.claim and self.source):
            return f"{kind}: “{self.claim or self.source}” in the {'sentence' if self.claim else 'source'} alone"
        if not self.claim:
            return f"{kind} left out: {self.source}"
        return f"{kind}: {self.claim} ≠ {self.source}" if self.source else f"{kind}: {self.claim} is not in the source"


class Judgement(Record):
    """What a judge said of one sentence and one source, and whether it counts."""

    by: str
    """Model and prompt."""
    question_sha256: str
    """Hash of the claim, its context and the passages that the judge was shown."""
    verdict: Verdict
    quotes: tuple[str, ...] = ()
    counts: bool
    """Whether every quote stands in the source, and numbers and names in the quotes."""
    why_not: str = ""


class Check(Record):
    """One sentence against one cited source."""

    number: int
    source_id: Slug | None
    scope: Scope
    verdict: Verdict
    reason: str
    """One of the reasons of `checking.verdicts`."""
    score: float | None = None
    """Support score in [0, 1]."""
    conflicts: tuple[Conflict, ...] = ()
    lacking: tuple[str, ...] = ()
    """The parts of a compound sentence that the source does not carry."""
    evidence: Evidence | None = None
    judgement: Judgement | None = None
    """What a judge said, where one was asked and answered."""


class Provenance(Record):
    """Where one sentence came from and what the check of it said."""

    sentence_id: str
    label: Label
    numbers: tuple[int, ...] = ()
    checks: tuple[Check, ...] = ()
    verdict: Verdict | None = None
    """None for an LLM sentence: nothing is claimed of a source."""
    reason: str = ""
    together: tuple[int, ...] = ()
    """The sources that support it only together, none of which can be left out."""
    written: str = ""
    """Who wrote the sentence: a writer, with the prompt and its hash where it is a model; empty for an article that was given."""


class Finding(Record):
    """Something that a reviewer should look at."""

    id: str
    rule: str
    severity: Severity
    message: str
    sentence_id: str | None = None
    source_id: str | None = None
    evidence: Evidence | None = None


class Repair(Record):
    """One step that changed a failed sentence."""

    sentence_id: str
    action: str
    """`other_passage`, `other_source`, `rewrite`, `tag_llm` or `delete`."""
    before: str
    after: str
    reason: str
    round: int = 1
    apart: tuple[int, int, int] | None = None
    """For `other_passage`: the source's number, and the span of the passage that the sentence is no longer held against."""


class Edition(Record):
    """An article with everything known about it; what a published version freezes."""

    slug: Slug
    title: str
    kind: str = ""
    discipline: str = ""
    tradition: str = ""
    see_also: tuple[str, ...] = ()
    markdown: str
    sources: tuple[Source, ...]
    fetched: tuple[Fetched, ...]
    standings: tuple[Standing, ...] = ()
    """What the last look at each source said, for those that were looked at."""
    blocks: tuple[Block, ...]
    sentences: tuple[Sentence, ...]
    provenance: tuple[Provenance, ...]
    findings: tuple[Finding, ...]
    repairs: tuple[Repair, ...] = ()
    writer: str
    """Who drafted: `extractive 1`, a model id, or `given` for an article that was only checked."""
    checker: str
    """Name and version of the checker."""
    rates: Rates | None = None
    """How often this checker is wrong; None where nobody measured it."""


class Version(Record):
    """The entry of a published edition in the ledger."""

    slug: Slug
    number: str = Field(pattern=r"^[0-9]+\.[0-9]+$")
    published_at: dt.datetime
    inputs_sha256: str
    """Hash of everything the edition was made from."""
    edition_sha256: str
    """Blob that holds the edition."""
    because: tuple[str, ...] = ()
    """What had changed since the version before."""
    inputs: tuple[tuple[str, str], ...] = ()
    """Name and hash of each input, so that the next run can say what changed."""
