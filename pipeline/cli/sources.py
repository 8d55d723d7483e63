"""Commands about sources: where their texts may be had, whether they still stand, and what people add to them."""

from __future__ import annotations

import datetime as dt
import getpass
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from pipeline.cli.making import Json
from pipeline.cli.terminal import emit, progress, shown, table
from pipeline.errors import NotFound, UsageError
from pipeline.records import Scope, Source, Stage
from pipeline.settings import MEGABYTE, Workspace

if TYPE_CHECKING:
    from pipeline.fetching.providers import Candidate
    from pipeline.ledger import Ledger

Slug = Annotated[str, typer.Argument(metavar="SLUG", help="The article.")]
SourceId = Annotated[str, typer.Argument(metavar="ID", help="The source's id in sources.yaml.")]
By = Annotated[str, typer.Option("--by", help="Who says so; your login name where it is not given.")]


def resolve(
    slug: Slug,
    source_id: Annotated[str | None, typer.Argument(metavar="[ID]", help="One source; all of the article where it is not given.")] = None,
    json: Json = False,
) -> None:
    """Ask the providers where the texts may be had, and print the addresses in the order in which they would be tried.

    Nothing is fetched or recorded.

    Example: sourcemark sources resolve group-singing
    """
    from pipeline.fetching.acquire import address
    from pipeline.fetching.client import Client
    from pipeline.fetching.resolve import Resolver, installed

    workspace = Workspace.find(Path.cwd())
    chosen = _sources(workspace, slug, source_id)
    _online(workspace)
    client = Client(workspace.settings)
    resolver = Resolver(client, installed(workspace.settings.providers))
    found = []
    with progress(slug) as step:
        for source in chosen:
            found.append((source, resolver.resolve(source, lambda what, of=source.id: step(Stage.FETCH, f"{of}: {what}"))))  # type: ignore[misc]
    if json:
        emit({"sources": [
            {
                "id": source.id,
                "found": {name: value for name, value in item.work._asdict().items() if isinstance(value, str)},
                "candidates": [{"provider": name, **_told(candidate)} for name, candidate in item.ranked],
                "could_not_ask": [attempt.model_dump(mode="json") for attempt in item.unasked],
            }
            for source, item in found
        ]})  # fmt: skip
        return
    for source, item in found:
        print(f"{source.id}: {source.title}")
        for number, (name, one) in enumerate(item.ranked, 1):
            told = [one.scope.value.replace("_", " "), one.form, one.version, one.licence or "licence unknown", f"by {name}"]
            print(f"  {number:>2}. {address(one)}\n      {', '.join(told)}")
        if not item.ranked:
            print(f"  nothing found; asked {', '.join(item.asked) or 'nobody'}")
        for attempt in item.unasked:
            print(f"  could not ask {attempt.provider}: {attempt.detail}")


def _told(candidate: Candidate) -> dict[str, object]:
    from pipeline.fetching.acquire import address

    made = candidate._asdict()
    return {"url": address(candidate), **{name: made[name] for name in ("scope", "form", "version", "licence")}}


def refresh(
    slug: Annotated[str | None, typer.Argument(metavar="[SLUG]", help="One article; all of the workspace where it is not given.")] = None,
    json: Json = False,
) -> None:
    """Look at every source again: conditional requests, drift of quoted passages, retractions and corrections.

    Only a quote that has moved or gone, or a notice, makes the next run check an article again. Exit 1 where a source is
    retracted, under an expression of concern, drifted or dead.

    Example: sourcemark sources refresh group-singing
    """
    from pipeline.ledger import Ledger
    from pipeline.refreshing import changed, refresh
    from pipeline.run import Run

    workspace = Workspace.find(Path.cwd())
    names = [slug] if slug else sorted(path.parent.name for path in workspace.sources.glob("*/sources.yaml"))
    _online(workspace)
    looks = []
    with Ledger(workspace.ledger) as ledger:
        for name in names:
            with progress(name) as step, ledger.lock(name):
                run = Run(workspace, ledger, workspace.sources / name)
                looks += [(name, look) for look in refresh(run, lambda what: step(Stage.FETCH, what))]
    if json:
        emit(
            {
                "sources": [
                    {"slug": name, **look.standing.model_dump(mode="json"), "new_snapshot": look.new_snapshot} for name, look in looks
                ]
            }
        )
    elif not looks:
        print("nothing to look at: no source has a DOI or was fetched from the web")
    else:
        rows = []
        for name, look in looks:
            item = look.standing
            notices = ", ".join(f"{notice.label} {notice.DOI}" for notice in item.notices)
            told = "; ".join(part for part in (notices, item.detail, "new snapshot taken" if look.new_snapshot else "") if part)
            rows.append(
                (
                    name,
                    look.source.id,
                    item.currency.value,
                    (item.drift.value if item.drift else item.why_not or "").replace("_", " "),
                    told,
                )
            )
        table("", ("article", "source", "standing", "text", "what was found"), rows)
    if changed(look for _, look in looks):
        raise typer.Exit(1)


