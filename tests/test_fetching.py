"""The client against a real server, and the extractors on sound and broken documents."""

from __future__ import annotations

import doctest
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pipeline.fetching.extract
import pipeline.fetching.transcript
from pipeline.errors import OutsideWorkspace, SourceError
from pipeline.fetching.client import Client, NoText, read_file
from pipeline.fetching.extract import extract, sniff
from pipeline.records import WhyNot
from tests.conftest import TRIAL, Answer

Serve = Callable[[Callable[[str], Answer]], str]
PARAGRAPH = "Walking groups reduced blood pressure in adults who met each week for three months in the park. " * 3
PAGE = f"<!doctype html><html><body><nav>Home Shop Login</nav><article><h1>Walks</h1><p>{PARAGRAPH}</p></article></body></html>"


def test_doctests() -> None:
    assert doctest.testmod(pipeline.fetching.extract).failed == 0
    assert doctest.testmod(pipeline.fetching.transcript).failed == 0


def made_pdf(text: str, pages: int = 1) -> bytes:
    from reportlab.pdfgen.canvas import Canvas

    out = io.BytesIO()
    canvas = Canvas(out, invariant=1)
    for number in range(pages):
        canvas.drawString(72, 800, "Journal of Walks")
        for line, words in enumerate(text.split("\n")):
            canvas.drawString(72, 760 - 14 * line, words)
        canvas.drawString(72, 40, f"page {number + 1}")
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def test_get_keeps_the_headers_that_are_evidence(client: Client, server: Serve) -> None:
    base = server(lambda path: (200, {"ETag": '"1"', "Content-Type": "text/html; charset=utf-8", "Set-Cookie": "a=b"}, PAGE.encode()))
    body = client.get(f"{base}/a")
    assert dict(body.headers)["content-type"] == "text/html; charset=utf-8"
    assert dict(body.headers)["etag"] == '"1"'
    assert "set-cookie" not in dict(body.headers)


@pytest.mark.parametrize(
    ("status", "why"),
    [(404, "not_found"), (410, "not_found"), (403, "blocked"), (401, "paywalled"), (202, "blocked"), (503, "unreachable")],
)
def test_an_answer_without_text_says_why(client: Client, server: Serve, status: int, why: str) -> None:
    base = server(lambda path: (status, {}, b"no"))
    with pytest.raises(NoText) as caught:
        client.get(f"{base}/a")
    assert caught.value.why == why


def test_a_transient_failure_is_tried_again(client: Client, server: Serve) -> None:
    seen: list[str] = []

    def answer(path: str) -> Answer:
        seen.append(path)
        return (503, {}, b"") if len(seen) < 3 else (200, {}, b"text at last")

    assert client.get(f"{server(answer)}/a").data == b"text at last"


def test_a_body_over_the_limit_is_refused(client: Client, server: Serve) -> None:
    base = server(lambda path: (200, {}, b"x" * 50_000))
    with pytest.raises(NoText) as caught:
        client.get(f"{base}/a")
    assert caught.value.why is WhyNot.TOO_LARGE


@pytest.mark.parametrize("url", ["http://10.0.0.1/a", "http://169.254.169.254/", "ftp://127.0.0.1/a", "http://[::ffff:10.0.0.1]/"])
def test_only_the_open_web_is_fetched(client: Client, url: str) -> None:
    with pytest.raises(NoText) as caught:
        client.get(url)
    assert caught.value.why is WhyNot.FORBIDDEN


def test_a_redirect_to_a_private_address_is_refused(client: Client, server: Serve) -> None:
    base = server(lambda path: (302, {"Location": "http://10.0.0.1/secret"}, b""))
    with pytest.raises(NoText) as caught:
        client.get(f"{base}/a")
    assert caught.value.why is WhyNot.FORBIDDEN


def test_redirects_end(client: Client, server: Serve) -> None:
    base = server(lambda path: (302, {"Location": f"{path}x"}, b""))
    with pytest.raises(NoText, match="redirects"):
        client.get(f"{base}/a")


