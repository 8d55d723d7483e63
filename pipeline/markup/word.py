"""A Word document into canonical Markdown: made HTML by `mammoth` or `pandoc`, then read like a page."""

from __future__ import annotations

import importlib
import io
import re
import shutil
import subprocess
import xml.parsers.expat
import zipfile
import zlib
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigError, Unavailable
from pipeline.markup import webpage
from pipeline.markup.imported import Imported, Remark

LARGEST = 200_000_000  # bytes of all parts together, unpacked
LARGEST_TEXT = 40_000_000  # bytes of the XML parts, which take thirty times as much once they are parsed
_MOST_PARTS = 10_000
_SECONDS = 120  # for pandoc
_OLE = b"\xd0\xcf\x11\xe0"  # old .doc files, and .docx files under a password
_PROLOG = 65_536  # bytes of a part in which a document type could be declared
_MISSING = "reading Word documents needs mammoth: pip install 'sourcemark[docx]' (or pandoc on the PATH)"
_BROKEN = (
    zipfile.BadZipFile, zlib.error, xml.parsers.expat.ExpatError, EOFError, OSError, RuntimeError, NotImplementedError, ValueError,
    LookupError, TypeError, AttributeError,
)  # fmt: skip
_STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name='Subtitle'] => p:fresh
p[style-name='Quote'] => blockquote > p:fresh
p[style-name='Intense Quote'] => blockquote > p:fresh
p[style-name='Block Text'] => blockquote > p:fresh
p[style-name='Caption'] => p.figure-caption:fresh
p[style-name='caption'] => p.figure-caption:fresh
p[style-name='List Bullet'] => ul > li:fresh
p[style-name='List Number'] => ol > li:fresh
strike => span
"""


def read(path: Path) -> Imported:
    """Read a .docx file; ConfigError for one that is damaged, locked or too large, Unavailable where nothing here can read it."""
    data = _bytes(path)
    mammoth = _mammoth()
    pandoc = None if mammoth else shutil.which("pandoc")
    if not mammoth and not pandoc:
        raise Unavailable(_MISSING)
    _check(path, data)
    html, said = _by_mammoth(path, data, mammoth) if mammoth else (_by_pandoc(path, data, pandoc or ""), ())
    found = webpage.read(html)
    remarks = tuple(remark._replace(line=0) for remark in found.remarks)
    return Imported(found.markdown, tuple(entry._replace(line=0) for entry in found.entries), (*remarks, *said))


def _mammoth() -> Any:
    try:
        return importlib.import_module("mammoth")
    except ImportError:
        return None


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST:
            raise ConfigError(f"{path}: over {LARGEST // 1_000_000} MB, too large for an article")
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: {(error.strerror or str(error)).lower()}") from None


def _check(path: Path, data: bytes) -> None:
    """Refuse what is no Word document, is locked, or would unpack to more than it should."""
    if data.startswith(_OLE):
        raise ConfigError(f"{path}: an old .doc file or one under a password; save it as .docx without a password")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_parts(path, archive)
    except _BROKEN:
        raise ConfigError(f"{path}: not a Word document (.docx), or a damaged one") from None


def _check_parts(path: Path, archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    text = [part for part in parts if part.filename.lower().endswith((".xml", ".rels"))]
    # reading stops at the size that a part declares, so the declared sizes bind
    if sum(part.file_size for part in parts) > LARGEST or len(parts) > _MOST_PARTS:
        raise ConfigError(f"{path}: unpacks to over {LARGEST // 1_000_000} MB, too large for an article")
    if sum(part.file_size for part in text) > LARGEST_TEXT:
        raise ConfigError(f"{path}: holds over {LARGEST_TEXT // 1_000_000} MB of text, too large for an article")
    if any(part.flag_bits & 1 for part in parts):
        raise ConfigError(f"{path}: under a password; save it without one")
    if not any(part.filename.startswith("word/") for part in parts):
        raise ConfigError(f"{path}: not a Word document (.docx)")
    for part in text:
        with archive.open(part) as stream:
            if b"<!DOCTYPE" in stream.read(_PROLOG).replace(b"\x00", b""):
                raise ConfigError(f"{path}: {part.filename} declares a document type, which Word never does")


def _by_mammoth(path: Path, data: bytes, mammoth: Any) -> tuple[str, tuple[Remark, ...]]:
    try:
        result = mammoth.convert_to_html(
            io.BytesIO(data),
            style_map=_STYLES,
            include_embedded_style_map=False,
            external_file_access=False,
            convert_image=mammoth.images.img_element(lambda image: {"src": ""}),
        )
    except RecursionError:
        raise ConfigError(f"{path}: nested too deep to be read") from None
    except _BROKEN:
        raise ConfigError(f"{path}: not a Word document (.docx), or a damaged one") from None
    return result.value, tuple(_remarks(result.messages))


def _remarks(messages: list[Any]) -> list[Remark]:
    """Return what the converter left out; its words on styles that it has no rule for tell of no loss."""
    lost = dict.fromkeys(str(one.message) for one in messages if re.search(r"ignored|could not|unable|disabled", str(one.message)))
    return [Remark(0, message[:80], "Word: not read") for message in lost]


def _by_pandoc(path: Path, data: bytes, pandoc: str) -> str:
    command = [pandoc, "--sandbox", "--from=docx", "--to=html", "--wrap=none"]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ConfigError(f"{path}: pandoc did not read it ({type(error).__name__})") from None
    if done.returncode:
        line = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        raise ConfigError(f"{path}: pandoc did not read it: {line[:200]}")
    return done.stdout.decode("utf-8", "replace")
