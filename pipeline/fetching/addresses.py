"""Which addresses may be reached: http and https, to public addresses only, each resolved once and connected to as it was checked."""

from __future__ import annotations

import ipaddress
import queue
import socket
import threading
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], list[str]]

_POLL = 0.5  # seconds between two looks at the clock while the name service says nothing
_PORTS = frozenset({80, 443, 8080, 8443})
_SCHEMES = {"http": 80, "https": 443}
# Global by their number, but not the open web: relays, special assignments, and the metadata service of one cloud.
_NEVER = tuple(
    ipaddress.ip_network(text)
    for text in (
        "100.64.0.0/10", "168.63.129.16/32", "192.0.0.0/24", "192.88.99.0/24",
        "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
    )
)  # fmt: skip
_GLOBAL_V6 = ipaddress.ip_network("2000::/3")
_ISATAP = frozenset({bytes.fromhex("00005efe"), bytes.fromhex("02005efe")})  # marks of an IPv4 address in the last four bytes
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Refused(Exception):
    """The address is one that this program never connects to."""


class NoHost(Exception):
    """The name has no address, or the name service did not answer."""


def _shown(url: str) -> str:
    return url[:200].encode("ascii", "backslashreplace").decode()


class Target(NamedTuple):
    """An address taken apart: what to ask, of whom."""

    url: str
    scheme: str
    host: str
    port: int


def target(url: str, *, loopback: bool = False) -> Target:
    """Take an address apart; Refused for anything but http(s) on a usual port, or with a user name in it."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port or _SCHEMES.get(parts.scheme, 0)
        host = _host(parts)
        path = quote(parts.path or "/", safe="%/:@!$&'()*+,;=~-._")
        query = quote(parts.query, safe="%/:@!$&'()*+,;=~-._?[]|\"")
    except ValueError:  # UnicodeError and the errors of IDNA among them
        raise Refused(f"{_shown(url)}: not an address") from None
    if parts.scheme not in _SCHEMES:
        raise Refused(f"{_shown(url)}: only http and https are fetched")
    if not host:
        raise Refused(f"{_shown(url)}: not an address")
    if parts.username is not None or parts.password is not None:
        raise Refused(f"{host}: an address with a user name in it is not fetched")
    if port not in _PORTS and not (loopback and _is_loopback(host)):
        raise Refused(f"{host}: port {port} is not fetched")
    shown = f"[{host}]" if ":" in host else host
    netloc = shown if port == _SCHEMES[parts.scheme] else f"{shown}:{port}"
    return Target(urlunsplit((parts.scheme, netloc, path, query, "")), parts.scheme, host, port)


def _host(parts: SplitResult) -> str:
    """Return the host in lower-case ASCII; full-width digits and dots are folded by IDNA as a browser folds them."""
    host = (parts.hostname or "").rstrip(".")
    if host.isascii():
        return host
    return host.encode("idna").decode("ascii").lower().rstrip(".")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_public(address: Address) -> bool:
    """Say whether an address belongs to the open web, once mapped and translated forms are taken off.

    IANA special-purpose registries; 6to4 and Teredo are refused whole, NAT64 counts as the IPv4 address inside.
    """
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return is_public(address.ipv4_mapped)
        if address in _NAT64:
            return is_public(ipaddress.IPv4Address(address.packed[-4:]))
        if address not in _GLOBAL_V6 or address.scope_id or address.packed[8:12] in _ISATAP:
            return False
    return address.is_global and not address.is_multicast and not any(address in net for net in _NEVER if net.version == address.version)


def system_resolve(host: str, port: int) -> list[str]:
    """Ask the system's name service for the addresses of a host."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(item[4][0]) for item in found))


class Guard:
    """Decides where a connection may go: every address that a name has must be public, or none is used."""

    def __init__(self, *, loopback: bool = False, resolve: Resolve = system_resolve) -> None:
        """`loopback` lets this machine itself be asked, for tests and local mirrors; nothing else private ever is."""
        self.loopback, self._resolve = loopback, resolve

    def target(self, url: str) -> Target:
        """Take an address apart; Refused where it may not be asked."""
        return target(url, loopback=self.loopback)

    def addresses(self, host: str, port: int, left: Callable[[], float]) -> list[str]:
        """Return the checked addresses of a host; NoHost where there are none, Refused where one of them is not public.

        `left` returns the seconds that are left, and raises where there are none or the run is to end.
        """
        found = _within(left, lambda: self._resolve(host, port))
        if not found:
            raise NoHost(f"{host}: no such host")
        for text in found:
            self._check(host, text)
        return found

    def _check(self, host: str, text: str) -> None:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            raise Refused(f"{host}: {text} is not an address") from None
        if not is_public(address) and not (self.loopback and _plain_loopback(address)):
            raise Refused(f"{host}: {address} is not an address of the open web")


def _plain_loopback(address: Address) -> bool:
    return address.is_loopback and not (isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped)


def _within(left: Callable[[], float], ask: Callable[[], list[str]]) -> list[str]:
    """Ask the name service in a thread of its own, for it has no time limit that could be set."""
    answer: queue.Queue[list[str] | Exception] = queue.Queue(1)

    def work() -> None:
        try:
            answer.put(ask())
        except Exception as error:  # noqa: BLE001 - whatever it is, the thread that waits must hear of it
            answer.put(error)

    threading.Thread(target=work, daemon=True).start()
    while True:
        try:
            found = answer.get(timeout=min(_POLL, left()))
            break
        except queue.Empty:
            continue
    if isinstance(found, Exception):
        raise NoHost(str(getattr(found, "strerror", None) or found).lower())
    return found
