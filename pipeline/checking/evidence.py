"""A source's text as evidence: what of it counts, and the quotes from it, each tied to the snapshot at recorded offsets."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from pipeline.checking.assess import Assessment
from pipeline.checking.locate import context as around
from pipeline.checking.orders import orders
from pipeline.records import Evidence, Located, Snapshot, Source, Structure
from pipeline.text import sha256

_BLANK = "\n"  # in place of each character that is no evidence: it holds no word and ends a sentence


class Held(NamedTuple):
    """A source's text as it was extracted, and the same with what is no evidence blanked out, at the same offsets."""

    whole: str
    evidence: str
    structure: Structure = Structure()

    @property
    def orders(self) -> list[str]:
        """Return what the text says to a machine and not to a reader; it is cut out of the evidence."""
        return [self.whole[start:end] for start, end in orders(self.whole)]

    @property
    def main(self) -> str:
        """Return the evidence without what stands outside the main text of a page: what an article may be drafted from."""
        return blanked(self.evidence, self.structure.aside)

    @classmethod
    def of(cls, snapshot: Snapshot, read: Callable[[str], str]) -> Held:
        """Return a snapshot's text; `read` returns a text by its sha256."""
        whole = read(snapshot.text_sha256)
        structure = Structure.model_validate_json(read(snapshot.structure_sha256)) if snapshot.structure_sha256 else Structure()
        return cls(whole, blanked(whole, (*structure.cut, *orders(whole))), structure)


def blanked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return a text with spans blanked out, at the same offsets."""
    parts, at = [], 0
    for start, end in sorted(spans):
        if end > at:
            parts += [text[at:start], _BLANK * (end - max(start, at))]
            at = end
    return "".join([*parts, text[at:]])


NOTHING = Held("", "")


def quoted(found: Assessment, source: Source, held: Held) -> Evidence | None:
    """Return the quote that an assessment rests on: the judge's where one settled it, else the passage; None where nothing speaks of it."""
    place = found.judged.place if found.reason == "judged" and found.judged and found.judged.place else found.passage
    if place is None or found.reason == "not_found":
        return None
    prefix, suffix = around(held.whole, place.start, place.end)
    return Evidence(
        source_id=source.id,
        text_sha256=sha256(held.whole),
        start=place.start,
        end=place.end,
        exact=held.whole[place.start : place.end],
        prefix=prefix,
        suffix=suffix,
        located=Located.EXACT,
        place=held.structure.place(place.start),
    )
