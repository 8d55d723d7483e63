"""Commands that make something: init, import, run, check, regenerate."""

from __future__ import annotations

import shutil
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.spending import estimate_json, say_estimates, spent
from pipeline.cli.terminal import counts, emit, list_findings, progress, shown, summary, table, verdict_exit
from pipeline.errors import ConfigError, UsageError
from pipeline.records import Severity, Stage, dollars
from pipeline.resources import bundled
from pipeline.settings import FILE, Settings, Workspace

if TYPE_CHECKING:
    from pipeline.run import Outcome, Preview, Run

EXAMPLE = "group-singing"
SETTINGS = """\
# Settings of this workspace; each is also an environment variable SOURCEMARK_<NAME>.
writer = "extractive"        # or "claude", with ANTHROPIC_API_KEY
budget_run = 5               # dollars that one run may spend on models, or "none"; also budget_day, budget_article
gate = "error"               # findings of this severity and above stop publication: info, warning, error, none
fail_on = "error"            # findings of this severity and above make the exit code 1
regenerate_after_days = 90
"""

_REMARKS = 20  # that are printed; all are in import.txt

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


class Level(StrEnum):
    """A severity, or none."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    NONE = "none"


class JudgeWhen(StrEnum):
    """When a model judges a citation."""

    AUTO = "auto"
    NONE = "none"
    UNSURE = "unsure"
    ALL = "all"


class WriterName(StrEnum):
    """Who drafts."""

    EXTRACTIVE = "extractive"
    CLAUDE = "claude"


def init(directory: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to make.")], json: Json = False) -> None:
    """Make a new workspace with the bundled example, ready to run.

    Example: sourcemark init demo
    """
    if (directory / FILE).exists():
        raise UsageError(f"{directory / FILE} is there already: this folder is a workspace")
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise UsageError(f"{directory} is there already and not empty: choose another folder")
    directory.mkdir(parents=True, exist_ok=True)
    shutil.copytree(bundled("sources") / EXAMPLE, directory / "sources" / EXAMPLE)
    (directory / ".gitignore").write_text(".sourcemark/\n", encoding="utf-8")
    (directory / FILE).write_text(SETTINGS, encoding="utf-8")
    if json:
        emit({"workspace": directory, "articles": [EXAMPLE]})
        return
    print(f"made {shown(directory.resolve())} with the article {EXAMPLE}")
    print(f"next: cd {directory} && sourcemark run sources/{EXAMPLE}")


def import_(
    article: Annotated[Path, typer.Argument(metavar="FILE", help="Markdown, HTML, DOCX, or a wiki page saved as text.")],
    to: Annotated[Path | None, typer.Option("--to", help="Folder to make; sources/SLUG in a workspace, else ./SLUG.")] = None,
    json: Json = False,
) -> None:
    """Take over an article that exists: markers in canonical form, its source list as sources.yaml, and an outline.

    What was not understood is printed line by line and kept in import.txt. Nothing is overwritten, fetched or published.

    Example: sourcemark import old-article.html
    """
    from pipeline.importing import take_over, write

    taken = take_over(article)
    folder = to or _home() / taken.slug
    write(taken, folder)
    labels = [sum(bool(sentence.numbers) is cited for sentence in taken.split.sentences) for cited in (True, False)]
    marked = sum(bool(sentence.markers) for sentence in taken.split.sentences)
    if json:
        emit({
            "folder": folder,
            "title": taken.plan.title,
            "sections": len(taken.plan.outline),
            "sentences": {"cited": labels[0], "llm": labels[1], "without_marker": sum(labels) - marked},
            "sources": [source.id for source in taken.sources],
            "remarks": [remark._asdict() for remark in taken.remarks],
        })  # fmt: skip
        return
    told = f"{_many(sum(labels), 'sentence')} ({labels[0]} cited, {labels[1]} LLM, {sum(labels) - marked} of them without marker)"
    print(f"imported “{taken.plan.title}” into {shown(folder.resolve())}")
    print(f"{_many(len(taken.plan.outline), 'section')}, {told}, {_many(len(taken.sources), 'source')}")
    if taken.remarks:
        first = taken.remarks[:_REMARKS]
        table("not understood", ("line", "why", "text"), [(str(item.line or "-"), item.why, item.text) for item in first])
        if len(taken.remarks) > _REMARKS:
            print(f"and {len(taken.remarks) - _REMARKS} more: {shown((folder / 'import.txt').resolve())}")
    print(f"next: sourcemark check {shown((folder / 'article.md').resolve())} --sources {shown(folder.resolve())}")


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"


def _home() -> Path:
    """Return where articles live: the workspace's folder, or this one."""
    try:
        return Workspace.find(Path.cwd()).sources
    except ConfigError as error:
        if "no sourcemark.toml" not in str(error):
            raise
        return Path()


