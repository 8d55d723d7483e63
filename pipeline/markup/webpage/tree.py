"""The tree of a page: decoding, parsing, and walks that neither recurse nor look twice."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Protocol, cast

from lxml import etree
from lxml import html as lxml_html

from pipeline.markup.imported import Remark
from pipeline.text import clean

Element = Any  # an lxml element; its stubs know neither `sourceline` nor HTML

_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_META = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w.:-]+)|<\?xml[^>]+encoding\s*=\s*[\"']([\w.:-]+)", re.I)
_HEAD = 4096  # bytes in which a page may name its charset; WHATWG reads 1024
_ASCII = frozenset({"utf-16", "utf-16-le", "utf-16-be", "utf-32"})  # a page that could name these in ASCII is not in them
_LATIN = frozenset({"iso8859-1", "ascii"})  # WHATWG reads both as Windows-1252
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f]+")
_SHOWN = 80  # characters of a remark
_DEEPEST = 1_000  # elements one in another; libxml2 makes trees of 2,048
_FEW, _LONG = 80, 1000  # elements and characters of a small element

UNREAD = frozenset("script style template head link meta base param source track col colgroup title wbr area".split())
BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure footer form frameset "
    "h1 h2 h3 h4 h5 h6 header hgroup hr html legend li listing main menu nav ol optgroup option p plaintext pre search section summary "
    "table tbody td tfoot th thead tr ul xmp".split()
)
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


class Run(NamedTuple):
    """A run of text and the element whose text it is; empty where an element has none."""

    text: str
    owner: Element
    apart: bool
    """Whether a block begins or ends right before it."""


class Visitor(Protocol):
    """Something that follows a walk over a tree."""

    def enter(self, element: Element) -> bool:
        """Take up an element; say whether to go into it."""

    def leave(self, element: Element) -> None:
        """Leave an element that was gone into."""

    def text(self, text: str) -> None:
        """Take up a run of text."""


def decode(data: bytes | str) -> str:
    """Return the text of a page: byte-order mark, then the charset that it names and fits, then UTF-8, then Windows-1252."""
    if isinstance(data, str):
        return data.removeprefix("\ufeff")
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    named = _META.search(data[:_HEAD])
    label = (named.group(1) or named.group(2)).decode("ascii", "replace") if named else "utf-8"
    for name in (_codec(label), "utf-8"):
        try:
            return data.decode(name)
        except UnicodeError:
            continue
    return data.decode("cp1252", "replace")


def _codec(label: str) -> str:
    try:
        found = codecs.lookup(label)
    except (LookupError, ValueError):
        return "utf-8"
    if found.name in _LATIN:
        return "cp1252"
    # `hex`, `rot13` and the like are codecs of Python's own, and no encodings of text
    return found.name if getattr(found, "_is_text_encoding", True) and found.name not in _ASCII else "utf-8"


def parse(text: str) -> Element | None:
    """Return the root of the page, None where there is nothing in it."""
    data = _CONTROL.sub("", text).encode("utf-8", "replace")
    parser = lxml_html.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False, huge_tree=True, no_network=True
    )
    try:
        tree = lxml_html.document_fromstring(data, parser=parser)
    except (etree.LxmlError, ValueError, AssertionError):
        tree = None
    if any("depth" in error.message for error in parser.error_log):
        return _parse_flat(data)
    if tree is not None:
        tree.extend(list(tree.itersiblings()))  # what a page says after its end
    return tree


def _parse_flat(data: bytes) -> Element | None:
    """Parse a page that is nested deeper than libxml2 goes with its trees; elements below are taken for their text."""
    try:
        return etree.fromstring(data, parser=etree.HTMLParser(encoding="utf-8", target=cast(Any, _Flat()), huge_tree=True))
    except (etree.LxmlError, ValueError, AssertionError):
        return None


class _Flat:
    """Builds a tree no deeper than `_DEEPEST`."""

    def __init__(self) -> None:
        self.builder: Any = etree.TreeBuilder()
        self.depth = 0
        self.silent = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self.depth += 1
        if self.depth <= _DEEPEST:
            self.builder.start(tag, dict(attributes))
        else:
            self._below(tag, 1)

    def end(self, tag: str) -> None:
        if self.depth <= _DEEPEST:
            self.builder.end(tag)
        else:
            self._below(tag, -1)
        self.depth -= 1

    def _below(self, tag: str, step: int) -> None:
        self.silent += step if tag in UNREAD else 0
        if tag in BLOCKS or tag == "br":
            self.builder.data(" ")

    def data(self, data: str) -> None:
        if not self.silent:
            self.builder.data(data)

    def comment(self, text: str) -> None:
        """Leave comments out."""

    def close(self) -> Element:
        return self.builder.close()


def walk(root: Element, visitor: Visitor) -> None:
    """Lead a visitor through a tree in reading order; the tail of the root is no part of it."""
    node = root
    while True:
        below = _into(node, visitor)
        if below is not None:
            node = below
            continue
        while node is not root:
            if node.tail:
                visitor.text(node.tail)
            beside = node.getnext()
            if beside is not None:
                node = beside
                break
            node = node.getparent()
            visitor.leave(node)
        else:
            return


def _into(node: Element, visitor: Visitor) -> Element | None:
    """Enter an element and return its first child; an element without one is left at once."""
    if not isinstance(node.tag, str) or not visitor.enter(node):
        return None
    if node.text:
        visitor.text(node.text)
    below = next(node.iterchildren(), None)
    if below is None:
        visitor.leave(node)
    return below


def text_runs(element: Element) -> Iterator[Run]:
    """Yield the visible text of an element in order; something for every element passed, so that a caller can stop."""
    node = element
    while True:
        seen = isinstance(node.tag, str) and node.tag not in UNREAD
        yield Run((node.text or "") if seen else "", node, node.tag in BLOCKS)
        below = next(node.iterchildren(), None) if seen else None
        if below is not None:
            node = below
            continue
        while node is not element:
            parent = node.getparent()
            yield Run(node.tail or "", parent, node.tag in BLOCKS)
            beside = node.getnext()
            if beside is not None:
                node = beside
                break
            node = parent
        else:
            return


def few_runs(element: Element) -> list[Run] | None:
    """Return the runs of a small element, None for one that is larger: what stands raised in a line is never long."""
    found: list[Run] = []
    size = 0
    for run in text_runs(element):
        found.append(run)
        size += len(run.text)
        if len(found) > _FEW or size > _LONG:
            return None
    return found


def short_text(element: Element) -> str:
    """Return the collapsed text of a small element, an empty string for a larger one."""
    return plain("".join(run.text for run in few_runs(element) or ()))


def plain(text: str) -> str:
    """Return text on one line, white space collapsed, without invisible characters."""
    return " ".join(clean(text).split())


def remark(element: Element, why: str, text: str = "") -> Remark | None:
    """Return the remark for an element that is left out, None where no word is in it."""
    shown = plain(text) if text else _opening(element)
    return remark_at(line_of(element), shown, why)


def remark_at(line: int, text: str, why: str) -> Remark | None:
    """Return the remark for a text, None where no word is in it."""
    return Remark(line, _shortened(text), why) if re.search(r"\w", text) else None


def _opening(element: Element) -> str:
    """Return the first words of an element; blocks are kept apart."""
    found, apart = "", False
    for run in text_runs(element):
        words = plain(run.text)
        apart = apart or run.apart or run.text[:1].isspace()
        if words:
            found += f" {words}" if apart else words
            apart = run.text[-1:].isspace()
        if len(found) > 2 * _SHOWN:
            break
    return found.strip()


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1].rstrip()}…"


def line_of(element: Element) -> int:
    """Return the line of the file on which an element begins, 0 where that is not known."""
    return element.sourceline or 0


def classes(element: Element) -> frozenset[str]:
    """Return the class names of an element in lower case."""
    return frozenset((element.get("class") or "")[:2000].lower().split())


def ancestors(element: Element) -> Iterator[Element]:
    """Yield an element and all above it."""
    while element is not None:
        yield element
        element = element.getparent()
