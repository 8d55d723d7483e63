"""article.yaml, sources.yaml and sourcemark.toml: errors that name file, line and field."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import articles
from pipeline.errors import ConfigError
from pipeline.resources import bundled
from pipeline.settings import FILE, Workspace
from tests.conftest import SOURCES


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("article.yaml", "title: A\ntitle: B\n", r"article\.yaml:2: found duplicate key"),
        ("article.yaml", "title: A\n", r"article\.yaml:1: outline: Field required"),
        ("article.yaml", "title: A\noutline:\n  - heading: H\n    breif: x\n", r"article\.yaml:4: outline\.1\.breif"),
        ("article.yaml", "title: A\noutline:\n  - heading: H\n    form: table\n    rows: [a]\n", r"article\.yaml:3: .*columns"),
        ("article.yaml", "title: [\n", r"article\.yaml:2: "),
        ("article.yaml", "just text\n", r"article\.yaml:1: expected fields"),
        ("sources.yaml", SOURCES.replace("tier: T1", "tier: best"), r"sources\.yaml:6: sources\.1\.tier"),
        ("sources.yaml", SOURCES.replace("id: book", "id: trial"), r"sources\.yaml:\d+: .*two sources have the id `trial`"),
        ("sources.yaml", SOURCES.replace("issued: 2020", "issued: soon"), r"sources\.yaml:5: sources\.1\.issued"),
        ("sources.yaml", "sources: []\n", r"sources\.yaml:1: sources"),
    ],
)
def test_a_bad_file_is_named_with_line_and_field(workspace: Workspace, file: str, text: str, message: str) -> None:
    folder = workspace.sources / "walking"
    (folder / file).write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=message) as caught:
        articles.read(folder)
    assert "\n" not in str(caught.value)


def test_files_that_are_no_text_are_named(workspace: Workspace) -> None:
    folder = workspace.sources / "walking"
    (folder / "article.yaml").write_bytes(b"\xff\xfe\x00bad")
    with pytest.raises(ConfigError, match=r"article\.yaml:1: not UTF-8"):
        articles.read(folder)
    (folder / "article.yaml").unlink()
    with pytest.raises(ConfigError, match="no such file"):
        articles.read(folder)


@pytest.mark.parametrize(("text", "message"), [("writer = 3\n", "writer"), ("colour = 1\n", "colour"), ("writer = \n", "toml")])
def test_bad_settings_are_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        Workspace(tmp_path)


def test_the_environment_goes_before_the_file(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCEMARK_REGENERATE_AFTER_DAYS", "7")
    assert Workspace(workspace.root).settings.regenerate_after_days == 7


@pytest.mark.parametrize("slug", ["group-singing", "social-cure"])
def test_bundled_articles_are_sound(slug: str) -> None:
    read = articles.read(bundled("sources") / slug)
    assert read.plan.outline
    assert len(read.sources) >= 7
