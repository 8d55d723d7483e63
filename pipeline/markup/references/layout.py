"""The parts of an entry in the order that its style prints them: people, date, title, container, place, publisher."""

from __future__ import annotations

import re
from typing import NamedTuple

from pipeline.markup.references.dates import Dated, bracketed_dates, last_year, leading_date
from pipeline.markup.references.imprint import EDITED, Imprint, read_imprint
from pipeline.markup.references.kinds import is_journal, is_law, is_law_title, is_publisher, is_site_note
from pipeline.markup.references.locators import Locator, find_locator
from pipeline.markup.references.marks import BREAK
from pipeline.markup.references.people import NOTED, People, is_body, read_people
from pipeline.markup.references.segments import Segment, segments
from pipeline.records.source import Name

_QUOTES = {"“": "”", '"': '"', "‘": "’", "'": "'", "«": "»", "„": "“", "``": "''"}
_OPENING = re.compile(r"[\s,.:]{0,3}([“\"‘'«„])\s?(?=\S)")
_IN = re.compile(r"(?:(?<=[.?!”\"’'»)\]] )|(?<=, )|^)(?:In|in|En|Dans):? (?=[^\W_]|[“‘\"])|(?<=[.,] )In:(?= )")


class Layout(NamedTuple):
    """What was read of an entry's text, in printed order."""

    title: str = ""
    people: People = People()
    year: int | None = None
    container: str = ""
    locator: Locator | None = None
    imprint: Imprint = Imprint()
    editors: tuple[Name, ...] = ()
    chapter: bool = False
    quoted: bool = False
    web: bool = False
    """Whether the entry gives an address: what follows the title is then a site rather than a publisher."""


class _Head(NamedTuple):
    """The people and the date before a title; `title` where the title stands before the date."""

    people: People
    year: int | None
    rest: str
    title: str = ""
    comma: bool = False
    """Whether a bare year and a comma came before the title, as commas then part everything."""


def lay_out(text: str, web: bool = False) -> Layout:
    """Read the parts of an entry whose marks were taken out."""
    head = _head(text)
    known = Layout(head.title, head.people, head.year, web=web)
    if is_law_title(text):
        return _law(known._replace(people=People()), text)
    if head.title:
        return _with_tail(known, head.rest)
    if (quoted := _quoted(head.rest)) and not _goes_on_unquoted(*quoted):
        title, tail = quoted
        return _with_tail(known._replace(title=title, quoted=True), tail)
    return _end_year(_unquoted(known, head.rest, head.comma), text)


def _end_year(known: Layout, text: str) -> Layout:
    """Take the year that an entry ends with, where no other place gave one."""
    last = text[-12:].strip(f" .)]{BREAK}")[-4:]
    return known if known.year else known._replace(year=last_year(f" {last}"))


def _goes_on_unquoted(title: str, tail: str) -> bool:
    """Say whether quotation marks hold but the first words of a title: `"Do groups heal?" A review. BMJ, 364`."""
    locator = find_locator(tail) if title.endswith(("?", "!")) else None
    parts = segments(tail[: locator.start]) if locator else []
    return len(parts) > 1 and not _abbreviated(parts[-2])


def _head(text: str) -> _Head:
    people = read_people(text)
    rest = text[people.end :].lstrip(f" ,;:{BREAK}" if people.names else " ")
    if people.names:
        date = leading_date(rest) or leading_date(text[people.end :])
        if date is None:
            return _Head(people, None, rest.lstrip(". "))
        rest = rest if leading_date(rest) else text[people.end :]
        comma = date.bare and rest[: date.end].rstrip().endswith(",")
        return _Head(people, date.year, rest[date.end :], comma=comma)
    return _before_date(text) or _Head(people, None, rest)


def _before_date(text: str) -> _Head | None:
    """Read what stands before an early date in brackets: a body, or a title that has no author."""
    found = next(iter(bracketed_dates(text[:400])), None)
    if found is None or _OPENING.match(text):
        return None
    before, date = text[: found[0]].strip(" ,"), found[1]
    if BREAK in before or len(segments(before)) != 1 or len(before.split()) > 25 or re.search(r"\d[,:]|\d-\d|[“\"]", before):
        return None
    if is_body(before) or _named(before):
        return _Head(People((Name(literal=before.strip(" .,")),), 0), date.year, text[date.end :])
    return _Head(People(), date.year, text[date.end :], title=before)


