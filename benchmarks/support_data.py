"""The examples that the support model is trained on: labelled claims, pairs written for it, and a few made by rule.

usage: python -m benchmarks.support_data DATA.npz --claims FOLDER --written FOLDER

A row is a source, a claim and a label. The source is cut down to what the model reads of it, by the same code as in the
program. Where a false claim is a small edit of a true one, the words that differ are marked, for the loss on single words.
"""

from __future__ import annotations

import argparse
import difflib
import gzip
import json
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.prepared import Inputs, Prepared
from pipeline.checking import contrast
from pipeline.checking.passages import SourceText, prepared
from pipeline.checking.pieces import Encoded, encode
from pipeline.checking.support import Pair, inputs, surroundings

Spans = tuple[tuple[int, int], ...]
_WORD = re.compile(r"\S+")
_ROOM = 75, 135  # words of a source that one input may hold, least and most; WORDS of them when the model is asked
_SETTINGS = 4  # surroundings in which a written passage stands
_ELSEWHERE, _OTHERS = 0.5, 3  # share of sound claims asked of other passages too, and how many these are
_REMOVED, _SAYING = 0.4, 2  # share of sound claims asked of the rest of their passage, and the sentences that are taken out
_ONE_PLACE = frozenset({"paraphrase", "synonym_number", "near_copy", "negation"})  # kinds of claims that rest on one sentence
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
    twin: str = ""
    """The sound claim that a false one is an edit of, against the same passage."""


def rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a JSONL file, plain or gzipped."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def labelled(folder: Path, most: int) -> Iterator[Example]:
    """Yield the labelled claims that may be trained on, at most `most` of one file."""
    for path in sorted(folder.glob("*.jsonl.gz")):
        name = path.name.split(".")[0]
        if name.startswith("ab_"):
            continue
        chance = random.Random(name)
        found = rows(path)
        for row in chance.sample(found, min(most, len(found))):
            label = int(row["label"])
            passage = packed(row["claim"], prepared(row["source"]), chance)
            yield Example(passage, row["claim"], label, () if label else None, name)


def written(folder: Path) -> Iterator[Example]:
    """Yield the pairs written for this model, each passage alone or among others of its file; twins read the same.

    Some sound claims come again: against the passages of the file that are nearest to them and do not say them, and against
    their own without the sentences that say them.
    """
    for path in sorted(folder.glob("*.jsonl")):
        chance = random.Random(path.name)
        texts = rows(path)
        shelf = Shelf([text["passage"] for text in texts])
        for at, text in enumerate(texts):
            sound = [claim["claim"] for claim in text["claims"] if claim["label"]]
            near = sound + [text["passage"][start:end] for start, end in prepared(text["passage"]).spans]
            others = [other["passage"] for other in texts if other is not text]
            sources = [prepared(_among(text["passage"], others, chance)) for _ in range(_SETTINGS)]
            for claim in text["claims"]:
                said, label = claim["claim"], claim["label"]
                spans, like = ((), "") if label else edited(said, near)
                passage = packed(said, chance.choice(sources), chance)
                yield Example(passage, said, label, spans, "written", like if like in sound else "")
                if label and chance.random() < _ELSEWHERE:
                    yield Example(packed(said, shelf.nearest(said, at), chance), said, 0, None, "elsewhere")
                if label and claim["kind"] in _ONE_PLACE and chance.random() < _REMOVED:
                    yield from _removed(said, prepared(text["passage"]), chance)


class Shelf:
    """The passages of a file, read together."""

    def __init__(self, passages: Sequence[str]) -> None:
        self._passages = passages
        self._whole = prepared("\n\n".join(passages))
        ends = np.cumsum([len(passage) + 2 for passage in passages])
        self._owners = np.searchsorted(ends, [start for start, _ in self._whole.spans], side="right")

    def nearest(self, claim: str, but: int) -> SourceText:
        """Return the passages that speak most of what a claim speaks of, one of them left out."""
        ranked = dict.fromkeys(int(self._owners[index]) for index in self._whole.likely(claim)[:40])
        found = [owner for owner in ranked if owner != but][:_OTHERS]
        return prepared("\n\n".join(self._passages[owner] for owner in found))


def _removed(claim: str, source: SourceText, chance: random.Random) -> Iterator[Example]:
    """Yield a claim against its passage without the two sentences that are likeliest to say it."""
    rest = [source.sentence(index) for index in sorted(source.likely(claim)[_SAYING:])]
    if len(rest) > _SAYING:
        yield Example(packed(claim, prepared(" ".join(rest)), chance), claim, 0, None, "removed")


def _among(passage: str, others: Sequence[str], chance: random.Random) -> str:
    """Return a passage alone, or with up to three others around it."""
    texts = [passage, *chance.sample(others, min(len(others), chance.choice([0, 0, 1, 1, 2, 3])))]
    chance.shuffle(texts)
    return "\n\n".join(texts)


