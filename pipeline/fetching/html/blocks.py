"""The blocks of a web page, each with what is known of its place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lxml import etree

from pipeline.fetching.html.words import HINTS

SILENT = frozenset("script style noscript template svg math iframe object embed head select textarea canvas video audio map dialog".split())
INLINE = frozenset(
    "a abbr acronym b bdi bdo big br cite code data del dfn em font i img ins kbd label mark nobr q rp rt ruby s samp small span strike"
    " strong sub sup time tt u var wbr button input picture source meta link output".split()
)
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
NESTED = etree.XPath(".//table|.//p|.//div|.//ul|.//ol|.//h1|.//h2|.//h3|.//section|.//article")
PARTS = re.compile(r"[-_](?:section|list|box|banner|bar|container|wrapper|widget|area|block|module|panel|content|\d+)$")
HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|font-size\s*:\s*0(?![.\d]*[1-9])|opacity\s*:\s*0(?![.\d]*[1-9])|"
    r"(?:left|top|text-indent|margin-left)\s*:\s*-\d{4,}|clip\s*:\s*rect\(\s*0|clip-path\s*:\s*inset\(\s*(?:50|100)%",
    re.I,
)


@dataclass
class Region:
    """A part of the page whose tag or class names its purpose, and the words of main in it."""

    role: str
    chosen: int = 0


@dataclass
class Block:
    """One visible block: where it stands, the share of it that is links, whether it is main, its part."""

    text: str
    words: tuple[str, ...]
    kind: str
    tag: str
    place: tuple[str, ...]
    articles: tuple[int, ...]
    linked: float
    region: Region | None
    chosen: bool = False
    role: str = "text"


def prepare(root: Any) -> None:
    """Drop what no reader sees; let paid text that was delivered count as text."""
    for element in root.xpath("//*[@hidden or @style]"):
        if element.tag not in ("html", "body") and ("hidden" in element.attrib or HIDDEN.search(element.get("style", ""))):
            element.drop_tree()
    for element in root.xpath("//*[contains(@class, 'paywall') or contains(@id, 'paywall')]"):
        if len(element.xpath("./p[string-length() > 80]")) >= 2:
            element.attrib.pop("class", None)
            element.attrib.pop("id", None)


def inline(tag: str) -> bool:
    """Tell whether an element leaves the run of text unbroken; elements of a page's own making do."""
    return tag in INLINE or "-" in tag


def leaves(element: Any) -> bool:
    """Tell whether an element is a link to another place, rather than a heading's own anchor."""
    return element.tag == "a" and not element.get("href", "#").startswith("#")


def own_role(element: Any) -> str:
    """Return the role that an element's tag, role or names give it."""
    tag = element.tag
    if tag in ("nav", "footer") or element.get("role") in ("navigation", "menu", "menubar", "search", "banner", "contentinfo"):
        return "navigation"
    if tag in ("body", "html", "main", *HEADINGS):
        return ""
    return hinted(element.get("class", "")[:300].lower(), element.get("id", "")[:60].lower())


@lru_cache(maxsize=4096)
def hinted(classes: str, name: str) -> str:
    """Return the role that an element's classes or its id hint at."""
    if not classes and not name:
        return ""
    # an id is often made from a heading ("popular-culture"), so it counts as a whole only
    plain = PARTS.sub("", name)
    return next((role for role, hint in HINTS if hint.search(classes) or hint.fullmatch(plain)), "")


class Walk:
    """One walk over the page that gathers its blocks."""

    def __init__(self, root: Any) -> None:
        """Walk over the whole page."""
        self.blocks: list[Block] = []
        self.deepest = self.elements = self.depth = self.links = self.linked = self.seen = 0
        self.parts: list[str] = []
        self.articles: tuple[int, ...] = ()
        self.regions: list[tuple[Any, Region | None]] = [(None, None)]
        self.row: Any = None
        silent: Any = None
        for event, element in etree.iterwalk(root, events=("start", "end")):
            self.depth += 1 if event == "start" else -1
            if silent is None and event == "start" and element.tag in SILENT:
                silent = element
            elif silent is None:
                (self.enter if event == "start" else self.leave)(element)
            elif silent is element:
                silent = None
                self.add(element.tail)
        self.flush(root)

    def enter(self, element: Any) -> None:
        """Take up an element's start and the text after it."""
        self.elements += 1
        self.deepest = max(self.deepest, self.depth)
        tag = element.tag
        if tag == "br":
            self.line_break(element)
        elif self.row is None and not inline(tag):
            self.flush(element.getparent())
            self.row = element if tag == "tr" and not NESTED(element) else None
        if tag == "article":
            self.seen += 1
            self.articles = (*self.articles[-20:], self.seen)
        if role := own_role(element):
            self.regions.append((element, Region(role)))
        self.links += leaves(element)
        self.add(element.text)

    def leave(self, element: Any) -> None:
        """Take up an element's end and the text after it."""
        self.links -= leaves(element)
        broken = not inline(element.tag)
        if broken and self.row is not None and element is not self.row:
            self.add(" | " if element.tag in ("td", "th") else " ")
        elif broken:
            self.flush(element)
            self.row = None
        if element.tag == "article":
            self.articles = self.articles[:-1]
        if self.regions[-1][0] is element:
            self.regions.pop()
        self.add(element.tail)

    def add(self, text: str | None) -> None:
        """Take up a run of text."""
        if text:
            self.parts.append(text)
            self.linked += len(text.strip()) if self.links else 0

    def line_break(self, element: Any) -> None:
        """End the block at the first of two breaks; a single one is white space."""
        after = element.getnext()
        if self.row is None and after is not None and after.tag == "br" and not (element.tail or "").strip():
            self.flush(element.getparent())
        self.add("\n")

    def flush(self, element: Any) -> None:
        """End the block that has gathered, if any."""
        if not self.parts:
            return
        text = " ".join("".join(self.parts).split()).strip(" |")
        linked, self.linked, self.parts = self.linked, 0, []
        if words := tokens(text):
            place = position(element)
            kind = "cell" if self.row is not None else kind_of(place)
            region = self.regions[-1][1]
            self.blocks.append(Block(text, words, kind, place[0], place, self.articles, linked / len(text), region))


def position(element: Any) -> tuple[str, ...]:
    """Return the block's tag and the tags and classes of what holds it."""
    while element is not None and inline(element.tag):
        element = element.getparent()
    chain: list[str] = []
    while element is not None and len(chain) < 3:
        # a paragraph's own class is a matter of looks; what holds it says where it stands
        chain.append(f"{element.tag}.{element.get('class', '')}" if chain else str(element.tag))
        element = element.getparent()
    return tuple(chain) or ("body",)


def kind_of(place: tuple[str, ...]) -> str:
    """Return the kind of a block from its tag and its parent's."""
    tags = (place[0], place[1].partition(".")[0] if place[0] == "p" and len(place) > 1 else "")
    if tags[0] in HEADINGS:
        return "heading"
    return "item" if {"li", "dd", "dt"} & set(tags) else "text"


def tokens(text: str) -> tuple[str, ...]:
    """Return the words of a text."""
    return tuple(re.findall(r"\w+", text.lower()))


def size(blocks: Iterable[Block]) -> int:
    """Return the number of words."""
    return sum(len(block.words) for block in blocks)


def is_prose(block: Block) -> bool:
    """Tell whether the block is running text rather than a label or a list of links."""
    if len(block.text) < 60 or block.linked >= 0.4 or block.kind == "heading":
        return False
    return any(mark in block.text[-4:] for mark in ".!?…:;。！？»”\"'") or ", " in block.text or "; " in block.text