def run(
    folder: Annotated[Path, typer.Argument(metavar="sources/SLUG", help="The article's folder.")],
    until: Annotated[Stage | None, typer.Option("--until", help="Stop after this stage.")] = None,
    since: Annotated[Stage | None, typer.Option("--from", help="Do this stage and all after it again.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen; record nothing.")] = False,
    writer: Annotated[WriterName | None, typer.Option("--writer", help="Who drafts.")] = None,
    judge: Annotated[JudgeWhen | None, typer.Option("--judge", help="When a model judges a citation.")] = None,
    budget: Annotated[str | None, typer.Option("--budget", metavar="DOLLARS", help="The most this run may spend, or none.")] = None,
    batch: Annotated[bool, typer.Option("--batch", help="Nobody waits: judge through batches, at half the price.")] = False,
    fail_on: Annotated[Level | None, typer.Option("--fail-on", help="Exit 1 on findings of this severity and above.")] = None,
    json: Json = False,
) -> None:
    """Run all stages and publish a new version; with nothing changed, do nothing and say so.

    --dry-run says what would change and, with a model, how many calls, tokens and dollars each stage would take. What a model
    answered is kept: a run that is stopped, or ends over budget, goes on where it was and buys nothing twice.

    Example: sourcemark run sources/group-singing --writer claude --dry-run
    """
    from pipeline.ledger import Ledger
    from pipeline.llm.client import Service
    from pipeline.run import Run

    if until and since and list(Stage).index(until) < list(Stage).index(since):
        raise UsageError(f"--until {until} comes before --from {since}")
    workspace = Workspace.find(folder if folder.is_dir() else Path.cwd())
    settings = _with(workspace.settings, writer=writer, judge=judge, fail_on=fail_on, budget_run=budget)
    with Ledger(workspace.ledger) as ledger:
        with progress(folder.name) as step, Service(settings) as service:
            job = Run(workspace, ledger, folder, settings, step, service, waits=not batch)
            if dry_run:
                _say_preview(job, job.preview(since), json)
                return
            outcome = job.go(until=until or Stage.PUBLISH, since=since)
        _say_outcome(workspace, job, outcome, json, spent(ledger, job.article.slug) if settings.models and outcome.new else None)
    if outcome.edition:
        verdict_exit(outcome.edition.findings, settings.fail_on)


def check(
    article: Annotated[Path, typer.Argument(metavar="ARTICLE.md", help="Markdown, or a wiki page saved as text.")],
    sources: Annotated[Path, typer.Option("--sources", help="Folder with sources.yaml and the texts.")],
    out: Annotated[Path | None, typer.Option("--out", help="Write page and reports into this folder.")] = None,
    fail_on: Annotated[Level, typer.Option("--fail-on", help="Exit 1 on findings of this severity and above.")] = Level.ERROR,
    json: Json = False,
) -> None:
    """Audit an article that exists: markers, labels, and what its sources say. Nothing is drafted or published.

    Example: sourcemark check sources/group-singing/planted.md --sources sources/group-singing
    """
    from pipeline.auditing import audit
    from pipeline.stages.publish import rendered, write

    try:
        settings = Workspace.find(sources).settings
    except ConfigError:
        settings = Settings()
    with progress(article.name) as step:
        edition = audit(article, sources, settings, step)
    paths = {}
    if out:
        if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / "report.html").is_file())):
            raise UsageError(f"--out {out}: there already and not a report of ours: choose another folder")
        write(out, rendered(edition, None))
        paths = {"page": out / "index.html", "report": out / "report.html", "provenance": out / "provenance.json"}
    if json:
        findings = [item.model_dump(mode="json", exclude_none=True) for item in edition.findings]
        emit({"article": article, "counts": counts(edition), "findings": findings, "paths": paths})
    else:
        list_findings(edition.findings)
        summary(f"checked {article}", edition, paths)
    verdict_exit(edition.findings, fail_on.value)


