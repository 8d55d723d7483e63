"""What rude hosts, hostile documents and odd files can do to a run: little, soon over, and told in one line."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.errors import OutsideWorkspace, SourceError
from pipeline.fetching.client import Ask, read_file
from pipeline.fetching.extract import extract
from pipeline.fetching.limits import retry_after
from pipeline.fetching.network import Stopped
from pipeline.fetching.sandbox import Sandbox
from pipeline.records import WhyNot
from tests.conftest import TRIAL
from tests.test_safety import CHUNKED, OK, Listen, drip, listening, patient, peak_of, why

_PIECE = b"x" * 65_536


@pytest.fixture
def wire() -> Iterator[Listen]:
    yield from listening()


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", lambda low, high: 0.01)


# --- floods ---


@pytest.mark.parametrize(
    "pieces",
    [
        [OK, *[b"A: b\r\n" * 1000] * 100, b"\r\nhello"],
        [OK, b"A: ", *[_PIECE] * 160, b"\r\n\r\nhello"],
        [b"HTTP/1.1 200 ", *[_PIECE] * 160, b"\r\n\r\nhello"],
        [CHUNKED, b"\r\n5;", *[_PIECE] * 160, b"\r\nhello\r\n0\r\n\r\n"],
        [CHUNKED, b"\r\n0\r\n", *[b"A: b\r\n" * 1000] * 100, b"\r\n"],
    ],
    ids=["100,000 headers", "10 MB header", "10 MB status line", "10 MB chunk extension", "100,000 trailers"],
)
def test_a_flood_of_headers_is_refused(wire: Listen, pieces: list[bytes]) -> None:
    made, client = wire(drip(pieces)), patient()
    peak = peak_of(lambda: why(client, Ask(made.url, True)))
    assert peak < 3, f"{peak:.1f} MB"


# --- manners ---


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [
        ("0", 0, 0), ("7", 7, 7), (" 7 ", 7, 7), ("9" * 5000, 1e8, 1e9), ("Sun, 06 Nov 1994 08:49:37 GMT", 0, 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 1e9, 1e12),
        ("Fri, 31 Dec 9999 23:59:59 -9999", None, None), ("-5", None, None), ("soon", None, None),
        ("", None, None), ("1.5", None, None), ("Mon, 99 Foo 2020", None, None), ("٣", None, None),
        ("²", None, None),
    ],
)  # fmt: skip
def test_retry_after_is_a_time_or_nothing(value: str, low: float | None, high: float | None) -> None:
    found = retry_after(value)
    assert found is None if low is None or high is None else found is not None and low <= found <= high


@pytest.mark.parametrize("page", [False, True])
def test_a_host_that_fails_three_times_is_left_alone(wire: Listen, page: bool) -> None:
    made, client = wire(lambda link, _: None, robots=True), patient()
    for number in range(4):
        assert why(client, Ask(f"{made.url}/{number}", not page)) is WhyNot.UNREACHABLE
    assert 1 <= len(made.heard) <= 3


def test_a_host_that_asks_for_a_long_rest_gets_it(wire: Listen) -> None:
    made, client = wire(drip([b"HTTP/1.1 429 x\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n"])), patient()
    assert {why(client, Ask(f"{made.url}/{number}", True)) for number in range(3)} == {WhyNot.UNREACHABLE}
    assert made.pages() == 1


_RULES = b"User-agent: *\nDisallow: /no\n"


@pytest.mark.parametrize(
    ("answer", "fetched"),
    [
        (OK + b"\r\n" + _RULES, False),
        (OK + b"\r\nUser-agent: other\nDisallow: /\n", True),
        (b"HTTP/1.1 404 x\r\nContent-Length: 0\r\n\r\n", True),
        (b"HTTP/1.1 403 x\r\nContent-Length: 0\r\n\r\n", True),
        (b"HTTP/1.1 500 x\r\nContent-Length: 0\r\n\r\n", False),
        (b"HTTP/1.1 501 x\r\nContent-Length: 0\r\n\r\n", False),
        (b"HTTP/1.1 302 x\r\nContent-Length: 0\r\nLocation: http://10.0.0.1/robots.txt\r\n\r\n", False),
        (b"HTTP/1.1 302 x\r\nContent-Length: 0\r\nLocation: /robots.txt\r\n\r\n", True),
        (OK + b"\r\n" + _RULES + b"# padding\n" * 60_000, False),
        (OK + b"\r\n" + bytes(range(256)) * 99, True),
        (OK + b"\r\nUser-agent: *\nCrawl-delay: nan\nDisallow: /no\n", False),
    ],
    ids="disallowed other 404 403 500 501 private loop huge garbage delay".split(),
)
def test_robots_txt_is_honoured(wire: Listen, answer: bytes, fetched: bool) -> None:
    def talk(link: socket.socket, asked: str) -> None:
        link.sendall(answer if "/robots.txt" in asked else OK + b"Content-Length: 4\r\n\r\ntext")

    made = wire(talk, robots=True)
    if fetched:
        assert patient().get(f"{made.url}/no").data == b"text"
    else:
        assert why(patient(), f"{made.url}/no") in {WhyNot.BLOCKED, WhyNot.UNREACHABLE, WhyNot.FORBIDDEN}
        assert made.pages() == 0
    assert patient().get(Ask(f"{made.url}/no", True)).data == b"text"  # a service's interface: robots.txt does not speak of it


# --- lies about what a text is ---

_LABELS = "utf-16 utf-16-be utf-32 hex base64 rot13 unicode_escape raw_unicode_escape zlib koi8-r cp037 punycode idna utf-7 undefined mbcs"
_MORE = "iso-2022-jp hz shift_jis big5 gb2312 utf-8-sig latin-1 cp65001 oem none x-user-defined ../../etc \x00 é utf-8;utf-16 " + "a" * 9000


@pytest.mark.parametrize("label", f"{_LABELS} {_MORE}".split(" "), ids=lambda label: ascii(label[:20]))
@pytest.mark.parametrize("form", ["{}", "<!doctype html><html><body><p>{}</p></body></html>"], ids=["plain", "html"])
def test_a_charset_that_lies_gives_text(label: str, form: str) -> None:
    found = extract(form.format(TRIAL + " naïve “quotes” 測定").encode(), "a", label)
    found.text.encode()
    assert len(found.text) > 100


@pytest.mark.parametrize("media", ["application/pdf", "text/html; charset=hex", "image/png", "text/html; charset=\xff\xb2", ""])
def test_a_content_type_that_lies_is_passed_over(wire: Listen, media: str) -> None:
    made = wire(drip([OK + b"Content-Type: " + media.encode("latin-1") + b"\r\n\r\n" + TRIAL.encode()]))
    body = patient().get(Ask(f"{made.url}/a.pdf", True))
    assert extract(body.data, body.origin, body.charset).media_type == "text/plain"


# --- documents that attack their reader ---


def article(inside: str, dtd: str = "") -> bytes:
    return f'<?xml version="1.0"?><!DOCTYPE article [{dtd}]><article article-type="x"><body><p>{inside}</p></body></article>'.encode()


LAUGHS = '<!ENTITY a0 "lol">' + "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(9))
FILE = Path(__file__).as_uri()


def pdf(objects: list[bytes]) -> bytes:
    out, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    return out + b"xref\n0 %d\n0000000000 65535 f \n%btrailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (
        size,
        table,
        size,
        len(out),
    )


def stream(data: bytes, more: bytes = b"/Filter/FlateDecode") -> bytes:
    return b"<<%b/Length %d>>stream\n%b\nendstream" % (more, len(data), data)


ROOT, PAGES = b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>/XObject<</X 6 0 R>>>>>>"
FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
FORM = b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</Font<</F 5 0 R>>/XObject<</X 6 0 R>>>>"


def squeezed(piece: bytes, times: int) -> bytes:
    zipped = zlib.compressobj(1)
    return b"".join([*(zipped.compress(piece) for _ in range(times)), zipped.flush()])


BOMBS: dict[str, Callable[[], bytes]] = {
    "billion laughs": lambda: article("&a9; and some text that is long enough", LAUGHS),
    "laughs in an attribute": lambda: article('<x a="&a9;"/> and some text that is long enough', LAUGHS),
    "quadratic": lambda: article("&b;" * 20_000, f'<!ENTITY b "{"b" * 50_000}">'),
    "external file": lambda: article("&x; and some text that is long enough", f'<!ENTITY x SYSTEM "{FILE}">'),
    "parameter entities": lambda: article("&x; and text that is long", f'<!ENTITY % p SYSTEM "{FILE}"> %p; <!ENTITY x "%p;">'),
    "xinclude": lambda: article(
        f'<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="{FILE}" parse="text"/> and some text that is long enough'
    ),
    "nested xml": lambda: article("<x>" * 100_000 + "text" + "</x>" * 100_000),
    "wide xml": lambda: article("<sec>" * 200 + "<b>word</b>" * 100_000 + "</sec>" * 200),
    "odd year": lambda: article("a").replace(
        b"<body>", "<front><article-meta><pub-date><year>²</year></pub-date></article-meta></front><body>".encode()
    ),
    "nested html": lambda: b"<!doctype html><html><body>" + b"<div><b>x" * 200_000,
    "attributes": lambda: (
        b"<!doctype html><p " + b" ".join(b'a%d="b"' % n for n in range(400_000)) + b">text that is long enough for all</p>"
    ),
    "one attribute": lambda: b'<!doctype html><p class="' + b"nav " * 1_250_000 + b'">text that is long enough for all</p>',
    "a million tags": lambda: b"<!doctype html><html><body>" + b"<p>a</p>" * 1_000_000,
    "open brackets": lambda: b"<!doctype html>" + b"<" * 2_000_000,
    "text of signs": lambda: b"<!doctype html><p>" + b"&lt;" * 1_000_000,
    "long digits": lambda: b"WEBVTT\n\n" + b"9" * 5000 + b":00:01.000 --> 00:02.000\nwords that are long enough for a text",
    "infinite json3": lambda: b'{"events":[{"tStartMs":Infinity,"segs":[{"utf8":"words that are long enough"}]}]}',
    "nested json3": lambda: b'{"events":' + b"[" * 200_000,
    "blank lines": lambda: b"a" + b"\n \t" * 700_000 + b"b" * 40,
    "content of 300 MB": lambda: pdf(
        [ROOT, PAGES, PAGE, stream(squeezed(b"BT /F 9 Tf 9 9 Td (words) Tj ET\n" * 32_768, 300)), FONT, b"null"]
    ),
    "one string of 300 MB": lambda: pdf([ROOT, PAGES, PAGE, stream(squeezed(b"(" + b"a" * 999_999, 300)), FONT, b"null"]),
    "filters on filters": lambda: pdf(
        [ROOT, PAGES, PAGE, stream(zlib.compress(squeezed(bytes(1_000_000), 300)), b"/Filter[/FlateDecode/FlateDecode]"), FONT, b"null"]
    ),
    "a loop of pages": lambda: pdf([ROOT, b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 100000>>"]),
    "pages that are one": lambda: pdf(
        [
            ROOT,
            b"<</Type/Pages/Kids[" + b"3 0 R " * 100_000 + b"]/Count 100000>>",
            PAGE,
            stream(b"BT /F 9 Tf (a) Tj ET", b""),
            FONT,
            b"null",
        ]
    ),
    "pages that are not": lambda: pdf([ROOT, b"<</Type/Pages/Kids[3 0 R]/Count 2147483647>>", PAGE, b"null", FONT, b"null"]),
    "a form in itself": lambda: pdf(
        [ROOT, PAGES, PAGE, stream(b"/X Do " * 9, b""), FONT, stream(b"/X Do " * 9 + b"BT /F 9 Tf (a) Tj ET", FORM)]
    ),
}


@pytest.fixture(scope="module")
def small() -> Iterator[Sandbox]:
    with Sandbox(1, memory=700_000_000, seconds=2, wall=4) as made:
        made.extract(TRIAL.encode())
        yield made


@pytest.mark.parametrize("name", BOMBS)
def test_a_hostile_document_costs_the_child_only(small: Sandbox, name: str) -> None:
    data, began = BOMBS[name](), time.monotonic()
    answers: list[str] = []

    def work() -> None:
        try:
            answers.append(small.extract(data, "files/a").text)
        except SourceError as error:
            answers.append(f"!{error}")

    peak = peak_of(work)
    took = time.monotonic() - began
    answers[0].encode()
    assert len(answers) == 1
    assert took < 4.5
    assert "rude hosts, hostile" not in answers[0], "a local file was read"
    if answers[0].startswith("!"):
        assert "\n" not in answers[0]
        assert len(answers[0]) < 300
    assert peak < 8 * len(data) / 1e6 + 20, f"{peak:.1f} MB for a document of {len(data) / 1e6:.1f} MB"
    assert small.extract(TRIAL.encode()).text.startswith("Walking groups")


def test_a_child_killed_in_the_middle_costs_one_document() -> None:
    with Sandbox(1, seconds=20, wall=20) as box:
        box.extract(TRIAL.encode())
        (child,) = box._all
        threading.Timer(0.4, child._process.kill).start()
        with pytest.raises(SourceError, match="crashed"):
            box.extract(BOMBS["content of 300 MB"](), "a.pdf")
        assert box.extract(TRIAL.encode()).text.startswith("Walking groups")


@pytest.fixture
def acted(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let children run a shell script in the place of the worker."""
    really = subprocess.Popen

    def act(script: str) -> None:
        monkeypatch.setattr(subprocess, "Popen", lambda command, **more: really(["/bin/sh", "-c", script], **more))

    return act


