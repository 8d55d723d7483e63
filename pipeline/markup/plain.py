"""Wiki pages saved as plain text: a line a block, tables flattened to lines, markers as bare numbers or `LLM`."""

from __future__ import annotations

import re
from typing import NamedTuple

from pipeline.markup.blocks import Document, Unit, is_furniture
from pipeline.markup.markers import find
from pipeline.records import Block, BlockKind

_STOP = re.compile(r"[.?!…:][\"”’)]*$")
_ITEM = re.compile(r"^\s*(?:[•‣*-]|\d{1,3}\.)\s+")
_REFERENCES = re.compile(r"^(?:sources|references|bibliography)$", re.I)
_EXAMPLE = re.compile(r"^LLM-generated illustrative example\b", re.I)
_HEADING = 90  # characters; a longer line without a stop is a table row or a caption


class _Line(NamedTuple):
    start: int
    text: str


def looks_plain(text: str) -> bool:
    """Say whether a text is a saved page rather than Markdown: no Markdown heading, and sentences ending in a bare `LLM`."""
    return not re.search(r"^#{1,6} ", text, re.M) and bool(re.search(r"\bLLM\.?\s*$", text, re.M))


def read(text: str) -> Document:
    """Return the blocks of a page saved as plain text, one a line."""
    units: list[Unit] = []
    section, title_seen, last_kind = "", False, BlockKind.FURNITURE
    for line in _lines(text):
        kind = _kind(line.text, section, title_seen, last_kind)
        level = 0
        if kind is BlockKind.HEADING:
            level = 2 if title_seen else 1
            section = line.text.strip() if title_seen else ""
            title_seen = True
        unit = _unit(line, kind, section, level)
        units += [unit] if unit.text else []  # a bullet without words is no block
        last_kind = kind
    return Document(text, tuple(units), True)


def _lines(text: str) -> list[_Line]:
    return [_Line(match.start(), match.group()) for match in re.finditer(r"[^\n]+", text) if match.group().strip()]


def _unit(line: _Line, kind: BlockKind, section: str, level: int) -> Unit:
    head = _ITEM.match(line.text) if kind in {BlockKind.LIST_ITEM, BlockKind.REFERENCE} else re.match(r"\s*", line.text)
    cut = head.end() if head else 0
    body = line.text[cut:].rstrip()
    start = line.start + cut
    block = Block(kind=kind, start=start, end=start + len(body), section=section, level=level)
    return Unit(block, body, tuple(range(start, start + len(body) + 1)))


def _kind(line: str, section: str, title_seen: bool, last: BlockKind) -> BlockKind:
    text = line.strip()
    if is_furniture(text, "" if _heading_like(text) else section):
        return BlockKind.FURNITURE
    if not title_seen:
        return BlockKind.HEADING if last is BlockKind.FURNITURE and _title_like(text) else BlockKind.FURNITURE
    if _REFERENCES.match(section) and _ITEM.match(line):
        return BlockKind.REFERENCE
    if _ITEM.match(line):
        return BlockKind.LIST_ITEM
    if _EXAMPLE.match(text):
        return BlockKind.CALLOUT
    return _unlisted(text, last)


def _unlisted(text: str, last: BlockKind) -> BlockKind:
    marked = bool(find(text)) and find(text)[-1].end >= len(text.rstrip(".?! "))
    if not marked and not _STOP.search(text):
        below_heading = last is BlockKind.HEADING and len(text) < _HEADING and re.search(r"[a-z)] [A-Z(]", text)
        return (
            BlockKind.TABLE_HEAD
            if below_heading and not _heading_case(text)
            else BlockKind.HEADING
            if len(text) < _HEADING
            else BlockKind.PARAGRAPH
        )
    if last in {BlockKind.TABLE_HEAD, BlockKind.TABLE_CELL} and not _STOP.search(text) and not re.search(r"\. .*LLM$", text):
        return BlockKind.TABLE_CELL
    return BlockKind.PARAGRAPH


def _title_like(text: str) -> bool:
    """Say whether a line is the title: neither breadcrumb (`kind · discipline`) nor site name."""
    return "·" not in text and not text.endswith("Wiki")


def _heading_like(text: str) -> bool:
    return len(text) < _HEADING and not _STOP.search(text) and not find(text)


def _heading_case(text: str) -> bool:
    """Say whether a line is written like a heading: its longer words capitalised, none in brackets."""
    words = [word for word in re.findall(r"[\w’'()-]+", text) if len(word) > 3]
    return bool(words) and "(" not in text and all(word[0].isupper() for word in words)
