"""A Messages API on loopback: streaming, citations, structured output, token counting, batches, prompt caching, and faults by script.

The real SDK talks to it over real HTTP. What it answers is written by a scripted model; what it counts (a token is four characters, the
cache holds prefixes of whole blocks for as long as the server runs) is counted as the service documents it.
"""

from __future__ import annotations

import json
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

Body = dict[str, Any]
LEAST_PREFIX = 512  # tokens; a shorter prefix is silently not cached


class Cite(NamedTuple):
    """A pointer of a scripted answer: the index of a passage and of its sentences, and the words it claims to cite."""

    passage: int
    start: int = 0
    end: int = 0
    text: str | None = None


class Said(NamedTuple):
    """A piece of running text with its pointers."""

    text: str
    cites: tuple[Cite, ...] = ()


class Answer(NamedTuple):
    """What the scripted model says to one request."""

    said: Sequence[Said] = ()
    stop: str | None = "end_turn"
    details: Body | None = None

    @classmethod
    def of(cls, data: object) -> Answer:
        """Return an answer of JSON, or of a text."""
        return cls((Said(data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)),))


class Fault(NamedTuple):
    """Something that goes wrong with one request."""

    kind: str
    """`status`, `cut`, `early`, `stall`, `malformed`, `close`, `error`, `none` (no answer in time), `headless`."""
    status: int = 500
    type: str = "api_error"
    headers: tuple[tuple[str, str], ...] = ()


class Passage(NamedTuple):
    """A passage as a request delivers it."""

    id: str
    sentences: tuple[str, ...]


class Asked(NamedTuple):
    """A request as the model sees it."""

    body: Body
    passages: tuple[Passage, ...]
    """Citable passages, or those of the JSON."""
    ask: str
    """What stands after them: what is asked, and a reminder."""
    rules: str

    @property
    def structured(self) -> bool:
        return "format" in (self.body.get("output_config") or {})

    @property
    def judges(self) -> bool:
        return self.rules.startswith("You check citations")


Model = Callable[[Asked], Answer]
Faults = Callable[[Asked, int], Fault | None]


class BadRequest(Exception):
    """A request that the service would refuse with 400."""


