"""The published article as one HTML file: every sentence with its tag, its verdict and the passage behind it."""

from __future__ import annotations

from typing import NamedTuple

from pipeline.exports.parts import Cell, Part, Said, parts
from pipeline.exports.words import RISK, html_templates, plural
from pipeline.records import Currency, Edition, Fetched, Label, Scope, Source, Standing, Verdict, Version

_WORDS_A_MINUTE = 200
_TEXT = frozenset({Scope.FULL_TEXT, Scope.ABSTRACT})


class Listed(NamedTuple):
    """A source as the page lists it."""

    number: int
    source: Source
    fetched: Fetched
    cited: int
    """How many sentences cite it."""
    standing: Standing | None = None
    """What the last look at it said."""

    @property
    def link(self) -> str | None:
        """Return the address of the work, by the DOI that was found where the metadata has none."""
        doi = dict(self.fetched.ids).get("doi")
        return self.source.link or (f"https://doi.org/{doi}" if doi else None)

    @property
    def currency(self) -> Currency:
        """Return where the source stands."""
        return self.standing.currency if self.standing else Currency.UNCHECKED


def page(edition: Edition, version: Version | None) -> str:
    """Return the article as one self-contained HTML file without scripts; a draft where there is no version."""
    made = parts(edition)
    return (
        html_templates()
        .get_template("page.html.j2")
        .render(
            edition=edition,
            version=version,
            parts=made,
            contents=[part for part in made if part.form == "heading" and part.level == 2],
            said=[said for part in made for said in _all_said(part)],
            sources=listed(edition),
            titles={number: source.title for number, source in enumerate(edition.sources, 1)},
            counts=_counts(edition),
            labels={label: sum(item.label is label for item in edition.provenance) for label in Label},
            provenance=provenance_line(edition, version),
            private={item.snapshot.source_id for item in edition.fetched if item.snapshot and item.snapshot.private},
        )
    )


def listed(edition: Edition) -> list[Listed]:
    """Return the sources in order, each with what came of fetching it and how often it is cited."""
    fetched = {item.source_id: item for item in edition.fetched}
    standings = {item.source_id: item for item in edition.standings}
    return [
        Listed(
            number,
            source,
            fetched.get(source.id) or Fetched(source_id=source.id),
            sum(number in sentence.numbers for sentence in edition.sentences),
            standings.get(source.id),
        )
        for number, source in enumerate(edition.sources, 1)
    ]


def provenance_line(edition: Edition, version: Version | None) -> str:
    """Return the line at the foot of the page, from the records alone."""
    words = sum(len(sentence.text.split()) for sentence in edition.sentences)
    with_text = sum(item.fetched.scope in _TEXT for item in listed(edition))
    facts = [
        f"This article {_made_by(edition.writer)}",
        f"version {version.number}" if version else "draft, not published",
        *([f"last generated {version.published_at.date()}"] if version else []),
        f"{max(1, round(words / _WORDS_A_MINUTE))} min read",
        f"{plural(len(edition.sources), 'source')} ({with_text} with text)",
        f"checked by {edition.checker}",
    ]
    return " · ".join(facts) + "."


def _made_by(writer: str) -> str:
    if writer == "given":
        return "was checked, not drafted, by sourcemark"
    if writer.startswith("extractive"):
        return "was assembled by the extractive writer from its sources"
    return f"is AI-generated (writer: {writer})"


def _counts(edition: Edition) -> dict[Verdict, int]:
    return {verdict: sum(item.verdict is verdict for item in edition.provenance) for verdict in reversed(RISK)}


def _all_said(part: Part) -> list[Said]:
    cells: list[Cell] = [*part.cells, *(cell for row in part.rows for cell in row)]
    return [said for cell in cells for said in cell.said]
