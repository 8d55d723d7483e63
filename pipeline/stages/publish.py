"""Publish: the gate, the version number, and the files of a version."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from pipeline.errors import GateError
from pipeline.ledger.blobs import write_whole
from pipeline.records import Edition, Finding, Severity, Version

FILES = ("article.md", "index.html", "article.json", "provenance.json", "report.html", "report.json", "report.md")


def gate(findings: Iterable[Finding], level: Severity | str) -> None:
    """Raise GateError where a finding reaches the level; it names the findings by id."""
    if level == "none":
        return
    held = [item for item in findings if item.severity.rank >= Severity(level).rank]
    if held:
        names = ", ".join(item.id for item in held[:5]) + (" …" if len(held) > 5 else "")
        raise GateError(f"{len(held)} finding{'s' * (len(held) > 1)} at or above `{level}`, nothing published: {names}")


def next_number(versions: Sequence[Version]) -> str:
    """Return 1.0, then 1.1, 1.2 and so on."""
    if not versions:
        return "1.0"
    major, minor = versions[-1].number.split(".")
    return f"{major}.{int(minor) + 1}"


def rendered(edition: Edition, version: Version | None) -> dict[str, str]:
    """Return the files of a version, by name."""
    from pipeline.exports.page import page
    from pipeline.exports.provenance import article_json, provenance_json
    from pipeline.exports.report import report, report_html, report_markdown

    told = report(edition, version)
    texts = (
        edition.markdown,
        page(edition, version),
        article_json(edition, version),
        provenance_json(edition, version),
        report_html(told),
        told.model_dump_json(indent=2) + "\n",
        report_markdown(told),
    )
    return dict(zip(FILES, texts, strict=True))


def write(folder: Path, files: dict[str, str]) -> None:
    """Write a folder whole: it is there complete or not at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".part-"))
    try:
        for name, text in files.items():
            write_whole(made / name, text.encode("utf-8", "surrogatepass"))
        made.chmod(0o755)
        if folder.exists():
            shutil.rmtree(folder)
        made.replace(folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)
