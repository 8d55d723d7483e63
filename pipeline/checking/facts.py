"""Facts compared word by word: what a sentence says otherwise than the passage aligned with it.

Hard conflicts (number, unit, negation, direction) contradict; soft ones (hedge, quantifier, causality, a limit left out) overstate;
the others (number_missing, name_missing, negation_unclear) leave it open. All forbid `supported`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

from pipeline.records import Conflict
from pipeline.text import is_stop, stem, words

HARD = frozenset({"number", "unit", "negation", "direction"})
SOFT = frozenset({"hedge", "quantifier", "causality", "limit"})

_NEGATOR = re.compile(
    r"\b(?:not(?! (?:only|just|merely|simply))|no(?! (?:longer|more) than)|never|none|neither|nor|without|cannot|\w+n['’]t|"
    r"lack(?:s|ed|ing)?(?: of)?|fail(?:s|ed|ing)? to|absence of|yet to|refus(?:e|es|ed|ing) to|"
    r"declin(?:e|es|ed|ing) to|turned down|unable to|rather than|instead of|far from|ceased to|opposed to|against)\b",
    re.I,
)
_HEDGE = re.compile(
    r"\b(?:may|might|could|perhaps|possibly|probably|potentially|apparently|likely|suggest(?:s|ed|ing)?|appear(?:s|ed)?|seem(?:s|ed)?|"
    r"tend(?:s|ed)?|preliminary|tentative(?:ly)?|thought to|believed to|hypothesi[sz]ed)\b",
    re.I,
)  # fmt: skip
_LIGHT = frozenset({"becom", "get", "make", "take", "seem", "remain", "know", "happen", "occur", "appear"})
_CORRELATES = re.compile(r"\b(?:associat\w+|correlat\w+|linked|predict(?:s|ed)?|related to|relationship)\b", re.I)
_CAUSES = re.compile(
    r"\b(?:caus(?:es?|ed|ing)|leads? to|led to|results? in|resulted in|produc(?:es?|ed)|prevent(?:s|ed)?|makes?|made|reduc(?:es?|ed)|"
    r"improv(?:es?|ed)|increas(?:es?|ed)|decreas(?:es?|ed)|rais(?:es?|ed)|lower(?:s|ed)|because of)\b",
    re.I,
)  # fmt: skip
_CLAUSE_END = re.compile(r"[,;:.!?()—–]|\b(?:but|although|while|whereas|because|which|and)\b", re.I)
_NAME = re.compile(r"(?<![.!?:\"“] )(?<!^)\b(?:[A-Z][a-z]+(?:[A-Z][a-z]+)*|[A-Z]{2,}[A-Za-z0-9-]*)\b")

_OPPOSITES = (
    (
        "increase increased increasing increases rise rises rose risen rising grow grew "
        "grown higher more greater elevated gain gained raise raised climbed larger",
        "decrease decreased decreasing decreases fall falls fell fallen falling decline declined lower "
        "lowered less fewer reduce reduced reduction reducing drop dropped diminish diminished smaller",
    ),
    (
        "improve improved improvement better enhance "
        "enhanced strengthen strengthened beneficial benefit benefits",
        "worsen worsened worse impair impaired deteriorate "
        "deteriorated weaken weakened harmful harm harms",
    ),
    ("protective protects protect", "risk risky"),
    ("before", "after"),
    ("positive positively", "negative negatively"),
    ("above", "below"),
    ("older oldest", "younger youngest"),
    ("longer longest", "shorter shortest"),
    ("early earlier", "late later"),
    ("faster quicker", "slower"),
    ("stronger strong strongest", "weaker weak weakest"),
    ("high highest", "low lowest"),
    ("includes include included", "excludes exclude excluded"),
    ("majority", "minority"),
    ("effective", "ineffective"),
    ("safe", "unsafe dangerous"),
    ("likely", "unlikely"),
    ("women woman", "men man"),
    ("begin began start started", "end ended stop stopped"),
    ("same similar", "different"),
    ("easier easy", "harder difficult"),
    ("common", "rare"),
    ("always", "never"),
    ("supports supported", "undermines undermined"),
    ("present presence", "absent absence"),
    ("allow allows permit permits", "forbid forbids prohibit prohibits"),
    ("inside within", "outside"),
    ("first", "last"),
)  # fmt: skip
_AMOUNTS = {
    "none": 0,
    "few": 1,
    "some": 2,
    "several": 2,
    "many": 3,
    "most": 4,
    "all": 5,
    "every": 5,
    "each": 5,
    "always": 5,
}


def conflicts(claim: str, passage: str) -> tuple[Conflict, ...]:
    """Return the words by which `claim` says something else than `passage`, hard conflicts first; quantities are compared in `numbers`."""
    found = [
        *_negation(claim, passage),
        *_direction(claim, passage),
        *_hedge(claim, passage),
        *_quantifier(claim, passage),
        *_causality(claim, passage),
    ]
    return tuple(sorted(found, key=lambda conflict: conflict.kind not in HARD))


def _stems(text: str) -> list[str]:
    """Return content stems, of hyphenated words part by part, in order."""
    return [word.stem for word in words(text) if not is_stop(text[word.start : word.end].lower())]


def _after(text: str, cue: re.Match[str], most: int) -> list[str]:
    """Return the first content stems that follow a cue within its clause."""
    rest = text[cue.end() :]
    end = _CLAUSE_END.search(rest)
    return _stems(rest[: end.start()] if end else rest)[:most]


def _written(text: str, stems: Iterable[str]) -> str:
    """Return the words of a text that have these stems, as they stand there, each once."""
    wanted = set(stems)
    found = [text[word.start : word.end] for word in words(text) if word.stem in wanted]
    return " ".join(dict.fromkeys(found))


def _share(part: Iterable[str], whole: frozenset[str]) -> float:
    part = list(part)
    return sum(item in whole for item in part) / len(part) if part else 0.0


def _negated(text: str, most: int) -> list[tuple[str, list[str]]]:
    """Return each negator of a text with the first content stems in its scope."""
    return [(cue.group(), _after(text, cue, most)) for cue in _NEGATOR.finditer(text)]


def _negation(claim: str, passage: str) -> list[Conflict]:
    found = _one_sided(claim, passage)
    reverse = _one_sided(passage, claim)
    found += [Conflict(kind="negation", claim=item.source, source=item.claim) for item in reverse]
    return found[:1] or _unclear(claim, passage) or _unclear(passage, claim)


def _unclear(here: str, there: str) -> list[Conflict]:
    """Return a negation here that touches words which stand there without one; too little to contradict, too much to support."""
    stems = frozenset(_stems(there))
    denied = frozenset(item for _, scope in _negated(there, 6) for item in scope)
    for cue, scope in _negated(here, 3):
        touched = [item for item in scope if item in stems and item not in denied]
        if touched:
            return [Conflict(kind="negation_unclear", claim=cue, source=_written(there, touched))]
    return []


def _one_sided(here: str, there: str) -> list[Conflict]:
    """Return what is negated here and stands there without negation."""
    stems = frozenset(_stems(there))
    denied = frozenset(item for _, scope in _negated(there, 6) for item in scope)
    found = []
    for cue, scope in _negated(here, 3):
        while len(scope) > 1 and scope[0] in _LIGHT:
            scope = scope[1:]
        shared = [item for item in scope if item in stems]
        # The word next to the negator is what it denies; the others only tell whether the same thing is meant.
        if scope and scope[0] in stems and len(shared) >= 0.6 * len(scope) and _share(shared, denied) < 0.5:
            found.append(Conflict(kind="negation", claim=f"{cue} … {_written(here, scope)}", source=_written(there, shared)))
    return found


@functools.cache
def _sides() -> tuple[tuple[frozenset[str], frozenset[str]], ...]:
    return tuple((frozenset(map(stem, a.split())), frozenset(map(stem, b.split()))) for a, b in _OPPOSITES)


def _direction(claim: str, passage: str) -> list[Conflict]:
    ours, theirs = (frozenset(word.stem for word in words(text)) for text in (claim, passage))
    found = []
    for pair in _sides():
        for one, other in (pair, pair[::-1]):
            said, read = ours & one, theirs & other
            swapped = said and read and not ours & other and not theirs & one
            # A word that both texts share is no swap: `reduced the risk` against `reduced the risk of harm`.
            if swapped and not said & theirs:
                found.append(Conflict(kind="direction", claim=_written(claim, said), source=_written(passage, read)))
    return found or _crossed(claim, passage)


def _crossed(claim: str, passage: str) -> list[Conflict]:
    """Find one of several direction words exchanged: the claim lacks what the passage says of the same neighbours."""
    found = []
    for one, other in (side for pair in _sides() for side in (pair, pair[::-1])):
        for at, near in _near(claim, one):
            same = max((len(near & about) for _, about in _near(passage, one)), default=0)
            opposed = max(((len(near & about), word) for word, about in _near(passage, other)), default=(0, ""))
            if opposed[0] >= 2 and opposed[0] > same:
                found.append(Conflict(kind="direction", claim=at, source=opposed[1]))
    return found[:1]


def _near(text: str, side: frozenset[str]) -> list[tuple[str, frozenset[str]]]:
    """Return each direction word of one side with the content stems of up to four words around it."""
    all_words = _read(text)
    found = []
    for index, (written, root) in enumerate(all_words):
        if root in side:
            around = all_words[max(0, index - 4) : index] + all_words[index + 1 : index + 5]
            found.append((written, frozenset(item for word, item in around if not is_stop(word.lower()))))
    return found


@functools.lru_cache(maxsize=256)
def _read(text: str) -> tuple[tuple[str, str], ...]:
    """Return each word of a text with its stem; every pair of opposites asks for them."""
    return tuple((text[word.start : word.end], word.stem) for word in words(text))


def _hedge(claim: str, passage: str) -> list[Conflict]:
    if _HEDGE.search(claim):
        return []
    stems = frozenset(_stems(claim))
    for cue in _HEDGE.finditer(passage):
        scope = _after(passage, cue, 6)
        if scope and _share(scope, stems) >= 0.5:
            return [Conflict(kind="hedge", claim="", source=cue.group())]
    return []


def _quantifier(claim: str, passage: str) -> list[Conflict]:
    theirs = dict(_amounts(passage))
    for noun, word in _amounts(claim):
        rank = _AMOUNTS[word]
        other = theirs.get(noun)
        if other and _AMOUNTS[other] != rank:
            return [Conflict(kind="quantifier", claim=word, source=other)]
        if not other and rank == 5 and not re.search(rf"\b{word}\b", passage, re.I) and noun in _stems(passage):
            return [Conflict(kind="quantifier", claim=word, source="")]
    return []


def _amounts(text: str) -> list[tuple[str, str]]:
    """Return the noun that each quantifier counts, with the quantifier."""
    cues = re.finditer(r"\b(" + "|".join(_AMOUNTS) + r")\b(?: of)?(?: the| these)?", text, re.I)
    return [(scope[0], cue.group(1).lower()) for cue in cues if (scope := _after(text, cue, 1))]


def _causality(claim: str, passage: str) -> list[Conflict]:
    cause, correlate = _CAUSES.search(claim), _CORRELATES.search(passage)
    if not cause or not correlate or _CORRELATES.search(claim) or _CAUSES.search(passage):
        return []
    return [Conflict(kind="causality", claim=cause.group(), source=correlate.group())]


def names_missing(claim: str, passage: str) -> list[Conflict]:
    """Report proper names of the claim, its first word apart, that the passage does not hold."""
    present = frozenset(word.stem for word in words(passage))
    names = [match.group() for match in _NAME.finditer(claim)]
    lost = [name for name in names if not all(word.stem in present for word in words(name))]
    return [Conflict(kind="name_missing", claim=", ".join(dict.fromkeys(lost)), source="")] if lost else []
