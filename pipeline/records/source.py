"""A cited work, what was fetched of it, and what a later look at it said."""

from __future__ import annotations

import datetime as dt
import re
from typing import Literal

from pydantic import Field, field_validator

from pipeline.records.base import Line, Record, Slug
from pipeline.records.scales import Currency, Drift, Part, Scope, WhyNot


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
    arXiv: str | None = None
    youtube: str | None = None
    """Id of a video, 11 characters."""
    URL: str | None = None
    tier: str | None = Field(default=None, pattern=r"^T[1-9]$")
    """`T1` is the best evidence; given by a person, never by a source."""
    text: str | None = None
    """Where the text is: a path below the article's folder, or an http(s) address."""
    scope: Scope = Scope.FULL_TEXT
    """What `text` holds of the work."""
    note: str | None = None
    accept: tuple[Literal["identity", "retraction", "concern"], ...] = ()
    """What a person has looked at and accepts: that the text is this work, that the work is cited although retracted or doubted."""

    @field_validator("DOI")
    @classmethod
    def _bare_doi(cls, value: str | None) -> str | None:
        return value and bare_doi(value)

    @field_validator("PMCID")
    @classmethod
    def _pmcid(cls, value: str | None) -> str | None:
        return value and _matching(value, r"(?:PMC)?(\d+)(?:\.\d+)?", "PMC{}", "a PMCID, as PMC8793307")

    @field_validator("PMID")
    @classmethod
    def _pmid(cls, value: str | None) -> str | None:
        return value and _matching(value, r"(?:PMID:?\s*)?(\d+)", "{}", "a PMID, as 32700974")

    @field_validator("arXiv")
    @classmethod
    def _arxiv(cls, value: str | None) -> str | None:
        form = r"(?:arxiv:|https?://arxiv\.org/(?:abs|pdf)/)?(\d{4}\.\d{4,5}(?:v\d+)?|[a-z-]+(?:\.[A-Z]{2})?/\d{7}(?:v\d+)?)(?:\.pdf)?"
        return value and _matching(value, form, "{}", "an arXiv id, as 2105.01234")

    @field_validator("youtube")
    @classmethod
    def _youtube(cls, value: str | None) -> str | None:
        return value and (youtube_id(value) or _matching(value, r"([\w-]{11})", "{}", "the id or address of a YouTube video"))

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


