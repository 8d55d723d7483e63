"""Markdown to blocks, each plain character mapped to its place in the file.

markdown-it gives line ranges only; the columns come from walking the inline tokens and the source lines side by side.
"""

from __future__ import annotations

import html
import itertools
import re
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

from pipeline.markup.blocks import Document, Unit, is_furniture
from pipeline.records import Block, BlockKind

_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_REFERENCES = re.compile(r"^(?:sources|references|bibliography|works cited)$", re.I)
_DEFINITION = re.compile(r"^[ >]*\[[^\]]+\]:")
_BARE = re.compile(r"\bLLM\.?\s*$", re.M)


class _State:
    """Where the walk is: the section, the list and table around, and the next unread character of the file."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = _line_starts(text)
        self.cursor = 0
        self.section = ""
        self.stack: list[str] = []
        self.columns: list[str] = []
        self.cell = 0
        self.row = ""


class _Aligned(NamedTuple):
    text: str
    offsets: list[int]
    cursor: int


def read(text: str) -> Document:
    """Return the blocks of a Markdown article; nothing of its text is lost, whatever it holds."""
    parser = MarkdownIt("commonmark", {"maxNesting": 64}).enable("table")
    state = _State(text)
    tokens = parser.parse(text)
    units = [unit for token in tokens if (unit := _step(state, token))]
    units = sorted([*units, *_unread(state, tokens)], key=lambda unit: unit.block.start)
    return Document(text, tuple(units), "[LLM]" not in text and bool(_BARE.search(text)))


def _unread(state: _State, tokens: list[Token]) -> list[Unit]:
    """Return the lines with words that the parser gave no content for: nested too deep, or definitions of links."""
    read = {line for token in tokens if token.map and token.content for line in range(*token.map)}
    found = []
    for line, (start, end) in enumerate(itertools.pairwise(state.lines)):
        text = state.text[start:end].rstrip("\n")
        if line not in read and re.search(r"\w", text):
            kind = BlockKind.FURNITURE if _DEFINITION.match(text) else BlockKind.PARAGRAPH
            offsets = tuple(range(start, start + len(text) + 1))
            found.append(Unit(Block(kind=kind, start=start, end=start + len(text)), text, offsets))
    return found


def _step(state: _State, token: Token) -> Unit | None:
    if token.nesting == 1:
        _enter(state, token)
    elif token.nesting == -1:
        state.stack.pop()
    elif token.type == "inline" and token.map:
        return _unit(state, token)
    elif token.type in {"fence", "code_block", "html_block"} and token.map:
        return _verbatim(state, token)
    return None


def _enter(state: _State, token: Token) -> None:
    state.stack.append(token.tag if token.type == "heading_open" else token.type.removesuffix("_open"))
    if token.type == "table_open":
        state.columns = []
    elif token.type == "tr_open":
        state.cell, state.row = 0, ""


def _unit(state: _State, token: Token) -> Unit | None:
    low, high = _range(state, token)
    aligned = _align(state.text, token.children or [], max(low, state.cursor), high)
    state.cursor = aligned.cursor
    kind = _kind(state, aligned.text)
    block = Block(
        kind=kind,
        start=aligned.offsets[0] if aligned.offsets else max(low, state.cursor),
        end=aligned.offsets[-1] + 1 if aligned.offsets else max(low, state.cursor),
        section=state.section,
        level=int(state.stack[-1][1]) if kind is BlockKind.HEADING else 0,
    )
    if kind is BlockKind.HEADING:
        state.section = aligned.text if block.level > 1 else ""
    elif kind in {BlockKind.TABLE_HEAD, BlockKind.TABLE_CELL}:
        block = _cell(state, block, aligned.text)
    if not aligned.text.strip():
        return None
    return Unit(block, aligned.text, (*aligned.offsets, block.end))


def _cell(state: _State, block: Block, text: str) -> Block:
    """Give a cell the headings of its row and column."""
    index, state.cell = state.cell, state.cell + 1
    if block.kind is BlockKind.TABLE_HEAD:
        state.columns.append(text)
        return block.model_copy(update={"column": text})
    if index == 0:
        state.row = text
    column = state.columns[index] if index < len(state.columns) else ""
    return block.model_copy(update={"row": state.row, "column": column})


def _kind(state: _State, text: str) -> BlockKind:
    stack = state.stack
    if stack[-1] in {"th", "td"}:
        return BlockKind.TABLE_HEAD if stack[-1] == "th" else BlockKind.TABLE_CELL
    if re.fullmatch(r"h[1-6]", stack[-1]):
        return BlockKind.HEADING
    if _REFERENCES.match(state.section):
        return BlockKind.REFERENCE
    if is_furniture(text.strip(), state.section):
        return BlockKind.FURNITURE
    if "list_item" in stack:
        return BlockKind.LIST_ITEM
    return BlockKind.CALLOUT if "blockquote" in stack else BlockKind.PARAGRAPH


def _verbatim(state: _State, token: Token) -> Unit | None:
    """Return a code or HTML block as it stands in the file."""
    low, high = _range(state, token)
    text = state.text[low:high].rstrip("\n")
    state.cursor = high
    if not text.strip():
        return None
    block = Block(kind=BlockKind.CODE, start=low, end=low + len(text), section=state.section)
    return Unit(block, text, tuple(range(low, low + len(text) + 1)))


def _range(state: _State, token: Token) -> tuple[int, int]:
    first, last = token.map or (0, 0)
    return state.lines[min(first, len(state.lines) - 1)], state.lines[min(last, len(state.lines) - 1)]


def _line_starts(text: str) -> list[int]:
    """Return where each line begins, with the end of the text last; markdown-it counts LF only."""
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    return [*starts, len(text)] if starts[-1] != len(text) else starts


def _align(text: str, children: list[Token], cursor: int, high: int) -> _Aligned:
    """Walk the inline tokens along the source; every plain character gets the place of the same character in the file."""
    plain: list[str] = []
    offsets: list[int] = []
    for child in children:
        if child.type in {"softbreak", "hardbreak"}:
            at = text.find("\n", cursor, high)
            cursor = at if at >= 0 else cursor
            piece = [(" ", cursor)]
        elif child.type == "image":
            inner = _align(text, child.children or [], cursor, high)
            piece = list(zip(inner.text, inner.offsets, strict=True))
            cursor = _past_target(text, inner.cursor, high)
        elif child.type == "link_close":
            cursor = _past_target(text, cursor, high)
            continue
        elif child.type in {"text", "code_inline", "html_inline", "text_special"}:
            piece = _place(text, child.content, cursor, high)
        else:
            continue
        for char, at in piece:
            plain.append(char)
            offsets.append(at)
            cursor = max(cursor, at + 1)
    return _Aligned("".join(plain), offsets, cursor)


def _place(text: str, content: str, cursor: int, high: int) -> list[tuple[str, int]]:
    at = text.find(content, cursor, high)
    if at >= 0 and not text[cursor:at].strip("*_`~[]!\\<>| \t\n#-+.0123456789)"):
        return [(char, at + index) for index, char in enumerate(content)]
    placed = []
    for char in content:
        cursor = _next(text, char, cursor, high)
        placed.append((char, cursor))
        entity = _ENTITY.match(text, cursor) if cursor < high and text[cursor] == "&" else None
        cursor = entity.end() if entity and char in html.unescape(entity.group()) else min(cursor + 1, high)
    return placed


def _next(text: str, char: str, cursor: int, high: int) -> int:
    """Return where `char` stands next in the file, written plainly, escaped or as an entity."""
    at = cursor
    while at < high:
        if text[at] == char or (char == " " and text[at] in "\n\t"):  # a line end in a code span reads as a space
            return at
        entity = _ENTITY.match(text, at)
        if entity:
            if char in html.unescape(entity.group()):
                return at
            at = entity.end()
        else:
            at += 1
    return min(cursor, max(high - 1, 0))


def _past_target(text: str, cursor: int, high: int) -> int:
    """Return the place after `](target)` or `][label]`, where one begins at the cursor."""
    target = re.compile(r"[*_`~]*\](?:\((?:[^()\n]|\([^()\n]*\))*\)|\[[^\]\n]*\])?|>").match(text, cursor, high)
    return target.end() if target else cursor
