"""Split: from an article's text to blocks and sentences with offsets back into the text."""

from __future__ import annotations

from collections import Counter

from pipeline.markup.blocks import Document, Unit
from pipeline.markup.sentences import Span, mask, spans
from pipeline.records import Block, BlockKind, Marker, Record, Sentence
from pipeline.text import fold, sha256

_SILENT = frozenset({BlockKind.HEADING, BlockKind.TABLE_HEAD, BlockKind.REFERENCE, BlockKind.FURNITURE, BlockKind.CODE})
_WHOLE = frozenset({BlockKind.TABLE_CELL})


class SplitResult(Record):
    """The blocks of an article and the sentences of those that say something."""

    blocks: tuple[Block, ...]
    sentences: tuple[Sentence, ...]


def split(document: Document, sources: int) -> SplitResult:
    """Return blocks and sentences of an article that lists so many sources."""
    seen: Counter[str] = Counter()
    found: list[Sentence] = []
    for index, unit in enumerate(document.units):
        if unit.block.kind in _SILENT:
            continue
        for span in spans(unit.text, whole=unit.block.kind in _WHOLE, plain=document.bare_markers, known=sources):
            found.append(_sentence(unit, index, span, seen))
    return SplitResult(blocks=tuple(unit.block for unit in document.units), sentences=tuple(found))


def _sentence(unit: Unit, index: int, span: Span, seen: Counter[str]) -> Sentence:
    start, end = unit.to_file(span.start, span.end)
    text = _plain(unit.text, span)
    return Sentence(
        id=_identity(text, seen),
        block=index,
        start=start,
        end=end,
        text=text,
        markers=tuple(_marker(unit, span, found) for found in range(len(span.markers))),
    )


def _marker(unit: Unit, span: Span, which: int) -> Marker:
    found = span.markers[which]
    start, end = unit.to_file(max(found.start, span.start), found.end)
    return Marker(start=start, end=end, numbers=found.numbers, llm=found.llm)


def _plain(text: str, span: Span) -> str:
    local = [found._replace(start=max(0, found.start - span.start), end=found.end - span.start) for found in span.markers]
    return " ".join(mask(text[span.start : span.end], local).text.split())


def _identity(text: str, seen: Counter[str]) -> str:
    """Return an id from the folded words, the same in the next version; the second of two equal sentences gets `-2`."""
    digest = sha256(fold(text).text)[:12]
    seen[digest] += 1
    return digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"
