"""Text of a JATS article: title, abstract, body, captions and table cells; references are left out."""

from __future__ import annotations

from lxml import etree

from pipeline.errors import SourceError

_BLOCKS = frozenset({"p", "title", "article-title", "subject", "td", "th", "label", "list-item", "disp-quote"})
_DROPPED = frozenset({"ref-list", "tex-math", "ext-link-list", "fn-group", "ack", "permissions", "journal-meta", "contrib-group", "aff"})
_SKIPPED_ABSTRACTS = frozenset({"toc", "graphical", "teaser"})


def jats_text(data: bytes, name: str = "") -> str:
    """Return the evidence text, a block a paragraph, table rows as `cell | cell`; SourceError for XML that does not parse."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise SourceError(f"{name or 'source'}: broken XML: {error.msg}") from None
    blocks: list[str] = []
    for path in ("front//title-group/article-title", "front//abstract", "body", "floats-group"):
        for part in root.findall(f".//{path}"):
            if part.get("abstract-type") not in _SKIPPED_ABSTRACTS:
                _walk(part, blocks)
    return "\n\n".join(block for block in blocks if block)


def _walk(node: etree._Element, blocks: list[str]) -> None:
    """Add the blocks below a node, in reading order, each text once."""
    tag = _tag(node)
    if tag in _DROPPED:
        return
    if tag == "tr":
        cells = [_inline(cell) for cell in node]
        blocks.append(" | ".join(cell for cell in cells if cell))
    elif tag in _BLOCKS and not any(_tag(child) in {"p", "list", "sec"} for child in node):
        blocks.append(_inline(node))
    else:
        for child in node:
            _walk(child, blocks)


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


def _tag(node: etree._Element) -> str:
    return etree.QName(node).localname if isinstance(node.tag, str) else ""
