"""One connection to a Messages API for the whole program: asked by a person one by one, or in bulk, under one limiter.

A call is reserved against the budgets before it is sent, its raw answer is stored before anybody reads it, and a request that was
ever answered is answered from the ledger.
"""

from __future__ import annotations

import asyncio
import functools
import os
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from pipeline.errors import InvalidAnswer, Misconfigured, ModelError, OverBudget, Refused, SourcemarkError, Transient, Unavailable
from pipeline.ledger.calls import Begun, Budgets, CallLog
from pipeline.llm import failures
from pipeline.llm.prices import Prices, expected
from pipeline.llm.requests import Reply, Request, reply, usage
from pipeline.records import CallState, Slug, Usage
from pipeline.settings import Settings

if TYPE_CHECKING:
    from anyio.from_thread import BlockingPortal

DEFAULT = "https://api.anthropic.com"
_CONNECT = 10.0  # seconds
_WARM = 240.0  # seconds for which a prefix is taken to be in the service's cache, which keeps it for five minutes
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 20.0  # seconds between two tries, where the service does not say
Result = TypeVar("Result")
Heard = Callable[[Request, int], None]
"""Told of a request and how many characters of its answer have come."""


def unheard(request: Request, characters: int) -> None:
    """Report to nobody."""


class Account(NamedTuple):
    """Who pays: a run of an article, with its budgets."""

    log: CallLog
    slug: Slug
    run: int
    budgets: Budgets = Budgets()


def address() -> str:
    """Return the address of the service that is set."""
    return os.environ.get("ANTHROPIC_BASE_URL") or DEFAULT


def key() -> str:
    """Return the key, or `none` for a service of one's own; Unavailable where none is set."""
    found = os.environ.get("ANTHROPIC_API_KEY", "") or ("none" if address() != DEFAULT else "")
    if not found:
        raise Unavailable(
            "asking Claude needs ANTHROPIC_API_KEY (or ANTHROPIC_BASE_URL of a server of your own); --writer extractive needs none"
        )
    return found


