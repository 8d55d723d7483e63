"""Doubts about a reworded claim: where it and the likeliest sentence differ in a way that their words alone do not settle.

A doubt is no conflict of facts: a judge or a person may settle it. The support model may not, for these are the places where it errs
most: of sound and turned claims it says much the same.
"""

from __future__ import annotations

import re

from pipeline.records import Conflict

_EVERY = re.compile(
    r"(?<!\bin )(?<!\bnot )(?<!\bat )(?<!\bafter )(?<!\bof )(?<!\babove )\b(?:every|each|all(?! but\b| the same\b)|always|everyone|"
    r"everybody|whoever|anyone|anybody|whenever|invariably|without exception)\b",
    re.I,
)
_WHOLE = re.compile(
    r"\b(?:every|each|all|always|everyone|everybody|everything|whoever|anyone|anybody|any|whenever|invariably|entire(?:ly)?|whole|none|no|"
    r"never|nobody|nothing|without|universal(?:ly)?|both|neither|throughout|100 ?%)\b",
    re.I,
)
_NEGATIVE = re.compile(
    r"\b(?:not|no|never|none|neither|nor|without|cannot|\w+n['’]t|nobody|nothing|nowhere|lack\w*|fail\w*|absen\w+|refus\w+|declin\w+|unable|"
    r"rather than|instead|hardly|scarcely|barely|seldom|rarely|few|little|unknown|unclear|uncertain\w*|unproven|unlikely|unaware|"
    r"unnecessary|impossible|stop\w*|ceas\w+|avoid\w*|prevent\w*|exclud\w+|reject\w+|den(?:y|ied|ies)|forb\w+|prohibit\w*|ban(?:s|ned|ning)?|"
    r"bar(?:red|s)|free of|free from|spar(?:e|ed|ing)|except\w*|apart from|unless|only|left out|miss(?:es|ed|ing)?|omit\w*|vanish\w*|"
    r"disappear\w*|lost|gone|false\w*|wrong\w*|negligible|insufficient|too (?:few|small|little|short)|un\w{4,}ed|dis\w{4,}|"
    r"in(?:effective|complete|conclusive|distinguishable|significant|capable|valid)|non-?\w*|against|contrary|despite|zero|minus|empty|"
    r"same|equal\w*|similar\w*|alike|identical\w*|chance|fluke)\b",
    re.I,
)  # said of what is not so, and of what does not differ, which English puts either way


def doubts(claim: str, likeliest: str, beside: str, coverage: float) -> list[Conflict]:
    """Return why a model's word is not enough.

    `likeliest` is the sentence that speaks most of the claim, `beside` the first two; `coverage` is what the source's best passage
    has of the claim's words. A claim that shares none with the source may be of another subject altogether.
    """
    unshared = [] if coverage else [Conflict(kind="words_unshared", claim="", source="")]
    return [*unshared, *_turned(claim, likeliest), *_generalised(claim, beside)]


def _turned(claim: str, likeliest: str) -> list[Conflict]:
    """Return the word by which one of the two speaks of what is not so, where the other has none."""
    ours, theirs = _NEGATIVE.search(claim), _NEGATIVE.search(likeliest)
    if bool(ours) == bool(theirs):
        return []
    return [Conflict(kind="negation_unclear", claim=ours.group() if ours else "", source=theirs.group() if theirs else "")]


def _generalised(claim: str, beside: str) -> list[Conflict]:
    """Return the word by which a claim speaks of all, where the sentences beside it, however worded, speak of no whole."""
    cue = _EVERY.search(claim)
    return [Conflict(kind="quantifier_unclear", claim=cue.group(), source="")] if cue and not _WHOLE.search(beside) else []
