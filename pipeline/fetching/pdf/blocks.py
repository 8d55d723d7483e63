"""Paragraphs, headings, captions and reference lists, from where the lines stand and how they are set."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from itertools import pairwise
from typing import NamedTuple

from pipeline.fetching.pdf.lines import BREAK, Line


class Body(NamedTuple):
    """What most lines of a document are like."""

    size: float
    bold: bool
    width: float
    leading: float


class Block(NamedTuple):
    """The lines of one paragraph, and its kind: heading, text, bibliography or caption."""

    lines: list[Line]
    kind: str


_STOP = re.compile(r"[.?!:;][\"'\u2019\u201d)\]]*(?:\[?[\d,\u2013-]+\]?)?$")
REFERENCES = re.compile(
    r"(?:(?:\d+|[IVX]+)\.?\s+)?(?:references?(?: and notes| cited)?|sources|bibliography|(?:literature|works|sources) cited|"
    r"literature|literatur(?:verzeichnis)?|bibliographie|notes and references)\W*",
    re.I,
)
_SECTION = re.compile(
    r"(?:(?:\d+|[IVX]+)\.?\s+)?(?:abstract|summary|introduction|background|(?:materials? and )?methods?|results?(?: and discussion)?|"
    r"discussion|conclusions?|acknowledge?ments?|appendix(?: \w)?)",
    re.I,
)
_CAPTION = re.compile(
    r"(?i:(?:supplementary |extended data )?(?:fig(?:ure|\.)?|table|scheme|box|plate))"
    r"\s+S?[\dIVX]+[a-z]?(?:[.:|\u2013\u2014](?!\d)|\s+[A-Z]|$)"
)
_LABEL = re.compile(r"(?:\[\w{1,12}\]|\(?\d{1,3}[.)]|\d{1,3}\s+(?=[A-Z]))\s*\S")


def body_of(lines: list[Line]) -> Body:
    """Return the size and weight that most characters have, and the width and distance of such lines."""
    if not lines:
        return Body(10.0, False, 1.0, 12.0)
    weights: Counter[tuple[float, bool]] = Counter()
    for line in lines:
        weights[line.size, line.bold] += len(line.text)
    size, bold = weights.most_common(1)[0][0]
    usual = [line for line in lines if abs(line.size - size) < 0.3]
    width = statistics.median(line.right - line.left for line in usual)
    steps = [a.bottom - b.bottom for a, b in pairwise(usual) if 0 < a.bottom - b.bottom < 3 * size]
    return Body(size, bold, width, statistics.median(steps) if steps else 1.2 * size)


def blocks(lines: list[Line], body: Body) -> list[Block]:
    """Group lines into paragraphs, in the order in which the file has them."""
    blocks: list[Block] = []
    listing = False
    for index, line in enumerate(lines):
        after = lines[index + 1] if index + 1 < len(lines) else None
        if blocks and not _begins(line, blocks[-1], after, body, listing):
            blocks[-1].lines.append(line)
            continue
        kind = _kind(line, body)
        if kind == "heading":
            listing = REFERENCES.fullmatch(line.text) is not None
        blocks.append(Block([line], "bibliography" if listing and kind == "text" else kind))
    return blocks


def _kind(line: Line, body: Body) -> str:
    if _CAPTION.match(line.text) and line.text[0].isupper():
        return "caption"
    return "heading" if _is_heading(line, body) else "text"


def _is_heading(line: Line, body: Body) -> bool:
    """Say whether a line is set as a heading, or is one of the usual section names alone."""
    if REFERENCES.fullmatch(line.text) or _SECTION.fullmatch(line.text):
        return line.text[0].isupper() or line.text[0].isdigit()
    marked = line.size > 1.08 * body.size or (line.bold and not body.bold and line.size > 0.9 * body.size)
    return marked and len(line.text) < 200 and any(map(str.isalpha, line.text))


def _begins(line: Line, block: Block, after: Line | None, body: Body, listing: bool) -> bool:
    """Say whether a line begins a paragraph after the block."""
    last = block.lines[-1]
    if abs(line.size - last.size) > 0.08 * body.size and not _is_broken(last, line):
        return True
    if block.kind != "caption" and (block.kind == "heading") != _is_heading(line, body):
        return True
    if _is_broken(last, line):
        return False
    if (line.bold != last.bold and block.kind == "heading") or _kind(line, body) == "caption":
        return True
    if listing and _LABEL.match(line.text):
        return True
    if line.page != last.page or line.bottom > last.bottom:
        return _begins_above(line, last, after, body)
    return _begins_below(line, last, body, listing)


def _is_broken(last: Line, line: Line) -> bool:
    return last.text.endswith((BREAK, "\u00ad", "-")) and line.text[0].islower()


def _begins_above(line: Line, last: Line, after: Line | None, body: Body) -> bool:
    """Say whether the first line of a column begins a paragraph: after a full stop, if indented or after a short line."""
    if line.text[0].islower() or not _STOP.search(last.text):
        return False
    indented = after is not None and after.page == line.page and 0.6 * body.size < line.left - after.left < 4 * body.size
    return indented or last.right - last.left < 0.8 * body.width


def _begins_below(line: Line, last: Line, body: Body, listing: bool) -> bool:
    if last.bottom - line.bottom > 1.35 * body.leading * max(1.0, line.size / body.size):
        return True
    if _is_heading(line, body) and not listing:
        return False
    shift = (line.left - last.left) / max(1.0, body.size)
    if listing:
        return shift < -0.5 or (_STOP.search(last.text) is not None and abs(shift) < 0.2 and last.right < line.right - body.size)
    ended = _STOP.search(last.text) is not None and not line.text[0].islower()
    return ended and (shift > 0.7 or last.right - last.left < 0.8 * body.width)


def merged(blocks: list[Block], body: Body) -> list[Block]:
    """Join a paragraph that captions or notes cut in two: the first part has no end and the second begins in lower case."""
    kept: list[Block] = []
    for block in blocks:
        home = _unended(kept, body) if block.kind == "text" and _goes_on(block.lines[0], body) else None
        if home is None or home is kept[-1]:
            kept.append(block)
        else:
            home.lines.extend(block.lines)
    return kept


def _goes_on(line: Line, body: Body) -> bool:
    return line.text[0].islower() and abs(line.size - body.size) < 0.08 * body.size


def _unended(kept: list[Block], body: Body) -> Block | None:
    """Return the paragraph before the captions and notes just seen, where it has no end."""
    for block in reversed(kept[-5:]):
        last = block.lines[-1]
        if block.kind == "text" and abs(last.size - body.size) < 0.08 * body.size:
            return None if _STOP.search(last.text) else block
        if block.kind != "caption" and last.size > 0.95 * body.size:
            return None
    return None
