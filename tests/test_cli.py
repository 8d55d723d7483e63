"""The command line, run as its users run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.ledger import Ledger
from pipeline.settings import Workspace

COMMANDS = ["init", "run", "check", "regenerate", "show", "report", "versions", "diff", "replay", "schema", "doctor"]
COMMANDS += ["sources list", "sources resolve", "sources refresh", "sources export", "source add-text", "source add-quote", "source drop"]


def sourcemark(*args: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("ANTHROPIC_", "SOURCEMARK_"))}
    env["PYTHONPATH"] = str(Path(__file__).parent.parent)
    env["SOURCEMARK_ENDPOINTS__CROSSREF"] = "http://127.0.0.1:9"  # no test asks the real one
    return subprocess.run([sys.executable, "-m", "pipeline", *args], cwd=cwd, env=env, capture_output=True, text=True, check=False)


def test_help_is_quick_and_lists_exit_codes() -> None:
    times = []
    for _ in range(3):
        start = time.perf_counter()
        done = sourcemark("--help")
        times.append(time.perf_counter() - start)
    assert "Exit codes: 0 clean" in " ".join(done.stdout.split())
    # The target is 0.4 s on an idle machine; a busy one gets room, an import of spaCy (1.5 s) does not.
    assert min(times) < 0.9


def test_nothing_heavy_is_imported_for_help() -> None:
    heavy = ("spacy", "trafilatura", "lxml", "sqlalchemy", "anthropic")
    code = f"import sys; from pipeline.cli import app; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parent.parent)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    done = sourcemark(*command.split(), "--help")
    assert done.returncode == 0
    assert f"Example: sourcemark {command}" in " ".join(done.stdout.split())
    assert "--json" in done.stdout


def test_a_life_of_an_article(workspace: Workspace) -> None:
    root = workspace.root
    done = sourcemark("run", "sources/walking", cwd=root)
    assert done.returncode == 0, done.stderr
    assert "published/walking/1.0/report.html" in done.stdout
    assert "nothing changed" in sourcemark("run", "sources/walking", cwd=root).stdout
    preview = json.loads(sourcemark("run", "sources/walking", "--dry-run", "--json", cwd=root).stdout)
    assert preview == {"slug": "walking", "would_publish": False, "because": [], "estimates": []}
    path = root / "sources" / "walking" / "trial.txt"
    path.write_text(path.read_text(encoding="utf-8").replace("212", "218"), encoding="utf-8")
    rows = json.loads(sourcemark("regenerate", "--due", "--json", cwd=root).stdout)["articles"]
    assert rows == [{"slug": "walking", "result": "published", "version": "1.1", "why": "text of trial"}]
    changes = json.loads(sourcemark("diff", "walking", "1.0", "1.1", "--json", cwd=root).stdout)["changes"]
    assert [change["kind"] for change in changes] == ["edited"]
    assert "212" in sourcemark("show", "walking@1.0", cwd=root).stdout
    assert "218" in sourcemark("show", "walking", cwd=root).stdout
    assert len(json.loads(sourcemark("versions", "walking", "--json", cwd=root).stdout)["versions"]) == 2
    assert sourcemark("report", "walking", "--format", "html", cwd=root).stdout.lstrip().lower().startswith("<!doctype html>")
    assert json.loads(sourcemark("report", "walking", "--format", "json", cwd=root).stdout)
    assert sourcemark("replay", "walking@1.0", cwd=root).returncode == 0
    assert json.loads(sourcemark("doctor", "--json", cwd=root).stdout)["checks"]


def test_init_makes_a_workspace_and_never_overwrites(tmp_path: Path) -> None:
    assert sourcemark("init", "new", cwd=tmp_path).returncode == 0
    assert (tmp_path / "new" / "sources" / "group-singing" / "article.yaml").is_file()
    again = sourcemark("init", "new", cwd=tmp_path)
    assert (again.returncode, again.stderr.count("\n")) == (2, 1)


@pytest.mark.parametrize(
    ("args", "code", "word"),
    [
        (("run", "sources/none"), 3, "no such folder"),
        (("run",), 2, "Missing argument"),
        (("run", "sources/walking", "--until", "draft", "--from", "verify"), 2, "--until"),
        (("run", "sources/walking", "--writer", "claude"), 9, "ANTHROPIC_API_KEY"),
        (("show", "walking"), 6, "no published version"),
        (("regenerate",), 2, "--due"),
        (("check", "none.md", "--sources", "sources/walking"), 3, "no such file"),
        (("frobnicate",), 2, "No such command"),
    ],
)
def test_wrong_use_is_one_clear_line_and_its_code(workspace: Workspace, args: tuple[str, ...], code: int, word: str) -> None:
    done = sourcemark(*args, cwd=workspace.root)
    assert done.returncode == code, done.stderr
    assert word in done.stderr
    assert "Traceback" not in done.stderr


def test_broken_input_leaves_the_ledger_as_it_was(workspace: Workspace) -> None:
    root = workspace.root
    assert sourcemark("run", "sources/walking", cwd=root).returncode == 0
    listing = (root / "sources" / "walking" / "sources.yaml").read_text(encoding="utf-8")
    texts = {
        "huge.html": b"<html>" + b"x" * 50_000_000,
        "cut.pdf": b"%PDF-1.4\n1 0 obj",
        "empty.txt": b"",
        "rubbish.html": bytes(range(256)) * 99,
    }
    for name, data in texts.items():
        (root / "sources" / "walking" / name).write_bytes(data)
    for name in (*texts, "../../../../etc/passwd", "missing.txt"):
        (root / "sources" / "walking" / "sources.yaml").write_text(listing.replace("trial.txt", name), encoding="utf-8")
        done = sourcemark("run", "sources/walking", cwd=root)
        assert done.returncode == 5, (name, done.stderr)
        assert done.stderr.count("\n") == 1
        assert done.stderr.startswith("sourcemark: trial: ")
    (root / "sources" / "walking" / "sources.yaml").write_text(listing + "sources: []\n", encoding="utf-8")
    assert "duplicate key" in sourcemark("run", "sources/walking", cwd=root).stderr
    (root / "sources" / "walking" / "sources.yaml").write_text(listing, encoding="utf-8")
    assert "nothing changed" in sourcemark("run", "sources/walking", cwd=root).stdout


def test_an_article_without_any_text_is_refused(workspace: Workspace) -> None:
    path = workspace.sources / "walking" / "sources.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("    text: trial.txt\n", ""), encoding="utf-8")
    done = sourcemark("run", "sources/walking", cwd=workspace.root)
    assert (done.returncode, done.stderr.count("\n")) == (5, 1)
    assert "nothing to write from" in done.stderr


def test_a_terminal_without_utf8_gets_no_error(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    sourcemark("run", "sources/walking", cwd=workspace.root)
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    done = sourcemark("show", "walking", cwd=workspace.root)
    assert done.returncode == 0, done.stderr


def test_check_names_an_unknown_source(workspace: Workspace) -> None:
    (workspace.root / "a.md").write_text("# A\n\nWalking cures everything [99].\n", encoding="utf-8")
    done = sourcemark("check", "a.md", "--sources", "sources/walking", "--json", cwd=workspace.root)
    assert done.returncode == 1
    assert "unknown_source" in {item["rule"] for item in json.loads(done.stdout)["findings"]}
    assert sourcemark("check", "a.md", "--sources", "sources/walking", "--fail-on", "none", cwd=workspace.root).returncode == 0


def test_a_locked_article_is_left_alone(workspace: Workspace) -> None:
    with Ledger(workspace.ledger) as ledger, ledger.lock("walking"):
        done = sourcemark("run", "sources/walking", cwd=workspace.root)
    assert (done.returncode, done.stderr.count("\n")) == (7, 1)


def test_one_bad_article_does_not_stop_the_others(workspace: Workspace) -> None:
    bad = workspace.sources / "broken"
    bad.mkdir()
    (bad / "article.yaml").write_text("title: [", encoding="utf-8")
    done = sourcemark("regenerate", "--all", "--json", cwd=workspace.root)
    assert done.returncode == 3
    assert {row["slug"]: row["result"] for row in json.loads(done.stdout)["articles"]} == {"broken": "failed", "walking": "published"}


def test_a_run_killed_at_any_time_goes_on_and_publishes_once(workspace: Workspace) -> None:
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    for delay in (0.25, 0.5, 0.7, 0.8, 0.9, 1.0, 1.1, 1.3):
        with subprocess.Popen([sys.executable, "-m", "pipeline", "run", "sources/walking"], cwd=workspace.root, env=env, stdout=-3) as job:
            time.sleep(delay)
            job.kill()
    done = sourcemark("run", "sources/walking", cwd=workspace.root)
    assert done.returncode == 0, done.stderr
    with Ledger(workspace.ledger) as ledger:
        assert [version.number for version in ledger.versions("walking")] == ["1.0"]
    assert sourcemark("replay", "walking", cwd=workspace.root).returncode == 0
    folders = [path.name for path in (workspace.published / "walking").iterdir() if not path.name.startswith(".part-")]
    assert folders == ["1.0"]


def test_the_commands_of_the_readme_work(tmp_path: Path) -> None:
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    block = readme.split("## Use it")[1].split("```")[1]
    lines = [line.split("#")[0].strip() for line in block.strip().splitlines()]
    assert lines[0] == "sourcemark init my-wiki && cd my-wiki"
    assert sourcemark("init", "my-wiki", cwd=tmp_path).returncode == 0
    for line in lines[1:]:
        words = line.split(">")[0].split()[1:]
        if words[0] == "bench":  # a minute of work, which test_support does
            words = [*words[:2], "--help"]
        done = sourcemark(*words, cwd=tmp_path / "my-wiki")
        assert done.returncode == (1 if words[0] == "check" else 0), (line, done.stderr)
        assert done.stdout