def _named(text: str) -> bool:
    """Say whether a short text of capitals only is a name rather than a title."""
    words = text.split()
    return len(words) <= 4 and all(word[0].isupper() for word in words) and not is_law(text)


def _quoted(text: str) -> tuple[str, str] | None:
    """Part a title in quotation marks from what follows."""
    opening = _OPENING.match(text)
    if not opening:
        return None
    start, close = opening.end(), _QUOTES[opening.group(1)]
    ending = re.compile(rf"(?:(?<=[,.?!…])|(?=[,.;:(\[{BREAK}]|\s[(\[]|$|\s(?:[Ii]n\b|[{'A-Z'}])))")
    at = text.find(close, start)
    while at >= 0:
        if (ending.match(text, at + len(close)) and _settled(text, at, close)) or text[at - 1] in ",.?!":
            return text[start:at].strip(" ,."), text[at + len(close) :].lstrip(" ,.;")
        at = text.find(close, at + 1)
    return None


def _settled(text: str, at: int, close: str) -> bool:
    """Say whether a single quote closes rather than being an apostrophe."""
    return close not in "’'" or not text[at + 1 : at + 2].isalnum()


def _unquoted(known: Layout, rest: str, comma: bool) -> Layout:
    if found := _chapter_at(rest):
        return _with_tail(known._replace(title=_title(rest[: found.start()])), rest[found.start() :])
    locator = find_locator(rest)
    if locator:
        return _article(known, rest, locator)
    if known.people.names and (noted := _noted_book(known, rest)):
        return noted
    return _by_segments(known, rest, comma)


def _law(known: Layout, text: str) -> Layout:
    title, _, tail = text.partition(BREAK)
    return known._replace(title=title.strip(" .,"), year=known.year or last_year(title), imprint=read_imprint(tail))


def _chapter_at(rest: str) -> re.Match[str] | None:
    return next((found for found in _IN.finditer(rest) if found.group()[0].isupper() and found.start() > 3), None)


def _title(text: str) -> str:
    text = text.strip(" ,;:")
    return text if re.search(r"\b\w\.\w\.$", text) else text.removesuffix(".").strip()


def _article(known: Layout, rest: str, locator: Locator) -> Layout:
    """Part title and container before a volume: the container is the last sentence, abbreviations joined."""
    before, after = rest[: locator.start], rest[locator.end :]
    parts = segments(before.rstrip(f" ,;:({BREAK}"))
    if len(parts) == 1 and ", " in before:
        title, _, container = before.rstrip(" ,").rpartition(", ")
        return _placed(known, title, container, locator, after)
    if len(parts) < 2:
        return _placed(known, before, "", locator, after)
    first = _container_from(parts)
    return _placed(known, before[: parts[first].start], before[parts[first].start :], locator, after)


def _container_from(parts: list[Segment]) -> int:
    """Return the index of the segment where the container starts: `Eur. J. Soc. Psychol.` is one."""
    index = len(parts) - 1
    while index > 1 and _abbreviated(parts[index - 1]) and len(parts[index].text.split()) <= 3:
        index -= 1
    return index


def _abbreviated(part: Segment) -> bool:
    words = part.text.split()
    return part.stop == "." and len(words) <= 2 and all(len(word) <= 9 and word[0].isupper() for word in words)


def _placed(known: Layout, title: str, container: str, locator: Locator, after: str) -> Layout:
    year = known.year or locator.year
    imprint = read_imprint(after)
    return known._replace(
        title=_title(title.rstrip(BREAK)), container=clean_container(container), locator=locator, year=year or imprint.year, imprint=imprint
    )


def clean_container(text: str) -> str:
    """Strip what stands around a container's name; the full stop of an abbreviated name stays.

    >>> clean_container("Eur. J. Soc. Psychol., "), clean_container("BMJ Open. ")
    ('Eur. J. Soc. Psychol.', 'BMJ Open')
    """
    text = text.replace(BREAK, " ").strip(" ,;:(")
    text = re.sub(r"[,.]? (?:\d{1,2} )?(?:[A-Z][a-z]+ )?\(?(?:1[5-9]|20)\d\d\)?$", "", text) if not text[:4].isdigit() else text
    inner = text.rstrip(".")
    return text if re.search(r"\w\.[ -]", inner) else inner