def show(slug: Slug, json: Json = False) -> None:
    """List the sources of an article: how much text is at hand, where it came from, and how the source stands.

    Example: sourcemark sources list group-singing
    """
    from pipeline.ledger import Ledger

    workspace = Workspace.find(Path.cwd())
    chosen = _sources(workspace, slug, None)
    with Ledger(workspace.ledger) as ledger:
        rows = [_row(ledger, slug, source) for source in chosen]
    if json:
        emit({"sources": [row._asdict() for row in rows]})
        return
    width = max(len(row.id) for row in rows)
    for row in rows:
        print(f"{row.id:<{width}}  {row.holds:<14}  {row.standing:<9}  {row.date}")
        if row.where:
            print(f"{'':<{width}}  {row.where}")


class _Row(NamedTuple):
    """A source as it is listed."""

    id: str
    holds: str
    standing: str
    date: str
    where: str


def _row(ledger: Ledger, slug: str, source: Source) -> _Row:
    from pipeline.stages.fetch import fetch_key

    log = ledger.sources(slug)
    look = log.standing(source.id)
    standing = look.currency.value if look else "unchecked"
    statement = log.statement(source.id)
    if statement and statement.given:
        return _Row(source.id, statement.scope.value, standing, f"{statement.at:%Y-%m-%d}", f"{statement.what}, by {statement.by}")
    noted = log.fetched(fetch_key(source))
    if not noted:
        return _Row(source.id, source.scope.value if source.text else "none yet", standing, "", source.text or "")
    snapshot, why = noted.fetched.snapshot, noted.fetched.why_not
    if not snapshot:
        return _Row(source.id, (why or "none").replace("_", " "), standing, f"{noted.at:%Y-%m-%d}", noted.fetched.detail)
    return _Row(source.id, snapshot.scope.value, standing, f"{snapshot.fetched_at:%Y-%m-%d}", snapshot.origin)


def export(
    slug: Slug,
    warc: Annotated[Path, typer.Option("--warc", help="File to write, for example sources.warc.gz.")],
    private: Annotated[bool, typer.Option("--private", help="Include the texts that people gave, which are not for publication.")] = False,
    json: Json = False,
) -> None:
    """Write the snapshots behind the latest version as WARC: what was received, its headers, and the derived text.

    Example: sourcemark sources export group-singing --warc group-singing.warc.gz
    """
    from pipeline.exports.warc import write_warc
    from pipeline.ledger import Ledger

    workspace = Workspace.find(Path.cwd())
    if warc.exists():
        raise UsageError(f"{warc} is there already: choose another name")
    with Ledger(workspace.ledger) as ledger:
        edition = ledger.edition(ledger.version(slug))
        kept = [item.snapshot for item in edition.fetched if item.snapshot and (private or not item.snapshot.private)]
        part = warc.with_name(f".{warc.name}.part")
        try:
            with part.open("wb") as out:
                count = write_warc(out, kept, ledger.blobs.get)
            part.replace(warc)
        finally:
            part.unlink(missing_ok=True)
    left = sum(item.snapshot is not None for item in edition.fetched) - len(kept)
    if json:
        emit({"file": warc, "snapshots": len(kept), "records": count, "left_out": left})
    else:
        print(f"{shown(warc.resolve())}: {len(kept)} snapshots, {count} records" + (f"; {left} private texts left out" if left else ""))


def add_text(
    slug: Slug,
    source_id: SourceId,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="PDF, HTML, JATS, transcript or text.")],
    by: By = "",
    part: Annotated[bool, typer.Option("--part", help="The file holds only a part of the work.")] = False,
    json: Json = False,
) -> None:
    """Give the text of a source that you own. It stays in the private ledger; reports show short quotes of it only.

    Example: sourcemark source add-text group-singing handbook chapter-4.pdf --by "Ann Lee"
    """
    from pipeline.fetching.client import read_regular
    from pipeline.fetching.sandbox import Sandbox
    from pipeline.records import Statement

    workspace = Workspace.find(Path.cwd())
    source = _sources(workspace, slug, source_id)[0]
    data = read_regular(file, str(file), int(workspace.settings.max_source_mb * MEGABYTE))
    with Sandbox(1) as sandbox:
        extracted = sandbox.extract(data, file.name)
    with _ledger(workspace) as ledger, ledger.lock(slug):
        statement = Statement(
            source_id=source.id,
            by=by or getpass.getuser(),
            at=_now(),
            file=file.name,
            bytes_sha256=ledger.blobs.put(data),
            scope=Scope.EXCERPT if part else Scope.FULL_TEXT,
        )
        ledger.sources(slug).state(statement)
    if json:
        emit({"slug": slug, "source": source.id, "characters": len(extracted.text), "by": statement.by})
        return
    print(f"{source.id}: {len(extracted.text):,} characters of {extracted.media_type}, given by {statement.by}; kept in the private ledger")
    print(f"next: sourcemark run sources/{slug}    undo: sourcemark source drop {slug} {source.id}")


