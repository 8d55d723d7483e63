"""The blocks of an edition as the parts of a page: headings, paragraphs, lists, tables, call-outs."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from markupsafe import Markup

from pipeline.exports import inline
from pipeline.records import Block, BlockKind, Edition, Label, Provenance, Sentence

_LEFT_OUT = frozenset({BlockKind.REFERENCE, BlockKind.FURNITURE})  # the page makes these anew, from the records
_TABLE = frozenset({BlockKind.TABLE_HEAD, BlockKind.TABLE_CELL})
_ORDERED = re.compile(r"(?:^|\n)[ \t>]*\d{1,9}[.)][ \t]+[*_`\[]*$")
_FENCE = re.compile(r"\A[ \t]*(?:```+|~~~+)[^\n]*\n|\n[ \t]*(?:```+|~~~+)[ \t]*\Z")


class Said(NamedTuple):
    """A sentence as the page shows it."""

    sentence: Sentence
    provenance: Provenance
    body: Markup

    @property
    def llm(self) -> bool:
        """Say whether it carries the LLM tag: tagged so, or without a source."""
        return self.provenance.label is Label.LLM or any(marker.llm for marker in self.sentence.markers)


class Cell(NamedTuple):
    """The inside of a paragraph, list item, table cell or caption: sentences, or plain text where it has none."""

    said: tuple[Said, ...] = ()
    text: Markup = Markup()


class Part(NamedTuple):
    """A part of a page; which fields are filled depends on the form."""

    form: str
    """`heading`, `paragraph`, `callout`, `caption`, `code`, `list`, `numbered` or `table`."""
    cells: tuple[Cell, ...] = ()
    """The items of a list, the column headings of a table; else one."""
    rows: tuple[tuple[Cell, ...], ...] = ()
    level: int = 0
    anchor: str = ""


def parts(edition: Edition) -> list[Part]:
    """Return the parts in the order of the article, without its title, source list and furniture."""
    cells = _cells(edition)
    dropped = _dropped(edition)
    anchors: Counter[str] = Counter()
    found: list[Part] = []
    for _, group in groupby(enumerate(edition.blocks), key=lambda item: _family(edition.markdown, *item)):
        indexes = [index for index, _ in group if index not in dropped]
        if indexes:
            found += _of_group(edition, indexes, cells, anchors)
    return found


def _family(markdown: str, index: int, block: Block) -> str:
    """Return what holds neighbours together; only list items and table cells hang together."""
    if block.kind.is_item:
        return "numbered" if _ORDERED.search(markdown[max(0, block.start - 40) : block.start]) else "list"
    return "table" if block.kind in _TABLE else f"{index}"


def _of_group(edition: Edition, indexes: list[int], cells: Sequence[Cell], anchors: Counter[str]) -> list[Part]:
    first = edition.blocks[indexes[0]]
    if first.kind in _TABLE:
        return [_table([(edition.blocks[i], cells[i]) for i in group]) for group in _tables(edition, indexes)]
    chosen = tuple(cells[index] for index in indexes)
    if first.kind.is_item:
        return [Part(_family(edition.markdown, indexes[0], first), chosen)]
    if first.kind is BlockKind.HEADING:
        return [Part("heading", chosen, level=min(max(first.level, 2), 6), anchor=_anchor(chosen[0].text, anchors))]
    return [Part(first.kind.value, chosen)]


def _cells(edition: Edition) -> list[Cell]:
    """Return the inside of every block."""
    records = {record.sentence_id: record for record in edition.provenance}
    said: defaultdict[int, list[Said]] = defaultdict(list)
    for item in edition.sentences:
        record = records.get(item.id) or Provenance(sentence_id=item.id, label=item.label or Label.LLM)
        body = inline.sentence(edition.markdown, item.start, item.end, item.markers, item.text)
        said[item.block].append(Said(item, record, body))
    return [Cell(tuple(said[i]), _text(edition.markdown, block)) for i, block in enumerate(edition.blocks)]


def _text(markdown: str, block: Block) -> Markup:
    if block.kind is BlockKind.CODE:
        return Markup("{}").format(_FENCE.sub("", markdown[block.start : block.end]))
    return inline.block(markdown, block.start, block.end)


def _dropped(edition: Edition) -> frozenset[int]:
    """Return the blocks that the page leaves out: the title, what it makes anew, and headings left without anything."""
    left_out = {index for index, block in enumerate(edition.blocks) if block.kind in _LEFT_OUT}
    held: set[int] = set()  # levels of the headings under which something is shown, read from the end
    for index in range(len(edition.blocks) - 1, -1, -1):
        block = edition.blocks[index]
        if block.kind is not BlockKind.HEADING:
            held |= set(range(1, 7)) if index not in left_out else set()
            continue
        if block.level not in held or _is_title(edition, block):
            left_out.add(index)
        held -= set(range(block.level, 7))
    return frozenset(left_out)


def _is_title(edition: Edition, block: Block) -> bool:
    text = inline.block(edition.markdown, block.start, block.end).striptags()
    return " ".join(text.split()) == " ".join(edition.title.split()) and block.level <= 2


def _tables(edition: Edition, indexes: list[int]) -> list[list[int]]:
    """Cut a run of cells where headings come after cells: there the next table begins."""
    found: list[list[int]] = [[]]
    for index in indexes:
        starts = edition.blocks[index].kind is BlockKind.TABLE_HEAD
        if starts and found[-1] and edition.blocks[found[-1][-1]].kind is BlockKind.TABLE_CELL:
            found.append([])
        found[-1].append(index)
    return found


def _table(cells: list[tuple[Block, Cell]]) -> Part:
    """Put cells into rows under their columns; empty cells of the article have no block and stay empty."""
    heads = [(block.column, cell) for block, cell in cells if block.kind is BlockKind.TABLE_HEAD]
    body = [(block, cell) for block, cell in cells if block.kind is BlockKind.TABLE_CELL]
    named = {name for name, _ in heads}
    heads = [(name, Cell()) for name in dict.fromkeys(b.column for b, _ in body) if name not in named] + heads
    names = [name for name, _ in heads]
    rows: list[list[Cell]] = []
    row, at = None, len(names)
    for block, cell in body:
        after = _column(names, block.column, at + 1) if block.row == row else None
        if after is None:
            rows.append([Cell()] * len(names))
            after = _column(names, block.column, 0) or 0
        row, at = block.row, after
        rows[-1][at] = cell
    return Part("table", tuple(cell for _, cell in heads), tuple(tuple(cells) for cells in rows))


def _column(names: list[str], name: str, low: int) -> int | None:
    return next((index for index in range(low, len(names)) if names[index] == name), None)


def _anchor(text: Markup, seen: Counter[str]) -> str:
    """Return the anchor of a heading; the second of two equal headings gets `-2`."""
    name = "on-" + (re.sub(r"[\W_]+", "-", text.striptags().lower()).strip("-") or "section")
    seen[name] += 1
    return name if seen[name] == 1 else f"{name}-{seen[name]}"