def _noted_book(known: Layout, rest: str) -> Layout | None:
    """Read a book of a note: `Title (Place: Publisher, 2000), 45`."""
    found = NOTED.search(rest)
    if not found or found.start() < 3 or is_site_note(found.group()):
        return None
    imprint = read_imprint(found.group().strip("()") + rest[found.end() :], book=True)
    return known._replace(title=_title(rest[: found.start()]), year=known.year or imprint.year, imprint=imprint)


def _by_segments(known: Layout, rest: str, comma: bool) -> Layout:
    """Read a book or page: the title is the first sentence, or more where a question is answered."""
    parts = segments(rest)
    if not parts:
        return known
    if len(parts) == 1 and (split := _by_commas(rest) if comma else _before_place(rest)):
        return _with_tail(known._replace(title=_title(split[0])), split[1])
    last = 1 if parts[0].stop in {"?", "!"} and len(parts) > 2 and _goes_on(parts[1]) else 0
    if last + 1 < len(parts):
        title, tail = rest[: parts[last + 1].start].rstrip(f" {BREAK}"), rest[parts[last + 1].start :]
    else:
        title, tail = rest.rstrip(f" {BREAK}"), ""
    return _with_tail(known._replace(title=_title(title)), tail)


def _goes_on(part: Segment) -> bool:
    return part.stop == "." and not (is_publisher(part.text) or is_journal(part.text) or ": " in part.text or is_body(part.text))


def _before_place(rest: str) -> tuple[str, str] | None:
    """Part a title from a place and publisher that a comma joins to it: `The Health Gap, London: Bloomsbury`."""
    head, comma, last = rest.strip(" .").rpartition(", ")
    place, colon, house = last.partition(": ")
    words = [*place.split(), *house.split()]
    named = words and all(word[0].isupper() or word == "&" for word in words) and words[-1] not in {"Review", "Study", "Analysis"}
    return (head, last) if comma and colon and named and len(words) <= 6 and not house.startswith(("A ", "An ", "The ")) else None


def _by_commas(rest: str) -> tuple[str, str] | None:
    """Part a title from its publisher where commas part everything."""
    pieces = rest.split(", ")
    index = next((place for place, piece in enumerate(pieces) if place and (is_publisher(piece) or is_journal(piece))), 0)
    return (", ".join(pieces[:index]), ", ".join(pieces[index:])) if index else None


def _with_tail(known: Layout, tail: str) -> Layout:
    """Read what follows a title."""
    tail = tail.lstrip(f" .,;{BREAK}") if not tail.startswith("(") else tail
    known, tail = _late_date(known, tail)
    if found := _IN.match(tail):
        return _chapter(known, tail[found.end() :])
    if known.quoted and EDITED.search(tail):
        return _chapter(known, tail)
    locator = find_locator(tail)
    if locator:
        return _placed(known, known.title, tail[: locator.start], locator, tail[locator.end :])._replace(title=known.title)
    imprint = read_imprint(tail, book=bool(known.people.names) and not (known.quoted or known.web))
    return known._replace(container=imprint.container, imprint=imprint, year=known.year or imprint.year)


def _late_date(known: Layout, tail: str) -> tuple[Layout, str]:
    date: Dated | None = leading_date(tail)
    if date and date.year and (known.year is None or not tail[0].isdigit()):
        return known._replace(year=known.year or date.year), tail[date.end :].lstrip(" .,")
    return known, tail


def _chapter(known: Layout, tail: str) -> Layout:
    """Read the book that a chapter stands in: its editors, its title, its imprint."""
    editors = read_people(tail)
    if editors.editors or (editors.names and not editors.names[0].literal and leading_date(tail[editors.end :])):
        tail = tail[editors.end :].lstrip(" ,.:")
    else:
        editors = People()
    if date := leading_date(tail):
        known, tail = known._replace(year=known.year or date.year), tail[date.end :]
    imprint = read_imprint(tail, book=True, held=True)
    names = editors.names or imprint.editors
    return known._replace(container=imprint.container, imprint=imprint, editors=names, chapter=True, year=known.year or imprint.year)
