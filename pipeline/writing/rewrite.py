"""Rewriting with a model: a sentence that failed is written again to what a passage of its sources says."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from pipeline.articles import Article
from pipeline.errors import InvalidAnswer, ModelError, Refused
from pipeline.llm.caller import Caller
from pipeline.llm.delivery import Passage, listed, output, rules
from pipeline.llm.prompts import prompt, rendered
from pipeline.llm.requests import Request
from pipeline.settings import Settings
from pipeline.writing.page import Said
from pipeline.writing.parts import SCHEMA, Wanted, parts, said

_ANSWER = 4_000  # tokens
_TOGETHER = 12  # sentences in one request
_OPENING = "You correct sentences by the passages that the library returns. The sentences come after them."


class Failure(NamedTuple):
    """A sentence that says something else than its source."""

    text: str
    what: str
    """What is wrong with it."""
    passages: Sequence[tuple[int, str]]
    """Source number and text of the places that speak of it."""


class Rewriter(Protocol):
    """Writes sentences again."""

    def rewrite(self, failures: Sequence[Failure]) -> list[list[Said]]:
        """Return for each failure the sentences to put in its stead; empty where there is nothing to say."""


class ClaudeRewriter:
    """Asks for many sentences at once."""

    def __init__(self, article: Article, settings: Settings, caller: Caller, step: Callable[[str], None]) -> None:
        self.article, self.settings, self.caller, self.step = article, settings, caller, step

    def rewrite(self, failures: Sequence[Failure]) -> list[list[Said]]:
        """Return for each failure the sentences to put in its stead; empty where the model gives none that can stand."""
        groups = [failures[start : start + _TOGETHER] for start in range(0, len(failures), _TOGETHER)]
        asked = [self.request(group) for group in groups]
        answers = self.caller.ask_all([request for request, _ in asked], lambda request, count: self.step(request.purpose))
        found: list[list[Said]] = []
        for group, (_, numbers), answer in zip(groups, asked, answers, strict=True):
            if isinstance(answer, ModelError) and not isinstance(answer, InvalidAnswer | Refused):
                raise answer
            found += [[]] * len(group) if isinstance(answer, ModelError) else _read(answer, len(group), numbers)
        return found

    def request(self, failures: Sequence[Failure]) -> tuple[Request, dict[str, int]]:
        """Return the request for some failures, and the source number of each passage in it: pure, and the same each time."""
        passages: list[Passage] = []
        numbers: dict[str, int] = {}
        told = []
        for index, failure in enumerate(failures, 1):
            names = [f"S{index}P{place}" for place in range(1, len(failure.passages) + 1)]
            passages += [Passage(name, (text,)) for name, (_, text) in zip(names, failure.passages, strict=True)]
            numbers |= {name: number for name, (number, _) in zip(names, failure.passages, strict=True)}
            told.append({"name": f"S{index}", "sentence": failure.text, "wrong": failure.what, "passages": names})
        used, plan = prompt("rewrite"), self.article.plan
        asked = rendered(used.ask, sentences=json.dumps(told, ensure_ascii=False))
        body = {
            "model": self.settings.model,
            "max_tokens": _ANSWER,
            "system": rules(rendered(used.rules, audience=plan.audience or "clinicians", title=plan.title, style=plan.style.told)),
            **listed(passages, asked, self.settings.delivery, _OPENING, shared=False),
            **output(self.settings.effort, SCHEMA),
        }
        return Request(body, f"rewrite {len(failures)} sentence{'s' * (len(failures) != 1)}", "repair"), numbers


def _read(answer: object, count: int, numbers: dict[str, int]) -> list[list[Said]]:
    from pipeline.llm.requests import Reply

    assert isinstance(answer, Reply)
    try:
        found = parts(answer, Wanted(tuple(f"S{index}" for index in range(1, count + 1)), count, 1))
    except InvalidAnswer:
        return [[]] * count
    made: list[list[Said]] = []
    for index, part in enumerate(found, 1):
        # A sentence may rest on its own passages only: what was found for another one says nothing of it.
        own = {name: number for name, number in numbers.items() if name.startswith(f"S{index}P")}
        try:
            sentences = said(part.cells[0], own)
        except InvalidAnswer:
            sentences = []
        made.append([sentence for sentence in sentences if sentence.numbers])
    return made
