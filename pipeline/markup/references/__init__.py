"""Entries of an article's printed source list as CSL-JSON records, with a word on all that could not be read."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from pydantic import ValidationError

from pipeline.markup.imported import Entry
from pipeline.markup.references.kinds import is_site_note, kind_of
from pipeline.markup.references.layout import Layout, lay_out
from pipeline.markup.references.leftover import left_over, told
from pipeline.markup.references.marks import BREAK, Marks, read_marks
from pipeline.markup.references.slugs import slug_of
from pipeline.records.source import Source
from pipeline.text import clean

_READ = 6000
"""Characters of an entry that are read for its parts; marks are read in all of it."""
_UNTITLED = "(empty entry)"


class Parsed(NamedTuple):
    """A source as its printed entry gives it, and what could not be read, in plain words."""

    source: Source
    missing: tuple[str, ...]


def parse_all(entries: Sequence[Entry]) -> list[Parsed]:
    """Read the entries of a source list in order; no two sources get the same id."""
    taken: set[str] = set()
    parsed = []
    for entry in entries:
        parsed.append(parse(entry, taken))
        taken.add(parsed[-1].source.id)
    return parsed


def parse(entry: Entry, taken: Collection[str]) -> Parsed:
    """Read one entry; what no field holds is named in `missing`, and the printed entry is then kept in the note."""
    printed = " ".join(clean(entry.text).split())
    marks = read_marks(printed, entry.links)
    layout = lay_out(marks.rest[:_READ], web=bool(marks.ids.keys() & {"URL"}))
    fields = _fields(layout, marks, printed)
    source, refused = _source(fields)
    missing = (*_missing(source, layout, marks), *refused, *_left(source, marks))
    source = source.model_copy(update={"id": slug_of(source, taken, bool(layout.title)), "note": _note(printed, marks, missing)})
    return Parsed(Source.model_validate(source.model_dump(by_alias=True)), missing)


def _fields(layout: Layout, marks: Marks, printed: str) -> dict[str, object]:
    title, noted = _site_note(_EXTENT.sub("", layout.title).strip())
    people = layout.people
    container = noted or layout.container
    locator = layout.locator
    fields: dict[str, object] = {
        "title": title.replace(BREAK, " ").strip() or printed or _UNTITLED,
        "author": () if people.editors else people.names,
        "editor": people.names if people.editors else layout.editors,
        "issued": layout.year,
        "container_title": container.replace(BREAK, " ").strip(),
        "publisher": _school(marks.tags) or layout.imprint.publisher,
        "volume": locator.volume if locator else None,
        "issue": locator.issue if locator else None,
        "page": (locator.page if locator else None) or layout.imprint.page,
        **marks.ids,
    }
    fields = {name: value for name, value in fields.items() if value}
    body = any(name.literal for name in people.names if name.literal != "et al.")
    hints = {"chapter": layout.chapter, "quoted": layout.quoted, "body": body}
    guess = kind_of(fields | {name: True for name, so in hints.items() if so}, "; ".join(marks.tags), printed)
    return fields | {"type": guess}


_EXTENT = re.compile(
    r"\s?\((?:[^()]{0,20}\b(?:ed\.|edn\.?|edition)|(?:[\w ]{1,30} )?(?:No|Nr|Vol|Vols|pp?)\. ?[^()]{1,30}|[^()]{2,80}, [Tt]rans\.)\)|"
    r",? \d{1,2}(?:st|nd|rd|th) (?:ed\.?|edn\.?|edition)$|\s\[[^\[\]]{3,80}\]$|, (?:trans\.|translated by) [^()]{2,80}$"
)
"""Edition, number, extent and translator that some styles print in brackets after a title."""


def _site_note(title: str) -> tuple[str, str]:
    """Part a title from a bracket that names its place: `A Social Cure (Psychology Today blog)`."""
    head, bracket, inner = title.rpartition(" (")
    if bracket and inner.endswith(")") and head and is_site_note(inner):
        return head, inner.removesuffix(")")
    return title, ""


def _school(tags: Iterable[str]) -> str:
    """Return the university that a thesis' bracket names."""
    for tag in tags:
        _, comma, school = tag.partition(", ")
        if comma and "niversit" in school:
            return school
    return ""


def _source(fields: dict[str, object]) -> tuple[Source, list[str]]:
    """Build the record; a field that the record refuses is left out and named."""
    refused: list[str] = []
    while True:
        try:
            return Source(id="entry", **fields), refused
        except ValidationError as error:
            names = {str(problem["loc"][0]).replace("-", "_") for problem in error.errors()}
            refused += [f"{name} not readable: {fields[name]}" for name in sorted(names)]
            fields = {name: value for name, value in fields.items() if name not in names}


def _missing(source: Source, layout: Layout, marks: Marks) -> Iterator[str]:
    if not layout.title:
        yield "no title recognised"
    people = (*source.author, *source.editor)
    if not people and source.type != "legislation":
        yield "no authors recognised"
    if any(name.literal == "et al." for name in people):
        yield f"authors after the first {len(people) - 1} (et al.)"
    if layout.people.gap:
        yield "authors left out by an ellipsis"
    if source.issued is None:
        yield "no year"
    yield from marks.broken


def _left(source: Source, marks: Marks) -> Iterator[str]:
    loose = (*left_over(marks.rest.replace(BREAK, " . "), _held(source, marks)), *marks.loose)
    if loose:
        yield f"left over: {told(loose)}"


def _held(source: Source, marks: Marks) -> Iterator[str]:
    yield from (source.title, source.container_title or "", source.publisher or "", str(source.issued or ""))
    yield from (source.volume or "", source.issue or "", source.page or "", *marks.tags)
    for name in (*source.author, *source.editor):
        yield from (name.literal or name.family or "", name.given or "")


def _note(printed: str, marks: Marks, missing: Sequence[str]) -> str | None:
    told_links = f"Linked to: {', '.join(marks.unheld_links)}" if marks.unheld_links else ""
    told_entry = f"Printed as: {printed}" if missing and printed else ""
    return " · ".join(part for part in (told_entry, told_links) if part) or None
