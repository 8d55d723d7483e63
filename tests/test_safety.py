"""What hostile addresses and servers can do to a run: nothing private is reached, and all ends soon and small, with an answer."""

from __future__ import annotations

import gzip
import itertools
import random
import socket
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from typing import Any
from urllib.parse import urljoin

import pytest

from pipeline.fetching import addresses
from pipeline.fetching.client import Ask, Body, Client, NoText
from pipeline.records import WhyNot
from pipeline.settings import Settings
from tests.conftest import TRIAL

Talk = Callable[[socket.socket, str], object]
PUBLIC = "93.184.216.34"
OK = b"HTTP/1.1 200 OK\r\n"


class Wire:
    """A server that says what its test says, byte by byte; `heard` are the requests."""

    def __init__(self, talk: Talk, robots: bool, first: bool) -> None:
        self.heard: list[str] = []
        self._talk, self._robots, self._first = talk, robots, first
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=self._serve, args=(self._socket.accept()[0],), daemon=True).start()

    def _serve(self, link: socket.socket) -> None:
        with suppress(OSError), closing(link):
            link.settimeout(5)
            asked = "" if self._first else link.recv(65536).decode("latin-1")
            self.heard.append(asked)
            if asked.startswith("GET /robots.txt") and not self._robots:
                link.sendall(b"HTTP/1.1 404 no\r\nContent-Length: 0\r\n\r\n")
            else:
                self._talk(link, asked)

    def pages(self) -> int:
        return sum("/robots.txt" not in asked for asked in self.heard)

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


Listen = Callable[..., Wire]


def listening() -> Iterator[Listen]:
    """Give a function that starts servers, and close them in the end."""
    made: list[Wire] = []

    def listen(talk: Talk, *, robots: bool = False, first: bool = False) -> Wire:
        made.append(Wire(talk, robots, first))
        return made[-1]

    yield listen
    for one in made:
        one.close()


@pytest.fixture
def wire() -> Iterator[Listen]:
    yield from listening()


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", lambda low, high: 0.01)


def patient(seconds: float = 2, megabytes: float = 1, loopback: bool = True, **more: Any) -> Client:
    given = {"allow_loopback": loopback, "host_interval": 0, "fetch_timeout": seconds, "max_source_mb": megabytes}
    resolve = more.pop("resolve", addresses.system_resolve)
    return Client(Settings(**{**given, **more}), resolve=resolve)


def why(client: Client, ask: Ask | str) -> WhyNot:
    with pytest.raises(NoText) as caught:
        client.get(ask)
    return caught.value.why


def drip(pieces: Iterable[bytes], pause: float = 0.0, most: int = 200_000) -> Talk:
    """Send pieces until the other side has had enough."""

    def talk(link: socket.socket, _: str) -> None:
        for piece in itertools.islice(pieces, most):
            link.sendall(piece)
            time.sleep(pause)

    return talk


