"""Blocks of Markdown in their quotes and lists, and tables laid out in rows."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

_DEEPEST = 6  # quotes and items around a block; Markdown readers give up on more
_WIDEST = 100  # columns of a table
_FILLED = 5_000  # cells of a table that may be copies of one that spans them
_COPIED = 300  # characters of a cell that is copied


class Container:
    """A quotation (`bullet` empty) or a list item; `group` is the list that an item belongs to."""

    def __init__(self, bullet: str = "", group: int = 0) -> None:
        """Make a container that no block stands in yet."""
        self.bullet = bullet
        self.group = group


class Block(NamedTuple):
    """A block of Markdown, line by line, and the containers around it."""

    kind: str
    lines: tuple[str, ...]
    path: tuple[Container, ...]
    text: str = ""
    level: int = 0


class Layout:
    """The blocks of an article in order, and the containers that are open."""

    def __init__(self) -> None:
        """Begin an empty article."""
        self.blocks: list[Block] = []
        self._open: list[Container | None] = []
        self._path: list[Container] = []

    def open(self, container: Container) -> None:
        """Open a container; one nested too deep is left away, and its blocks stand in the one around it."""
        deep = len(self._path) >= _DEEPEST
        if deep and container.bullet:  # an item more, at the depth that is left
            self._path[-1:] = [container] if self._path[-1].bullet else self._path[-1:]
        elif not deep:
            self._path.append(container)
        self._open.append(None if deep else container)

    def close(self) -> None:
        """Close the container opened last."""
        if self._open.pop():
            self._path.pop()

    def add(self, kind: str, *lines: str, text: str = "", level: int = 0) -> None:
        """Add a block at the place that is open."""
        self.blocks.append(Block(kind, lines, tuple(self._path), text, level))

    def markdown(self) -> str:
        """Return the article."""
        blocks = _trimmed(self.blocks)
        out: list[str] = []
        begun: set[Container] = set()
        for last, block in zip([None, *blocks], blocks, strict=False):
            if last and not _tight(last, block, begun):
                shared = [
                    one for one, two in itertools.takewhile(lambda pair: pair[0] is pair[1], zip(last.path, block.path, strict=False))
                ]
                out.append(_margin(shared).rstrip())
            out += _set(block, begun)
        return "\n".join(out) + "\n" if out else ""


def _trimmed(blocks: list[Block]) -> list[Block]:
    """Leave out rules at the top and the foot, and one that follows another."""
    kept: list[Block] = []
    for block in blocks:
        if block.kind != "rule" or (kept and kept[-1].kind != "rule"):
            kept.append(block)
    return kept[:-1] if kept and kept[-1].kind == "rule" else kept


def _shared(one: Sequence[Container], two: Sequence[Container]) -> list[Container]:
    pairs = itertools.takewhile(lambda pair: pair[0] is pair[1], zip(one, two, strict=False))
    return [container for container, _ in pairs]


def _margin(path: Sequence[Container]) -> str:
    return "".join(" " * len(one.bullet) if one.bullet else "> " for one in path)


def _set(block: Block, begun: set[Container]) -> list[str]:
    """Return the lines of a block with their margin; an item's bullet stands before its first line."""
    margin = _margin(block.path)
    first = "".join((one.bullet if one.bullet and one not in begun else " " * len(one.bullet)) or "> " for one in block.path)
    begun.update(block.path)
    return [f"{first if index == 0 else margin}{line}".rstrip() for index, line in enumerate(block.lines)]


def _tight(last: Block, block: Block, begun: set[Container]) -> bool:
    """Say whether an item follows right after another of its list, or a list of bullets after the line that it belongs to."""
    *around, item = block.path or (Container(),)
    fits = item.bullet and item not in begun and last.kind == "paragraph" and len(last.path) >= len(block.path) - 1 and last.path
    if not fits or any(one is not two for one, two in zip(around, last.path, strict=False)) or not last.path[-1].bullet:
        return False
    if len(last.path) >= len(block.path):
        return last.path[len(around)].group == item.group and bool(last.path[len(around)].bullet)
    return item.bullet == "- "


class _Cell(NamedTuple):
    text: str
    across: int
    down: int


@dataclass
class Table:
    """A table while it is read: rows of cells, with how far each spans."""

    heads: list[list[_Cell]] = field(default_factory=list)
    rows: list[list[_Cell]] = field(default_factory=list)
    in_head: bool = False

    def begin_row(self) -> None:
        """Begin a row of the head or the body."""
        (self.heads if self.in_head else self.rows).append([])

    def add(self, text: str, across: str, down: str) -> None:
        """Add a cell to the row that was begun last."""
        rows = self.heads if self.in_head else self.rows
        if not rows:
            self.begin_row()
        rows[-1].append(_Cell(text, _span(across, _WIDEST), _span(down, 65_534)))

    def lines(self) -> list[str]:
        """Return the table as Markdown: the head, or the first row, then the other rows."""
        heads, rows = _grid(self.heads), _grid(self.rows)
        heads, rows = [row for row in heads if any(row)], [row for row in rows if any(row)]
        if not heads and not rows:
            return []
        head = _stacked(heads) if heads else rows.pop(0)
        width = max(len(row) for row in (head, *rows))
        head = head + [""] * (width - len(head))
        return [_row(head), "|" + "---|" * width, *(_row(row) for row in rows)]


def _span(value: str, most: int) -> int:
    number = int(value) if re.fullmatch(r"\d{1,6}", value.strip()) else 1
    return min(number or 1, most)


class _Grid:
    """Rows of columns in the making: each cell is repeated over all that it spans, within reason."""

    def __init__(self) -> None:
        self.rows: list[list[str]] = []
        self.below: dict[int, tuple[str, int]] = {}
        """Column to what hangs into it from above, and for how many rows more."""
        self.copies = 0

    def add(self, cells: list[_Cell]) -> None:
        row: list[str] = []
        for cell in cells:
            self._hang(row)
            self._place(row, cell)
        self._hang(row)
        self.rows.append(row)

    def _place(self, row: list[str], cell: _Cell) -> None:
        if len(row) >= _WIDEST:
            row[-1] = f"{row[-1]} {cell.text}".strip()
            return
        for copy in range(min(cell.across, _WIDEST - len(row))):
            if cell.down > 1:
                self.below[len(row)] = (cell.text, cell.down - 1)
            row.append(self._copied(cell.text) if copy else cell.text)

    def _hang(self, row: list[str]) -> None:
        while (column := len(row)) in self.below:
            text, left = self.below.pop(column)
            if left > 1:
                self.below[column] = (text, left - 1)
            row.append(self._copied(text))

    def _copied(self, text: str) -> str:
        self.copies += 1
        return text if self.copies <= _FILLED and len(text) <= _COPIED else ""


def _grid(rows: list[list[_Cell]]) -> list[list[str]]:
    grid = _Grid()
    for cells in rows:
        grid.add(cells)
    return grid.rows


def _stacked(heads: list[list[str]]) -> list[str]:
    """Return the rows of a head as one: what stands above each other is joined."""
    columns = itertools.zip_longest(*heads, fillvalue="")
    return [" ".join(dict.fromkeys(text for text in column if text)) for column in columns]


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"
