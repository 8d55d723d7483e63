"""Is it the cited work: by title, authors, year and DOI, and by what a wall says."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pipeline.fetching.identity
from pipeline.fetching.identity import identify, likeness, stopped
from pipeline.fetching.reading import Declared
from pipeline.records import Name, Source

SOURCE = Source(
    id="cure",
    type="book",
    title="The Social Cure: Identity, Health and Well-Being",
    editor=(Name(family="Jetten", given="Jolanda"), Name(family="Haslam", given="Catherine")),
    issued=2012,
    DOI="10.4324/9780203813195",
)


def test_doctests() -> None:
    assert doctest.testmod(pipeline.fetching.identity).failed == 0


@pytest.mark.parametrize(
    ("declared", "text", "same"),
    [
        (Declared(dois=("10.4324/9780203813195",)), "", True),
        (Declared(titles=("The Social Cure",), authors=("Jolanda Jetten",), years=(2012,)), "", True),
        (Declared(titles=("The social cure: identity, health & well-being | Routledge",)), "", True),
        (Declared(titles=("doi:10.1000/cover.indd",), authors=("Jetten",)), "THE SOCIAL CURE\nIdentity, Health and Well-Being", True),
        (Declared(titles=("The Social Cure: Identity, Health and Well-Being",), authors=("Cruwys",)), "", False),
        (Declared(titles=("Review of The Social Cure: Identity, Health and Well-Being",), authors=("Haslam",)), "", False),
        (Declared(titles=("Corrigendum to The Social Cure: Identity, Health and Well-Being",), authors=("Jetten",)), "", False),
        (Declared(titles=("The Social Cure: Identity, Health and Well-Being",), years=(1994,)), "", False),
        (Declared(titles=("Soil bacteria of the northern plains",)), "", False),
        (Declared(dois=("10.1000/other",)), "", False),
        (Declared(titles=("The Social Cure",), authors=("Jetten",), dois=("10.31234/osf.io/abcde",), years=(2011,)), "", True),
        (Declared(), "Chapter 4. Groups may lend people what they need.", None),
    ],
)
def test_identify(declared: Declared, text: str, same: bool | None) -> None:
    found = identify(SOURCE, declared, text)
    assert found.same is same, found.reason


def test_a_person_may_accept_what_does_not_say_so() -> None:
    accepted = SOURCE.model_copy(update={"accept": ("identity",)})
    assert identify(accepted, Declared(titles=("Scan 0042",)), "").same is True


@pytest.mark.parametrize(
    "title",
    [
        "Just a moment...",
        "Access Denied",
        "404 Not Found",
        "Page not found | Press",
        "Log in to continue",
        "Before you continue to YouTube",
    ],
)
def test_walls_are_seen(title: str) -> None:
    assert stopped(Declared(titles=(title,)), "x" * 5000)


@pytest.mark.parametrize("title", ["The Social Cure", "Sleep and mood", "Notable logins in history"])
def test_titles_of_works_are_no_walls(title: str) -> None:
    assert not stopped(Declared(titles=(title,)), "A study of many pages. " * 300)


@given(st.text(max_size=80), st.text(max_size=80))
def test_likeness_is_a_share(one: str, other: str) -> None:
    assert 0.0 <= likeness(one, other) <= 1.0
    assert likeness(one, other) == likeness(other, one)


@given(st.lists(st.text(max_size=40), max_size=3), st.lists(st.text(max_size=20), max_size=3), st.text(max_size=200))
def test_any_declaration_gives_an_answer(titles: list[str], authors: list[str], text: str) -> None:
    found = identify(SOURCE, Declared(titles=tuple(titles), authors=tuple(authors)), text)
    assert found.reason
    assert "\n" not in found.reason or any("\n" in title for title in titles)
