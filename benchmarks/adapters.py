"""Plain functions over the program's parts, with fixed names, so that scorers can call them on data of their own.

They run the same code as the stages, with default settings and no key.
"""

from __future__ import annotations

from pipeline.checking.assess import assess
from pipeline.checking.locate import locate as _locate
from pipeline.checking.locate import nearest
from pipeline.checking.support import embedded
from pipeline.fetching.extract import extract
from pipeline.fetching.html import read_html
from pipeline.markup import markdown
from pipeline.markup.sentences import CHAT, spans
from pipeline.records import Part
from pipeline.stages.split import split

__all__ = ["article_spans", "chat_spans", "html_full", "html_text", "locate", "pdf_text", "sentence_spans", "support", "verdict"]


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Return the sentences of one block, markers with the sentence before them."""
    return [(span.start, span.end) for span in spans(text)]


def chat_spans(text: str) -> list[tuple[int, int]]:
    """Return the sentences of one block of text whose sentences begin small: without the veto on lower-case words."""
    return [(span.start, span.end) for span in spans(text, engine=CHAT)]


def article_spans(text: str) -> list[tuple[int, int]]:
    """Return the sentences of a Markdown article, and the blocks that hold none, as spans of the file, each with the signs around it."""
    document = markdown.read(text)
    result = split(document, ())
    told = {sentence.block for sentence in result.sentences}
    silent = [(block.start, block.end) for index, block in enumerate(result.blocks) if index not in told]
    found: list[tuple[int, int]] = []
    for start, end in sorted([*silent, *((sentence.start, sentence.end) for sentence in result.sentences)]):
        low = found[-1][1] if found else 0
        while start > low and text[start - 1] in "#-*>| 0123456789.)\t_`[":
            start -= 1
        start += len(text[start:end]) - len(text[start:end].lstrip())
        while end < len(text) and text[end] in "*_`])":
            end += 1
        found.append((start, end))
    return found


def pdf_text(data: bytes) -> str:
    """Return the text of a PDF in reading order."""
    return extract(data).text


def html_text(data: bytes) -> str:
    """Return the main text of a page, without what is no evidence."""
    return "\n\n".join(piece.text for piece in read_html(data).pieces if piece.part in {Part.TEXT, Part.HEADING})


def html_full(data: bytes) -> str:
    """Return all text of a page that a snapshot holds, whatever part it is."""
    return "\n\n".join(piece.text for piece in read_html(data).pieces)


def support(claim: str, source_text: str) -> float:
    """Return how far the source supports the claim, in [0, 1], with the embedded model."""
    return assess(claim, source_text, support=embedded()).score


def verdict(claim: str, source_text: str) -> str:
    """Return the verdict word, with the embedded model."""
    return assess(claim, source_text, support=embedded()).verdict.value


def locate(quote: str, source_text: str) -> tuple[int, int, str] | None:
    """Return start, end and how the quote was found: `exact`, `normalised`, or `near`, which is not located; else None."""
    place = _locate(quote, source_text)
    if place:
        return place.start, place.end, place.located.value
    near = nearest(quote, source_text)
    return (near.start, near.end, "near") if near else None
