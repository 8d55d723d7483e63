"""Orders in a source: sentences that speak to a machine, to a writer or to a checker, and not to a reader. They are no evidence.

Two layers tell them: expressions for what has a form of its own (fake closings, turns, verdicts, mark-up), and the networks of `screen`
for what is said in ordinary words. What is recognised is cut out of the evidence with the two sentences after it, so that no writer and
no judge sees it; what is not is left to the layers behind.
"""

from __future__ import annotations

import bisect
import functools
import re
import unicodedata
from collections.abc import Sequence
from importlib.resources import files

from pipeline.checking.screen import screen
from pipeline.checking.wording import LOOKALIKE
from pipeline.markup.sentences import sentences

_DISGUISED = 2  # words of mixed letters; a single one is a slip of whoever typed it
_WIDE = re.compile("[\uff21-\uff3a\uff41-\uff5a]{2,}")
_AFTER = 2  # sentences behind an order that belong to it: what is to be written often follows


def _read() -> re.Pattern[str]:
    """Return the expressions of `orders.txt` as one."""
    words: dict[str, str] = {}
    found = []
    for line in files("pipeline.checking").joinpath("orders.txt").read_text(encoding="utf-8").splitlines():
        if match := re.match(r"<(\w+)> = (.*)", line):
            words[match[1]] = f"(?:{match[2]})"
        elif line and not line.startswith("#"):
            found.append(re.sub(r"<([A-Z]{2,})>", lambda name: words.get(name[1], name[0]), line))
    return re.compile("|".join(found), re.I | re.M)


_FORMS = _read()


@functools.lru_cache(maxsize=64)
def orders(text: str) -> tuple[tuple[int, int], ...]:
    """Return the spans of a text that are orders, each with what follows it; in order, without overlap."""
    spans = sentences(text)
    cut: list[tuple[int, int]] = []
    for index in sorted(_told(text, spans)):
        last = index
        while last < min(index + _AFTER, len(spans) - 1) and "\n\n" not in text[spans[last][1] : spans[last + 1][0]]:
            last += 1
        start, end = spans[index][0], spans[last][1]
        if cut and start <= cut[-1][1]:
            cut[-1] = (cut[-1][0], max(end, cut[-1][1]))
        else:
            cut.append((start, end))
    return tuple(cut)


def _told(text: str, spans: Sequence[tuple[int, int]]) -> set[int]:
    """Return which sentences are orders."""
    said = [text[start:end] for start, end in spans]
    plain = [unicodedata.normalize("NFKC", sentence) for sentence in said]
    networks = screen()
    hit = {index for index, score in enumerate(networks.scores(plain)) if score > networks.threshold}
    hit |= {index for index, sentence in enumerate(said) if of_a_form(sentence)}
    # An order that is split by what looks like the end of a sentence is found where it begins.
    ends = [end for _, end in spans]
    for match in _FORMS.finditer(text):
        index = bisect.bisect_right(ends, match.start())
        while index < len(spans) and spans[index][0] < match.end():
            hit.add(index)
            index += 1
    return hit


def of_a_form(sentence: str) -> bool:
    """Say whether a sentence has the form of an order, or is written so that only a machine would read it."""
    plain = unicodedata.normalize("NFKC", sentence)
    return bool(_FORMS.search(plain)) or len(LOOKALIKE.findall(plain)) >= _DISGUISED or len(_WIDE.findall(sentence)) >= _DISGUISED
