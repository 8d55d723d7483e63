"""Commands about the program itself: schema, doctor."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from pipeline import __version__
from pipeline.cli.making import Json
from pipeline.cli.terminal import emit, table
from pipeline.errors import ConfigError, SourcemarkError
from pipeline.settings import Settings, Workspace

_LEAST_FREE = 500_000_000  # bytes; below this, doctor says so


def schema(
    folder: Annotated[Path, typer.Option("--out", help="Folder to write into.")] = Path("schemas"),
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 where a file is missing or stale.")] = False,
    json: Json = False,
) -> None:
    """Write the JSON Schema of every record that leaves the program.

    Example: sourcemark schema --check
    """
    from pipeline.exports.schemas import schemas
    from pipeline.ledger.blobs import write_whole

    stale = []
    for name, text in schemas().items():
        path = folder / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if not check:
                write_whole(path, text.encode())
    if json:
        emit({"folder": folder, "stale" if check else "written": stale})
    else:
        print(f"{folder}: {'stale' if check else 'written'}: {', '.join(stale)}" if stale else f"{folder}: up to date")
    if check and stale:
        raise typer.Exit(1)


def doctor(
    service: Annotated[bool, typer.Option("--service", help="Also try what the model's service can do: a few small calls.")] = False,
    json: Json = False,
) -> None:
    """Say what works here: Python, packages, key, network, ledger, disk. Exit 1 where something needed is broken.

    --service asks the service at ANTHROPIC_BASE_URL for citations, structured output, token counting and batches.

    Example: sourcemark doctor --service
    """
    rows = [_python(), *_packages(), _key(), *(_service() if service else ()), _network(), _providers(), *_workspace(), _disk()]
    if json:
        emit({"checks": [dict(zip(("what", "state", "detail"), row, strict=True)) for row in rows]})
    else:
        table("", ("what", "state", "detail"), rows)
    if any(state == "broken" for _, state, _ in rows):
        raise typer.Exit(1)


Row = tuple[str, str, str]


def _python() -> Row:
    return "sourcemark", "ok", f"{__version__} on Python {sys.version.split()[0]}"


def _packages() -> list[Row]:
    rows = []
    for name, purpose in (
        ("spacy", "sentences"),
        ("trafilatura", "HTML"),
        ("pypdfium2", "PDF"),
        ("lxml", "JATS"),
        ("anthropic", "Claude writer"),
    ):
        try:
            rows.append((name, "ok", f"{importlib.metadata.version(name)}, {purpose}"))
        except importlib.metadata.PackageNotFoundError:
            rows.append((name, "broken", f"not installed, {purpose}: pip install {name}"))
    return [*rows, _word()]


def _word() -> Row:
    try:
        return "mammoth", "ok", f"{importlib.metadata.version('mammoth')}, import of Word documents"
    except importlib.metadata.PackageNotFoundError:
        instead = "pandoc is there" if shutil.which("pandoc") else "pip install 'sourcemark[docx]'"
        return "mammoth", "none", f"not installed, import of Word documents: {instead}"


def _key() -> Row:
    if os.environ.get("ANTHROPIC_API_KEY"):
        where = os.environ.get("ANTHROPIC_BASE_URL", "the default address")
        return "key", "ok", f"ANTHROPIC_API_KEY is set, for {where}; not tried, a call costs money"
    return "key", "none", "no ANTHROPIC_API_KEY: the extractive writer works, the Claude writer does not"


def _service() -> list[Row]:
    """Try the service; `no` is an answer, `broken` is none."""
    from pipeline.llm.features import features

    try:
        return [(f"service: {item.name}", item.state, item.detail) for item in features(_settings())]
    except SourcemarkError as error:
        return [("service", "broken", str(error))]


def _settings() -> Settings:
    try:
        return Workspace.find(Path.cwd()).settings
    except ConfigError:
        return Settings()


def _network() -> Row:
    settings = _settings()
    if not settings.network:
        return "network", "off", "network = false: only files are read"
    who = settings.contact or "no `contact` e-mail set: Unpaywall is not asked"
    loopback = "; addresses of this machine may be fetched" if settings.allow_loopback else ""
    return "network", "on", f"the open web, not tried; {who}{loopback}"


def _providers() -> Row:
    from pipeline.fetching.resolve import installed

    try:
        return "providers", "ok", ", ".join(provider.name for provider in installed())
    except ConfigError as error:
        return "providers", "broken", str(error)


def _workspace() -> list[Row]:
    from pipeline.ledger import Ledger

    try:
        workspace = Workspace.find(Path.cwd())
    except ConfigError as error:
        return [("workspace", "none" if "no sourcemark.toml" in str(error) else "broken", str(error))]
    try:
        with Ledger(workspace.ledger) as ledger:
            slugs = ledger.slugs()
    except SourcemarkError as error:
        return [("workspace", "ok", str(workspace.root)), ("ledger", "broken", str(error))]
    return [("workspace", "ok", str(workspace.root)), ("ledger", "ok", f"{len(slugs)} published articles")]


def _disk() -> Row:
    free = shutil.disk_usage(Path.cwd()).free
    return "disk", "ok" if free > _LEAST_FREE else "broken", f"{free / 1e9:.1f} GB free"


COMMANDS = (schema, doctor)
