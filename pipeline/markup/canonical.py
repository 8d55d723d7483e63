"""An article in canonical form: markers as this program prints them, the source list apart, and all else as it was."""

from __future__ import annotations

import bisect
import functools
import itertools
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from pipeline.markup import kinds, markdown, markers
from pipeline.markup.blocks import Document, Unit
from pipeline.markup.compose import escape
from pipeline.markup.imported import Entry, Imported, Remark, shortened
from pipeline.records import BlockKind

_NUMBERED = re.compile(
    r"^\s*(?:[-*+•]\s+)?(?:\*\*|__)?(?:\\?\[\^?(?P<mark>[^\]\s\\]{1,80})\\?\](?:\*\*|__)?:?|(?P<plain>\d{1,3})\\?[.)](?:\*\*|__)?)\s+"
)
_BULLET = re.compile(r"^ {0,3}[-*+•]\s")
_INNER = re.compile(r"^(?: {2,}|\t)")
_BY_NAME = re.compile(r"\s*\[[\^@](?!\d{1,3}\])")
_LINK = re.compile(r"https?://[^\s<>()\[\]]+(?:\([^\s<>()]*\)[^\s<>()\[\]]*)*")


class Listed(NamedTuple):
    """The source list of a document: its entries, and the place of each label that markers call one by."""

    entries: tuple[Entry, ...]
    numbers: Mapping[str, int]
    notes: Mapping[str, int]
    """Labels of footnotes, which are numbered apart from a list."""
    spans: tuple[tuple[int, int], ...]
    """Where the list, its heading included, stands in the file."""
    remarks: tuple[Remark, ...]

    def place(self, number: int, written: str) -> int | None:
        """Return the place in the list of a number as it is written, or None where the list has none of that label."""
        if _BY_NAME.match(written):
            return number
        note = "^" in written and bool(self.notes)
        labels = self.notes if note else self.numbers
        if labels or (self.notes and len(self.notes) == len(self.entries)):
            return labels.get(str(number))
        return number if number <= len(self.entries) or not self.entries else None


def from_markdown(document: Document) -> Imported:
    """Take over a Markdown article: its markers in canonical form, its source list apart, and all else byte for byte."""
    listed = _listed(document)
    remarks: list[Remark] = [*listed.remarks]
    edits: list[tuple[int, int, str]] = [(start, end, "") for start, end in listed.spans]
    for unit in document.units:
        if unit.block.kind in _UNMARKED or any(low <= unit.block.start < high for low, high in listed.spans):
            continue
        for found in _reading(unit, document, listed).markers:
            start, end = unit.to_file(found.start, found.end)
            edits.append((start, end, _canonical(found, listed, document.text[start:end], _at(document, start, remarks))))
    parts: list[str] = []
    done = 0
    for start, end, new in sorted(edits):
        if start >= done:
            parts += [document.text[done:start], new]
            done = end
    return Imported("".join([*parts, document.text[done:]]), listed.entries, tuple(remarks))


def from_plain(document: Document) -> Imported:
    """Take over a page saved as text: headings, lists and tables as Markdown, its source list apart."""
    listed = _listed(document)
    remarks: list[Remark] = [*listed.remarks]
    lines: list[str] = []
    row: list[str] = []
    last: Unit | None = None
    for unit in document.units:
        if any(low <= unit.block.start < high for low, high in listed.spans):
            continue
        kind = unit.block.kind
        table = kind in {BlockKind.TABLE_HEAD, BlockKind.TABLE_CELL}
        if row and not (table and last and _same_row(last, unit)):
            lines += _row(row, last)
            row = []
        said = _said(unit, document, listed, remarks)
        if table:
            row.append(said)
            if not unit.block.column:
                remarks.append(_remark(document, unit.block.start, "a row of a table that could not be cut into its cells"))
        else:
            lines += [*[""] * _apart(last, unit), _line(unit, said)]
        last = unit
    lines += _row(row, last) if row else []
    return Imported("\n".join(lines).strip() + "\n", listed.entries, tuple(remarks))


def _apart(last: Unit | None, unit: Unit) -> bool:
    return not (last and last.block.kind.is_item and unit.block.kind.is_item)


def _same_row(last: Unit, unit: Unit) -> bool:
    return last.block.kind is unit.block.kind and last.block.row == unit.block.row and bool(last.block.column)


def _row(cells: list[str], last: Unit | None) -> list[str]:
    line = "| " + " | ".join(cells) + " |"
    if last and last.block.kind is BlockKind.TABLE_HEAD:
        return ["", line, "| " + " | ".join("---" for _ in cells) + " |"]
    return [line]


def _line(unit: Unit, said: str) -> str:
    kind = unit.block.kind
    if kind is BlockKind.HEADING:
        return f"{'#' * unit.block.level} {said}"
    if kind.is_item:
        return f"- {said}"
    return f"> {said}" if kind is BlockKind.CALLOUT else said


def _said(unit: Unit, document: Document, listed: Listed, remarks: list[Remark]) -> str:
    """Return a block's text escaped, with its markers in canonical form."""
    parts: list[str] = []
    done = 0
    found = _reading(unit, document, listed).markers if unit.block.kind not in _UNMARKED else []
    for marker in found:
        at = _at(document, unit.to_file(marker.start, marker.end)[0], remarks)
        parts += [escape(unit.text[done : marker.start]), _canonical(marker, listed, unit.text[marker.start : marker.end], at)]
        done = marker.end
    rest = unit.text[done:]
    space = " " if done and rest[:1].isspace() else ""
    return "".join([*parts, space, escape(rest) if rest.strip() else ""]) if done else escape(rest)


