"""What reading an article gives, whatever its form: blocks with plain text and a map back to the file."""

from __future__ import annotations

import bisect
import re
from typing import Literal, NamedTuple

from pipeline.records import Block

_FURNITURE = re.compile(r"^(?:⚠|\d+ upvotes?$|▶|provenance\.|public credit\b)", re.I)
_MARKED = re.compile(r"\[\^?(?:\d{1,3}|LLM)\]")
_SITE = re.compile(r"^[^.?!\n]{0,50}\b[Ww]iki(?:pedia)?$")
_BREADCRUMB = re.compile(r"^[^.?!]+ · [^.?!]+$")
_AFTER = re.compile(r"^(?:see also|suggest a revision)$", re.I)


def is_furniture(text: str, section: str) -> bool:
    """Say whether a block belongs to the page and not to the article: banner, breadcrumb, votes, provenance line, forms, links to pages."""
    if _MARKED.search(text):
        return False
    if section and _BREADCRUMB.match(text):  # a breadcrumb stands above the article
        return bool(_FURNITURE.match(text) or _AFTER.match(section))
    return bool(_FURNITURE.match(text) or _BREADCRUMB.match(text) or _SITE.match(text) or _AFTER.match(section))


class Run(NamedTuple):
    """A stretch of plain text and where it stands in the file: character for character, or one piece where the lengths differ."""

    plain: int
    file: int
    length: int
    width: int
    """Characters in the file; more than `length` where the file writes an entity or an escape."""

    @property
    def is_piece(self) -> bool:
        """Say whether the run reads as a whole only: an entity, an escaped character, a line break."""
        return self.length != self.width


class SourceMap:
    """Where each character of a plain text stands in the file; O(log n) to ask, and memory by runs, not by characters."""

    __slots__ = ("_starts", "runs")

    def __init__(self, runs: tuple[Run, ...]) -> None:
        self.runs = runs
        self._starts = [run.plain for run in runs]

    @classmethod
    def straight(cls, file: int, length: int) -> SourceMap:
        """Return the map of a text that stands in the file as it is."""
        return cls((Run(0, file, length, length),))

    def span(self, index: int) -> tuple[int, int]:
        """Return the span in the file that reads as the character at `index`."""
        run = self._run(index)
        return (run.file, run.file + run.width) if run.is_piece else (run.file + index - run.plain, run.file + index - run.plain + 1)

    def to_file(self, start: int, end: int) -> tuple[int, int]:
        """Return the span in the file of a non-empty span of the plain text."""
        return self.span(start)[0], self.span(end - 1)[1]

    def _run(self, index: int) -> Run:
        return self.runs[bisect.bisect_right(self._starts, index) - 1]


class Wrap(NamedTuple):
    """A span of plain text that an element holds; the span in the file takes the element's own signs along."""

    kind: Literal["link", "raised", "code"]
    start: int
    end: int
    file_start: int
    file_end: int


class Unit(NamedTuple):
    """A block and its plain text."""

    block: Block
    text: str
    places: SourceMap
    wraps: tuple[Wrap, ...] = ()

    def to_file(self, start: int, end: int) -> tuple[int, int]:
        """Return the span in the file of a non-empty span of the plain text, with the signs of a link or superscript that it fills."""
        low, high = self.places.to_file(start, end)
        for wrap in self.wraps:
            if wrap.kind != "code" and start <= wrap.start and wrap.end <= end:
                low, high = min(low, wrap.file_start), max(high, wrap.file_end)
        return low, high


class Document(NamedTuple):
    """An article as it was read: the file's text, its blocks in order, and whether its markers are bare numbers."""

    text: str
    units: tuple[Unit, ...]
    bare_markers: bool
    """Whether `health 1.` is a marker here."""

    @property
    def title(self) -> str:
        """Return the first heading of the first level, or an empty string."""
        return next((unit.text for unit in self.units if unit.block.kind == "heading" and unit.block.level == 1), "")
