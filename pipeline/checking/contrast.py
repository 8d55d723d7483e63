"""How often the checker is wrong: its verdicts on a contrast set of our own, which ships with the package.

Each topic has two sources and claims about them, in the style of a clinical wiki. Unsound claims are nearly copied from the
source, sound ones reworded, so that shared words tell less than nothing. Topics are of one half: `development`, on which
thresholds were chosen, or `held_out`.
"""

from __future__ import annotations

import importlib.resources
import json
import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from pipeline.checking.assess import Assessment, assess
from pipeline.checking.checker import Checker
from pipeline.checking.facts import names_missing
from pipeline.checking.judge import Answer, Scripted
from pipeline.checking.numbers import number_conflicts
from pipeline.checking.passages import prepared
from pipeline.errors import ConfigError
from pipeline.records import Rate, Rates, Scope, Verdict
from pipeline.text import sha256

SOUND = ("verbatim", "paraphrase", "synonym_number")
FLIPS = ("negation", "number", "unit", "direction")
UNSOUND = (*FLIPS, "entity", "quantifier", "hedge", "time", "causality", "wrong_source", "splice")
HALVES = ("development", "held_out")
_ALARMS = frozenset({Verdict.CONTRADICTED, Verdict.NOT_SUPPORTED, Verdict.PARTIALLY_SUPPORTED})
_CURVE = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.98)
_QUOTES = 3  # of a judge that answers rightly
_Z = 1.96
FILE = "rates.json"


class Pair(NamedTuple):
    """A claim against a source, and what a careful reader says of it."""

    topic: str
    source: str
    claim: str
    kind: str
    gold: Verdict


class Point(NamedTuple):
    """The shares of sound and of unsound pairs called supported, if the model settled claims from a probability on."""

    probability: float
    sound: float
    unsound: float
    flips: float


class Outcome(NamedTuple):
    """A pair and what the checker said of it."""

    pair: Pair
    found: Assessment


def raw() -> str:
    """Return the contrast set as it ships: JSON lines, one topic a line."""
    return importlib.resources.files("pipeline.checking").joinpath("contrast.jsonl").read_text(encoding="utf-8")


def pairs(half: str = "held_out") -> list[Pair]:
    """Return the pairs of one half, or of both for `all`."""
    topics = [json.loads(line) for line in raw().splitlines()]
    return [
        Pair(topic["topic"], topic["sources"][pair["source"]]["text"], pair["claim"], pair["kind"], Verdict(pair["label"]))
        for topic in topics
        if half in {topic["half"], "all"}
        for pair in topic["pairs"]
    ]


def right(chosen: Iterable[Pair]) -> Scripted:
    """Return a judge that answers rightly, and quotes the sentences that are nearest in words and hold the claim's numbers and names."""
    return Scripted({pair.claim: Answer(pair.gold, *_quotes(pair)) for pair in chosen}, "a judge that answers rightly")


def _quotes(pair: Pair) -> tuple[str, tuple[str, ...]]:
    """Return the sentence nearest in words, and up to two more that hold what it lacks of the claim's numbers and names."""
    source = prepared(pair.source)
    found = source.best(pair.claim)
    all_of_them = [source.sentence(index) for index in range(len(source.spans))]
    quotes = [all_of_them[found.first if found else 0]]
    while len(quotes) < _QUOTES and (missing := _missing(pair.claim, quotes)):
        best = min(all_of_them, key=lambda sentence: _missing(pair.claim, [*quotes, sentence]))
        if _missing(pair.claim, [*quotes, best]) >= missing:
            break
        quotes.append(best)
    return quotes[0], tuple(quotes[1:])


def _missing(claim: str, quotes: Sequence[str]) -> int:
    text = " … ".join(quotes)
    return len(number_conflicts(claim, text)) + len(names_missing(claim, text))


def run(checker: Checker, chosen: Sequence[Pair], step: Callable[[], None] = lambda: None, scope: Scope = Scope.FULL_TEXT) -> list[Outcome]:
    """Check every pair."""
    outcomes = []
    for pair in chosen:
        outcomes.append(
            Outcome(pair, assess(pair.claim, pair.source, scope, support=checker.support, judge=checker.judge, asked=checker.asked))
        )
        step()
    return outcomes


