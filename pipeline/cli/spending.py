"""What models cost: the estimate before a run, the line after it, and the command `costs`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.terminal import emit, table
from pipeline.records import Call, CallState, Usage, dollars
from pipeline.settings import Workspace

if TYPE_CHECKING:
    from pipeline.estimating import Estimate
    from pipeline.ledger import Ledger

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


class By(StrEnum):
    """How calls are summed up."""

    RUN = "run"
    DAY = "day"
    ARTICLE = "article"
    STAGE = "stage"
    MODEL = "model"
    CALL = "call"


def costs(
    slug: Annotated[str | None, typer.Argument(help="One article.")] = None,
    by: Annotated[By, typer.Option("--by", help="What to sum up by; `call` lists each.")] = By.RUN,
    json: Json = False,
) -> None:
    """Say what was asked of models and what it cost: calls, tokens by kind, what came from the service's cache, attempts that failed.

    Example: sourcemark costs group-singing --by stage
    """
    from pipeline.ledger import Ledger
    from pipeline.ledger.calls import total

    with Ledger(Workspace.find(Path.cwd()).ledger) as ledger:
        calls = ledger.calls().calls(slug)
    groups: dict[str, list[Call]] = defaultdict(list)
    for call in calls:
        groups[_group(call, by)].append(call)
    if json:
        rows = [{by.value: name, **_summed(held)} for name, held in groups.items()]
        emit({"article": slug, "nano_dollars": total(calls), "dollars": f"{total(calls) / 1e9:.6f}", f"by_{by.value}": rows})
        return
    if not calls:
        print("no model was asked" + (f" for {slug}" if slug else ""))
        return
    columns = (by.value, "calls", "in", "written", "read", "out", "cost")
    table("", columns, [(name, *_cells(held)) for name, held in groups.items()])
    print(f"{dollars(total(calls))} in all; tokens sent, written to the service's cache, read from it, and answered{_beside(calls)}")


def _group(call: Call, by: By) -> str:
    named = {
        By.RUN: f"{call.slug} {call.run}",
        By.DAY: call.begun_at.date().isoformat(),
        By.ARTICLE: call.slug,
        By.STAGE: call.stage,
        By.MODEL: call.model,
        By.CALL: f"{call.id} {call.slug} {call.purpose}"[:60],
    }
    return named[by]


def _summed(calls: Sequence[Call]) -> dict[str, Any]:
    usage = sum((call.usage for call in calls), Usage())
    return {
        "calls": len(calls),
        "tokens": usage.model_dump(),
        "batched": sum(bool(call.batch) for call in calls),
        **{state.value: sum(call.state is state for call in calls) for state in CallState},
        "unpriced": sum(call.nano is None for call in calls),
        "nano_dollars": sum(call.nano or 0 for call in calls),
    }


def _cells(calls: Sequence[Call]) -> tuple[str, ...]:
    usage = sum((call.usage for call in calls), Usage())
    cost = "unknown" if all(call.nano is None for call in calls) else dollars(sum(call.nano or 0 for call in calls))
    numbers = (len(calls), usage.input, usage.write_5m + usage.write_1h, usage.read, usage.output)
    return (*(f"{number:,}" for number in numbers), cost)


def _beside(calls: Sequence[Call]) -> str:
    """Return what the table does not show, where there is any of it."""
    counted = {
        "batched, at half the price": sum(bool(call.batch) for call in calls),
        "attempts that failed": sum(call.state is CallState.FAILED for call in calls),
        "answers that broke off, and are paid": sum(call.state is CallState.CUT for call in calls),
        "sent and never heard of, counted at the most they could cost": sum(call.state is CallState.BEGUN for call in calls),
        "of models without a known price": sum(call.nano is None for call in calls),
    }
    return "".join(f"; {count} {what}" for what, count in counted.items() if count)


def spent(ledger: Ledger, slug: str) -> tuple[int, int]:
    """Return how many calls the last run of an article made, and what they cost in nano-dollars."""
    calls = ledger.calls().calls(slug)
    last = [call for call in calls if call.run == calls[-1].run] if calls else []
    return len(last), sum(call.nano or 0 for call in last)


def say_estimates(rows: Sequence[Estimate], budget: object) -> None:
    """Print what a run would ask of models and cost."""
    cells = []
    for row in rows:
        sent, said = row.usage.total - row.usage.output, row.usage.output
        cells.append((row.stage.value, row.model, f"{row.calls}", f"{row.known}", f"{sent:,}", f"{said:,}", dollars(row.nano)))
    table("", ("stage", "model", "calls", "answered already", "tokens in", "tokens out", "about"), cells)
    known = dollars(sum(row.nano or 0 for row in rows))
    beside = " and what has no known price" if any(row.nano is None for row in rows) else ""
    print(f"about {known} in all{beside}, what models think apart; budget of one run: {_told(budget)}")


def estimate_json(rows: Sequence[Estimate]) -> list[dict[str, Any]]:
    """Return estimates as `--json` prints them."""
    return [row._asdict() | {"usage": row.usage.model_dump()} for row in rows]


def _told(budget: object) -> str:
    return "none" if budget == "none" else f"${budget}"


COMMANDS = (costs,)
