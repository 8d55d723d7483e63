"""The ledger: blobs whole and checked, versions immutable, one lock an article."""

from __future__ import annotations

import datetime as dt
import sqlite3
from pathlib import Path

import pytest

from pipeline.errors import LedgerError, LockedError, NotFound
from pipeline.ledger import Ledger
from pipeline.ledger.store import SCHEMA
from pipeline.records import Version


def version(number: str, edition: str = "0" * 64) -> Version:
    now = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
    return Version(slug="walking", number=number, published_at=now, inputs_sha256="0" * 64, edition_sha256=edition)


def test_versions_are_in_order_of_number(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        for number in ("1.0", "1.2", "1.10"):
            ledger.publish(version(number))
        assert [item.number for item in ledger.versions("walking")] == ["1.0", "1.2", "1.10"]
        assert ledger.version("walking").number == "1.10"
        assert ledger.version("walking@1.2").number == "1.2"


def test_a_number_is_published_once(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        ledger.publish(version("1.0"))
        with pytest.raises(LedgerError):
            ledger.publish(version("1.0"))


@pytest.mark.parametrize("order", ["UPDATE versions SET record = '{}'", "DELETE FROM versions"])
def test_the_database_refuses_to_change_a_version(tmp_path: Path, order: str) -> None:
    with Ledger(tmp_path) as ledger:
        ledger.publish(version("1.0"))
    with sqlite3.connect(tmp_path / "ledger.db") as db, pytest.raises(sqlite3.IntegrityError, match="immutable"):
        db.execute(order)
    db.close()


def test_missing_names_say_what_there_is(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        ledger.publish(version("1.0"))
        with pytest.raises(NotFound, match="walking"):
            ledger.version("running")
        with pytest.raises(NotFound, match=r"1\.0"):
            ledger.version("walking@9.9")


def test_a_changed_blob_is_noticed(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        digest = ledger.blobs.put(b"evidence")
        assert ledger.blobs.get(digest) == b"evidence"
        (tmp_path / "blobs" / digest[:2] / digest).write_bytes(b"evidencE")
        with pytest.raises(LedgerError, match="changed on disk"):
            ledger.blobs.get(digest)
        with pytest.raises(NotFound):
            ledger.blobs.get("f" * 64)


def test_a_file_that_is_no_ledger_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"this is no database at all, but a text of some length" * 40)
    before = (tmp_path / "ledger.db").read_bytes()
    with pytest.raises(LedgerError, match=r"ledger\.db"):
        Ledger(tmp_path)
    assert (tmp_path / "ledger.db").read_bytes() == before


def test_one_run_an_article(tmp_path: Path) -> None:
    with Ledger(tmp_path) as one, Ledger(tmp_path) as two, one.lock("walking"):
        with two.lock("running"):
            pass
        with pytest.raises(LockedError, match="walking"), two.lock("walking"):
            pass


def test_a_ledger_of_the_first_schema_is_opened_and_kept(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger, ledger._write() as db:
        for table in ("fetches", "looks", "statements"):
            db.exec_driver_sql(f"DROP TABLE {table}")
        db.exec_driver_sql("PRAGMA user_version = 1")
    with Ledger(tmp_path) as ledger:
        assert ledger.sources("walking").standing("trial") is None
        with ledger._write() as db:
            assert db.exec_driver_sql("PRAGMA user_version").scalar() == SCHEMA