def rates(checker: Checker, half: str, full: Sequence[Outcome], abstract: Sequence[Outcome]) -> Rates:
    """Count the verdicts on a half."""
    sound = [item for item in full if item.pair.kind in SOUND]
    unsound = [item for item in full if item.pair.kind not in SOUND]
    flips = [item for item in unsound if item.pair.kind in FLIPS]
    return Rates(
        checker=checker.name,
        half=half,
        data_sha256=sha256(raw()),
        topics=len({item.pair.topic for item in full}),
        pairs=len(full),
        bad_not_supported=_rate(unsound, lambda verdict: verdict is not Verdict.SUPPORTED),
        flips_not_supported=_rate(flips, lambda verdict: verdict is not Verdict.SUPPORTED),
        bad_flagged=_rate(unsound, _ALARMS.__contains__),
        false_alarms=_rate(sound, _ALARMS.__contains__),
        sound_contradicted=_rate(sound, lambda verdict: verdict is Verdict.CONTRADICTED),
        sound_supported=_rate(sound, lambda verdict: verdict is Verdict.SUPPORTED),
        by_kind={kind: _verdicts(item for item in full if item.pair.kind == kind) for kind in (*SOUND, *UNSOUND)},
        by_scope={scope: _alarms(outcomes) for scope, outcomes in ((Scope.FULL_TEXT, full), (Scope.ABSTRACT, abstract))},
    )


def _verdicts(outcomes: Iterable[Outcome]) -> dict[str, int]:
    said = [item.found.verdict for item in outcomes]
    return {verdict.value: said.count(verdict) for verdict in Verdict}


def _alarms(outcomes: Sequence[Outcome]) -> dict[str, Rate]:
    return {
        name: _rate([item for item in outcomes if (item.pair.kind in SOUND) is sound], _ALARMS.__contains__)
        for name, sound in (("bad_flagged", False), ("false_alarms", True))
    }


def _rate(outcomes: Sequence[Outcome], hit: Callable[[Verdict], bool]) -> Rate:
    """Return the share of verdicts that hit, with Wilson's 95 % interval."""
    n = len(outcomes)
    if not n:
        return Rate(share=0.0, low=0.0, high=1.0, count=0)
    share = sum(hit(item.found.verdict) for item in outcomes) / n
    middle, spread = share + _Z**2 / (2 * n), _Z * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n * n))
    low, high = (middle - spread) / (1 + _Z**2 / n), (middle + spread) / (1 + _Z**2 / n)
    return Rate(share=round(share, 4), low=round(max(0.0, low), 4), high=round(min(1.0, high), 4), count=n)


def known(checker: str, folder: Path | None = None) -> Rates | None:
    """Return the rates measured for a checker: those in `rates.json` of a workspace, else those that ship with the package."""
    shipped = importlib.resources.files("pipeline.checking").joinpath("model", FILE).read_text(encoding="utf-8")
    own = folder / FILE if folder else None
    texts = [own.read_text(encoding="utf-8")] if own and own.is_file() else []
    for text in (*texts, shipped):
        try:
            found = Rates.model_validate_json(text)
        except ValidationError as error:
            raise ConfigError(f"{own}: not a file of rates; write it with `sourcemark bench verify --out {FILE}`") from error
        if found.checker == checker:
            return found
    return None


def curve(outcomes: Sequence[Outcome]) -> list[Point]:
    """Return what would be settled as supported, and at which risk, for other thresholds of the support model."""

    def share(kinds: Sequence[str], least: float) -> float:
        chosen = [item.found for item in outcomes if item.pair.kind in kinds]
        return sum(_settled(found, least) for found in chosen) / max(1, len(chosen))

    return [Point(least, share(SOUND, least), share(UNSOUND, least), share(FLIPS, least)) for least in _CURVE]


def _settled(found: Assessment, least: float) -> bool:
    """Say whether a claim would be supported if the model settled it from a probability on."""
    if found.reason == "stated":
        return True
    return not found.conflicts and found.probability is not None and found.probability >= least
