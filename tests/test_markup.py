"""Markdown with its source map, markers, sentences, composing and plain pages."""

from __future__ import annotations

import doctest
import html
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pipeline.markup.compose
import pipeline.markup.markers
from pipeline.markup import markdown, plain
from pipeline.markup.compose import escape, marked
from pipeline.markup.markers import find, printed
from pipeline.markup.sentences import sentences, spans
from pipeline.text import clean
from tests.conftest import SEED

_MARKDOWN = st.text(alphabet="ab .?\n*_`[]()<>|#>-1234&;\\!~é“”\t", max_size=120)


def test_doctests() -> None:
    assert doctest.testmod(pipeline.markup.compose).failed == 0
    assert doctest.testmod(pipeline.markup.markers).failed == 0


@given(_MARKDOWN)
def test_every_plain_character_stands_at_its_place(text: str) -> None:
    for unit in markdown.read(text).units:
        for index, char in enumerate(unit.text):
            start, end = unit.places.span(index)
            assert reads_as(text[start:end], char, unit.text, index), (unit.text, char, start, end)


def reads_as(written: str, char: str, said: str, index: int) -> bool:
    """Say whether what is written in the file reads as a character: itself, escaped, or an entity of which it is part."""
    if (
        written in {char, f"\\{char}", f"\\\\{char}"}
        or (written == "\x00" and char == "\ufffd")
        or (char.isspace() and (written.isspace() or written.lower().startswith("<br")))
    ):
        return True
    decoded = html.unescape(written)
    return written.startswith("&") and (char in decoded or char == "\ufffd")


@given(st.text(max_size=80))
def test_escaped_text_reads_back(text: str) -> None:
    text = " ".join(clean(text).split())
    units = markdown.read(f"x {escape(text)}").units
    assert "".join(unit.text for unit in units) == f"x {text}".rstrip()


@pytest.mark.parametrize(
    "text",
    ["1. one", "# no heading", "- no item", "a | b", "<b>x</b>", "&amp; y", "[1](x)", "2) two", "---", "    code"],
)
def test_escaped_openings_stay_text(text: str) -> None:
    assert [unit.text for unit in markdown.read(escape(text)).units] == [" ".join(text.split())]


def test_table_cells_know_row_and_column() -> None:
    units = markdown.read("| Need | Says |\n|---|---|\n| mood | It rose [1]. |\n").units
    assert [(u.block.kind.value, u.block.row, u.block.column, u.text) for u in units][-1] == (
        "table_cell",
        "mood",
        "Says",
        "It rose [1].",
    )


@pytest.mark.parametrize(
    ("text", "numbers", "llm"),
    [
        ("He took vitamin D [3].", [(3,)], False),
        ("It is hepatitis C [LLM].", [()], True),
        ("Let x[1] be the first.", [], False),
        ("health [3].", [(3,)], False),
        ("health.[1][2]", [(1,), (2,)], False),
        ("health [1, 3].", [(1, 3)], False),
        ("health [2-4].", [(2, 3, 4)], False),
        ("health [LLM].", [()], True),
        ("health.[^3] It", [(3,)], False),
        ("health.³ It", [(3,)], False),
        ("health 1.", [(1,)], False),
        ("paper 1 2.", [(1, 2)], False),
        ("distress? LLM", [()], True),
        ("a score of 3. It", [], False),
        ("phase 3. Patients", [], False),
        ("3 of 4 weeks", [], False),
        ("an area of 5 m² here", [], False),
        ("see [2](http://x)", [], False),
    ],
)
def test_markers(text: str, numbers: list[tuple[int, ...]], llm: bool) -> None:
    found = find(text)
    assert [marker.numbers for marker in found] == numbers
    assert any(marker.llm for marker in found) is llm


@given(st.lists(st.integers(1, 99), min_size=1, max_size=4, unique=True))
def test_printed_markers_are_read_again(numbers: list[int]) -> None:
    text = marked("It helps.", printed(numbers))
    assert [number for marker in find(text) for number in marker.numbers] == numbers


@given(st.text(alphabet="Ab c.?!\n[1]LM 2³“”\"'", max_size=80))
def test_no_character_is_lost_between_sentences(text: str) -> None:
    found = spans(text)
    kept = "".join(text[span.start : span.end] for span in found)
    assert "".join(kept.split()) == "".join(text.split())
    assert all(a.end <= b.start for a, b in itertools.pairwise(found))


@given(st.text(max_size=200))
def test_source_sentences_lose_nothing(text: str) -> None:
    kept = "".join(text[start:end] for start, end in sentences(text))
    assert "".join(kept.split()) == "".join(text.split())


def test_marker_goes_with_the_sentence_before_it() -> None:
    text = "Groups protect health. [1] It grows.[2][LLM] Dr. Smith agrees [3]."
    assert [text[s.start : s.end] for s in spans(text)] == [
        "Groups protect health. [1]",
        "It grows.[2][LLM]",
        "Dr. Smith agrees [3].",
    ]


def test_what_belongs_to_the_page_is_no_claim_of_the_article() -> None:
    text = "⚠ Verify before use.\n\nkind · discipline · tradition\n\n# T\n\nA claim.\n\nProvenance. 6 sources.\n\n"
    text += "## See also\n\n- Other page\n"
    assert [u.block.kind.value for u in markdown.read(text).units] == [
        "furniture", "furniture", "heading", "paragraph", "furniture", "heading", "furniture",
    ]  # fmt: skip


def test_a_bullet_without_words_is_no_block() -> None:
    assert [unit.text for unit in plain.read("T\n\n  • \n\n  • It helps 1. LLM\n").units] == ["T", "It helps 1. LLM"]


def test_deep_nesting_is_read() -> None:
    assert markdown.read(">" * 3000 + " deep [1].").units


@pytest.mark.skipif(not SEED.is_file(), reason="the seed article is not on this machine")
def test_seed_page_is_read_whole() -> None:
    text = SEED.read_text(encoding="utf-8")
    assert plain.looks_plain(text)
    document = plain.read(text)
    assert document.title.startswith("The Social Cure:")
    kept = "".join(unit.text for unit in document.units)
    bullets = str.maketrans("", "", " \n•1234567.")
    assert len(kept.translate(bullets)) >= len(text.translate(bullets)) - 2
    headings = [unit.text for unit in document.units if unit.block.kind == "heading"]
    assert len(headings) == 18
    assert sum(unit.block.kind == "table_cell" for unit in document.units) == 21
    assert sum(unit.block.kind == "reference" for unit in document.units) == 7
