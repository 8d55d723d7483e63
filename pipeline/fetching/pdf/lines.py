"""Lines of a PDF with their places, as pdfium's characters and boxes give them, and their characters put right."""

from __future__ import annotations

import ctypes
import re
import unicodedata
from collections.abc import Iterator
from typing import Any, NamedTuple


class Line(NamedTuple):
    """A line of a page with its place in points and how it is set; `page` counts from 0."""

    text: str
    page: int
    left: float
    right: float
    bottom: float
    top: float
    size: float
    bold: bool


class BrokenPdf(Exception):
    """Not a PDF that can be read; the message is one line."""


BREAK = "\u2010"  # a hyphen of the hyphenator's own, in the lines made here
_SOFT = "\u00ad\u2010"
_PIECE = re.compile("[^\r\n\ufffe\x02]+(?:[\ufffe\x02]|(?=[\r\n]|$))|[\ufffe\x02]")


def open_pdf(data: bytes) -> Any:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        locked = "password" in str(error).lower()
        raise BrokenPdf("encrypted: needs a password" if locked else "not a PDF that opens") from None
    if len(document) == 0:
        document.close()
        raise BrokenPdf("not a PDF that opens: no pages")
    return document


def page_lines(document: Any, index: int) -> list[Line]:
    """Return the lines of a page; the page is closed at once, so that memory does not grow with the pages."""
    import pypdfium2

    try:
        page = document[index]
        try:
            text_page = page.get_textpage()
            lines = list(_pieces(text_page, index))
            text_page.close()
        finally:
            page.close()
    except pypdfium2.PdfiumError:
        raise BrokenPdf(f"page {index + 1} is broken") from None
    return _levelled(lines)


def _pieces(text_page: Any, page: int) -> Iterator[Line]:
    """Yield what pdfium prints without a line's end or hyphen, with its box; U+FFFE and U+0002 are its hyphen at a line's end."""
    import pypdfium2.raw as raw

    text = text_page.get_text_range()
    same = raw.FPDFText_CountChars(text_page.raw) == len(text)
    for match in _PIECE.finditer(text):
        shown = match.group().strip()
        if not shown.strip("\ufffe\x02"):
            continue
        first = match.start() + len(match.group()) - len(match.group().lstrip())
        last = first + len(shown.rstrip("\ufffe\x02")) - 1
        if not same:
            first, last = (max(0, raw.FPDFText_GetCharIndexFromTextIndex(text_page.raw, at)) for at in (first, last))
        yield _measured(text_page.raw, match.group().replace("\x02", "\ufffe"), page, first, last)


def _measured(handle: Any, text: str, page: int, first: int, last: int) -> Line:
    import pypdfium2.raw as raw

    start, end, matrix = raw.FS_RECTF(), raw.FS_RECTF(), raw.FS_MATRIX()
    raw.FPDFText_GetLooseCharBox(handle, first, ctypes.byref(start))
    raw.FPDFText_GetLooseCharBox(handle, last, ctypes.byref(end))
    raw.FPDFText_GetMatrix(handle, first, ctypes.byref(matrix))
    size = raw.FPDFText_GetFontSize(handle, first) * (matrix.c**2 + matrix.d**2) ** 0.5
    bold = _bold(handle, first) and _bold(handle, last)
    return Line(text, page, *_box(start, end, matrix), round(size, 1), bold)


def _box(start: Any, end: Any, matrix: Any) -> tuple[float, float, float, float]:
    """Return left, right, bottom and top of a line, as if turned upright where its letters are not."""
    if abs(matrix.b) > abs(matrix.a):
        if matrix.b > 0:
            return start.bottom, end.top, -max(start.right, end.right), -min(start.left, end.left)
        return -start.top, -end.bottom, min(start.left, end.left), max(start.right, end.right)
    return start.left, end.right, min(start.bottom, end.bottom), max(start.top, end.top)


def _bold(handle: Any, index: int) -> bool:
    import pypdfium2.raw as raw

    name = ctypes.create_string_buffer(96)
    raw.FPDFText_GetFontInfo(handle, index, name, 96, ctypes.byref(ctypes.c_int()))
    return re.search(rb"bold|heavy|black|medi\b|[a-z]bx?\d+$", name.value, re.I) is not None