_UNMARKED = frozenset({BlockKind.REFERENCE, BlockKind.FURNITURE, BlockKind.CODE})
_NAMING = frozenset({BlockKind.HEADING, BlockKind.TABLE_HEAD})


def _reading(unit: Unit, document: Document, listed: Listed) -> markers.Reading:
    held = [markers.Held(wrap.kind, wrap.start, wrap.end) for wrap in unit.wraps]
    known = len(listed.entries) or markers.UNKNOWN
    bare = document.bare_markers and unit.block.kind not in _NAMING
    return markers.read(unit.text, plain=bare, known=known, held=held, names={**listed.numbers, **listed.notes})


def _canonical(found: markers.Found, listed: Listed, written: str, remark: Callable[[str], None]) -> str:
    """Return a marker in canonical form: numbers become places in the source list, one that is not there a name that no source has."""
    for name in found.names:
        remark(f"cites `{name}`, which no entry of the source list is called; left as it is")
    if found.names:
        return written
    said = ""
    for number in found.numbers:
        place = listed.place(number, written)
        if place is None:
            remark(f"cites {number}, which the source list of {len(listed.entries)} does not hold")
        said += markers.printed([place]) if place is not None else f"[^not-listed-{number}]"
    return (" " if written[:1].isspace() else "") + said + (markers.printed(llm=True) if found.llm else "")


def _line_of(text: str, offset: int) -> int:
    """Return the 1-based line in which an offset stands."""
    return bisect.bisect_right(_line_starts(text), offset)


@functools.lru_cache(maxsize=2)
def _line_starts(text: str) -> list[int]:
    return [0, *(match.end() for match in re.finditer("\n", text))]


def _at(document: Document, start: int, remarks: list[Remark]) -> Callable[[str], None]:
    return lambda why: remarks.append(_remark(document, start, why))


def _remark(document: Document, start: int, why: str) -> Remark:
    line = _line_of(document.text, start)
    begin = document.text.rfind("\n", 0, start) + 1
    end = document.text.find("\n", start)
    text = document.text[begin : end if end >= 0 else None].strip()
    return Remark(line, shortened(text), why)


def _listed(document: Document) -> Listed:
    """Return the source list: the items under its heading, and footnotes."""
    made = _List(document)
    for unit in document.units:
        if unit.block.kind is BlockKind.HEADING and kinds.REFERENCES.match(unit.text.strip()):
            made.span(unit)
    held = [unit for unit in document.units if unit.block.kind is BlockKind.REFERENCE]
    itemised = any(made.is_item(made.written(unit)) for unit in held)
    for unit in held:
        made.take(unit, itemised)
    return Listed(tuple(made.entries), made.numbers, made.notes, tuple(made.spans), tuple(made.remarks))


class _List:
    """A source list while it is read."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.entries: list[Entry] = []
        self.numbers: dict[str, int] = {}
        self.notes: dict[str, int] = {}
        self.spans: list[tuple[int, int]] = []
        self.remarks: list[Remark] = []

    def span(self, unit: Unit) -> tuple[int, int]:
        """Note and return where the lines of a block stand."""
        text = self.document.text
        begin, end = text.rfind("\n", 0, unit.block.start) + 1, text.find("\n", unit.block.end)
        self.spans.append((begin, end + 1 if end >= 0 else len(text)))
        return self.spans[-1]

    def written(self, unit: Unit) -> str:
        """Return the lines of a block as they are written."""
        text = self.document.text
        end = text.find("\n", unit.block.end)
        return text[text.rfind("\n", 0, unit.block.start) + 1 : end if end >= 0 else len(text)]

    @staticmethod
    def is_item(written: str) -> bool:
        """Say whether lines begin an entry: a label, a number or a bullet at the margin."""
        return not _INNER.match(written) and bool(_NUMBERED.match(written) or _BULLET.match(written))

    def take(self, unit: Unit, itemised: bool) -> None:
        """Take up a block of the list: an entry, several, part of the entry before, or something beside the list."""
        written, said = self.written(unit), " ".join(unit.text.split())
        begin, _ = self.span(unit)
        line = _line_of(self.document.text, begin)
        links = tuple(dict.fromkeys(_LINK.findall(written)))
        if self.is_item(written) or not itemised:
            for piece in self.pieces(written):
                self.add(piece, said if piece == written else " ".join(u.text for u in markdown.read(piece).units), line)
                line += piece.count("\n") + 1
        elif self.entries and _INNER.match(written):
            last = self.entries[-1]
            self.entries[-1] = last._replace(text=f"{last.text} {said}", links=(*last.links, *links))
        else:
            self.remarks.append(_remark(self.document, unit.block.start, "stands beside the source list, and is left out"))

    @staticmethod
    def pieces(written: str) -> list[str]:
        """Cut lines where each begins with a label of its own."""
        lines = written.splitlines()
        starts = [index for index, line in enumerate(lines) if _NUMBERED.match(line) and not _INNER.match(line)]
        if len(starts) < 2 or starts[0]:
            return [written]
        return ["\n".join(lines[low:high]) for low, high in itertools.pairwise([*starts, len(lines)])]

    def add(self, written: str, said: str, line: int) -> None:
        """Add an entry with its label."""
        label = _NUMBERED.match(written)
        text = " ".join(_NUMBERED.sub("", said).split())
        self.entries.append(Entry(line, text, tuple(dict.fromkeys(_LINK.findall(written)))))
        if label:
            labels = self.notes if "[^" in label.group() else self.numbers
            labels.setdefault(label["mark"] or label["plain"], len(self.entries))