def bare_doi(text: str) -> str:
    """Return a DOI in lower case without its address; ValueError where it is none.

    >>> bare_doi("https://doi.org/10.1177/1359105320944991")
    '10.1177/1359105320944991'
    """
    return _matching(text, r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(10\.\d{4,9}/\S+)", "{}", "a DOI, as 10.1177/1359105320944991").lower()


def youtube_id(text: str) -> str | None:
    """Return the id of the video that an address of YouTube shows, or None.

    >>> youtube_id("https://youtu.be/abcdefghijk?t=5")
    'abcdefghijk'
    """
    form = r"https?://(?:(?:www\.|m\.)?youtube(?:-nocookie)?\.com/(?:watch\?(?:.*&)?v=|embed/|shorts/)|youtu\.be/)([\w-]{11})(?![\w-])"
    found = re.match(form, text)
    return found.group(1) if found else None


def _matching(text: str, form: str, shape: str, what: str) -> str:
    found = re.fullmatch(form, text.strip(), re.IGNORECASE)
    if not found:
        raise ValueError(f"`{text}` is not {what}")
    return shape.format(found.group(1))


class Stretch(Record):
    """A span of a snapshot's text that has a place in the document: a page, a time, a section, a part."""

    kind: Literal["page", "time", "section", "part"]
    start: int
    end: int
    label: str
    """Printed page number, time code, heading, or a `Part`."""


class Structure(Record):
    """The stretches of one derived text, in order of their starts within each kind."""

    stretches: tuple[Stretch, ...] = ()

    def place(self, start: int) -> str:
        """Return where an offset stands, for a reader: `p. 7`, `12:31`, and the section."""
        here = {item.kind: item for item in self.stretches if item.start <= start < item.end}
        page, time, section, part = (here.get(kind) for kind in ("page", "time", "section", "part"))
        told = [f"p. {page.label}" if page else "", time.label if time else "", section.label if section else ""]
        told.append("outside the main text" if part and part.label == Part.ASIDE else "")
        return " · ".join(text for text in told if text)

    @property
    def cut(self) -> tuple[tuple[int, int], ...]:
        """Return the spans that are no evidence: reference lists, navigation, author blocks."""
        return tuple((item.start, item.end) for item in self.stretches if item.kind == "part" and not Part(item.label).is_evidence)

    @property
    def aside(self) -> tuple[tuple[int, int], ...]:
        """Return the spans of prose outside the main text of a page."""
        return tuple((item.start, item.end) for item in self.stretches if item.kind == "part" and item.label == Part.ASIDE)


class Identity(Record):
    """Whether a document is the cited work, by title, authors, year and DOI."""

    same: bool | None
    """None where the document does not say what it is."""
    reason: str


class Attempt(Record):
    """One address that was tried for the text of a source."""

    provider: str
    url: str
    why_not: WhyNot | None = None
    detail: str = ""


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
    """Name, version and options, for example `trafilatura 2.3.1`."""
    text_sha256: str
    characters: int
    scope: Scope
    structure_sha256: str | None = None
    """Blob of the `Structure` of the text."""
    provider: str = ""
    """Who named the address; empty for a file or address given by a person."""
    licence: str | None = None
    redirects: tuple[str, ...] = ()
    """The addresses asked before `origin` answered."""
    encoding: str | None = None
    """How the bytes were decoded, for text and HTML."""
    identity: Identity | None = None
    private: bool = False
    """Whether a person gave the text from a copy of their own: it is not for publication, beyond short quotes."""
    stated_by: str | None = None
    """Who typed the quotes, where no document was read: a person's statement."""


class Fetched(Record):
    """What came of fetching one source: a snapshot, or the reason why there is none."""

    source_id: Slug
    snapshot: Snapshot | None = None
    why_not: WhyNot | None = None
    detail: str = ""
    attempts: tuple[Attempt, ...] = ()
    """Every address that was tried, and every provider that could not be asked."""
    ids: tuple[tuple[str, str], ...] = ()
    """Identifiers that providers found: `doi`, `pmcid`, `pmid`, `isbn`, `youtube`."""

    @property
    def scope(self) -> Scope:
        """Return the scope of the text that is at hand."""
        return self.snapshot.scope if self.snapshot else Scope.NONE


class Notice(Record):
    """A notice that updates a cited work."""

    kind: Literal["retraction", "concern", "correction"]
    label: str
    """As the registry words it: withdrawal, erratum, new version."""
    DOI: str
    date: str = ""


class Standing(Record):
    """What a look at a source said of it: drift of its text, and notices on the work."""

    source_id: Slug
    checked_at: dt.datetime
    currency: Currency
    drift: Drift | None = None
    """None where the text could not be compared."""
    notices: tuple[Notice, ...] = ()
    why_not: WhyNot | None = None
    """Why it could not be checked."""
    detail: str = ""


class Quote(Record):
    """A passage that a person typed from a copy of their own."""

    text: Line
    page: str = ""


class Statement(Record):
    """What a person gave for a source: the file of a text, or typed quotes; neither where it is withdrawn."""

    source_id: Slug
    by: Line
    at: dt.datetime
    file: str | None = None
    """Name of the file that was given."""
    bytes_sha256: str | None = None
    scope: Scope = Scope.FULL_TEXT
    quotes: tuple[Quote, ...] = ()

    @property
    def given(self) -> bool:
        """Say whether anything is given, and not withdrawn."""
        return bool(self.bytes_sha256 or self.quotes)

    @property
    def what(self) -> str:
        """Return what was given, for a reader."""
        return self.file or f"{len(self.quotes)} typed quote{'s' * (len(self.quotes) > 1)}"
