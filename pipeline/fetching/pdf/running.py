"""Running heads, feet and page numbers: lines at the edges of pages that belong to no paragraph."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from pipeline.fetching.pdf.lines import Line

_EDGE = 3  # lines at the top and bottom of a page that may be a running head or foot
_NUMBER = re.compile(r"\W*(?:page\s+)?(\d{1,5}|[ivxlc]{1,7})(?:\s*(?:/|of)\s*\d+)?\W*", re.I)


def without_running_lines(lines: list[Line], labels: list[str]) -> list[Line]:
    """Drop lines that, digits masked, stand at the edge of at least half of the pages, and bare page numbers."""
    pages = _by_page(lines)
    edges = {number: _edge_lines(page) for number, page in pages.items()}
    seen = Counter(key for edge in edges.values() for key in {_masked(line.text) for line in edge})
    sides = Counter((key, number % 2) for number, edge in edges.items() for key in {_masked(line.text) for line in edge})
    heads = Counter(round(line.bottom) for edge in edges.values() for line in edge if _has_label(line, labels))
    shifts = Counter(int(line.text) - line.page for edge in edges.values() for line in edge if line.text.isdecimal() and len(line.text) < 6)
    cut = set()
    for number, edge in edges.items():
        for line in edge:
            key = _masked(line.text)
            often = seen[key] >= max(2, len(pages) / 2) or sides[key, number % 2] >= max(3, len(pages) / 4)
            often = often or (_has_label(line, labels) and heads[round(line.bottom)] >= max(3, len(pages) / 4))
            if often or _is_page_number(line, labels, shifts):
                cut.add(line)
    return [line for line in lines if line not in cut]


def _by_page(lines: Iterable[Line]) -> dict[int, list[Line]]:
    pages: dict[int, list[Line]] = {}
    for line in lines:
        pages.setdefault(line.page, []).append(line)
    return pages


def _edge_lines(page: list[Line]) -> set[Line]:
    """Return the lines at the edges of a page, as printed and as placed, fewer on a page of few lines."""
    count = min(_EDGE, max(1, len(page) // 4))
    placed = sorted(page, key=lambda line: line.top)
    return {*page[:count], *page[-count:], placed[0], placed[-1]}


def _masked(text: str) -> str:
    return re.sub(r"\d+", "#", text)


def _has_label(line: Line, labels: list[str]) -> bool:
    """Say whether a line begins or ends with the label of its page: a running head that changes with the chapter."""
    words = line.text.split()
    return len(words) > 1 and labels[line.page] in (words[0], words[-1])


def _is_page_number(line: Line, labels: list[str], shifts: Counter[int]) -> bool:
    match = _NUMBER.fullmatch(line.text)
    if not match:
        return False
    number = match.group(1)
    if number.lower() == labels[line.page].lower():
        return True
    return number.isdecimal() and (int(number) == line.page + 1 or shifts[int(number) - line.page] > 1)
