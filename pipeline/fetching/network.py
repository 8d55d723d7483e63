"""The wire below httpx: connections go only where the guard allows, and no read outlives the deadline of its request."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore
import httpx

from pipeline.fetching.addresses import Guard

_POLL = 0.5  # seconds between two looks at the deadline and at the stop sign while nothing arrives
_HANDSHAKE = 10.0  # seconds for TLS, in which nothing can interrupt
_ADDRESSES = 4  # of one host that are tried


class OutOfTime(Exception):
    """The deadline of the request has passed."""


class Stopped(Exception):
    """The run was interrupted."""


class Deadline:
    """When a request must have ended, and the sign that the whole run is to stop."""

    def __init__(self, seconds: float, stop: threading.Event) -> None:
        self._at, self._stop = time.monotonic() + seconds, stop

    def left(self) -> float:
        """Return the seconds left; OutOfTime where there are none, Stopped where the run is to end."""
        if self._stop.is_set():
            raise Stopped
        left = self._at - time.monotonic()
        if left <= 0:
            raise OutOfTime("took too long")
        return left

    def extend(self, seconds: float) -> None:
        """Move the deadline: time spent waiting for a turn is not the server's."""
        self._at += seconds


class _Stream(httpcore.NetworkStream):
    """A connection of which every read and write ends by the deadline, however slowly bytes drip."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner, self._deadline = inner, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        while True:
            try:
                return self._inner.read(max_bytes, min(_POLL, self._deadline.left()))
            except httpcore.ReadTimeout:
                continue

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.left())

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, min(_HANDSHAKE, self._deadline.left())), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    """Connects to the addresses that the guard has checked, and to no others: a name is resolved once."""

    def __init__(self, guard: Guard, deadline: Deadline) -> None:
        self._guard, self._deadline, self._tcp = guard, deadline, httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        found = self._guard.addresses(host, port, self._deadline.left)[:_ADDRESSES]
        for index, address in enumerate(found):
            share = self._deadline.left() / (len(found) - index)
            try:
                return _Stream(self._tcp.connect_tcp(address, port, share, local_address, socket_options), self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if index == len(found) - 1:
                    raise
        raise httpcore.ConnectError("no address")  # pragma: no cover - the guard gives at least one


class Transport(httpx.BaseTransport):
    """One request of httpx over connections of its own; nothing is kept for the next request."""

    def __init__(self, guard: Guard, deadline: Deadline, tls: ssl.SSLContext) -> None:
        self._pool = httpcore.ConnectionPool(ssl_context=tls, network_backend=_Backend(guard, deadline))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return the answer with its body still unread."""
        url = httpcore.URL(scheme=request.url.raw_scheme, host=request.url.raw_host, port=request.url.port, target=request.url.raw_path)
        with _mapped():
            answer = self._pool.handle_request(httpcore.Request(request.method, url, headers=request.headers.raw))
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer))

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        with _mapped():
            yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


@contextmanager
def _mapped() -> Iterator[None]:
    """Turn the errors of the wire into those of httpx."""
    try:
        yield
    except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, httpcore.UnsupportedProtocol) as error:
        raise httpx.TransportError(str(error) or type(error).__name__) from error
