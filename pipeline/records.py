"""The nouns of the program as frozen records. Offsets are Unicode code points, half open: `text[start:end]`."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,79}$")]
Line = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class Scope(StrEnum):
    """How much of the work a snapshot holds."""

    FULL_TEXT = "full_text"
    ABSTRACT = "abstract"
    LANDING_PAGE = "landing_page"
    METADATA = "metadata"
    NONE = "none"


class WhyNot(StrEnum):
    """Why a source has no text."""

    NOT_GIVEN = "not_given"
    PAYWALLED = "paywalled"
    BLOCKED = "blocked"
    DEAD = "dead"
    NOT_FOUND = "not_found"
    UNSUPPORTED = "unsupported"
    TOO_LARGE = "too_large"


class Located(StrEnum):
    """Whether a quote stands in the snapshot."""

    EXACT = "exact"
    NORMALISED = "normalised"
    NOT = "not_located"


class Verdict(StrEnum):
    """Whether the source says what the sentence says."""

    SUPPORTED = "supported"
    PARTIALLY_SUPPORTED = "partially_supported"
    CONTRADICTED = "contradicted"
    NOT_SUPPORTED = "not_supported"
    NOT_CHECKABLE = "not_checkable"


class Currency(StrEnum):
    """Whether the cited work still stands as it was read; `unchecked` until somebody looked."""

    UNCHECKED = "unchecked"
    CURRENT = "current"
    DRIFTED = "drifted"
    RETRACTED = "retracted"
    CORRECTED = "corrected"


class Label(StrEnum):
    """What a sentence claims about itself."""

    CITED = "cited"
    LLM = "llm"


class Severity(StrEnum):
    """How much a finding matters, from a note to a fault."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"

    @property
    def rank(self) -> int:
        """Return 0 for info, 1 for warning, 2 for error."""
        return list(Severity).index(self)


class BlockKind(StrEnum):
    """What a block is in the article."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    TABLE_HEAD = "table_head"
    TABLE_CELL = "table_cell"
    CAPTION = "caption"
    CALLOUT = "callout"
    REFERENCE = "reference"
    FURNITURE = "furniture"
    CODE = "code"


class Stage(StrEnum):
    """The stages of a run, in order."""

    FETCH = "fetch"
    DRAFT = "draft"
    SPLIT = "split"
    CLASSIFY = "classify"
    VERIFY = "verify"
    REPAIR = "repair"
    PUBLISH = "publish"


class Record(BaseModel):
    """Base of all records: frozen, no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, use_attribute_docstrings=True, coerce_numbers_to_str=True)


class Name(Record):
    """A person or body, as CSL-JSON writes it."""

    family: str | None = None
    given: str | None = None
    literal: str | None = None

    def __str__(self) -> str:
        initials = " ".join(f"{part[0]}." for part in (self.given or "").replace("-", " ").split())
        return self.literal or ", ".join(part for part in (self.family, initials) if part)


class Source(Record):
    """One cited work: CSL-JSON metadata, tier, and where its text may be had."""

    id: Slug
    type: str = "document"
    title: Line
    author: tuple[Name, ...] = ()
    editor: tuple[Name, ...] = ()
    issued: int | None = Field(default=None, ge=1000, le=2200)
    """Year of publication."""
    container_title: str | None = Field(default=None, alias="container-title")
    publisher: str | None = None
    volume: str | None = None
    issue: str | None = None
    page: str | None = None
    DOI: str | None = None
    PMCID: str | None = None
    PMID: str | None = None
    ISBN: str | None = None
    URL: str | None = None
    tier: str | None = Field(default=None, pattern=r"^T[1-9]$")
    """`T1` is the best evidence; given by a person, never by a source."""
    text: str | None = None
    """Where the text is: a path below the article's folder, or an http(s) address."""
    scope: Scope = Scope.FULL_TEXT
    """What `text` holds of the work."""
    note: str | None = None

    @property
    def reference(self) -> str:
        """Return the printed reference, made from the fields alone."""
        people = self.author or self.editor
        names = ", ".join(str(name) for name in people) + (" (Eds.)" if people and not self.author else "")
        year = f"({self.issued})." if self.issued else ""
        held = " ".join(part for part in (self.container_title, self.volume) if part)
        where = ", ".join(part for part in (held, self.page, self.publisher) if part)
        head = f"{names.rstrip('.')}." if names else ""
        title = self.title if self.title.endswith((".", "?", "!")) else f"{self.title}."
        return " ".join(part for part in (head, year, title, f"{where}." if where else "") if part)

    @property
    def link(self) -> str | None:
        """Return the address of the work from DOI, PMCID or URL."""
        if self.DOI:
            return f"https://doi.org/{self.DOI}"
        if self.PMCID:
            return f"https://pmc.ncbi.nlm.nih.gov/articles/{self.PMCID}/"
        return self.URL if self.URL and self.URL.startswith(("https://", "http://")) else None


class Snapshot(Record):
    """An immutable fetched copy of a source."""

    source_id: Slug
    origin: str
    """The path or address it came from."""
    fetched_at: dt.datetime
    headers: tuple[tuple[str, str], ...] = ()
    media_type: str
    size: int
    """Bytes as received."""
    bytes_sha256: str
    extractor: str
    """Name and version, for example `trafilatura 2.3.1`."""
    text_sha256: str
    characters: int
    scope: Scope


class Fetched(Record):
    """What came of fetching one source: a snapshot, or the reason why there is none."""

    source_id: Slug
    snapshot: Snapshot | None = None
    why_not: WhyNot | None = None
    detail: str = ""

    @property
    def scope(self) -> Scope:
        """Return the scope of the text that is at hand."""
        return self.snapshot.scope if self.snapshot else Scope.NONE


class Marker(Record):
    """A printed label: source numbers, or `LLM`."""

    start: int
    end: int
    numbers: tuple[int, ...] = ()
    llm: bool = False


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


class Conflict(Record):
    """A mechanical disagreement between a sentence and the passage aligned with it."""

    kind: str
    claim: str
    """What the sentence says; empty where it leaves out what the source says."""
    source: str
    """What the passage says; empty where it says nothing of the kind."""

    def __str__(self) -> str:
        kind = self.kind.replace("_", " ")
        if not self.claim:
            return f"{kind} left out: {self.source}"
        return f"{kind}: {self.claim} ≠ {self.source}" if self.source else f"{kind}: {self.claim} is not in the source"


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
    evidence: Evidence | None = None


class Provenance(Record):
    """Where one sentence came from and what the check of it said."""

    sentence_id: str
    label: Label
    numbers: tuple[int, ...] = ()
    checks: tuple[Check, ...] = ()
    verdict: Verdict | None = None
    """None for an LLM sentence: nothing is claimed of a source."""
    reason: str = ""


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
    """`relink`, `tag_llm` or `delete`."""
    before: str
    after: str
    reason: str


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
    blocks: tuple[Block, ...]
    sentences: tuple[Sentence, ...]
    provenance: tuple[Provenance, ...]
    findings: tuple[Finding, ...]
    repairs: tuple[Repair, ...] = ()
    writer: str
    """Who drafted: `extractive 1`, a model id, or `given` for an article that was only checked."""
    checker: str
    """Name and version of the checker."""


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