def said(body: str) -> str:
    return f"read -r x; printf '%s\\n' '{{\"size\": {len(body)}}}'; printf '%s' '{body}'; exec cat >/dev/null"


def test_a_child_that_answers_in_order_is_heard(acted: Callable[[str], None]) -> None:
    acted(_fields())
    with Sandbox(1) as box:
        assert box.extract(b"anything", "a.txt").text == "words"


def _fields(**changed: str) -> str:
    whole = {
        "text": '"words"', "media_type": '"text/plain"', "extractor": '"x"',
        "structure": "{}", "titles": "[]", "encoding": "null", "whole": "true",
    }  # fmt: skip
    return said("{" + ", ".join(f'"{name}": {value}' for name, value in {**whole, **changed}.items()) + "}")


@pytest.mark.parametrize(
    "script",
    [
        "exit 3", "read -r x; exit 0", "exec sleep 60", "read -r x; echo garbage", "head -c 9000000 /dev/zero", "echo '{\"size\": \"x\"}'",
        'echo \'{"size": 999999999}\'', 'echo \'{"size": 99999}\'; echo cut', said("{}"), said("nonsense"), said('{"error": null}'),
        "echo '{}'",
        *(f"read -r x; echo '{body}'; exec cat >/dev/null" for body in ("[]", "5", "null")),
        *(said(body) for body in ("5", "null", "[" * 100_000, '["error"]')),
        said("[]"), said('{"error": ["a"]}'),
        "read -r x; echo '{\"size\": -1}'; exec head -c 50000000 /dev/zero",
        said('{"error": "two\\nlines"}'),
        _fields(text='"\\ud800"'), _fields(titles="[{}]"),
        _fields(encoding="[1]"), _fields(text="[1]"),
        _fields(structure='{"stretches": [{"kind": "page", "start": 0, "end": 99999, "label": "1"}]}'),
        _fields(structure='{"stretches": [{"kind": "page", "start": "x"}]}'), _fields(titles="[[1]]"), _fields(odd="[]"),
    ],
    ids=lambda script: script[-60:],
)  # fmt: skip
def test_a_child_that_answers_nonsense(acted: Callable[[str], None], script: str) -> None:
    acted(script)
    errors: list[str] = []
    with Sandbox(1, wall=0.5) as box:

        def work() -> None:
            with pytest.raises(SourceError) as caught:
                box.extract(TRIAL.encode(), "a.txt")
            errors.append(str(caught.value))

        peak = peak_of(work)
    assert "\n" not in errors[0]
    assert peak < 20, f"{peak:.0f} MB"


