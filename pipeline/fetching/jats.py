"""Text of a JATS article: title, abstract, body, captions and table rows; references and affiliations are kept and marked."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from pipeline.errors import SourceError
from pipeline.fetching.reading import Declared, Piece, Reading
from pipeline.records import Part

_BLOCKS = frozenset(
    (
        "abstract ack app app-group article-title author-notes aff back bio body boxed-text caption contrib contrib-group def def-item "
        "def-list disp-formula disp-quote fig fig-group fn fn-group glossary label list list-item media notes p ref ref-list sec speech "
        "statement supplementary-material table table-wrap table-wrap-foot tbody term tfoot thead title tr verse-group"
    ).split()
)
_HEADINGS = frozenset({"title", "article-title"})
_DROPPED = frozenset({"tex-math", "ext-link-list", "permissions", "journal-meta", "object-id", "inline-supplementary-material"})
_RECORDS = frozenset({"ref", "contrib", "aff"})  # made of fields, not of words in order
_MARKED = {
    "ref-list": Part.BIBLIOGRAPHY,
    "ref": Part.BIBLIOGRAPHY,
    "aff": Part.AUTHORS,
    "contrib-group": Part.AUTHORS,
    "author-notes": Part.AUTHORS,
    "bio": Part.AUTHORS,
}
_SKIPPED_ABSTRACTS = frozenset({"toc", "graphical", "teaser"})
_PATHS = (
    "front//title-group/article-title",
    "front//contrib-group",
    "front//aff",
    "front//abstract",
    "body",
    "floats-group",
    "back",
)


def jats(data: bytes, name: str = "") -> Reading:
    """Return the pieces, table rows as `cell | cell`, and what the front matter says; SourceError for XML that does not parse.

    Entities are not expanded and nothing is loaded from elsewhere.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise SourceError(f"{name or 'source'}: broken XML: {error.msg}") from None
    if _tag(root) != "article":
        root = next((node for node in root.iter() if _tag(node) == "article"), root)
    pieces: list[Piece] = []
    for path in _PATHS:
        for part in root.findall(f"./{path}"):
            if part.get("abstract-type") not in _SKIPPED_ABSTRACTS:
                pieces += _walk(part, Part.TEXT)
    body = root.find("./body")
    return Reading(pieces, _declared(root), whole=body is not None and bool(_inline(body)))


def _declared(root: etree._Element) -> Declared:
    meta = root.find("./front/article-meta")
    if meta is None:
        return Declared()
    years = {int(year) for node in meta.findall("pub-date/year") if (year := (node.text or "").strip()).isdecimal() and len(year) == 4}
    return Declared(
        titles=tuple(_inline(node) for node in meta.findall("title-group/article-title")),
        authors=tuple(_inline(node) for node in meta.findall("contrib-group/contrib//surname")),
        years=tuple(sorted(years)),
        dois=tuple((node.text or "").strip().lower() for node in meta.findall("article-id[@pub-id-type='doi']")),
    )


def _walk(node: etree._Element, part: Part) -> Iterator[Piece]:
    """Yield the blocks below a node, in reading order, each text once."""
    tag = _tag(node)
    part = _MARKED.get(tag, part)
    if tag in _DROPPED:
        return
    if tag == "tr":
        cells = [_inline(cell) for cell in node]
        yield Piece(" | ".join(cell for cell in cells if cell), part)
    elif tag in _RECORDS:
        yield Piece(_spaced(node), part)
    elif _holds_blocks(node):
        yield from _mixed(node, part)
    elif text := _inline(node):
        yield Piece(text, Part.HEADING if tag in _HEADINGS and part is Part.TEXT else part)


def _mixed(node: etree._Element, part: Part) -> Iterator[Piece]:
    """Yield the blocks of a node, and the words of its own that stand between them."""
    loose = [node.text or ""]
    for child in node:
        if _tag(child) in _BLOCKS or _holds_blocks(child):
            yield from _own(loose, part)
            yield from _walk(child, part)
            loose = []
        else:
            loose.append(_inline(child))
        loose.append(child.tail or "")
    yield from _own(loose, part)


def _own(loose: list[str], part: Part) -> Iterator[Piece]:
    if text := " ".join("".join(loose).split()):
        yield Piece(text, part)


def _holds_blocks(node: etree._Element) -> bool:
    return any(_tag(child) in _BLOCKS for child in node.iterdescendants())


def _inline(node: etree._Element) -> str:
    parts: list[str] = []

    def add(element: etree._Element) -> None:
        if _tag(element) not in _DROPPED:
            parts.append(element.text or "")
            for child in element:
                add(child)
                parts.append(child.tail or "")

    add(node)
    return " ".join("".join(parts).split())


def _spaced(node: etree._Element) -> str:
    """Return the words of a record made of fields, which stand without spaces between them."""
    return " ".join(" ".join(str(text) for text in node.itertext()).split())


def _tag(node: etree._Element) -> str:
    return etree.QName(node).localname if isinstance(node.tag, str) else ""
