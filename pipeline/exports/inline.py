"""A span of the article's Markdown as safe HTML: bold, emphasis, code and web links, nothing else."""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Iterable, Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup
from markupsafe import escape as escaped

from pipeline.records import Marker

_PARSER = MarkdownIt("commonmark", {"html": False, "maxNesting": 64})
_OPENING = "*_`[!\\"
_CLOSING = re.compile(r"[*_`]*(?:\]\([^()\s]*\))?[*_`]*")
_WEB = re.compile(r"https?://", re.I)


def sentence(markdown: str, start: int, end: int, markers: Iterable[Marker], says: str) -> Markup:
    """Return a sentence without its markers; where its markup does not read as the text that was checked, that text."""
    cuts = tuple(markers)
    for low, high in _spans(markdown, start, end):
        made = render(_cut(markdown, low, high, cuts))
        if _bare(str(made)) == "".join(says.split()):
            return made
    return escaped(says)


def block(markdown: str, start: int, end: int) -> Markup:
    """Return a block that has no sentences, such as a heading, without the signs that make it one."""
    low, high = next(_spans(markdown, start, end))
    return render(markdown[low:high].strip("#>| \t\n").removeprefix("- ").strip())


def render(text: str) -> Markup:
    """Return inline Markdown as HTML; images become their text, and links other than http(s) theirs."""
    tokens = _PARSER.parseInline(text, {})
    kept = list(_kept(tokens[0].children or [])) if tokens else []
    # Safe: markdown-it escapes all text and attributes, and `html` is off.
    return Markup(_PARSER.renderer.render(kept, _PARSER.options, {}).strip())


def _spans(markdown: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the span with the emphasis and link signs around it, then tighter; offsets are those of visible text."""
    low = start
    while low and markdown[low - 1] in _OPENING:
        low -= 1
    closing = _CLOSING.match(markdown, end)
    high = closing.end() if closing else end
    yield from dict.fromkeys(itertools.product((low, start), (high, end)))


def _cut(markdown: str, low: int, high: int, markers: tuple[Marker, ...]) -> str:
    """Return the span without its markers, and without the space that stood before one."""
    text, at = "", low
    for marker in sorted(markers, key=lambda item: item.start):
        text = (text + markdown[at : marker.start]).rstrip()
        at = max(at, marker.end)
    return text + markdown[at:high]


def _kept(tokens: Iterable[Token]) -> Iterator[Token]:
    linked = True
    for token in tokens:
        if token.type == "link_open":
            linked = bool(_WEB.match(str(token.attrGet("href") or "")))
            token.attrSet("rel", "noreferrer")
        if token.type == "image":
            yield Token("text", "", 0, content=token.content)
        elif linked or token.type not in {"link_open", "link_close"}:
            yield token


def _bare(made: str) -> str:
    """Return the text of HTML without white space."""
    return "".join(html.unescape(re.sub(r"<[^>]*>", "", made)).split())