@pytest.mark.parametrize("callers", [1, 2, 4])
def test_close_ends_all_who_wait(acted: Callable[[str], None], callers: int) -> None:
    acted("exec sleep 60")
    box, ends = Sandbox(1), []

    def work() -> None:
        with pytest.raises(Stopped):
            box.extract(TRIAL.encode())
        ends.append(time.monotonic())

    threads = [threading.Thread(target=work, daemon=True) for _ in range(callers)]
    for thread in threads:
        thread.start()
    time.sleep(0.2)
    began = time.monotonic()
    box.close()
    for thread in threads:
        thread.join(max(0.0, began + 1 - time.monotonic()))
    assert len(ends) == callers


# --- files of this machine ---


@pytest.mark.parametrize(
    "name",
    [
        "..", ".", "/dev/zero", "/etc/passwd", "../x", "folder", "missing", "a/b/c", "big", "to-zero", "to-passwd", "to-folder", "out/x",
        "n" * 300, "loop", "a\0b",
    ],
    ids=lambda name: ascii(name[:20]),
)  # fmt: skip
def test_only_a_plain_file_of_the_folder_is_read(tmp_path: Path, name: str) -> None:
    home = tmp_path / "article"
    (home / "folder").mkdir(parents=True)
    (tmp_path / "x").write_text("secret")
    (home / "big").write_bytes(bytes(2000))
    for link, where in {"to-zero": "/dev/zero", "to-passwd": "/etc/passwd", "to-folder": "folder", "out": "..", "loop": "loop"}.items():
        (home / link).symlink_to(where)
    with pytest.raises((SourceError, OutsideWorkspace)):
        read_file(home, name, 1000)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    ends: list[object] = []

    def work() -> None:
        try:
            ends.append(read_file(tmp_path, "pipe", 1000))
        except SourceError as error:
            ends.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(0.5)
    hung = thread.is_alive()
    if hung:
        os.close(os.open(tmp_path / "pipe", os.O_WRONLY | os.O_NONBLOCK))
        thread.join(2)
    assert not hung
    assert isinstance(ends[0], SourceError)


def test_a_file_that_lies_about_its_size_stops_at_the_limit() -> None:
    script = (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (700_000_000,) * 2)\n"
        "from pathlib import Path; from pipeline.fetching.client import read_file; from pipeline.errors import SourceError\n"
        "for folder, name in (('/proc', 'cpuinfo'), ('/dev', 'zero')):\n"
        "    try: read_file(Path(folder), name, 10); print('read')\n"
        "    except SourceError: print('refused')\n"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=20, check=False)
    assert found.stdout.split() == ["refused", "refused"]
