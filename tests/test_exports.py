"""What leaves the program: pages that hostile text cannot break out of, and JSON that fits its schema."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from lxml import html

from pipeline.auditing import audit
from pipeline.exports.report import report
from pipeline.exports.schemas import schemas
from pipeline.ledger import Ledger
from pipeline.records import Edition, Label, Verdict, Version
from pipeline.resources import bundled
from pipeline.run import Run
from pipeline.settings import Settings, Workspace
from pipeline.stages import publish
from tests.conftest import EXAMPLE
from tests.test_run import assert_promises

HOSTILE = """# <img src=x onerror=alert(1)>

Walking groups <script>alert(1)</script> reduced systolic blood pressure by 4 mmHg in 212 adults after 12 weeks [1].
A [link](javascript:alert(1)) and ![picture](http://127.0.0.1/x.png) and `"><svg onload=alert(1)>` [LLM].

| <b>a</b> | "onmouseover="x |
|---|---|
| {{ 7*7 }} | <iframe src=//x> [1] |

> </style><script>alert(2)</script> [99].

## </title><script>alert(3)</script>
"""
LISTING = """\
sources:
  - id: trial
    title: '"><script>alert(4)</script>'
    URL: 'javascript:alert(5)'
    DOI: '10.1234/"><script>alert(6)</script>'
    text: trial.txt
  - {id: other, title: Other, URL: 'javascript:alert(5)'}
"""


def parsed(text: str) -> Any:
    """Return the page as lxml reads it; its stubs do not tell what an XPath gives."""
    return html.fromstring(text)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Edition, Version, Path]:
    """Run the bundled example once."""
    root = tmp_path_factory.mktemp("example")
    (root / "sourcemark.toml").write_text("", encoding="utf-8")
    (root / "sources").mkdir()
    (root / "sources" / "group-singing").symlink_to(EXAMPLE)
    workspace = Workspace(root)
    with Ledger(workspace.ledger) as ledger:
        outcome = Run(workspace, ledger, EXAMPLE, Settings()).go()
        assert outcome.edition
        assert outcome.version
        assert_promises(outcome.edition, ledger.blobs.get_text)
    return outcome.edition, outcome.version, workspace.published / "group-singing" / "1.0"


def test_the_example_is_supported_throughout(published: tuple[Edition, Version, Path]) -> None:
    edition, _, _ = published
    cited = [record for record in edition.provenance if record.label is Label.CITED]
    assert len(cited) >= 50
    assert {record.verdict for record in cited} == {Verdict.SUPPORTED}
    assert [item.rule for item in edition.findings] == ["uncited_source"]  # the book without text


def test_the_page_has_what_the_model_article_has(published: tuple[Edition, Version, Path]) -> None:
    edition, _, folder = published
    page = parsed((folder / "index.html").read_text(encoding="utf-8"))
    text = " ".join(page.text_content().split())
    assert "LLM-generated — verify before clinical use" in text
    assert "Provenance." in text
    assert "version 1.0" in text
    assert "8 sources" in text
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert {f"s-{sentence.id}" for sentence in edition.sentences} <= set(ids)
    anchors = [href[1:] for href in page.xpath("//a/@href") if href.startswith("#")]
    assert set(anchors) <= set(ids)
    assert len(page.xpath("//table//td")) + len(page.xpath("//table//th")) >= 18


def test_pages_need_nothing_from_outside(published: tuple[Edition, Version, Path]) -> None:
    for name in ("index.html", "report.html"):
        page = parsed((published[2] / name).read_text(encoding="utf-8"))
        assert page.xpath("//script | //link[@rel='stylesheet'] | //img[@src] | //iframe") == []


def test_totals_of_the_report_add_up(published: tuple[Edition, Version, Path]) -> None:
    edition, version, _ = published
    told = report(edition, version)
    assert sum(told.supported.values()) == told.labels[Label.CITED] == len(told.cited)
    assert sum(told.labels.values()) == len(edition.sentences)
    assert sum(told.available.scope.values()) == len(edition.sources) == sum(told.current.values())
    assert sum(told.located.evidence.values()) + told.located.without_passage == sum(len(r.checks) for r in edition.provenance)
    assert sum(told.severities.values()) == len(edition.findings)
    assert "was not looked at" in told.what_was_not_checked[-1]


@pytest.mark.parametrize(("file", "schema"), [("article.json", "article"), ("provenance.json", "provenance"), ("report.json", "report")])
def test_json_fits_its_schema(published: tuple[Edition, Version, Path], file: str, schema: str) -> None:
    data = json.loads((published[2] / file).read_text(encoding="utf-8"))
    jsonschema.validate(data, json.loads(schemas()[f"{schema}.schema.json"]))


def test_written_schemas_are_fresh() -> None:
    for name, text in schemas().items():
        assert (bundled("schemas") / name).read_text(encoding="utf-8") == text


def test_hostile_text_stays_text(workspace: Workspace) -> None:
    folder = workspace.sources / "walking"
    (folder / "sources.yaml").write_text(LISTING, encoding="utf-8")
    (folder / "a.md").write_text(HOSTILE, encoding="utf-8")
    edition = audit(folder / "a.md", folder, Settings(), lambda stage, step: None)
    files = publish.rendered(edition, None)
    for name in ("index.html", "report.html"):
        page = parsed(files[name])
        assert page.xpath("//script | //svg | //iframe | //img") == [], name
        assert not [value for value in page.xpath("//@href") if not re.match(r"https?://|#", value)], name
        assert not page.xpath("//@*[starts-with(name(), 'on')]"), name
        assert "49" not in page.text_content().split(), name
    assert "unknown_source" in {item.rule for item in edition.findings}
