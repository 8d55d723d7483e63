"""Words broken at a line's end, joined as the document itself writes them."""

from __future__ import annotations

import re
from collections import Counter

from pipeline.fetching.pdf.lines import BREAK, Line

_ADDRESS = re.compile(r"(?:https?://|www\.|\b10\.\d{4,9}/)[^\s<>\"]*[./_=&?]$|\b(?:https?://|www\.)$")
_UNSPACED = re.compile("[\u3001-\u30ff\u3400-\u9fff\uff01-\uff60]")  # Chinese and Japanese put no spaces between words
_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_TAIL = re.compile(r"(?:(?:[^\W_]+-)*)([^\W_]+)$")
_HEAD = re.compile(r"([^\W_]+)((?:-[^\W_]+)*)")
# Second parts that are rarely the tail of a longer word, and first parts that are rarely a word of their own before such a tail.
_SECONDS = frozenset(
    "associated based containing controlled dependent derived driven enabled fused induced labeled labelled like linked mediated negative "
    "positive related resistant sensitive specific stimulating treated".split()
)
_SOLID = frozenset(
    "after anti back down every extra for fore further hence here hyper infra inter intra macro mean meta micro more multi never not out "
    "over para per photo pro some super the there through trans ultra under where with".split()
)
_NUMBERS = frozenset("two three four five six seven eight nine twenty thirty forty fifty sixty seventy eighty ninety".split())
_NUMBER_TAILS = frozenset("teen teens teenth ty ties tieth fold some times".split())


class Words:
    """How the document itself writes its words."""

    def __init__(self, lines: list[Line]) -> None:
        """Count the words and compounds, without the parts of words broken at a line's end."""
        self.seen: Counter[str] = Counter()
        self.firsts: set[str] = set()
        broken = False
        for line in lines:
            words = _WORD.findall(line.text.lower())
            was, broken = broken, line.text.endswith((BREAK, "-", "\u00ad"))
            self.seen.update(words[was : -1 if broken else None])
        for compound in [word for word in self.seen if "-" in word]:
            parts = compound.split("-")
            self.firsts.update(parts[:-1])
            for part in parts:
                self.seen[part] += 1

    def joint(self, before: str, after: str) -> str:
        """Return what stands between two lines: nothing, a hyphen (the first line has lost its own) or a space."""
        mark = before[-1]
        if mark == "\u00ad":
            return ""
        left, right = _TAIL.search(before[-80:-1]), _HEAD.match(after)
        if not left or not right:
            return "-"
        if right.group() in {"and", "or", "to", "und", "oder"}:
            return "- "
        chained = left.group() != left.group(1) or right.group(2) != ""
        return "-" if mark == "-" or self._is_compound(left.group(1), right.group(1), chained) else ""

    def _is_compound(self, left: str, right: str, chained: bool) -> bool:
        first, second = left.lower(), right.lower()
        apart, joined = self.seen[f"{first}-{second}"], self.seen[first + second]
        if apart != joined:
            return apart > joined
        if not right[0].islower() or len(left) == 1 or not left[-1].islower() or re.search("[A-Z]{2}", left):
            return True
        if first in {"self", "well"} or (first in _NUMBERS and second not in _NUMBER_TAILS):
            return True
        if self.seen[second] and (first in self.firsts or first in {"non", "low", "long", "cross"} or (chained and self.seen[first])):
            return True
        if len(first) < 3 or len(second) < 4 or first in _SOLID:
            return False
        return (second in _SECONDS and len(first) > 3) or (self.seen[first] > 0 and self.seen[second] > 0)


def appended(text: str, after: str, words: Words) -> str:
    """Return the text with what joins it to the next line: a slash or dash set close stays close."""
    if text.endswith((BREAK, "\u00ad")) or (text.endswith("-") and not text.endswith((" -", "--"))):
        return text[:-1] + words.joint(text, after)
    tight = text.endswith(("/", "\u2013", "\u2014")) and text[-2:-1].strip() and not after.startswith(text[-1])
    address = _ADDRESS.search(text[-200:]) and after[0].isalnum() and not after[0].isupper()
    opened = after.startswith("\u2014") and after[1:2].strip()
    return text if tight or address or opened or (_UNSPACED.match(text[-1]) and _UNSPACED.match(after)) else text + " "
