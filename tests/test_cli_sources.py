"""The commands about sources, run as their users run them, against recorded services."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.resources import bundled
from tests.conftest import TRIAL
from tests.services import Services


def sourcemark(*args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("SOURCEMARK_")}
    env["PYTHONPATH"] = str(Path(__file__).parent.parent)
    return subprocess.run([sys.executable, "-m", "pipeline", *args], cwd=cwd, env=env, capture_output=True, text=True, check=False)


@pytest.fixture
def cure(tmp_path: Path, web: Services) -> Path:
    """Make a workspace with the plan of the seed article, whose sources are metadata only."""
    (tmp_path / "sources" / "social-cure").mkdir(parents=True)
    for name in ("article.yaml", "sources.yaml"):
        text = (bundled("sources") / "social-cure" / name).read_text(encoding="utf-8")
        (tmp_path / "sources" / "social-cure" / name).write_text(text, encoding="utf-8")
    keys = "".join(f'{name} = "key-of-the-tests"\n' for name in ("openalex", "googlebooks", "youtube_search"))
    endpoints = "".join(f'{name} = "{url}"\n' for name, url in web.endpoints.items())
    settings = 'allow_loopback = true\nhost_interval = 0\nfetch_timeout = 5\ncontact = "team@example.org"\n'
    (tmp_path / "sourcemark.toml").write_text(f"{settings}[keys]\n{keys}[endpoints]\n{endpoints}", encoding="utf-8")
    return tmp_path


def test_from_metadata_to_a_published_article(cure: Path) -> None:
    done = sourcemark("sources", "resolve", "social-cure", "--json", cwd=cure)
    assert done.returncode == 0, done.stderr
    found = {item["id"]: item for item in json.loads(done.stdout)["sources"]}
    assert found["wakefield-prescribing-2022"]["candidates"][0]["form"] == "jats"
    assert found["jetten-agenda-2017"]["found"]["doi"] == "10.1002/ejsp.2333"
    assert found["haslam-blog"]["candidates"] == []
    done = sourcemark("run", "sources/social-cure", cwd=cure)
    assert done.returncode == 0, done.stderr
    listed = sourcemark("sources", "list", "social-cure", "--json", cwd=cure)
    holds = {item["id"]: item["holds"] for item in json.loads(listed.stdout)["sources"]}
    assert holds["wakefield-prescribing-2022"] == holds["haslam-video"] == "full_text"
    assert holds["jetten-agenda-2017"] == "abstract"
    assert holds["google-books-overview"] == "metadata"
    assert holds["haslam-blog"] == "not found"
    published = cure / "published" / "social-cure" / "1.0"
    for file in published.iterdir():
        text = file.read_text(encoding="utf-8")
        assert "key-of-the-tests" not in text, file.name
        assert "team@example.org" not in text, file.name
        assert "signature=" not in text, file.name
    assert "p. " in (published / "report.html").read_text(encoding="utf-8") or "0:0" in (published / "report.html").read_text(
        encoding="utf-8"
    )
    assert sourcemark("replay", "social-cure", cwd=cure).returncode == 0


def test_refresh_says_where_the_sources_stand(cure: Path) -> None:
    assert sourcemark("run", "sources/social-cure", cwd=cure).returncode == 0
    done = sourcemark("sources", "refresh", "social-cure", "--json", cwd=cure)
    assert done.returncode == 0, done.stderr
    stands = {item["source_id"]: item["currency"] for item in json.loads(done.stdout)["sources"]}
    assert stands["wakefield-prescribing-2022"] == "current"
    assert sourcemark("run", "sources/social-cure", cwd=cure).stdout.splitlines()[0].endswith("nothing changed, no new version")


def test_a_text_is_given_used_shown_briefly_and_taken_back(cure: Path) -> None:
    book = cure / "chapter.txt"
    book.write_text("The Social Identity Approach to Health.\n\n" + TRIAL, encoding="utf-8")
    done = sourcemark("source", "add-text", "social-cure", "haslam-scaffolding", str(book), "--by", "Ann Lee", cwd=cure)
    assert done.returncode == 0, done.stderr
    assert "kept in the private ledger" in done.stdout
    assert sourcemark("run", "sources/social-cure", cwd=cure).returncode == 0
    warc = sourcemark("sources", "export", "social-cure", "--warc", "a.warc.gz", "--json", cwd=cure)
    assert json.loads(warc.stdout)["left_out"] == 1
    assert sourcemark("sources", "export", "social-cure", "--warc", "a.warc.gz", cwd=cure).returncode == 2
    everything = sourcemark("sources", "export", "social-cure", "--warc", "b.warc.gz", "--private", "--json", cwd=cure)
    assert json.loads(everything.stdout)["left_out"] == 0
    assert sourcemark("source", "drop", "social-cure", "haslam-scaffolding", cwd=cure).returncode == 0
    assert sourcemark("source", "drop", "social-cure", "haslam-scaffolding", cwd=cure).returncode == 6


def test_quotes_are_typed_and_counted(cure: Path) -> None:
    words = ("source", "add-quote", "social-cure", "jetten-social-cure-2012")
    assert sourcemark(*words, "two words", cwd=cure).returncode == 2
    for number in (1, 2):
        done = sourcemark(*words, f"Groups give people {number} kinds of help.", "--page", "41", "--by", "Ann Lee", "--json", cwd=cure)
        assert json.loads(done.stdout)["quotes"] == number
    listed = json.loads(sourcemark("sources", "list", "social-cure", "--json", cwd=cure).stdout)["sources"][0]
    assert (listed["holds"], listed["where"]) == ("excerpt", "2 typed quotes, by Ann Lee")


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("source", "add-text", "social-cure", "nosuch", "sourcemark.toml"), 6, "there are: jetten"),
        (("source", "add-text", "nosuch", "x", "sourcemark.toml"), 6, "there are: social-cure"),
        (("source", "add-text", "social-cure", "haslam-blog", "none.pdf"), 5, "no such file"),
        (("source", "add-text", "social-cure", "haslam-blog", "sources"), 5, "not a file"),
        (("source", "add-text", "social-cure", "haslam-blog", "/dev/zero"), 5, "not a file"),
        (("sources", "refresh", "nosuch"), 3, "no such folder"),
        (("sources", "export", "social-cure", "--warc", "x.warc.gz"), 6, "no published version"),
        (("sources", "resolve", "social-cure", "nosuch"), 6, "no source has the id"),
    ],
)
def test_bad_input_is_one_clear_line(cure: Path, words: tuple[str, ...], code: int, told: str) -> None:
    done = sourcemark(*words, cwd=cure)
    assert done.returncode == code
    assert told in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_network_that_is_off_is_said(cure: Path) -> None:
    toml = cure / "sourcemark.toml"
    toml.write_text("network = false\n" + toml.read_text(encoding="utf-8"), encoding="utf-8")
    assert sourcemark("sources", "resolve", "social-cure", cwd=cure).returncode == 2
    done = sourcemark("run", "sources/social-cure", cwd=cure)
    assert done.returncode == 5
    assert "network" in done.stderr or "text" in done.stderr
