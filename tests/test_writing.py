"""The extractive writer, and how what a writer says is put together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import articles
from pipeline.articles import Section
from pipeline.errors import ConfigError
from pipeline.fetching.extract import extract
from pipeline.markup import markdown
from pipeline.stages.split import split
from pipeline.writing.candidates import stands_alone
from pipeline.writing.extractive import ExtractiveWriter
from pipeline.writing.page import Said, assemble
from tests.conftest import EXAMPLE


def example_text() -> str:
    article = articles.read(EXAMPLE)
    texts = {n: extract((EXAMPLE / s.text).read_bytes()).text for n, s in enumerate(article.sources, 1) if s.text}
    return assemble(article, ExtractiveWriter(article, texts), lambda step: None)


def test_the_extractive_article_is_whole_and_the_same_each_time() -> None:
    text = example_text()
    assert text == example_text()
    article = articles.read(EXAMPLE)
    document = markdown.read(text)
    headings = [unit.text for unit in document.units if unit.block.kind == "heading"]
    assert headings == [article.plan.title, *(section.heading for section in article.plan.outline), "Sources"]
    found = split(document, article.sources).sentences
    assert all(sentence.markers for sentence in found)
    cited = [sentence.text for sentence in found if sentence.numbers]
    assert len(cited) == len(set(cited))
    assert len(cited) >= 50
    assert {number for sentence in found for number in sentence.numbers} == {1, 2, 3, 4, 5, 6, 7}


@pytest.mark.parametrize(
    "text",
    ["However, it was larger than in the other group of adults.", "We found that the choir reduced loneliness a great deal.", "too short.",
     "The mean fell (Smith, 2019) in all of the groups that met.", "See https://example.org for all of the details about it."],
)  # fmt: skip
def test_sentences_that_lean_on_others_are_left_out(text: str) -> None:
    assert not stands_alone(text)


@given(st.text(max_size=60), st.lists(st.integers(1, 20), max_size=3, unique=True))
def test_what_is_said_reads_back_as_said(text: str, numbers: list[int]) -> None:
    from pipeline.markup.markers import find
    from pipeline.text import clean

    text = f"Words {' '.join(clean(text).split())} end."
    if not find(text):
        (unit,) = markdown.read(Said(text, tuple(numbers)).markdown).units
        found = find(unit.text, plain=False)
        assert [number for marker in found for number in marker.numbers] == numbers
        assert [marker.llm for marker in found].count(True) == (not numbers)


def test_the_extractive_writer_invents_nothing_that_the_outline_leaves_open() -> None:
    article = articles.read(EXAMPLE)
    open_ones = Section(heading="Ask yourself", form="questions", brief="what to ask a client")
    plan = article.plan.model_copy(update={"outline": (*article.plan.outline, open_ones)})
    with pytest.raises(ConfigError, match="“Ask yourself” has no `questions`"):
        ExtractiveWriter(article._replace(plan=plan), {1: "Choirs help."})
