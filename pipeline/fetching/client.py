"""The one client, and the only way out: checked addresses, one deadline a request, caps on what is read, manners towards hosts."""

from __future__ import annotations

import contextlib
import random
import re
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urljoin

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from pipeline import __version__
from pipeline.articles import inside
from pipeline.errors import SourceError
from pipeline.fetching.addresses import Guard, NoHost, Refused, Resolve, Target, system_resolve
from pipeline.fetching.limits import Busy, Hosts, Robots, retry_after
from pipeline.fetching.network import Deadline, OutOfTime, Stopped, Transport
from pipeline.records import WhyNot
from pipeline.settings import MEGABYTE, Settings

_KEPT = ("content-type", "content-language", "etag", "last-modified", "date", "link", "x-api-pool")
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_MEANING = {401: WhyNot.PAYWALLED, 402: WhyNot.PAYWALLED, 404: WhyNot.NOT_FOUND, 410: WhyNot.NOT_FOUND, 451: WhyNot.BLOCKED}
_REDIRECTS = 5
_TRIES = 3
_ROBOTS_LIMIT = 512_000  # bytes of robots.txt that count (RFC 9309 asks for at least 500 KiB)
_NO_HOST = 30.0  # seconds for which a name without address is not asked for again
_PIECE = 65_536
HOME = "https://pypi.org/project/sourcemark/"


class Body(NamedTuple):
    """What came back: bytes, and the headers that matter as evidence."""

    data: bytes
    origin: str
    headers: tuple[tuple[str, str], ...] = ()
    redirects: tuple[str, ...] = ()
    status: int = 200

    @property
    def charset(self) -> str:
        """Return the charset that the server named, or an empty text."""
        found = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", dict(self.headers).get("content-type", ""), re.IGNORECASE)
        return found.group(1) if found else ""


class NoText(Exception):
    """The address gave no text, and this is why: an answer about the source, not a fault of the run."""

    def __init__(self, why: WhyNot, detail: str, status: int = 0) -> None:
        super().__init__(detail)
        self.why, self.detail, self.status = why, detail, status


class _Transient(Exception):
    """Worth another try; `wait` is how long the host asked for, in seconds."""

    def __init__(self, detail: str, wait: float | None = None) -> None:
        super().__init__(detail)
        self.wait = wait


class Ask(NamedTuple):
    """One request: the address, and how it is to be asked."""

    url: str
    interface: bool = False
    """A documented interface of a service: robots.txt does not speak of it, and it bears a faster pace."""
    accept: str = "*/*"
    headers: tuple[tuple[str, str], ...] = ()


def is_address(text: str) -> bool:
    """Say whether a source's `text` is an http(s) address rather than a path."""
    return text.lower().startswith(("http://", "https://"))


def read_file(folder: Path, relative: str, limit: int) -> Body:
    """Read a file below `folder` of at most `limit` bytes; SourceError says what is wrong with it."""
    return Body(read_regular(inside(folder, relative), relative, limit), relative)


def read_regular(path: Path, name: str, limit: int) -> bytes:
    """Return the bytes of a regular file; a device or pipe would never end. SourceError says what is wrong with it."""
    try:
        if path.exists() and not path.is_file():
            raise SourceError(f"{name}: not a file")
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise SourceError(f"{name}: {(error.strerror or str(error)).lower()}") from None
    if len(data) > limit:
        raise SourceError(f"{name}: over the limit of {limit / 1e6:.0f} MB (max_source_mb)")
    return data


