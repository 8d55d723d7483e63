"""Parts of a document that are no evidence: reference lists, reading lists, author blocks, navigation, notices.

They stay in the text and are marked: a claim must not be supported by the title of a work that the source only lists.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.fetching.reading import Piece
from pipeline.records import Part

_NUMBERED = r"^\W*(?:(?:\d+|[IVX]+|[A-Z])(?:\.\d+)*[.)]?\s+)?"
_HEADINGS = {
    Part.BIBLIOGRAPHY: (
        r"(?:list of )?(?:references?|bibliography|works cited|literature(?: cited)?|sources|reference list|références)|"
        r"cited (?:works|literature)|literatur(?:verzeichnis)?|notes and references|references and (?:notes|further reading)"
    ),
    Part.READING_LIST: (
        r"(?:further|suggested|recommended|additional) readings?|see also|external links|resources|cited by|latest|popular|trending|"
        r"related (?:articles?|posts?|content|stories|links|topics|reading)|recommended(?: for you| articles| content)?|"
        r"you (?:may|might) also (?:like|be interested in)|more (?:from|in|on|like this).{0,40}|most (?:read|popular|viewed)|"
        r"read next|similar articles|articles from this journal"
    ),
    Part.AUTHORS: (
        r"(?:about|meet) the (?:authors?|editors?|contributors?)|affiliations?|contributors|corresponding authors?|correspondence|"
        r"(?:author|contributor)s?(?:'s?)? (?:information|details|affiliations?|biograph(?:y|ies)|bios?|and affiliations|notes?)"
    ),
}
_HEADING = {part: re.compile(rf"{_NUMBERED}(?:{form})\W*$", re.IGNORECASE) for part, form in _HEADINGS.items()}
_YEAR = r"(?:18|19|20)\d\d[a-z]?"
_NAME = r"(?:(?:van|von|de|der|den|di|la|le|du|al|el|O['’])\s*)*[A-ZÀ-Þ][\w'’\-]+,?\s+(?:[A-Z]\.?[\s\-]?){1,4}"
_REFERENCE = re.compile(
    rf"^(?:[\[(]?\d{{1,3}}[\])]?[.):]?\s+)?(?:{_NAME}[,;&\s]|{_NAME}.{{0,300}}?\(?{_YEAR}\)?|[A-Z][^.]{{3,120}}\(\s*{_YEAR}\s*\))"
)
_PUBLISHED = re.compile(
    rf"\b{_YEAR}\b.*(?:\d+\s*\(\d+\)|\b\d+\s*[:,]\s*(?:e?\d+)|\bpp?\.\s*\d+|doi|https?://|Press|Publish|Journal)", re.IGNORECASE | re.DOTALL
)
_NOTICE = re.compile(
    r"\b(?:we|this (?:web)?site|our partners?) (?:and our partners )?(?:use|uses|store|stores)\b.{0,60}\bcookies\b|"
    r"\b(?:accept|reject|manage|allow)(?: all| optional)? cookies\b|\bcookie (?:policy|settings|preferences|consent)\b|"
    r"\bby (?:continuing|using|clicking).{0,80}\b(?:agree|consent|accept)\b|"
    r"\b(?:sign|log) (?:in|up)\b.{0,60}\b(?:newsletter|continue|access|account|read)\b|\bsubscribe (?:now|today|to)\b|"
    r"\ball rights reserved\b|^\W*(?:©|\(c\)|copyright)\s*(?:\d{4}|\w)",
    re.IGNORECASE,
)
_NAVIGATION = re.compile(
    r"^\W*(?:skip to (?:main )?content|home|menu|search|share(?: this)?(?: (?:article|page|post|on\b.{0,40}))?|print|download(?: pdf)?|"
    r"advertisement|back to top|next(?: article)?|previous(?: article)?|read more|show more|load more|tweet|facebook|email|view all|"
    r"log ?in|register|sign up|table of contents|contents|loading\W*)\W*$",
    re.IGNORECASE,
)
_CRUMBS = re.compile(r"^(?:[^.!?>›»]{1,40}\s*[>›»]\s*){2,}[^.!?]{1,60}$")
_LONGEST_HEADING = 80
_LONGEST_NOTICE = 400
_RUN = 4  # entries in a row that make a reference list without a heading


def marked(pieces: Sequence[Piece]) -> list[Piece]:
    """Return the pieces with those that are no evidence marked as what they are."""
    return _runs(_by_heading([_by_itself(piece) for piece in pieces]))


def _by_itself(piece: Piece) -> Piece:
    """Mark a notice or a bit of navigation by its own words."""
    text = piece.text.strip()
    if piece.part not in {Part.TEXT, Part.ASIDE}:
        return piece
    if _NAVIGATION.match(text) or (len(text) < _LONGEST_NOTICE and _CRUMBS.match(text)):
        return piece._replace(part=Part.NAVIGATION)
    if len(text) < _LONGEST_NOTICE and _NOTICE.search(text):
        return piece._replace(part=Part.NOTICE)
    return piece


def _by_heading(pieces: Sequence[Piece]) -> list[Piece]:
    """Mark what stands below a heading such as `References`, up to the next heading or the end of what looks like its list."""
    out: list[Piece] = []
    within: Part | None = None
    for piece in pieces:
        opened = _opens(piece)
        if opened:
            within = opened
        elif piece.part is Part.HEADING or (within and _leaves(within, piece.text)):
            within = None
        keep = within is None or piece.part not in {Part.TEXT, Part.ASIDE, Part.HEADING}
        out.append(piece if keep else piece._replace(part=within or piece.part))
    return out


def _opens(piece: Piece) -> Part | None:
    """Return the part that a piece is the heading of."""
    text = piece.text.strip()
    if len(text) > _LONGEST_HEADING or piece.part not in {Part.HEADING, Part.TEXT, Part.ASIDE}:
        return None
    found = next((part for part, form in _HEADING.items() if form.match(text)), None)
    # A list item or cell may be the one word `Sources`; without being a heading only the plain names of a reference list count.
    return found if piece.part is Part.HEADING or found is Part.BIBLIOGRAPHY else None


def _leaves(within: Part, text: str) -> bool:
    """Say whether a piece is running prose that cannot belong to the list above it."""
    if within is Part.BIBLIOGRAPHY:
        return len(text) > 500 and not is_reference(text)
    return within is Part.READING_LIST and len(text) > 600


def is_reference(text: str) -> bool:
    """Say whether a paragraph looks like one entry of a reference list.

    >>> is_reference("Sand M, Okafor T. Choirs and mood. J Walks. 2019;4(2):11-19."), is_reference("Mood rose by 4 points in 2019.")
    (True, False)
    """
    return len(text) < 900 and bool(_REFERENCE.match(text)) and bool(_PUBLISHED.search(text))


def _runs(pieces: list[Piece]) -> list[Piece]:
    """Mark runs of entries that stand without a heading."""
    looks = [piece.part in {Part.TEXT, Part.ASIDE} and is_reference(piece.text.strip()) for piece in pieces]
    out, index = list(pieces), 0
    while index < len(pieces):
        end = index
        while end < len(pieces) and looks[end]:
            end += 1
        if end - index >= _RUN:
            out[index:end] = [piece._replace(part=Part.BIBLIOGRAPHY) for piece in pieces[index:end]]
        index = end + 1
    return out
