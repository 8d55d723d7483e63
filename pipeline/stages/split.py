"""Split: from an article's text to blocks and sentences with offsets back into the text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pipeline.markup import markers
from pipeline.markup.blocks import Document, Unit
from pipeline.markup.sentences import OWN, Span, mask, spans
from pipeline.records import Block, BlockKind, Marker, Record, Sentence, Source
from pipeline.text import clean, fold, sha256

SILENT = frozenset({BlockKind.HEADING, BlockKind.TABLE_HEAD, BlockKind.REFERENCE, BlockKind.FURNITURE, BlockKind.CODE})
"""Blocks without sentences: they name, list or belong to the page, and claim nothing."""
_WHOLE = frozenset({BlockKind.TABLE_CELL, BlockKind.CAPTION})


class Doubtful(Record):
    """A number at the end of a sentence that could be a marker or part of the sentence."""

    sentence_id: str
    number: str
    marker: bool
    """Whether it was read as a marker."""


class SplitResult(Record):
    """The blocks of an article, the sentences of those that say something, and the numbers in doubt."""

    blocks: tuple[Block, ...]
    sentences: tuple[Sentence, ...]
    doubts: tuple[Doubtful, ...] = ()


def split(document: Document, sources: Sequence[Source], engine: str = OWN) -> SplitResult:
    """Return blocks and sentences of an article that lists these sources; `engine` names the pipeline that finds boundaries."""
    seen: Counter[str] = Counter()
    found: list[Sentence] = []
    doubts: list[Doubtful] = []
    names = {source.id: number for number, source in enumerate(sources, 1)}
    for index, unit in enumerate(document.units):
        if unit.block.kind in SILENT:
            continue
        held = [markers.Held(wrap.kind, wrap.start, wrap.end) for wrap in unit.wraps]
        reading = markers.read(unit.text, plain=document.bare_markers, known=len(sources), held=held, names=names)
        for span in spans(unit.text, whole=unit.block.kind in _WHOLE, reading=reading, engine=engine):
            found.append(_sentence(unit, index, span, seen))
            doubts += _doubts(found[-1].id, unit, span, reading.doubts)
    return SplitResult(blocks=tuple(unit.block for unit in document.units), sentences=tuple(found), doubts=tuple(doubts))


def _doubts(sentence_id: str, unit: Unit, span: Span, doubts: Sequence[markers.Doubt]) -> list[Doubtful]:
    """Return the numbers in doubt of a sentence: one that was left as text matters only where the sentence has no marker."""
    return [
        Doubtful(sentence_id=sentence_id, number=unit.text[doubt.start : doubt.end].strip(), marker=doubt.marker)
        for doubt in doubts
        if span.start <= doubt.start < span.end and (doubt.marker or not span.markers)
    ]


def _sentence(unit: Unit, index: int, span: Span, seen: Counter[str]) -> Sentence:
    start, end = unit.to_file(span.start, span.end)
    text = _plain(unit.text, span)
    return Sentence(
        id=_identity(text, unit.block, seen),
        block=index,
        start=start,
        end=end,
        text=text,
        markers=tuple(_marker(unit, span, found) for found in span.markers),
    )


def _marker(unit: Unit, span: Span, found: markers.Found) -> Marker:
    start, end = unit.to_file(max(found.start, span.start), found.end)
    return Marker(start=start, end=end, numbers=found.numbers, llm=found.llm, unknown=found.names)


def _plain(text: str, span: Span) -> str:
    local = [found._replace(start=max(0, found.start - span.start), end=found.end - span.start) for found in span.markers]
    return " ".join(clean(mask(text[span.start : span.end], local).text).split())


def _identity(text: str, block: Block, seen: Counter[str]) -> str:
    """Return an id from the folded words and the place: 12 hex digits of the text, 4 of section, kind, row and column.

    A sentence that moves keeps the first part, one that is edited in place the second; of two equal ones in a place, the second
    gets `-2`.
    """
    place = "\n".join((fold(block.section).text, block.kind, fold(block.row).text, fold(block.column).text))
    made = f"{sha256(fold(text).text)[:12]}-{sha256(place)[:4]}"
    seen[made] += 1
    return made if seen[made] == 1 else f"{made}-{seen[made]}"
