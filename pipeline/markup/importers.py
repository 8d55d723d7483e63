"""An existing article, in whatever form it comes: to be checked as it stands, or to be taken over in canonical form."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from pipeline.errors import ConfigError
from pipeline.markup import markdown, plain
from pipeline.markup.blocks import Document
from pipeline.markup.canonical import from_markdown, from_plain
from pipeline.markup.imported import Imported

LARGEST = 20_000_000  # bytes
_HTML = re.compile(r"\s*(?:<!--.*?-->\s*)*<(?:!doctype html|html|head|body|article|main|div|section|p|h1|table|ul|ol)\b", re.I | re.S)


def read_file(path: Path) -> Document:
    """Read a Markdown article or a wiki page saved as text, as it stands; ConfigError for what is neither."""
    text = _decoded(path, _bytes(path))
    return read(text)


def read(text: str) -> Document:
    """Return the document of an article's text."""
    return plain.read(text) if plain.looks_plain(text) else markdown.read(text)


def import_file(path: Path) -> Imported:
    """Take over an article from Markdown, HTML, DOCX or a page saved as text; ConfigError for what is none of them."""
    raw = _bytes(path, largest=50_000_000)
    if zipfile.is_zipfile(path):
        from pipeline.markup import word

        return word.read(path)
    if is_page(path, raw):
        from pipeline.markup import webpage

        return webpage.read(raw)
    text = _decoded(path, raw)
    return from_plain(plain.read(text)) if plain.looks_plain(text) else from_markdown(markdown.read(text))


def is_page(path: Path, raw: bytes) -> bool:
    """Say whether a file is HTML, by its name or its first tag."""
    return path.suffix.lower() in {".html", ".htm", ".xhtml"} or bool(_HTML.match(raw[:4000].decode("utf-8", "replace")))


def _bytes(path: Path, largest: int = LARGEST) -> bytes:
    try:
        if path.stat().st_size > largest:
            raise ConfigError(f"{path}: over {largest // 1_000_000} MB, too large for an article")
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: {(error.strerror or str(error)).lower()}") from None
    if not raw.strip():
        raise ConfigError(f"{path}: empty")
    return raw


def _decoded(path: Path, raw: bytes) -> str:
    if raw.startswith((b"%PDF", b"{\\rtf", b"\xd0\xcf\x11\xe0")):
        raise ConfigError(f"{path}: a PDF, RTF or old Word file; save it as DOCX, HTML, Markdown or plain text")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 text (byte {error.start})") from None
    if "\x00" in text:
        raise ConfigError(f"{path}: binary data, not an article")
    return text
