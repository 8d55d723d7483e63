"""Orders in a source: sentences that speak to a machine, to a writer or to a checker, and not to a reader. They are no evidence.

What is recognised is cut out of the evidence with the two sentences after it, so that no writer and no judge sees it; what is not is left
to the layers behind. Text that people read seldom speaks so: 13 of 115,640 sentences of the development data do, and none of the pages.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from importlib.resources import files
from typing import NamedTuple

from pipeline.checking.wording import LOOKALIKE
from pipeline.markup.sentences import sentences

_DISGUISED = 2  # words of mixed letters; a single one is a slip of whoever typed it
_WIDE = re.compile("[\uff21-\uff3a\uff41-\uff5a]{2,}")
_AFTER = 2  # sentences behind an order that belong to it: what is to be written often follows


class _Rules(NamedTuple):
    """What is an order by itself, and the pairs of expressions that are one together in a sentence."""

    alone: re.Pattern[str]
    together: list[tuple[re.Pattern[str], re.Pattern[str]]]

    def match(self, sentence: str) -> bool:
        """Say whether a sentence is an order."""
        return bool(self.alone.search(sentence)) or any(a.search(sentence) and b.search(sentence) for a, b in self.together)


def _read() -> _Rules:
    """Return the expressions of `orders.txt`."""
    words: dict[str, str] = {}
    alone, together = [], []
    for line in files("pipeline.checking").joinpath("orders.txt").read_text(encoding="utf-8").splitlines():
        if match := re.match(r"<(\w+)> = (.*)", line):
            words[match[1]] = f"(?:{match[2]})"
        elif line and not line.startswith("#"):
            filled = re.sub(r"<([A-Z]{2,})>", lambda name: words.get(name[1], name[0]), line)
            first, _, second = filled.partition(" && ")
            if second:
                together.append((re.compile(first, re.I), re.compile(second, re.I)))
            else:
                alone.append(first)
    return _Rules(re.compile("|".join(alone), re.I | re.M), together)


_RULES = _read()


@functools.lru_cache(maxsize=64)
def orders(text: str) -> tuple[tuple[int, int], ...]:
    """Return the spans of a text that are orders, each with what follows it; in order, without overlap."""
    spans = sentences(text)
    hit = {index for index, (start, end) in enumerate(spans) if _speaks(text[start:end])}
    # An order that is split by what looks like the end of a sentence is found where it begins.
    for match in _RULES.alone.finditer(text):
        hit.update(index for index, (start, end) in enumerate(spans) if start < match.end() and match.start() < end)
    cut: list[tuple[int, int]] = []
    for index in sorted(hit):
        last = index
        while last < min(index + _AFTER, len(spans) - 1) and "\n\n" not in text[spans[last][1] : spans[last + 1][0]]:
            last += 1
        start, end = spans[index][0], spans[last][1]
        if cut and start <= cut[-1][1]:
            cut[-1] = (cut[-1][0], max(end, cut[-1][1]))
        else:
            cut.append((start, end))
    return tuple(cut)


def _speaks(sentence: str) -> bool:
    """Say whether a sentence is an order, or written so that only a machine would read it as one."""
    plain = unicodedata.normalize("NFKC", sentence)
    return _RULES.match(plain) or len(LOOKALIKE.findall(plain)) >= _DISGUISED or len(_WIDE.findall(sentence)) >= _DISGUISED
