"""The checker as it is set: the rules, a support model and perhaps a judge, over one source or several together."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pipeline.checking import CHECKER
from pipeline.checking.assess import UNSETTLED, assess
from pipeline.checking.evidence import Held, quoted
from pipeline.checking.judge import Judge
from pipeline.checking.support import SupportModel, embedded
from pipeline.errors import ConfigError
from pipeline.records import Check, Scope, Snapshot, Source, Verdict

OWN, NONE, HUGGING_FACE = "sourcemark", "none", "hf:"
_APART = "\n\n\n"  # between texts that do not follow one another


class Checker(NamedTuple):
    """Who answers beyond the rules: a support model, a judge, both or neither."""

    support: SupportModel | None = None
    judge: Judge | None = None
    asked: frozenset[str] = UNSETTLED
    """Reasons of the cheaper layers' verdict for which the judge is asked."""

    @property
    def name(self) -> str:
        """Return the names and versions of all that answers, as reports state them."""
        return ", ".join([CHECKER, *(part.name for part in (self.support, self.judge) if part)])

    @property
    def by_rules(self) -> Checker:
        """Return the same without model and judge, for the many comparisons that only look for what could be cited."""
        return Checker()

    def check(self, claim: str, number: int, source: Source, snapshot: Snapshot | None, held: Held, *, context: str = "") -> Check:
        """Check one sentence against one of its sources; the evidence stands verbatim in the snapshot's text."""
        scope = snapshot.scope if snapshot else Scope.NONE
        found = assess(claim, held.evidence, scope, context=context, support=self.support, judge=self.judge, asked=self.asked)
        return Check(
            number=number,
            source_id=source.id,
            scope=scope,
            verdict=found.verdict,
            reason=found.reason,
            score=None if found.reason == "no_text" else found.score,
            conflicts=found.conflicts,
            lacking=found.lacking,
            evidence=quoted(found, source, held),
            judgement=found.judged.record(found.question, self.judge.name) if found.judged and found.question and self.judge else None,
        )

    def together(self, claim: str, checks: Sequence[Check]) -> tuple[int, ...]:
        """Return the numbers of the sources whose passages support a claim together, where none does alone, without those not needed."""
        held = {check.number: check.evidence.exact for check in checks if check.evidence}
        if len(held) < 2 or not self._carry(claim, held.values()):
            return ()
        for number in list(held):
            rest = {other: text for other, text in held.items() if other != number}
            if len(rest) > 1 and self._carry(claim, rest.values()):
                held = rest
        return tuple(held)

    def _carry(self, claim: str, passages: Iterable[str]) -> bool:
        return assess(claim, _APART.join(passages), support=self.support).verdict is Verdict.SUPPORTED


@functools.cache
def checker(support: str = OWN) -> Checker:
    """Return the checker with a support model: `sourcemark` (the one that ships), `none`, or `hf:NAME[@REVISION][#LABEL]`.

    NAME is a model of the Hugging Face hub or a folder; LABEL is its output that means support, where its labels do not tell.
    """
    if support == NONE:
        return Checker()
    if support == OWN:
        return Checker(embedded())
    if not support.startswith(HUGGING_FACE):
        raise ConfigError(f"no support model {support!r}: use sourcemark, none, or hf:NAME (a Hugging Face cross-encoder or its folder)")
    from pipeline.checking.nli import load

    named, _, label = support.removeprefix(HUGGING_FACE).partition("#")
    name, _, revision = named.partition("@")
    return Checker(load(name, revision=revision or None, label=label or None))
