"""A request to the Messages API as pure data, and the reply to it; one and the same request is never bought twice."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pipeline.errors import InvalidAnswer
from pipeline.records import Usage
from pipeline.text import sha256

WHOLE = frozenset({"end_turn", "stop_sequence", "tool_use"})


class Request(NamedTuple):
    """What is sent, why, and in which take; `body` is the request of the Messages API without `stream`."""

    body: Mapping[str, Any]
    purpose: str
    """What it is for, as progress and costs name it: `Evidence Base`, `judge: Choirs met …`."""
    stage: str
    take: str = ""
    """Another take of the same request is another request: a draft done again on demand is bought again."""

    @property
    def model(self) -> str:
        """Return the model that is asked."""
        return str(self.body["model"])

    @property
    def sent(self) -> str:
        """Return the body as canonical JSON: same content, same text."""
        return json.dumps(self.body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def key(self, service: str) -> str:
        """Return the hash under which the answer of a service (its address) is kept."""
        return sha256("\n".join((service, self.take, self.sent)))

    @property
    def prefix(self) -> str:
        """Return the hash of all up to the last cache breakpoint: requests that share it pay for it once. Empty without one."""
        shared = self.shared
        return sha256(shared) if shared else ""

    @property
    def shared(self) -> str:
        """Return all up to the last cache breakpoint as JSON; empty without one."""
        body = {name: self.body.get(name) for name in ("model", "tool_choice", "output_config", "thinking")}
        parts, end = [json.dumps(body, sort_keys=True)], 0
        for block in _blocks(self.body):
            parts.append(json.dumps(block, sort_keys=True))
            end = len(parts) if "cache_control" in block else end
        return "\n".join(parts[:end])

    def again(self, told: str, turn: int) -> Request:
        """Return the request with a reminder at its end, for an answer that broke a rule; `turn` makes it another one."""
        *before, last = self.body["messages"]
        content = last["content"] if isinstance(last["content"], list) else [{"type": "text", "text": last["content"]}]
        message = {**last, "content": [*content, {"type": "text", "text": told}]}
        return self._replace(body={**self.body, "messages": [*before, message]}, take=f"{self.take} turn {turn}".strip())


def _blocks(body: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return the blocks of a request in the order in which the service reads them: tools, system, messages."""
    system = body.get("system") or []
    blocks = [*body.get("tools", ()), *([{"type": "text", "text": system}] if isinstance(system, str) else system)]
    for message in body["messages"]:
        content = message["content"]
        blocks += [{"role": message["role"], "text": content}] if isinstance(content, str) else content
    return blocks


class Reply(NamedTuple):
    """A whole answer, read loosely: blocks and reasons that this program does not know are kept and not relied on."""

    content: Sequence[Mapping[str, Any]]
    stop: str
    model: str
    usage: Usage
    details: Mapping[str, Any]

    @property
    def text(self) -> str:
        """Return the text blocks together."""
        return "".join(str(block.get("text") or "") for block in self.content if block.get("type") == "text")

    def json(self) -> Any:
        """Return the JSON that the text is, a fence around it apart; InvalidAnswer where it is none."""
        text = self.text.strip()
        if text.startswith("```"):
            text = text.strip("`").removeprefix("json").strip()
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            raise InvalidAnswer(f"{self.model}: the answer is not JSON ({error.msg} at {error.pos})") from None


def usage(given: Mapping[str, Any] | None) -> Usage:
    """Return the tokens of an answer's `usage`; the cache's writes count as five-minute ones where their kind is not told."""
    given = given or {}
    told = given.get("cache_creation") or {}
    written = _count(given.get("cache_creation_input_tokens"))
    hour = min(_count(told.get("ephemeral_1h_input_tokens")), written) if told else 0
    return Usage(
        input=_count(given.get("input_tokens")),
        write_5m=written - hour,
        write_1h=hour,
        read=_count(given.get("cache_read_input_tokens")),
        output=_count(given.get("output_tokens")),
    )


def _count(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def reply(raw: bytes) -> Reply:
    """Read a recorded answer; InvalidAnswer where it is none."""
    try:
        message = json.loads(raw)
        content = [block for block in message["content"] if isinstance(block, dict)]
        stop, model = str(message["stop_reason"]), str(message["model"])
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidAnswer(f"the recorded answer is not a message ({type(error).__name__})") from None
    return Reply(content, stop, model, usage(message.get("usage")), message.get("stop_details") or {})
