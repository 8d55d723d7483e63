"""What reading a foreign article gives: Markdown, the entries of its source list, and a word on each line that was not understood."""

from __future__ import annotations

from typing import NamedTuple

_SHORT = 80


class Entry(NamedTuple):
    """One entry of a source list as it was printed; its position in the list is its number."""

    line: int
    """1-based line of the file; 0 where the format has no lines."""
    text: str
    """The entry's plain text without its number, white space collapsed."""
    links: tuple[str, ...] = ()
    """Addresses that the entry links to, in order."""


class Remark(NamedTuple):
    """Something of the file that was not understood, or was left out, and why."""

    line: int
    """1-based line of the file; 0 where the format has no lines."""
    text: str
    """What stands there, shortened."""
    why: str


def shortened(text: str) -> str:
    """Return a text as a remark shows it, 80 characters at most."""
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 2].rstrip()} …"


class Imported(NamedTuple):
    """A foreign article: canonical Markdown without its source list, the list's entries in order, and remarks."""

    markdown: str
    entries: tuple[Entry, ...]
    remarks: tuple[Remark, ...]
