"""Snippets of markup in the answers of services, as plain text."""

from __future__ import annotations

import html
import re

_BLOCK_END = re.compile(r"</(?:jats:)?(?:p|title|sec|h\d|div|li)\s*>|<br\s*/?>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")


def without_tags(snippet: str) -> str:
    """Return the text of a short piece of HTML or JATS, a paragraph each for what it divides.

    >>> without_tags("<jats:title>Abstract</jats:title><jats:p>Mood rose, p &lt; 0.01.</jats:p>")
    'Abstract\\n\\nMood rose, p < 0.01.'
    """
    parts = _BLOCK_END.sub("\x00", snippet).split("\x00")
    lines = [" ".join(html.unescape(_TAG.sub("", part)).split()) for part in parts]
    return "\n\n".join(line for line in lines if line)
