"""Looking at sources again: the drift ladder, notices, dead links, and what people give for a source."""

from __future__ import annotations

import datetime as dt
import doctest
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import pipeline.checking.drift
from pipeline.checking.drift import drift
from pipeline.errors import GateError, LedgerError
from pipeline.fetching.currency import currency, why_missing
from pipeline.ledger import Ledger
from pipeline.records import Currency, Drift, Evidence, Notice, Quote, Scope, Severity, Standing, Statement, Verdict, WhyNot
from pipeline.refreshing import Look, refresh
from pipeline.run import Run
from pipeline.settings import Workspace
from pipeline.stages.fetch import fetch_key
from pipeline.stages.verify import Library
from tests.conftest import TRIAL, Answer
from tests.services import Services

Serve = Callable[[Callable[[str], Answer]], str]
DOI = "10.5555/walking.2020.1"


class Site:
    """A page and a registry that a test can change."""

    def __init__(self) -> None:
        self.text, self.status, self.etag = TRIAL, 200, ""
        self.updates: list[dict[str, object]] = []
        self.registry = 200
        self.asked: list[str] = []

    def __call__(self, path: str) -> Answer:
        self.asked.append(path)
        if path.startswith("/crossref"):
            return self.of_registry(path)
        headers = {"Content-Type": "text/plain", **({"ETag": self.etag} if self.etag else {})}
        return self.status, headers, self.text.encode()

    def of_registry(self, path: str) -> Answer:
        if self.registry != 200:
            return self.registry, {}, b""
        if "filter=" in path:
            return 200, {}, json.dumps({"message": {"items": []}}).encode()
        return 200, {}, json.dumps({"message": {"DOI": DOI, "title": ["A trial of walking groups"], "updated-by": self.updates}}).encode()


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def run(workspace: Workspace, server: Serve, site: Site) -> Iterator[Run]:
    base = server(site)
    folder = workspace.sources / "walking"
    listed = (folder / "sources.yaml").read_text(encoding="utf-8").replace("text: trial.txt", f"text: {base}/trial\n    DOI: {DOI}")
    (folder / "sources.yaml").write_text(listed, encoding="utf-8")
    toml = workspace.root / "sourcemark.toml"
    toml.write_text(
        toml.read_text(encoding="utf-8").replace("providers = []", 'providers = ["crossref"]')
        + f'fetch_timeout = 3\n[endpoints]\ncrossref = "{base}/crossref"\n',
        encoding="utf-8",
    )
    space = Workspace(workspace.root)
    with Ledger(space.ledger) as ledger:
        made = Run(space, ledger, folder)
        made.go()
        yield made


def look(run: Run) -> Look:
    (found,) = refresh(run, lambda step: None)
    return found


def test_nothing_new_is_current_and_changes_nothing(run: Run) -> None:
    found = look(run)
    assert (found.standing.currency, found.standing.drift) == (Currency.CURRENT, Drift.NONE)
    assert not found.new_snapshot
    assert not run.go().new


