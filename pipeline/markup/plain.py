"""Wiki pages saved as plain text: a line a block, tables flattened to lines, markers as bare numbers or `LLM`."""

from __future__ import annotations

import re
from typing import NamedTuple

from pipeline.markup import kinds
from pipeline.markup.blocks import Document, SourceMap, Unit, is_furniture
from pipeline.markup.markers import bare_in, find
from pipeline.records import Block, BlockKind

_STOP = re.compile(r"[.?!…:][\"”’)]*$")
_ITEM = re.compile(r"^\s*(?:[•‣*-]|\d{1,3}\.)\s+")
_HEADING = 90  # characters; a longer line without a stop is a table row or a caption
_CUT = re.compile(r"(?<=[a-z0-9)%])\s+(?=[A-Z](?!LM\b))")
_LISTED = frozenset({BlockKind.LIST_ITEM, BlockKind.REFERENCE, BlockKind.DEFINITION, BlockKind.QUESTION})


class _Line(NamedTuple):
    start: int
    text: str


def looks_plain(text: str) -> bool:
    """Say whether a text is a saved page rather than Markdown: no Markdown heading, and sentences ending in a bare `LLM`."""
    return not re.search(r"^#{1,6} |^={3,}\s*$|^\|?\s*:?---|\]\(|\*\*", text, re.M) and bool(re.search(r"\bLLM\.?\s*$", text, re.M))


def read(text: str) -> Document:
    """Return the blocks of a page saved as plain text, one a line; the rows of tables are cut into their cells."""
    units: list[Unit] = []
    section, title_seen, last_kind = "", False, BlockKind.FURNITURE
    columns: tuple[str, ...] = ()
    for line in _lines(text):
        kind = _kind(line.text, section, title_seen, last_kind, units[-1].text if units else "")
        level = (2 if title_seen else 1) if kind is BlockKind.HEADING else 0
        unit = _unit(line, kind, section, level)
        if level:
            section = unit.text if title_seen else ""
            title_seen = True
        last_kind = kind
        if not unit.text:  # a bullet without words is no block
            continue
        if kind in {BlockKind.TABLE_HEAD, BlockKind.TABLE_CELL}:
            cells = _cells(unit, columns)
            columns = tuple(cell.text for cell in cells) if kind is BlockKind.TABLE_HEAD else columns
            units += cells
        else:
            units.append(unit)
    return Document(text, tuple(units), bare_in(text))


def _lines(text: str) -> list[_Line]:
    return [_Line(match.start(), match.group()) for match in re.finditer(r"[^\r\n]+", text) if match.group().strip()]


def _unit(line: _Line, kind: BlockKind, section: str, level: int) -> Unit:
    head = _ITEM.match(line.text) if kind in _LISTED else re.match(r"\s*", line.text)
    cut = head.end() if head else len(line.text) - len(line.text.lstrip())
    body = line.text[cut:].rstrip()
    start = line.start + cut
    block = Block(kind=kind, start=start, end=start + len(body), section=section, level=level)
    return Unit(block, body, SourceMap.straight(start, len(body)))


def _cells(unit: Unit, columns: tuple[str, ...]) -> list[Unit]:
    """Return the cells of a table's line, each of which begins with a capital; the line as one where they are not as many as the columns.

    A page saved as text keeps nothing of a table but the order of its words.
    """
    cuts = [match.end() for match in _CUT.finditer(unit.text)]
    head = unit.block.kind is BlockKind.TABLE_HEAD
    if not head and len(cuts) != len(columns) - 1:
        return [unit]
    starts = [0, *cuts]
    texts = [unit.text[low:high].rstrip() for low, high in zip(starts, [*cuts, len(unit.text)], strict=True)]
    found = []
    for index, (start, text) in enumerate(zip(starts, texts, strict=True)):
        low = unit.block.start + start
        named = {"column": text} if head else {"row": texts[0], "column": columns[index]}
        block = unit.block.model_copy(update={"start": low, "end": low + len(text), **named})
        found.append(Unit(block, text, SourceMap.straight(low, len(text))))
    return found


def _kind(line: str, section: str, title_seen: bool, last: BlockKind, after: str) -> BlockKind:
    text = line.strip()
    if is_furniture(text, "" if _heading_like(text) else section):
        return BlockKind.FURNITURE
    if not title_seen:
        return BlockKind.HEADING if last is BlockKind.FURNITURE and _title_like(text) else BlockKind.FURNITURE
    item = _ITEM.match(line)
    if item:
        return kinds.kind(line[item.end() :], section, item=True, quoted=False)
    below = "" if section or _heading_like(text) else after
    kind = kinds.kind(text, "", item=False, quoted=False, after=below)
    return _unlisted(text, last) if kind is BlockKind.PARAGRAPH else kind


def _unlisted(text: str, last: BlockKind) -> BlockKind:
    marked = bool(find(text)) and find(text)[-1].end >= len(text.rstrip(".?! "))
    if not marked and not _STOP.search(text):
        below_heading = last is BlockKind.HEADING and len(text) < _HEADING and re.search(r"[a-z)] [A-Z(]", text)
        if below_heading and not _heading_case(text):
            return BlockKind.TABLE_HEAD
        return BlockKind.HEADING if len(text) < _HEADING else BlockKind.PARAGRAPH
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
