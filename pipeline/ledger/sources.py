"""What was fetched of each source and when, what later looks at it said, and the texts that people gave; rows are only added."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import NamedTuple, TypeVar

import sqlalchemy as sa
from pydantic import ValidationError

from pipeline.errors import NotFound
from pipeline.ledger.blobs import Blobs
from pipeline.records import Fetched, Record, Slug, Standing, Statement

META = sa.MetaData()
Kind = TypeVar("Kind", bound=Record)


def _log(name: str) -> sa.Table:
    """Return a table of records about a source, the newest counting."""
    return sa.Table(
        name,
        META,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("slug", sa.String(80), nullable=False, index=True),
        sa.Column("source_id", sa.String(80), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("record_sha256", sa.String(64), nullable=False),
    )


_FETCHES, _LOOKS, _STATEMENTS = _log("fetches"), _log("looks"), _log("statements")
TABLES = (_FETCHES, _LOOKS, _STATEMENTS)


class Noted(NamedTuple):
    """What was noted of a fetch, and when."""

    at: dt.datetime
    fetched: Fetched


class SourceLog:
    """The log of the sources of one article."""

    def __init__(self, write: Callable[[], AbstractContextManager[sa.Connection]], blobs: Blobs, slug: Slug) -> None:
        self._write, self._blobs, self._slug = write, blobs, slug

    def fetched(self, key: str) -> Noted | None:
        """Return what the last fetch gave for a source as it is described now (`key`), or None."""
        found = self._last(_FETCHES, Fetched, _FETCHES.c.key == key)
        return Noted(*found) if found else None

    def note(self, key: str, fetched: Fetched) -> None:
        """Note what a fetch gave."""
        self._add(_FETCHES, fetched.source_id, key, fetched)

    def look(self, standing: Standing) -> None:
        """Note what a look at a source said."""
        self._add(_LOOKS, standing.source_id, "", standing)

    def looks(self, source_id: str) -> list[Standing]:
        """Return all looks at a source, oldest first."""
        with self._write() as db:
            rows = db.execute(
                sa.select(_LOOKS.c.record_sha256).where(_LOOKS.c.slug == self._slug, _LOOKS.c.source_id == source_id).order_by(_LOOKS.c.id)
            ).scalars()
            digests = list(rows)
        return [found for digest in digests if (found := self._read(digest, Standing))]

    def standing(self, source_id: str) -> Standing | None:
        """Return what the last look at a source said, or None."""
        found = self._last(_LOOKS, Standing, _LOOKS.c.source_id == source_id)
        return found[1] if found else None

    def state(self, statement: Statement) -> None:
        """Record what a person gave for a source: a text, quotes, or that both are withdrawn."""
        self._add(_STATEMENTS, statement.source_id, "", statement)

    def statement(self, source_id: str) -> Statement | None:
        """Return what a person gave for a source, or None."""
        found = self._last(_STATEMENTS, Statement, _STATEMENTS.c.source_id == source_id)
        return found[1] if found else None

    def _last(self, table: sa.Table, kind: type[Kind], where: sa.ColumnElement[bool]) -> tuple[dt.datetime, Kind] | None:
        query = sa.select(table.c.at, table.c.record_sha256).where(table.c.slug == self._slug, where).order_by(table.c.id.desc()).limit(1)
        with self._write() as db:
            row = db.execute(query).first()
        record = self._read(row.record_sha256, kind) if row else None
        return (dt.datetime.fromisoformat(row.at), record) if row and record else None

    def _read(self, digest: str, kind: type[Kind]) -> Kind | None:
        try:
            return kind.model_validate_json(self._blobs.get(digest))
        except (NotFound, ValidationError):  # written by other code, or the blob is gone: as if it had not been
            return None

    def _add(self, table: sa.Table, source_id: str, key: str, record: Record) -> None:
        row = {
            "slug": self._slug,
            "source_id": source_id,
            "key": key,
            "at": dt.datetime.now(dt.UTC).isoformat(),
            "record_sha256": self._blobs.put_text(record.model_dump_json()),
        }
        with self._write() as db:
            db.execute(sa.insert(table).values(**row))
