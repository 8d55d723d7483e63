"""From pieces to a text with structure: marks stay at their words, parts that are no evidence are cut."""

from __future__ import annotations

import datetime as dt
import doctest
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pipeline.fetching.cutting
import pipeline.fetching.decoding
import pipeline.fetching.markup
import pipeline.fetching.reading
from pipeline.checking.checker import Checker
from pipeline.checking.evidence import Held
from pipeline.errors import SourceError
from pipeline.fetching.cutting import is_reference, marked
from pipeline.fetching.decoding import decode
from pipeline.fetching.extract import extract
from pipeline.fetching.reading import Mark, Piece, laid_out
from pipeline.fetching.transcript import transcript
from pipeline.records import Part, Scope, Snapshot, Source, Verdict
from pipeline.text import sha256

REFERENCES = """\
Walking groups lower blood pressure in adults who live alone in towns.

References

Sand M, Okafor T. Choirs raise mood in older adults after a stroke. J Walks. 2019;4(2):11-19.

Lindqvist, E. (2016). Rowing clubs shorten depression in young men. Oslo: Fjord Press.
"""


def test_doctests() -> None:
    for module in (pipeline.fetching.reading, pipeline.fetching.cutting, pipeline.fetching.decoding, pipeline.fetching.markup):
        assert doctest.testmod(module).failed == 0


def test_a_claim_is_not_supported_by_the_title_of_a_listed_work() -> None:
    found = extract(REFERENCES.encode())
    blobs = {sha256(found.text): found.text, "structure": found.structure.model_dump_json()}
    whole = Snapshot(
        source_id="s", origin="a", fetched_at=dt.datetime.now(dt.UTC), media_type="text/plain", size=1, bytes_sha256="", extractor="x",
        text_sha256=sha256(found.text), characters=len(found.text), scope=Scope.FULL_TEXT,
    )  # fmt: skip
    marked_up = whole.model_copy(update={"structure_sha256": "structure"})
    source, held = Source(id="s", title="s"), Held.of(marked_up, blobs.__getitem__)
    listed = "Choirs raise mood in older adults after a stroke."
    assert Checker().check(listed, 1, source, whole, Held.of(whole, blobs.__getitem__)).verdict is Verdict.SUPPORTED
    assert Checker().check(listed, 1, source, marked_up, held).verdict is Verdict.NOT_SUPPORTED
    own = Checker().check("Walking groups lower blood pressure in adults who live alone in towns.", 1, source, marked_up, held)
    assert own.verdict is Verdict.SUPPORTED
    assert own.evidence
    assert found.text[own.evidence.start : own.evidence.end] == own.evidence.exact


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("We use cookies to improve your visit. Accept all cookies.", Part.NOTICE),
        ("Skip to main content", Part.NAVIGATION),
        ("Home > Health > Groups", Part.NAVIGATION),
        ("Sign up for our newsletter and read on.", Part.NOTICE),
        ("Patients ate cookies after each session, and mood rose.", Part.TEXT),
        ("Home visits were made each week by two nurses.", Part.TEXT),
    ],
)
def test_a_line_by_itself(text: str, part: Part) -> None:
    assert marked([Piece(text)])[0].part is part


def test_a_reference_list_ends_at_the_next_heading() -> None:
    pieces = [Piece("References", Part.HEADING), Piece("Sand M. Walks. 2019;4:1."), Piece("Appendix A", Part.HEADING), Piece("All items.")]
    assert [piece.part for piece in marked(pieces)] == [Part.BIBLIOGRAPHY, Part.BIBLIOGRAPHY, Part.HEADING, Part.TEXT]


def test_entries_without_heading_are_seen_in_runs() -> None:
    entry = "Sand M, Okafor T. Choirs and mood. J Walks. 2019;4(2):11-19."
    assert is_reference(entry)
    parts = [piece.part for piece in marked([Piece("Sand and Okafor (2019) found that mood rose."), *[Piece(entry)] * 4])]
    assert parts == [Part.TEXT, *[Part.BIBLIOGRAPHY] * 4]


PIECES = st.lists(
    st.builds(
        Piece,
        text=st.text(alphabet=st.sampled_from("ab e\u0301\u00ad\u200b\n\t."), max_size=30),
        part=st.sampled_from(list(Part)),
    ),
    max_size=8,
)


@given(PIECES)
def test_stretches_lie_in_the_text_and_parts_are_kept(pieces: list[Piece]) -> None:
    laid = laid_out(pieces)
    for item in laid.structure.stretches:
        assert 0 <= item.start < item.end <= len(laid.text)
    evidence = sum(len(piece.text.strip()) > 0 and piece.part.is_evidence for piece in pieces)
    cut = {index for start, end in laid.structure.cut for index in range(start, end)}
    assert evidence or not [index for index, char in enumerate(laid.text) if not char.isspace() and index not in cut]


@given(st.lists(st.tuples(st.text(alphabet="ab c\u00ad\u0301", max_size=12), st.integers(1, 9)), min_size=1, max_size=6))
def test_marks_stay_at_their_words(runs: list[tuple[str, int]]) -> None:
    text, marks = "", []
    for words, page in runs:
        marks.append(Mark(len(text), "page", str(page)))
        text += f"{words}<{page}>"
    laid = laid_out([Piece(text, marks=tuple(marks))])
    for index, char in enumerate(laid.text):
        if char == "<":
            assert laid.structure.place(index).startswith(f"p. {laid.text[index + 1]}")


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("WEBVTT\n\n00:12:31.000 --> 00:12:33.000\nGroups lend people strength.", ["12:31"]),
        (
            "1\n00:00:01,000 --> 00:00:02,000\nGroups lend people strength.\n\n2\n01:00:05,000 --> 01:00:06,000\nAnd then it ends.",
            ["0:01", "1:00:05"],
        ),
        (json.dumps({"events": [{"tStartMs": 751000, "segs": [{"utf8": "Groups lend "}, {"utf8": "people strength."}]}]}), ["12:31"]),
    ],
)
def test_transcripts_know_their_times(text: str, places: list[str]) -> None:
    found = extract(text.encode())
    assert found.media_type == "text/vtt"
    assert [item.label for item in found.structure.stretches if item.kind == "time"] == places
    assert "Groups lend people strength." in found.text


def test_rolling_captions_are_said_once() -> None:
    cues = ["Hello", "Hello\nthere all", "there all\nof you"]
    vtt = "WEBVTT" + "".join(f"\n\n00:0{at}.000 --> 00:0{at + 1}.000\n{said}" for at, said in enumerate(cues))
    assert [piece.text for piece in transcript(vtt)] == ["Hello there all of you"]


def test_broken_json3_is_one_line() -> None:
    with pytest.raises(SourceError, match="json3"):
        transcript('{"events": [{"segs": "nonsense"', "talk.json")


@given(st.binary(max_size=200), st.text(max_size=20))
def test_any_bytes_and_any_charset_are_decoded(data: bytes, charset: str) -> None:
    assert isinstance(decode(data, charset).text, str)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=100))
def test_utf8_reads_back(text: str) -> None:
    if not text.startswith("\ufeff") and "charset" not in text and "encoding" not in text:
        assert decode(text.encode()).text == text
