"""Text of a PDF by pypdfium2, with running heads cut and lines and hyphenated words joined."""

from __future__ import annotations

import re
import statistics
from collections import Counter

from pipeline.errors import SourceError
from pipeline.fetching.reading import Piece, Reading

_BROKEN = re.compile(r"([^\W\d_]+)[-\u2010\u00ad]$")
_SOFT = re.compile("[\ufffe\u0002]")  # how pdfium prints a hyphen at a line's end
_SHORT = 0.7  # of the usual length; a shorter line ends a paragraph or is a heading
_EDGE = 3  # lines at the top and bottom of a page that may be a running head or foot


def pdf_text(data: bytes, name: str = "") -> str:
    """Return the text in reading order, one paragraph as far as the layout tells; SourceError for a PDF that does not open."""
    return _join(_without_running_lines(_pages(data, name)))


def _pages(data: bytes, name: str) -> list[list[str]]:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise SourceError(f"{name or 'source'}: not a readable PDF: {str(error).rstrip('.').lower()}") from None
    pages = []
    try:
        for page in document:
            text_page = page.get_textpage()
            text = _SOFT.sub("\u2010\n", text_page.get_text_range())
            pages.append([line.strip() for line in re.split(r"[\r\n]+", text) if line.strip()])
            text_page.close()
            page.close()
    except pypdfium2.PdfiumError as error:
        raise SourceError(f"{name or 'source'}: page {len(pages) + 1} is broken: {error}") from None
    finally:
        document.close()
    return pages


def _without_running_lines(pages: list[list[str]]) -> list[str]:
    """Drop lines that, digits masked, stand at the edge of at least half of the pages."""
    edges = Counter(key for page in pages for key in {_masked(line) for line in (*page[: _edge(page)], *page[-_edge(page) :])})
    often = max(2, len(pages) / 2)
    kept = []
    for page in pages:
        for index, line in enumerate(page):
            at_edge = index < _edge(page) or index >= len(page) - _edge(page)
            if not (at_edge and edges[_masked(line)] >= often):
                kept.append(line)
    return kept


def _edge(page: list[str]) -> int:
    """Return how many lines count as the edge of a page, fewer on a page of few lines."""
    return min(_EDGE, max(1, len(page) // 4))


def _masked(line: str) -> str:
    return re.sub(r"\d+", "#", line)


def _join(lines: list[str]) -> str:
    """Join lines to running text; a broken word keeps its hyphen where the document itself writes it with one."""
    seen = Counter(word.lower() for line in lines for word in re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", line))
    usual = statistics.median(map(len, lines)) if lines else 0
    parts: list[str] = []
    heading = False
    for line in lines:
        last = parts[-1] if parts else ""
        broken = _BROKEN.search(last)
        follows = re.match(r"[^\W\d_]+", line)
        if broken and follows and line[0].islower():
            hyphened = seen[f"{broken.group(1)}-{follows.group()}".lower()]
            joined = seen[f"{broken.group(1)}{follows.group()}".lower()]
            parts[-1] = last[:-1] + ("-" if hyphened > joined else "")
            parts.append(line)
        elif last.endswith(("-", "\u2010")) and not last.endswith(" -"):
            parts.append(line)
        else:
            was, heading = heading, _is_heading(line, last, usual)
            ended = len(last) < _SHORT * usual and last.endswith((".", "?", "!"))
            gap = "\n\n" if heading or was or ended else " "
            parts.append((gap if parts else "") + line)
    return "".join(parts)


def _is_heading(line: str, last: str, usual: float) -> bool:
    """Say whether a line is a heading: after a full stop, much shorter than the others, capitalised, without a stop of its own."""
    return (
        len(line) < _SHORT * usual and line[0].isupper() and not line.endswith((".", ",", ";", ":", "-")) and last.endswith((".", "?", "!"))
    )


def read_pdf(data: bytes, name: str = "") -> Reading:
    return Reading([Piece(t) for t in pdf_text(data, name).split("\n\n")])
