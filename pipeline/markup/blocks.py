"""What reading an article gives, whatever its form: blocks with plain text and a map back to the file."""

from __future__ import annotations

import re
from typing import NamedTuple

from pipeline.records import Block

_FURNITURE = re.compile(r"^(?:⚠|\d+ upvotes?$|▶|provenance\.|public credit\b)", re.I)
_BREADCRUMB = re.compile(r"^[^.?!]+ · [^.?!]+$")
_AFTER = re.compile(r"^(?:see also|suggest a revision)$", re.I)


def is_furniture(text: str, section: str) -> bool:
    """Say whether a block belongs to the page and not to the article: banner, breadcrumb, votes, provenance line, forms, links to pages."""
    return bool(_FURNITURE.match(text) or _BREADCRUMB.match(text) or _AFTER.match(section))


class Unit(NamedTuple):
    """A block and its plain text; `offsets[i]` is where character i stands in the file, with the block's end last."""

    block: Block
    text: str
    offsets: tuple[int, ...]

    def to_file(self, start: int, end: int) -> tuple[int, int]:
        """Return the span in the file of a non-empty span of the plain text."""
        return self.offsets[start], self.offsets[end - 1] + 1


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
