"""The entries of a source list: their text without number and way back, and their links."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from pipeline.markup.imported import Entry, Remark
from pipeline.markup.webpage.furniture import left_out
from pipeline.markup.webpage.tree import BLOCKS, UNREAD, Element, classes, line_of, plain, remark, short_text, walk

_NUMBER = re.compile(r"^\s*(?:\[\^?(\d{1,3})\][.:]?|\((\d{1,3})\)|(\d{1,3})[.)](?=\s|[^\W\d])|\^)\s*")
_LABEL = re.compile(r"[\[(]?\^?(\d{1,3})[\])]?[.:)]?")
_BACK_CLASSES = frozenset(
    "mw-cite-backlink footnote-back footnote-backref reversefootnote data-footnote-backref fn-backref backlink "
    "footnote-return cite-accessibility-label".split()
)
_ARROWS = r"[\^↑↩⤴⏎↵⇑⇧⮥\ufe0e\ufe0f\s]"
_BACK_TEXT = re.compile(rf"{_ARROWS}*(?:[a-z]{{1,2}}|\d)?{_ARROWS}*|(?:back|return|jump) ?(?:up|to.*)?", re.I)
_TRAILING = re.compile(r"\s*[↑↩⤴⏎↵⇑⇧⮥\ufe0e\ufe0f]+[\s↑↩⤴⏎↵⇑⇧⮥\ufe0e\ufe0f]*$")
_BADGE = re.compile(r"T[1-9]")
_LABELS = frozenset({"span", "sup", "a", "b", "strong", "div", "td", "th", "dt", "em", "i", "p"})


class EntryRead(NamedTuple):
    """An entry, the number printed before it (0 where none is), and what was left out of it."""

    entry: Entry
    printed: int
    remarks: tuple[Remark, ...]


class _Reader:
    """Gathers the text of one entry."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.links: list[str] = []
        self.remarks: list[Remark] = []
        self.printed = 0
        self.begun = False

    def enter(self, element: Element) -> bool:
        tag = element.tag
        if tag in UNREAD or self._is_back(element) or self._is_label(element):
            return False
        if (why := left_out(element)) and why not in {"footer", "aside"}:
            self.remarks += [said] if (said := remark(element, why)) else []
            return False
        if tag == "a" and (link := web_address(element.get("href") or "")):
            self.links.append(link)
        if tag == "br":
            self.parts.append("\n")
        elif tag in BLOCKS or _BADGE.fullmatch(short_text(element)):
            self.parts.append(" ")
        return True

    def _is_back(self, element: Element) -> bool:
        if classes(element) & _BACK_CLASSES or (element.get("role") == "doc-backlink" and not _LABEL.fullmatch(short_text(element))):
            return True
        inside = element.tag == "a" and (element.get("href") or "").startswith("#")
        return inside and bool(_BACK_TEXT.fullmatch(short_text(element))) and not self._is_label(element)

    def _is_label(self, element: Element) -> bool:
        """Take the number before the text, where it has an element of its own."""
        if self.begun or element.tag not in _LABELS:
            return False
        found = _LABEL.fullmatch(short_text(element))
        if found:
            self.printed = self.printed or int(found[1])
        return bool(found)

    def leave(self, element: Element) -> None:
        if element.tag in BLOCKS:
            self.parts.append(" ")

    def text(self, text: str) -> None:
        self.begun = self.begun or bool(re.search(r"\w", text))
        self.parts.append(re.sub(r"\s+", " ", text))


def web_address(href: str) -> str:
    """Return a link's address where it is one of the web, an empty string otherwise; a search engine's detour is left out.

    >>> web_address("https://www.google.com/url?q=https://example.org/a&sa=D"), web_address("//example.org/b"), web_address("/b")
    ('https://example.org/a', 'https://example.org/b', '')
    """
    href = re.sub(r"[\t\r\n]", "", href.strip())  # as browsers do
    href = f"https:{href}" if href.startswith("//") else href
    try:
        parts = urlsplit(href)
    except ValueError:
        return ""
    if parts.scheme.lower() not in {"http", "https"} or not parts.netloc:
        return ""
    if parts.netloc.lower() in {"www.google.com", "google.com"} and parts.path == "/url":
        inner = parse_qs(parts.query).get("q", [""])[0]
        return inner if inner.startswith(("http://", "https://")) else href
    return href


def read_entries(element: Element, position: int) -> list[EntryRead]:
    """Return the entry of an element that would be number `position`; several where its lines are numbered one by one."""
    reader = _Reader()
    walk(element, reader)
    lines = [line for line in "".join(reader.parts).split("\n") if line.strip()]
    if len(lines) > 1 and all(_NUMBER.match(line) for line in lines):
        return [_made(element, reader, line, position + index, _links_of(reader, line)) for index, line in enumerate(lines)]
    return [_made(element, reader, " ".join(lines), position, tuple(dict.fromkeys(reader.links)))]


def _links_of(reader: _Reader, line: str) -> tuple[str, ...]:
    """Return the links of one line among several: those that it spells out."""
    return tuple(dict.fromkeys(link for link in reader.links if link in line))


def _made(element: Element, reader: _Reader, text: str, position: int, links: tuple[str, ...]) -> EntryRead:
    text = plain(text)
    printed = reader.printed
    text = re.sub(r"^[.:)\]]\s+", "", text) if printed else text
    if not printed and (found := _NUMBER.match(text)):
        text = text[found.end() :]
        printed = int(next((group for group in found.groups() if group), 0))
    elif not printed and (bare := re.match(rf"{position}\s+(?=[^\W\d])", text)):
        text, printed = text[bare.end() :], position
    text = _TRAILING.sub("", text).strip()
    remarks = tuple(reader.remarks)
    reader.remarks = []
    return EntryRead(Entry(line_of(element), text, links), printed, remarks)
