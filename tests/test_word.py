"""Word documents: headings, lists, tables, notes as sources, and files that are none."""

from __future__ import annotations

import io
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from pipeline.errors import ConfigError, Unavailable
from pipeline.markup import word

MAIN = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

try:
    import mammoth  # type: ignore[import-untyped, unused-ignore]
except ImportError:
    mammoth = None

needs_mammoth = pytest.mark.skipif(mammoth is None, reason="mammoth is not installed: pip install 'sourcemark[docx]'")


def paragraph(*runs: str, style: str = "", item: bool = False) -> str:
    numbered = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>' if item else ""
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f"<w:p><w:pPr>{named}{numbered}</w:pPr>{''.join(runs)}</w:p>"


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def note(number: int, kind: str = "footnote") -> str:
    return f'<w:r><w:rPr><w:rStyle w:val="FootnoteReference"/></w:rPr><w:{kind}Reference w:id="{number}"/></w:r>'


def link(relation: str, text: str) -> str:
    return f'<w:hyperlink r:id="{relation}">{run(text)}</w:hyperlink>'


RAISED = '<w:vertAlign w:val="superscript"/>'
STYLES = "".join(
    f'<w:style w:type="paragraph" w:styleId="{name}"><w:name w:val="{label}"/></w:style>'
    for name, label in {"Title": "Title", "Heading1": "heading 1", "Heading2": "heading 2", "Quote": "Quote", "Caption": "caption"}.items()
)
NUMBERING = (
    '<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/></w:lvl></w:abstractNum>'
    '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
)


def notes(kind: str, texts: list[str]) -> str:
    inner = "".join(
        f'<w:{kind} w:id="{number}"><w:p><w:r><w:{kind}Ref/></w:r>{run(f" {text}")}</w:p></w:{kind}>'
        for number, text in enumerate(texts, start=1)
    )
    return f'<w:{kind}s xmlns:w="{MAIN}">{inner}</w:{kind}s>'


def parts(body: str, footnotes: list[str] | None = None, endnotes: list[str] | None = None, relations: str = "") -> dict[str, str]:
    """Return the parts of a .docx file by name."""
    kinds = {"footnotes": footnotes, "endnotes": endnotes}
    related = "".join(f'<Relationship Id="n{kind}" Type="{OFFICE}/{kind}" Target="{kind}.xml"/>' for kind, texts in kinds.items() if texts)
    found = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" Type="{OFFICE}/officeDocument"'
        ' Target="word/document.xml"/></Relationships>',
        "word/document.xml": f'<w:document xmlns:w="{MAIN}" xmlns:r="{OFFICE}"><w:body>{body}</w:body></w:document>',
        "word/styles.xml": f'<w:styles xmlns:w="{MAIN}">{STYLES}</w:styles>',
        "word/numbering.xml": f'<w:numbering xmlns:w="{MAIN}">{NUMBERING}</w:numbering>',
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="s" Type="{OFFICE}/styles" Target="styles.xml"/>'
        f'<Relationship Id="u" Type="{OFFICE}/numbering" Target="numbering.xml"/>{related}{relations}</Relationships>',
    }
    found |= {f"word/{kind}.xml": notes(kind[:-1], texts) for kind, texts in kinds.items() if texts}
    return found


