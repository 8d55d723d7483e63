"""Which sentence is which in the next version."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.lineage import Link, trace
from pipeline.markup import markdown
from pipeline.records import Sentence
from pipeline.stages.split import split

FIRST = """\
# Walking

Walking groups meet weekly in parks and streets [1]. They lowered blood pressure by 4 mmHg in 212 adults [1].
Most groups are led by volunteers from the neighbourhood [2].

## Mood

Walking together lifted the mood of adults who live alone, and they slept better at night [2]. Nobody lost weight [1].
"""


def sentences(text: str) -> tuple[Sentence, ...]:
    return split(markdown.read(text), ()).sentences


def kinds(before: str, after: str) -> list[str]:
    return [link.kind for link in trace(sentences(before), sentences(after))]


def test_nothing_changed() -> None:
    assert kinds(FIRST, FIRST) == ["same"] * 5


def test_another_source_is_the_same_sentence() -> None:
    assert kinds(FIRST, FIRST.replace("[2]", "[1][3]")) == ["same"] * 5


def test_a_renamed_heading_moves_nothing() -> None:
    assert kinds(FIRST, FIRST.replace("## Mood", "## Wellbeing and sleep")) == ["same"] * 5


def test_edited() -> None:
    assert kinds(FIRST, FIRST.replace("4 mmHg in 212 adults", "14 mmHg in 212 older adults")) == ["same", "edited", "same", "same", "same"]


def test_moved_to_another_section() -> None:
    sentence = "Most groups are led by volunteers from the neighbourhood [2].\n"
    after = FIRST.replace(sentence, "") + sentence
    assert kinds(FIRST, after) == ["same", "same", "same", "same", "moved"]


def test_split_in_two() -> None:
    after = FIRST.replace("live alone, and they slept better at night [2].", "live alone [2]. They slept better at night [2].")
    links = trace(sentences(FIRST), sentences(after))
    assert [link.kind for link in links] == ["same", "same", "same", "split", "same"]
    assert (len(links[3].before), len(links[3].after)) == (1, 2)


def test_merged_into_one() -> None:
    after = FIRST.replace("in parks and streets [1]. They lowered", "in parks and streets, and they lowered")
    links = trace(sentences(FIRST), sentences(after))
    assert [link.kind for link in links] == ["merged", "same", "same", "same"]
    assert (len(links[0].before), len(links[0].after)) == (2, 1)


def test_replaced_by_something_else() -> None:
    after = FIRST.replace("Nobody lost weight [1].", "Rain keeps a third of the members at home [3].")
    assert sorted(kinds(FIRST, after)) == ["added", "removed", "same", "same", "same", "same"]


def test_of_two_equal_sentences_the_one_that_stays_is_known_by_its_place() -> None:
    text = "## A\n\nIt helps [1].\n\n## B\n\nIt helps [1]. More is better [2].\n"
    before, after = sentences(text), sentences(text.replace("## A\n\nIt helps [1].\n\n", ""))
    kept = [link for link in trace(before, after) if link.kind == "same"]
    assert [link.before for link in kept] == [(before[1].id,), (before[2].id,)]
    assert len({sentence.id for sentence in before}) == 3


def test_an_id_says_text_and_place() -> None:
    text = "## A\n\nIt helps [1]. It helps [1].\n\n## B\n\nIt helps [2].\n"
    first, second, third = (sentence.id for sentence in sentences(text))
    assert second == f"{first}-2"
    assert third.split("-")[0] == first.split("-")[0]
    assert third.split("-")[1] != first.split("-")[1]


WORDS = st.sampled_from("groups walk help sleep mood adults weekly park rain older lead led alone night fell rose 4 212 not".split())
SENTENCES = st.lists(WORDS, min_size=3, max_size=9).map(lambda words: " ".join(words).capitalize() + " [1].")


@given(st.lists(SENTENCES, max_size=9), st.lists(SENTENCES, max_size=4), st.randoms(use_true_random=False))
def test_every_sentence_of_both_versions_is_accounted_for_once(kept: list[str], new: list[str], random_: object) -> None:
    before = sentences(" ".join(kept))
    shuffled = [*kept[1:], *new, *kept[:1]]
    after = sentences(" ".join(shuffled))
    links = trace(before, after)
    assert sorted(id_ for link in links for id_ in link.before) == sorted(sentence.id for sentence in before)
    assert sorted(id_ for link in links for id_ in link.after) == sorted(sentence.id for sentence in after)
    assert all(shaped(link) for link in links)


def shaped(link: Link) -> bool:
    counts = len(link.before), len(link.after)
    if link.kind in {"same", "moved", "edited"}:
        return counts == (1, 1)
    if link.kind in {"added", "removed"}:
        return counts == ((0, 1) if link.kind == "added" else (1, 0))
    return counts[0] == 1 < counts[1] if link.kind == "split" else counts[1] == 1 < counts[0]


@given(st.lists(SENTENCES, max_size=12))
def test_an_article_against_itself(said: list[str]) -> None:
    found = sentences(" ".join(said))
    assert all(link.kind == "same" and link.before == link.after for link in trace(found, found))


@pytest.mark.parametrize("size", [1000])
def test_a_long_article_rewritten_throughout(size: int) -> None:
    before = sentences(" ".join(f"In year {n} the group of {n * 7} adults walked {n % 13} miles in rain and sun [1]." for n in range(size)))
    after = sentences(" ".join(f"In the year {n} a group of {n * 7} older adults walked {n % 13} miles in rain [1]." for n in range(size)))
    started = time.process_time()
    links = trace(before, after)
    assert time.process_time() - started < 30
    edited = [link for link in links if link.kind == "edited"]
    places = {sentence.id: index for index, sentence in enumerate(before)}, {sentence.id: index for index, sentence in enumerate(after)}
    assert sum(places[0][link.before[0]] == places[1][link.after[0]] for link in edited) >= 0.98 * size
