"""The PDF reader, on small PDFs made here."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import pytest
from reportlab.lib import pdfencrypt
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate

from pipeline.fetching.pdf import Paragraph as Para
from pipeline.fetching.pdf import paragraphs
from pipeline.fetching.pdf.lines import BrokenPdf


class Book(NamedTuple):
    """A PDF as it was read."""

    paragraphs: list[Para]
    declared: dict[str, list[str]]


def read_pdf(data: bytes) -> Book:
    found, said = paragraphs(data)
    named = {"title": list(said.titles), "author": list(said.authors), "doi": list(said.dois)}
    return Book(found, {name: values for name, values in named.items() if values})


def pdf_text(data: bytes) -> str:
    return "\n\n".join(paragraph.text for paragraph in paragraphs(data)[0])


Spot = tuple[float, float, str] | tuple[float, float, str, str, float]
FILLER = "plain words fill this line of the page from its left side to the right one"


def drawn(pages: Sequence[Sequence[Spot]], setup: Callable[[Canvas], object] | None = None, **options: object) -> bytes:
    """Return a PDF with each text at its place: (x, y, text) or (x, y, text, font, size)."""
    out = io.BytesIO()
    canvas = Canvas(out, **options)
    if setup:
        setup(canvas)
    for page in pages:
        for x, y, text, *font in page:
            canvas.setFont(*(font or ("Times-Roman", 10)))
            canvas.drawString(x, y, text)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def column(lines: Sequence[str], x: float = 60, top: float = 700) -> list[Spot]:
    return [(x, top - 12 * row, line) for row, line in enumerate(lines)]


def kinds(book: Book) -> list[tuple[str, str]]:
    return [(paragraph.kind, paragraph.text) for paragraph in book.paragraphs]


def test_broken_word_is_joined_over_lines() -> None:
    text = pdf_text(drawn([column([f"{FILLER} and infor-", "mation is what they carry on."])]))
    assert "and information is what" in text


def test_broken_word_is_joined_over_pages_and_marked() -> None:
    book = read_pdf(drawn([column([FILLER, f"{FILLER} and infor-"]), column([f"mation is what they carry; {FILLER}", "to the end."])]))
    (paragraph,) = book.paragraphs
    assert "and information is" in paragraph.text
    (_, first), (offset, second) = paragraph.pages
    assert (first, second) == ("1", "2")
    assert paragraph.text[offset:].startswith("mation is")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["the well-known case stays what it was and is still a well-", "known case today."], "still a well-known case"),
        (["the copies were rare and the medium was changed for a medium-", "copies plasmid."], "a medium-copies plasmid"),
        (["this shows the range of all the levels of GFP-", "fused protein."], "levels of GFP-fused protein"),
        (["the patients were seen in pre-", "and post-operative care."], "in pre- and post-operative"),
        (["as the rate was 2.5 mg/", "day in the range of 0.40–", "0.50 overall."], "2.5 mg/day in the range of 0.40–0.50 overall"),
        (["more is found at http://www.", "example.org/data.", "Then it ends."], "at http://www.example.org/data. Then it ends"),
    ],
)
def test_line_ends(lines: list[str], expected: str) -> None:
    assert expected in pdf_text(drawn([column([FILLER, *lines])])).replace("\n\n", " ")


def test_soft_hyphens_and_ligatures_are_gone() -> None:
    out = io.BytesIO()
    style = ParagraphStyle("s", fontName="Times-Roman", fontSize=10, leading=12)
    SimpleDocTemplate(out).build([Paragraph("An in\u00adfor\u00adma\u00adtive reading of all the soft marks that there are. " * 9, style)])
    text = pdf_text(out.getvalue())
    assert text.count("informative reading") == 9
    assert not set(text) & set("\u00ad\u2010\ufffe\x02\ufb01")


def test_running_heads_feet_and_page_numbers_are_cut() -> None:
    pages = []
    for number, word in enumerate(["first", "second", "third", "fourth"], 1):
        body = column([f"The {word} page has a sentence of its own, and {FILLER}.", FILLER, f"It ends with the {word} end."])
        pages.append([(60.0, 780.0, "Journal of Examples"), *body, (60.0, 40.0, f"Smith et al. | {number + 10}")])
    text = pdf_text(drawn(pages))
    assert "Journal" not in text
    assert "Smith" not in text
    assert all(f"The {word} page" in text for word in ("first", "second", "third", "fourth"))


def test_running_heads_of_chapters_are_cut() -> None:
    pages = [
        [(60.0, 780.0, f"{number} CHAPTER {word.upper()}"), *column([f"The {word} page says so and {FILLER}", FILLER, f"{word} end."])]
        for number, word in enumerate(("alpha", "beta", "gamma", "delta"), 1)
    ]
    text = pdf_text(drawn(pages))
    assert "CHAPTER" not in text
    assert "The gamma page says so" in text


def test_lone_page_number_is_cut_but_other_numbers_stay() -> None:
    book = read_pdf(drawn([[*column([FILLER, FILLER, "the count was"]), (300.0, 30.0, "1")], column(["42 in the end.", FILLER, FILLER])]))
    text = " ".join(paragraph.text for paragraph in book.paragraphs)
    assert "the count was 42 in the end." in text


def test_page_labels_are_the_files_own() -> None:
    def roman(canvas: Canvas) -> None:
        canvas.addPageLabel(0, style="ROMAN_LOWER", start=4)

    book = read_pdf(drawn([column([FILLER, FILLER, "One ends here."]), column(["Another one."])], roman))
    assert [paragraph.pages for paragraph in book.paragraphs] == [((0, "iv"),), ((0, "v"),)]


def test_two_columns_are_read_one_after_the_other() -> None:
    left = [f"left {word} line of the first column" for word in ("one", "two", "three")]
    right = [f"right {word} line of the second column" for word in ("one", "two", "three")]
    text = pdf_text(drawn([column(left) + column(right, x=320)]))
    order = [text.index(line) for line in left + right]
    assert order == sorted(order)


def test_subscripts_do_not_break_the_line() -> None:
    out = io.BytesIO()
    style = ParagraphStyle("s", fontName="Times-Roman", fontSize=10, leading=14)
    marked = "The H<sub>2</sub>O rose by 5 m<super>2</super> per day, then R<super>2</super>=0.9 was seen."
    SimpleDocTemplate(out).build([Paragraph(marked, style)])
    assert pdf_text(out.getvalue()) == "The H2O rose by 5 m2 per day, then R2=0.9 was seen."


def test_paragraphs_headings_and_captions() -> None:
    page: list[Spot] = [
        (60.0, 700.0, "Results of the Trial", "Times-Bold", 14.0),
        *column([f"A first paragraph, where {FILLER}", "ends early."], top=670),
        *column([f"A second paragraph, where {FILLER}", "has no"], top=630),
        *column(["Figure 1. What the trial found."], top=580),
        *column(["end until after the figure."], top=540),
    ]
    found = kinds(read_pdf(drawn([page])))
    assert found[0] == ("heading", "Results of the Trial")
    assert found[1] == ("text", f"A first paragraph, where {FILLER} ends early.")
    assert found[2] == ("text", f"A second paragraph, where {FILLER} has no end until after the figure.")
    assert found[3] == ("caption", "Figure 1. What the trial found.")


def test_references_after_their_heading() -> None:
    entries = ["[1] Smith J. A study of things and of what they are. Nature 2001; 4: 1-", "9.", "[2] Jones A. Another. Science 2002."]
    page = [*column([FILLER, "The text ends."]), *column(["References"], top=650), *column(entries, top=630)]
    page += [(60.0, 560.0, "Appendix", "Times-Bold", 12.0), *column(["More text."], top=540)]
    assert kinds(read_pdf(drawn([page])))[1:] == [
        ("heading", "References"),
        ("bibliography", "[1] Smith J. A study of things and of what they are. Nature 2001; 4: 1-9."),
        ("bibliography", "[2] Jones A. Another. Science 2002."),
        ("heading", "Appendix"),
        ("text", "More text."),
    ]


def test_references_without_a_heading_need_four_in_a_row() -> None:
    names = ("Smith", "Jones", "Brown", "Green")
    entries: list[Spot] = [(60.0, 600.0 - 30 * row, f"{name}, A. B. (200{row}). A study. Nature, 3, 1.") for row, name in enumerate(names)]
    text = column([FILLER, "The text ends."])
    assert [kind for kind, _ in kinds(read_pdf(drawn([text + entries])))] == ["text", *["bibliography"] * 4]
    assert {kind for kind, _ in kinds(read_pdf(drawn([text + entries[:3]])))} == {"text"}


def test_declared_title_author_and_doi() -> None:
    def info(canvas: Canvas) -> None:
        canvas.setTitle("A Study of Things")
        canvas.setAuthor("Ann Smith")

    page = [(60.0, 740.0, "A Study of Many Things", "Times-Bold", 18.0), *column([f"{FILLER} and more", "https://doi.org/10.1234/ABC.5."])]
    declared = read_pdf(drawn([page], info)).declared
    assert declared == {"title": ["A Study of Things", "A Study of Many Things"], "author": ["Ann Smith"], "doi": ["10.1234/abc.5"]}


def test_a_file_name_is_no_title_and_a_cited_doi_is_not_the_files_own() -> None:
    page = [*column([FILLER]), *column(["References"], top=650), *column(["[1] Smith J. doi:10.1234/cited"], top=630)]
    assert read_pdf(drawn([page], lambda canvas: canvas.setTitle("draft_v3.docx"))).declared.keys() <= {"author"}


def test_empty_pages_and_turned_pages_do_not_break() -> None:
    def turned(canvas: Canvas) -> None:
        canvas.setPageRotation(90)

    assert read_pdf(drawn([[], []])).paragraphs == []
    assert "Some words on it." in pdf_text(drawn([column(["Some words on it."]), []], turned))


def test_what_does_not_open_is_told_in_one_line() -> None:
    whole = drawn([column([FILLER])])
    locked = drawn([column([FILLER])], encrypt=pdfencrypt.StandardEncryption("secret", ownerPassword="owner"))
    for data, message in ((b"", "not a PDF"), (b"<html>", "not a PDF"), (whole[: len(whole) // 3], "not a PDF"), (locked, "encrypted")):
        with pytest.raises(BrokenPdf, match=message) as caught:
            read_pdf(data)
        assert len(str(caught.value).splitlines()) == 1


def test_offsets_of_all_pages_rise() -> None:
    book = read_pdf(drawn([column([f"page {number} goes on with {FILLER}"] * 3) for number in ("one", "two", "three")]))
    (paragraph,) = book.paragraphs
    assert all(a < b for a, b in itertools.pairwise(offset for offset, _ in paragraph.pages))
    for (offset, _), word in zip(paragraph.pages, ("one", "two", "three"), strict=True):
        assert paragraph.text[offset:].startswith(f"page {word}")
