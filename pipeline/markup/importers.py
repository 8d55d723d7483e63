"""An existing article, in whatever form it comes, as a document."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import ConfigError
from pipeline.markup import markdown, plain
from pipeline.markup.blocks import Document
from pipeline.text import clean

LARGEST = 20_000_000  # bytes


def read_file(path: Path) -> Document:
    """Read a Markdown article or a wiki page saved as text; ConfigError for what is neither."""
    try:
        if path.stat().st_size > LARGEST:
            raise ConfigError(f"{path}: over {LARGEST // 1_000_000} MB, too large for an article")
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: {(error.strerror or str(error)).lower()}") from None
    try:
        text = clean(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 text (byte {error.start})") from None
    if b"\x00" in raw:
        raise ConfigError(f"{path}: binary data, not an article")
    if not text.strip():
        raise ConfigError(f"{path}: empty")
    return read(text)


def read(text: str) -> Document:
    """Return the document of an article's text."""
    return plain.read(text) if plain.looks_plain(text) else markdown.read(text)