def _levelled(pieces: list[Line]) -> list[Line]:
    """Join pieces that stand on one line: pdfium ends a line where a subscript or superscript ends."""
    lines: list[Line] = []
    for piece in pieces:
        last = lines[-1] if lines else None
        if last and _same_line(last, piece):
            big = last if len(last.text) >= len(piece.text) else piece
            bottom, top = min(last.bottom, piece.bottom), max(last.top, piece.top)
            text = last.text.rstrip("\r\n") + _gap(last, piece) + piece.text
            lines[-1] = Line(text, last.page, last.left, piece.right, bottom, top, big.size, last.bold and piece.bold)
        else:
            lines.append(piece)
    return lines


def _same_line(last: Line, piece: Line) -> bool:
    """Say whether a piece goes on at the right of the last one, at about its height."""
    overlap = min(last.top, piece.top) - max(last.bottom, piece.bottom)
    near = -0.3 * last.size < piece.left - last.right < 0.6 * max(last.size, piece.size)
    return near and overlap > 0.3 * min(last.top - last.bottom, piece.top - piece.bottom) and not last.text.endswith("\ufffe")


def _gap(last: Line, piece: Line) -> str:
    return " " if piece.left - last.right > 0.2 * max(last.size, piece.size) else ""


_LIGATURES = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)}
_INVISIBLE = dict.fromkeys((*range(9), *range(14, 32), 0x7F, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF))
_ACCENT = dict(zip("\u00a8\u00b4\u02c6\u02dc\u02c7\u02da", "\u0308\u0301\u0302\u0303\u030c\u030a", strict=True))
_SPACING = re.compile("([\u00a8\u02c6\u02dc\u02c7\u02da]|(?<=[^\\W\\d_])\u00b4) ?([A-Za-z\u0131])(?=[a-z])")
# glyph names say mu, Delta and Omega for both the Greek letter and the sign; TeX writes names only, so pdfium has to guess
_GLYPHS = {0xB5: "\u03bc", 0x2206: "\u0394", 0x2126: "\u03a9"}


def mended(lines: list[Line], info: dict[str, str]) -> list[Line]:
    """Return the lines with ligatures, accents, spaces, quotes and the marks of broken words put right."""
    whole = "\n".join(line.text for line in lines)
    table: dict[int, Any] = {**_LIGATURES, **_INVISIBLE}
    if re.search("TeX|dvips", info.get("Producer", "") + info.get("Creator", "")):
        table.update(_GLYPHS)
        if _typed_straight(whole):
            table[0x2019] = "'"
    soft = len(re.findall(f"\\w[{_SOFT}]\\s*\n", whole))
    own = soft > 2  # the hyphenator has a character of its own, so that a plain hyphen at a line's end was typed
    return [line._replace(text=text) for line in lines if (text := _clean(line.text, table, own))]


def _clean(text: str, table: dict[int, Any], own: bool) -> str:
    text = re.sub(f"[{_SOFT}]\\s*$", "\ufffd\ufffd", text)
    text = text.replace("\u00ad", "").replace("\u2010", "-").replace("\u2011", "-").translate(table)
    text = " ".join(text.split())
    text = re.sub(r"(?:\ufffe|(?<=[^\W\d_])-)$", "-" if own else BREAK, text).replace("\ufffe", "-")
    text = text.replace("\ufffd\ufffd", "\u00ad" if own else BREAK)
    if not text.isascii():
        text = unicodedata.normalize("NFC", _SPACING.sub(_composed, text))
    return text


def _composed(match: re.Match[str]) -> str:
    """Return letter and accent as one character: old TeX fonts print the accent first, as a character of its own."""
    base = match.group(2).replace("\u0131", "i")
    one = unicodedata.normalize("NFC", base + _ACCENT[match.group(1)])
    return one if len(one) == 1 else match.group()


def _typed_straight(whole: str) -> bool:
    """Say whether right quotes were typed as straight ones: TeX fonts print ' so, but leave the double one and have no left one then."""
    if "\u2019" not in whole or re.search("['\u2018\u201c\u201d]", whole):
        return False
    return '"' in whole or len(re.findall(r"(?:^|[\s(\[])\u2019\w", whole, re.M)) > 1
