"""How things are said in a terminal: one line an error, progress on what takes long, tables, or one JSON object."""

from __future__ import annotations

import io
import json
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

from pipeline.errors import SourcemarkError
from pipeline.records import Edition, Finding, Label, Severity, Stage, Verdict

_INTERRUPTED = 130
_PATIENCE = 1.0  # seconds without a word before progress is shown


def guarded(app: Callable[[], Any]) -> None:
    """Run the app; errors of ours go to standard error as one line, and become the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal without UTF-8 gets `?`, not an error
            stream.reconfigure(errors="replace")
    try:
        app()
    except SourcemarkError as error:
        print(f"sourcemark: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(error.exit_code)
    except SystemExit as end:  # the command line's library turns Ctrl-C into this code, and says nothing
        if end.code == _INTERRUPTED:
            print(
                "sourcemark: interrupted; what was finished and what models answered is kept, run the same command to go on",
                file=sys.stderr,
            )
        raise
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        print(f"sourcemark: {error.filename or 'system'}: {error.strerror or error}", file=sys.stderr)
        sys.exit(4)


def emit(data: object) -> None:
    """Print one JSON object."""
    print(json.dumps(data, ensure_ascii=False, indent=2, default=str))


def table(title: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """Print a table."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    made = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for index, column in enumerate(columns):
        number = bool(rows) and all(re.fullmatch(r"\$?[\d,.]+", row[index]) for row in rows)
        made.add_column(column, justify="right" if number else "left", no_wrap=number)
    for row in rows:
        made.add_row(*(Text(cell) for cell in row))
    Console().print(made)


@contextmanager
def progress(label: str) -> Iterator[Callable[[Stage, str], None]]:
    """Show stage and step on standard error once a second has passed; a line a stage where it is no terminal."""
    started = time.monotonic()
    last = [""]
    terminal = sys.stderr.isatty()

    def step(stage: Stage, what: str) -> None:
        if time.monotonic() - started < _PATIENCE:
            return
        if terminal:
            print(f"\r\033[K{label}: {stage} {what[:60]}", end="", file=sys.stderr, flush=True)
        elif stage.value != last[0]:
            print(f"{label}: {stage}", file=sys.stderr, flush=True)
        last[0] = stage.value

    try:
        yield step
    finally:
        if terminal and last[0]:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def counts(edition: Edition) -> dict[str, int]:
    """Return how many sentences have which label and verdict, and how many findings there are."""
    labels = [record.label for record in edition.provenance]
    verdicts = [record.verdict for record in edition.provenance]
    return {
        "sentences": len(labels),
        "cited": labels.count(Label.CITED),
        "llm": labels.count(Label.LLM),
        **{verdict.value: verdicts.count(verdict) for verdict in Verdict},
        "findings": len(edition.findings),
        **{f"findings_{severity.value}": sum(item.severity is severity for item in edition.findings) for severity in Severity},
    }


def summary(title: str, edition: Edition, paths: dict[str, Path]) -> None:
    """Print the short table at the end of a run: counts, then paths."""
    counted = counts(edition)
    severities = ", ".join(f"{counted[f'findings_{s.value}']} {s.value}" for s in reversed(Severity))
    rows = [
        ("sentences", str(counted["sentences"])),
        ("  cited", str(counted["cited"])),
        ("    supported", str(counted["supported"])),
        ("    partially supported", str(counted["partially_supported"])),
        ("    contradicted", str(counted["contradicted"])),
        ("    not supported", str(counted["not_supported"])),
        ("    not checkable", str(counted["not_checkable"])),
        ("  LLM", str(counted["llm"])),
        ("findings", f"{counted['findings']} ({severities})"),
        *((name, shown(path)) for name, path in paths.items()),
    ]
    width = max(len(name) for name, _ in rows)
    print(title)
    for name, value in rows:
        print(f"  {name:<{width}}  {value}")


def shown(path: Path) -> str:
    """Return a path as short as it can be written from here."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def list_findings(findings: tuple[Finding, ...], least: Severity = Severity.INFO) -> None:
    """Print findings, the gravest first, a line each."""
    for item in sorted(findings, key=lambda item: -item.severity.rank):
        if item.severity.rank >= least.rank:
            print(f"{item.severity.value:<7}  {item.rule:<17} {' '.join(item.message.split())}  ({item.id})")


def verdict_exit(findings: tuple[Finding, ...], fail_on: Severity | str) -> None:
    """Exit with 1 where a finding reaches the chosen severity."""
    if fail_on != "none" and any(item.severity.rank >= Severity(fail_on).rank for item in findings):
        raise typer.Exit(1)
