"""Markdown to blocks, each plain character mapped to its place in the file; nothing of the file's text is lost."""

from __future__ import annotations

import itertools
import re
from typing import NamedTuple

from markdown_it.token import Token

from pipeline.markup import kinds, rawhtml
from pipeline.markup.blocks import Document, SourceMap, Unit
from pipeline.markup.inline import Inline, Line, Walk, parser
from pipeline.markup.markers import bare_in
from pipeline.records import Block, BlockKind

_DEFINITION = re.compile(r"^[ >]*\[(?!\^)[^\]]+\]:")
_FRONT = re.compile(r"---[ ]*\n(?:[\w-]+:[^\n]*\n|[ \t]+[^\n]*\n|- [^\n]*\n|#[^\n]*\n|\n){0,200}---[ ]*(?:\n|\Z)")
_CELLS = frozenset({"th", "td"})


class _Piece(NamedTuple):
    """A stretch of a table's line between pipes, without the white space around it."""

    start: int
    end: int


class _State:
    """Where the walk is: the section, the containers around, the table, and which lines were read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = _line_starts(text)
        self.read: set[int] = set()
        self.section = ""
        self.listing = 0
        self.stack: list[str] = []
        self.hashes = ""
        self.columns: list[str] = []
        self.row = ""
        self.pieces: list[_Piece] = []
        self.cell = 0
        self.last = ""

    def line(self, number: int) -> tuple[int, str]:
        """Return where a line begins, and the line."""
        if number + 1 >= len(self.lines):
            return len(self.text), ""
        start = self.lines[number]
        return start, self.text[start : self.lines[number + 1]].rstrip("\n")


def read(text: str) -> Document:
    """Return the blocks of a Markdown article, whatever it holds."""
    settled = _settled(text)
    front = _FRONT.match(settled)
    state = _State(re.sub(r"[^\n]", " ", front.group()) + settled[front.end() :] if front else settled)
    units: list[Unit] = [_furniture(front.group().rstrip())] if front else []
    for token in parser().parse(state.text):
        units += _step(state, token)
    units = sorted([*units, *_unread(state)], key=lambda unit: unit.block.start)
    return Document(text, tuple(units), bare_in(text))


def _furniture(text: str) -> Unit:
    """Return the block of fields that some programs put above an article."""
    return Unit(Block(kind=BlockKind.FURNITURE, start=0, end=len(text)), text, SourceMap.straight(0, len(text)))


def _settled(text: str) -> str:
    """Return a text of the same length with the line ends and the replacement that the parser makes anyway."""
    return text.replace("\r\n", " \n").replace("\r", "\n").replace("\x00", "\ufffd")


def _unread(state: _State) -> list[Unit]:
    """Return the lines with words that the parser gave no content for: nested too deep, or definitions of links."""
    found = []
    for line, (start, end) in enumerate(itertools.pairwise(state.lines)):
        text = state.text[start:end].rstrip("\n")
        if line not in state.read and re.search(r"\w", text):
            kind = BlockKind.FURNITURE if _DEFINITION.match(text) else BlockKind.PARAGRAPH
            kind = BlockKind.REFERENCE if kinds.NOTE.match(text) else kind
            block = Block(kind=kind, start=start, end=start + len(text))
            found.append(Unit(block, text, SourceMap.straight(start, len(text))))
    return found


def _step(state: _State, token: Token) -> list[Unit]:
    if token.nesting == 1:
        _enter(state, token)
        return []
    if token.nesting == -1:
        state.stack.pop()
        return _left_over(state) if token.type == "tr_close" else []
    if token.type == "inline" and state.stack[-1] in _CELLS and not state.cell and state.pieces:
        _settle(state, token.content)
    if not token.map or not token.content:
        if token.type == "inline":
            state.cell += 1
        return []
    state.read.update(range(*token.map))
    if token.type == "inline":
        return _inline(state, token)
    return _verbatim(state, token) if token.type in {"fence", "code_block", "html_block"} else []


def _enter(state: _State, token: Token) -> None:
    state.stack.append(token.tag if token.type == "heading_open" else token.type.removesuffix("_open"))
    state.hashes = token.markup if token.markup.startswith("#") else ""
    if token.type == "table_open":
        state.columns = []
    elif token.type == "tr_open" and token.map:
        state.cell, state.row, state.pieces = 0, "", _row(state, token.map[0])
        state.read.add(token.map[0])


def _inline(state: _State, token: Token) -> list[Unit]:
    said = Walk(token.content, _lines(state, token)).read(token.children or [])
    stack = state.stack[-1]
    if stack in _CELLS:
        state.cell += 1
    if not said.text.strip():
        return []
    return [_cell(state, said, stack == "th", state.cell - 1)] if stack in _CELLS else [_block(state, said)]


def _block(state: _State, said: Inline) -> Unit:
    stack = state.stack
    heading = re.fullmatch(r"h([1-6])", stack[-1])
    held = {"item": "list_item" in stack, "quoted": "blockquote" in stack}
    kind = BlockKind.HEADING if heading else kinds.kind(said.text, state.section, **held, after=state.last)
    state.last = said.text
    start, end = said.places.to_file(0, len(said.text))
    level = int(heading.group(1)) if heading else 0
    block = Block(kind=kind, start=start, end=end, section=state.section, level=level)
    if heading and not (state.listing and level > state.listing):  # a source list may have headings of its own
        listing = bool(kinds.REFERENCES.match(said.text.strip()))
        state.listing = level if listing else 0
        state.section = said.text if level > 1 or listing else ""
    return Unit(block, said.text, said.places, said.wraps)


def _cell(state: _State, said: Inline, head: bool, index: int) -> Unit:
    """Return a cell with the headings of its row and column."""
    start, end = said.places.to_file(0, len(said.text))
    kind = BlockKind.TABLE_HEAD if head else BlockKind.TABLE_CELL
    if head:
        state.columns += [""] * (index - len(state.columns)) + [said.text]
    elif index == 0:
        state.row = said.text
    column = state.columns[index] if index < len(state.columns) else ""
    block = Block(kind=kind, start=start, end=end, section=state.section, row="" if head else state.row, column=column)
    return Unit(block, said.text, said.places, said.wraps)


def _left_over(state: _State) -> list[Unit]:
    """Return the cells of a row that the table has no column for."""
    found = []
    for index in range(state.cell, len(state.pieces)):
        start, end = state.pieces[index]
        if re.search(r"\w", state.text[start:end]):
            said = Inline(state.text[start:end], SourceMap.straight(start, end - start), ())
            found.append(_cell(state, said, False, index))
    return found


def _row(state: _State, line: int) -> list[_Piece]:
    """Return the pieces of a table's line between the pipes that no backslash escapes."""
    start, text = state.line(line)
    cuts = [match.start() for match in re.finditer(r"(?<!\\)\|", text)]
    pieces = []
    for begin, end in itertools.pairwise([-1, *cuts, len(text)]):
        inner = text[begin + 1 : end]
        lead = len(inner) - len(inner.lstrip())
        pieces.append(_Piece(start + begin + 1 + lead, start + begin + 1 + max(lead, len(inner.rstrip()))))
    return pieces[:-1] if pieces[-1].start == pieces[-1].end else pieces


