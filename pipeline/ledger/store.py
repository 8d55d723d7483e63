"""Versions and stage results in SQLite. Published versions cannot be changed or deleted: the database itself refuses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from filelock import FileLock, Timeout
from pydantic import ValidationError

from pipeline.errors import LedgerError, LockedError, NotFound
from pipeline.ledger import calls, sources
from pipeline.ledger.blobs import Blobs
from pipeline.records import Edition, Record, Slug, Stage, Version

SCHEMA = 3
_OLDER = frozenset({0, 1, 2})  # schema 1 lacks the tables of the sources, 2 those of the calls; they are made when it is opened
Result = TypeVar("Result", bound=Record)

_META = sa.MetaData()
_results = sa.Table(
    "stage_results",
    _META,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("stage", sa.String(16), nullable=False),
    sa.Column("slug", sa.String(80), nullable=False),
    sa.Column("recorded_at", sa.String(32), nullable=False),
    sa.Column("record_sha256", sa.String(64), nullable=False),
)
_versions = sa.Table(
    "versions",
    _META,
    sa.Column("slug", sa.String(80), primary_key=True),
    sa.Column("number", sa.String(16), primary_key=True),
    sa.Column("published_at", sa.String(32), nullable=False),
    sa.Column("record", sa.Text, nullable=False),
)
_GUARDS = tuple(
    f"CREATE TRIGGER IF NOT EXISTS versions_no_{verb.lower()} BEFORE {verb} ON versions "
    "BEGIN SELECT RAISE(ABORT, 'a published version is immutable'); END"
    for verb in ("UPDATE", "DELETE")
) + tuple(
    f"CREATE TRIGGER IF NOT EXISTS {table.name}_no_{verb.lower()} BEFORE {verb} ON {table.name} "
    f"BEGIN SELECT RAISE(ABORT, 'what was noted of a source is never changed'); END"
    for table in sources.TABLES
    for verb in ("UPDATE", "DELETE")
)


class Ledger:
    """The ledger below one folder: `ledger.db`, `blobs/`, `locks/`."""

    def __init__(self, folder: Path) -> None:
        """Open the ledger, making it where there is none; LedgerError where the file is no ledger of ours."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.blobs = Blobs(folder / "blobs")
        self._engine = sa.create_engine(f"sqlite:///{folder / 'ledger.db'}")
        sa.event.listen(self._engine, "connect", _pragmas)
        with self._write() as db:
            version = db.execute(sa.text("PRAGMA user_version")).scalar()
            if version not in {*_OLDER, SCHEMA}:
                raise LedgerError(f"{folder / 'ledger.db'}: written by another version of sourcemark (schema {version})")
            _META.create_all(db)
            sources.META.create_all(db)
            calls.META.create_all(db)
            for guard in (*_GUARDS, *calls.GUARDS):
                db.execute(sa.text(guard))
            db.execute(sa.text(f"PRAGMA user_version = {SCHEMA}"))

    def close(self) -> None:
        """Close the database."""
        self._engine.dispose()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def lock(self, slug: Slug) -> Iterator[None]:
        """Hold the one lock of an article; LockedError at once where another process holds it."""
        path = self.folder / "locks" / f"{slug}.lock"
        path.parent.mkdir(exist_ok=True)
        try:
            with FileLock(path, timeout=0):
                yield
        except Timeout:
            raise LockedError(f"{slug}: another run is working on this article; try again when it has ended") from None

    def sources(self, slug: Slug) -> sources.SourceLog:
        """Return the log of an article's sources."""
        return sources.SourceLog(self._write, self.blobs, slug)

    def calls(self) -> calls.CallLog:
        """Return the log of what was asked of models."""
        return calls.CallLog(self._write, self.blobs)

    def result(self, key: str, kind: type[Result]) -> Result | None:
        """Return what a stage gave for these inputs before, or None."""
        with self._write() as db:
            found = db.execute(sa.select(_results.c.record_sha256).where(_results.c.key == key)).scalar()
        if not found:
            return None
        try:
            return kind.model_validate_json(self.blobs.get(found))
        except (NotFound, ValidationError):  # recorded by older code, or the blob is gone: do the stage again
            return None

    def record(self, key: str, stage: Stage, slug: Slug, result: Record) -> None:
        """Record what a stage gave for these inputs; the latest result for a key counts."""
        row = {
            "key": key,
            "stage": stage.value,
            "slug": slug,
            "recorded_at": dt.datetime.now(dt.UTC).isoformat(),
            "record_sha256": self.blobs.put_text(result.model_dump_json()),
        }
        with self._write() as db:
            db.execute(sa.delete(_results).where(_results.c.key == key))
            db.execute(sa.insert(_results).values(**row))

    def publish(self, version: Version) -> None:
        """Add a version; LedgerError where its number is taken."""
        row = {
            "slug": version.slug,
            "number": version.number,
            "published_at": version.published_at.isoformat(),
            "record": version.model_dump_json(),
        }
        with self._write() as db:
            db.execute(sa.insert(_versions).values(**row))

    def versions(self, slug: Slug) -> list[Version]:
        """Return the versions of an article, oldest first."""
        with self._write() as db:
            rows = db.execute(sa.select(_versions.c.record).where(_versions.c.slug == slug)).scalars().all()
        found = [Version.model_validate_json(row) for row in rows]
        return sorted(found, key=lambda version: tuple(map(int, version.number.split("."))))

    def slugs(self) -> list[Slug]:
        """Return the articles that have a published version."""
        with self._write() as db:
            return list(db.execute(sa.select(_versions.c.slug).distinct().order_by(_versions.c.slug)).scalars())

    def version(self, name: str) -> Version:
        """Return `slug@number`, or the latest version of `slug`; NotFound says what there is."""
        slug, _, number = name.partition("@")
        found = self.versions(slug)
        if not found:
            known = ", ".join(self.slugs()) or "none yet"
            raise NotFound(f"{slug}: no published version; published articles: {known}")
        if not number:
            return found[-1]
        for version in found:
            if version.number == number:
                return version
        raise NotFound(f"{slug}: no version {number}; there are {', '.join(version.number for version in found)}")

    def edition(self, version: Version) -> Edition:
        """Return what a version froze."""
        try:
            return Edition.model_validate_json(self.blobs.get(version.edition_sha256))
        except ValidationError as error:
            raise LedgerError(f"{version.slug}@{version.number}: cannot be read: {error.errors()[0]['msg']}") from None

    @contextmanager
    def _write(self) -> Iterator[sa.Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except sa.exc.DBAPIError as error:
            raise LedgerError(f"{self.folder / 'ledger.db'}: {error.orig}") from None


def _pragmas(connection: Any, _: Any) -> None:
    connection.execute("PRAGMA busy_timeout = 10000")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
