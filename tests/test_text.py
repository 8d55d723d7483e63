"""Folding and its offset map, stems, hashes."""

from __future__ import annotations

import doctest

from hypothesis import given
from hypothesis import strategies as st

import pipeline.text
from pipeline.text import clean, fold, sha256, words


def test_doctests() -> None:
    assert doctest.testmod(pipeline.text).failed == 0


@given(st.text())
def test_fold_offsets_point_into_the_text(text: str) -> None:
    folded = fold(text)
    assert len(folded.offsets) == len(folded.text) + 1
    assert list(folded.offsets) == sorted(folded.offsets)
    assert all(0 <= offset <= len(text) for offset in folded.offsets)
    assert "  " not in folded.text


@given(st.text(alphabet="abc \n'\"-", max_size=40))
def test_fold_is_stable(text: str) -> None:
    once = fold(text).text
    assert fold(once).text == once


@given(st.text())
def test_clean_is_stable_and_encodable(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    once.encode()


@given(st.text())
def test_words_are_spans(text: str) -> None:
    assert all(0 <= word.start < word.end <= len(text) for word in words(text))


def test_sha256_takes_lone_surrogates() -> None:
    assert len(sha256("\ud800")) == 64
