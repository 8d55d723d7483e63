"""Find the sentences of a long source that speak of a claim, and print how often they are among the first, beside plain methods.

usage: python benchmarks/retrieval.py FILE.jsonl[.gz]...    rows of claim, label and source, the source being the gold sentences alone;
                                                            or rows of passage and claims, as in benchmarks/training

For each supported claim a source of about 120 sentences is made: its gold sentences, side by side, among those of other rows of the
same file. hit@k: a gold sentence is among the first k; full@10: all of them are among the first ten (of written passages, which hold
much besides, not counted). `--limit N` claims a file, 300.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.support_data import rows
from pipeline.checking.passages import SourceText, weight
from pipeline.text import content_stems

_SENTENCES = 120


class Question(NamedTuple):
    """A claim, a source, and which of the source's sentences answer it."""

    claim: str
    text: str
    gold: frozenset[int]


Rank = Callable[[str, SourceText], list[int]]


def ours(claim: str, source: SourceText) -> list[int]:
    """BM25 with neighbours, as the checker does it."""
    return source.ranked(claim)


def reworded(claim: str, source: SourceText) -> list[int]:
    """Words that mean nearly the same, and a little BM25: what the support model reads is chosen so."""
    return source.likely(claim)


def plain(claim: str, source: SourceText) -> list[int]:
    """BM25 alone."""
    score = source.bm25(dict.fromkeys(content_stems(claim), 1.0))
    return sorted(score, key=lambda index: (-score[index], index))


def shared(claim: str, source: SourceText) -> list[int]:
    """Weight of the words shared."""
    stems = set(content_stems(claim))
    score = [sum(weight(stem) for stem in stems & found) for found in source.stems]
    return sorted(range(len(score)), key=lambda index: (-score[index], index))


def questions(path: Path, limit: int) -> list[Question]:
    """Return claims of a file, each with a source made for it."""
    chance = random.Random(11)
    data = [row for row in flat(rows(path)) if row["label"]]
    chosen = chance.sample(data, min(limit, len(data)))
    return [_question(row["claim"], row["source"], data, chance) for row in chosen]


def flat(found: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield rows of one claim each; near copies of a passage's sentences are left out, for they are found anyhow."""
    for row in found:
        if "claims" in row:
            yield from ({"source": row["passage"], **claim} for claim in row["claims"] if claim["kind"] != "near_copy")
        else:
            yield row


def _question(claim: str, gold: str, data: Sequence[dict[str, str]], chance: random.Random) -> Question:
    texts, held = [gold], len(SourceText(gold).spans)
    while held < _SENTENCES:
        other = chance.choice(data)["source"]
        if other != gold:
            texts.append(other)
            held += other.count(". ") + 1
    chance.shuffle(texts)
    text = "\n\n".join(texts)
    start = text.index(gold)
    spans = SourceText(text).spans
    return Question(claim, text, frozenset(i for i, (a, b) in enumerate(spans) if a < start + len(gold) and b > start))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--limit", type=int, default=300)
    args = parser.parse_args()
    methods: dict[str, Rank] = {"ours, for the rules": ours, "ours, for the model": reworded, "BM25 alone": plain, "shared weight": shared}
    print("| set | method | hit@1 | hit@3 | hit@5 | full@10 | ms, source read once |\n|---|---|---:|---:|---:|---:|---:|")
    for path in args.files:
        asked = [(question, SourceText(question.text)) for question in questions(path, args.limit)]
        for name, rank in methods.items():
            for _, source in asked:
                rank("", source)
            started = time.process_time()
            found = [rank(question.claim, source) for question, source in asked]
            spent = 1000 * (time.process_time() - started) / len(asked)
            hits = [
                [bool(question.gold & set(order[:k])) for k in (1, 3, 5)] + [question.gold <= set(order[:10])]
                for (question, _), order in zip(asked, found, strict=True)
            ]
            shares = " | ".join(f"{sum(column) / len(hits):.3f}" for column in zip(*hits, strict=True))
            print(f"| {path.name.split('.jsonl')[0]} ({len(asked)}) | {name} | {shares} | {spent:.2f} |")


if __name__ == "__main__":
    main()