class Server:
    """The server with all that it was asked. `model` writes the answers, `faults` says what goes wrong with the n-th request."""

    def __init__(self, model: Model, faults: Faults | None = None) -> None:
        self.model, self.faults = model, faults or (lambda asked, count: None)
        self.lock = threading.Lock()
        self.asked: list[Asked] = []
        self.answered: list[str] = []
        """Canonical bodies that got a whole answer, streamed or in a batch."""
        self.headers: list[dict[str, str]] = []
        self.tokens: list[Body] = []
        self.cache: set[str] = set()
        self.batches: dict[str, Body] = {}
        self.polls = 1
        """Looks at a batch until it has ended."""
        self.batch_faults: Callable[[str, int], Body | None] = lambda custom_id, index: None
        self.batches_kept = True
        self.results_cut = 0
        """How many times the results of a batch break off in the middle of a line."""
        self.slow = 0.0
        self.citations = True
        self.paths: list[str] = []
        self._http = _Many(("127.0.0.1", 0), type("Handler", (_Handler,), {"owner": self}))
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        """Stop the server."""
        self._http.shutdown()
        self._http.server_close()

    def usage(self, body: Body, answer: Sequence[Said], batch: bool = False) -> Body:
        """Count tokens; what stands up to a cache breakpoint is written once and read afterwards."""
        blocks, marks = _blocks(body)
        sizes = [_size(block) for block in blocks]
        read = write = 0
        hour = False
        with self.lock:
            for mark in marks:
                name, size = json.dumps(blocks[: mark + 1], sort_keys=True), sum(sizes[: mark + 1])
                if size < LEAST_PREFIX:
                    continue
                hour = '"ttl": "1h"' in json.dumps(blocks[mark])
                read, write = (size, 0) if name in self.cache else (read, size - read)
                self.cache.add(name)
        spent = {
            "input_tokens": sum(sizes) - read - write,
            "cache_creation_input_tokens": write,
            "cache_read_input_tokens": read,
            "cache_creation": {"ephemeral_5m_input_tokens": 0 if hour else write, "ephemeral_1h_input_tokens": write if hour else 0},
            "output_tokens": max(1, sum(len(piece.text) for piece in answer) // 4),
            "service_tier": "batch" if batch else "standard",
        }
        with self.lock:
            self.tokens.append(spent)
        return spent

    def message(self, body: Body, answer: Answer, batch: bool = False) -> Body:
        """Return an answer as the service's message."""
        passages = asked(body).passages
        kind = "search_result" if '"search_result"' in json.dumps(body) else "document"
        content = [_block(piece, passages, kind, self.citations) for piece in answer.said]
        return {
            "id": f"msg_{len(self.asked)}", "type": "message", "role": "assistant", "model": body["model"],
            "content": content, "stop_reason": answer.stop, "stop_sequence": None, "stop_details": answer.details,
            "usage": self.usage(body, answer.said, batch),
        }  # fmt: skip


class _Many(ThreadingHTTPServer):
    """An HTTP server for many connections at once, that says nothing of those that break off."""

    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Pass over connections that the client ended; tell of anything else."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def serving(model: Model, faults: Faults | None = None) -> Iterator[Server]:
    """Run a server for a while."""
    server = Server(model, faults)
    try:
        yield server
    finally:
        server.close()


def asked(body: Body) -> Asked:
    """Read a request as a model would; BadRequest where the service would refuse it."""
    for gone in ("temperature", "top_p", "top_k"):
        if gone in body:
            raise BadRequest(f"{gone}: Extra inputs are not permitted")
    if body["messages"][-1]["role"] == "assistant":
        raise BadRequest("This model does not support assistant message prefill.")
    passages: list[Passage] = []
    enabled: set[bool] = set()
    for block in _flat(body["messages"]):
        if block["type"] in {"document", "search_result"}:
            enabled.add(bool((block.get("citations") or {}).get("enabled")))
        if block["type"] == "search_result":
            passages.append(Passage(block["source"], tuple(item["text"] for item in block["content"])))
        elif block["type"] == "document" and block["source"]["type"] == "content":
            passages.append(Passage(block.get("title") or "", tuple(item["text"] for item in block["source"]["content"])))
        elif block["type"] == "document":
            passages += _listed(block["source"]["data"])
        elif block["type"] == "text":
            passages += _listed(block["text"])
    if len(enabled) > 1:
        raise BadRequest("citations must be enabled on all or none of the documents")
    if True in enabled and (body.get("output_config") or {}).get("format"):
        raise BadRequest("citations are not compatible with output_config.format")
    system = body.get("system") or ""
    rules = system if isinstance(system, str) else "\n".join(block["text"] for block in system)
    return Asked(body, tuple(passages), _ask(body["messages"][-1]["content"]), rules)


def _ask(content: Any) -> str:
    """Return the texts after the passages."""
    if isinstance(content, str):
        return content
    last = max((index for index, block in enumerate(content) if block["type"] != "text"), default=-1)
    return "\n".join(block["text"] for block in content[last + 1 :])


def _flat(messages: Sequence[Body]) -> Iterator[Body]:
    for message in messages:
        content = message["content"]
        for block in [{"type": "text", "text": content}] if isinstance(content, str) else content:
            inner = block.get("content") if block["type"] == "tool_result" else None
            yield from inner if isinstance(inner, list) else [block]


def _listed(text: str) -> list[Passage]:
    try:
        items = json.loads(text)
        return [Passage(item["id"], (item["text"],)) for item in items]
    except (ValueError, TypeError, KeyError):
        return []


def _blocks(body: Body) -> tuple[list[Any], list[int]]:
    """Return the blocks in the order in which they are cached, and which of them end a prefix."""
    head = {name: body.get(name) for name in ("model", "tool_choice", "output_config", "thinking")}
    system = body.get("system") or []
    blocks = [head, *body.get("tools", ()), *([{"type": "text", "text": system}] if isinstance(system, str) else system)]
    for message in body["messages"]:
        content = message["content"]
        blocks += [{"type": "text", "text": content}] if isinstance(content, str) else content
    return blocks, [index for index, block in enumerate(blocks) if isinstance(block, dict) and "cache_control" in block]


def _size(block: Any) -> int:
    texts = re.findall(r'"(?:text|data|description|source|title)": "((?:[^"\\]|\\.)*)"', json.dumps(block, ensure_ascii=False))
    return sum(len(text) for text in texts) // 4 + 3


def _block(piece: Said, passages: Sequence[Passage], kind: str, citations: bool) -> Body:
    block: Body = {"type": "text", "text": piece.text}
    if piece.cites and citations:
        block["citations"] = [_citation(cite, passages, kind) for cite in piece.cites]
    return block


def _citation(cite: Cite, passages: Sequence[Passage], kind: str) -> Body:
    end = cite.end or cite.start + 1
    held = passages[cite.passage] if cite.passage < len(passages) else Passage("none", ())
    text = "".join(held.sentences[cite.start : end]) if cite.text is None else cite.text
    place = {"cited_text": text, "start_block_index": cite.start, "end_block_index": end}
    if kind == "search_result":
        return {"type": "search_result_location", "search_result_index": cite.passage, "source": held.id, "title": held.id, **place}
    return {"type": "content_block_location", "document_index": cite.passage, "document_title": held.id, "file_id": None, **place}


def _error(kind: str, text: str) -> Body:
    return {"type": "error", "error": {"type": kind, "message": text}, "request_id": "req_test"}


def canonical(body: Body) -> str:
    """Return a request as text, without what a stream or a batch adds."""
    held = {name: value for name, value in body.items() if name != "stream"}
    return json.dumps(held, sort_keys=True).replace(', "ttl": "1h"', "")


class _Handler(BaseHTTPRequestHandler):
    owner: Server
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None: ...

    def do_GET(self) -> None:
        self.owner.paths.append(f"GET {self.path}")
        parts = self.path.split("?")[0].strip("/").split("/")
        if parts[:2] == ["v1", "models"]:
            self._json(200, {"data": [_model("claude-sonnet-5-5"), _model("claude-haiku-5-5")], "has_more": False})
        elif parts == ["v1", "messages", "batches"] and self.owner.batches_kept:
            self._json(200, {"data": [], "has_more": False, "first_id": None, "last_id": None})
        elif parts[:3] == ["v1", "messages", "batches"] and len(parts) > 3 and parts[3] in self.owner.batches:
            self._results(parts[3]) if parts[-1] == "results" else self._json(200, self._batch(parts[3], poll=True))
        else:
            self._json(404, _error("not_found_error", "not found"))

    def do_POST(self) -> None:
        self.owner.paths.append(f"POST {self.path}")
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.owner.headers.append(dict(self.headers))
        try:
            if self.path.startswith("/v1/messages/count_tokens"):
                asked(body)
                self._json(200, {"input_tokens": sum(map(_size, _blocks(body)[0]))})
            elif self.path.startswith("/v1/messages/batches"):
                self._new_batch(body)
            else:
                self._answer(body)
        except BadRequest as error:
            self._json(400, _error("invalid_request_error", str(error)))

    def _answer(self, body: Body) -> None:
        seen = asked(body)
        with self.owner.lock:
            self.owner.asked.append(seen)
            count = len(self.owner.asked)
        fault = self.owner.faults(seen, count)
        if self.owner.slow:
            time.sleep(self.owner.slow)
        if fault and fault.kind == "status":
            self._json(fault.status, _error(fault.type, "scripted"), dict(fault.headers))
        elif fault and fault.kind == "close":
            self.close_connection = True
            self.connection.close()
        elif fault and fault.kind == "none":
            time.sleep(3)
            self.close_connection = True
        else:
            message = self.owner.message(body, self.owner.model(seen))
            self._stream(message, fault)
            if not fault:
                with self.owner.lock:
                    self.owner.answered.append(canonical(body))

    def _stream(self, message: Body, fault: Fault | None) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("request-id", "req_test")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        kind = fault.kind if fault else ""
        begun = {**message, "content": [], "stop_reason": None, "usage": {**message["usage"], "output_tokens": 1}}
        if kind != "headless":
            self._event("message_start", {"message": begun})
            self._event("ping", {})
        for index, block in enumerate(message["content"]):
            if block["type"] != "text":
                self._event("content_block_start", {"index": index, "content_block": block})
                self._event("content_block_stop", {"index": index})
                continue
            held: Body = {"type": "text", "text": ""} | ({"citations": []} if "citations" in block else {})
            self._event("content_block_start", {"index": index, "content_block": held})
            for word in re.findall(r"\s*\S+\s*", block["text"]):
                self._event("content_block_delta", {"index": index, "delta": {"type": "text_delta", "text": word}})
                if fault and kind != "headless":
                    self._broken(fault)
                    return
            for citation in block.get("citations", ()):
                self._event("content_block_delta", {"index": index, "delta": {"type": "citations_delta", "citation": citation}})
            self._event("content_block_stop", {"index": index})
        ended = {"stop_reason": message["stop_reason"], "stop_sequence": None, "stop_details": message["stop_details"]}
        self._event("message_delta", {"delta": ended, "usage": {"output_tokens": message["usage"]["output_tokens"]}})
        self._event("message_stop", {})
        self.wfile.write(b"0\r\n\r\n")

    def _broken(self, fault: Fault) -> None:
        """End a stream after its first word in one of the ways in which streams end."""
        if fault.kind == "stall":
            time.sleep(3)
        if fault.kind in {"stall", "cut"}:
            self.close_connection = True
            self.connection.shutdown(2)
            return
        if fault.kind == "malformed":
            self._chunk(b'event: content_block_delta\ndata: {"type": "content_block_del\n\n')
        if fault.kind == "error":
            self._event("error", {"error": {"type": fault.type, "message": "scripted"}, "request_id": "req_test"})
        self.wfile.write(b"0\r\n\r\n")

    def _event(self, name: str, data: Body) -> None:
        self._chunk(f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n".encode())

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def _new_batch(self, body: Body) -> None:
        if not self.owner.batches_kept:
            self._json(404, _error("not_found_error", "not found"))
            return
        names = [item["custom_id"] for item in body["requests"]]
        if len(set(names)) < len(names) or not all(re.fullmatch("[a-zA-Z0-9_-]{1,64}", name) for name in names):
            raise BadRequest("custom_id")
        name = f"msgbatch_{len(self.owner.batches) + 1}"
        with self.owner.lock:
            self.owner.batches[name] = {"requests": body["requests"], "looks": 0, "results": None}
        self._json(200, self._batch(name))

    def _batch(self, name: str, poll: bool = False) -> Body:
        held = self.owner.batches[name]
        held["looks"] += poll
        ended = held["looks"] >= self.owner.polls
        if ended and held["results"] is None:
            held["results"] = self._solved(held["requests"])
        count = len(held["requests"])
        counts = {"processing": 0 if ended else count, "succeeded": count if ended else 0, "errored": 0, "canceled": 0, "expired": 0}
        return {
            "id": name, "type": "message_batch", "processing_status": "ended" if ended else "in_progress", "request_counts": counts,
            "created_at": "2026-11-22T00:00:00Z", "expires_at": "2026-11-23T00:00:00Z", "archived_at": None,
            "cancel_initiated_at": None,
            "ended_at": "2026-11-22T01:00:00Z" if ended else None,
            "results_url": f"{self.owner.url}/v1/messages/batches/{name}/results" if ended else None,
        }  # fmt: skip

    def _solved(self, requests: Sequence[Body]) -> list[Body]:
        """Answer all requests of a batch; results come in another order than they were asked."""
        results = []
        for index, item in enumerate(requests):
            fault = self.owner.batch_faults(item["custom_id"], index)
            if fault is not None:
                results += [{"custom_id": item["custom_id"], "result": fault}] if fault else []
                continue
            seen = asked(item["params"])
            with self.owner.lock:
                self.owner.asked.append(seen)
            message = self.owner.message(item["params"], self.owner.model(seen), batch=True)
            self.owner.answered.append(canonical(item["params"]))
            results.append({"custom_id": item["custom_id"], "result": {"type": "succeeded", "message": message}})
        return results[::-1]

    def _results(self, name: str) -> None:
        lines = "".join(json.dumps(item) + "\n" for item in self.owner.batches[name]["results"]).encode()
        if self.owner.results_cut:
            self.owner.results_cut -= 1
            lines = lines[: len(lines) // 2]
        self.send_response(200)
        self.send_header("Content-Type", "application/x-jsonl")
        self.send_header("Content-Length", str(len(lines)))
        self.end_headers()
        self.wfile.write(lines)

    def _json(self, status: int, body: Body, headers: dict[str, str] | None = None) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("request-id", "req_test")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _model(name: str) -> Body:
    return {
        "type": "model", "id": name, "display_name": name, "created_at": "2026-01-01T00:00:00Z", "max_input_tokens": 200_000,
        "max_tokens": 64_000, "capabilities": {},
    }  # fmt: skip