class Service:
    """The connection; open it once, also for many runs at the same time.

    `with Service(settings)` has `ask` and `ask_all` for ordinary code, on any number of threads; `async with` has `answer` and `answers`.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings, self.address, self.prices = settings, address(), Prices(settings.prices)
        self._stack = ExitStack()
        self._portal: BlockingPortal | None = None
        self._opening = threading.Lock()
        self._client: Any = None
        self._limit: asyncio.Semaphore | None = None
        self._warmed: dict[str, float] = {}
        self._gates: dict[str, asyncio.Lock] = {}
        self._flying = 0
        self._landed = asyncio.Event()

    def __enter__(self) -> Service:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close the connection; what is still being asked is given up, as after Ctrl-C."""
        if self._portal and self._client:
            self._portal.call(self._client.close)
        self._stack.__exit__(kind, error, trace)

    async def __aenter__(self) -> Service:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connection of a program that has a loop of its own, and asks with `answer` and `answers`."""
        if self._client:
            await self._client.close()

    def sdk(self) -> Any:
        """Return the SDK's client, or raise Unavailable without a key; its own retries are off: a whole call is tried again here."""
        if self._client is None:
            import anthropic
            import httpx2

            timeout = httpx2.Timeout(self.settings.stall_timeout, connect=_CONNECT)
            self._client = anthropic.AsyncAnthropic(api_key=key(), base_url=self.address, timeout=timeout, max_retries=0)
        return self._client

    def run(self, action: Callable[..., Coroutine[Any, Any, Result]], *arguments: object) -> Result:
        """Run one of the coroutines below from ordinary code."""
        with self._opening:  # many runs begin at once, and all belong to one loop
            if self._portal is None:
                from anyio.from_thread import start_blocking_portal

                self._portal = self._stack.enter_context(start_blocking_portal())
        found: Result = self._portal.call(action, *arguments)
        return found

    def ask(self, request: Request, account: Account, heard: Heard = unheard) -> Reply:
        """Return the whole answer to one request; ModelError says what went wrong and what to do."""
        return self.run(self.answer, request, account, heard)

    def ask_all(self, requests: Sequence[Request], account: Account, heard: Heard = unheard) -> list[Reply | ModelError]:
        """Return the answers in the order of the requests, or the error of each; Unavailable and OverBudget end all."""
        return self.run(self.answers, requests, account, heard) if requests else []

    async def answers(self, requests: Sequence[Request], account: Account, heard: Heard = unheard) -> list[Reply | ModelError]:
        """Return the answers in order; of those that share a prefix one goes first and writes it to the service's cache."""
        asked = [request.key(self.address) for request in requests]
        each = dict(zip(asked, requests, strict=True))  # equal requests are one call
        found: dict[str, Reply | ModelError] = {}
        ended: list[SourcemarkError] = []

        async def one(name: str) -> None:
            try:
                if not ended:
                    found[name] = await self._after_prefix(each[name], account, heard)
            except (Transient, InvalidAnswer, Refused) as error:
                found[name] = error
            except SourcemarkError as error:  # no more is asked, and what is on its way is waited for: it is paid
                ended.append(error)

        async with asyncio.TaskGroup() as group:
            for name in each:
                group.create_task(one(name))
        if ended:
            raise ended[0]
        return [found[name] for name in asked]

    async def _after_prefix(self, request: Request, account: Account, heard: Heard) -> Reply:
        prefix = request.prefix
        if not prefix or self._is_warm(prefix) or await self.recall(request, account):
            return await self.answer(request, account, heard)
        async with self._gates.setdefault(prefix, asyncio.Lock()):
            if not self._is_warm(prefix):
                return await self.answer(request, account, heard)
        return await self.answer(request, account, heard)

    def _is_warm(self, prefix: str) -> bool:
        return prefix in self._warmed and time.monotonic() - self._warmed[prefix] < _WARM

    async def answer(self, request: Request, account: Account, heard: Heard = unheard) -> Reply:
        """Return the whole answer to a request, from the ledger where it has one."""
        known = await self.recall(request, account)
        found = known or await self._tried(request, account, heard)
        if not known:
            self._warmed[request.prefix] = time.monotonic()
        return failures.whole(found, request.purpose)

    async def recall(self, request: Request, account: Account) -> Reply | None:
        """Return the recorded answer to a request, or None."""
        raw = await _apart(account.log.recall, request.key(self.address))
        return reply(raw) if raw else None

    async def _tried(self, request: Request, account: Account, heard: Heard) -> Reply:
        """Try the whole call until it is answered or the deadline has passed."""
        from tenacity import AsyncRetrying, retry_if_exception_type, stop_before_delay

        if self._limit is None:
            self._limit = asyncio.Semaphore(self.settings.calls)
        self.sdk()  # before the clock runs and money is reserved: its making reads certificates, which takes a while
        deadline = time.monotonic() + self.settings.call_timeout
        async with self._limit:
            enough = stop_before_delay(self.settings.call_timeout)
            retrying = AsyncRetrying(
                stop=lambda state: enough(state) or _is_hopeless(state),
                wait=self._pause,
                retry=retry_if_exception_type(Transient),
                reraise=True,
            )
            async for attempt in retrying:
                with attempt:
                    return await self._attempt(request, account, heard, attempt.retry_state.attempt_number, deadline)
        raise AssertionError("tenacity ends with an answer or an error")

    def _pause(self, state: Any) -> float:
        """Return the seconds until the next try: what the service asks for, up to our cap, or longer each time with some chance."""
        from tenacity import wait_random_exponential

        error = state.outcome.exception()
        after = error.after if isinstance(error, Transient) else None
        if after is not None:
            return min(after, self.settings.retry_after_cap)
        return float(wait_random_exponential(_FIRST_PAUSE, _LONGEST_PAUSE)(state))

    async def _attempt(self, request: Request, account: Account, heard: Heard, attempt: int, deadline: float) -> Reply:
        most = self.prices.most(request.model, request.sent, int(request.body["max_tokens"]))
        begun = Begun(account.run, account.slug, request.stage, request.purpose, request.key(self.address), request.model, attempt)
        call = await self._begin(account, begun, most)
        try:
            return await self._read(request, account, call, heard, deadline)
        finally:
            self._flying -= 1
            self._landed.set()
            self._landed = asyncio.Event()

    async def _begin(self, account: Account, begun: Begun, most: int | None) -> int:
        """Reserve a call; where the most it can cost does not fit beside those on their way, wait until one of them has landed."""
        while True:
            landed = self._landed
            try:
                call = await _apart(account.log.begin, begun, most, account.budgets)
            except OverBudget:
                if not self._flying and not landed.is_set():
                    raise
                await landed.wait()
                continue
            self._flying += 1
            return call

    async def _read(self, request: Request, account: Account, call: int, heard: Heard, deadline: float) -> Reply:
        held, sdk = _Held(), self.sdk()
        try:
            async with asyncio.timeout(max(0.0, deadline - time.monotonic())):
                await held.read(sdk, request, heard)
        except broken() as error:
            await _apart(self._settle_broken, account, call, request, held, error)
            raise failures.told(error, request.model) from None
        raw = held.raw()
        if not raw or not held.message.stop_reason:
            await _apart(self._settle_broken, account, call, request, held, None)
            if held.kind and "event-stream" not in held.kind:
                raise Misconfigured(f"{self.address} answers {held.kind} and no stream of events: is it a Messages API?")
            asked = held.request_id or "without id"
            raise Transient(f"{request.model}: the answer to “{request.purpose}” ended early (request {asked}): run again")
        found = reply(raw)
        nano = self.prices.cost(request.model, found.usage)
        await _apart(_settled, account.log, call, raw, found.usage, nano, held.request_id)
        return found

    def _settle_broken(self, account: Account, call: int, request: Request, held: _Held, error: Exception | None) -> None:
        """Keep what came of an answer that did not end, and count what it cost as far as it can be known."""
        import anthropic
        import httpx2

        refused = isinstance(error, anthropic.APIStatusError) and held.message is None
        never = httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout | httpx2.UnsupportedProtocol | httpx2.InvalidURL
        unsent = isinstance(error and error.__cause__, never)
        spent = Usage() if refused or unsent else held.usage(request)
        nano = self.prices.cost(request.model, spent)
        state = CallState.FAILED if refused or unsent else CallState.CUT
        asked = held.request_id or getattr(error, "request_id", None) or ""
        cause = error.__cause__ if isinstance(error, anthropic.APIConnectionError) and error.__cause__ else error
        note = f"{type(cause).__name__}: {cause}" if cause else "ended early"
        account.log.settle(call, state, raw=held.raw(), usage=spent, nano=nano, request_id=asked, note=note)


