"""Bytes to text: byte-order mark, then the server's charset, then the document's own, then UTF-8, then Windows-1252."""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_META = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w.:-]+)|<\?xml[^>]+encoding\s*=\s*[\"']([\w.:-]+)", re.IGNORECASE)
_HEAD = 4096  # bytes in which a document may name its charset; WHATWG reads 1024
# WHATWG: labels that mean a superset of what they name.
_LATIN = frozenset({"iso8859-1", "ascii"})
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949", "iso8859-9": "cp1254", "tis_620": "cp874"}
_TEXT = re.compile(r"utf-(?:8|16|32)|cp\d|iso8859|koi8|mac|gb|big5|euc|shift|iso2022|johab|hz|tis|ptcp|kz")


class Decoded(NamedTuple):
    """Text, the encoding it was in, and who said so."""

    text: str
    encoding: str


def decode(data: bytes, charset: str = "") -> Decoded:
    """Decode text; `charset` is what the server said. A named charset that does not fit the bytes is passed over.

    >>> decode("naïve".encode("latin-1"), "iso-8859-1")
    Decoded(text='naïve', encoding='cp1252 (server)')
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return Decoded(data[len(mark) :].decode(encoding, "replace"), f"{encoding} (byte-order mark)")
    named = _META.search(data[:_HEAD])
    inside = (named.group(1) or named.group(2)).decode("ascii", "replace") if named else ""
    for label, who in ((charset, "server"), (inside, "document"), ("utf-8", "guessed")):
        found = _strictly(data, label)
        if found:
            return Decoded(found.text, f"{found.encoding} ({who})")
    return Decoded(data.decode("cp1252", "replace"), "cp1252 (guessed)")


def _strictly(data: bytes, label: str) -> Decoded | None:
    """Decode by a label, or return None where it is no text encoding or does not fit."""
    try:
        encoding = codecs.lookup(label.strip()).name
        encoding = "cp1252" if encoding in _LATIN else _WIDER.get(encoding, encoding)
        if not _TEXT.match(encoding):  # a codec of Python's own, such as `hex` or `unicode_escape`
            return None
        return Decoded(data.decode(encoding, "replace" if encoding == "cp1252" else "strict"), encoding)
    except (LookupError, UnicodeError, ValueError):
        return None