@pytest.mark.parametrize("path", ["../secret.txt", "/etc/passwd", "a/../../secret.txt"])
def test_a_path_that_leaves_the_folder_is_refused(tmp_path: Path, path: str) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "article").mkdir()
    with pytest.raises(OutsideWorkspace):
        read_file(tmp_path / "article", path, 1000)


def test_a_link_that_leaves_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "article").mkdir()
    (tmp_path / "article" / "a.txt").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(OutsideWorkspace):
        read_file(tmp_path / "article", "a.txt", 1000)


def test_the_boilerplate_of_a_page_is_marked() -> None:
    found = extract(PAGE.encode())
    assert found.media_type == "text/html"
    assert "Walking groups reduced" in found.text
    assert [found.text[start:end] for start, end in found.structure.cut] == ["Home Shop Login\n\nWalks"]


def test_pdf_loses_running_lines_and_joins_words() -> None:
    text = extract(made_pdf("Walking groups lowered blood pres-\nsure in adults who met each\nweek in the park.", pages=3)).text
    assert "lowered blood pressure in adults who met each week in the park." in text
    assert "Journal of Walks" not in text


def test_jats_has_title_abstract_body_and_tables_and_marks_references() -> None:
    xml = (
        '<?xml version="1.0"?><article article-type="research-article"><front><article-meta><title-group>'
        "<article-title>Walks</article-title>"
        "</title-group><abstract><p>Short <italic>view</italic>.</p></abstract></article-meta></front><body><sec><title>Results</title>"
        "<p>It fell by 4 mmHg<sup>2</sup>.</p><table-wrap><table><tr><td>mood</td><td>rose</td></tr></table></table-wrap></sec></body>"
        "<back><ref-list><ref><mixed-citation>Nobody 1999</mixed-citation></ref></ref-list></back></article>"
    )
    found = extract(xml.encode())
    assert found.text == "Walks\n\nShort view.\n\nResults\n\nIt fell by 4 mmHg2.\n\nmood | rose\n\nNobody 1999"
    assert [found.text[a:b] for a, b in found.structure.cut] == ["Nobody 1999"]
    assert found.declared.titles == ("Walks",)


def test_xml_entities_are_not_expanded() -> None:
    bomb = (
        '<?xml version="1.0"?><!DOCTYPE article [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
        '<!ENTITY x SYSTEM "file:///etc/passwd">]><article article-type="x"><body><p>&b;&x; the text that is left here</p></body></article>'
    )
    text = extract(bomb.encode()).text
    assert "root:" not in text
    assert "aaaa" not in text


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b"  \n ", "empty"),
        (bytes(range(256)) * 40, "binary"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 99, "binary"),
        (made_pdf("text")[:400], "PDF"),
        (b"%PDF-1.7 nothing else", "PDF"),
        (b'<?xml version="1.0"?><article article-type="x"><body><p>cut', "XML"),
        (b'<?xml version="1.0"?><feed><entry/></feed>', "not a JATS"),
        (b"<!doctype html><html><body></body></html>", "no readable text"),
        (b"short", "no readable text"),
    ],
)
def test_broken_documents_give_one_clear_line(data: bytes, message: str) -> None:
    with pytest.raises(SourceError, match=message) as caught:
        extract(data, "files/a.html")
    assert "\n" not in str(caught.value)
    assert "files/a.html" in str(caught.value)


@given(st.binary(max_size=400))
def test_any_bytes_give_text_or_a_source_error(data: bytes) -> None:
    try:
        assert extract(data, "x").text.strip()
    except SourceError as error:
        assert "\n" not in str(error)


def test_the_content_counts_and_not_the_name() -> None:
    assert sniff(TRIAL.encode(), "a.pdf") == "text/plain"
    assert sniff(b"\xef\xbb\xbfWEBVTT\n\n", "a.txt") == "text/vtt"
