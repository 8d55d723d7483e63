"""What of a page is the article: its root, its title, and the furniture inside it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable

from pipeline.markup.webpage.tree import BLOCKS, HEADINGS, Element, classes, plain, short_text

_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_SMALL = 12  # a candidate with less than a twelfth of the page's words stands beside the article
_LOOK = 200  # elements that are looked at to tell what a header is

_TAGS = {
    "nav": "navigation",
    "menu": "navigation",
    "footer": "footer",
    "form": "form",
    "button": "form",
    "select": "form",
    "textarea": "form",
    "input": "form",
    "datalist": "form",
    "noscript": "noscript",
    "svg": "picture",
    "canvas": "picture",
    "map": "picture",
    "iframe": "media",
    "object": "media",
    "embed": "media",
    "video": "media",
    "audio": "media",
    "applet": "media",
    "dialog": "dialog",
    "aside": "aside",
    "frameset": "frames",
    "noframes": "frames",
}
_ROLES = {
    "navigation": "navigation",
    "menu": "navigation",
    "menubar": "navigation",
    "banner": "header",
    "contentinfo": "footer",
    "search": "form",
    "dialog": "dialog",
    "alertdialog": "dialog",
    "complementary": "aside",
    "doc-toc": "table of contents",
}
_CLASSES = {
    name: why
    for why, names in {
        "navigation": "navbox navbar navigation vertical-navbox sidebar breadcrumb breadcrumbs pagination pager post-navigation catlinks "
        "mw-jump-link sistersitebox side-box mw-portlet skip-link skiplink menu page-links",
        "edit link": "mw-editsection",
        "infobox": "infobox",
        "table of contents": "toc ez-toc-container ltx_toc",
        "hatnote": "hatnote dablink rellink",
        "metadata": "metadata ambox mbox-small mw-indicators printfooter",
        "not for print": "noprint",
        "hidden": "sr-only visually-hidden screen-reader-text visuallyhidden mw-empty-elt",
        "sharing": "share sharing sharedaddy social-share share-buttons addtoany_share_save_container",
        "related articles": "jp-relatedposts related-posts related-articles yarpp-related",
        "advertisement": "advertisement adsbygoogle ad-container newsletter newsletter-signup cookie-banner cookie-notice",
        "comments": "comments-area comment-list comment-respond",
        "header": "site-header masthead",
        "footer": "site-footer",
    }.items()
    for name in names.split()
}
_IDS = {
    "toc": "table of contents",
    "comments": "comments",
    "disqus_thread": "comments",
    "catlinks": "navigation",
    "sidebar": "aside",
    "sitesub": "navigation",
    "contentsub": "navigation",
}
CALLOUTS = frozenset(
    "callout note warning example admonition tip important caution danger info-box notice alert pullquote key-points highlight-box".split()
)


def is_callout(element: Element) -> bool:
    """Say whether a block is set off from the text: a note, a warning, an example."""
    return element.tag in {"div", "section", "aside", "p"} and bool(classes(element) & CALLOUTS)


def is_hidden(element: Element) -> bool:
    """Say whether an element's own attributes hide it."""
    return element.get("hidden") is not None or bool(_HIDDEN.search((element.get("style") or "")[:2000]))


def left_out(element: Element) -> str:
    """Return what kind of furniture an element is, an empty string for a part of the article."""
    if element.tag in {"body", "html", "main", "article"}:
        return ""
    if is_hidden(element):
        return "hidden"
    named = next((why for name in classes(element) if (why := _CLASSES.get(name))), "")
    named = named or _IDS.get((element.get("id") or "")[:40].lower(), "") or _ROLES.get((element.get("role") or "").lower(), "")
    if named and element.tag not in HEADINGS:
        return named
    if element.tag == "header":
        return _of_header(element)
    if element.tag == "aside" and is_callout(element):
        return ""
    return _TAGS.get(element.tag, "")


def _of_header(element: Element) -> str:
    """Tell the header of a site from the title block of an article, which has a first heading and no menu."""
    tags = {node.tag for node in itertools.islice(element.iter(), _LOOK)}
    within = any(above.tag in {"article", "main", "section"} for above in itertools.islice(element.iterancestors(), _LOOK))
    return "" if "nav" not in tags and (within or tags & {"h1", "h2"}) else "header"


def choose_root(page: Element, sizes: dict[Element, int], total: int) -> Element:
    """Return the element that holds the article; `sizes` has the words' length of each that may, `total` that of the page."""
    for candidates in _ranked(sizes):
        filled = [element for element in candidates if sizes[element]]
        best = max(filled, key=lambda element: sizes[element], default=None)
        if best is not None and _holds_article(best, filled, sizes, total):
            return best
    return page


def _holds_article(best: Element, filled: list[Element], sizes: dict[Element, int], total: int) -> bool:
    """Say whether the longest candidate is no teaser: a page that lists many articles is none of them."""
    small = _SMALL * sizes[best] < total
    return not small and (best.tag != "article" or 2 * sizes[best] >= sum(sizes[one] for one in _apart(filled)))


def _ranked(sizes: dict[Element, int]) -> Iterable[list[Element]]:
    yield [element for element in sizes if "mw-parser-output" in classes(element)]
    yield [element for element in sizes if element.tag == "article"]
    yield [element for element in sizes if element.tag == "main"]
    yield [element for element in sizes if element.get("role") == "main"]
    yield [element for element in sizes if element.get("id") == "content"]


def _apart(elements: list[Element]) -> list[Element]:
    """Return the elements that lie in no other of them; they come in reading order."""
    kept: list[Element] = []
    for element in elements:
        if not kept or not any(above is kept[-1] for above in itertools.islice(element.iterancestors(), _LOOK)):
            kept.append(element)
    return kept


def may_be_root(element: Element) -> bool:
    """Say whether an element could hold the article."""
    if element.tag not in BLOCKS:
        return False
    if element.tag in {"article", "main"} or element.get("role") == "main" or element.get("id") == "content":
        return element.tag not in HEADINGS
    return "mw-parser-output" in classes(element) and any(
        above.get("id") == "mw-content-text" for above in itertools.islice(element.iterancestors(), 5)
    )


def declared_title(page: Element) -> str:
    """Return the title that the head of the page declares."""
    for meta in page.iterfind("head/meta"):
        if meta.get("property") == "og:title" and plain(meta.get("content") or ""):
            return plain(meta.get("content"))
    return plain(page.findtext("head/title") or "")


def outer_title(headings: Iterable[Element], declared: str) -> Element | None:
    """Return the first heading outside the article that is its title: the declared one, or the only one where none is declared."""
    found = [heading for heading in headings if short_text(heading)]
    for heading in found:
        if heading.get("id") == "firstHeading" or short_text(heading).lower() in declared.lower():
            return heading
    return found[0] if len(found) == 1 and not declared else None
