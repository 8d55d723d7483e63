"""Blocks of HTML inside Markdown: what they say between their tags, each character at its place."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import NamedTuple

from pipeline.markup import kinds
from pipeline.markup.blocks import Run, SourceMap, Unit
from pipeline.records import Block, BlockKind

_TAG = re.compile(
    r"<(?P<quiet>script|style|template)\b.*?(?:</(?P=quiet)\s*>|\Z)|<!--.*?(?:-->|\Z)|<!\[CDATA\[|\]\]>|<[!?][^>]*>"
    r"|</?(?P<name>[A-Za-z][\w:-]*)(?:\"[^\"]*\"|'[^']*'|[^<>\"'])*>",
    re.S | re.I,
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_PIECE = re.compile(rf"(?P<entity>{_ENTITY.pattern})|(?P<space>\s+)|[^\s&]+|&")
_INLINE = frozenset(
    "a abbr b bdi bdo cite code data del dfn em font i ins kbd label mark q s samp small span strong sub sup time tt u var wbr".split()
)
_KINDS = {
    "li": BlockKind.LIST_ITEM, "dd": BlockKind.DEFINITION, "dt": BlockKind.LIST_ITEM, "pre": BlockKind.CODE,
    "th": BlockKind.TABLE_HEAD, "td": BlockKind.TABLE_CELL, "blockquote": BlockKind.CALLOUT,
    "figcaption": BlockKind.CAPTION, "caption": BlockKind.CAPTION, **{f"h{level}": BlockKind.HEADING for level in range(1, 7)},
}  # fmt: skip


class _Text(NamedTuple):
    """A stretch between tags, and the name of the block tag before it."""

    start: int
    end: int
    tag: str


def read(text: str, at: int, section: str) -> list[Unit]:
    """Return the blocks of a block of HTML that stands in the file at `at`; markup that holds no words is one block of code."""
    units = [unit for group in _groups(text) if (unit := _unit(text, group, at, section))]
    if units:
        return units
    block = Block(kind=BlockKind.CODE, start=at, end=at + len(text), section=section)
    return [Unit(block, text, SourceMap.straight(at, len(text)))]


def _groups(text: str) -> Iterator[list[_Text]]:
    """Yield the stretches of text that stand in one block."""
    group: list[_Text] = []
    tag, done = "", 0
    for match in _TAG.finditer(text):
        group.append(_Text(done, match.start(), tag))
        done = match.end()
        name = (match.group("name") or "").lower()
        if name and name not in _INLINE:
            yield group
            group, tag = [], "" if match.group().startswith("</") else name
    yield [*group, _Text(done, len(text), tag)]


def _unit(text: str, group: list[_Text], at: int, section: str) -> Unit | None:
    parts: list[str] = []
    runs: list[Run] = []
    size = 0
    for stretch in group:
        for piece in _PIECE.finditer(text, stretch.start, stretch.end):
            said = " " if piece["space"] else html.unescape(piece.group()) if piece["entity"] else piece.group()
            if said == " " and (not parts or parts[-1].endswith(" ")):
                continue
            runs.append(Run(size, at + piece.start(), len(said), 1 if said == " " else len(piece.group())))
            parts.append(said)
            size += len(said)
    if parts and parts[-1] == " ":
        parts, runs = parts[:-1], runs[:-1]
    said = "".join(parts)
    if not re.search(r"\w", said):
        return None
    places = SourceMap(tuple(runs))
    start, end = places.to_file(0, len(said))
    tag = next((stretch.tag for stretch in group), "")
    kind = _KINDS.get(tag) or kinds.kind(said, section, item=False, quoted=False)
    level = int(tag[1]) if kind is BlockKind.HEADING else 0
    return Unit(Block(kind=kind, start=start, end=end, section=section, level=level), said, places)