def test_validators_are_sent_back_and_an_unchanged_page_is_not_read_again(workspace: Workspace) -> None:
    asked: list[tuple[str | None, str | None]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/robots.txt":
                return self.send_error(404)
            asked.append((self.headers["If-None-Match"], self.headers["If-Modified-Since"]))
            body = b"" if self.headers["If-None-Match"] == '"1"' else TRIAL.encode()
            self.send_response(200 if body else 304)
            for name, value in (("ETag", '"1"'), ("Last-Modified", "Mon, 02 Nov 2026 10:00:00 GMT"), ("Content-Length", str(len(body)))):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
            return None

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as page, Ledger(workspace.ledger) as ledger:
        threading.Thread(target=page.serve_forever, args=(0.02,), daemon=True).start()
        folder = workspace.sources / "walking"
        listed = (folder / "sources.yaml").read_text(encoding="utf-8").replace("trial.txt", f"http://127.0.0.1:{page.server_port}/trial")
        (folder / "sources.yaml").write_text(listed, encoding="utf-8")
        made = Run(workspace, ledger, folder)
        made.go()
        (found,) = refresh(made, lambda step: None)
        page.shutdown()
    assert asked == [(None, None), ('"1"', "Mon, 02 Nov 2026 10:00:00 GMT")]
    assert (found.standing.currency, found.standing.drift) == (Currency.CURRENT, Drift.NONE)


@pytest.mark.parametrize(
    ("change", "rung", "new"),
    [
        (lambda text: text.replace("Walking groups are", "Walking  groups are"), Drift.BYTES, False),
        (lambda text: text + "\n\nA note was added at the end of the page by its editors.\n", Drift.TEXT, False),
        (lambda text: "An opening line was put before all else by the editors.\n\n" + text, Drift.MOVED, True),
        (lambda text: text.replace("4 mmHg in 212", "9 mmHg in 198"), Drift.GONE, True),
    ],
)
def test_only_the_last_two_rungs_take_a_new_snapshot(run: Run, site: Site, change: Callable[[str], str], rung: Drift, new: bool) -> None:
    before = run.latest()
    site.text = change(TRIAL)
    found = look(run)
    assert found.standing.drift is rung
    assert found.new_snapshot is new
    outcome = run.go()
    assert outcome.new is new
    assert run.ledger.versions("walking")[0] == before


def test_a_retraction_stops_publication_until_a_person_accepts_it(run: Run, site: Site) -> None:
    site.updates = [{"DOI": "10.5555/notice.1", "type": "retraction", "label": "Retraction", "updated": {"date-parts": [[2021, 3, 1]]}}]
    assert look(run).standing.currency is Currency.RETRACTED
    with pytest.raises(GateError):
        run.go()
    folder = run.article.folder
    listed = (folder / "sources.yaml").read_text(encoding="utf-8")
    (folder / "sources.yaml").write_text(listed.replace("    tier: T1", "    tier: T1\n    accept: [retraction]"), encoding="utf-8")
    outcome = Run(run.workspace, run.ledger, folder).go()
    assert outcome.edition
    found = next(item for item in outcome.edition.findings if item.rule == "retracted")
    assert found.severity is Severity.INFO
    assert "10.5555/notice.1" in found.message


def test_a_retraction_that_is_met_on_the_way_is_known_at_once(workspace: Workspace, web: Services) -> None:
    folder = workspace.sources / "walking"
    listed = (folder / "sources.yaml").read_text(encoding="utf-8")
    retracted = "A book that nobody has\n    DOI: 10.5555/retracted.2019.17\n    accept: [identity]"
    (folder / "sources.yaml").write_text(listed.replace("A book that nobody has", retracted), encoding="utf-8")
    toml = f'allow_loopback = true\nproviders = ["crossref"]\n[endpoints]\ncrossref = "{web.endpoints["crossref"]}"\n'
    (workspace.root / "sourcemark.toml").write_text(toml, encoding="utf-8")
    space = Workspace(workspace.root)
    with Ledger(space.ledger) as ledger:
        outcome = Run(space, ledger, folder).go()
    assert outcome.edition
    assert {item.source_id: item.currency for item in outcome.edition.standings} == {"book": Currency.RETRACTED}
    assert "retracted" in {item.rule for item in outcome.edition.findings}


@pytest.mark.parametrize(
    ("kind", "expected"), [("expression_of_concern", Currency.CONCERN), ("erratum", Currency.CORRECTED), ("new_version", Currency.CURRENT)]
)
def test_concerns_and_corrections_are_other_classes(run: Run, site: Site, kind: str, expected: Currency) -> None:
    site.updates = [{"DOI": "10.5555/notice.1", "type": kind, "label": kind}]
    assert look(run).standing.currency is expected


@pytest.mark.parametrize("status", [403, 202, 429, 503, 404])
def test_what_could_not_be_looked_at_is_unchecked_and_keeps_the_snapshot(run: Run, site: Site, status: int) -> None:
    site.status = status
    found = look(run)
    assert found.standing.currency is Currency.UNCHECKED
    assert found.standing.why_not not in {None, WhyNot.DEAD}
    outcome = run.go()
    assert not outcome.new
    assert outcome.edition
    assert any(record.verdict is Verdict.SUPPORTED for record in outcome.edition.provenance)


def test_a_soft_404_is_no_drift(run: Run, site: Site) -> None:
    site.text = "Page not found. The page that you asked for is not here any more, or never was."
    found = look(run)
    assert found.standing.why_not is WhyNot.BLOCKED
    assert not found.new_snapshot


def test_a_retraction_is_not_forgotten_when_the_registry_is_down(run: Run, site: Site) -> None:
    site.updates = [{"DOI": "10.5555/notice.1", "type": "retraction", "label": "Retraction"}]
    look(run)
    site.registry = 503
    assert look(run).standing.currency is Currency.RETRACTED
    assert run.standings()[0].notices
    site.registry, site.updates = 200, []
    assert look(run).standing.currency is Currency.CURRENT


def test_a_registry_that_fails_says_nothing(run: Run, site: Site) -> None:
    site.registry = 503
    found = look(run)
    assert found.standing.currency is Currency.UNCHECKED
    assert found.standing.drift is Drift.NONE
    assert "notices could not be asked for" in found.standing.detail


def standing(day: int, why: WhyNot | None) -> Standing:
    return Standing(source_id="s", checked_at=dt.datetime(2026, 1, day, tzinfo=dt.UTC), currency=Currency.UNCHECKED, why_not=why)


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ([], WhyNot.NOT_FOUND),
        ([(3, WhyNot.NOT_FOUND), (3, WhyNot.NOT_FOUND)], WhyNot.NOT_FOUND),
        ([(1, WhyNot.NOT_FOUND), (2, WhyNot.NOT_FOUND)], WhyNot.DEAD),
        ([(1, WhyNot.NOT_FOUND), (2, WhyNot.UNREACHABLE)], WhyNot.NOT_FOUND),
        ([(1, WhyNot.NOT_FOUND), (2, None)], WhyNot.NOT_FOUND),
    ],
)
def test_dead_only_after_several_days(before: list[tuple[int, WhyNot | None]], expected: WhyNot) -> None:
    assert why_missing(WhyNot.NOT_FOUND, dt.date(2026, 1, 3), [standing(*item) for item in before]) is expected


