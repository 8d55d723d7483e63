"""Fetch: from a source's metadata to a snapshot, or to the reason why there is none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import SourceError
from pipeline.fetching.client import Body, NoText, get, is_address, read_file
from pipeline.fetching.extract import Extracted, extract
from pipeline.records import Fetched, Record, Scope, Snapshot, Source, WhyNot
from pipeline.settings import MEGABYTE, Settings
from pipeline.text import sha256


class FetchResult(Record):
    """What came of every source, in the order of the list."""

    fetched: tuple[Fetched, ...]


class Store(NamedTuple):
    """Where bytes and texts go: each function stores and returns the sha256."""

    put: Callable[[bytes], str]
    recall: Callable[[str], Fetched | None]
    """Return what was fetched before for a key, so that the same bytes keep their snapshot."""
    record: Callable[[str, Fetched], None]


def fetch(folder: Path, sources: Iterable[Source], settings: Settings, store: Store, step: Callable[[str], None]) -> FetchResult:
    """Fetch all sources; SourceError names every local file that cannot be read as declared.

    An address that gives no text is an answer (scope `none` and why); a broken file in the article's own folder is a mistake.
    """
    found: list[Fetched] = []
    broken: list[str] = []
    for source in sources:
        step(source.id)
        try:
            found.append(_one(folder, source, settings, store))
        except SourceError as error:
            broken.append(f"{source.id}: {error}")
    if broken:
        raise SourceError("; ".join(broken))
    return FetchResult(fetched=tuple(found))


def _one(folder: Path, source: Source, settings: Settings, store: Store) -> Fetched:
    if not source.text or source.scope is Scope.NONE:
        return Fetched(source_id=source.id, why_not=WhyNot.NOT_GIVEN, detail="no text given in sources.yaml")
    try:
        body = _body(folder, source.text, settings)
    except NoText as error:
        return Fetched(source_id=source.id, why_not=error.why, detail=error.detail)
    return _snapshot(source, body, store)


def _body(folder: Path, where: str, settings: Settings) -> Body:
    limit = int(settings.max_source_mb * MEGABYTE)
    return get(where, limit, settings.fetch_timeout) if is_address(where) else read_file(folder, where, limit)


def _snapshot(source: Source, body: Body, store: Store) -> Fetched:
    extracted = _extracted(source, body)
    if isinstance(extracted, Fetched):
        return extracted
    digest = sha256(body.data)
    # Same bytes, text and reader: the same snapshot as before, with the time at which it was first seen.
    key = sha256("\n".join(("fetch", source.id, source.scope, body.origin, digest, extracted.extractor, sha256(extracted.text))))
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
        scope=source.scope,
    )
    fetched = Fetched(source_id=source.id, snapshot=snapshot)
    store.record(key, fetched)
    return fetched


def _extracted(source: Source, body: Body) -> Extracted | Fetched:
    try:
        return extract(body.data, body.origin)
    except SourceError as error:
        if is_address(source.text or ""):
            return Fetched(source_id=source.id, why_not=WhyNot.UNSUPPORTED, detail=str(error))
        raise
