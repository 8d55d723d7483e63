"""Sentences of the sources that can stand in an article by themselves, with what they are worth."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pipeline.checking.passages import weight
from pipeline.markup.markers import find
from pipeline.markup.sentences import sentences
from pipeline.records import Source
from pipeline.text import content_stems, fold

_TIER = {"T1": 1.0, "T2": 0.92, "T3": 0.84}
_LEANS = re.compile(  # openings that lean on a sentence before
    r"^(?:however|moreover|furthermore|therefore|thus|hence|also|additionally|in addition|nevertheless|instead|similarly|conversely|"
    r"it|its|he|she|they|their|these|those|this|that|such|here|there|both|but|and|or|so|yet|then|second|third|finally|likewise|"
    r"as (?:noted|shown|described|above)|in (?:contrast|other words|this|these|that)|for (?:example|instance|this)|by contrast|"
    r"on the other hand|"
    r"one of (?:them|these)|another|others?|the (?:former|latter|same|above|other|present|findings|results|authors|data)|"
    r"see|figure|table|fig|box|chapter|part|section)\b",
    re.I,
)
_SPEAKS = re.compile(
    r"\b(?:we|our|us|i|my|me|you|your|let's|today|click|subscribe|cookies?|"
    r"the present \w+|this (?:article|chapter|talk|paper|review|study|section|page|post))\b",
    re.I,
)
_SHORTEST, _LONGEST = 7, 42  # words


class Candidate(NamedTuple):
    """A sentence of a source, with its place and the weight of its words."""

    number: int
    order: int
    text: str
    stems: frozenset[str]
    value: float
    """How central it is, and how good its source; around 1."""

    @property
    def opening(self) -> str:
        """Return the first words, folded, to recognise definitions."""
        return fold(self.text[:80]).text


def candidates(texts: Mapping[int, str], sources: Sequence[Source]) -> list[Candidate]:
    """Return the sentences that stand by themselves, each statement once."""
    found: list[Candidate] = []
    seen: set[str] = set()
    for number, text in sorted(texts.items()):
        tier = _TIER.get(sources[number - 1].tier or "", 0.9)
        for order, (start, end) in enumerate(sentences(text)):
            sentence = " ".join(text[start:end].split())
            key = fold(sentence).text
            if stands_alone(sentence) and key not in seen:
                seen.add(key)
                found.append(Candidate(number, order, sentence, frozenset(content_stems(sentence)), tier))
    return _centred(found)


def stands_alone(sentence: str) -> bool:
    """Say whether a sentence makes sense on a page of its own."""
    count = len(sentence.split())
    return (
        _SHORTEST <= count <= _LONGEST
        and sentence[0].isupper()
        and sentence.endswith(".")
        and not _LEANS.match(sentence)
        and not _SPEAKS.search(sentence)
        and not find(sentence, plain=False)
        and not re.search(r"[|{}<>\\]|https?:|et al|\.\.\.|…|\(\w[^()]*\d{4}\)", sentence)
        and sentence.count("(") == sentence.count(")")
        and sentence.count("“") == sentence.count("”")
    )


def _centred(found: list[Candidate]) -> list[Candidate]:
    """Weigh each sentence by how much of its wording other sentences share: what many say is what the topic is about."""
    spread = Counter(stem for candidate in found for stem in candidate.stems)
    made = []
    for candidate in found:
        shared = [min(spread[stem], 12) / 12 for stem in candidate.stems]
        centre = sum(shared) / len(shared) if shared else 0.0
        made.append(candidate._replace(value=candidate.value * (0.8 + 0.5 * centre)))
    return made


def likeness(a: frozenset[str], b: frozenset[str]) -> float:
    """Return the share of the lighter sentence's weight that both hold, in [0, 1]."""
    both = sum(map(weight, a & b))
    lighter = min(sum(map(weight, a)), sum(map(weight, b)))
    return both / lighter if lighter else 0.0
