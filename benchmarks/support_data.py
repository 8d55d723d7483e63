"""The examples that the support model is trained on: labelled claims, pairs written for it, and a few made by rule.

A row is a source, a claim and a label. The source is cut down to what the model reads of it, by the same code as in the
program. Where a false claim is a small edit of a true one, the words that differ are marked, for the loss on single words.
"""

from __future__ import annotations

import difflib
import gzip
import json
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.checking.passages import SourceText, prepared
from pipeline.checking.support import surroundings

Spans = tuple[tuple[int, int], ...]
_WORD = re.compile(r"\S+")
_ALIKE = 0.6  # share of words in common from which one claim counts as an edit of another
_NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?![\w])")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][A-Za-z-]+(?: [A-Z][A-Za-z-]+)*")
_AUXILIARY = re.compile(r"\b(is|are|was|were|has|have|had|can|could|should|did|does|do|will|would|may|might)\b(?! (?:not|no)\b)")
_OPPOSITES = [
    tuple(pair.split("/"))
    for pair in (
        "increased/decreased increase/decrease higher/lower more/fewer rose/fell better/worse before/after first/last with/without "
        "improved/worsened greater/smaller above/below most/few all/some often/rarely always/never early/late earlier/later "
        "longer/shorter positive/negative strong/weak high/low older/younger men/women"
    ).split()
]


class Example(NamedTuple):
    """One input of the model; `spans` are the claim's unsupported places, None where they are not known."""

    passage: str
    claim: str
    label: int
    spans: Spans | None
    group: str


def rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a JSONL file, plain or gzipped."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def labelled(folder: Path, leave_out: frozenset[str], most: int = 3000) -> Iterator[Example]:
    """Yield the labelled claims that may be trained on, at most `most` of one file; `leave_out` names files by their beginning."""
    for path in sorted(folder.glob("*.jsonl.gz")):
        name = path.name.split(".")[0]
        if name.startswith("ab_") or any(path.name.startswith(out) for out in leave_out):
            continue
        chance = random.Random(name)
        found = rows(path)
        for row in chance.sample(found, min(most, len(found))):
            label = int(row["label"])
            passage = packed(row["claim"], prepared(row["source"]), chance)
            yield Example(passage, row["claim"], label, () if label else None, name)


def written(folder: Path) -> Iterator[Example]:
    """Yield the pairs written for this model, each passage alone or among others of its file."""
    for path in sorted(folder.glob("*.jsonl")):
        chance = random.Random(path.name)
        texts = rows(path)
        for text in texts:
            sound = [claim["claim"] for claim in text["claims"] if claim["label"]]
            near = sound + [text["passage"][start:end] for start, end in prepared(text["passage"]).spans]
            for claim in text["claims"]:
                source = prepared(_among(text["passage"], texts, chance))
                spans = () if claim["label"] else edited(claim["claim"], near)
                yield Example(packed(claim["claim"], source, chance), claim["claim"], claim["label"], spans, "written")


def _among(passage: str, texts: Sequence[dict[str, Any]], chance: random.Random) -> str:
    """Return a passage, in two of three cases with another before or after it."""
    other = chance.choice(texts)["passage"]
    return "\n\n".join(chance.choice([[passage], [passage, other], [other, passage]]) if other != passage else [passage])


def packed(claim: str, source: SourceText, chance: random.Random) -> str:
    """Return what the model reads of a source: mostly scattered sentences, else one with its surroundings."""
    most = chance.randint(60, 110)
    ranked = source.ranked(claim)
    if not ranked:
        return " ".join(source.sentence(index) for index in range(min(3, len(source.spans))))
    chosen = source.packed(claim, most) if chance.random() < 0.65 else surroundings(source, ranked[0], most)
    return " ".join(source.sentence(index) for index in chosen)


def edited(claim: str, near: Sequence[str]) -> Spans | None:
    """Return the places of a claim that differ from the most similar sound sentence, None where none is similar or words only went."""
    words = list(_WORD.finditer(claim))
    ours = [word.group().strip(".,;()").lower() for word in words]
    best, places = 0.0, None
    for other in near:
        theirs = [word.strip(".,;()").lower() for word in other.split()]
        match = difflib.SequenceMatcher(None, ours, theirs, autojunk=False)
        if match.ratio() > best:
            best, places = match.ratio(), match.get_opcodes()
    if best < _ALIKE or not places:
        return None
    changed = [(words[a].start(), words[b - 1].end()) for kind, a, b, _, _ in places if kind in {"replace", "delete"}]
    return tuple(changed) or None


def ruled(examples: Sequence[Example], count: int, chance: random.Random) -> Iterator[Example]:
    """Yield verbatim sentences, sound claims and rule-made corruptions of both, in equal parts."""
    sound = [example for example in examples if example.label]
    for _ in range(count):
        example = chance.choice(sound)
        source = prepared(example.passage)
        claim = example.claim
        if chance.random() < 0.6:
            claim = source.sentence(chance.randrange(len(source.spans))) if source.spans else ""
            if not 6 <= len(claim.split()) <= 45:
                continue
            yield Example(example.passage, claim, 1, (), "ruled")
        made = corrupted(claim, example.passage, chance)
        if made:
            yield Example(example.passage, made[0], 0, made[1], "ruled")
        elif len(source.spans) > 2:
            gone = source.ranked(claim)[:1]
            rest = [source.sentence(index) for index in range(len(source.spans)) if index not in gone]
            yield Example(" ".join(rest), claim, 0, None, "ruled")


def corrupted(claim: str, passage: str, chance: random.Random) -> tuple[str, Spans] | None:
    """Return a claim with one place made wrong, and that place."""
    kinds = [_number, _negation, _opposite, _name]
    chance.shuffle(kinds)
    for kind in kinds:
        made = kind(claim, passage, chance)
        if made:
            (start, end), word = made
            return claim[:start] + word + claim[end:], ((start, start + len(word)),)
    return None


Change = tuple[tuple[int, int], str]


def _number(claim: str, passage: str, chance: random.Random) -> Change | None:
    found = list(_NUMBER.finditer(claim))
    if not found:
        return None
    place = chance.choice(found)
    others = [other for other in _NUMBER.findall(passage) if other != place.group() and other not in claim]
    digits = list(place.group())
    at = chance.choice([index for index, digit in enumerate(digits) if digit.isdigit()])
    digits[at] = chance.choice([digit for digit in "123456789" if digit != digits[at]])
    word = chance.choice(others) if others and chance.random() < 0.5 else "".join(digits)
    return place.span(), word


def _negation(claim: str, passage: str, chance: random.Random) -> Change | None:
    found = list(_AUXILIARY.finditer(claim))
    if " not " in claim:
        at = claim.index(" not ")
        return (at, at + 5), " "
    if not found:
        return None
    place = chance.choice(found)
    return place.span(), f"{place.group()} {chance.choice(['not', 'never', 'no longer', 'not'])}"


def _opposite(claim: str, passage: str, chance: random.Random) -> Change | None:
    options = [
        (found.span(), other) for pair in _OPPOSITES for word, other in (pair, pair[::-1]) if (found := re.search(rf"\b{word}\b", claim))
    ]
    return chance.choice(options) if options else None


def _name(claim: str, passage: str, chance: random.Random) -> Change | None:
    ours = list(_NAME.finditer(claim))
    others = [name for name in _NAME.findall(passage) if name not in claim]
    return (chance.choice(ours).span(), chance.choice(others)) if ours and others else None
