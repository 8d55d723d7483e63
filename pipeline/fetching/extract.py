"""Text of a source's bytes: the format by its content, then the extractor of that format, then what is no evidence marked."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Callable
from typing import NamedTuple

from pipeline.errors import SourceError
from pipeline.fetching.cutting import marked
from pipeline.fetching.decoding import decode
from pipeline.fetching.reading import Declared, Piece, Reading, laid_out
from pipeline.fetching.transcript import is_transcript, transcript
from pipeline.records import Structure
from pipeline.text import ingested

_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body|article|div|p)\b", re.I)
_JATS = re.compile(rb"<(?:\w+:)?article\b[^>]*>|<!DOCTYPE\s+article|<pmc-articleset\b", re.I)
_CONTROL = bytes(set(range(32)) - set(b"\t\n\r\f\x1b"))
_LEAST = 20  # characters; anything shorter is no text that a sentence could be checked against
_STRUCTURED = frozenset({"application/jats+xml", "text/vtt", "text/html"})  # their readers know what is what


class Extracted(NamedTuple):
    """Text, what made it from what, where its pages and parts stand, and what the document says it is."""

    text: str
    media_type: str
    extractor: str
    structure: Structure = Structure()
    declared: Declared = Declared()
    encoding: str | None = None
    whole: bool = True
    """False where the document shows that it holds less than the work."""


def sniff(data: bytes, name: str = "") -> str:
    """Return the media type that the bytes are, whatever their name says; SourceError for none of ours."""
    head = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if b"%PDF-" in data[:1024]:
        return "application/pdf"
    if head[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        head = head.replace(b"\x00", b"")
    elif b"\x00" in data[:65_536] or _binary(data[:65_536]):
        raise SourceError(f"{name or 'source'}: binary data that is neither PDF nor text")
    if is_transcript(head.decode("utf-8", "replace")):
        return "text/vtt"
    if _JATS.search(head) and (head.startswith(b"<?xml") or b"JATS" in head or b"article-type" in head or b"pmc-articleset" in head):
        return "application/jats+xml"
    if _HTML.search(head):
        return "text/html"
    if head.startswith(b"<?xml"):
        raise SourceError(f"{name or 'source'}: XML that is not a JATS article")
    return "text/plain"


def extract(data: bytes, name: str = "", charset: str = "") -> Extracted:
    """Return the text of a document; SourceError where it is empty, broken or of another format.

    `charset` is what the server said. Parses in this process: `sandbox.Sandbox` does the same in a child with limits.
    """
    if not data.strip():
        raise SourceError(f"{name or 'source'}: empty")
    media_type = sniff(data, name)
    reading = _READERS[media_type](data, name, charset)
    laid = laid_out(reading.pieces if media_type in _STRUCTURED else marked(reading.pieces))
    if len(laid.text) < _LEAST:
        raise SourceError(f"{name or 'source'}: no readable text in this {media_type} document")
    return Extracted(laid.text, media_type, extractor_of(media_type), laid.structure, reading.declared, reading.encoding, reading.whole)


def extractor_of(media_type: str) -> str:
    """Return name, version and options of what reads a format now: a text read by anything else is another text."""
    name, package = _NAMES[media_type]
    version = f" {importlib.metadata.version(package)}" if package else ""
    return f"{package}{version} + {name}" if package else name


def _pdf(data: bytes, name: str, charset: str) -> Reading:
    from pipeline.fetching.pdf import read_pdf

    return read_pdf(data, name)


def _html(data: bytes, name: str, charset: str) -> Reading:
    from pipeline.fetching.html import read_html

    return read_html(data, charset)


def _jats(data: bytes, name: str, charset: str) -> Reading:
    from pipeline.fetching.jats import jats

    return jats(data, name)


def _transcript(data: bytes, name: str, charset: str) -> Reading:
    decoded = decode(data, charset)
    return Reading(transcript(decoded.text, name), encoding=decoded.encoding)


def _plain(data: bytes, name: str, charset: str) -> Reading:
    decoded = decode(data, charset)
    return Reading([Piece(paragraph) for paragraph in unwrap(decoded.text).split("\n\n")], encoding=decoded.encoding)


_READERS: dict[str, Callable[[bytes, str, str], Reading]] = {
    "application/pdf": _pdf,
    "text/html": _html,
    "application/jats+xml": _jats,
    "text/vtt": _transcript,
    "text/plain": _plain,
}
_NAMES = {
    "application/pdf": ("joined lines 2, parts 1", "pypdfium2"),
    "text/html": ("blocks 1", "trafilatura"),
    "application/jats+xml": ("jats 2", ""),
    "text/vtt": ("transcript 2", ""),
    "text/plain": ("plain text 1, parts 1", ""),
}


def unwrap(text: str) -> str:
    """Join the lines of hard-wrapped paragraphs; blank lines part them.

    >>> unwrap("One line\\nand its end.\\n\\nNext.")
    'One line and its end.\\n\\nNext.'
    """
    paragraphs = re.split(r"\n[ \t]*\n", ingested(text))
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs if paragraph.strip())


def _binary(data: bytes) -> bool:
    """Say whether more than 5 % of the bytes are control characters or, as UTF-8, undecodable."""
    odd = len(data) - len(data.translate(None, _CONTROL))
    bad = data.decode("utf-8", "replace").count("\ufffd")
    return bool(data) and (odd > len(data) / 20 or bad > len(data) / 10)
