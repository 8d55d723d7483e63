"""What a block of an article is, by its first words and the heading above it."""

from __future__ import annotations

import re

from pipeline.markup.blocks import is_furniture
from pipeline.records import BlockKind

REFERENCES = re.compile(
    r"^\W*(?:\d{1,2}[.)]?\s+)?(?:sources|references?|reference list|list of (?:sources|references)|bibliography"
    r"|(?:works|sources|references|literature) cited|cited (?:literature|works)|citations|(?:foot|end)notes"
    r"|(?:notes|sources) and references|references and (?:notes|sources))(?: \(\d+\))?\s*:?$",
    re.I,
)
_TERMS = re.compile(r"^(?:key terms?|glossary|definitions|terminology)\b", re.I)
_CAPTION = re.compile(r"^(?:(?:fig(?:ure|\.)?|table|tab\.|box|video|image|diagram|chart)\s?(?:s?\d+[a-z]?)?\s?[.:]|caption:)\s*\S", re.I)
_TERM = re.compile(r"^[^—–]{2,80}?(?: [—–-]|:) \S")
_PICTURE = re.compile(
    r"^An? (?:[\w-]+ ){0,2}(?:diagram|figure|chart|image|photo(?:graph)?|illustration|graph|infographic|flowchart|drawing)\b"
)
_LONGEST = 250  # characters of a caption
NOTE = re.compile(r"^\[\^[^\]\s]+\]:")
_EXAMPLE = re.compile(r"^LLM-generated illustrative example\b", re.I)
_ASKED = re.compile(r"[?？][\"”’)]*(?:\s*(?:\[[^\]]*\]|LLM|\d{1,2}))*\.?\s*$")


def kind(text: str, section: str, *, item: bool, quoted: bool, after: str = "") -> BlockKind:
    """Return the kind of a block that is neither heading, cell nor code; `after` is the text of the block before it.

    >>> kind("Identity — the part of the self drawn from groups [1].", "Key Terms", item=True, quoted=False).value
    'definition'
    """
    text = text.strip()
    if REFERENCES.match(section) or NOTE.match(text):
        return BlockKind.REFERENCE
    if is_furniture(text, section):
        return BlockKind.FURNITURE
    if quoted or _EXAMPLE.match(text):
        return BlockKind.CALLOUT
    below = not section and _PICTURE.match(after) and len(text) < _LONGEST  # what a picture shows, and then what it says
    if _CAPTION.match(text) or (not item and (below or _PICTURE.match(text))):
        return BlockKind.CAPTION
    if item and _TERMS.match(section) and _TERM.match(text):
        return BlockKind.DEFINITION
    if item and _ASKED.search(text) and not re.search(r"[.!?]\s", _ASKED.sub("", text)):
        return BlockKind.QUESTION
    return BlockKind.LIST_ITEM if item else BlockKind.PARAGRAPH
