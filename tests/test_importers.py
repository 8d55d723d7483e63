"""Taking over an article: canonical markers, the source list apart, all else as it was, and the seed article whole."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given

from pipeline import articles, importing
from pipeline.errors import ConfigError, UsageError
from pipeline.markup import importers, markdown, markers, plain
from pipeline.markup.canonical import from_markdown
from pipeline.records import BlockKind, Source
from pipeline.stages.classify import classify
from pipeline.stages.split import split
from tests.conftest import SEED
from tests.test_markdown import DOCUMENTS

ARTICLE = """\
# Walking\r
\r
It *helps* &amp; lasts.[1] It is `array[2]` cheap\\* [^b]. Most walk<sup>2</sup> in parks. [LLM]\r
\r
| Need | Says |\r
|:--|---|\r
| mood | It rose [1](#ref-1) |\r
\r
## Sources\r
\r
1. Sand, M. (2020). A trial of walking groups. *Journal of Walking*, 3(1), 1-9. https://doi.org/10.1000/walk\r
2. Book nobody has. 1999.\r
\r
[^b]: Hill, A. (2018). Parks and sleep. Lancet, 5, 10-12.\r
"""


def test_markdown_keeps_all_but_markers_and_list() -> None:
    made = from_markdown(markdown.read(ARTICLE))
    assert made.markdown.startswith(
        "# Walking\r\n\r\nIt *helps* &amp; lasts.[1] It is `array[2]` cheap\\* [3]. Most walk[2] in parks. [LLM]\r\n\r\n"
        "| Need | Says |\r\n|:--|---|\r\n| mood | It rose [1] |\r\n"
    )
    assert "Sources" not in made.markdown
    assert [entry.text[:12] for entry in made.entries] == ["Sand, M. (20", "Book nobody ", "Hill, A. (20"]
    assert made.entries[0].links == ("https://doi.org/10.1000/walk",)
    assert made.remarks == ()


def test_numbers_become_places_in_the_list() -> None:
    text = "# T\n\nIt helps [4]. It lasts [7].\n\n## References\n\n[4] Sand, M. (2020). Walking.\n\n[9] Hill, A. (2018). Parks.\n"
    made = from_markdown(markdown.read(text))
    assert "It helps [1]. It lasts [^not-listed-7]." in made.markdown
    assert [(remark.line, remark.why) for remark in made.remarks] == [(3, "cites 7, which the source list of 2 does not hold")]


def test_a_name_that_no_entry_has_is_left_and_told() -> None:
    made = from_markdown(markdown.read("# T\n\nIt helps [^who].\n\n[^b]: Hill, A. (2018). Parks.\n"))
    assert "It helps [^who]." in made.markdown
    assert "`who`" in made.remarks[0].why


@given(DOCUMENTS)
def test_what_has_no_markers_and_no_list_is_given_back_byte_for_byte(text: str) -> None:
    document = markdown.read(text)
    spared = [unit for unit in document.units if unit.block.kind is BlockKind.REFERENCE]
    made = from_markdown(document)
    held = [[markers.Held(wrap.kind, wrap.start, wrap.end) for wrap in unit.wraps] for unit in document.units]
    marked = [
        markers.read(unit.text, plain=document.bare_markers, held=wraps).markers for unit, wraps in zip(document.units, held, strict=True)
    ]
    listed = any(unit.block.kind is BlockKind.HEADING and "ources" in unit.text for unit in document.units)
    if not spared and not listed and not any(marked):
        assert made.markdown == text


@given(DOCUMENTS)
def test_canonical_form_is_stable(text: str) -> None:
    once = from_markdown(markdown.read(text))
    if not once.entries:
        again = from_markdown(markdown.read(once.markdown))
        assert again.markdown == once.markdown or "LLM" in once.markdown or "[" in once.markdown


SOURCES = tuple(Source(id=f"s{number}", title=f"Source {number}") for number in range(1, 8))


@pytest.mark.skipif(not SEED.is_file(), reason="the seed article is not on this machine")
def test_the_seed_article_is_taken_over_whole(tmp_path: Path) -> None:
    page = plain.read(SEED.read_text(encoding="utf-8"))
    taken = importing.take_over(SEED)
    importing.write(taken, tmp_path / "seed")
    again = importers.read_file(tmp_path / "seed" / "article.md")
    shape = [
        [
            (unit.block.kind.value, unit.block.level or unit.block.section, unit.block.row, unit.block.column)
            for unit in document.units
            if unit.block.kind is not BlockKind.REFERENCE and unit.text != "Sources"
        ]
        for document in (page, again)
    ]
    assert shape[0] == shape[1]
    said = [[(s.id, s.text, s.numbers, s.label) for s in classify(d, split(d, SOURCES), SOURCES).sentences] for d in (page, again)]
    assert said[0] == said[1]
    assert len(said[0]) == 108
    counted = {kind: sum(unit.block.kind is kind for unit in again.units) for kind in BlockKind}
    wanted = BlockKind.CALLOUT, BlockKind.QUESTION, BlockKind.DEFINITION, BlockKind.TABLE_CELL, BlockKind.CAPTION
    assert [counted[kind] for kind in wanted] == [2, 6, 6, 21, 2]
    article = articles.read(tmp_path / "seed")
    assert [source.tier for source in article.sources] == ["T1", "T1", "T1", "T3", "T1", "T3", "T3"]
    assert (article.plan.kind, article.plan.discipline, article.plan.tradition) == (
        "framework",
        "Social/health psychology",
        "Social identity approach",
    )
    assert {section.form for section in article.plan.outline} == {"prose", "table", "key_terms", "questions"}


def test_an_import_of_an_import_is_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(ARTICLE, encoding="utf-8", newline="")
    importing.write(importing.take_over(tmp_path / "a.md"), tmp_path / "one")
    importing.write(importing.take_over(tmp_path / "one" / "article.md"), tmp_path / "two")
    one, two = ((tmp_path / name / "article.md").read_bytes() for name in ("one", "two"))
    assert one == two
    assert articles.read_sources(tmp_path / "one")[0].DOI == "10.1000/walk"


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(ARTICLE, encoding="utf-8")
    taken = importing.take_over(tmp_path / "a.md")
    importing.write(taken, tmp_path / "made")
    with pytest.raises(UsageError, match="there already"):
        importing.write(taken, tmp_path / "made")


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("a.md", b"", "empty"),
        ("a.md", b"\xff\xfe\x00", "not UTF-8"),
        ("a.pdf", b"%PDF-1.7 x", "PDF"),
        ("a.doc", b"\xd0\xcf\x11\xe0x", "old Word"),
        ("a.md", b"# Only a heading\n", "no sentence"),
        ("a.html", b"<html><body></body></html>", "no sentence"),
        ("a.docx", b"PK\x05\x06" + b"\x00" * 18, "a.docx"),
    ],
)
def test_what_is_no_article_is_told_in_a_line(tmp_path: Path, name: str, data: bytes, told: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ConfigError, match=told):
        importing.take_over(tmp_path / name)


def test_the_command_makes_a_folder_that_can_be_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from typer.testing import CliRunner

    from pipeline.cli import app

    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.md").write_text(ARTICLE, encoding="utf-8")
    runner = CliRunner()
    made = runner.invoke(app, ["import", "a.md", "--json"])
    assert made.exit_code == 0, made.output
    assert json.loads(made.output)["sentences"] == {"cited": 4, "llm": 1, "without_marker": 1}
    checked = runner.invoke(app, ["check", "walking/article.md", "--sources", "walking", "--json"])
    assert checked.exit_code == 0, checked.output
    assert not [item for item in json.loads(checked.output)["findings"] if item["rule"] == "unknown_source"]


LIST = "1. Smith, J. (2019). One.\n2. Jones, A. (2020). Two.\n3. Brown, B. (2021). Three.\n"


@pytest.mark.parametrize(
    ("text", "said", "entries"),
    [
        # What stands beside the entries of a list, or belongs to one, is no source of its own.
        ("It helps [2].\n\n## Sources\n\nAll pages were read in May.\n\n" + LIST, "It helps [2].", 3),
        ("It helps [2].\n\n## Sources\n\n- Smith. One.\n  - Quote: it helps\n- Jones. Two.\n", "It helps [2].", 2),
        ("It helps [2].\n\n## Sources\n\n" + LIST + "\n---\n\n*Last updated in May.*\n", "It helps [2].", 3),
        # Labels count, however they are written.
        ("It helps [3].\n\n## Sources\n\n- [1] Smith. One.\n- [3] Brown. Three.\n- [2] Jones. Two.\n", "It helps [2].", 3),
        ("It helps [3].\n\n## Sources\n\n**[1]** Smith. One.\n\n**[3]** Brown. Three.\n", "It helps [2].", 2),
        ("It helps [2].\n\n## References\n\n[1] Smith. One.\n[2] Jones. Two.\n", "It helps [2].", 2),
        ("It helps[^b]. It lasts[^a].\n\n[^a]: Smith. One.\n[^b]: Jones. Two.\n", "It helps[2]. It lasts[1].", 2),
        # Footnotes and a list are numbered apart; what neither holds is nobody's.
        ("It helps [1].[^1] It lasts [2].\n\n[^1]: An aside.\n\n## Sources\n\n" + LIST, "It helps [2].[1] It lasts [3].", 4),
        ("It helps[^7]. It lasts [1].\n\n[^3]: Smith. One.\n\n[^7]: Jones. Two.\n", "It helps[2]. It lasts [^not-listed-1].", 2),
        ("It helps[^1].\n\n[^1]: Smith. One.\n\n    It is long.\n\n    And longer.\n", "It helps[1].\n", 1),
        # Headings keep step with the text.
        ("## Mood [9]\n\nIt helps [9].\n\n## Sources\n\n[7] Smith. One.\n\n[9] Jones. Two.\n", "## Mood [2]\n\nIt helps [2].", 2),
        # Lists of other names and levels.
        ("It helps [2].\n\n# References\n\n" + LIST, "It helps [2].", 3),
        ("It helps [2].\n\n## 7. References:\n\n### Papers\n\n" + LIST, "It helps [2].", 3),
        ("It helps[^1].\n\n[^1]: https://example.com/a\n", "It helps[1].", 1),
        # Intervals, ranges and the word LLM are no markers.
        (
            "95% CI [1, 3], in adults [2]. A scale of [1-3] is used [1].\n\n## Sources\n\n" + LIST,
            "95% CI [1, 3], in adults [2]. A scale of [1-3]",
            3,
        ),
        (
            "We compared nurses with an LLM. They rated it 3. It helps [1].\n\n## Sources\n\n" + LIST,
            "with an LLM. They rated it 3. It helps [1].",
            3,
        ),
        ("It helps [\u200b2]. It lasts [1\u2060].\n\n## Sources\n\n" + LIST, "It helps [2]. It lasts [1].", 3),
    ],
)
def test_every_marker_keeps_its_source(text: str, said: str, entries: int) -> None:
    made = from_markdown(markdown.read(f"# T\n\n{text}"))
    assert said in made.markdown, made.markdown
    assert len(made.entries) == entries, made.entries


def test_a_warning_with_a_source_is_a_sentence() -> None:
    text = "# T\n\n⚠️ Do not take more than 40 mg daily [2].\n\n## Doses\n\n- Vitamin D · 800 IU daily for adults [3]\n- Vitamin C · 90 mg\n"
    said = [sentence.text for sentence in split(markdown.read(text), SOURCES).sentences]
    assert len(said) == 3


def test_a_run_of_spaces_takes_no_time() -> None:
    started = time.process_time()
    split(markdown.read("Say it" + " " * 50_000 + "x [1].\n"), SOURCES)
    assert time.process_time() - started < 6
