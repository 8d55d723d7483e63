"""Sentences that are no evidence as they stand: they speak to the checker, report a falsehood, hide letters, or are not English."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from pipeline.records import Conflict

_TOLD = re.compile(
    r"\b(?:the )?(?:following|above|next|below|this|these)(?: \w+)? (?:is|are|was|were) (?:all |completely |definitely )?"
    r"(?:true|correct|supported|verified|accurate|factual|confirmed)\b|"
    r"\b(?:claims?|statements?|sentences?|citations?) (?:below|above|that follows?|is|are) (?:true|correct|supported|verified)\b|"
    r"\b(?:ignore|disregard|forget) (?:all |any |the )?(?:previous|prior|above|earlier|other)\b|"
    r"\bas (?:an? )?(?:ai|language model|(?:ai |helpful )assistant|verifier|fact[- ]checker)\b|"
    r"\bthis (?:source|page|article|document) (?:fully )?(?:supports|confirms|verifies)\b|"
    r"\b(?:mark|label|rate|treat|consider) (?:it|this|them|the (?:claim|citation|sentence)) (?:as )?(?:supported|true|verified)\b",
    re.I,
)
_DENIED = re.compile(
    r"\b(?:myths?|misconceptions?|fallac(?:y|ies)|falsely|wrongly|mistakenly|erroneously|incorrect(?:ly)?|untrue|debunked|"
    r"disproved|disproven|refuted|contrary to|retracted|fabricated|hoax|(?:is|are|was|were|proved|proven) false|"
    r"false (?:that|claims?|statements?|belief)|no evidence|little evidence|not the case|it is not true|"
    r"(?:would|could|might) have|hypothetically|if only)\b",
    re.I,
)
_SAYS = re.compile(
    r"\b(?:find(?:s|ings?)?|found|show(?:s|ed|n|ing)?|suggest\w*|report(?:s|ed|ing)?|demonstrat\w+|indicat\w+|conclu\w+|confirm\w*|reveal\w*|"
    r"observ\w+|establish\w*|evidence|know[ns]?|results?|recogni[sz]\w+|agree[sd]?|accepted|clear|likely|estimat\w+|recommend\w*|advise[sd]|"
    r"state[sd]|says|said|noted|means?|meant|fact|impl(?:y|ies|ied)|argue[sd]|prove[sdn]?|determined|calculated|learn(?:ed|t)|saw|seen|note|"
    r"(?:take-home|key|main|plain)[ -]\w+)\b",
    re.I,
)
"""What brings in a sentence that a source itself says."""
_BRINGS_IN = re.compile(r"(?:[:“\"‘«]|\bthat)\W*$", re.I)
_FRAME = 4  # words before a sentence that is brought in; fewer are the heading of a paragraph
_HIDDEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_FOREIGN = "[\u0400-\u052f\u0531-\u058f\u13a0-\u13ff]"  # Cyrillic, Armenian, Cherokee
_GREEK = "[οινρυκτηχ]"  # those that look Latin; other Greek letters are common in names of substances
LOOKALIKE = re.compile(rf"[a-z]{_FOREIGN}|{_FOREIGN}[a-z]|[a-z](?!κB){_GREEK}|(?!κB){_GREEK}[a-z]", re.I)  # NF-κB is a name
"""Letters of two scripts in one word."""
_LETTERS = re.compile(r"[^\W\d_]+")
_LATIN = re.compile("[a-z\u00c0-\u024f]", re.I)
_ENGLISH = frozenset(
    (
        "the of and to in is was are were for with that by from as at be this these it its on or not have has had which than more an "
        "a their they who after between during when but no all into can may might will would should been other we our also such only "
        "each both"
    ).split()
)
_OTHER = frozenset(
    (
        "der das und nicht ist ein eine mit den dem für auf von zu sich auch bei wird werden nach über wurde oder kein keine le les des "
        "et est une dans pour qui par sur pas ne plus avec sont du au aux la el los las que del una por con para se su es il lo gli che "
        "di nel della per sono non het een van niet met zijn en ook som til av för och inte att om os do da em não uma mais são é y e"
    ).split()
)
_SAME = 4  # content words; shorter sentences may well be alike
_FEW = 8  # words; fewer may hold no function word in English either


def denied(sentence: str, claim: str) -> list[Conflict]:
    """Return the words by which a sentence reports what it says as false or as not so; none where the claim does so too."""
    cue = _DENIED.search(sentence)
    return [Conflict(kind="framed", claim="", source=cue.group())] if cue and not _DENIED.search(claim) else []


def mentioned(sentence: str, claim: str) -> list[Conflict]:
    """Return what a claim stands behind that a sentence only mentions, word for word: in quotation marks, after a colon or `that`.

    Use and mention: who writes "tell them that it cures" does not say that it cures. What reports a finding brings in what it says.
    """
    frame, found, _ = sentence.lower().partition(claim.lower().rstrip(" ."))
    if not found or len(frame.split()) < _FRAME or not _BRINGS_IN.search(frame) or _SAYS.search(frame):
        return []
    return [Conflict(kind="framed", claim="", source=sentence[: len(frame)].strip())]


def vouched(sentence: str, before: str) -> list[Conflict]:
    """Return the words by which a sentence, or the one before it, tells the checker that something is true."""
    told = _TOLD.search(sentence) or _TOLD.search(before)
    return [Conflict(kind="framed", claim="", source=told.group())] if told else []


def oddities(sentence: str, before: str) -> list[Conflict]:
    """Return why a sentence cannot carry any claim; `before` is the sentence before it."""
    found = vouched(sentence, before)
    hidden = _HIDDEN.search(sentence) or LOOKALIKE.search(sentence)
    if hidden:
        found.append(Conflict(kind="letters", claim="", source=f"U+{ord(max(hidden.group())):04X}"))
    if not is_english(sentence):
        found.append(Conflict(kind="language", claim="", source="not English"))
    return found


def stuffed(sentences: Sequence[frozenset[str]]) -> list[Conflict]:
    """Return a conflict where three sentences of a passage, given as stems, say the same words: a list of keywords."""
    pairs = [(a, b) for a, b in itertools.combinations(sentences, 2) if len(a) >= _SAME and len(a & b) >= 0.8 * len(a | b)]
    return [Conflict(kind="framed", claim="", source="the same words again and again")] if len(pairs) >= 2 else []


def is_english(text: str) -> bool:
    """Say whether a text reads as English, by its function words; a few words without any are taken for English.

    >>> is_english("Singen verbessert die Lungenfunktion nicht."), is_english("Singing does not improve it."), is_english("Mean age, years")
    (False, True, True)
    """
    words = [word.lower() for word in _LETTERS.findall(text)]
    letters = "".join(words)
    if letters and 2 * len(_LATIN.findall(letters)) < len(letters):
        return False
    ours = sum(word in _ENGLISH for word in words)
    theirs = sum(word in _OTHER for word in words)
    return ours >= theirs if ours or theirs else len(words) < _FEW
