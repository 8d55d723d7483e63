"""The judge: whoever reads a claim that no rule and no model settled, and answers with a quote.

An answer counts only where code can hold it against the text: every quote stands there word for word, and what is called supported has all
its numbers and names in the quoted words. A judge may be wrong, bribed or confused; a quote is there or not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from pipeline.checking.facts import names_missing
from pipeline.checking.locate import Place, locate
from pipeline.checking.numbers import number_conflicts
from pipeline.records import Judgement, Verdict
from pipeline.text import sha256


class Question(NamedTuple):
    """A claim and the texts of one source that speak of what it speaks of."""

    claim: str
    passages: Sequence[str]
    context: str = ""
    """What the claim may refer back to: the sentence before it, its heading."""

    @property
    def key(self) -> str:
        """Return the hash under which an answer is kept: the same question gets the same answer again."""
        return sha256("\n\n".join((self.claim, self.context, *self.passages)))


class Answer(NamedTuple):
    """A judge's verdict; `supported`, `partially_supported` and `contradicted` need a quote from the passages, word for word."""

    verdict: Verdict
    quote: str = ""
    also: tuple[str, ...] = ()
    """Further quotes that it rests on."""

    @property
    def quotes(self) -> tuple[str, ...]:
        """Return all quotes."""
        return tuple(quote for quote in (self.quote, *self.also) if quote)


class Judge(Protocol):
    """Claude, another model, a person, or a script of answers."""

    @property
    def name(self) -> str:
        """Name and version, as reports state them."""

    def judge(self, question: Question) -> Answer | None:
        """Return the answer, or None where the judge has none."""


@runtime_checkable
class ReadsAhead(Protocol):
    """A judge that is better asked all questions of an article at once."""

    def read(self, questions: Sequence[Question]) -> None:
        """Find the answers to these questions; `judge` gives them afterwards."""


class Scripted:
    """A judge whose answers are written down: claim to answer."""

    def __init__(self, answers: Mapping[str, Answer], name: str = "scripted") -> None:
        self._answers, self.name = answers, name

    def judge(self, question: Question) -> Answer | None:
        """Return the answer to the claim, if there is one."""
        return self._answers.get(question.claim)


class Recorded:
    """A judge that says again what was recorded, and nothing to another question: for a replay without network and key."""

    def __init__(self, judgements: Sequence[Judgement]) -> None:
        self._held = {item.question_sha256: Answer(item.verdict, *_split(item.quotes)) for item in judgements}
        self.name = "recorded"

    def judge(self, question: Question) -> Answer | None:
        """Return the recorded answer to exactly this question."""
        return self._held.get(question.key)


class Collecting:
    """A judge that answers nothing and keeps the questions."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.questions: dict[str, Question] = {}

    def judge(self, question: Question) -> None:
        """Keep a question."""
        self.questions[question.key] = question


_FEWEST = 4  # words of a quote: two words of a text can be found for nearly any claim
_QUOTED = frozenset({Verdict.SUPPORTED, Verdict.PARTIALLY_SUPPORTED, Verdict.CONTRADICTED})


class Judged(NamedTuple):
    """An answer held against the text: where its first quote stands, and why it does not count where it does not."""

    answer: Answer
    place: Place | None
    why_not: str = ""

    def record(self, question: Question, by: str) -> Judgement:
        """Return the answer as it is recorded."""
        answer = self.answer
        return Judgement(
            by=by, question_sha256=question.key, verdict=answer.verdict, quotes=answer.quotes, counts=not self.why_not, why_not=self.why_not
        )


def held(answer: Answer, claim: str, text: str) -> Judged:
    """Hold an answer against the text of the source."""
    places = [locate(quote, text) for quote in answer.quotes]
    place = places[0] if places else None
    if answer.verdict in _QUOTED and not places:
        return Judged(answer, None, "no quote")
    if short := next((quote for quote in answer.quotes if len(quote.split()) < _FEWEST), None):
        return Judged(answer, None, f"too short to say anything: “{short}”")
    if not all(places):
        lost = next(quote for quote, found in zip(answer.quotes, places, strict=True) if not found)
        return Judged(answer, None, f"not in the source word for word: “{lost[:120]}”")
    if answer.verdict is Verdict.SUPPORTED:
        quoted = " … ".join(answer.quotes)
        lost_facts = [*number_conflicts(claim, quoted), *names_missing(claim, quoted)]
        if lost_facts:
            return Judged(answer, place, f"not in the quoted words: {'; '.join(map(str, lost_facts))}")
    return Judged(answer, place)


def _split(quotes: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    return (quotes[0], tuple(quotes[1:])) if quotes else ("", ())