class Client:
    """Gets addresses for one run; safe to use from many threads."""

    def __init__(self, settings: Settings, *, resolve: Resolve = system_resolve) -> None:
        """`resolve` asks the name service; tests give one of their own."""
        self.settings = settings
        self.stop = threading.Event()
        self._guard = Guard(loopback=settings.allow_loopback, resolve=resolve)
        self._hosts = Hosts(settings.host_connections, self._wait)
        self._robots = Robots("sourcemark")
        self._tls = httpx.create_ssl_context(trust_env=False)
        self._limit = int(settings.max_source_mb * MEGABYTE)
        who = f"; mailto:{settings.contact}" if settings.contact else ""
        self.agent = f"sourcemark/{__version__} (+{HOME}{who})"

    def get(self, ask: Ask | str) -> Body:
        """Get an address; NoText says why there is nothing. Status 304 comes back where the request was conditional.

        All tries together end within `fetch_timeout` seconds; waiting for a turn is not counted.
        """
        ask = ask if isinstance(ask, Ask) else Ask(ask)
        if not self.settings.network:
            raise NoText(WhyNot.UNREACHABLE, f"{ask.url}: the network is switched off (network = false)")
        deadline = Deadline(self.settings.fetch_timeout, self.stop)
        tries = Retrying(
            retry=retry_if_exception_type(_Transient),
            stop=stop_after_attempt(_TRIES),
            wait=lambda state: min(_pause(state), deadline.left()),
            sleep=self._wait,
            reraise=True,
        )
        try:
            return tries(self._follow, ask, deadline)
        except (_Transient, OutOfTime, NoHost, Busy) as error:
            raise NoText(WhyNot.UNREACHABLE, f"{ask.url}: {error}") from None
        except Refused as error:
            raise NoText(WhyNot.FORBIDDEN, str(error)) from None
        except (httpx.InvalidURL, ValueError) as error:  # an address that passes our reading and not that of the wire
            raise NoText(WhyNot.FORBIDDEN, f"{ask.url[:200]}: not an address: {error}") from None

    def _wait(self, seconds: float) -> None:
        if self.stop.wait(max(0.0, seconds)):
            raise Stopped

    def _follow(self, ask: Ask, deadline: Deadline) -> Body:
        """Ask, and follow redirects by hand: each new address is checked like the first."""
        where, passed = self._guard.target(ask.url), [ask.url]
        for _ in range(_REDIRECTS + 1):
            answer = self._step(ask, where, deadline)
            if isinstance(answer, Body):
                return answer._replace(redirects=tuple(passed[:-1]))
            to = self._guard.target(answer)
            if where.scheme == "https" and to.scheme == "http":
                raise NoText(WhyNot.BLOCKED, f"{where.url}: redirects from https to {to.url[:200]}")
            if (to.scheme, to.host, to.port) != (where.scheme, where.host, where.port):
                ask = ask._replace(headers=())  # what was meant for one host is not for another
            where = to
            passed.append(to.url)
        raise NoText(WhyNot.BLOCKED, f"{ask.url}: more than {_REDIRECTS} redirects")

    def _step(self, ask: Ask, where: Target, deadline: Deadline) -> Body | str:
        """Ask once, in turn; return the body, or where it redirects to."""
        interval = self.settings.host_interval / 3
        self._hosts.check_open(where.host)
        try:
            if not ask.interface:
                interval = max(self.settings.host_interval, self._allowed(where, deadline))
            with self._hosts.turn(where.host, interval) as waited:
                deadline.extend(waited)
                found = self._once(ask._replace(url=where.url), where.host, deadline, self._limit)
        except NoHost:
            self._hosts.close(where.host, _NO_HOST)
            raise
        except OutOfTime:
            self._hosts.failed(where.host)
            raise
        except httpx.TransportError as error:
            self._hosts.failed(where.host)
            raise _Transient(str(error) or type(error).__name__) from None
        self._hosts.answered(where.host)
        return found

    def _allowed(self, where: Target, deadline: Deadline) -> float:
        """Return the pause that a host's robots.txt asks for; NoText where it asks programs to stay away."""
        origin = where.url[: where.url.index("/", len("https://"))]
        try:
            pause = self._robots.pause(origin, where.url, lambda url: self._read_robots(url, deadline))
        except Busy as error:
            raise _Transient(str(error)) from None
        if pause is None:
            raise NoText(WhyNot.BLOCKED, f"{where.url}: its robots.txt asks programs to stay away")
        return pause

    def _once(self, ask: Ask, host: str, deadline: Deadline, limit: int, *, cut: bool = False) -> Body | str:
        """Send one request, past httpx's own client, which would read the Location header by itself."""
        headers = {"User-Agent": self.agent, "Accept": ask.accept, "Accept-Encoding": "gzip", **dict(ask.headers)}
        request = httpx.Request("GET", ask.url, headers=headers)
        with (
            contextlib.closing(Transport(self._guard, deadline, self._tls)) as transport,
            contextlib.closing(transport.handle_request(request)) as answer,
        ):
            if answer.status_code in {301, 302, 303, 307, 308}:
                return urljoin(ask.url, str(answer.headers.get("location", "")))
            self._judge(ask.url, host, answer, deadline)
            kept = tuple((name, answer.headers[name]) for name in _KEPT if name in answer.headers)
            data = b"" if answer.status_code == 304 else _read(answer, ask.url, limit, deadline, cut=cut)
            return Body(data, ask.url, kept, status=answer.status_code)

    def _judge(self, url: str, host: str, answer: httpx.Response, deadline: Deadline) -> None:
        """Raise for every status but 200 and 304; `_Transient` where it is worth another try."""
        status = answer.status_code
        if status in _AGAIN:
            wait = retry_after(answer.headers.get("retry-after"))
            if wait is not None and wait > deadline.left():
                self._hosts.close(host, wait)
                raise NoText(WhyNot.UNREACHABLE, f"{url}: HTTP {status}, asks to come back in {wait:.0f} s")
            raise _Transient(f"HTTP {status}", wait)
        if status not in {200, 203, 304}:
            # 202, 403 and other odd answers come from filters against robots: they say nothing about the source.
            raise NoText(_MEANING.get(status, WhyNot.BLOCKED), f"{url}: HTTP {status}", status)

    def _read_robots(self, url: str, deadline: Deadline) -> str:
        """Return a robots.txt, empty where the host has none; one that cannot be read lets nothing through (RFC 9309, 2.3.1)."""
        here = url
        try:
            for _ in range(_REDIRECTS + 1):
                where = self._guard.target(here)
                answer = self._once(Ask(where.url), where.host, deadline, _ROBOTS_LIMIT, cut=True)
                if isinstance(answer, Body):
                    return answer.data.decode("utf-8", "replace")
                here = answer
        except NoText as error:
            if not 400 <= error.status < 500:
                raise _Transient(f"robots.txt: {error.detail}") from None
        return ""


