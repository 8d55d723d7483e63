"""The services of the web on loopback: answers from `recorded/`, at one address a service."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

RECORDED = Path(__file__).parent / "recorded"
PROVIDERS = {
    "crossref": "crossref",
    "europepmc": "europepmc",
    "idconv": "pmc_ids",
    "pmc_cloud": "pmc_cloud",
    "unpaywall": "unpaywall",
    "openalex": "openalex",
    "arxiv": "arxiv",
    "openlibrary": "openlibrary",
    "googlebooks": "googlebooks",
    "youtube": "youtube",
    "youtube_search": "youtube_search",
    "wayback": "wayback",
}
_REAL = {
    "https://www.youtube.com": "youtube",
    "http://web.archive.org": "wayback",
    "https://web.archive.org": "wayback",
    "https://api.openalex.org": "openalex",
}


class Answer(NamedTuple):
    """A recorded answer, and what must be asked to get it."""

    name: str
    path: str
    query: dict[str, str]
    status: int
    headers: dict[str, str]
    body: bytes


def answers(service: str) -> list[Answer]:
    """Return the answers of a service, the most particular first."""
    found = json.loads((RECORDED / f"{service}.json").read_text(encoding="utf-8"))["answers"]
    made = [
        Answer(item["name"], unquote(item["path"]), item.get("query") or {}, item["status"], item.get("headers") or {}, _body(item["body"]))
        for item in found
    ]
    return sorted(made, key=lambda answer: -len(answer.query))


def _body(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


class Services(NamedTuple):
    """The running services: addresses by provider, and what they were asked."""

    base: str
    endpoints: dict[str, str]
    asked: list[str]
    agents: Counter[str]

    def names(self, service: str) -> list[str]:
        """Return the paths that a service was asked for."""
        return [path.removeprefix(f"/{service}") for path in self.asked if path.startswith(f"/{service}/")]


@contextmanager
def services() -> Iterator[Services]:
    """Run all services on one loopback port, each below its own path."""
    asked: list[str] = []
    agents: Counter[str] = Counter()
    known = {service: answers(service) for service in PROVIDERS}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked.append(self.path)
            agents[self.headers.get("User-Agent", "")] += 1
            base = f"http://127.0.0.1:{self.server.server_port}"  # type: ignore[attr-defined]
            found = matching(known, self.path)
            status, headers, body = (found.status, found.headers, found.body) if found else (404, {}, b"no such answer recorded")
            self.send_response(status)
            for name, value in headers.items():
                if name.lower() not in {"content-length", "transfer-encoding", "content-encoding", "connection"}:
                    self.send_header(name, _local(value, base))
            body = _local(body.decode(), base).encode() if found else body
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    endpoints = {provider: f"{base}/{service}" for service, provider in PROVIDERS.items()}
    try:
        yield Services(base, {**endpoints, "wayback": f"{base}/wayback", "publisher": f"{base}/doi", "ncbi": f"{base}/ncbi"}, asked, agents)
    finally:
        server.shutdown()
        server.server_close()


def matching(known: dict[str, list[Answer]], path: str) -> Answer | None:
    service, _, rest = urlsplit(path).path.lstrip("/").partition("/")
    query = dict(parse_qsl(urlsplit(path).query, keep_blank_values=True))
    for answer in known.get(service, ()):
        if answer.path.lstrip("/") == unquote(rest) and answer.query.items() <= query.items():
            return answer
    return None


def _local(text: str, base: str) -> str:
    """Point the addresses that answers name at the services here."""
    for real, service in _REAL.items():
        text = text.replace(real, f"{base}/{service}")
        text = text.replace(real.replace("/", "\\/"), f"{base}/{service}".replace("/", "\\/"))
    return text