def test_the_ladder_in_its_docstring() -> None:
    assert doctest.testmod(pipeline.checking.drift).failed == 0


def test_a_quote_that_only_lost_its_spaces_has_moved() -> None:
    text = "Mood rose by four points in the singing group."
    quote = Evidence(source_id="s", text_sha256="", start=0, end=len(text), exact=text)
    assert drift(text, text.replace(" rose", "  rose"), [quote]) is Drift.MOVED
    assert drift(text, text.replace("four", "five"), [quote]) is Drift.GONE


@pytest.mark.parametrize(
    ("found", "notices", "asked", "expected"),
    [
        (None, None, True, Currency.UNCHECKED),
        (None, (), True, Currency.UNCHECKED),
        (None, (), False, Currency.CURRENT),
        (Drift.TEXT, None, True, Currency.CURRENT),
        (Drift.GONE, (Notice(kind="correction", label="", DOI="x"),), True, Currency.DRIFTED),
        (Drift.GONE, (Notice(kind="concern", label="", DOI="x"),), True, Currency.CONCERN),
    ],
)
def test_currency(found: Drift | None, notices: tuple[Notice, ...] | None, asked: bool, expected: Currency) -> None:
    assert currency(found, notices, asked=asked) is expected


def given(by: str = "Ann Lee", **fields: object) -> Statement:
    return Statement.model_validate({"source_id": "book", "by": by, "at": dt.datetime(2026, 1, 3, tzinfo=dt.UTC), **fields})


