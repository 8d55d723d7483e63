"""Sentences of a block: markers masked, boundaries found, and the markers given to the sentence before them."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from pipeline.errors import ConfigError
from pipeline.markup.boundaries import boundaries
from pipeline.markup.markers import UNKNOWN, Found, Reading, find

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

FACTORY = "sourcemark_sentences"
OWN = "sourcemark"
"""Name of our own pipeline; any other name but `CHAT` is one of spaCy's, of which only the boundaries are used."""
CHAT = "sourcemark-chat"
"""Our own without the veto on lower-case words: for text whose sentences begin small."""
_REFERENCE = re.compile(
    r"[^\W\d_][\w’'-]+, (?:[^\W\d_]\.[ -]?){1,4}(?:[\s,&.…()]|[A-Z][\w’'-]*+|(?:et|al|and|van|von|de|der|den|la|eds?)\b)*+(?<=\()"
    r"(?:19|20)\d\d[a-z]?\)\. "
)
_HEADING = re.compile(r"^\d{1,2}(?:\.\d{1,2}){1,3}\.? [^\W\d_]")
_LONGEST_HEADING = 90  # characters
_LONGEST_WORD = 300  # characters without white space; spaCy takes time with the square of them
_PROSE = 4  # words from which a piece of a cell or caption is a sentence


class Span(NamedTuple):
    """A sentence of a block with the markers inside it; offsets into the block's text."""

    start: int
    end: int
    markers: tuple[Found, ...]


class _Masked(NamedTuple):
    text: str
    offsets: tuple[int, ...]


def spans(
    text: str, *, whole: bool = False, reading: Reading | None = None, plain: bool = True, known: int = UNKNOWN, engine: str = OWN
) -> list[Span]:
    """Return the sentences of one block, in order; every character that is not white space lies in one of them.

    `whole` keeps the block in one piece unless it is prose (table cells, captions). `reading` gives the markers where they are
    known already; `engine` names the pipeline that finds the boundaries.
    """
    markers = reading.markers if reading else find(text, plain=plain, known=known)
    masked = mask(text, markers)
    starts = [] if is_one(masked.text) else [masked.offsets[offset] for offset in _starts(masked.text, engine)]
    found = _spans(text, [0, *starts], markers)
    return found if not whole or all(_is_prose(text, span) for span in found) else _spans(text, [0], markers)


def is_one(text: str) -> bool:
    """Say whether a block is one unit by its form: an entry of a source list, a numbered heading."""
    numbered = len(text) < _LONGEST_HEADING and _HEADING.match(text) and not re.search(r"[.!?…][\"”’)]*\s*$", text)
    return bool(numbered or _REFERENCE.match(text[:2000]))


def _is_prose(text: str, span: Span) -> bool:
    said = mask(
        text[span.start : span.end], [m._replace(start=max(0, m.start - span.start), end=m.end - span.start) for m in span.markers]
    ).text
    return len(said.split()) >= _PROSE and bool(re.search(r"[.!?…][\"”’)\]]*\s*$", said))


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


def _spans(text: str, starts: list[int], markers: Sequence[Found]) -> list[Span]:
    found = []
    waiting = list(reversed(markers))
    for start, limit in zip(starts, [*starts[1:], len(text)], strict=True):
        end = start + len(text[start:limit].rstrip())
        begin = end - len(text[start:end].lstrip())
        if begin < end:
            inside = []
            while waiting and waiting[-1].end <= end:
                inside.append(waiting.pop())
            found.append(Span(begin, end, tuple(inside)))
    return found


def _starts(text: str, name: str) -> list[int]:
    """Return where sentences other than the first begin."""
    if max(map(len, text.split()), default=0) > _LONGEST_WORD:
        return boundaries(text, veto_lower=name != CHAT)
    from spacy.attrs import IDX, SENT_START

    table = _pipeline(name)(text).to_array([IDX, SENT_START])
    return [offset for offset in table[table[:, 1] == 1][:, 0].tolist() if offset]


@functools.cache
def _pipeline(name: str) -> Language:
    """Return a spaCy pipeline that sets sentence boundaries; ConfigError where there is none of that name."""
    import spacy

    register()
    if name in {OWN, CHAT}:
        nlp = spacy.blank("en")
        nlp.add_pipe(FACTORY, config={"veto_lower": name == OWN})
    else:
        try:
            nlp = spacy.load(name, exclude=["ner", "lemmatizer", "attribute_ruler", "textcat"])
        except (OSError, ImportError, ValueError) as error:
            raise ConfigError(
                f"sentences = {name!r}: no such spaCy pipeline here; install it, or leave `sentences` out: {str(error)[:120]}"
            ) from None
        if not any(nlp.get_pipe_meta(pipe).assigns and "token.is_sent_start" in nlp.get_pipe_meta(pipe).assigns for pipe in nlp.pipe_names):
            raise ConfigError(
                f"sentences = {name!r}: this spaCy pipeline sets no sentence boundaries; it has {', '.join(nlp.pipe_names) or 'no parts'}"
            )
    nlp.max_length = 1 << 30
    return nlp


def register() -> None:
    """Register the component `sourcemark_sentences` with spaCy, for use in pipelines of your own."""
    from spacy.language import Language

    if not Language.has_factory(FACTORY):
        Language.factory(FACTORY, default_config={"veto_lower": True}, assigns=["token.is_sent_start"], retokenizes=True)(Sentences)


class Sentences:
    """The spaCy component: sets `is_sent_start` from character boundaries, and splits a token that one falls into."""

    def __init__(self, nlp: Language, name: str, veto_lower: bool) -> None:
        """`veto_lower`: never begin a sentence with a common lower-case word."""
        self.veto_lower = veto_lower

    def __call__(self, doc: Doc) -> Doc:
        """Set the boundaries of a document."""
        import numpy as np
        from spacy.attrs import IDX, LENGTH, SENT_START

        wanted = np.array([0, *boundaries(doc.text, veto_lower=self.veto_lower)], dtype=np.uint64)
        table = doc.to_array([IDX, LENGTH])
        places = np.searchsorted(table[:, 0], wanted, side="right") - 1
        split = (
            [(int(i), int(at)) for i, at in zip(places, wanted, strict=True) if 0 < at - table[i, 0] < table[i, 1]] if len(table) else []
        )
        if split:  # health.It, where no space was typed: the token is cut, so that no boundary is lost
            _cut(doc, split)
            table = doc.to_array([IDX, LENGTH])
        starts = np.where(np.isin(table[:, 0], wanted), 1, -1)
        starts[:1] = 1
        return doc.from_array([SENT_START], starts.astype(np.int64).astype(np.uint64).reshape(-1, 1))


def _cut(doc: Doc, places: Sequence[tuple[int, int]]) -> None:
    """Split tokens, each given by its index and the offset in the text at which it is cut."""
    cuts: dict[int, list[int]] = {}
    for index, at in places:
        cuts.setdefault(index, []).append(at - doc[index].idx)
    with doc.retokenize() as retokenizer:
        for index, inside in cuts.items():
            token = doc[index]
            pieces = [token.text[low:high] for low, high in itertools.pairwise([0, *inside, len(token.text)])]
            retokenizer.split(token, pieces, heads=[(token, part) for part in range(len(pieces))])


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
