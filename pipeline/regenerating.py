"""New versions of many articles where something changed, several at the same time over one connection."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from pipeline.errors import SourcemarkError
from pipeline.ledger import Ledger
from pipeline.llm.client import Service
from pipeline.records import Stage
from pipeline.refreshing import refresh
from pipeline.run import Run
from pipeline.settings import Workspace


class Row(NamedTuple):
    """What became of one article."""

    slug: str
    result: str
    """`published`, `unchanged` or `failed`."""
    version: str
    why: str
    code: int = 0
    """Exit code of its error, or 0."""


def regenerate(
    workspace: Workspace,
    ledger: Ledger,
    names: Sequence[str],
    *,
    due: bool = False,
    workers: int = 1,
    progress: Callable[[Stage, str], None] = lambda stage, step: None,
) -> list[Row]:
    """Run articles, in the order of the names; the error of one is its row, and the others go on. `due` also renews what is old."""
    with Service(workspace.settings) as service, ThreadPoolExecutor(workers) as pool:
        asked = [pool.submit(_one, workspace, ledger, service, name, due, progress) for name in names]
        try:
            return [item.result() for item in asked]
        except BaseException:  # Ctrl-C: what has not begun is not begun
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _one(workspace: Workspace, ledger: Ledger, service: Service, name: str, due: bool, progress: Callable[[Stage, str], None]) -> Row:
    def step(stage: Stage, what: str) -> None:
        progress(stage, f"{name} {what}")

    try:
        job = Run(workspace, ledger, workspace.sources / name, progress=step, service=service, waits=False)
        latest = next(reversed(ledger.versions(name)), None)
        age = (dt.datetime.now(dt.UTC) - latest.published_at).days if latest else 0
        old = due and latest is not None and age >= workspace.settings.regenerate_after_days
        if job.settings.network:
            with ledger.lock(name):
                refresh(job, lambda what: step(Stage.FETCH, what), older_than=dt.timedelta(days=job.settings.refresh_after_days))
        outcome = job.go(since=Stage.FETCH if old else None)
    except SourcemarkError as error:
        return Row(name, "failed", "", str(error), error.exit_code)
    number = outcome.version.number if outcome.version else ""
    if not outcome.new:
        return Row(name, "unchanged", number, "same inputs, same result" if old else "nothing changed")
    return Row(name, "published", number, ", ".join(outcome.because))
