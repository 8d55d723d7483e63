"""What stands after a title where there is no volume: container, edition, place and publisher, year, pages."""

from __future__ import annotations

import re
from typing import NamedTuple

from pipeline.markup.references.dates import FULL_DATE, MONTH, YEAR, last_year
from pipeline.markup.references.kinds import is_journal, is_publisher, is_series, is_video_site
from pipeline.markup.references.locators import dashed, find_pages
from pipeline.markup.references.marks import BREAK
from pipeline.markup.references.people import read_people
from pipeline.markup.references.segments import segments
from pipeline.records.source import Name

_EDITION = re.compile(
    r"[,(]?\s?\b(?:\d{1,2}(?:st|nd|rd|th|\.)|[Rr]ev(?:ised|\.)|[Ss]econd|[Tt]hird|[Ff]ourth|[Ff]ifth|[Uu]pdated|[Ii]nternational) "
    r"(?:ed|edn|edition|Auflage|Aufl)\b\.?\)?[.,]?"
)
EDITED = re.compile(r",? (?:[Ee]dited by|herausgegeben von) |, [Ee]ds?\. ")
"""What comes before the editors of a book where they follow its title."""
_PLACE = re.compile(rf"(?P<place>[^\s\d:{BREAK}(][^:;{BREAK}]{{1,45}}?)\s?: (?P<house>[^:;{BREAK}]{{2,120}})")
_DATE = re.compile(
    rf"[,;(]?\s?(?:(?:[Pp]ublished|[Uu]pdated|[Rr]eviewed|[Pp]osted|[Ll]ast (?:updated|modified))(?: on)?:? )?"
    rf"(?:{FULL_DATE.pattern})(?![\w/-])\)?"
)
_BARE_PAGES = re.compile(r",\s(?P<page>\d{1,4}(?:\s?[-–—]\s?\d{1,4})?)(?=[.,]?\s?(?:$|\x1e)|\. [^\W\d])")
_EXTENT = re.compile(r"(?:Bd|Vol|Vols|Volume|Band|Tome|No|Nr|Issue)\b\.? ?\w{1,8}|\d+ ?(?:pp?|pages|S)?\.?")
_MONTHS = re.compile(rf"^(?:{MONTH}|\d{{1,2}}|[\s.,;:()/–-]|{YEAR})*$")


class Imprint(NamedTuple):
    """Where and by whom a work was brought out."""

    container: str = ""
    publisher: str = ""
    year: int | None = None
    page: str | None = None
    editors: tuple[Name, ...] = ()
    volume: str | None = None


def read_imprint(text: str, book: bool = False, held: bool = False) -> Imprint:
    """Read what follows a title; `held` where the text starts with the title of the holding book."""
    if not text.strip(f" .,;{BREAK}"):
        return Imprint()
    text, page = _pages(text, book or held)
    text, editors = _editors(_EDITION.sub(". ", text))
    year = _year(text)
    text = _DATE.sub(lambda match: "." if match.group().startswith((",", ";", "(")) else "", text)
    container, publisher = _named(text, book, held)
    return Imprint(container, publisher, year, page, editors)


def _year(text: str) -> int | None:
    return last_year(" ".join(match.group() for match in _DATE.finditer(text)))


def _pages(text: str, book: bool) -> tuple[str, str | None]:
    found = find_pages(text)
    if found:
        return f"{text[: found.start]}.{text[found.end :]}", found.page
    bare = list(_BARE_PAGES.finditer(text)) if book else []
    bare = [match for match in bare if last_year(match["page"]) is None]
    if bare:
        return f"{text[: bare[-1].start()]}{text[bare[-1].end() :]}", dashed(bare[-1]["page"])
    return text, None


def _editors(text: str) -> tuple[str, tuple[Name, ...]]:
    found = EDITED.search(text)
    if not found:
        return text, ()
    people = read_people(text[found.end() :], direct=True)
    if not people.names:
        return text, ()
    return f"{text[: found.start()]}. {text[found.end() + people.end :].lstrip(' ,.')}", people.names


def _named(text: str, book: bool, held: bool) -> tuple[str, str]:
    """Tell container from publisher among the pieces that are left."""
    pieces = [piece for piece in (stripped(part.text) for part in segments(text)) if piece and not _MONTHS.match(piece)]
    pieces = [piece for place, piece in enumerate(pieces) if (held and place == 0) or not (is_series(piece) or _EXTENT.fullmatch(piece))]
    container = publisher = ""
    for index, piece in enumerate(pieces):
        place = _PLACE.fullmatch(piece)
        if held and index == 0:
            container, publisher = _holder(piece)
        elif place and not publisher and _is_place(place["place"]):
            publisher = place["house"].strip(" ,.")
        elif not publisher and (is_publisher(piece) or is_video_site(piece)) and not is_journal(piece):
            publisher = piece
        elif not container and (is_journal(piece) or not book):
            container, joined = _holder(piece)
            publisher = publisher or joined
        elif not publisher and book and (held or not container):
            publisher = piece
    return container, publisher


def stripped(text: str) -> str:
    """Strip the punctuation around a piece, and brackets that it does not close itself."""
    text = text.strip(" ,;:.")
    if text.count("(") != text.count(")"):
        return text.strip("()").strip(" ,;:.")
    return text[1:-1] if text[:1] == "(" and text.find(")") == len(text) - 1 else text


def _holder(piece: str) -> tuple[str, str]:
    """Part the title of a holding book from a publisher that a comma joins to it."""
    parts = piece.split(", ")
    index = next((place for place, part in enumerate(parts) if place and is_publisher(part)), 0)
    return (", ".join(parts[:index]), ", ".join(parts[index:])) if index else (piece, "")


def _is_place(text: str) -> bool:
    return len(text.split()) <= 5 and all(
        word.lstrip("(")[:1].isupper() or word in {"of", "am", "and", "de", "la", "a.", "M.", "&"} for word in text.split()
    )
