"""Words that mean nearly the same: what the support model reads of a source is chosen by them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.checking.nearness import Nearness, table
from pipeline.checking.passages import prepared

SOURCE = (
    "The study was funded by a charity. Adults aged 40 to 65 were recruited in six towns. Loose stools were the commonest adverse effect. "
    "The programme cost 52 pounds per person. Deaths did not differ between the arms. Nurses led the meetings."
)


@pytest.mark.parametrize(
    ("claim", "sentence"),
    [
        ("Diarrhoea was the side effect seen most often.", 2),
        ("Mortality was alike in both groups.", 4),
        ("Each participant needed an outlay of just over fifty quid.", 3),
        ("Money came from a philanthropic body.", 0),
        ("Middle-aged people from half a dozen municipalities took part.", 1),
    ],
)
def test_a_reworded_claim_finds_its_sentence(claim: str, sentence: int) -> None:
    assert sentence in prepared(SOURCE).likely(claim)[:2]


@given(st.text(max_size=400), st.text(max_size=120), st.text(max_size=60))
def test_every_sentence_is_ranked_once(text: str, claim: str, context: str) -> None:
    source = prepared(text)
    assert sorted(source.likely(claim, context)) == list(range(len(source.spans)))


@given(st.lists(st.text(max_size=60), max_size=6), st.text(max_size=60))
def test_scores_are_shares(sentences: list[str], claim: str) -> None:
    scores = Nearness(sentences).scores(claim)
    assert len(scores) == len(sentences)
    assert np.all(scores >= 0)
    assert np.all(scores <= 1.6 + 1e-5)


def test_the_table_knows_every_piece() -> None:
    vectors, weights = table()
    assert len(vectors) == len(weights) == 30522
    lengths = np.linalg.norm(vectors, axis=1)
    assert np.all((lengths < 1e-3) | (abs(lengths - 1) < 1e-3))
    assert np.all(weights > 0)
