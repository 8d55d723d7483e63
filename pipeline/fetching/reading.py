"""What an extractor gives: the pieces of a document in reading order, and what the document says it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from pipeline.records import Part, Stretch, Structure
from pipeline.text import ingested

_GAP = "\n\n"
_KINDS: tuple[Literal["page", "time", "section"], ...] = ("page", "time", "section")


class Mark(NamedTuple):
    """Where a page or a time begins within a piece."""

    offset: int
    kind: Literal["page", "time"]
    label: str


class Piece(NamedTuple):
    """A paragraph, heading, list item or table row."""

    text: str
    part: Part = Part.TEXT
    marks: tuple[Mark, ...] = ()


class Declared(NamedTuple):
    """What a document says of itself; each field may hold several answers, the most trusted first."""

    titles: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    dois: tuple[str, ...] = ()


class Reading(NamedTuple):
    """A document as an extractor read it."""

    pieces: Sequence[Piece]
    declared: Declared = Declared()
    encoding: str | None = None
    whole: bool = True
    """False where the document itself shows that it holds less than the work: a record with an abstract and no body."""


class Laid(NamedTuple):
    """The derived text of a document, and the stretches of it."""

    text: str
    structure: Structure


def laid_out(pieces: Iterable[Piece]) -> Laid:
    """Put pieces together, a blank line between two, and turn marks, headings and parts into stretches of the text.

    >>> laid = laid_out([Piece("Results", Part.HEADING), Piece("It fell.", marks=(Mark(0, "page", "7"),))])
    >>> laid.text, laid.structure.place(11)
    ('Results\\n\\nIt fell.', 'p. 7 · Results')
    """
    texts: list[str] = []
    starts: list[tuple[int, str, str]] = []
    parts: list[Stretch] = []
    size = 0
    for piece in pieces:
        words, marks = _cleaned(piece)
        at = size + (len(_GAP) if words and texts else 0)
        starts += [(at + mark.offset, mark.kind, mark.label) for mark in marks]
        if not words:
            continue
        texts.append(words)
        size = at + len(words)
        if piece.part is Part.HEADING:
            starts.append((at, "section", " ".join(words.split())[:120]))
        elif piece.part is not Part.TEXT:
            _add(parts, Stretch(kind="part", start=at, end=size, label=piece.part.value))
    spans = [item for kind in _KINDS for item in _spans(kind, [(at, label) for at, of, label in starts if of == kind], size)]
    return Laid(_GAP.join(texts), Structure(stretches=(*spans, *parts)))


def _add(parts: list[Stretch], part: Stretch) -> None:
    """Add a part, as one with its neighbour of the same kind."""
    if parts and parts[-1].label == part.label and part.start - parts[-1].end == len(_GAP):
        parts[-1] = parts[-1].model_copy(update={"end": part.end})
    else:
        parts.append(part)


def _cleaned(piece: Piece) -> tuple[str, list[Mark]]:
    """Clean a piece's text between its marks, so that they stay at the same words."""
    cuts = [0, *(mark.offset for mark in piece.marks), len(piece.text)]
    runs = [ingested(piece.text[a:b]) for a, b in pairwise(cuts)]
    runs[0] = runs[0].lstrip()
    offsets = [sum(map(len, runs[: index + 1])) for index in range(len(piece.marks))]
    text = "".join(runs)
    lead = len(text) - len(text.lstrip())
    text = text.strip()
    return text, [mark._replace(offset=min(max(0, at - lead), len(text))) for mark, at in zip(piece.marks, offsets, strict=True)]


def _spans(kind: Literal["page", "time", "section"], starts: list[tuple[int, str]], size: int) -> list[Stretch]:
    """Turn starts into spans, each up to the next; a start at the same place as the one before takes its place."""
    starts = [item for before, item in pairwise([(0, ""), *starts]) if item[1] != before[1] or kind == "section"]
    ends = [at for at, _ in starts[1:]] + [size] * bool(starts)
    return [Stretch(kind=kind, start=at, end=end, label=label) for (at, label), end in zip(starts, ends, strict=True) if at < end]
