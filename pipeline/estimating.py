"""What a run would ask of models and cost, before anything is asked: the requests that can be made already, the others by rule of thumb."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from pipeline.articles import Article
from pipeline.checking.claude import ClaudeJudge
from pipeline.checking.judge import Question
from pipeline.llm.prices import Prices, expected
from pipeline.llm.requests import Request
from pipeline.records import Stage, Usage
from pipeline.settings import Settings
from pipeline.writing.claude import ClaudeWriter

# Rules of thumb, none of them measured on a live model; what the judge is asked about is near what the contrast set gives (0.70).
_SENTENCE = 40  # tokens of an answer, for each sentence that is asked for
_JUDGED = 0.65  # of cited sentences are left open by the cheaper layers
_CITED = 0.85  # of sentences cite
_PASSAGE = 130 * 6  # characters of one passage that the judge is shown
_VERDICT = 130  # tokens of a judge's answer
_REPAIRED = 0.08  # of cited sentences are written again
_TOGETHER = 12


class Estimate(NamedTuple):
    """What one stage would ask of one model."""

    stage: Stage
    model: str
    calls: int
    usage: Usage
    nano: int | None
    """Cost in nano-dollars; None where no price of the model is known."""
    known: int = 0
    """Calls that are answered already, and cost nothing more."""


def estimates(article: Article, texts: Mapping[int, str], settings: Settings, answered: Callable[[Request], bool]) -> list[Estimate]:
    """Return what the stages would ask; `answered` says whether the ledger holds the answer to a request. Empty without a model."""
    prices, found = Prices(settings.prices), []
    sentences = 0
    if settings.writer == "claude" and texts:
        writer = ClaudeWriter(article, texts, settings)
        wanted = [ask.sentences for ask in writer.asks]
        sentences = sum(wanted)
        open_ones = [(request, count) for request, count in zip(writer.requests(), wanted, strict=True) if not answered(request)]
        usage = _shared([request for request, _ in open_ones]).model_copy(
            update={"output": _SENTENCE * sum(count for _, count in open_ones)}
        )
        found.append(_row(Stage.DRAFT, settings.model, len(open_ones), usage, prices, len(wanted) - len(open_ones)))
    sentences = sentences or article.plan.style.sentences_per_section * len(article.plan.outline)
    if settings.judged != "none":
        calls = round(sentences * _CITED * (_JUDGED if settings.judged == "unsure" else 1))
        request = ClaudeJudge(settings).request(Question("x" * 120, ["x" * _PASSAGE] * 4, "x" * 120))
        usage = _shared([request._replace(body={**request.body, "n": n}) for n in range(calls)])
        usage = usage.model_copy(update={"output": _VERDICT * calls})
        found.append(_row(Stage.VERIFY, settings.judge_model, calls, usage, prices))
    if settings.writer == "claude" and texts:
        failed = round(sentences * _CITED * _REPAIRED)
        usage = Usage(input=failed * expected("x" * 2 * _PASSAGE), output=failed * 2 * _SENTENCE)
        found.append(_row(Stage.REPAIR, settings.model, -(-failed // _TOGETHER), usage, prices))
    return found


def _shared(requests: Sequence[Request]) -> Usage:
    """Return the tokens of requests: what some share is written to the cache once and read by the others."""
    usage, seen = Usage(), set[str]()
    for request in requests:
        shared, whole = expected(request.shared), expected(request.sent)
        first = request.prefix not in seen
        seen.add(request.prefix)
        usage += Usage(input=max(0, whole - shared), write_5m=shared if first else 0, read=0 if first else shared)
    return usage


def _row(stage: Stage, model: str, calls: int, usage: Usage, prices: Prices, known: int = 0) -> Estimate:
    # A price band goes by the length of one prompt, not of all together.
    price = prices.price(model, usage.total // calls if calls else 0)
    return Estimate(stage, model, calls, usage, price.nano(usage) if price else None, known)
