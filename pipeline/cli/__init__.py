"""The command line: commands grouped by what they do, and the one place that prints."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline import __version__
from pipeline.cli import bench, making, reading, sources, spending, tools
from pipeline.cli.terminal import guarded

EXIT_CODES = """
Exit codes: 0 clean · 1 findings at or above the chosen severity, or a replay that differs · 2 wrong use ·
3 a settings, article or sources file is wrong · 4 other error · 5 a source cannot be read · 6 ledger, or no such version ·
7 another run holds the article · 8 the model's service · 9 an optional part is missing · 10 over budget · 130 interrupted
"""

app = typer.Typer(
    name="sourcemark",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="Articles in which every sentence shows where it came from, checked against the fetched text of its source.\n\n"
    "Example: sourcemark init demo && cd demo && sourcemark run sources/group-singing",
    epilog=" ".join(EXIT_CODES.split()),
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"sourcemark {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")] = False,
) -> None: ...


for module in (making, reading, spending, tools):
    for command in module.COMMANDS:
        app.command(command.__name__.strip("_"))(command)  # `import` is a word of Python

for name, (told, commands) in (sources.GROUPS | bench.GROUPS).items():
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help=told)
    for verb, function in commands.items():
        group.command(verb)(function)
    app.add_typer(group, name=name)


def run() -> None:
    """Run the command line; every error of ours becomes one line and its exit code."""
    guarded(app)
