"""How often a checker is wrong, as measured on labelled pairs, and what an article's citations came to."""

from __future__ import annotations

from pipeline.records.base import Record
from pipeline.records.scales import Scope


class Rate(Record):
    """A share of `count` pairs with its 95 % interval (Wilson's), in [0, 1]."""

    share: float
    low: float
    high: float
    count: int


class Rates(Record):
    """What the verdicts of one checker are worth, measured on a contrast set."""

    checker: str
    half: str
    data_sha256: str
    topics: int
    pairs: int
    bad_not_supported: Rate
    """Unsound citations that were not called supported."""
    flips_not_supported: Rate
    """The same of those with a number, unit, negation or direction changed."""
    bad_flagged: Rate
    """Unsound citations that were called contradicted, not supported or partly supported: recall of bad citations."""
    false_alarms: Rate
    """Sound citations that were called so."""
    sound_contradicted: Rate
    sound_supported: Rate
    by_kind: dict[str, dict[str, int]]
    """Verdicts by kind of pair; `not_checkable` is the checker's `unsure`."""
    by_scope: dict[Scope, dict[str, Rate]]
    """Recall of bad citations and false alarms where the text is the whole work, and where it is its abstract."""


class Citations(Record):
    """Citation recall and precision of an article, as ALCE defines them (Gao et al. 2023): counts, with what is not settled apart."""

    sentences: int
    """Cited sentences; recall is the share of those that their sources support, together."""
    supported: int
    sentences_open: int
    """Sentences that no source is said to support or not to support: could not be checked."""
    citations: int
    """Single citations; precision is the share of those that support their sentence alone or are needed among others that do together."""
    precise: int
    citations_open: int
