"""Text of a PDF by pypdfium2: paragraphs in reading order with their pages, and what the file declares about itself.

pdfium gives characters and their boxes; where lines, words and paragraphs begin again is worked out here from where the lines stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from pipeline.errors import SourceError
from pipeline.fetching.pdf.blocks import REFERENCES, Block, Body, blocks, body_of, merged
from pipeline.fetching.pdf.lines import BREAK, BrokenPdf, Line, mended, open_pdf, page_lines
from pipeline.fetching.pdf.running import without_running_lines
from pipeline.fetching.pdf.words import Words, appended
from pipeline.fetching.reading import Declared, Mark, Piece, Reading
from pipeline.records import Part


class Paragraph(NamedTuple):
    """One paragraph; `pages` has (offset in text, page label), the first at offset 0."""

    text: str
    pages: tuple[tuple[int, str], ...]
    kind: str


_ENTRY = re.compile(r"\W*(?:\d{1,3}\W*\s+)?(?:[a-z]{2,3} )?[A-Z][\w'\u2019-]+,?(?: [a-z]{2,3})*,?\s+(?:[A-Z]\b\.?[ -]?){1,4}")
_YEAR = re.compile(r"\b(?:1[5-9]|20)\d\d[a-z]?\b")
_DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"<>|\\^`{}]+")
_PARTS = {"heading": Part.HEADING, "bibliography": Part.BIBLIOGRAPHY}


def read_pdf(data: bytes, name: str = "") -> Reading:
    """Return the pieces of a PDF with the pages on which they stand; SourceError for one that does not open."""
    try:
        found, declared = paragraphs(data)
    except BrokenPdf as error:
        raise SourceError(f"{name or 'source'}: PDF: {error}") from None
    pieces = [
        Piece(item.text, _PARTS.get(item.kind, Part.TEXT), tuple(Mark(at, "page", label) for at, label in item.pages)) for item in found
    ]
    return Reading(pieces, declared)


def paragraphs(data: bytes) -> tuple[list[Paragraph], Declared]:
    """Return the paragraphs of a PDF and what it declares; BrokenPdf for one that does not open or has a broken page."""
    document = open_pdf(data)
    try:
        labels = [document.get_page_label(index) or str(index + 1) for index in range(len(document))]
        info: dict[str, str] = document.get_metadata_dict(skip_empty=True)
        lines = mended([line for index in range(len(document)) for line in page_lines(document, index)], info)
    finally:
        document.close()
    body = body_of(lines)
    words = Words(lines)
    found = merged(blocks(without_running_lines(lines, labels), body), body)
    return _listed([_paragraph(block, labels, words) for block in found]), _declared(info, data, lines, body)


def _paragraph(block: Block, labels: list[str], words: Words) -> Paragraph:
    """Join the lines of a block and note where each page's text begins."""
    text, page, pages = "", -1, []
    for line in block.lines:
        if text:
            text = appended(text, line.text, words)
        if line.page != page:
            page = line.page
            pages.append((len(text), labels[page]))
        text += line.text
    kind = "text" if block.kind == "heading" and len(text) > 250 else block.kind  # a lead, set larger
    return Paragraph(text.rstrip("\u00ad").replace(BREAK, "-"), tuple(pages), kind)


def _listed(found: list[Paragraph]) -> list[Paragraph]:
    """Mark runs of four and more found that read like references, with no heading before them."""
    marked = list(found)
    run: list[int] = []
    for index, paragraph in enumerate([*found, Paragraph("", (), "")]):
        if paragraph.kind in {"text", "bibliography"} and _is_entry(paragraph.text):
            run.append(index)
            continue
        for place in run if len(run) > 3 else ():
            marked[place] = marked[place]._replace(kind="bibliography")
        run = []
    return marked


def _is_entry(text: str) -> bool:
    return len(text) < 700 and _ENTRY.match(text) is not None and _YEAR.search(text) is not None


def _declared(info: dict[str, str], data: bytes, lines: list[Line], body: Body) -> Declared:
    titles = [title for title in (info.get("Title", "").strip(), _largest(lines, body)) if title and not _is_junk(title)]
    author = " ".join(info.get("Author", "").split())
    return Declared(titles=tuple(dict.fromkeys(titles)), authors=(author,) if author else (), dois=tuple(_dois(info, data, lines)))


def _is_junk(title: str) -> bool:
    """Say whether a title is a file name or what a program writes where none was given."""
    return re.match(r"(?:microsoft word\b|untitled|anonymous|document\d*$|\S+\.\w{2,5}$|\S*\d\S*$|doi:)", title, re.I) is not None


def _largest(lines: list[Line], body: Body) -> str:
    """Return the first text of page one in its largest letters, where they are larger than the body's."""
    first = [line for line in lines if line.page == 0 and sum(map(str.isalpha, line.text)) > 3]
    most = max((line.size for line in first), default=0.0)
    if most < 1.15 * body.size:
        return ""
    start = next(index for index, line in enumerate(first) if line.size == most)
    title: list[Line] = []
    for line in first[start : start + 6]:
        if line.size < 0.97 * most:
            break
        title.append(line)
    return _paragraph(Block(title, "heading"), [""], Words(lines)).text


def _dois(info: dict[str, str], data: bytes, lines: list[Line]) -> list[str]:
    """Return the DOI of the information entries or XMP, else the first one before the references on page one or two."""
    start = data.find(b"<x:xmpmeta")
    packet = data[start : start + 20000].decode("utf-8", "replace") if start >= 0 else ""
    named = re.findall(r"(?:doi|identifier)[^<>]*>\s*(?:doi:|https?://(?:dx\.)?doi\.org/)?(10\.[^<\s]+)", packet, re.I)
    declared = _bare([*info.values(), *named])
    if declared:
        return declared
    shown = []
    for line in lines:
        if line.page > 1 or REFERENCES.fullmatch(line.text):
            break
        shown.append(line.text)
    return _bare(shown)[:1]


def _bare(texts: Iterable[str]) -> list[str]:
    found = (match.rstrip(".,;:'\u2019\u201d").lower() for text in texts for match in _DOI.findall(text))
    return list(dict.fromkeys(doi[:-1] if doi.endswith(")") and "(" not in doi else doi for doi in found))
