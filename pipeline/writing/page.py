"""The article put together: headings, paragraphs, lists, tables and call-outs, each sentence with its marker."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

from pipeline.articles import Article, Section
from pipeline.markup.compose import escape, marked
from pipeline.markup.markers import printed
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

    def terms(self, section: Section) -> list[tuple[str, list[Said]]]:
        """Return each key term with what it means."""

    def table(self, section: Section) -> list[tuple[str, list[list[Said]]]]:
        """Return each row's heading with its cells, in the order of the columns after the first."""

    def questions(self, section: Section) -> list[Said]:
        """Return the questions to the reader."""

    def example(self, section: Section) -> list[Said]:
        """Return the sentences of an example."""


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
        return [_list(f"**{escape(term)}** — {_paragraph(meaning)}" for term, meaning in writer.terms(section))]
    if section.form == "questions":
        return [_list(question.markdown for question in writer.questions(section))]
    if section.form == "callout":
        first, *rest = writer.example(section)
        return ["> " + _paragraph([first._replace(text=EXAMPLE + first.text), *rest])]
    if section.form == "table":
        return [_table(section, writer.table(section))]
    return [_paragraph(paragraph) for paragraph in writer.prose(section) if paragraph]


def _paragraph(said: Iterable[Said]) -> str:
    return " ".join(sentence.markdown for sentence in said)


def _list(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _table(section: Section, rows: Iterable[tuple[str, list[list[Said]]]]) -> str:
    head = [tuple(escape(column) for column in section.columns), ("---",) * len(section.columns)]
    body = [(Said(name[:1].upper() + name[1:]).markdown, *map(_paragraph, cells)) for name, cells in rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (*head, *body))


def listed(sources: Iterable[Source]) -> str:
    """Return the printed source list, numbered as the markers are."""
    lines = []
    for number, source in enumerate(sources, 1):
        tier = f" ({source.tier})" if source.tier else ""
        link = f" <{source.link}>" if source.link else ""
        lines.append(f"{number}. {escape(source.reference)}{link}{tier}")
    return "\n".join(lines)