def _is_hopeless(state: Any) -> bool:
    """Say whether a failure was met as often as it makes sense to."""
    error = state.outcome.exception()
    return isinstance(error, Transient) and error.tries is not None and state.attempt_number >= error.tries


class _Held:
    """An answer while it comes."""

    def __init__(self) -> None:
        self.message: Any = None
        self.request_id = ""
        self.kind = ""
        """Media type of the answer."""

    async def read(self, sdk: Any, request: Request, heard: Heard) -> None:
        """Read the stream to its end; what came so far is held whatever happens."""
        characters = 0
        async with sdk.messages.stream(**request.body) as stream:
            self.request_id = stream.request_id or ""
            self.kind = stream.response.headers.get("content-type", "")
            async for event in stream:
                self.message = stream.current_message_snapshot
                if event.type == "text":
                    characters += len(event.text)
                    heard(request, characters)

    def raw(self) -> bytes:
        """Return what came as the JSON of a message; empty where nothing did."""
        return self.message.to_json(indent=None, warnings=False).encode() if self.message else b""

    def usage(self, request: Request) -> Usage:
        """Return the tokens of an answer that did not end: the prompt as told, or estimated, and what was heard."""
        if self.message is None:
            return Usage(input=expected(request.sent))
        told = usage(self.message.usage.to_dict())
        text = "".join(getattr(block, "text", "") or "" for block in self.message.content)
        return told.model_copy(update={"output": max(told.output, expected(text))})


def _settled(log: CallLog, call: int, raw: bytes, spent: Usage, nano: int | None, request_id: str) -> None:
    log.settle(call, CallState.ANSWERED, raw=raw, usage=spent, nano=nano, request_id=request_id)


@functools.cache
def broken() -> tuple[type[Exception], ...]:
    """Return what ends a stream: errors of the SDK and its HTTP library, and what decoding raises that reads what it does not expect."""
    import anthropic
    import httpx2

    decoding = (RuntimeError, ValueError, TypeError, LookupError, AttributeError, AssertionError)
    return anthropic.AnthropicError, httpx2.HTTPError, OSError, *decoding


async def _apart(action: Callable[..., Result], *arguments: object) -> Result:
    """Run what waits for the disk on a thread, so that the other calls go on."""
    return await asyncio.to_thread(action, *arguments)
