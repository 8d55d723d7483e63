"""The article put together: headings, paragraphs, lists, tables and call-outs, each sentence with its marker."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

from pipeline.articles import Article, Section
from pipeline.markup.compose import escape, marked
from pipeline.markup.markers import printed
from pipeline.markup.sentences import sentences
from pipeline.records import Source

NOTHING = "None of the listed sources speaks of this."
EXAMPLE = "LLM-generated illustrative example (not a guideline): "


class Said(NamedTuple):
    """One sentence: its text, and the numbers of the sources that say it; none of them makes it `LLM`."""

    text: str
    numbers: tuple[int, ...] = ()

    @property
    def markdown(self) -> str:
        """Return the sentence escaped and marked."""
        return marked(escape(self.text), printed(self.numbers, llm=not self.numbers))


class Writer(Protocol):
    """Fills the outline. A writer gives sentences and source numbers; markers are made here."""

    def lead(self) -> list[Said]:
        """Return the sentences above the first heading."""

    def prose(self, section: Section) -> list[list[Said]]:
        """Return the paragraphs of a section."""

    def term(self, term: str) -> Said:
        """Return what a key term means."""

    def cell(self, row: str, column: str) -> Said:
        """Return what a table says of a row under a column."""


def assemble(article: Article, writer: Writer, step: Callable[[str], None]) -> str:
    """Return the whole article in Markdown, with its source list."""
    step("lead")
    blocks = [f"# {escape(article.plan.title)}", _paragraph(writer.lead())]
    for section in article.plan.outline:
        step(section.heading)
        body = _body(section, writer)
        if body:
            blocks += [f"## {escape(section.heading)}", *body]
    blocks += ["## Sources", listed(article.sources)]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _body(section: Section, writer: Writer) -> list[str]:
    if section.form == "key_terms":
        return [_list(f"**{escape(term)}** — {writer.term(term).markdown}" for term in section.terms)]
    if section.form == "questions":
        return [_list(Said(question).markdown for question in section.questions)]
    if section.form == "callout":
        text = EXAMPLE + " ".join(section.text.split())
        return ["> " + _paragraph([Said(text[start:end]) for start, end in sentences(text)])]
    if section.form == "table":
        return [_table(section, writer)]
    return [_paragraph(paragraph) for paragraph in writer.prose(section) if paragraph]


def _paragraph(said: Iterable[Said]) -> str:
    return " ".join(sentence.markdown for sentence in said)


def _list(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _table(section: Section, writer: Writer) -> str:
    lines = [section.columns, ("---",) * len(section.columns)]
    head = [tuple(escape(column) for column in section.columns), lines[1]]
    body = [
        (
            Said(row[:1].upper() + row[1:]).markdown,
            *(writer.cell(row, column).markdown for column in section.columns[1:]),
        )
        for row in section.rows
    ]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (*head, *body))


def listed(sources: Iterable[Source]) -> str:
    """Return the printed source list, numbered as the markers are."""
    lines = []
    for number, source in enumerate(sources, 1):
        tier = f" ({source.tier})" if source.tier else ""
        link = f" <{source.link}>" if source.link else ""
        lines.append(f"{number}. {escape(source.reference)}{link}{tier}")
    return "\n".join(lines)