def peak_of(work: Callable[[], object]) -> float:
    """Return by how many MB the memory of this process grew at most."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        work()
        return (tracemalloc.get_traced_memory()[1] - before) / 1e6
    finally:
        tracemalloc.stop()


# --- which addresses are reached ---

_PRIVATE = (
    "127.0.0.1 127.8.8.8 0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.100.100.200 168.63.129.16 169.254.169.254 172.16.0.1 172.31.255.255 "
    "192.0.0.8 192.0.0.192 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.250 240.0.0.1 "
    "255.255.255.255 ::1 :: ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::127.0.0.1 ::ffff:0:127.0.0.1 64:ff9b::127.0.0.1 "
    "64:ff9b::a9fe:a9fe 64:ff9b:1::7f00:1 2002:7f00:1:: 2002:a9fe:a9fe:: 2001:0:4136:e378:8000:63bf:80ff:fffe 2001:db8::1 3fff::1 "
    "fc00::1 fd00:ec2::254 fe80::1 fe80::1%lo fe80::5efe:127.0.0.1 fec0::1 ff02::1 ff0e::1 100::1 5f00::1 2001:2::1 2001:10::1"
).split()
_NAMES: dict[str, list[str]] = {
    **{f"name{index}.test": [text] for index, text in enumerate(_PRIVATE)},
    "mixed.test": [PUBLIC, "127.0.0.1"],
    "mixed2.test": ["127.0.0.1", PUBLIC],
    "mixed6.test": [PUBLIC, "2606:4700::1111", "::ffff:127.0.0.1"],
    "late.test": [*[PUBLIC] * 9, "10.0.0.1"],
    "odd.test": ["not-an-address"],
    "none.test": [],
}
_FORMS = (
    "http://localhost:{p}/ http://2130706433:{p}/ http://0177.0.0.1:{p}/ http://017700000001:{p}/ http://127.1:{p}/ http://127.0.1:{p}/ "
    "http://0x7f000001:{p}/ http://0x7f.1:{p}/ http://0:{p}/ http://127.0.0.1.:{p}/ http://a.test@127.0.0.1:{p}/ http://:x@127.0.0.1:{p}/ "
    "http://127。0。0。1:{p}/ http://127.0.0.1:{p}/ http://①②⑦.0.0.1:{p}/ http://ｌｏｃａｌｈｏｓｔ:{p}/ "
    "http://127%2e0%2e0%2e1:{p}/ http://{P}\\@127.0.0.1:{p}/ http://127.0.0.1:{p}\\@{P}/ http://{P}#@127.0.0.1:{p}/ "
    "http://bücher.test:{p}/ http://127.0.0.1:22/ http://127.0.0.1:65536/ http://127.0.0.1:-1/ http://127.0.0.1:0/ http://[::1]:{p}/ "
    "http://[::1%25lo]:{p}/ http://[fe80::1%lo]/ http://[::1/ http://[127.0.0.1]/ http://[v1.a]/ http:///127.0.0.1/ "
    "http:127.0.0.1:{p} //127.0.0.1:{p}/ file:///etc/passwd ftp://127.0.0.1:{p}/ gopher://127.0.0.1:{p}/_GET "
    "data:text/plain,hello dict://127.0.0.1:{p}/ jar:http://a.test/ "
    "http:// http://./ http://xn--/ http://256.256.256.256/ http://1.2.3.4.5/ http://a..b/"
).split()  # fmt: skip
_CRLF = [
    "http://127.0.0.1:{p}/\r\nHost: a", "http://127.0.0.1\r\n:{p}/", "ht\ttp://127.0.0.1:{p}/", " http://127.0.0.1:{p}/ ",
    "http://a\x00.127.0.0.1:{p}/", "http://a b/", "http://a\ud800/", "http://a.test/\ud800", "http://a.test/?\ud800",
]  # fmt: skip
_LITERALS = [f"http://[{text}]:{{p}}/" if ":" in text else f"http://{text}:{{p}}/" for text in _PRIVATE]
URLS = [*_LITERALS, *_FORMS, *_CRLF, *(f"http://{name}:{{p}}/" for name in _NAMES)]


class Net:
    """A private server, all connection attempts, and a name service that never asks the real one."""

    def __init__(self, wire: Wire) -> None:
        self.wire, self.port = wire, wire.port
        self.tried: list[str] = []
        self.resolved: list[str] = []
        self.table: dict[str, Iterator[list[str]]] = {}

    def resolve(self, host: str, port: int) -> list[str]:
        self.resolved.append(host)
        if host in self.table:
            return next(self.table[host])
        if host in _NAMES:
            return _NAMES[host]
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=0 if host == "localhost" else socket.AI_NUMERICHOST)
        return [str(item[4][0]) for item in found]


@pytest.fixture
def net(wire: Listen, monkeypatch: pytest.MonkeyPatch) -> Net:
    made = Net(wire(drip([OK + b"Content-Length: 6\r\n\r\nsecret"])))
    really = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        made.tried.append(str(address[0]))
        if not str(address[0]).startswith("127."):
            raise ConnectionRefusedError("only loopback in a test")
        really(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(addresses, "_PORTS", frozenset({80, 443, made.port}))  # else the port alone would be the reason
    return made


@pytest.mark.parametrize("url", URLS, ids=ascii)
def test_nothing_private_is_reached(net: Net, url: str) -> None:
    client = patient(loopback=False, resolve=net.resolve)
    for interface in (True, False):
        with suppress(Exception):  # what comes out is the next test's matter
            pytest.fail(f"got {client.get(Ask(url.format(p=net.port, P=PUBLIC), interface)).data!r}")
    assert net.wire.heard == []
    assert set(net.tried) <= {PUBLIC}, "a connection was tried to an address that is not public"


@pytest.mark.parametrize("url", URLS, ids=ascii)
def test_every_refusal_is_an_answer(net: Net, url: str) -> None:
    client = patient(loopback=False, resolve=net.resolve)
    assert why(client, Ask(url.format(p=net.port, P=PUBLIC), True)) in {WhyNot.FORBIDDEN, WhyNot.UNREACHABLE}


def test_the_address_that_was_checked_is_the_one_connected_to(net: Net) -> None:
    net.table["rebind.test"] = itertools.chain([[PUBLIC]], itertools.repeat(["127.0.0.1"]))
    assert why(patient(loopback=False, resolve=net.resolve), Ask(f"http://rebind.test:{net.port}/", True)) is WhyNot.FORBIDDEN
    assert (net.tried, net.resolved, net.wire.heard) == ([PUBLIC], ["rebind.test"] * 2, [])


def test_a_name_is_resolved_once_a_connection(net: Net) -> None:
    net.table["here.test"] = itertools.chain([["127.0.0.1"]], itertools.repeat(["10.0.0.1"]))
    assert patient(resolve=net.resolve).get(Ask(f"http://here.test:{net.port}/", True)).data == b"secret"
    assert (net.tried, net.resolved) == (["127.0.0.1"], ["here.test"])


# --- redirects ---

_BAD = (
    "file:///etc/passwd javascript:alert(1) http://10.0.0.1/ //169.254.169.254/latest http:///x http://[ http://[::1 http://256.1.1.1/ "
    "http://0177.0.0.1/ http://x@127.0.0.1/ http://127.0.0.2:22/ mailto:a@b ftp://a/b \xff\xfe"
).split()  # fmt: skip
_LONG = "/" + "x" * 70_000


@pytest.mark.parametrize("where", [*_BAD, "", _LONG], ids=lambda x: ascii(x[:30]))
def test_a_redirect_to_nowhere_is_an_answer(wire: Listen, where: str) -> None:
    made = wire(drip([b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + where.encode("latin-1") + b"\r\n\r\n"]))
    assert why(patient(), f"{made.url}/a") in {WhyNot.FORBIDDEN, WhyNot.BLOCKED, WhyNot.UNREACHABLE}
    assert made.pages() <= 6


@pytest.mark.parametrize("loop", [False, True])
def test_ten_thousand_redirects_are_six_requests(wire: Listen, loop: bool) -> None:
    count = itertools.count(1)

    def talk(link: socket.socket, _: str) -> None:
        number = next(count)
        if number > 10_000:
            link.sendall(OK + b"Content-Length: 4\r\n\r\ntext")
        link.sendall(f"HTTP/1.1 301 x\r\nContent-Length: 0\r\nLocation: /{number % 2 if loop else number}\r\n\r\n".encode())

    made = wire(talk)
    assert why(patient(), f"{made.url}/a") is WhyNot.BLOCKED
    assert made.pages() == 6


@pytest.mark.parametrize(
    ("url", "location"),
    [
        ("https://a.test/", "http://b.test/"),
        ("HTTPS://a.test/", "http://b.test/"),
        ("https://a.test/", "HTTP://b.test/"),
        ("https://a.test/", "ht\ttp://b.test/"),
    ],
)
def test_no_redirect_from_https_to_http(monkeypatch: pytest.MonkeyPatch, url: str, location: str) -> None:
    def once(self: Client, ask: Ask, *_: object) -> Body | str:
        return urljoin(ask.url, location) if ask.url.startswith("https:") else Body(b"read in the clear", ask.url)

    monkeypatch.setattr(Client, "_once", once)
    assert why(patient(), Ask(url, True)) is WhyNot.BLOCKED


def test_credentials_stay_with_their_host(wire: Listen) -> None:
    other = wire(drip([OK + b"Content-Length: 4\r\n\r\ntext"]))
    first = wire(drip([f"HTTP/1.1 302 x\r\nContent-Length: 0\r\nLocation: {other.url}/b\r\n\r\n".encode()]))
    assert patient().get(Ask(f"{first.url}/a", True, headers=(("Authorization", "Bearer s3cret"),))).data == b"text"
    assert "s3cret" in first.heard[0]
    assert "s3cret" not in other.heard[0]


# --- bodies ---


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def bomb(megabytes: int) -> bytes:
    zipped = zlib.compressobj(6, wbits=31)
    return b"".join([*(zipped.compress(bytes(1_000_000)) for _ in range(megabytes)), zipped.flush()])


GZ = OK + b"Content-Encoding: gzip\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n"
_PIECE = b"x" * 65_536


@pytest.mark.parametrize(
    "pieces",
    [
        lambda: [OK + b"\r\n", *[_PIECE] * 2000],
        lambda: [CHUNKED + b"\r\n", *[chunk(_PIECE)] * 2000],
        lambda: [OK + b"Content-Length: 99999999999\r\n\r\n", *[_PIECE] * 2000],
        lambda: [GZ + b"\r\n", bomb(200)],
        lambda: [CHUNKED + b"Content-Encoding: gzip\r\n\r\n", chunk(bomb(200))],
        lambda: [GZ + b"\r\n", *[gzip.compress(bytes(900_000))] * 300],
    ],
    ids=["endless", "endless chunks", "too long", "gzip bomb", "gzip bomb in a chunk", "many members"],
)
def test_a_body_stops_at_the_cap(wire: Listen, pieces: Callable[[], list[bytes]]) -> None:
    made, client = wire(drip(pieces())), patient(5)
    peak = peak_of(lambda: why(client, Ask(made.url, True)))
    assert why(client, Ask(made.url, True)) is WhyNot.TOO_LARGE
    assert peak < 1 + 2, f"{peak:.1f} MB for a cap of 1 MB"


PACKED = gzip.compress(TRIAL.encode())
SIZE = b"Content-Length: %d\r\n\r\n"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (OK + b"Content-Length: 100\r\n\r\nshort", WhyNot.UNREACHABLE),
        (OK + b"Content-Length: 5\r\n\r\nhello world", b"hello"),
        (OK + b"Content-Length: 5\r\nContent-Length: 11\r\n\r\nhello world", WhyNot.UNREACHABLE),
        (OK + b"Content-Length: -5\r\n\r\nhello world", WhyNot.UNREACHABLE),
        (OK + b"Content-Length: five\r\n\r\nhello world", WhyNot.UNREACHABLE),
        (CHUNKED + b"Content-Length: 3\r\n\r\n5\r\nhello\r\n0\r\n\r\n", b"hello"),
        (CHUNKED + b"\r\n5\r\nhello\r\n", WhyNot.UNREACHABLE),
        (CHUNKED + b"\r\nzz\r\nhello\r\n0\r\n\r\n", WhyNot.UNREACHABLE),
        (CHUNKED + b"\r\n-5\r\nhello\r\n0\r\n\r\n", WhyNot.UNREACHABLE),
        (CHUNKED + b"\r\n" + b"F" * 30 + b"\r\nhello\r\n0\r\n\r\n", WhyNot.UNREACHABLE),
        (OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", WhyNot.UNREACHABLE),
        *((OK + b"Content-Encoding: " + name + b"\r\n\r\nhello", WhyNot.UNSUPPORTED) for name in (b"br", b"zstd", b"deflate", b"x")),
        (OK + b"Content-Encoding: gzip, gzip\r\n\r\n" + gzip.compress(PACKED), WhyNot.UNSUPPORTED),
        (GZ + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(PACKED), WhyNot.UNSUPPORTED),
        (GZ + SIZE % (len(PACKED) - 9) + PACKED[:-9], WhyNot.UNREACHABLE),
        (GZ + SIZE % 5 + PACKED[:5], WhyNot.UNREACHABLE),
        (GZ + b"\r\nplain text", WhyNot.UNREACHABLE),
        (GZ + b"\r\n" + PACKED + b"garbage", WhyNot.UNREACHABLE),
        (GZ + b"\r\n" + PACKED + bytes(700), TRIAL.encode()),
        (GZ + b"\r\n" + PACKED + bytes(150_000), TRIAL.encode()),
        (GZ + b"\r\n" + PACKED + PACKED, 2 * TRIAL.encode()),
        (GZ + SIZE % 0, b""),
        (b"", WhyNot.UNREACHABLE),
        (b"hello, no status line", WhyNot.UNREACHABLE),
        (b"HTTP/1.1 99999 x\r\n\r\n", WhyNot.UNREACHABLE),
        (b"HTTP/1.1 299 x\r\n\r\nhello", WhyNot.BLOCKED),
        (b"HTTP/1.1 101 x\r\nUpgrade: y\r\n\r\nhello", WhyNot.UNREACHABLE),
        (OK + b"A\x00: b\r\n\r\nhello", WhyNot.UNREACHABLE),
        (OK + b"ETag: \xff\xfe\xb2\r\n\r\nhello", b"hello"),
    ],
    ids=lambda value: ascii(value)[-30:],
)
def test_odd_bodies_are_whole_or_nothing(wire: Listen, answer: bytes, expected: bytes | WhyNot) -> None:
    made = wire(drip([answer]))
    if isinstance(expected, WhyNot):
        assert why(patient(), Ask(made.url, True)) is expected
    else:
        assert patient().get(Ask(made.url, True)).data == expected


# --- time ---

_BUSY = b"HTTP/1.1 503 x\r\nContent-Length: 0\r\n\r\n"


def forever(piece: bytes) -> Iterator[bytes]:
    return itertools.repeat(piece)


@pytest.mark.parametrize(
    ("talk", "first", "kind"),
    [
        pytest.param(drip([OK, b"\r\n", *[b"x"] * 999], 0.05), False, "interface", id="body"),
        pytest.param(drip([OK, *[b"A: b\r\n"] * 999], 0.05), False, "interface", id="headers"),
        pytest.param(drip([b"HTTP", *[b"/"] * 999], 0.05), False, "interface", id="status line"),
        pytest.param(drip([CHUNKED, b"\r\n", *[b"1"] * 15], 0.3), False, "interface", id="chunk size"),
        pytest.param(drip([CHUNKED, b"\r\n0\r\n", *[b"A: b\r\n"] * 999], 0.05), False, "interface", id="trailers"),
        pytest.param(drip([GZ, b"\r\n", *[gzip.compress(b"")] * 999], 0.05), False, "interface", id="empty members"),
        pytest.param(drip([GZ, b"\r\n", *[gzip.compress(b"") * 3000] * 200_000]), False, "interface", id="flood of empty members"),
        pytest.param(drip(forever(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 99)), False, "interface", id="1xx for ever"),
        pytest.param(lambda link, _: time.sleep(3), False, "interface", id="silence"),
        pytest.param(lambda link, _: time.sleep(3), True, "https", id="TLS silence"),
        pytest.param(drip([b"\x16\x03\x03\x40\x00\x02", *[b"\x00"] * 99], 0.05), True, "https", id="TLS drip"),
        pytest.param(drip([_BUSY]), False, "pauses", id="503 for ever"),
        pytest.param(drip([b"HTTP/1.1 429 x\r\nRetry-After: 0\r\n\r\n"]), False, "interface", id="429 for ever"),
        pytest.param(lambda link, _: time.sleep(3), False, "page", id="robots silence"),
        pytest.param(drip([OK, b"\r\n", *[b"#"] * 99], 0.05), False, "page", id="robots drip"),
    ],
)
def test_a_slow_server_is_left_in_time(wire: Listen, monkeypatch: pytest.MonkeyPatch, talk: Talk, first: bool, kind: str) -> None:
    monkeypatch.setattr(random, "uniform", lambda low, high: high)  # the longest pause that there may be
    seconds = 1.1 if kind == "pauses" else 0.6
    made, client = wire(talk, robots=True, first=first), patient(seconds)
    url = made.url.replace("http:", "https:") if kind == "https" else made.url
    began = time.monotonic()
    assert why(client, Ask(url, kind != "page")) is WhyNot.UNREACHABLE
    assert time.monotonic() - began < seconds + 0.5


def test_a_name_service_or_a_connection_that_hangs_is_left_in_time() -> None:
    def hang(host: str, port: int) -> list[str]:
        time.sleep(2)
        return [PUBLIC]

    full = socket.socket()
    full.bind(("127.0.0.1", 0))
    full.listen(0)
    filling = [socket.socket() for _ in range(4)]
    for one in filling:
        one.setblocking(False)
        one.connect_ex(full.getsockname())
    took = []
    for client, url in ((patient(0.6, resolve=hang), "http://a.test/"), (patient(0.6), f"http://127.0.0.1:{full.getsockname()[1]}/")):
        began = time.monotonic()
        assert why(client, Ask(url, True)) is WhyNot.UNREACHABLE
        took.append(time.monotonic() - began)
    for one in [full, *filling]:
        one.close()
    assert max(took) < 0.6 + 0.5, took


def test_many_workers_do_not_queue_for_a_silent_robots_txt(wire: Listen) -> None:
    made, client = wire(lambda link, _: time.sleep(3), robots=True), patient(0.3)
    threads = [threading.Thread(target=why, args=(client, f"{made.url}/{number}")) for number in range(6)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - began < 3 * 0.3 + 0.5
