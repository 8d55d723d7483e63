"""Text of a WebVTT transcript: cues joined, tags cut, the repetitions of rolling captions dropped."""

from __future__ import annotations

import re

_TIMES = re.compile(r"^(?:\d+:)?\d{2}:\d{2}\.\d{3}\s+-->\s+(?:\d+:)?\d{2}:\d{2}\.\d{3}")
_TAG = re.compile(r"<[^>]*>")
_VOICE = re.compile(r"<v(?:\.[^ >]*)?\s+([^>]+)>")


def transcript_text(vtt: str) -> str:
    """Return the spoken text, a paragraph a speaker.

    >>> transcript_text("WEBVTT\\n\\n00:01.000 --> 00:02.000\\n<v Ana>Hello\\n\\n00:02.000 --> 00:03.000\\nHello\\nthere.")
    'Hello there.'
    """
    paragraphs: list[list[str]] = [[]]
    speaker = ""
    for cue in re.split(r"\n\s*\n", vtt.replace("\r\n", "\n")):
        lines = cue.strip().split("\n")
        at = next((index for index, line in enumerate(lines) if _TIMES.match(line)), None)
        if at is None:
            continue
        for line in lines[at + 1 :]:
            named = _VOICE.search(line)
            if named and named.group(1) != speaker:
                speaker = named.group(1)
                paragraphs.append([])
            said = " ".join(_TAG.sub("", line).split())
            if said and said not in paragraphs[-1][-2:]:
                paragraphs[-1].append(said)
    return "\n\n".join(" ".join(lines) for lines in paragraphs if lines)
