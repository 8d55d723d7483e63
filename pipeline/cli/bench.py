"""Commands that measure the checker: bench verify."""

from __future__ import annotations

from enum import StrEnum
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.making import Json
from pipeline.cli.sources import Group
from pipeline.cli.terminal import emit, progress, table
from pipeline.errors import ConfigError
from pipeline.settings import Settings, Workspace

if TYPE_CHECKING:
    from pipeline.checking.contrast import Outcome
    from pipeline.records import Rate, Rates


class Half(StrEnum):
    """A half of the contrast set, by topics."""

    HELD_OUT = "held_out"
    DEVELOPMENT = "development"
    ALL = "all"


def verify(
    half: Annotated[Half, typer.Option(help="Which topics.")] = Half.HELD_OUT,
    support: Annotated[str, typer.Option(help="Support model: sourcemark, none, hf:NAME. As the settings say if not given.")] = "",
    judged: Annotated[bool, typer.Option("--judged", help="Let a judge that answers rightly settle what is left open.")] = False,
    out: Annotated[
        Path | None, typer.Option(help="Write the rates to a JSON file; `rates.json` in a workspace is quoted by reports.")
    ] = None,
    json: Json = False,
) -> None:
    """Run the checker on the contrast set that ships with it, and print how often it is wrong, with intervals.

    Example: sourcemark bench verify --out rates.json
    """
    from pipeline.checking import contrast
    from pipeline.checking.checker import checker
    from pipeline.records import Scope, Stage

    chosen = contrast.pairs(half.value)
    by = checker(support or _set())
    if judged:
        by = by._replace(judge=contrast.right(chosen))
    done = count(1)
    with progress("bench") as step:

        def tick() -> None:
            step(Stage.VERIFY, f"pair {next(done)} of {2 * len(chosen)}")

        full = contrast.run(by, chosen, tick)
        abstract = contrast.run(by, chosen, tick, Scope.ABSTRACT)
    found = contrast.rates(by, half.value, full, abstract)
    if out:
        out.write_text(found.model_dump_json(indent=2) + "\n", encoding="utf-8")
    if json:
        emit(found.model_dump(mode="json") | {"curve": [point._asdict() for point in contrast.curve(full)]})
    else:
        _print(found, full)


def _set() -> str:
    """Return the support model of the workspace, or the default outside of one."""
    try:
        return Workspace.find(Path.cwd()).settings.support
    except ConfigError:
        return Settings().support


def _print(found: Rates, outcomes: list[Outcome]) -> None:
    from pipeline.checking.contrast import SOUND, curve
    from pipeline.records import Verdict

    rows = [
        (kind.replace("_", " "), "sound" if kind in SOUND else "unsound", *(str(counts[verdict.value]) for verdict in Verdict))
        for kind, counts in found.by_kind.items()
    ]
    title = f"{found.checker}: {found.pairs} pairs on {found.topics} topics ({found.half.replace('_', '-')} half)"
    table(title, ("kind", "", *(verdict.value.replace("_", " ") for verdict in Verdict)), rows)
    for told, rate in (
        ("unsound, not called supported", found.bad_not_supported),
        ("  of number, unit, negation, direction", found.flips_not_supported),
        ("unsound, flagged (recall of bad citations)", found.bad_flagged),
        ("sound, flagged (false alarms)", found.false_alarms),
        ("sound, called contradicted", found.sound_contradicted),
        ("sound, called supported", found.sound_supported),
    ):
        print(f"{told:<44} {_percent(rate)}")
    points = [(f"{p:.2f}", *(f"{100 * value:.1f} %" for value in shares)) for p, *shares in curve(outcomes)]
    table(
        "\nCalled supported, if the support model settled claims from another probability on", ("from", "sound", "unsound", "flips"), points
    )


def _percent(rate: Rate) -> str:
    return f"{100 * rate.share:5.1f} %  (95 %: {100 * rate.low:.1f} to {100 * rate.high:.1f}, n = {rate.count})"


GROUPS: dict[str, Group] = {"bench": ("Measure the program on data that ships with it.", {"verify": verify})}