def regenerate(
    slug: Annotated[str | None, typer.Argument(help="One article.")] = None,
    due: Annotated[bool, typer.Option("--due", help="Articles whose inputs changed, or older than regenerate_after_days.")] = False,
    all_: Annotated[bool, typer.Option("--all", help="Every article of the workspace.")] = False,
    workers: Annotated[int, typer.Option("--workers", min=1, max=64, help="Articles at the same time.")] = 1,
    json: Json = False,
) -> None:
    """Publish new versions where something changed: age, source, outline, prompt or writer. Safe under cron.

    Sources that were not looked at for `refresh_after_days` are looked at first, as `sources refresh` does. Nobody waits for the
    answers of a model: the judge is asked through batches, at half the price, unless `batches = "never"`.

    Example: sourcemark regenerate --due --json
    """
    from pipeline.ledger import Ledger
    from pipeline.regenerating import regenerate as again

    if sum((slug is not None, due, all_)) != 1:
        raise UsageError("name one article, or say --due, or --all")
    workspace = Workspace.find(Path.cwd())
    names = [slug] if slug else sorted(path.parent.name for path in workspace.sources.glob("*/article.yaml"))
    with Ledger(workspace.ledger) as ledger, progress("regenerate") as step:
        rows = again(workspace, ledger, names, due=due, workers=workers, progress=step)
    if json:
        emit({"articles": [dict(zip(row._fields[:4], row[:4], strict=True)) for row in rows]})
    else:
        table("", ("article", "result", "version", "why"), [row[:4] for row in rows])
    codes = [row.code for row in rows if row.code]
    if codes:
        raise typer.Exit(codes[0])


def _with(settings: Settings, **changed: str | None) -> Settings:
    """Return the settings with what the command line says otherwise."""
    given: dict[str, object] = {name: str(value) for name, value in changed.items() if value is not None}
    if "fail_on" in given and given["fail_on"] != "none":
        given["fail_on"] = Severity(str(given["fail_on"]))
    if given.get("budget_run", "none") != "none":
        given["budget_run"] = _amount(str(given["budget_run"]))
    return settings.model_copy(update=given)


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(text.removeprefix("$"))
    except InvalidOperation:
        amount = Decimal(-1)
    if not (amount.is_finite() and amount >= 0):
        raise UsageError(f"--budget {text}: an amount of dollars, such as 2.50, or none")
    return amount


def _say_preview(job: Run, found: Preview, json: bool) -> None:
    slug, because = job.article.slug, found.because
    if json:
        emit({"slug": slug, "would_publish": bool(because), "because": because, "estimates": estimate_json(found.estimates)})
        return
    print(f"{slug}: would make a new version, because of: {', '.join(because)}" if because else f"{slug}: nothing changed, nothing to do")
    if found.estimates:
        say_estimates(found.estimates, job.settings.budget_run)


def _say_outcome(workspace: Workspace, job: Run, outcome: Outcome, json: bool, cost: tuple[int, int] | None) -> None:
    edition, version = outcome.edition, outcome.version
    folder = workspace.published / job.article.slug / version.number if version else None
    names = {"page": "index.html", "report": "report.html", "provenance": "provenance.json"}
    paths = {name: folder / file for name, file in names.items()} if folder else {}
    if json:
        emit({
            "slug": job.article.slug,
            "version": version.number if version else None,
            "new": outcome.new,
            "because": outcome.because,
            "reached": outcome.reached,
            "counts": counts(edition) if edition else None,
            "model_calls": cost[0] if cost else 0,
            "nano_dollars": cost[1] if cost else 0,
            "paths": paths,
        })  # fmt: skip
        return
    if version and edition:
        news = f"published, because of: {', '.join(outcome.because)}" if outcome.new else "nothing changed, no new version"
        if edition.repairs:
            news += f"; {len(edition.repairs)} repaired"
        summary(f"{job.article.slug} {version.number}: {news}", edition, paths)
        if cost:
            print(f"  models: {cost[0]} calls, {dollars(cost[1])}; `sourcemark costs {job.article.slug} --by stage` has the rest")
    elif edition:
        summary(f"{job.article.slug}: stopped after {outcome.reached}, nothing published", edition, {})
    else:
        print(f"{job.article.slug}: stopped after {outcome.reached}, nothing published")


COMMANDS = (init, import_, run, check, regenerate)
