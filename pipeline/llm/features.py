"""What a Messages API can do, tried with a few small calls; `doctor --service` shows it."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from pipeline.errors import Transient
from pipeline.llm import failures
from pipeline.llm.client import Service, broken
from pipeline.llm.delivery import Passage, citable, listed, output, pointed, rules
from pipeline.settings import Settings

_PASSAGE = Passage("A1", ("The Kappa river is 12 km long.", "A dam was built on it in 1931."))
_SCHEMA = {
    "type": "object",
    "properties": {"kilometres": {"type": "integer"}},
    "required": ["kilometres"],
    "additionalProperties": False,
}
_TOKENS = 1_000


class Feature(NamedTuple):
    """Something that was tried: `yes`, `no`, or `broken` where the service did not answer."""

    name: str
    state: str
    detail: str


def features(settings: Settings) -> list[Feature]:
    """Ask the service what it can do; costs a fraction of a cent where calls are paid for."""
    with Service(settings) as service:
        return service.run(_features, service)


async def _features(service: Service) -> list[Feature]:
    model = service.settings.model if service.settings.writer == "claude" else service.settings.judge_model
    found = [await _models(service), await _counting(service, model)]
    found += [await _citations(service, model, delivery) for delivery in ("tool_result", "document")]
    return [*found, await _structured(service, model), await _batches(service)]


async def _models(service: Service) -> Feature:
    try:
        names = [item.id async for item in service.sdk().models.list()]
    except broken() as error:
        return _failed("models", error)
    unknown = sorted(service.settings.models - set(names))
    return Feature("models", "no" if unknown else "yes", f"not listed: {', '.join(unknown)}" if unknown else f"{len(names)} listed")


async def _counting(service: Service, model: str) -> Feature:
    try:
        told = await service.sdk().messages.count_tokens(model=model, messages=[{"role": "user", "content": "How long is it?"}])
    except broken() as error:
        return _failed("token counting", error)
    return Feature("token counting", "yes", f"{told.input_tokens} tokens for four words")


async def _citations(service: Service, model: str, delivery: Any) -> Feature:
    name = f"citations, {delivery}"
    body = citable([_PASSAGE], "How long is the river? Answer in one sentence and cite.", delivery, "Answer from the passages.")
    try:
        message = await _message(service, model, body)
    except broken() as error:
        return _failed(name, error)
    cited = [citation for block in message["content"] for citation in block.get("citations") or ()]
    held = any(_points(citation) for citation in cited)
    return Feature(name, "yes" if held else "no", "pointers to what was sent" if held else "no pointers: set `citations = false`")


def _points(citation: dict[str, Any]) -> bool:
    try:
        return pointed(citation, [_PASSAGE]) is not None
    except (LookupError, TypeError):
        return False


async def _structured(service: Service, model: str) -> Feature:
    asked = 'How long is the river, in kilometres? Answer with JSON: {"kilometres": 0}'
    body = listed([_PASSAGE], asked, service.settings.delivery, "Answer from the passages.", shared=False) | output("", _SCHEMA)
    try:
        message = await _message(service, model, body)
        text = "".join(block.get("text") or "" for block in message["content"])
        held = set(json.loads(text)) == {"kilometres"}
    except json.JSONDecodeError:
        held = False
    except broken() as error:
        return _failed("structured output", error)
    return Feature(
        "structured output", "yes" if held else "no", "JSON of the form that is asked for" if held else "the answer is no such JSON"
    )


async def _batches(service: Service) -> Feature:
    try:
        await service.sdk().messages.batches.list(limit=1)
    except broken() as error:
        return _failed("batches", error)
    return Feature("batches", "yes", "half the price where nobody waits")


async def _message(service: Service, model: str, body: dict[str, Any]) -> dict[str, Any]:
    """Return the answer to a small call, streamed as all calls are."""
    async with service.sdk().messages.stream(model=model, max_tokens=_TOKENS, system=rules("Answer briefly."), **body) as stream:
        message = await stream.get_final_message()
    found: dict[str, Any] = json.loads(message.to_json(warnings=False))
    return found


def _failed(name: str, error: Exception) -> Feature:
    told = failures.told(error, name)
    passing = isinstance(told, Transient)
    return Feature(name, "broken" if passing else "no", str(told))
