"""Sentences of a block: markers masked, boundaries found, and the markers given to the sentence before them."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from pipeline.markup.boundaries import boundaries
from pipeline.markup.markers import UNKNOWN, Found, find

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

FACTORY = "sourcemark_sentences"


class Span(NamedTuple):
    """A sentence of a block with the markers inside it; offsets into the block's text."""

    start: int
    end: int
    markers: tuple[Found, ...]


class _Masked(NamedTuple):
    text: str
    offsets: tuple[int, ...]


def spans(text: str, *, whole: bool = False, plain: bool = True, known: int = UNKNOWN) -> list[Span]:
    """Return the sentences of one block, in order; every character that is not white space lies in one of them.

    `whole` keeps the block in one piece (headings, table cells, references).
    """
    markers = find(text, plain=plain, known=known)
    starts = [] if whole else _starts(text, markers)
    return _spans(text, [0, *starts], markers)


def _starts(text: str, markers: Iterable[Found]) -> list[int]:
    masked = mask(text, markers)
    doc = _pipeline()(masked.text)
    firsts = [token.idx for token in doc if token.is_sent_start]
    return [masked.offsets[offset] for offset in firsts if offset]


def mask(text: str, markers: Iterable[Found]) -> _Masked:
    """Return the text without its markers, and where each remaining character was."""
    parts: list[str] = []
    offsets: list[int] = []
    done = 0
    for marker in [*markers, Found(len(text), len(text), (), False)]:
        parts.append(text[done : marker.start])
        offsets.extend(range(done, marker.start))
        done = max(done, marker.end)
    return _Masked("".join(parts), (*offsets, len(text)))


def _spans(text: str, starts: list[int], markers: list[Found]) -> list[Span]:
    found = []
    for start, limit in zip(starts, [*starts[1:], len(text)], strict=True):
        end = start + len(text[start:limit].rstrip())
        begin = end - len(text[start:end].lstrip())
        if begin < end:
            inside = tuple(marker for marker in markers if begin <= marker.end - 1 < end)
            found.append(Span(begin, end, inside))
    return found


@functools.cache
def _pipeline() -> Language:
    """Return `spacy.blank("en")` with our component alone; made once, spaCy takes over a second to import."""
    import spacy
    from spacy.language import Language

    if not Language.has_factory(FACTORY):
        Language.factory(FACTORY, default_config={"veto_lower": True})(_Component)
    nlp = spacy.blank("en")
    nlp.max_length = 1 << 30
    nlp.add_pipe(FACTORY)
    return nlp


class _Component:
    """The spaCy component: sets `is_sent_start` from character boundaries."""

    def __init__(self, nlp: Language, name: str, veto_lower: bool) -> None:
        self.veto_lower = veto_lower

    def __call__(self, doc: Doc) -> Doc:
        wanted = boundaries(doc.text, veto_lower=self.veto_lower)
        position = 0
        for token in doc:
            # A boundary inside a token moves to the next token: nothing is lost, the sentence only ends later.
            starts = position < len(wanted) and wanted[position] <= token.idx
            while position < len(wanted) and wanted[position] <= token.idx:
                position += 1
            token.is_sent_start = starts or token.i == 0
        return doc


def sentences(text: str) -> list[tuple[int, int]]:
    """Return the sentence spans of running text without markers, paragraph by paragraph; for sources, which are long."""
    found = []
    start = 0
    for paragraph in text.split("\n\n"):
        cuts = [0, *boundaries(paragraph), len(paragraph)]
        for low, high in itertools.pairwise(cuts):
            piece = paragraph[low:high]
            if piece.strip():
                begin = low + len(piece) - len(piece.lstrip())
                found.append((start + begin, start + low + len(piece.rstrip())))
        start += len(paragraph) + 2
    return found
