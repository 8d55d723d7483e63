"""Which blocks of a web page are its main text."""

from __future__ import annotations

import logging
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import accumulate
from typing import Any

from pipeline.fetching.html.blocks import Block, Walk, is_prose, size, tokens

DEEPEST = 200  # elements within each other that trafilatura is trusted with
LARGEST = 60_000  # elements that trafilatura is trusted with
LONGEST = 2_000_000  # characters of text that trafilatura is trusted with
FEW = 360  # characters, about 60 words; less than this is looked for again with more recall
MORE = 3  # times as much text as precision found, for the second try to count: less is the same text with a footer
NEAR = 40  # blocks that may stand between main and a paragraph in the same place
REACH = 300  # words before and after main in which its short lines are looked for
GAP = 1_000_000  # pairs of words compared between two anchors


def choose_main(walk: Walk, root: Any, declared: dict[str, list[str]]) -> None:
    """Mark the blocks of the main text."""
    if walk.deepest > DEEPEST or walk.elements > LARGEST or sum(len(block.text) for block in walk.blocks) > LONGEST:
        choose_plainly(walk.blocks)
        return
    choose(walk.blocks, main_words(root, sum(len(block.text) for block in walk.blocks)))
    drop_title(walk.blocks, declared.get("title", []))
    complete(walk.blocks)


def main_words(root: Any, size: int) -> list[str]:
    """Return the words that trafilatura holds for the main text, of a page of so many characters."""
    import trafilatura

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)

    def found(precise: bool) -> str:
        text = trafilatura.extract(root, include_comments=False, favor_precision=precise, include_tables=True, output_format="txt")
        return text or ""

    text = found(precise=True)
    # Precision may give up on the body and keep a notice; a page that is short as a whole is left alone.
    if len(text) < min(FEW, 0.3 * size):
        more = found(precise=False)
        text = more if len(more) >= MORE * len(text) else text
    return list(tokens(text))


def runs(words: list[str]) -> Iterator[tuple[str, ...]]:
    """Return the runs of four words."""
    return zip(words, words[1:], words[2:], words[3:], strict=False)


def once(words: list[str]) -> dict[tuple[str, ...], int]:
    """Return the runs of four words that occur once, with their places."""
    counts: Counter[tuple[str, ...]] = Counter()
    places: dict[tuple[str, ...], int] = {}
    for i, run in enumerate(runs(words)):
        counts[run] += 1
        places[run] = i
    return {run: i for run, i in places.items() if counts[run] == 1}


def rising(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the longest subsequence whose second members rise."""
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for i, (_, right) in enumerate(pairs):
        at = bisect_left(tails, right)
        before.append(ends[at - 1] if at else -1)
        tails[at : at + 1], ends[at : at + 1] = [right], [i]
    found, i = [], ends[-1] if ends else -1
    while i >= 0:
        found.append(pairs[i])
        i = before[i]
    return found[::-1]


def shared(page: list[str], text: list[str]) -> bytearray:
    """Mark the page's words that the text holds in the same order."""
    marks = bytearray(len(page))
    there = once(text)
    left = right = 0
    anchors = rising([(i, there[run]) for run, i in once(page).items() if run in there])
    for i, j in [*anchors, (len(page), len(text))]:
        fill(marks, page[left:i], text[right:j], left, left > 0, i < len(page))
        marks[i : i + 4] = b"\1" * len(marks[i : i + 4])
        left, right = max(left, i + 4), max(right, j + 4)
    return marks


def fill(marks: bytearray, page: list[str], text: list[str], start: int, after: bool, before: bool) -> None:
    """Mark the words of a gap between two anchors."""
    reach = len(text) + REACH
    if not after:
        start, page = start + max(0, len(page) - reach), page[-reach:]
    if not before:
        page = page[:reach]
    if len(page) * len(text) > GAP:
        known = set(runs(text))
        for i, run in enumerate(runs(page)):
            marks[start + i : start + i + 4] = b"\1" * 4 if run in known else marks[start + i : start + i + 4]
        return
    # of two equal passages before the first anchor the later is meant: teasers stand above
    step = 1 if after else -1
    for match in SequenceMatcher(None, page[::step], text[::step], autojunk=False).get_matching_blocks():
        first = start + (match.a if after else len(page) - match.a - match.size)
        marks[first : first + match.size] = b"\1" * match.size


def choose(blocks: list[Block], text: list[str]) -> None:
    """Mark the blocks that the text holds, by the words they share in order."""
    marks = shared([word for block in blocks for word in block.words], text)
    ends = accumulate(len(block.words) for block in blocks)
    for block, end in zip(blocks, ends, strict=True):
        take(block, sum(marks[end - len(block.words) : end]) > 0.6 * len(block.words))


def choose_plainly(blocks: list[Block]) -> None:
    """Mark prose outside named regions, for pages too large or too deep for trafilatura."""
    for block in blocks:
        take(block, block.region is None and is_prose(block))


def take(block: Block, chosen: bool) -> None:
    """Mark a block as main or not, and let its region know."""
    block.chosen = chosen
    if chosen and block.region:
        block.region.chosen += len(block.words)


def drop_title(blocks: list[Block], titles: list[str]) -> None:
    """Take the page's own title, and stray lines before it, out of main."""
    title = next((i for i, block in enumerate(blocks) if block.kind == "heading" and is_title(block, titles)), 0)
    before = [block for block in blocks[: title + 1] if block.chosen]
    if blocks and is_title(blocks[title], titles) and size(before) <= 0.3 * size(block for block in blocks if block.chosen):
        for block in before:
            block.chosen = False


def is_title(block: Block, titles: list[str]) -> bool:
    """Tell whether the block is the page's title, but for a word or the name of the site."""
    words = set(block.words)
    pairs = [(len(words & title), len(words), len(title)) for title in map(set, map(tokens, titles))]
    return any(both >= 0.8 * min(left, right) and both >= 0.5 * max(left, right) for both, left, right in pairs)


def complete(blocks: list[Block]) -> None:
    """Take in what stands in the same place as a good part of main, and what is quoted within it."""
    held: Counter[tuple[str, ...]] = Counter()
    for block in blocks:
        held[block.place] += len(block.text) if block.chosen and block.kind != "heading" else 0
    chosen = [i for i, block in enumerate(blocks) if block.chosen]
    first, last = (chosen[0], chosen[-1]) if chosen else (0, -1)
    reached = last
    for i, block in enumerate(blocks[first:] if chosen else [], first):
        if i > last and (block.tag == "h1" or i - reached >= NEAR):
            break
        quoted = i < last and any(part.startswith("blockquote") for part in block.place)
        fits = held[block.place] >= 0.25 * held.total() and (i < last or is_prose(block))
        if not block.chosen and block.linked < 0.5 and (fits or quoted):
            take(block, True)
            reached = max(reached, i)
