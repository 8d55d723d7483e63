"""The part that each block of a web page plays."""

from __future__ import annotations

from collections import Counter

from pipeline.fetching.html.blocks import HEADINGS, Block, is_prose, size, tokens
from pipeline.fetching.html.choice import is_title
from pipeline.fetching.html.words import LINES, SECTIONS


def give_roles(blocks: list[Block], declared: dict[str, list[str]]) -> None:
    """Give every block the part it plays."""
    titles = declared.get("title", [])
    total = size(block for block in blocks if block.chosen)
    shares = shared_roles(blocks)
    section, teaser = ("", 0), False
    other_articles(blocks, titles)
    for block in blocks:
        section = section_role(block, section)
        if block.role == "text":
            block.role = region_role(block, total, shares) or section[0] or line_role(block) or link_role(block)
        if not block.role:
            block.role = "reading_list" if teaser and not block.chosen else "text" if block.chosen or evidence(block) else "navigation"
        teaser = block.kind == "heading" and block.linked > 0.8 and not is_title(block, titles)
    restore(blocks, total)
    trim([block for block in blocks if block.chosen and block.role == "text"], [tokens(name) for name in declared.get("author", [])])


def restore(blocks: list[Block], total: int) -> None:
    """Give prose of main its role back where names and wordings have taken most of it: they mean something else on this page."""
    lost = [block for block in blocks if block.chosen and block.role in ("navigation", "notice", "authors") and is_prose(block)]
    if size(lost) > 0.4 * total:
        for block in lost:
            block.role = "text"


def shared_roles(blocks: list[Block]) -> Counter[str]:
    """Return how many words of main stand in regions of each role, however many regions they are."""
    shares: Counter[str] = Counter()
    for block in blocks:
        if block.chosen and block.region:
            shares[block.region.role] += len(block.words)
    return shares


def region_role(block: Block, total: int, shares: Counter[str]) -> str:
    """Return the role of the block's region, unless regions of that role hold a good part of main."""
    region = block.region
    if region is None or region.chosen >= 0.3 * total > 0 or (block.chosen and shares[region.role] >= 0.3 * total):
        return ""
    # names of looks ("social", "ads") stray into the classes of text that trafilatura took for main
    return "" if block.chosen and region.role == "navigation" and block.linked < 0.5 else region.role


def evidence(block: Block) -> bool:
    """Tell whether a block outside main may be quoted."""
    if block.kind in ("heading", "cell"):
        return block.linked < 0.5 and len(block.words) > 2
    return is_prose(block)


def other_articles(blocks: list[Block], titles: list[str]) -> None:
    """Tell apart the articles that stand beside the one with the page's title."""
    own = next((block.articles for block in blocks if block.tag == "h1" and is_title(block, titles)), ())
    depth = len(own)
    inside = any(block.articles[:depth] == own and block.chosen and is_prose(block) for block in blocks)
    others = [block for block in blocks if block.articles and block.articles[:depth] != own[: len(block.articles)]]
    # the body of some pages stands in an article beside that of its title
    if own and inside and len({block.articles for block in others if block.chosen}) != 1:
        for block in others:
            block.role = "reading_list"


def section_role(block: Block, now: tuple[str, int]) -> tuple[str, int]:
    """Return the role that headings lend to what follows, and the level at which it ends."""
    level = int(block.tag[1]) if block.tag in HEADINGS else 7
    if level < 7 or (len(block.words) <= 4 and block.kind == "text"):
        found = next((role for role, name in SECTIONS if name.fullmatch(block.text[:80])), "")
        if found:
            return found, level
        # titles of other pages, and kinds of references, stand as headings below that of their list
        below = level > now[1] if now[0] in ("reading_list", "bibliography") else level == 7
        return now if below or block.linked > 0.8 else ("", 0)
    ended = now[0] in ("reading_list", "navigation", "notice") and block.chosen and is_prose(block) and block.linked < 0.2
    return ("", 0) if ended else now


def line_role(block: Block) -> str:
    """Return the role that a short line's wording gives it."""
    words, text = len(block.words), block.text
    return next((role for role, most, wording in LINES if words <= most and len(text) < 15 * most and wording.search(text)), "")


def link_role(block: Block) -> str:
    """Return the role of a line that is a link as a whole: the title of another page."""
    if block.linked >= 0.85 and len(block.words) >= 5 and block.kind != "cell":
        return "reading_list"
    return "navigation" if block.linked >= 0.5 and not block.chosen else ""


def trim(chosen: list[Block], names: list[tuple[str, ...]]) -> None:
    """Take a note on the author, and headings left without text, off main's end."""
    for block in chosen[-3:]:
        if len(block.words) < 80 and any(name and block.words[: len(name)] == name for name in names):
            block.role = "authors"
    for block in reversed(chosen):
        if block.role == "text" and block.kind != "heading":
            break
        block.role = block.role if block.role != "text" else "navigation"
