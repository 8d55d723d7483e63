"""Write `docs/commands.md` from the commands' own help. usage: python benchmarks/commands.py [--check]"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import typer.main

from pipeline.cli import EXIT_CODES, app

PAGE = Path(__file__).parent.parent / "docs" / "commands.md"


def text() -> str:
    """Return the page: exit codes, then every command with its arguments, options and example."""
    group = typer.main.get_command(app)
    parts = ["# Commands", "Made from `--help` by `python benchmarks/commands.py`.", " ".join(EXIT_CODES.split())]
    for name, command in _commands(group):
        context = click.Context(command, info_name=f"sourcemark {name}", terminal_width=100, max_content_width=100)
        parts += [f"## {name}", f"```\n{command.get_help(context).strip()}\n```"]
    return "\n\n".join(parts) + "\n"


def _commands(group: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every command with its full name, those of groups after the group's."""
    for name, command in getattr(group, "commands", {}).items():
        yield f"{above}{name}", command
        yield from _commands(command, f"{above}{name} ")


def main() -> None:
    """Write the page, or with --check fail where it is stale."""
    if "--check" in sys.argv:
        sys.exit(
            0 if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text() else f"{PAGE.name} is stale: python benchmarks/commands.py"
        )
    PAGE.write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    main()
