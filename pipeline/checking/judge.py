"""The judge: whoever reads a claim that no rule and no model settled, and answers with a quote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from pipeline.checking.locate import Place, locate
from pipeline.records import Verdict


class Question(NamedTuple):
    """A claim and the texts of one source that speak of what it speaks of."""

    claim: str
    passages: Sequence[str]


class Answer(NamedTuple):
    """A judge's verdict; `supported`, `partially_supported` and `contradicted` need a quote from the passages, word for word."""

    verdict: Verdict
    quote: str = ""


class Judge(Protocol):
    """Claude, another model, a person, or a script of answers."""

    @property
    def name(self) -> str:
        """Name and version, as reports state them."""

    def judge(self, question: Question) -> Answer | None:
        """Return the answer, or None where the judge has none."""


class Scripted:
    """A judge whose answers are written down: claim to answer."""

    def __init__(self, answers: Mapping[str, Answer], name: str = "scripted") -> None:
        self._answers, self.name = answers, name

    def judge(self, question: Question) -> Answer | None:
        """Return the answer to the claim, if there is one."""
        return self._answers.get(question.claim)


_QUOTED = frozenset({Verdict.SUPPORTED, Verdict.PARTIALLY_SUPPORTED, Verdict.CONTRADICTED})


class Judged(NamedTuple):
    """An answer that holds, and where its quote stands in the text."""

    verdict: Verdict
    place: Place | None


def held(answer: Answer | None, text: str) -> Judged | None:
    """Return an answer whose quote stands in the text, None for one that rests on nothing: a judge may be wrong, a quote not."""
    if answer is None:
        return None
    place = locate(answer.quote, text) if answer.quote else None
    return None if answer.verdict in _QUOTED and not place else Judged(answer.verdict, place)
