"""One look over the whole page before it is read: what links point to, how long its parts are, where lists of sources may be."""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple
from urllib.parse import unquote

from pipeline.markup import kinds
from pipeline.markup.webpage.furniture import left_out, may_be_root
from pipeline.markup.webpage.tree import HEADINGS, UNREAD, Element, classes, plain, short_text, walk

STRONG_TITLE = kinds.REFERENCES
WEAK_TITLE = re.compile(r"(?:\d+\.?\s*)?(?:notes?|literature|footnotes?|end ?notes?|references and further reading)\s*:?", re.I)
_LIST_TAGS = frozenset({"ol", "ul", "dl", "div", "section", "aside", "footer", "table"})
_LIST_NAMES = frozenset(
    "references reflist footnotes citations ref-list ltx_bibliography ltx_biblist bibliography csl-bib-body footnote-list citation-list "
    "wp-block-footnotes references-list reference-list endnotes mw-references-wrap c-article-references".split()
)
_LIST_IDS = frozenset({"references", "refs", "reflist", "footnotes", "bibliography", "citations", "endnotes"})
_LIST_ROLES = frozenset({"doc-endnotes", "doc-bibliography", "doc-footnotes"})
_TOGGLES = frozenset({"table", *HEADINGS})
_CLOSED = frozenset({"navigation", "table of contents", "infobox", "hidden", "comments", "related articles", "sharing"})


def is_source_title(text: str) -> bool:
    """Say whether a heading opens a list of sources or notes."""
    return len(text) < 60 and bool(STRONG_TITLE.fullmatch(text) or WEAK_TITLE.fullmatch(text))


def is_list_region(element: Element) -> bool:
    """Say whether an element's names declare it a list of references."""
    if element.tag not in _LIST_TAGS:
        return False
    named = (element.get("id") or "").lower() in _LIST_IDS or (element.get("role") or "") in _LIST_ROLES
    return named or bool(classes(element) & _LIST_NAMES) or element.get("data-footnotes") is not None


class Pointer(NamedTuple):
    """A link within the page: the id it points to, its text, its element."""

    name: str
    label: str
    link: Element


class Survey:
    """What a page has, gathered in one walk."""

    def __init__(self, page: Element) -> None:
        """Walk over the whole page."""
        self.ids: dict[str, Element] = {}
        self.links: list[Element] = []
        self.headings: list[Element] = []
        self.regions: list[Element] = []
        self.sizes: dict[Element, int] = {}
        self.layouts: set[Element] = set()
        self.total = 0
        self._starts: list[tuple[Element, int]] = []
        self._tables: list[list[int]] = []
        self._open_tables: list[Element] = []
        self._region: Element | None = None
        self._closed: Element | None = None
        self._articles = 0
        walk(page, self)
        self.pointers = [Pointer(name, short_text(link), link) for link in self.links if (name := self.fragment(link))]
        self.pointed = Counter(pointer.name for pointer in self.pointers)

    def fragment(self, link: Element) -> str:
        """Return the id on this page that a link points to, an empty string for another place."""
        address, mark, name = (link.get("href") or "").strip().partition("#")
        if not mark or not name:
            return ""
        if not address:
            return name if name in self.ids else unquote(name)
        # a saved page points to itself by its full address
        return name if name in self.ids and re.fullmatch(r"\[?[\w ]{1,8}\]?", short_text(link)) else ""

    def enter(self, element: Element) -> bool:
        """Note what an element is."""
        if element.tag in UNREAD:
            return False
        for name in (element.get("id"), element.get("name") if element.tag == "a" else None):
            if name:
                self.ids.setdefault(name, element)
        if element.tag == "a" and "#" in (element.get("href") or ""):
            self.links.append(element)
        if may_be_root(element) or element.tag == "form":
            self.sizes[element] = 0
            self._starts.append((element, self.total))
        self._articles += element.tag in {"article", "main"}
        self._parts(element)
        self._structure(element)
        return True

    def _parts(self, element: Element) -> None:
        """Note lists of references that declare themselves, and parts of the page in which no heading counts."""
        why = left_out(element)
        if self._closed is None and (why in _CLOSED or (why == "footer" and not self._articles and not is_list_region(element))):
            self._closed = element
        may_list = self._region is None and (self._closed is None or self._closed.tag == "footer")
        if may_list and is_list_region(element) and why in {"", "footer", "aside"}:
            self._region = element
            self.regions.append(element)

    def _structure(self, element: Element) -> None:
        """Note headings, and which tables only lay the page out: those around other tables or headings."""
        tag = element.tag
        titled = tag in {"p", "div"} and not _holds_blocks(element) and STRONG_TITLE.fullmatch(short_text(element))
        if self._closed is None and (tag in HEADINGS or titled):
            self.headings.append(element)
        if tag in _TOGGLES and self._open_tables:
            self.layouts.add(self._open_tables[-1])
        if tag == "table":
            self._open_tables.append(element)
            self._tables.append([0])
            if element.get("role") in {"presentation", "none"}:
                self.layouts.add(element)
        elif tag in {"td", "th"} and self._tables:
            self._tables[-1][0] += 1

    def leave(self, element: Element) -> None:
        """Count what an element held."""
        self._articles -= element.tag in {"article", "main"}
        if self._closed is element:
            self._closed = None
        if self._region is element:
            self._region = None
        if self._starts and self._starts[-1][0] is element:
            self.sizes[element] = self.total - self._starts.pop()[1]
        if self._open_tables and self._open_tables[-1] is element:
            self._open_tables.pop()
            if self._tables.pop()[0] <= 1:
                self.layouts.add(element)

    def text(self, text: str) -> None:
        """Count the letters of a run of text."""
        self.total += len(plain(text)) if self._closed is None else 0


def _holds_blocks(element: Element) -> bool:
    return next(element.iterchildren("p", "div", "section", *HEADINGS, "ol", "ul"), None) is not None
