"""Fetch: from a source's metadata to a snapshot, or to the reason why there is none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import SourceError
from pipeline.fetching.acquire import Acquired, Acquirer, Outcome
from pipeline.fetching.client import Body, Client, is_address, read_file
from pipeline.fetching.currency import currency
from pipeline.fetching.extract import Extracted, extractor_of
from pipeline.fetching.identity import identify
from pipeline.fetching.network import Stopped
from pipeline.fetching.reading import Mark, Piece, laid_out
from pipeline.fetching.resolve import Resolver, installed
from pipeline.fetching.sandbox import Sandbox
from pipeline.ledger.sources import Noted
from pipeline.records import Fetched, Identity, Record, Scope, Snapshot, Source, Standing, Statement, WhyNot
from pipeline.settings import MEGABYTE, Settings
from pipeline.text import sha256


class FetchResult(Record):
    """What came of every source, in the order of the list."""

    fetched: tuple[Fetched, ...]


class Store(NamedTuple):
    """Where bytes and texts go, and what is remembered; every function may be called from several threads."""

    put: Callable[[bytes], str]
    """Store bytes and return their sha256."""
    get: Callable[[str], bytes]
    recall: Callable[[str], Fetched | None] = lambda key: None
    """Return what was fetched before for a key, so that the same bytes keep their snapshot."""
    record: Callable[[str, Fetched], None] = lambda key, fetched: None
    noted: Callable[[str], Noted | None] = lambda key: None
    """Return the last fetch of a source as it is described now."""
    note: Callable[[str, Fetched], None] = lambda key, fetched: None
    stated: Callable[[str], Statement | None] = lambda source_id: None
    """Return what a person gave for a source."""
    look: Callable[[Standing], None] = lambda standing: None
    """Note what is known of where a source stands."""


def fetch(
    folder: Path, sources: Sequence[Source], settings: Settings, store: Store, step: Callable[[str], None], *, again: bool = False
) -> FetchResult:
    """Fetch all sources, several at a time; SourceError names every local file that cannot be read as declared.

    What was fetched from the web before is used as it is, unless `again`. An address that gives no text is an answer (scope
    `none` and why); a broken file in the article's own folder is a mistake. Whatever has come is recorded at once.
    """
    client = Client(settings)
    found: dict[int, Fetched] = {}
    broken: dict[int, str] = {}
    with Sandbox() as sandbox, ThreadPoolExecutor(settings.fetch_workers) as threads:
        fetcher = _Fetcher(folder, settings, store, client, sandbox, step, again)
        jobs = {threads.submit(fetcher.one, source): index for index, source in enumerate(sources)}
        try:
            for job in as_completed(jobs):
                try:
                    found[jobs[job]] = job.result()
                except SourceError as error:
                    broken[jobs[job]] = f"{sources[jobs[job]].id}: {error}"
                step(f"{len(found) + len(broken)} of {len(sources)} sources")
        except BaseException:  # Ctrl-C above all: the threads are told to stop, and what they have finished is recorded
            client.stop.set()
            sandbox.close()
            threads.shutdown(cancel_futures=True, wait=False)
            raise
    if broken:
        raise SourceError("; ".join(broken[index] for index in sorted(broken)))
    return FetchResult(fetched=tuple(found[index] for index in range(len(sources))))


class _Fetcher:
    """Fetches one source after another in each of several threads."""

    def __init__(
        self, folder: Path, settings: Settings, store: Store, client: Client, sandbox: Sandbox, step: Callable[[str], None], again: bool
    ) -> None:
        self._folder, self._settings, self._store, self._step, self._again = folder, settings, store, step, again
        self._client, self._sandbox = client, sandbox
        self._acquirer = Acquirer(client, Resolver(client, installed(settings.providers)), sandbox)
        self._offline = not settings.network or settings.providers == ()

    def one(self, source: Source) -> Fetched:
        """Return what there is of a source: what a person gave, a file, what was fetched before, or what the web has."""
        self._step(source.id)
        if source.scope is Scope.NONE:
            return Fetched(source_id=source.id, why_not=WhyNot.NOT_GIVEN, detail="sources.yaml says that there is none (scope: none)")
        statement = self._store.stated(source.id)
        if statement and statement.given:
            return self._given(source, statement)
        if source.text and not is_address(source.text):
            return self._file(source, read_file(self._folder, source.text, int(self._settings.max_source_mb * MEGABYTE)))
        return self._remembered(source) or self._web(source)

    def _file(self, source: Source, body: Body) -> Fetched:
        extracted = self._sandbox.extract(body.data, body.origin)
        identity = identify(source, extracted.declared, extracted.text)
        if identity.same is False:
            detail = f"{body.origin}: {identity.reason}; if it is the work all the same, say `accept: [identity]` in sources.yaml"
            return Fetched(source_id=source.id, why_not=WhyNot.ANOTHER_WORK, detail=detail)
        return snapshot_of(source, Acquired(body, extracted, source.scope, identity), self._store)

    def _given(self, source: Source, statement: Statement) -> Fetched:
        """Return the snapshot of what a person gave: a file, or typed quotes."""
        by = f"{statement.by}, {statement.at:%Y-%m-%d}"
        if statement.bytes_sha256:
            body = Body(self._store.get(statement.bytes_sha256), f"{statement.file} (given by {by})")
            extracted = self._sandbox.extract(body.data, statement.file or "")
            identity = Identity(same=True, reason=f"given as this work by {statement.by}")
            return snapshot_of(source, Acquired(body, extracted, statement.scope, identity, private=True), self._store)
        extracted = typed(statement)
        body = Body(statement.model_dump_json().encode(), f"typed by {by}")
        identity = Identity(same=True, reason=f"stated by {statement.by}")
        return snapshot_of(source, Acquired(body, extracted, Scope.EXCERPT, identity, private=True), self._store, statement.by)

    def _remembered(self, source: Source) -> Fetched | None:
        """Return the last fetch of a source where it still counts; an older reader's text is read anew from the same bytes."""
        noted = None if self._again else self._store.noted(fetch_key(source))
        if not noted:
            return None
        if noted.fetched.snapshot:
            return self._read_anew(source, noted.fetched)
        age = dt.datetime.now(dt.UTC) - noted.at
        fresh = age < dt.timedelta(hours=self._settings.retry_after_hours) and noted.fetched.why_not is not WhyNot.UNREACHABLE
        return noted.fetched if fresh else None

    def _read_anew(self, source: Source, fetched: Fetched) -> Fetched:
        old = fetched.snapshot
        name = extractor_of(old.media_type) if old else None
        if old is None or old.extractor == name or old.extractor.startswith("service's answer"):
            return fetched
        body = Body(self._store.get(old.bytes_sha256), old.origin, old.headers, old.redirects)
        try:
            extracted = self._sandbox.extract(body.data, body.origin, body.charset)
        except SourceError:  # what an older reader could read stays as it was read
            return fetched
        identity = old.identity or Identity(same=None, reason="")
        made = snapshot_of(source, Acquired(body, extracted, old.scope, identity, old.provider, old.licence), self._store)
        made = made.model_copy(update={"attempts": fetched.attempts, "ids": fetched.ids})
        self._store.note(fetch_key(source), made)
        return made

    def _web(self, source: Source) -> Fetched:
        if not source.text and self._offline:
            return Fetched(source_id=source.id, why_not=WhyNot.NOT_GIVEN, detail="no text given in sources.yaml, and no provider is asked")

        def step(what: str) -> None:
            self._step(f"{source.id}: {what}")

        outcome = self._acquirer.given(source, source.text, step) if source.text else self._acquirer.found(source, step)
        fetched = self._outcome(source, outcome)
        if self._client.stop.is_set():
            raise Stopped
        self._store.note(fetch_key(source), fetched)
        if outcome.notices:  # a registry that was asked for the text has told of a retraction or correction
            now = dt.datetime.now(dt.UTC).replace(microsecond=0)
            standing = currency(None, outcome.notices, asked=False)
            self._store.look(Standing(source_id=source.id, checked_at=now, currency=standing, notices=outcome.notices))
        return fetched

    def _outcome(self, source: Source, outcome: Outcome) -> Fetched:
        """Return the snapshot of what came; where nothing came this time, the snapshot taken before stays."""
        if outcome.acquired:
            made = snapshot_of(source, outcome.acquired, self._store)
            return made.model_copy(update={"attempts": outcome.attempts, "ids": outcome.ids})
        before = self._store.noted(fetch_key(source))
        if before and before.fetched.snapshot:
            return before.fetched
        return Fetched(source_id=source.id, why_not=outcome.why_not, detail=outcome.detail, attempts=outcome.attempts, ids=outcome.ids)


