"""Workspaces, servers and small documents that several tests need."""

from __future__ import annotations

import os
import re
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from pipeline.fetching.client import Client
from pipeline.fetching.sandbox import Sandbox
from pipeline.resources import bundled
from pipeline.settings import FILE, Settings, Workspace
from tests.services import Services, services

settings.register_profile("ci", deadline=None, max_examples=150, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("hunt", deadline=None, max_examples=5000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

SEED = Path(__file__).parent.parent.parent / "shared" / "seed" / "the-social-cure.txt"
EXAMPLE = bundled("sources") / "group-singing"

ARTICLE = """\
title: Walking Groups
kind: practice
outline:
  - heading: Effects
    brief: what walking groups change in mood and blood pressure of adults
  - heading: Questions
    form: questions
    questions: [Whom does the group leave out?]
style: {sentences_per_section: 3}
"""
SETTINGS = "allow_loopback = true\nhost_interval = 0\nproviders = []\n"
SOURCES = """\
sources:
  - id: trial
    title: A trial of walking groups
    author: [{family: Sand, given: Mira}]
    issued: 2020
    tier: T1
    text: trial.txt
  - id: book
    title: A book that nobody has
    issued: 1999
"""
TRIAL = """\
Walking groups are organised walks that adults take together at a fixed time each week. Walking groups reduced systolic blood pressure
by 4 mmHg in 212 adults after 12 weeks. Adults in walking groups did not lose body weight during the trial. Walking groups may improve
mood in adults who live alone. Most walking groups in the trial were led by trained volunteers from the neighbourhood.
"""


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let names of this machine be resolved and no others: a test that would reach out fails as on a machine without network."""
    ask = socket.getaddrinfo

    def resolve(host: Any, *arguments: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else str(host)
        if name == "localhost" or ":" in name or not re.search("[a-z]", name):
            return ask(host, *arguments, **options)
        raise socket.gaierror(socket.EAI_NONAME, "no network in tests")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every key and setting out of the environment."""
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def workspace(tmp_path: Path, clean_environment: None) -> Workspace:
    """Make a workspace with one small article."""
    folder = tmp_path / "sources" / "walking"
    folder.mkdir(parents=True)
    (tmp_path / FILE).write_text(SETTINGS, encoding="utf-8")
    (folder / "article.yaml").write_text(ARTICLE, encoding="utf-8")
    (folder / "sources.yaml").write_text(SOURCES, encoding="utf-8")
    (folder / "trial.txt").write_text(TRIAL, encoding="utf-8")
    return Workspace(tmp_path)


@pytest.fixture
def client() -> Iterator[Client]:
    """Return a client that may ask this machine, and has little patience."""
    made = Client(Settings(allow_loopback=True, host_interval=0, fetch_timeout=5, max_source_mb=0.01))
    yield made
    made.stop.set()


Answer = tuple[int, dict[str, str], bytes]


@pytest.fixture
def server() -> Iterator[Callable[[Callable[[str], Answer]], str]]:
    """Return a function that serves paths by a function of yours on loopback, and gives the address."""
    running: list[ThreadingHTTPServer] = []

    def serve(answer: Callable[[str], Answer], robots: bool = False, post: bool = False) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                missing = self.path == "/robots.txt" and not robots
                status, headers, body = (404, {}, b"") if missing else answer(self.path)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.do_GET() if post else self.send_error(405)

            def log_message(self, *_: object) -> None: ...

        made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        running.append(made)
        threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True).start()
        return f"http://127.0.0.1:{made.server_port}"

    yield serve
    for made in running:
        made.shutdown()
        made.server_close()


@pytest.fixture(scope="module")
def web() -> Iterator[Services]:
    """Run the services of the web on loopback."""
    with services() as running:
        yield running


@pytest.fixture
def asked(web: Services) -> list[str]:
    """Return what the services are asked from now on."""
    web.asked.clear()
    web.agents.clear()
    return web.asked


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """Return a sandbox for a module's documents."""
    with Sandbox(1) as box:
        yield box
