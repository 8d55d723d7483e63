"""Claude as the judge: quotes first, then the verdict, in one frozen form. What its answer is worth is decided in `judge.held`."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from pipeline.checking.judge import Answer, Question, held
from pipeline.checking.locate import locate
from pipeline.errors import InvalidAnswer, Refused
from pipeline.llm.caller import Caller
from pipeline.llm.delivery import Passage, listed, output, rules
from pipeline.llm.prompts import prompt, rendered
from pipeline.llm.requests import Reply, Request
from pipeline.records import Verdict
from pipeline.settings import Settings

_MOST = 6  # passages of one question; their ids are part of the frozen form
_ANSWER = 2_000  # tokens, what the model thinks included
_VERDICTS = (Verdict.SUPPORTED, Verdict.PARTIALLY_SUPPORTED, Verdict.CONTRADICTED, Verdict.NOT_SUPPORTED)
_OPENING = "You check a citation against the passages that the library returns. The sentence comes after them."
_AGAIN = (
    "An answer before this one does not count: {why}. Copy each quote letter by letter from one passage, all that the verdict needs in it."
)
# One frozen form a version of the prompt: changing it makes the service compile it anew and loses what it has cached.
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "evidence": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "passage": {"type": "string", "enum": [f"P{number}" for number in range(1, _MOST + 1)]},
                    "quote": {"type": "string"},
                },
                "required": ["passage", "quote"],
                "additionalProperties": False,
            },
        },
        "missing": {"type": "string"},
        "verdict": {"type": "string", "enum": [verdict.value for verdict in _VERDICTS]},
    },
    "required": ["evidence", "missing", "verdict"],
    "additionalProperties": False,
}


class _Quote(BaseModel):
    passage: str
    quote: str


class _Given(BaseModel):
    evidence: list[_Quote]
    verdict: Verdict


def name(settings: Settings) -> str:
    """Return the judge's name as reports state it: the model and its prompt."""
    where = " on all" if settings.judged == "all" else ""
    return f"judge {settings.judge_model}{where}, {prompt('judge').label}"


class ClaudeJudge:
    """Asks all questions of an article at once, and once more where an answer does not count."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.name = settings, name(settings)
        self.caller: Caller | None = None
        """Who asks; set when a run begins."""
        self.step: Callable[[str], None] = lambda step: None
        self._answers: dict[str, Answer | None] = {}

    def read(self, questions: Sequence[Question]) -> None:
        """Find the answers to these questions; one that the model refuses, or answers against the form twice, has none."""
        asked = [question for question in questions if question.key not in self._answers]
        requests = [self.request(question) for question in asked]
        for turn in (1, 2):
            if not asked or self.caller is None:
                return
            answers = self.caller.in_bulk(requests, lambda request, count: self.step(request.purpose))
            again: list[tuple[Question, Request]] = []
            for question, request, answer in zip(asked, requests, answers, strict=True):
                found, why = self._read(question, answer)
                self._answers[question.key] = found
                if why and turn == 1:
                    again.append((question, request.again(rendered(_AGAIN, why=why), turn)))
            asked, requests = [pair[0] for pair in again], [pair[1] for pair in again]

    def judge(self, question: Question) -> Answer | None:
        """Return the answer to a question."""
        if question.key not in self._answers:
            self.read([question])
        return self._answers.get(question.key)

    def request(self, question: Question) -> Request:
        """Return the request for a question: pure, and the same each time."""
        used = prompt("judge")
        told = json.dumps({"sentence": question.claim, "context": question.context}, ensure_ascii=False)
        asked = rendered(used.ask, question=told)
        passages = [Passage(f"P{number}", (text,)) for number, text in enumerate(question.passages[:_MOST], 1)]
        body = {
            "model": self.settings.judge_model,
            "max_tokens": _ANSWER,
            "system": rules(used.rules, shared=True),
            **listed(passages, asked, self.settings.delivery, _OPENING, shared=False),
            **output(self.settings.judge_effort, SCHEMA),
        }
        return Request(body, f"judge: {question.claim[:80]}", "verify")

    def _read(self, question: Question, answer: object) -> tuple[Answer | None, str]:
        """Return an answer, and why it does not count where it does not."""
        if isinstance(answer, InvalidAnswer):
            return None, "it was no JSON of the form that is asked for"
        if isinstance(answer, Refused):
            return None, ""
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, Reply)
        try:
            given = _Given.model_validate(answer.json())
        except (InvalidAnswer, ValidationError):
            return None, "it was no JSON of the form that is asked for"
        texts = dict(zip((f"P{number}" for number in range(1, _MOST + 1)), question.passages[:_MOST], strict=False))
        quotes = [item.quote for item in given.evidence]
        found = Answer(given.verdict, *_parted(quotes))
        for item in given.evidence:
            if item.passage not in texts or not locate(item.quote, texts[item.passage]):
                # A quote from elsewhere is kept for the record and fails there too: it is not in the passage that it names.
                return Answer(given.verdict, f"{item.passage}: {item.quote}"), "a quote does not stand in the passage that it names"
        return found, held(found, question.claim, "\n\n".join(texts.values())).why_not


def _parted(quotes: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    return (quotes[0], tuple(quotes[1:])) if quotes else ("", ())