def _settle(state: _State, content: str) -> None:
    """Take what stands before the first cell off a row: quotation signs, the bullet of an item, a pipe."""
    first, raw = state.pieces[0], content.replace("|", "\\|")
    if raw and state.text[first.start : first.end].endswith(raw):
        state.pieces[0] = _Piece(first.end - len(raw), first.end)
    else:
        state.pieces = state.pieces[1:]


def _lines(state: _State, token: Token) -> list[Line]:
    """Return where each line of a token's content stands in the file."""
    first, last = token.map or (0, 0)
    if state.stack[-1] in _CELLS:
        return _cell_lines(state, token.content)
    found = []
    at = 0
    for number, piece in enumerate(token.content.split("\n")):
        inner = piece.strip(" \t")
        start, line = state.line(first + number)
        while inner not in line and first + number + 1 < last:  # lines of other white space than spaces, which the parser takes off
            first += 1
            start, line = state.line(first + number)
        lead = len(piece) - len(piece.lstrip(" \t"))
        if state.hashes:
            hashes = line.find(state.hashes) + len(state.hashes)
            where = line.find(inner, hashes)
        else:
            where = line.rfind(inner)
        found.append(Line(at + lead, start + max(where, 0)))
        at += len(piece) + 1
    return found


def _cell_lines(state: _State, content: str) -> list[Line]:
    """Return where a cell stands; each escaped pipe in it is written a character longer."""
    piece = state.pieces[state.cell] if state.cell < len(state.pieces) else _Piece(len(state.text), len(state.text))
    lines, at = [Line(0, piece.start)], piece.start
    for index, char in enumerate(content):
        if char == "|" and state.text.startswith("\\|", at):
            at += 1
            lines.append(Line(index, at))
        at += 1
    return lines


def _verbatim(state: _State, token: Token) -> list[Unit]:
    """Return a code block as it stands in the file, and what an HTML block says."""
    first, last = token.map or (0, 0)
    low = state.lines[min(first, len(state.lines) - 1)]
    high = state.lines[min(last, len(state.lines) - 1)]
    text = state.text[low:high].rstrip("\n")
    if not text.strip():
        return []
    if token.type == "html_block":
        return rawhtml.read(text, low, state.section)
    note = token.type == "code_block" and kinds.NOTE.match(state.last)  # a footnote's next paragraph is indented like code
    block = Block(kind=BlockKind.REFERENCE if note else BlockKind.CODE, start=low, end=low + len(text), section=state.section)
    return [Unit(block, text, SourceMap.straight(low, len(text)))]


def _line_starts(text: str) -> list[int]:
    """Return where each line begins, with the end of the text last; markdown-it counts LF only."""
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    return [*starts, len(text)] if starts[-1] != len(text) else starts
