"""The writer with a model: Claude writes from numbered passages, and its citations come back as pointers that code turns into numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pipeline.articles import Article, Section
from pipeline.checking.passages import weight
from pipeline.errors import ModelError
from pipeline.llm.client import ask
from pipeline.llm.prompts import prompt
from pipeline.markup.markers import find
from pipeline.markup.sentences import sentences
from pipeline.text import content_stems
from pipeline.writing.page import Said

_PASSAGES = 40  # sentences of the sources sent with one request
_TRIES = 2


class ClaudeWriter:
    """Asks for one part at a time; sees local passage ids only, never a source's number or address."""

    def __init__(self, article: Article, texts: Mapping[int, str], model: str) -> None:
        self.article, self.model = article, model
        self._passages = [
            (number, text[start:end]) for number, text in sorted(texts.items()) for start, end in sentences(text) if end - start > 30
        ]
        self._stems = [frozenset(content_stems(text)) for _, text in self._passages]

    def lead(self) -> list[Said]:
        """Return the sentences above the first heading."""
        return self._write("Lead", self.article.plan.summary_brief or f"what {self.article.plan.title} is", "three sentences")

    def prose(self, section: Section) -> list[list[Said]]:
        """Return a section as one paragraph."""
        return [self._write(section.heading, section.brief, f"{self.article.plan.style.sentences_per_section} sentences")]

    def term(self, term: str) -> Said:
        """Return what a key term means."""
        return _one(self._write("Key terms", f"what {term} is, without naming it again", "one sentence"))

    def cell(self, row: str, column: str) -> Said:
        """Return what a table says of a row under a column."""
        return _one(self._write("Table", f"{row}: {column}", "one short sentence"))

    def _write(self, heading: str, brief: str, length: str) -> list[Said]:
        plan = self.article.plan
        audience = plan.audience or "clinicians"
        system = prompt("draft").render(audience=audience, title=plan.title, length=length, heading=heading, brief=brief)
        chosen = self._chosen(f"{plan.title} {heading} {brief}")
        documents = _documents(chosen)
        for _ in range(_TRIES):
            said = read(ask(self.model, system, documents, f"Write the part “{heading}”."), chosen)
            if said:
                return said
        raise ModelError(f"{self.model}: wrote a source number, a link or nothing for “{heading}”, {_TRIES} times")

    def _chosen(self, query: str) -> list[tuple[int, str]]:
        wanted = set(content_stems(query))
        worth = [sum(weight(stem) for stem in wanted & stems) for stems in self._stems]
        best = sorted(range(len(worth)), key=lambda index: (-worth[index], index))[:_PASSAGES]
        return [self._passages[index] for index in sorted(best)]


def _documents(chosen: list[tuple[int, str]]) -> list[dict[str, Any]]:
    """Return one document of citable blocks; all passages in one, so that a block's index is the passage's id."""
    blocks = [{"type": "text", "text": text} for _, text in chosen]
    return [{"type": "document", "source": {"type": "content", "content": blocks}, "title": "passages", "citations": {"enabled": True}}]


def read(message: Any, chosen: list[tuple[int, str]]) -> list[Said]:
    """Return the sentences of an answer with the numbers that its citations point to; empty where the answer breaks the rules.

    A pointer counts only where the text it claims to cite is the passage that was sent.
    """
    text, cited = "", []
    for block in message.content:
        if block.type == "text" and block.text:
            start, text = len(text), text + block.text
            cited += [(start, len(text), number) for pointer in block.citations or () for number in _numbers(pointer, chosen)]
    if find(text, plain=False) or re.search(r"https?://|www\.", text):
        return []
    said = []
    for start, end in sentences(text):
        numbers = dict.fromkeys(number for a, b, number in cited if a < end and b > start)
        said.append(Said(" ".join(text[start:end].split()), tuple(numbers)))
    return said


def _numbers(pointer: Any, chosen: list[tuple[int, str]]) -> list[int]:
    if pointer.type != "content_block_location" or pointer.document_index != 0:
        return []
    held = chosen[pointer.start_block_index : pointer.end_block_index]
    same = "".join(text for _, text in held).split() == pointer.cited_text.split() or any(
        text.split() == pointer.cited_text.split() for _, text in held
    )
    return [number for number, _ in held] if same else []


def _one(said: list[Said]) -> Said:
    return said[0]
