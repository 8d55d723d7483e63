"""Text of a source's bytes: the format by its content, then the extractor of that format."""

from __future__ import annotations

import importlib.metadata
import re
from typing import NamedTuple

from pipeline.errors import SourceError
from pipeline.text import clean

_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body|article|div|p)\b", re.I)
_JATS = re.compile(rb"<(?:\w+:)?article\b[^>]*>|<!DOCTYPE\s+article", re.I)
_LEAST = 20  # characters; anything shorter is no text that a sentence could be checked against


class Extracted(NamedTuple):
    """Text, and what made it from what."""

    text: str
    media_type: str
    extractor: str


def sniff(data: bytes, name: str = "") -> str:
    """Return the media type that the bytes are, whatever their name says; SourceError for none of ours."""
    head = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if b"%PDF-" in data[:1024]:
        return "application/pdf"
    if head.startswith(b"WEBVTT"):
        return "text/vtt"
    if b"\x00" in data[:65_536] or _binary(data[:65_536]):
        raise SourceError(f"{name or 'source'}: binary data that is neither PDF nor text")
    if _JATS.search(head) and (head.startswith(b"<?xml") or b"JATS" in head or b"article-type" in head):
        return "application/jats+xml"
    if _HTML.search(head):
        return "text/html"
    if head.startswith(b"<?xml"):
        raise SourceError(f"{name or 'source'}: XML that is not a JATS article")
    return "text/plain"


def extract(data: bytes, name: str = "") -> Extracted:
    """Return the text of a document; SourceError where it is empty, broken or of another format."""
    if not data.strip():
        raise SourceError(f"{name or 'source'}: empty")
    media_type = sniff(data, name)
    text, extractor = _by_type(media_type, data, name)
    text = clean(text).strip()
    if len(text) < _LEAST:
        raise SourceError(f"{name or 'source'}: no readable text in this {media_type} document")
    return Extracted(text, media_type, extractor)


def _by_type(media_type: str, data: bytes, name: str) -> tuple[str, str]:
    if media_type == "application/pdf":
        from pipeline.fetching.pdf import pdf_text

        return pdf_text(data, name), f"pypdfium2 {importlib.metadata.version('pypdfium2')} + joined lines 1"
    if media_type == "text/html":
        from pipeline.fetching.html import html_text

        return html_text(data), f"trafilatura {importlib.metadata.version('trafilatura')}"
    if media_type == "application/jats+xml":
        from pipeline.fetching.jats import jats_text

        return jats_text(data, name), "jats 1"
    if media_type == "text/vtt":
        from pipeline.fetching.transcript import transcript_text

        return transcript_text(decode(data)), "webvtt 1"
    return unwrap(decode(data)), "plain text 1"


def decode(data: bytes) -> str:
    """Decode text: byte-order mark, then strict UTF-8, then Windows-1252."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def unwrap(text: str) -> str:
    """Join the lines of hard-wrapped paragraphs; blank lines part them.

    >>> unwrap("One line\\nand its end.\\n\\nNext.")
    'One line and its end.\\n\\nNext.'
    """
    paragraphs = re.split(r"\n[ \t]*\n", clean(text))
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs if paragraph.strip())


def _binary(data: bytes) -> bool:
    """Say whether more than 5 % of the bytes are control characters or, as UTF-8, undecodable."""
    odd = sum(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in data)
    bad = data.decode("utf-8", "replace").count("\ufffd")
    return bool(data) and (odd > len(data) / 20 or bad > len(data) / 10)
