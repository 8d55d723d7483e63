"""A run through all stages: promises 1 to 4 on what it publishes, no work twice, nothing lost on bad input."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.articles import Article, Plan, _SourceList
from pipeline.errors import GateError, LedgerError, SourceError
from pipeline.ledger import Ledger
from pipeline.markup import markdown
from pipeline.records import BlockKind, Edition, Fetched, Label, Scope, Severity, Snapshot, Stage, Verdict
from pipeline.replaying import replay
from pipeline.run import Outcome, Run, assemble, check
from pipeline.settings import Settings, Workspace
from pipeline.stages import draft, publish, repair, verify
from pipeline.stages.classify import finding
from pipeline.text import sha256
from tests.conftest import TRIAL, Answer

SLUG = "walking"


def run(workspace: Workspace, **options: Stage | None) -> Outcome:
    with Ledger(workspace.ledger) as ledger:
        return Run(workspace, ledger, workspace.sources / SLUG).go(**options)  # type: ignore[arg-type]


def assert_promises(edition: Edition, texts: Callable[[str], str]) -> None:
    """Hold promises 1, 2 and 3 against an edition."""
    speaking = {BlockKind.PARAGRAPH, BlockKind.LIST_ITEM, BlockKind.TABLE_CELL, BlockKind.CAPTION, BlockKind.CALLOUT}
    assert [record.sentence_id for record in edition.provenance] == [sentence.id for sentence in edition.sentences]
    assert len({sentence.id for sentence in edition.sentences}) == len(edition.sentences)
    with_sentence = {sentence.block for sentence in edition.sentences}
    assert all(index in with_sentence for index, block in enumerate(edition.blocks) if block.kind in speaking)
    for sentence, record in zip(edition.sentences, edition.provenance, strict=True):
        assert edition.blocks[sentence.block].start <= sentence.start < sentence.end <= edition.blocks[sentence.block].end
        assert sentence.label is record.label
        assert (record.verdict is None) == (record.label is Label.LLM)
        for item in record.checks:
            known = 1 <= item.number <= len(edition.sources)
            assert known or item.reason == "unknown_source"
            if item.verdict is Verdict.SUPPORTED:
                assert item.evidence
            if item.evidence:
                assert texts(item.evidence.text_sha256)[item.evidence.start : item.evidence.end] == item.evidence.exact


def test_a_run_publishes_and_holds_its_promises(workspace: Workspace) -> None:
    outcome = run(workspace)
    assert outcome.new
    assert outcome.version
    assert outcome.edition
    assert outcome.version.number == "1.0"
    folder = workspace.published / SLUG / "1.0"
    assert sorted(path.name for path in folder.iterdir()) == sorted(publish.FILES)
    with Ledger(workspace.ledger) as ledger:
        assert_promises(outcome.edition, ledger.blobs.get_text)
        assert replay(ledger, outcome.version) == []
    assert all(record.verdict is Verdict.SUPPORTED for record in outcome.edition.provenance if record.label is Label.CITED)


def test_nothing_changed_is_nothing_done(workspace: Workspace) -> None:
    first = run(workspace)
    again = run(workspace)
    assert (again.new, again.because, again.version) == (False, (), first.version)
    assert run(workspace, since=Stage.DRAFT).version == first.version


def test_published_files_that_were_lost_come_back(workspace: Workspace) -> None:
    run(workspace)
    page = workspace.published / SLUG / "1.0" / "index.html"
    before = page.read_bytes()
    page.unlink()
    run(workspace)
    assert page.read_bytes() == before


@pytest.mark.parametrize(
    ("file", "old", "new", "because"),
    [
        ("trial.txt", "212 adults", "218 adults", "text of trial"),
        ("article.yaml", "Walking Groups", "Groups that Walk", "outline"),
        ("sources.yaml", "issued: 2020", "issued: 2021", "source 1 (trial)"),
    ],
)
def test_a_changed_input_makes_a_version_that_says_why(workspace: Workspace, file: str, old: str, new: str, because: str) -> None:
    run(workspace)
    path = workspace.sources / SLUG / file
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    outcome = run(workspace)
    assert outcome.version
    assert (outcome.version.number, outcome.because) == ("1.1", (because,))
    with Ledger(workspace.ledger) as ledger:
        assert [version.number for version in ledger.versions(SLUG)] == ["1.0", "1.1"]
        assert replay(ledger, ledger.version(f"{SLUG}@1.0")) == []


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage is not Stage.PUBLISH])
def test_until_publishes_nothing(workspace: Workspace, stage: Stage) -> None:
    assert run(workspace, until=stage).version is None
    assert not workspace.published.exists()


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7 cut", bytes(range(256)) * 50])
def test_a_broken_source_stops_the_run_and_leaves_the_ledger(workspace: Workspace, data: bytes) -> None:
    first = run(workspace)
    (workspace.sources / SLUG / "trial.txt").write_bytes(data)
    with pytest.raises(SourceError, match="trial"):
        run(workspace)
    with Ledger(workspace.ledger) as ledger:
        assert ledger.versions(SLUG) == [first.version]
        assert replay(ledger, ledger.version(SLUG)) == []


def test_a_crash_while_publishing_is_made_good(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(publish, "write", crash)
        with pytest.raises(KeyboardInterrupt):
            run(workspace)
    outcome = run(workspace)
    assert outcome.version
    assert outcome.version.number == "1.0"
    assert (workspace.published / SLUG / "1.0" / "index.html").is_file()


def test_a_source_over_http_is_fetched(workspace: Workspace, server: Callable[[Callable[[str], Answer]], str]) -> None:
    base = server(lambda path: (200, {"Content-Type": "text/plain"}, TRIAL.encode()))
    path = workspace.sources / SLUG / "sources.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("text: trial.txt", f"text: {base}/trial"), encoding="utf-8")
    outcome = run(workspace)
    assert outcome.edition
    assert outcome.edition.fetched[0].snapshot
    assert outcome.edition.fetched[0].snapshot.origin == f"{base}/trial"


def test_an_address_without_text_is_not_checkable_and_no_fault(
    workspace: Workspace, server: Callable[[Callable[[str], Answer]], str]
) -> None:
    base = server(lambda path: (404, {}, b"gone"))
    path = workspace.sources / SLUG / "sources.yaml"
    path.write_text(path.read_text(encoding="utf-8") + f"    text: {base}/book\n", encoding="utf-8")
    outcome = run(workspace)
    assert outcome.edition
    assert outcome.edition.fetched[1].why_not == "not_found"


def test_replay_notices_a_changed_snapshot(workspace: Workspace) -> None:
    outcome = run(workspace)
    assert outcome.edition
    assert outcome.version
    snapshot = outcome.edition.fetched[0].snapshot
    assert snapshot
    with Ledger(workspace.ledger) as ledger:
        path = workspace.ledger / "blobs" / snapshot.text_sha256[:2] / snapshot.text_sha256
        path.write_bytes(path.read_bytes().replace(b"212", b"999"))
        with pytest.raises(LedgerError, match="changed on disk"):
            replay(ledger, outcome.version)


def test_replay_notices_a_verdict_that_does_not_hold(workspace: Workspace) -> None:
    outcome = run(workspace)
    assert outcome.edition
    assert outcome.version
    first = outcome.edition.provenance[0].model_copy(update={"verdict": Verdict.CONTRADICTED})
    forged = outcome.edition.model_copy(update={"provenance": (first, *outcome.edition.provenance[1:])})
    with Ledger(workspace.ledger) as ledger:
        digest = ledger.blobs.put_text(forged.model_dump_json())
        ledger.publish(outcome.version.model_copy(update={"number": "1.1", "edition_sha256": digest}))
        assert len(replay(ledger, ledger.version(f"{SLUG}@1.1"))) == 1


def checked(text: str) -> Edition:
    """Audit a text against the small trial."""
    sources = _SourceList.model_validate({"sources": [{"id": "trial", "title": "T"}, {"id": "other", "title": "O"}]}).sources
    texts = {sha256(TRIAL): TRIAL, sha256(OTHER): OTHER}
    fetched = tuple(Fetched(source_id=source.id, snapshot=snapshot(source.id, held)) for source, held in zip(sources, texts, strict=True))
    document = markdown.read(text)
    found = check(document, sources, verify.Library(sources, fetched, texts.__getitem__), lambda step: None)
    plan = Plan.model_validate({"title": "T", "outline": [{"heading": "H", "brief": "b"}]})
    return assemble(Article("walking", Path(), plan, sources), document, fetched, found, (), draft.given(document.text), "a checker", None)


OTHER = "Migratory birds navigate by the magnetic field of the earth and by the stars in autumn."


def snapshot(source: str, digest: str) -> Snapshot:
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    return Snapshot(
        source_id=source, origin="x", fetched_at=now, media_type="text/plain", size=1, bytes_sha256=digest, extractor="x",
        text_sha256=digest, characters=1, scope=Scope.FULL_TEXT,
    )  # fmt: skip


STATED = "Adults in walking groups did not lose body weight during the trial"


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        (f"{STATED} [1].", []),
        (f"{STATED} [1][2].", ["silent_source"]),
        (f"{STATED} [2].", ["wrong_source"]),
        ("| need | says | more |\n|---|---|---|\n| mood | " + STATED + " [1]. | Walking cures all known ills. |", ["no_marker"]),
        ("> Walking cures all known ills. " + STATED + " [1].", ["no_marker"]),
        ("> An example of a client who walks. She walks on [LLM].", []),
    ],
)
def test_rules(text: str, rules: list[str]) -> None:
    found = [item.rule for item in checked(text).findings if item.rule != "uncited_source"]
    assert found == rules


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("- **Walking** — adults lost body weight during the trial [1].\n- Kept [LLM].\n", "- Kept [LLM].\n"),
        (f"{STATED} [1]. Adults in walking groups lost body weight during the trial [1]. End [LLM].\n", f"{STATED} [1]. End [LLM].\n"),
        (f"Before [LLM]. {STATED} [2].\n", f"Before [LLM]. {STATED} [1].\n"),
    ],
)
def test_repair_leaves_nothing_broken_behind(text: str, left: str) -> None:
    edition = checked(text)
    texts = {sha256(TRIAL): TRIAL, sha256(OTHER): OTHER}
    library = verify.Library(edition.sources, edition.fetched, texts.__getitem__)
    result = verify.VerifyResult(provenance=edition.provenance, findings=())
    found = repair.repair(text, edition.blocks, edition.sentences, result, library)
    assert found.markdown == left
    assert len(found.repairs) == 1


def test_the_gate_names_findings_by_id() -> None:
    fault = finding("contradicted", Severity.ERROR, "says otherwise", sentence_id="abc")
    with pytest.raises(GateError, match=fault.id):
        publish.gate([fault], Severity.ERROR)
    publish.gate([fault], "none")
    publish.gate([finding("no_marker", Severity.WARNING, "x")], Severity.ERROR)


def test_a_draft_past_the_gate_is_kept_and_not_published(workspace: Workspace) -> None:
    (workspace.root / "sourcemark.toml").write_text('gate = "warning"\n', encoding="utf-8")
    with pytest.raises(GateError, match="uncited_source"):
        run(Workspace(workspace.root))
    assert not workspace.published.exists()
    assert (workspace.ledger / "drafts" / SLUG / "report.html").is_file()


_SENTENCES = st.sampled_from(
    [
        "Walking groups reduced systolic blood pressure by 4 mmHg in 212 adults after 12 weeks [1].",
        "Walking groups reduced systolic blood pressure by 9 mmHg in 212 adults after 12 weeks [1].",
        "Nobody knows [7].",
        "Plain words.",
        "A choice [LLM].",
        "Adults lost weight [2][1].",
        "He said “walking cures every known disease” [1].",
        "- item [1]\n",
        "> quoted [LLM].",
        "| a | b |\n|---|---|\n| c | d [1] |\n",
        "## Heading",
        "*emph* `code` &amp; <b>x</b>",
        "\n\n",
        "é\u200bü [1]",
    ]
)


@given(st.lists(_SENTENCES, max_size=8).map("\n".join))
def test_promises_hold_for_any_article(text: str) -> None:
    edition = checked(text)
    assert_promises(edition, {sha256(TRIAL): TRIAL, sha256(OTHER): OTHER}.__getitem__)
    assert Edition.model_validate_json(edition.model_dump_json()) == edition
    assert set(publish.rendered(edition, None)) == set(publish.FILES)


def test_settings_have_defaults() -> None:
    assert Settings().gate is Severity.ERROR
