"""How far a report is to be trusted: citation recall and precision of the article, and the error rates of its checker."""

from __future__ import annotations

from pipeline.records import Citations, Edition, Label, Rate, Rates, Scope, Verdict


def citations(edition: Edition) -> Citations:
    """Count as ALCE does; what could not be checked is neither right nor wrong, and counted apart."""
    records = [record for record in edition.provenance if record.label is Label.CITED]
    pairs = [(check, record) for record in records for check in record.checks]
    precise = [check.verdict is Verdict.SUPPORTED or check.number in record.together for check, record in pairs]
    return Citations(
        sentences=len(records),
        supported=sum(record.verdict is Verdict.SUPPORTED for record in records),
        sentences_open=sum(record.verdict is Verdict.NOT_CHECKABLE for record in records),
        citations=len(pairs),
        precise=sum(precise),
        citations_open=sum(check.verdict is Verdict.NOT_CHECKABLE and not hit for (check, _), hit in zip(pairs, precise, strict=True)),
    )


def trust(found: Citations, rates: Rates | None, checker: str, judged: int) -> tuple[str, ...]:
    """Return what a reviewer should know before relying on the verdicts, a sentence a line.

    `rates` may be those of the checker without its judge; `judged` is how many citations the judge settled.
    """
    beyond = checker.removeprefix(f"{rates.checker}, ") if rates and rates.checker != checker else ""
    return (*_shares(found), *(_errors(rates) if rates else [_UNMEASURED]), *([_judge(beyond, judged)] if beyond else []))


def _judge(name: str, judged: int) -> str:
    settled = "no citation" if not judged else "1 citation" if judged == 1 else f"{judged} citations"
    return (
        f"These figures are of the checker without its {name}, which settled {settled} here: how often the judge is wrong has not been "
        "measured; each of its verdicts rests on a quote that stands in the source."
    )


_UNMEASURED = (
    "How often this checker is wrong has not been measured: run `sourcemark bench verify --out rates.json` in the workspace and "
    "check again."
)


def _shares(found: Citations) -> list[str]:
    """Return citation recall and precision, as a range where something is not settled."""
    if not found.sentences:
        return []
    recall = _range(found.supported, found.sentences_open, found.sentences)
    precision = _range(found.precise, found.citations_open, found.citations)
    return [
        f"Citation recall {recall}: {found.supported} of {found.sentences} cited sentences are supported by their sources together, "
        f"{found.sentences_open} could not be settled.",
        f"Citation precision {precision}: {found.precise} of {found.citations} citations support their sentence or are needed for it, "
        f"{found.citations_open} could not be settled.",
    ]


def _range(sure: int, open_: int, count: int) -> str:
    low, high = 100 * sure / count, 100 * (sure + open_) / count
    return f"{low:.0f} %" if not open_ else f"{low:.0f} to {high:.0f} %"


def _errors(rates: Rates) -> list[str]:
    """Return the checker's error rates on the contrast set, whole texts first."""
    half = f"{rates.half.replace('_', '-')} half" if rates.half in {"held_out", "development"} else "both halves"
    missed = _told(_rest(rates.bad_not_supported))
    lines = [
        f"Measured on {rates.pairs} written pairs on {rates.topics} topics ({half} of the contrast set, made hard), the checker "
        f"called {missed} of the unsound citations supported, and flagged {_told(rates.bad_flagged)} of them; the others it left open.",
        f"Of the sound citations it called {_told(rates.sound_supported)} supported and flagged {_told(rates.false_alarms)} wrongly; "
        "the others it left open.",
    ]
    abstract = rates.by_scope.get(Scope.ABSTRACT)
    if abstract:
        flagged, wrongly = _told(abstract["bad_flagged"]), _told(abstract["false_alarms"])
        lines.append(f"Where only an abstract was at hand it flagged {flagged} of the unsound and {wrongly} of the sound ones.")
    return lines


def _rest(rate: Rate) -> Rate:
    return Rate(share=1 - rate.share, low=1 - rate.high, high=1 - rate.low, count=rate.count)


def _told(rate: Rate) -> str:
    return f"{100 * rate.share:.1f} % (95 % interval {100 * rate.low:.1f} to {100 * rate.high:.1f})"