def packed(found: dict[str, str]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in found.items():
            archive.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>' + text)
    return target.getvalue()


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return tmp_path / "article.docx"


@needs_mammoth
def test_an_article_with_footnotes_and_endnotes(written: Path) -> None:
    external = f'<Relationship Id="e" Type="{OFFICE}/hyperlink" Target="https://example.org/a" TargetMode="External"/>'
    cell = "<w:tc>{}</w:tc>".format
    row = "<w:tr>{}</w:tr>".format
    body = "".join([
        paragraph(run("Group singing"), style="Title"),
        paragraph(run("Mood"), style="Heading2"),
        paragraph(run("Mood "), run("rose", "<w:b/>"), note(1), run(". Sleep too."), note(2), run(" And pain."), note(1, "endnote")),
        paragraph(run("An area of 5 m"), run("2", RAISED), run(" was sung in"), run("2", RAISED), run(".")),
        paragraph(run("one"), item=True),
        paragraph(run("two "), link("e", "linked"), item=True),
        paragraph(run("Quoted."), style="Quote"),
        "<w:tbl>" + row(cell(paragraph(run("A"))) + cell(paragraph(run("B")))) + row(cell(paragraph(run("1"))) + cell(paragraph(run("2"))))
        + "</w:tbl>",
        paragraph(run("Sizes."), style="Caption"),
    ])  # fmt: skip
    written.write_bytes(packed(parts(body, ["Smith 2010.", "Jones 2011."], ["Lee 2012."], external)))
    found = word.read(written)
    square = "m²" if "m²" in found.markdown else "m^2"
    assert found.markdown == (
        "# Group singing\n\n## Mood\n\nMood **rose** [1]. Sleep too.[2] And pain.[3]\n\n"
        f"An area of 5 {square} was sung in [2].\n\n- one\n- two [linked](https://example.org/a)\n\n> Quoted.\n\n"
        "| A | B |\n|---|---|\n| 1 | 2 |\n\nFigure: Sizes.\n"
    )
    assert [(entry.line, entry.text) for entry in found.entries] == [(0, "Smith 2010."), (0, "Jones 2011."), (0, "Lee 2012.")]
    assert not found.remarks


@needs_mammoth
def test_a_typed_list_of_references(written: Path) -> None:
    body = "".join(
        [
            paragraph(run("Mood rose"), run("2", RAISED), run(". It lasts [1].")),
            paragraph(run("References"), style="Heading1"),
            paragraph(run("1. Smith.")),
            paragraph(run("2. Jones.")),
        ]
    )
    written.write_bytes(packed(parts(body)))
    found = word.read(written)
    assert found.markdown == "Mood rose [2]. It lasts [1].\n"
    assert [entry.text for entry in found.entries] == ["Smith.", "Jones."]


@needs_mammoth
def test_pictures_outside_the_file_are_not_read(written: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"secret")
    picture = f'<Relationship Id="p" Type="{OFFICE}/image" Target="{secret.as_uri()}" TargetMode="External"/>'
    drawing = (
        '<w:r><w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing">'
        '<wp:docPr descr="A cat"/>'
        '<a:graphic xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:graphicData><pic:pic'
        ' xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:blipFill><a:blip r:link="p"/></pic:blipFill></pic:pic>'
        "</a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
    )
    written.write_bytes(packed(parts(paragraph(run("Text."), drawing), relations=picture)))
    found = word.read(written)
    assert found.markdown == "Text.\n"
    assert [(remark.line, remark.text) for remark in found.remarks] == [(0, "A cat")]


@needs_mammoth
def test_files_that_are_no_word_document(written: Path) -> None:
    good = parts(paragraph(run("Text.")))
    cases = {
        "not a Word document": [b"", b"plain text", b"PK\x03\x04broken", packed({"xl/workbook.xml": "<x/>"}), packed(good)[:-40],
                                packed(good | {"word/document.xml": "<w:document"}), packed({"word/other.xml": "<x/>"})],
        "password": [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600],
        "declares a document type": [packed(good | {"word/document.xml": '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'})],
    }  # fmt: skip
    for words, files in cases.items():
        for data in files:
            written.write_bytes(data)
            with pytest.raises(ConfigError, match=words) as raised:
                word.read(written)
            assert str(written) in str(raised.value)
            assert "\n" not in str(raised.value)


@needs_mammoth
def test_a_file_that_unpacks_without_end_is_not_unpacked(written: Path) -> None:
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("word/media/a.bin", "w", force_zip64=True) as part:
        for _ in range(word.LARGEST // 10_000_000 + 1):
            part.write(bytes(10_000_000))
    assert written.stat().st_size < 1_000_000
    with pytest.raises(ConfigError, match="unpacks to over 200 MB"):
        word.read(written)


@needs_mammoth
def test_a_part_under_a_password(written: Path) -> None:
    data = bytearray(packed(parts(paragraph(run("Text.")))))
    at = 0
    while (at := data.find(b"PK\x01\x02", at + 1)) > 0:
        data[at + 8] |= 1
    written.write_bytes(bytes(data))
    with pytest.raises(ConfigError, match="under a password"):
        word.read(written)


@needs_mammoth
def test_deep_nesting_is_no_danger(written: Path) -> None:
    written.write_bytes(packed(parts("<w:sdt><w:sdtContent>" * 20_000 + paragraph(run("x")) + "</w:sdtContent></w:sdt>" * 20_000)))
    with pytest.raises(ConfigError, match="nested too deep"):
        word.read(written)


def test_a_missing_file_is_named(written: Path) -> None:
    if mammoth is None and shutil.which("pandoc") is None:
        pytest.skip("neither mammoth nor pandoc is installed")
    with pytest.raises(ConfigError, match="no such file"):
        word.read(written)


def test_without_a_converter_it_says_what_to_install(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written.write_bytes(packed(parts(paragraph(run("Text.")))))
    monkeypatch.setattr(word, "_mammoth", lambda: None)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(Unavailable, match=r"pip install 'sourcemark\[docx\]'"):
        word.read(written)


def test_pandoc_is_used_in_its_sandbox(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written.write_bytes(packed(parts(paragraph(run("Text.")))))
    called: list[list[str]] = []

    def answer(command: list[str], **options: object) -> subprocess.CompletedProcess[bytes]:
        called.append(command)
        failed = len(called) > 1
        return subprocess.CompletedProcess(command, int(failed), b"<h1>A</h1><p>b</p>", b"pandoc: bad\nmore")

    monkeypatch.setattr(word, "_mammoth", lambda: None)
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/pandoc")
    monkeypatch.setattr(subprocess, "run", answer)
    assert word.read(written).markdown == "# A\n\nb\n"
    assert "--sandbox" in called[0]
    with pytest.raises(ConfigError, match=r"pandoc did not read it: pandoc: bad$"):
        word.read(written)
