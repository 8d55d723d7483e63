"""Text of a transcript: WebVTT, SubRip or YouTube's json3; cues joined, tags cut, repetitions of rolling captions dropped."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pipeline.errors import SourceError
from pipeline.fetching.reading import Mark, Piece

_TIMES = re.compile(r"^\s*(?:(\d{1,3}):)?(\d{1,2}):(\d{2})[.,]\d{3}\s+-->\s+(?:\d+:)?\d{1,2}:\d{2}[.,]\d{3}")
_TAG = re.compile(r"<[^>]*>|\{\\[^}]*\}")
_SOUND = re.compile(
    r"[\[(](?:applause|laughter|laughs|music|cheering|silence|inaudible|crosstalk|background noise)[\])]|[♪♫]|^\s*>>\s*", re.IGNORECASE
)
_VOICE = re.compile(r"<v(?:\.[^ >]*)?\s+([^>]+)>")
_STEP = 5  # seconds between two time marks within a speaker's words
_PAUSE = 8  # seconds of silence that end a paragraph


class _Cue(NamedTuple):
    second: int
    speaker: str
    lines: tuple[str, ...]


def is_transcript(head: str) -> bool:
    """Say whether a text begins as a transcript that is read here."""
    return (
        head.startswith("WEBVTT")
        or bool(re.match(r"\s*1\s*\n\s*[\d:]+,\d{3}\s+-->", head))
        or bool(re.match(r'\s*\{[^<]{0,400}"events"\s*:', head))
    )


def transcript(text: str, name: str = "") -> list[Piece]:
    """Return the spoken text, a paragraph a speaker, with the time at which it was said; SourceError for broken json3.

    >>> transcript("WEBVTT\\n\\n00:01.000 --> 00:02.000\\n<v Ana>Hello\\n\\n00:02.000 --> 00:03.000\\nHello\\nthere.")[0]
    Piece(text='Hello there.', part=<Part.TEXT: 'text'>, marks=(Mark(offset=0, kind='time', label='0:01'),))
    """
    cues = _events(text, name) if text.lstrip().startswith("{") else _cues(text)
    return list(_paragraphs(cues))


def clock(second: int) -> str:
    """Return a time code.

    >>> clock(751), clock(3661)
    ('12:31', '1:01:01')
    """
    minutes, rest = divmod(second, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _cues(text: str) -> Iterator[_Cue]:
    for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n")):
        lines = block.strip().split("\n")
        at = next((index for index, line in enumerate(lines) if _TIMES.match(line)), None)
        if at is None:
            continue
        times = _TIMES.match(lines[at])
        hours, minutes, seconds = (int(part or 0) for part in times.groups()) if times else (0, 0, 0)
        voice = _VOICE.search(block)
        said = tuple(_said(line) for line in lines[at + 1 :])
        yield _Cue(3600 * hours + 60 * minutes + seconds, voice.group(1) if voice else "", said)


def _said(line: str) -> str:
    """Return the words of a line, without tags and without what is no speech."""
    return " ".join(_SOUND.sub(" ", _TAG.sub("", line)).split())


def _events(text: str, name: str) -> Iterator[_Cue]:
    """Read json3: events of segments, times in milliseconds."""
    try:
        events = json.loads(text).get("events", [])
        for event in events:
            said = "".join(str(seg.get("utf8", "")) for seg in event.get("segs", []))
            if said.strip():
                yield _Cue(int(event.get("tStartMs", 0)) // 1000, "", tuple(_said(line) for line in said.split("\n")))
    except (ValueError, AttributeError, TypeError, OverflowError):
        raise SourceError(f"{name or 'source'}: a transcript in json3 that cannot be read") from None


def _paragraphs(cues: Iterable[_Cue]) -> Iterator[Piece]:
    words: list[str] = []
    marks: list[Mark] = []
    size, speaker, last, marked = 0, "", 0, -_STEP
    for cue in cues:
        if words and ((cue.speaker and cue.speaker != speaker) or cue.second - last > _PAUSE):
            yield Piece(" ".join(words), marks=tuple(marks))
            words, marks, size, marked = [], [], 0, -_STEP
        speaker, last = cue.speaker or speaker, cue.second
        for line in cue.lines:
            if not line or line in words[-2:]:  # rolling captions show each line twice
                continue
            if cue.second - marked >= _STEP:
                marks.append(Mark(size, "time", clock(cue.second)))
                marked = cue.second
            words.append(line)
            size += len(line) + 1
    if words:
        yield Piece(" ".join(words), marks=tuple(marks))
