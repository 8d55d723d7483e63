"""Bytes of a source, from a file below its article's folder or over HTTP, with a size cap and one deadline for all tries."""

from __future__ import annotations

import ipaddress
import time
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

import httpx
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, stop_after_delay, stop_any, wait_random_exponential

from pipeline import __version__
from pipeline.articles import inside
from pipeline.errors import SourceError
from pipeline.records import WhyNot

_KEPT = ("content-type", "etag", "last-modified", "date")
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_MEANING = {
    401: WhyNot.PAYWALLED,
    402: WhyNot.PAYWALLED,
    403: WhyNot.BLOCKED,
    404: WhyNot.NOT_FOUND,
    410: WhyNot.NOT_FOUND,
}
_REDIRECTS = 5


class Body(NamedTuple):
    """What came back: bytes, and the headers that matter as evidence."""

    data: bytes
    origin: str
    headers: tuple[tuple[str, str], ...] = ()


class NoText(Exception):
    """The address gave no text, and this is why: an answer about the source, not a fault of the run."""

    def __init__(self, why: WhyNot, detail: str) -> None:
        super().__init__(detail)
        self.why, self.detail = why, detail


class _Transient(Exception):
    """Worth another try within the deadline."""


def is_address(text: str) -> bool:
    """Say whether a source's `text` is an http(s) address rather than a path."""
    return text.lower().startswith(("http://", "https://"))


def read_file(folder: Path, relative: str, limit: int) -> Body:
    """Read a file below `folder` of at most `limit` bytes; SourceError says what is wrong with it."""
    path = inside(folder, relative)
    try:
        size = path.stat().st_size
        if size > limit:
            raise SourceError(f"{relative}: {size / 1e6:.0f} MB, over the limit of {limit / 1e6:.0f} MB (max_source_mb)")
        return Body(path.read_bytes(), relative)
    except OSError as error:
        raise SourceError(f"{relative}: {(error.strerror or str(error)).lower()}") from None


def get(url: str, limit: int, timeout: float) -> Body:
    """Get an address, at most `limit` bytes in `timeout` seconds; NoText says why there is nothing."""
    deadline = time.monotonic() + timeout
    tries = Retrying(
        retry=retry_if_exception_type(_Transient),
        stop=stop_any(stop_after_attempt(3), stop_after_delay(timeout)),
        wait=wait_random_exponential(multiplier=0.2, max=2),
        reraise=True,
    )
    try:
        return tries(_follow, url, limit, deadline)
    except _Transient as error:
        raise NoText(WhyNot.DEAD, f"{url}: {error}") from None


def _follow(url: str, limit: int, deadline: float) -> Body:
    with httpx.Client(trust_env=False, follow_redirects=False, headers=_headers()) as client:
        here = url
        for _ in range(_REDIRECTS + 1):
            _allowed(here)
            answer = _once(client, here, limit, deadline)
            if isinstance(answer, Body):
                return answer
            here = answer
    raise NoText(WhyNot.DEAD, f"{url}: more than {_REDIRECTS} redirects")


def _headers() -> dict[str, str]:
    # Identity only: a compressed body is decoded before a size cap can see it.
    return {"User-Agent": f"sourcemark/{__version__}", "Accept-Encoding": "identity"}


def _allowed(url: str) -> None:
    """Refuse every address but loopback, written as an address or as `localhost`."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if parts.scheme not in {"http", "https"} or not loopback:
        raise NoText(WhyNot.UNSUPPORTED, f"{url}: this version fetches local files and loopback addresses only")


def _once(client: httpx.Client, url: str, limit: int, deadline: float) -> Body | str:
    """Return the body of one request, or where it redirects to."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise _Transient("timed out")
    try:
        with client.stream("GET", url, timeout=left) as answer:
            if answer.is_redirect:
                return urljoin(url, str(answer.headers.get("location", "")))
            _status(url, answer.status_code)
            kept = tuple((name, answer.headers[name]) for name in _KEPT if name in answer.headers)
            return Body(_read(answer, url, limit, deadline), url, kept)
    except httpx.TransportError as error:
        raise _Transient(str(error) or type(error).__name__) from None


def _status(url: str, status: int) -> None:
    if status in _AGAIN:
        raise _Transient(f"HTTP {status}")
    if status != 200:
        # 202 and other odd answers come from filters against robots: they say nothing about the source.
        raise NoText(_MEANING.get(status, WhyNot.BLOCKED), f"{url}: HTTP {status}")


def _read(answer: httpx.Response, url: str, limit: int, deadline: float) -> bytes:
    data = bytearray()
    for chunk in answer.iter_raw(65_536):
        data += chunk
        if len(data) > limit:
            raise NoText(WhyNot.TOO_LARGE, f"{url}: over {limit / 1e6:.0f} MB (max_source_mb)")
        if time.monotonic() > deadline:
            raise _Transient("timed out while reading")
    return bytes(data)
