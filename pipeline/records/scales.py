"""The scales and kinds that records use, one word for one thing."""

from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    """How much of the work a snapshot holds."""

    FULL_TEXT = "full_text"
    EXCERPT = "excerpt"
    ABSTRACT = "abstract"
    LANDING_PAGE = "landing_page"
    METADATA = "metadata"
    NONE = "none"


class WhyNot(StrEnum):
    """Why a source has no text."""

    NOT_GIVEN = "not_given"
    PAYWALLED = "paywalled"
    BLOCKED = "blocked"
    """Refused to us: a filter against robots, a consent page, robots.txt."""
    UNREACHABLE = "unreachable"
    """No answer this time; says nothing about the source."""
    DEAD = "dead"
    """Not found on several days."""
    NOT_FOUND = "not_found"
    UNSUPPORTED = "unsupported"
    TOO_LARGE = "too_large"
    FORBIDDEN = "forbidden"
    """An address that this program never connects to."""
    ANOTHER_WORK = "another_work"
    """The text that came is not the cited work."""


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
    CORRECTED = "corrected"
    CONCERN = "concern"
    RETRACTED = "retracted"


class Drift(StrEnum):
    """How far a source has moved away from its snapshot; only the last two touch verdicts."""

    NONE = "none"
    BYTES = "bytes_differ"
    TEXT = "text_differs"
    MOVED = "quote_moved"
    GONE = "quote_gone"


class Part(StrEnum):
    """What a stretch of a snapshot's text is. Only `text`, `heading` and `aside` are evidence."""

    TEXT = "text"
    HEADING = "heading"
    ASIDE = "aside"
    """Prose of a page outside its main text."""
    BIBLIOGRAPHY = "bibliography"
    READING_LIST = "reading_list"
    AUTHORS = "authors"
    NAVIGATION = "navigation"
    NOTICE = "notice"

    @property
    def is_evidence(self) -> bool:
        """Say whether a claim may rest on it."""
        return self in {Part.TEXT, Part.HEADING, Part.ASIDE}


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
    DEFINITION = "definition"
    """A term and what it means."""
    QUESTION = "question"
    TABLE_HEAD = "table_head"
    TABLE_CELL = "table_cell"
    CAPTION = "caption"
    CALLOUT = "callout"
    REFERENCE = "reference"
    FURNITURE = "furniture"
    CODE = "code"

    @property
    def is_item(self) -> bool:
        """Say whether it is an item of a list."""
        return self in {BlockKind.LIST_ITEM, BlockKind.DEFINITION, BlockKind.QUESTION}


class Stage(StrEnum):
    """The stages of a run, in order."""

    FETCH = "fetch"
    DRAFT = "draft"
    SPLIT = "split"
    CLASSIFY = "classify"
    VERIFY = "verify"
    REPAIR = "repair"
    PUBLISH = "publish"
