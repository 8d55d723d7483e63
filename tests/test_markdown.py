"""Markdown of any kind: nothing lost, every character at its place, every sentence labelled."""

from __future__ import annotations

import importlib.metadata
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from lxml import html as lxml_html
from markdown_it import MarkdownIt

from pipeline.markup import markdown
from pipeline.markup.blocks import Document
from pipeline.records import BlockKind, Label, Source
from pipeline.stages.classify import classify
from pipeline.stages.split import split
from pipeline.stages.verify import Library, verify
from tests.test_markup import reads_as

SOURCES = tuple(Source(id=f"s{number}", title=f"Source {number}") for number in (1, 2, 3))
LIBRARY = Library(SOURCES, (), str)
# Fragments, parted by ¤, of which random documents are put together.
FRAGMENTS = """\
Groups help¤ health¤.¤?¤!¤ [1]¤[2][LLM]¤ [LLM]¤ 3¤.³¤[^1]¤[^zed]¤[@s2]¤phase 3. ¤ LLM.¤\n¤\n\n¤\n\n## ¤\n- ¤\n  - ¤\n1. ¤\n> ¤\
\n| a | b |\n|---|---|\n| c | d | e |\n¤\
**¤*¤_¤`¤``¤~~~\n¤[link](http://a.b/c_(d))¤[1](#ref-1)¤[¤](x)¤](¤)¤![alt ¤<sup>1</sup>¤<b>¤</b>¤<br>¤<div>¤</div>¤<!-- note -->¤\
<p>In a block. Two.</p>\n¤\
<script>x</script>¤&amp;¤&copy;¤&#0;¤&notin;¤\\¤\\*¤\\[¤|¤\\|¤\t¤    ¤  \n¤\\\n¤<http://a.b>¤[1]: http://x¤[^1]: A note.¤—¤“¤”¤\
\u202e¤\u200b¤\u2066¤é¤漢字。¤שלום¤🙂¤\
\u00a0¤\u2028¤\r\n¤\r¤\x0c¤e.g.¤Dr. ¤---¤===¤# ¤Sources¤Key Terms¤1¤\n- \\|¤\n|-|¤---\na: b\n---\n"""
PIECES = st.sampled_from(FRAGMENTS.split("¤"))
DOCUMENTS = st.one_of(
    st.lists(PIECES, max_size=40).map("".join), st.text(max_size=200), st.text(alphabet="ab .\n*_`[]()<>|#>-1&;\\!~\t", max_size=150)
)


def checked(text: str) -> Document:
    """Read a text, and check that nothing is lost, all stands at its place, and every sentence has a label."""
    document = markdown.read(text)
    for unit in document.units:
        for index, char in enumerate(unit.text):
            start, end = unit.places.span(index)
            assert reads_as(text[start:end], char, unit.text, index), (text, unit.text, index)
        assert (unit.block.start, unit.block.end) == unit.places.to_file(0, len(unit.text)), text
    lost = rendered(text) - letters(unit.text for unit in document.units)
    assert not lost, (text, lost)
    result = split(document, SOURCES)
    labels = classify(document, result, SOURCES)
    assert all(sentence.label in set(Label) for sentence in labels.sentences)
    records = verify(result, labels.sentences, LIBRARY, lambda step: None).provenance
    assert [record.sentence_id for record in records] == [sentence.id for sentence in result.sentences]
    for index, unit in enumerate(document.units):
        if unit.block.kind not in {BlockKind.HEADING, BlockKind.TABLE_HEAD, BlockKind.REFERENCE, BlockKind.FURNITURE, BlockKind.CODE}:
            said = [sentence for sentence in result.sentences if sentence.block == index]
            inside = [at for at in range(len(unit.text)) if unit.text[at].isalnum()]
            for at in inside:
                low, high = unit.places.span(at)
                assert any(sentence.start <= low and high <= sentence.end for sentence in said), (text, unit.text, at)
    return document


def letters(texts: Iterator[str]) -> Counter[str]:
    return Counter(char for text in texts for char in text if char.isalnum())


def rendered(text: str) -> Counter[str]:
    """Return the letters of the HTML that the parser makes, without what a reader does not see."""
    page = MarkdownIt("commonmark", {"maxNesting": 64}).enable("table").render(text)
    tree = lxml_html.fromstring(f"<div>{page}</div>".replace("\x00", "")) if page.strip() else None
    if tree is None:
        return Counter()
    for hidden in list(tree.iter("script", "style", "template", etree.Comment, etree.PI)):
        hidden.text = ""
    return letters(str(piece) for piece in tree.itertext())


@given(DOCUMENTS)
def test_any_document(text: str) -> None:
    checked(text)


def readmes() -> list[tuple[str, str]]:
    found = []
    for item in importlib.metadata.distributions():
        told = item.metadata.json
        text = str(told.get("description", ""))
        if len(text) > 500 and "markdown" in str(told.get("description_content_type", "")):
            found.append((str(told["name"]), text))
    return sorted(found)


def test_real_readme_files() -> None:
    documents = readmes()
    assert len(documents) >= 10
    for _, text in documents:
        checked(text)


@pytest.mark.parametrize(
    "opening", [">", "- ", "* ", "1. ", "[", "**", "*a ", "(", "<b>", "<div>", "`", "![", "[a](", "|", "&", "<", "_a", "#", "[^", "\\"]
)
def test_ten_thousand_deep(opening: str) -> None:
    started = time.process_time()
    document = markdown.read(opening * 10_000 + " deep [1].\n")
    assert "deep" in "".join(unit.text for unit in document.units)
    assert time.process_time() - started < 20


def test_a_two_megabyte_article() -> None:
    paragraph = "Groups protect health, e.g. in *older* adults [1]. It lasts &amp; lasts [LLM]. See [this](http://a.b).\n\n"
    text = paragraph * (2_000_000 // len(paragraph))
    started = time.process_time()
    document = markdown.read(text)
    assert len(split(document, SOURCES).sentences) == 3 * text.count("\n\n")
    assert time.process_time() - started < 60


def test_fields_above_an_article_are_furniture() -> None:
    document = markdown.read("---\ntitle: Walking\ntags:\n  - a\n---\n\n# Walking\n\nIt helps [1].\n")
    assert [(unit.block.kind.value, unit.text[:9]) for unit in document.units] == [
        ("furniture", "---\ntitle"),
        ("heading", "Walking"),
        ("paragraph", "It helps "),
    ]
    assert markdown.read("---\nIt helps.\n---\n").units[0].block.kind is BlockKind.HEADING