def test_typed_quotes_are_a_persons_statement(workspace: Workspace) -> None:
    with Ledger(workspace.ledger) as ledger:
        log = ledger.sources("walking")
        quote = Quote(
            text="Walking groups changed mood and blood pressure of adults who walked in the evening for longer than a year.", page="41"
        )
        log.state(given(quotes=(quote,), scope=Scope.EXCERPT))
        outcome = Run(workspace, ledger, workspace.sources / "walking").go()
        assert outcome.edition
        snapshot = outcome.edition.fetched[1].snapshot
        assert snapshot
        assert (snapshot.scope, snapshot.stated_by, snapshot.private) == (Scope.EXCERPT, "Ann Lee", True)
        assert ledger.blobs.get_text(snapshot.text_sha256) == quote.text
        found = Library(outcome.edition.sources, outcome.edition.fetched, ledger.blobs.get_text).check(quote.text, 2)
        assert found.verdict is Verdict.SUPPORTED
        assert found.evidence
        assert found.evidence.place == "p. 41"


def test_a_given_text_is_used_and_can_be_taken_back(workspace: Workspace) -> None:
    with Ledger(workspace.ledger) as ledger:
        log, folder = ledger.sources("walking"), workspace.sources / "walking"
        log.state(given(file="book.txt", bytes_sha256=ledger.blobs.put(TRIAL.encode())))
        first = Run(workspace, ledger, folder).go().edition
        log.state(given())
        second = Run(workspace, ledger, folder).go().edition
        assert first
        assert first.fetched[1].snapshot
        assert not any(2 in sentence.numbers for sentence in first.sentences)  # owned: checked against, never copied out
        assert second
        assert second.fetched[1].snapshot is None


def test_what_was_noted_is_never_changed(workspace: Workspace) -> None:
    with Ledger(workspace.ledger) as ledger:
        ledger.sources("walking").look(standing(1, None).model_copy(update={"source_id": "trial"}))
        for verb in ("UPDATE looks SET key = 'x'", "DELETE FROM looks"):
            with pytest.raises(LedgerError, match="never changed"), ledger._write() as db:
                db.exec_driver_sql(verb)


def test_a_new_reader_makes_a_new_text_from_the_same_bytes(run: Run, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = len(site.asked)
    log = run.ledger.sources("walking")
    key = fetch_key(run.article.sources[0])
    noted = log.fetched(key)
    assert noted
    assert noted.fetched.snapshot
    old = noted.fetched.snapshot.model_copy(update={"extractor": "plain text 0", "text_sha256": run.ledger.blobs.put_text("Other words.")})
    log.note(key, noted.fetched.model_copy(update={"snapshot": old}))
    run.go()
    again = log.fetched(key)
    assert again
    assert again.fetched.snapshot
    assert again.fetched.snapshot.bytes_sha256 == old.bytes_sha256
    assert again.fetched.snapshot.text_sha256 != old.text_sha256
    assert len(site.asked) == asked


def test_warc_holds_bytes_text_and_snapshot(run: Run, tmp_path: Path) -> None:
    from warcio.archiveiterator import ArchiveIterator

    from pipeline.exports.warc import write_warc

    latest = run.latest()
    assert latest
    kept = [item.snapshot for item in run.ledger.edition(latest).fetched if item.snapshot]
    with (tmp_path / "a.warc.gz").open("wb") as out:
        assert write_warc(out, kept, run.ledger.blobs.get) == 3
    with (tmp_path / "a.warc.gz").open("rb") as file:
        records = [(record.rec_type, record.content_stream().read()) for record in ArchiveIterator(file, check_digests=True)]
    assert [kind for kind, _ in records] == ["response", "conversion", "metadata"]
    assert records[0][1] == TRIAL.encode()
    assert json.loads(records[2][1])["bytes_sha256"] == kept[0].bytes_sha256