def snapshot_of(source: Source, got: Acquired, store: Store, stated_by: str | None = None) -> Fetched:
    """Store bytes, text and structure, and return the snapshot; the same as before gives the snapshot taken then."""
    body, extracted = got.body, got.extracted
    # Same bytes, text and reader: the same snapshot as before, with the time at which it was first seen.
    structure = extracted.structure.model_dump_json()
    seen = (sha256(body.data), extracted.extractor, sha256(extracted.text), sha256(structure))
    key = sha256("\n".join(("fetch", source.id, got.scope, body.origin, *seen)))
    known = store.recall(key)
    if known:
        return known
    snapshot = Snapshot(
        source_id=source.id,
        origin=body.origin,
        fetched_at=dt.datetime.now(dt.UTC).replace(microsecond=0),
        headers=body.headers,
        media_type=extracted.media_type,
        size=len(body.data),
        bytes_sha256=store.put(body.data),
        extractor=extracted.extractor,
        text_sha256=store.put(extracted.text.encode()),
        characters=len(extracted.text),
        scope=got.scope,
        structure_sha256=store.put(structure.encode()),
        provider=got.provider,
        licence=got.licence,
        redirects=body.redirects,
        encoding=extracted.encoding,
        identity=got.identity,
        private=got.private,
        stated_by=stated_by,
    )
    fetched = Fetched(source_id=source.id, snapshot=snapshot)
    store.record(key, fetched)
    return fetched


def fetch_key(source: Source) -> str:
    """Return a hash of what of a source's description decides where its text is looked for."""
    return sha256(source.model_dump_json(exclude={"tier", "note"}, exclude_defaults=True))


def typed(statement: Statement) -> Extracted:
    """Return the text of typed quotes, a paragraph each, with the pages that were named."""
    pieces = [Piece(quote.text, marks=(Mark(0, "page", quote.page),) if quote.page else ()) for quote in statement.quotes]
    laid = laid_out(pieces)
    return Extracted(laid.text, "text/plain", "typed by hand 1", laid.structure)
