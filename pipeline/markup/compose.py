"""Text into Markdown: escaped so that it reads back as the same text, and marked in the canonical form."""

from __future__ import annotations

import re

_ACTIVE = re.compile(r"([\\`*_\[\]<>|~])")
_ENTITY = re.compile(r"&(?=#?\w+;)")
_OPENING = re.compile(r"^([#+=-])|^(\d{1,9})([.)])(?=\s|$)")
_CLOSING = re.compile(r"([.!?…]+[\"”’)]*)$")


def escape(text: str) -> str:
    """Return Markdown that reads as exactly this text, on one line.

    >>> escape("2. a*b [1]")
    '2\\\\. a\\\\*b \\\\[1\\\\]'
    """
    text = _ENTITY.sub(r"\\&", _ACTIVE.sub(r"\\\1", " ".join(text.split())))
    return _OPENING.sub(lambda m: f"\\{m[1]}" if m[1] else f"{m[2]}\\{m[3]}", text)


def marked(markdown: str, marker: str) -> str:
    """Put a marker before the final stop, or after a question mark or a missing stop.

    >>> marked("It helps.", "[3]"), marked("Does it?", "[LLM]")
    ('It helps [3].', 'Does it? [LLM]')
    """
    markdown = markdown.rstrip()
    stop = _CLOSING.search(markdown)
    if stop and stop.group()[0] == ".":
        return f"{markdown[: stop.start()]} {marker}{stop.group()}"
    return f"{markdown} {marker}"
