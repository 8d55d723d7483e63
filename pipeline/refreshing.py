"""Looking at the sources of an article again: has the text moved, is the work retracted, is the link dead."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from pipeline.checking.drift import drift
from pipeline.errors import SourceError
from pipeline.fetching import currency
from pipeline.fetching.acquire import Acquired
from pipeline.fetching.client import Ask, Body, Client, NoText, is_address
from pipeline.fetching.extract import Extracted
from pipeline.fetching.identity import identify, stopped
from pipeline.fetching.network import Stopped
from pipeline.fetching.providers.base import Api
from pipeline.fetching.providers.crossref import Crossref, notices
from pipeline.fetching.sandbox import Sandbox
from pipeline.records import Currency, Drift, Evidence, Fetched, Notice, Snapshot, Source, Standing, WhyNot
from pipeline.run import Run
from pipeline.stages.fetch import fetch_key, snapshot_of
from pipeline.text import sha256

_PAGES = frozenset({"", "publisher", "crossref", "unpaywall", "openalex", "wayback"})  # providers that name pages, not interfaces


class Look(NamedTuple):
    """What a look said of a source, and whether a new snapshot was taken."""

    source: Source
    standing: Standing
    new_snapshot: bool


class _Seen(NamedTuple):
    """What a look at the text of a source found."""

    drift: Drift | None = None
    why_not: WhyNot | None = None
    detail: str = ""
    acquired: Acquired | None = None
    """The text as it is now, where a quote has moved or gone."""


def refresh(run: Run, step: Callable[[str], None], *, older_than: dt.timedelta = dt.timedelta(0)) -> list[Look]:
    """Look at every source of an article that was not looked at since `older_than` ago, several at a time; each look is recorded.

    A source of which a quote has moved or gone gets a new snapshot, so that the next run checks it again; whatever
    else differs leaves the snapshot, and with it every verdict, as it is.
    """
    client = Client(run.settings)
    with Sandbox() as sandbox, ThreadPoolExecutor(run.settings.fetch_workers) as threads:
        looker = _Looker(run, client, sandbox, step)
        due = [source for source in run.article.sources if looker.is_due(source, older_than)]
        try:
            return list(threads.map(looker.look, due))
        except BaseException:  # Ctrl-C above all: what was looked at is recorded
            client.stop.set()
            sandbox.close()
            threads.shutdown(cancel_futures=True, wait=False)
            raise


class _Looker:
    def __init__(self, run: Run, client: Client, sandbox: Sandbox, step: Callable[[str], None]) -> None:
        self._run, self._client, self._sandbox, self._step = run, client, sandbox, step
        self._log = run.ledger.sources(run.article.slug)
        self._quotes = _quotes(run)
        self._asks = run.settings.providers is None or Crossref.name in run.settings.providers

    def is_due(self, source: Source, older_than: dt.timedelta) -> bool:
        """Say whether a source has something to look at and was not looked at for so long."""
        known = self._log.fetched(fetch_key(source))
        fetched = known.fetched if known else None
        last = self._log.standing(source.id)
        looked = last is not None and last.currency is not Currency.UNCHECKED  # a look that failed is tried again
        recent = looked and last is not None and dt.datetime.now(dt.UTC) - last.checked_at < older_than
        return not recent and bool((self._asks and self._doi(source, fetched)) or _page(fetched))

    def look(self, source: Source) -> Look:
        """Look at one source and record what it said."""
        self._step(source.id)
        known = self._log.fetched(fetch_key(source))
        fetched = known.fetched if known else None
        snapshot = _page(fetched)
        told, unasked = self._notices(self._doi(source, fetched))
        before = self._log.standing(source.id)
        if told is None and before and before.notices:  # what was said of a work holds until a registry says otherwise
            told = before.notices
        seen = self._text(source, snapshot) if snapshot else None
        if self._client.stop.is_set():
            raise Stopped
        now = dt.datetime.now(dt.UTC).replace(microsecond=0)
        standing = Standing(
            source_id=source.id,
            checked_at=now,
            currency=currency.currency(seen.drift if seen else None, told, asked=seen is not None, silent=bool(unasked)),
            drift=seen.drift if seen else None,
            notices=told or (),
            why_not=currency.why_missing(seen.why_not, now.date(), self._log.looks(source.id)) if seen else None,
            detail="; ".join(part for part in ((seen.detail if seen else ""), unasked) if part),
        )
        self._log.look(standing)
        if not (fetched and seen and seen.acquired):
            return Look(source, standing, False)
        made = snapshot_of(source, seen.acquired, self._run.store())
        self._log.note(fetch_key(source), made.model_copy(update={"ids": fetched.ids}))
        return Look(source, standing, True)

    def _doi(self, source: Source, fetched: Fetched | None) -> str | None:
        return source.DOI or dict(fetched.ids).get("doi") if fetched else source.DOI

    def _notices(self, doi: str | None) -> tuple[tuple[Notice, ...] | None, str]:
        """Return what the registry says of the work, None and a reason where it could not be asked."""
        if not doi or not self._asks:
            return None, ""
        try:
            return notices(doi, Api(self._client, Crossref.name, Crossref.base)), ""
        except NoText as error:
            return None, f"notices could not be asked for: {error.detail}"

    def _text(self, source: Source, old: Snapshot) -> _Seen:
        """Ask for the text again, conditionally, and compare."""
        try:
            body = self._client.get(Ask(old.origin, interface=old.provider not in _PAGES, headers=_conditions(old)))
            if body.status == 304:
                return _Seen(Drift.NONE)
            if sha256(body.data) == old.bytes_sha256:  # whatever a newer reader makes of them
                return _Seen(Drift.NONE)
            extracted = self._sandbox.extract(body.data, body.origin, body.charset)
        except NoText as error:
            return _Seen(why_not=error.why, detail=error.detail)
        except SourceError as error:
            return _Seen(why_not=WhyNot.UNSUPPORTED, detail=str(error))
        return self._compared(source, old, body, extracted)

    def _compared(self, source: Source, old: Snapshot, body: Body, extracted: Extracted) -> _Seen:
        before = self._run.ledger.blobs.get_text(old.text_sha256)
        wall = stopped(extracted.declared, extracted.text)
        if wall or currency.has_shrunk(before, extracted.text):
            return _Seen(why_not=WhyNot.BLOCKED, detail=f"{body.origin}: a page that is not the work: {wall or 'hardly any text is left'}")
        identity = identify(source, extracted.declared, extracted.text)
        if identity.same is False:
            return _Seen(why_not=WhyNot.ANOTHER_WORK, detail=f"{body.origin}: {identity.reason}")
        quotes = self._quotes.get(source.id, ())
        found = drift(before, extracted.text, quotes)
        got = Acquired(body, extracted, old.scope, identity, old.provider, old.licence) if found in {Drift.MOVED, Drift.GONE} else None
        return _Seen(found, acquired=got)


def _page(fetched: Fetched | None) -> Snapshot | None:
    """Return the snapshot of a page or file of the web; a text that came in a service's answer has no address of its own."""
    snapshot = fetched.snapshot if fetched else None
    if not snapshot or snapshot.provider == "youtube":  # the address of captions holds only for a while
        return None
    own = is_address(snapshot.origin) and not snapshot.extractor.startswith("service's answer")
    return snapshot if own else None


def _conditions(old: Snapshot) -> tuple[tuple[str, str], ...]:
    """Return the headers by which a server may answer that nothing changed."""
    had = dict(old.headers)
    pairs = (("If-None-Match", had.get("etag")), ("If-Modified-Since", had.get("last-modified")))
    return tuple((name, value) for name, value in pairs if value)


def _quotes(run: Run) -> dict[str, list[Evidence]]:
    """Return what the latest version quotes of each source."""
    latest = run.latest()
    found: dict[str, list[Evidence]] = {}
    for record in run.ledger.edition(latest).provenance if latest else ():
        for item in record.checks:
            if item.evidence:
                found.setdefault(item.evidence.source_id, []).append(item.evidence)
    return found


def changed(looks: Iterable[Look]) -> list[Look]:
    """Return the looks that a person should know of."""
    quiet = {Currency.CURRENT, Currency.UNCHECKED}
    return [look for look in looks if look.standing.currency not in quiet or look.standing.why_not is WhyNot.DEAD]
