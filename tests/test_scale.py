"""Five hundred sources over fifty hosts: how many at a time, nothing twice, nothing lost, memory flat."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipeline.ledger import Ledger
from pipeline.records import Stage
from pipeline.run import Run
from pipeline.settings import Workspace
from pipeline.stages.fetch import fetch_key
from tests.conftest import ARTICLE

HOSTS, EACH = 50, 10
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux answers on all of 127.0.0.0/8")


class Web:
    """Fifty hosts on loopback that note who asks for what, and how many at a time."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.now: Counter[str] = Counter()
        self.lock = threading.Lock()
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                host = str(self.connection.getsockname()[0])
                web.enter(host, f"{host}{self.path}")
                time.sleep(0.01)
                missing = self.path == "/robots.txt"
                body = b"" if missing else web.text(self.path).encode()
                self.send_response(404 if missing else 200)
                self.send_header("Content-Type", "text/plain")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                web.leave(host)

            def log_message(self, *_: object) -> None: ...

        self.servers = [ThreadingHTTPServer(("127.0.0.1", 0), Handler)]
        self.port = self.servers[0].server_port
        self.servers += [ThreadingHTTPServer((f"127.0.0.{number}", self.port), Handler) for number in range(2, HOSTS + 1)]
        for server in self.servers:
            server.daemon_threads = True
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()

    def text(self, path: str) -> str:
        return f"Document {path} says that walking groups met each week in the park of town number {path}. " * 400

    def enter(self, host: str, path: str) -> None:
        with self.lock:
            self.asked[path] += 1
            for name in (host, "all"):
                self.now[name] += 1
                self.most[name] = max(self.most[name], self.now[name])

    def leave(self, host: str) -> None:
        with self.lock:
            self.now[host] -= 1
            self.now["all"] -= 1

    def documents(self) -> Counter[str]:
        with self.lock:
            return Counter({path: count for path, count in self.asked.items() if not path.endswith("robots.txt")})


@pytest.fixture
def web() -> Iterator[Web]:
    made = Web()
    yield made
    for server in made.servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def many(tmp_path: Path, web: Web, clean_environment: None) -> Workspace:
    folder = tmp_path / "sources" / "many"
    folder.mkdir(parents=True)
    settings = "allow_loopback = true\nhost_interval = 0\nhost_connections = 2\nfetch_workers = 8\nproviders = []\n"
    (tmp_path / "sourcemark.toml").write_text(settings, encoding="utf-8")
    (folder / "article.yaml").write_text(ARTICLE, encoding="utf-8")
    rows = [
        f"  - {{id: s{host}-{number}, title: Town number, text: 'http://127.0.0.{host}:{web.port}/{host}-{number}', accept: [identity]}}"
        for host in range(1, HOSTS + 1)
        for number in range(EACH)
    ]
    (folder / "sources.yaml").write_text("\n".join(["sources:", *rows]), encoding="utf-8")
    return Workspace(tmp_path)


def test_concurrency_is_bounded_and_nothing_is_fetched_twice(many: Workspace, web: Web) -> None:
    with Ledger(many.ledger) as ledger:
        folder = many.sources / "many"
        outcome = Run(many, ledger, folder).go(until=Stage.FETCH)
        assert outcome.reached is Stage.FETCH
        assert web.documents() == Counter({f"127.0.0.{host}/{host}-{number}": 1 for host in range(1, HOSTS + 1) for number in range(EACH)})
        assert {count for path, count in web.asked.items() if path.endswith("robots.txt")} == {1}
        assert web.most["all"] <= 8
        assert max(count for host, count in web.most.items() if host != "all") <= 2 + 1  # robots.txt beside the documents
        Run(many, ledger, folder).go(until=Stage.FETCH)
        assert web.documents().total() == HOSTS * EACH


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupt_loses_no_finished_snapshot(many: Workspace, web: Web, sign: signal.Signals) -> None:
    command = [sys.executable, "-m", "pipeline", "run", "sources/many", "--until", "fetch"]
    first = subprocess.Popen(
        command,
        cwd=many.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": _root()},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a suite that runs in the background ignores it
    )
    deadline = time.monotonic() + 60
    while web.documents().total() < 100 and time.monotonic() < deadline:
        time.sleep(0.01)
    first.send_signal(sign)
    _, told = first.communicate(timeout=20)
    assert first.returncode == (130 if sign is signal.SIGINT else -signal.SIGKILL), told
    done = finished(many)
    asked = web.documents()
    assert len(done) >= asked.total() - 8 - 2  # those that were in flight
    second = subprocess.run(
        command, cwd=many.root, capture_output=True, check=False, env={**os.environ, "PYTHONPATH": _root()}, timeout=120
    )
    assert second.returncode == 0, second.stderr
    assert len(finished(many)) == HOSTS * EACH
    again = web.documents() - asked
    assert not [source for source in done if any(path.endswith(f"/{source.removeprefix('s')}") for path in again)]


def test_memory_stays_flat(many: Workspace, web: Web) -> None:
    """The peak of a process that fetches 500 documents is little above that of one that fetches 50."""
    few, all_of_them = peak(many, EACH * 5), peak(many, HOSTS * EACH)
    assert all_of_them - few < 25_000, (few, all_of_them)  # kB


def peak(workspace: Workspace, count: int) -> int:
    """Return the peak memory in kB of a process that fetches the first sources into a ledger of its own."""
    code = (
        "import resource, sys\nfrom pathlib import Path\nfrom pipeline.settings import Workspace\nfrom pipeline.ledger import Ledger\n"
        "from pipeline.run import Run\nfrom pipeline.records import Stage\n"
        "space = Workspace(Path(sys.argv[1]))\nwith Ledger(Path(sys.argv[2])) as ledger:\n"
        "    run = Run(space, ledger, space.sources / 'many')\n"
        "    run.article = run.article._replace(sources=run.article.sources[:int(sys.argv[3])])\n"
        "    run.go(until=Stage.FETCH)\nprint(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    )
    ledger = workspace.root / f"ledger-{count}"
    arguments = [sys.executable, "-c", code, str(workspace.root), str(ledger), str(count)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": _root()}, timeout=120)
    return int(done.stdout.split()[-1])


def finished(workspace: Workspace) -> set[str]:
    """Return the sources whose snapshot is recorded."""
    with Ledger(workspace.ledger) as ledger:
        log = ledger.sources("many")
        sources = Run(workspace, ledger, workspace.sources / "many").article.sources
        return {source.id for source in sources if (noted := log.fetched(fetch_key(source))) and noted.fetched.snapshot}


def _root() -> str:
    return str(Path(__file__).parent.parent)