def _pause(state: RetryCallState) -> float:
    """Return how long to wait before the next try: what the host asked for, else a random time that grows."""
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, _Transient) and error.wait is not None:
        return error.wait
    return random.uniform(0.1, 0.5 * 2**state.attempt_number)


def _read(answer: httpx.Response, url: str, limit: int, deadline: Deadline, *, cut: bool) -> bytes:
    """Read and decode a body in small pieces, so that neither size nor compression can pass the limit.

    `cut` returns what came up to the limit, where a body that is too large is otherwise refused.
    """
    data = bytearray()
    for piece in _decoded(answer, url):
        deadline.left()
        data += piece
        if len(data) > limit:
            if cut:
                return bytes(data[:limit])
            raise NoText(WhyNot.TOO_LARGE, f"{url}: over {limit / 1e6:.0f} MB (max_source_mb)")
    return bytes(data)


def _decoded(answer: httpx.Response, url: str) -> Iterator[bytes]:
    coding = answer.headers.get("content-encoding", "").strip().lower()
    if coding in {"", "identity"}:
        yield from answer.iter_raw(_PIECE)
    elif coding in {"gzip", "x-gzip"}:
        yield from _gunzip(answer)
    else:
        raise NoText(WhyNot.UNSUPPORTED, f"{url}: answers in the coding `{coding[:40]}`, which was not asked for")


def _gunzip(answer: httpx.Response) -> Iterator[bytes]:
    """Decompress in pieces of at most 64 KiB; httpx would hand out one piece of any size."""
    unzip, within = zlib.decompressobj(31), False
    try:
        for raw in answer.iter_raw(_PIECE):
            raw = raw if within else raw.lstrip(b"\0")  # a padding of zeros between members, or after the last
            while raw:
                yield unzip.decompress(raw, _PIECE)
                raw, within = unzip.unconsumed_tail, not unzip.eof
                if unzip.eof:  # another member may follow
                    raw, unzip = unzip.unused_data.lstrip(b"\0"), zlib.decompressobj(31)
        yield unzip.flush()
    except zlib.error:
        raise _Transient("its gzip data is damaged") from None
    if within and not unzip.eof:
        raise _Transient("its gzip data is cut short")