def add_quote(
    slug: Slug,
    source_id: SourceId,
    text: Annotated[str, typer.Argument(metavar="QUOTE", help="The passage, word for word.")],
    page: Annotated[str, typer.Option("--page", help="The printed page it stands on.")] = "",
    by: By = "",
    json: Json = False,
) -> None:
    """Type a passage from your own copy of a source. It is recorded as your statement, and is shown as that.

    Example: sourcemark source add-quote group-singing handbook "Choirs that meet weekly keep their members." --page 41 --by "Ann Lee"
    """
    from pipeline.records import Quote, Statement

    workspace = Workspace.find(Path.cwd())
    source = _sources(workspace, slug, source_id)[0]
    if len(text.split()) < 4:
        raise UsageError("a quote of fewer than four words states nothing that could be checked")
    with _ledger(workspace) as ledger, ledger.lock(slug):
        log = ledger.sources(slug)
        before = log.statement(source.id)
        if before and before.bytes_sha256:
            raise UsageError(f"{source.id}: its text was given as {before.file}; quotes are for sources of which there is no text")
        quotes = (*(before.quotes if before else ()), Quote(text=" ".join(text.split()), page=page))
        statement = Statement(source_id=source.id, by=by or getpass.getuser(), at=_now(), scope=Scope.EXCERPT, quotes=quotes)
        log.state(statement)
    if json:
        emit({"slug": slug, "source": source.id, "quotes": len(quotes), "by": statement.by})
    else:
        print(f"{source.id}: {len(quotes)} typed, the last by {statement.by}; undo all: sourcemark source drop {slug} {source.id}")


def drop(slug: Slug, source_id: SourceId, by: By = "", json: Json = False) -> None:
    """Withdraw the text or the quotes that were given for a source. Published versions keep what they rest on.

    Example: sourcemark source drop group-singing handbook
    """
    from pipeline.records import Statement

    workspace = Workspace.find(Path.cwd())
    source = _sources(workspace, slug, source_id)[0]
    with _ledger(workspace) as ledger, ledger.lock(slug):
        log = ledger.sources(slug)
        before = log.statement(source.id)
        if not before or not before.given:
            raise NotFound(f"{source.id}: no text or quote was given")
        log.state(Statement(source_id=source.id, by=by or getpass.getuser(), at=_now()))
    if json:
        emit({"slug": slug, "source": source.id, "withdrawn": before.what})
    else:
        print(f"{source.id}: withdrawn: {before.what}, given by {before.by}")


def _ledger(workspace: Workspace) -> Ledger:
    from pipeline.ledger import Ledger

    return Ledger(workspace.ledger)


def _online(workspace: Workspace) -> None:
    if not workspace.settings.network:
        raise UsageError("the network is switched off: network = false in sourcemark.toml, or SOURCEMARK_NETWORK")


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(microsecond=0)


def _sources(workspace: Workspace, slug: str, source_id: str | None) -> list[Source]:
    """Return the sources of an article, or the one named; NotFound says which there are."""
    from pipeline import articles

    folder = workspace.sources / slug
    if not (folder / "sources.yaml").is_file():
        known = ", ".join(sorted(path.parent.name for path in workspace.sources.glob("*/sources.yaml"))) or "none"
        raise NotFound(f"{slug}: no such article in {workspace.sources}; there are: {known}")
    found = articles.read_sources(folder)
    chosen = [source for source in found if source_id in {None, source.id}]
    if not chosen:
        raise NotFound(f"{slug}: no source has the id `{source_id}`; there are: {', '.join(source.id for source in found)}")
    return chosen


Group = tuple[str, dict[str, Callable[..., None]]]
GROUPS: dict[str, Group] = {
    "sources": (
        "The sources of an article: list, resolve, refresh, export.\n\nExample: sourcemark sources list group-singing",
        {"list": show, "resolve": resolve, "refresh": refresh, "export": export},
    ),
    "source": (
        "One source: give a text or quotes of your own, or take them back.\n\n"
        "Example: sourcemark source add-text group-singing thorne-voices-2014 book.pdf",
        {"add-text": add_text, "add-quote": add_quote, "drop": drop},
    ),
}
