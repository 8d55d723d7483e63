"""Commands that read what is published: show, report, versions, diff, replay."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.making import Json
from pipeline.cli.terminal import emit, table
from pipeline.records import BlockKind, Edition, Label, Provenance, Verdict
from pipeline.settings import Workspace

if TYPE_CHECKING:
    from pipeline.ledger import Ledger

Named = Annotated[str, typer.Argument(metavar="SLUG[@VERSION]", help="An article, or one version of it.")]
_SIGNS = {
    Verdict.SUPPORTED: ("✓", "green"),
    Verdict.PARTIALLY_SUPPORTED: ("~", "yellow"),
    Verdict.CONTRADICTED: ("✗", "red"),
    Verdict.NOT_SUPPORTED: ("✗", "red"),
    Verdict.NOT_CHECKABLE: ("?", "blue"),
}


class Format(StrEnum):
    """Form of a report."""

    HTML = "html"
    MD = "md"
    JSON = "json"


def _ledger() -> Ledger:
    from pipeline.ledger import Ledger

    return Ledger(Workspace.find(Path.cwd()).ledger)


def show(name: Named, json: Json = False) -> None:
    """Print the article in the terminal, each sentence with its verdict: ✓ supported, ~ partly, ✗ not, ? not checkable.

    Example: sourcemark show group-singing@1.0
    """
    with _ledger() as ledger:
        version = ledger.version(name)
        edition = ledger.edition(version)
    if json:
        emit({"version": version.model_dump(mode="json"), "edition": edition.model_dump(mode="json", exclude_none=True)})
        return
    _print_article(edition, version.number)


def _print_article(edition: Edition, number: str) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    console.print(Text(f"{edition.title}  {number}", "bold"))
    records = {record.sentence_id: record for record in edition.provenance}
    said: dict[int, Text] = {}
    for sentence in edition.sentences:
        text = said.setdefault(sentence.block, Text())
        text.append(f"{sentence.text} ")
        text.append(*_sign(records[sentence.id]))
        text.append(" ")
    for index, block in enumerate(edition.blocks):
        if block.kind is BlockKind.HEADING and block.level > 1:
            console.print(Text(f"\n{edition.markdown[block.start : block.end]}", "bold"))
        elif index in said:
            lead = {
                **dict.fromkeys((kind for kind in BlockKind if kind.is_item), "• "),
                BlockKind.TABLE_CELL: f"{block.row} · {block.column}: ",
                BlockKind.CALLOUT: "│ ",
            }
            gap = "" if block.kind.is_item or block.kind is BlockKind.TABLE_CELL else "\n"
            console.print(Text(gap + lead.get(block.kind, "")) + said[index])
    for place, (source, fetched) in enumerate(zip(edition.sources, edition.fetched, strict=True), 1):
        console.print(Text(f"[{place}] {source.reference} ({fetched.scope.value.replace('_', ' ')})"))


def _sign(record: Provenance) -> tuple[str, str]:
    if record.label is Label.LLM or record.verdict is None:
        return "[LLM]", "dim"
    sign, colour = _SIGNS[record.verdict]
    return "".join(f"[{number}]" for number in record.numbers) + sign, colour


def report(
    name: Named,
    form: Annotated[Format, typer.Option("--format", help="Form of the report.")] = Format.MD,
    json: Json = False,
) -> None:
    """Print the verification report of a version.

    Example: sourcemark report group-singing --format html > report.html
    """
    from pipeline.exports.report import report as made
    from pipeline.exports.report import report_html, report_markdown

    with _ledger() as ledger:
        version = ledger.version(name)
        told = made(ledger.edition(version), version)
    if json or form is Format.JSON:
        print(told.model_dump_json(indent=2))
    else:
        print(report_html(told) if form is Format.HTML else report_markdown(told))


def versions(slug: Annotated[str, typer.Argument(help="An article.")], json: Json = False) -> None:
    """List the versions of an article, and why each was made.

    Example: sourcemark versions group-singing
    """
    with _ledger() as ledger:
        ledger.version(slug)
        found = ledger.versions(slug)
    if json:
        emit({"versions": [version.model_dump(mode="json") for version in found]})
        return
    rows = [(v.number, f"{v.published_at:%Y-%m-%d %H:%M} UTC", ", ".join(v.because)) for v in found]
    table("", ("version", "published", "because of"), rows)


def diff(
    slug: Annotated[str, typer.Argument(help="An article.")],
    old: Annotated[str, typer.Argument(help="Earlier version.")],
    new: Annotated[str, typer.Argument(help="Later version.")],
    json: Json = False,
) -> None:
    """Compare two versions, by sentence and by verdict.

    Example: sourcemark diff group-singing 1.0 1.1
    """
    from pipeline.versions import diff as compared

    with _ledger() as ledger:
        before, after = (ledger.edition(ledger.version(f"{slug}@{number}")) for number in (old, new))
    found = compared(slug, old, new, before, after)
    if json:
        emit(found.model_dump(mode="json"))
        return
    print(f"{slug} {old} → {new}: {len(found.changes)} changes, {found.kept} sentences the same")
    for change in found.changes:
        verdicts = " → ".join(word for word in (change.verdict_before, change.verdict_after) if word)
        print(f"\n{change.kind}  {verdicts}")
        for sign, text in (("-", change.before), ("+", change.after)):
            if text and not (sign == "-" and change.before == change.after):
                print(f"  {sign} {text}")


def replay(name: Named, json: Json = False) -> None:
    """Verify a version again from its snapshots alone, without network or key; exit 1 if any verdict differs.

    Example: sourcemark replay group-singing@1.0
    """
    from pipeline.replaying import replay as again

    workspace = Workspace.find(Path.cwd())
    with _ledger() as ledger:
        version = ledger.version(name)
        found = again(ledger, version, workspace.settings.support)
        count = len(ledger.edition(version).sentences)
    if json:
        emit(
            {
                "slug": version.slug,
                "version": version.number,
                "sentences": count,
                "differences": [item._asdict() for item in found],
            }
        )
    else:
        for item in found:
            print(f"{item.recorded} → {item.replayed}: {item.sentence}")
        print(f"{version.slug} {version.number}: {count} sentences verified again, {len(found)} differ")
    if found:
        raise typer.Exit(1)


COMMANDS = (show, report, versions, diff, replay)
