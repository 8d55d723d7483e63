"""Requests in bulk through the Message Batches API, at half the price: what it answers is recorded like any other answer.

The batch's id is stored before anybody polls, so that a run that was killed goes on with the same batch. Results come in any order and may
lack some: ids are compared, and what is missing is left to be asked again.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from pipeline.errors import Misconfigured, ModelError, Transient
from pipeline.ledger.calls import Begun
from pipeline.llm import failures
from pipeline.llm.client import Account, Heard, Service, broken
from pipeline.llm.requests import Request, reply
from pipeline.records import CallState

_LARGEST = 10_000  # requests, and bytes below, in one batch; the service takes ten times as much
_HEAVIEST = 100_000_000
_UNKNOWN = 404
_LATE = 26 * 3600.0  # seconds; a batch that has not ended by then will not


def collect(service: Service, account: Account, requests: Sequence[Request], heard: Heard) -> None:
    """Get answers into the ledger: of batches that are still out, and of a new one for the requests without an answer."""
    service.run(_collect, service, account, list(requests), heard)


async def _collect(service: Service, account: Account, requests: list[Request], heard: Heard) -> None:
    for batch, calls in account.log.batches(account.slug).items():
        await _settle(service, account, batch, calls, heard, requests)
    missing = {request.key(service.address): request for request in requests if not account.log.recall(request.key(service.address))}
    for group in _groups(list(missing.values())):
        batch, calls = await _send(service, account, group)
        await _settle(service, account, batch, calls, heard, group)


def _groups(requests: list[Request]) -> list[list[Request]]:
    groups: list[list[Request]] = []
    size = 0
    for request in requests:
        size += len(request.sent)
        if not groups or len(groups[-1]) == _LARGEST or size > _HEAVIEST:
            groups.append([])
            size = len(request.sent)
        groups[-1].append(request)
    return groups


async def _send(service: Service, account: Account, requests: list[Request]) -> tuple[str, dict[str, int]]:
    """Reserve every request, send the batch, and store its id."""
    calls: dict[str, int] = {}
    bodies = []
    model = requests[0].model
    try:
        for request in requests:
            key = request.key(service.address)
            most = service.prices.most(request.model, request.sent, int(request.body["max_tokens"]), batch=True)
            begun = Begun(account.run, account.slug, request.stage, request.purpose, key, request.model)
            calls[key] = account.log.begin(begun, most, account.budgets)
            bodies.append({"custom_id": key, "params": _hourly(request.body)})
        made = await service.sdk().messages.batches.create(requests=bodies)
    except broken() as error:
        found = failures.told(error, model)
        # An answer that was lost may be one to a batch that runs: its requests go on counting at the most they can cost.
        if getattr(error, "status_code", None) or isinstance(found, Misconfigured) or (isinstance(found, Transient) and found.tries):
            _fail(account, calls.values(), f"{type(error).__name__}: {error}")
        raise found from None
    except ModelError as error:  # over budget before all were reserved: none is sent
        _fail(account, calls.values(), str(error))
        raise
    account.log.batch(made.id, account.slug, calls)
    return made.id, calls


def _hourly(body: Any) -> Any:
    """Return a body whose cache lasts an hour: a batch's requests are not answered within five minutes of each other."""
    text = json.dumps(body).replace('"cache_control": {"type": "ephemeral"}', '"cache_control": {"type": "ephemeral", "ttl": "1h"}')
    return json.loads(text)


async def _settle(service: Service, account: Account, batch: str, calls: dict[str, int], heard: Heard, requests: Sequence[Request]) -> None:
    """Wait for a batch and write down what became of each of its requests."""
    named = {request.key(service.address): request for request in requests}
    if not await _ended(service, batch, next(iter(named.values()), None), heard, len(calls)):
        _fail(account, calls.values(), "the service does not know this batch")
        account.log.collected(batch)
        return
    returned: set[str] = set()
    try:
        async for line in await service.sdk().messages.batches.results(batch):
            item = json.loads(line.to_json(warnings=False))
            call = calls.get(item["custom_id"])
            if call is None or item["custom_id"] in returned:
                continue
            returned.add(item["custom_id"])
            model = named[item["custom_id"]].model if item["custom_id"] in named else ""
            _write(service, account, call, item["result"], model)
    except broken() as error:  # results that break off are read again by the next run; those that came are written
        raise failures.told(error, "batch") from None
    _fail(account, [call for key, call in calls.items() if key not in returned], "not among the results of its batch")
    account.log.collected(batch)


async def _ended(service: Service, batch: str, request: Request | None, heard: Heard, count: int) -> bool:
    """Poll until a batch has ended; a look that fails is followed by another. False where the service does not know the batch."""
    waited = 0.0
    while True:
        try:
            state = await service.sdk().messages.batches.retrieve(batch)
            if state.processing_status == "ended":
                return True
        except broken() as error:
            if getattr(error, "status_code", None) == _UNKNOWN:
                return False
            found = failures.told(error, "batch")
            if not isinstance(found, Transient):
                raise found from None
        if waited > _LATE:
            raise Transient(f"batch {batch} has not ended in {_LATE / 3600:.0f} hours: run the same command to look again")
        if request:
            heard(request._replace(purpose=f"batch {batch} of {count}"), 0)
        await asyncio.sleep(service.settings.batch_poll)
        waited += service.settings.batch_poll


def _write(service: Service, account: Account, call: int, result: dict[str, Any], model: str) -> None:
    if result.get("type") != "succeeded":
        error = (result.get("error") or {}).get("error") or {}
        _fail(account, [call], f"{result.get('type')}: {error.get('type', '')} {error.get('message', '')}".strip())
        return
    raw = json.dumps(result["message"], ensure_ascii=False).encode()
    found = reply(raw)
    nano = service.prices.cost(model or found.model, found.usage, batch=True)
    account.log.settle(call, CallState.ANSWERED, raw=raw, usage=found.usage, nano=nano)


def _fail(account: Account, calls: Any, note: str) -> None:
    for call in calls:
        account.log.settle(call, CallState.FAILED, note=note)
