"""Manners: how often and how many at a time a host is asked, what it asked us to wait, and what its robots.txt allows."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime

from protego import Protego

_FAILURES = 3  # in a row, after which a host is left alone
_ALONE = 60.0  # seconds
_AGAIN = 0.5  # seconds after which a robots.txt that could not be read is asked for again


class Busy(Exception):
    """The host has asked us to wait, or has failed several times in a row: it is left alone for now."""


class _Host:
    """What is known of one host in this run; the lock protects all of it."""

    def __init__(self, connections: int) -> None:
        self.lock = threading.Lock()
        self.slots = threading.BoundedSemaphore(connections)
        self.next_at = 0.0
        self.closed_until = 0.0
        self.failures = 0


class Hosts:
    """The hosts that a run has to do with, each with its own pace."""

    def __init__(self, connections: int, wait: Callable[[float], None]) -> None:
        """`wait` sleeps, and may raise where the run is to end."""
        self._wait = wait
        self._lock = threading.Lock()  # of the table of hosts
        self._hosts: dict[str, _Host] = defaultdict(lambda: _Host(connections))

    def _of(self, name: str) -> _Host:
        with self._lock:
            return self._hosts[name]

    @contextmanager
    def turn(self, name: str, interval: float) -> Iterator[float]:
        """Wait for a turn at a host, at most so many at a time and `interval` seconds apart, and give the seconds waited.

        Busy where the host is left alone.
        """
        host, began = self._of(name), time.monotonic()
        while not host.slots.acquire(timeout=0.2):
            self._wait(0)
        try:
            with host.lock:
                now = time.monotonic()
                _check_open(name, host, now)
                at = max(now, host.next_at)
                host.next_at = at + interval
            self._wait(at - now)
            yield time.monotonic() - began
        finally:
            host.slots.release()

    def check_open(self, name: str) -> None:
        """Raise Busy where a host is left alone."""
        host = self._of(name)
        with host.lock:
            _check_open(name, host, time.monotonic())

    def answered(self, name: str) -> None:
        """Note that a host has answered."""
        host = self._of(name)
        with host.lock:
            host.failures = 0

    def failed(self, name: str) -> None:
        """Note that a host did not answer; after several times in a row it is left alone."""
        host = self._of(name)
        with host.lock:
            host.failures += 1
            if host.failures >= _FAILURES:
                host.closed_until, host.failures = time.monotonic() + _ALONE, 0

    def close(self, name: str, seconds: float) -> None:
        """Leave a host alone for so long, because it said so."""
        host = self._of(name)
        with host.lock:
            host.closed_until = max(host.closed_until, time.monotonic() + seconds)


def _check_open(name: str, host: _Host, now: float) -> None:
    if host.closed_until > now:
        raise Busy(f"{name} is left alone for another {host.closed_until - now:.0f} s")


def retry_after(value: str | None) -> float | None:
    """Return the seconds that a Retry-After header asks for, given as seconds or as a date; None where it says nothing.

    >>> retry_after("120"), retry_after("soon")
    (120.0, None)
    """
    if not value:
        return None
    if value.isascii() and value.strip().isdigit():
        return float(value.strip()[:9])
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None


class _Rules:
    """The robots.txt of one host; the lock protects all of it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.parsed: Protego | None = None
        self.failed_at = -_AGAIN


class Robots:
    """What the robots.txt of each host allows; read once a run."""

    def __init__(self, agent: str) -> None:
        self._agent = agent
        self._lock = threading.Lock()  # of the table
        self._hosts: dict[str, _Rules] = defaultdict(_Rules)

    def pause(self, origin: str, url: str, read: Callable[[str], str]) -> float | None:
        """Return the crawl delay in seconds, at most ten, or None where the address may not be fetched.

        `read` returns the file at an address, empty where there is none (RFC 9309: all is allowed), and raises where it cannot
        be read; others who wait for the same host are then told at once (Busy).
        """
        rules = self._of(origin, read)
        if not rules.can_fetch(url, self._agent):
            return None
        return min(10.0, rules.crawl_delay(self._agent) or 0.0)

    def _of(self, origin: str, read: Callable[[str], str]) -> Protego:
        with self._lock:
            rules = self._hosts[origin]
        with rules.lock:  # asked once, however many wait for it
            if rules.parsed is None:
                if time.monotonic() - rules.failed_at < _AGAIN:
                    raise Busy(f"{origin}/robots.txt could not be read a moment ago")
                rules.failed_at = time.monotonic()
                rules.parsed = Protego.parse(read(f"{origin}/robots.txt"))
            return rules.parsed
