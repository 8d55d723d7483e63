"""What a model is asked for each part of an outline: how long, in which form, and whether it may cite."""

from __future__ import annotations

from typing import NamedTuple

from pipeline.articles import Article, Section
from pipeline.writing.parts import Wanted, told

LEAD = "Lead"
_LEAD = 3  # sentences
_EXAMPLE = 4


class Ask(NamedTuple):
    """What one request is for."""

    heading: str
    brief: str
    shape: str
    """The form of an answer in parts, in words."""
    wanted: Wanted
    prose: bool = False
    length: str = ""
    """How long running text is to be."""
    section: Section | None = None
    """The section of the outline; None for the lead."""
    cites: bool = True
    """Whether its sentences may cite: questions and examples are the model's own."""

    @property
    def sentences(self) -> int:
        """Return about how many sentences are asked for."""
        return self.wanted.most * self.wanted.cells


def asks(article: Article) -> list[Ask]:
    """Return what to ask for the lead and each section, in order; nothing where the outline has the words itself."""
    plan = article.plan
    lead = _prose(LEAD, plan.summary_brief or f"what {plan.title} is", _LEAD)
    found = [(section, _section(section, plan.style.sentences_per_section)) for section in plan.outline]
    return [lead, *(ask._replace(section=section) for section, ask in found if ask)]


def _prose(heading: str, brief: str, count: int) -> Ask:
    shape = f"{count} parts of one cell each, a sentence of the running text in each."
    return Ask(heading, brief, shape, Wanted((), count, 1), True, f"{count} sentences")


def _section(section: Section, count: int) -> Ask | None:
    if section.form == "prose":
        return _prose(section.heading, section.brief, count)
    if section.form == "key_terms":
        names = section.terms
        which = f"these terms: {told(names)}" if names else f"the {count} terms of the subject that a reader needs most, named by it"
        shape = f"One part for each of {which}; one cell: what it is, in one sentence, without naming it again."
        return Ask(section.heading, section.brief, shape, Wanted(names, len(names) or count, 1))
    if section.form == "table":
        return _table(section, count)
    if section.form == "questions" and not section.questions:
        shape = f"{count} parts of one cell each: a question to the reader, that states nothing. No passages."
        return Ask(section.heading, section.brief, shape, Wanted((), count, 1), cites=False)
    if section.form == "callout" and not section.text:
        shape = f"{_EXAMPLE} parts of one cell each: the sentences of one invented example, without names, figures and advice. No passages."
        return Ask(section.heading, section.brief, shape, Wanted((), _EXAMPLE, 1), cites=False)
    return None


def _table(section: Section, count: int) -> Ask:
    first, *columns = section.columns
    names = section.rows
    which = (
        f"these rows: {told(names)}" if names else f"the {count} rows that the brief asks for, named by what stands under {told([first])}"
    )
    shape = f"One part for each of {which}; in each one short cell for each of these columns, in order: {told(columns)}."
    return Ask(section.heading, section.brief, shape, Wanted(names, len(names) or count, len(columns)))
