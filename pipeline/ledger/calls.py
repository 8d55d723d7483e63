"""Every call of a model: reserved before it is sent, settled when it ends, its raw answer kept; what it cost is never changed."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

import sqlalchemy as sa

from pipeline.errors import NotFound, OverBudget
from pipeline.ledger.blobs import Blobs
from pipeline.records import Call, CallState, Slug, Usage, dollars

META = sa.MetaData()
_TOKENS = tuple(Usage.model_fields)
_runs = sa.Table(
    "runs",
    META,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("slug", sa.String(80), nullable=False, index=True),
    sa.Column("begun_at", sa.String(32), nullable=False),
    sa.Column("outcome", sa.String(32)),
)
_calls = sa.Table(
    "calls",
    META,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("run", sa.Integer, nullable=False, index=True),
    sa.Column("slug", sa.String(80), nullable=False, index=True),
    sa.Column("stage", sa.String(16), nullable=False),
    sa.Column("purpose", sa.String(200), nullable=False),
    sa.Column("key", sa.String(64), nullable=False, index=True),
    sa.Column("model", sa.String(120), nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("batch", sa.String(80), nullable=False, index=True),
    sa.Column("day", sa.String(10), nullable=False, index=True),
    sa.Column("begun_at", sa.String(32), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("request_id", sa.String(80), nullable=False),
    sa.Column("note", sa.String(300), nullable=False),
    *(sa.Column(name, sa.Integer, nullable=False) for name in _TOKENS),
    sa.Column("nano", sa.Integer),
    sa.Column("answer_sha256", sa.String(64), nullable=False),
)
_batches = sa.Table(
    "batches",
    META,
    sa.Column("id", sa.String(80), primary_key=True),
    sa.Column("slug", sa.String(80), nullable=False, index=True),
    sa.Column("begun_at", sa.String(32), nullable=False),
    sa.Column("calls", sa.Text, nullable=False),
    sa.Column("ended", sa.Boolean, nullable=False),
)
GUARDS = (
    "CREATE TRIGGER IF NOT EXISTS calls_settled BEFORE UPDATE ON calls WHEN OLD.state != 'begun' "
    "BEGIN SELECT RAISE(ABORT, 'what a call cost is never changed'); END",
    "CREATE TRIGGER IF NOT EXISTS calls_no_delete BEFORE DELETE ON calls "
    "BEGIN SELECT RAISE(ABORT, 'what a call cost is never changed'); END",
)


class Budgets(NamedTuple):
    """The most that may be spent, in nano-dollars; None is no limit."""

    run: int | None = None
    day: int | None = None
    article: int | None = None

    def __bool__(self) -> bool:
        return any(limit is not None for limit in self)


class Begun(NamedTuple):
    """What is written down of a call before it is sent."""

    run: int
    slug: Slug
    stage: str
    purpose: str
    key: str
    model: str
    attempt: int = 1


class CallLog:
    """The calls, runs and batches of one ledger."""

    def __init__(self, write: Callable[[], AbstractContextManager[sa.Connection]], blobs: Blobs) -> None:
        self._write, self._blobs = write, blobs

    def run(self, slug: Slug) -> int:
        """Return the number of the article's run that has not ended, a new one where there is none: a crashed run goes on."""
        with self._write() as db:
            found = db.execute(sa.select(_runs.c.id).where(_runs.c.slug == slug, _runs.c.outcome.is_(None))).scalar()
            if found is None:
                found = db.execute(sa.insert(_runs).values(slug=slug, begun_at=_now().isoformat())).inserted_primary_key[0]  # type: ignore[index]
        return int(found)

    def end(self, run: int, outcome: str) -> None:
        """Note how a run ended."""
        with self._write() as db:
            db.execute(sa.update(_runs).where(_runs.c.id == run).values(outcome=outcome))

    def begin(self, begun: Begun, most: int | None, budgets: Budgets) -> int:
        """Reserve the most that a call can cost, and return its number; OverBudget where that could pass a budget.

        Reservations count like money spent, in this process and in others, until the call is settled.
        """
        now = _now()
        row = begun._asdict() | dict.fromkeys(_TOKENS, 0)
        row |= {"purpose": begun.purpose[:200], "day": now.date().isoformat(), "begun_at": now.isoformat(), "state": CallState.BEGUN}
        row |= {"batch": "", "request_id": "", "note": "", "nano": most, "answer_sha256": ""}
        with self._write() as db:
            db.exec_driver_sql("BEGIN IMMEDIATE")  # nobody else may spend between the sum and the reservation
            scopes = (("run", _calls.c.run == begun.run), ("day", _calls.c.day == row["day"]), ("article", _calls.c.slug == begun.slug))
            for (name, where), limit in zip(scopes, budgets, strict=True):
                if limit is not None and (spent := _sum(db, where)) + (most or 0) > limit:
                    raise OverBudget(
                        f"{begun.slug}: {begun.purpose}: could cost {dollars(most)}, and {dollars(spent)} of the {dollars(limit)} "
                        f"a {name} are spent: nothing asked; raise `budget_{name}` and run again, what was answered is kept"
                    )
            return int(db.execute(sa.insert(_calls).values(**row)).inserted_primary_key[0])  # type: ignore[index]

    def settle(
        self,
        call: int,
        state: CallState,
        *,
        raw: bytes = b"",
        usage: Usage | None = None,
        nano: int | None = 0,
        request_id: str = "",
        note: str = "",
    ) -> None:
        """Write down how a call ended; the raw answer is stored first."""
        digest = self._blobs.put(raw) if raw else ""
        row = (usage or Usage()).model_dump() | {
            "state": state, "nano": nano, "request_id": request_id[:80], "note": note[:300], "answer_sha256": digest,
        }  # fmt: skip
        with self._write() as db:
            # A batch that was collected halfway is read again: what is settled stays.
            db.execute(sa.update(_calls).where(_calls.c.id == call, _calls.c.state == CallState.BEGUN).values(**row))

    def recall(self, key: str) -> bytes | None:
        """Return the raw answer that was recorded for a request, or None."""
        where = sa.and_(_calls.c.key == key, _calls.c.state == CallState.ANSWERED)
        with self._write() as db:
            digest = db.execute(sa.select(_calls.c.answer_sha256).where(where).order_by(_calls.c.id.desc()).limit(1)).scalar()
        try:
            return self._blobs.get(digest) if digest else None
        except NotFound:  # the blob is gone: as if it had not been
            return None

    def calls(self, slug: Slug | None = None) -> list[Call]:
        """Return all calls, oldest first."""
        query = sa.select(_calls).order_by(_calls.c.id)
        with self._write() as db:
            rows = db.execute(query.where(_calls.c.slug == slug) if slug else query).mappings().all()
        return [_call(row) for row in rows]

    def batch(self, batch: str, slug: Slug, calls: Mapping[str, int]) -> None:
        """Note a batch with its requests (custom id to call), before anybody waits for it."""
        with self._write() as db:
            db.execute(
                sa.insert(_batches).values(id=batch, slug=slug, begun_at=_now().isoformat(), calls=json.dumps(dict(calls)), ended=False)
            )
            db.execute(sa.update(_calls).where(_calls.c.id.in_(list(calls.values()))).values(batch=batch))

    def batches(self, slug: Slug) -> dict[str, dict[str, int]]:
        """Return the batches of an article that nobody has collected: their requests by custom id."""
        where = sa.and_(_batches.c.slug == slug, _batches.c.ended.is_(False))
        with self._write() as db:
            rows = db.execute(sa.select(_batches.c.id, _batches.c.calls).where(where).order_by(_batches.c.begun_at)).all()
        return {row.id: json.loads(row.calls) for row in rows}

    def collected(self, batch: str) -> None:
        """Note that all results of a batch are settled."""
        with self._write() as db:
            db.execute(sa.update(_batches).where(_batches.c.id == batch).values(ended=True))


def total(calls: Sequence[Call]) -> int:
    """Return what calls cost together, in nano-dollars; those without a known price count nothing."""
    return sum(call.nano or 0 for call in calls)


def _sum(db: sa.Connection, where: sa.ColumnElement[bool]) -> int:
    return int(db.execute(sa.select(sa.func.coalesce(sa.func.sum(_calls.c.nano), 0)).where(where)).scalar_one())


def _call(row: Mapping[Any, Any]) -> Call:
    held = {name: row[name] for name in Call.model_fields if name in row}
    return Call(**held, usage=Usage(**{name: row[name] for name in _TOKENS}))


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