def packed(claim: str, source: SourceText, chance: random.Random) -> str:
    """Return what the model reads of a source: mostly scattered sentences, else one with its surroundings."""
    most = chance.randint(*_ROOM)
    ranked = source.likely(claim)
    if not ranked:
        return ""
    chosen = source.packed(claim, most) if chance.random() < 0.65 else surroundings(source, ranked[0], most)
    return " ".join(source.sentence(index) for index in chosen)


def edited(claim: str, near: Sequence[str]) -> tuple[Spans | None, str]:
    """Return the places of a claim that differ from the most similar sound sentence, and that sentence.

    The places are None where no sentence is similar or words only went.
    """
    words = list(_WORD.finditer(claim))
    ours = [word.group().strip(".,;()").lower() for word in words]
    best, places, like = 0.0, None, ""
    for other in near:
        theirs = [word.strip(".,;()").lower() for word in other.split()]
        match = difflib.SequenceMatcher(None, ours, theirs, autojunk=False)
        if match.ratio() > best:
            best, places, like = match.ratio(), match.get_opcodes(), other
    if best < _ALIKE or not places:
        return None, ""
    changed = [(words[a].start(), words[b - 1].end()) for kind, a, b, _, _ in places if kind in {"replace", "delete"}]
    return tuple(changed) or None, like


def answered(data: Path, answers: Path) -> dict[Pair, float]:
    """Return the answers that `train_support.py` wrote, for each input that the data asked about."""
    with gzip.open(data.with_suffix(".asked.gz"), "rt", encoding="utf-8") as lines:
        pairs = [Pair(*json.loads(line)[2:]) for line in lines]
    return dict(zip(pairs, np.load(answers).tolist(), strict=True))


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


class Question(NamedTuple):
    """One input of the model for one row of a set."""

    set: str
    row: int
    pair: Pair


def asked(folder: Path) -> Iterator[Question]:
    """Yield what the trained model is asked: all inputs for the claims of each development set and of the contrast set."""
    for path in sorted([*folder.glob("*.dev.jsonl.gz"), *folder.glob("*.h0.jsonl.gz")]):
        name = path.name.removesuffix(".jsonl.gz")
        if not name.startswith(("fever_dev", "conjnli", "scifact", "ab_attributedqa")):
            for index, row in enumerate(rows(path)):
                yield from (Question(name, index, Pair(text.text, row["claim"])) for text in inputs(row["claim"], prepared(row["source"])))
    for index, pair in enumerate(contrast.pairs("development")):
        yield from (Question("contrast", index, Pair(text.text, pair.claim)) for text in inputs(pair.claim, prepared(pair.source)))


def arrays(examples: Sequence[Example], questions: Sequence[Pair]) -> Prepared:
    """Return examples and questions as the model reads them; a twin becomes an example of its own against the same passage."""
    whole = list(examples)
    twins = [-1] * len(whole)
    for index, example in enumerate(examples):
        if example.twin:
            twins[index] = len(whole)
            whole.append(Example(example.passage, example.twin, 1, (), example.group))
            twins.append(-1)
    items = [encode(example.passage, example.claim) for example in whole]
    names = sorted({example.group for example in whole})
    return Prepared(
        Inputs.of(items, [_marks(item, example.spans) for item, example in zip(items, whole, strict=True)]),
        np.array([example.label for example in whole], np.int8),
        np.array([names.index(example.group) for example in whole], np.int8),
        np.array(twins, np.int32),
        names,
        Inputs.of([encode(*pair) for pair in questions]),
    )


def _marks(item: Encoded, spans: Spans | None) -> list[int]:
    """Return for each piece of a claim whether it is unsupported; nothing where that is not known."""
    return [] if spans is None else [int(any(start < b and end > a for a, b in spans)) for start, end in item.claim]


def main() -> None:
    """Write the file that `train_support.py` reads."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--claims", type=Path, required=True)
    parser.add_argument("--written", type=Path, required=True)
    parser.add_argument("--most", type=int, default=13_000, help="rows of one labelled file")
    parser.add_argument("--ruled", type=int, default=16_000, help="pairs made by rule")
    args = parser.parse_args()
    found = [*written(args.written), *labelled(args.claims, args.most)]
    found += ruled(found, args.ruled, random.Random(1))
    questions = [*asked(args.claims)]
    made = arrays(found, [question.pair for question in questions])
    made.save(args.out)
    with gzip.open(args.out.with_suffix(".asked.gz"), "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps([question.set, question.row, *question.pair]) + "\n" for question in questions)
    print(len(made.labels), "examples", made.names, len(made.asked.lengths), "questions", f"{args.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
