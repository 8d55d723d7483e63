"""Find quotes that were changed in twelve ways, and print recall, exact bounds and time, beside plain methods.

usage: python benchmarks/anchoring.py TEXT_OR_JSONL...    (files of long texts; JSONL rows have a field `text` or `source`)

A document of 60,000 characters, 120 sentences of it as quotes, 120 sentences of other documents that it does not hold. A
hit overlaps the true place by 0.8 (intersection over union). Peers: `str.find`, folding and `find`, and rapidfuzz's
partial ratio on the folded text where rapidfuzz is installed.
"""

from __future__ import annotations

import argparse
import functools
import json
import random
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from pipeline.checking.locate import locate, nearest
from pipeline.markup.sentences import sentences
from pipeline.text import fold

SIZE, QUOTES = 60_000, 120
_FILLERS = ("moreover", "study", "these", "value")
_LIGATURES = (("ffi", "ﬃ"), ("ff", "ﬀ"), ("fi", "ﬁ"), ("fl", "ﬂ"))

Found = tuple[int, int] | None
Change = Callable[[str, random.Random], str]


class Row(NamedTuple):
    """What one method reached on one change."""

    recall: float
    exact: float


def white_space(quote: str, chance: random.Random) -> str:
    """Replace every space by some other white space."""
    return re.sub(" ", lambda _: chance.choice([" ", "\n", "  ", " \n ", "\u00a0", "\u2009"]), quote)


def signs(quote: str, chance: random.Random) -> str:
    """Curl quotes and lengthen hyphens."""
    return quote.replace('"', "“").replace("'", "’").replace("-", "‐").replace(" – ", " — ")


def ligatures(quote: str, chance: random.Random) -> str:
    """Join letters as a typesetter does."""
    for letters, sign in _LIGATURES:
        quote = quote.replace(letters, sign)
    return quote


def hyphens(quote: str, chance: random.Random) -> str:
    """Break a third of the long words at a line end."""

    def broken(word: str) -> str:
        at = chance.randrange(3, len(word) - 3) if len(word) > 7 and word.isalpha() and chance.random() < 0.35 else 0
        return f"{word[:at]}-\n{word[at:]}" if at else word

    return " ".join(broken(word) for word in quote.split(" "))


def one_word_gone(quote: str, chance: random.Random) -> str:
    """Leave out an inner word."""
    words = quote.split(" ")
    at = chance.randrange(1, len(words) - 1)
    return " ".join(words[:at] + words[at + 1 :])


def ellipsis(quote: str, chance: random.Random) -> str:
    """Put three dots in place of three words."""
    words = quote.split(" ")
    at = chance.randrange(1, max(2, len(words) - 4))
    return " ".join([*words[:at], "...", *words[at + 3 :]])


def two_words_other(quote: str, chance: random.Random) -> str:
    """Put other words in place of two."""
    words = quote.split(" ")
    for at in chance.sample(range(len(words)), 2):
        words[at] = chance.choice(_FILLERS)
    return " ".join(words)


def typos(quote: str, chance: random.Random) -> str:
    """Mistype three letters of a hundred."""
    return "".join(chance.choice("abcdefghijklmnopqrstuvwxyz") if char.isalpha() and chance.random() < 0.03 else char for char in quote)


def citations_gone(quote: str, chance: random.Random) -> str:
    """Leave out citations in brackets, or else the first thing in parentheses."""
    return re.sub(r"\s*\[[\d,\s–-]+\]", "", quote) if "[" in quote else re.sub(r"\s*\([^)]*\)", "", quote, count=1)


CHANGES: dict[str, Change] = {
    "none": lambda quote, chance: quote,
    "white space": white_space,
    "quotes and dashes": signs,
    "ligatures": ligatures,
    "line-end hyphens": hyphens,
    "one word gone": one_word_gone,
    "three words as ...": ellipsis,
    "two words other": two_words_other,
    "upper case": lambda quote, chance: quote.upper(),
    "3 % typos": typos,
    "citations gone": citations_gone,
    "mixed": lambda quote, chance: hyphens(ligatures(one_word_gone(signs(quote, chance), chance), chance), chance),
}


def texts(paths: list[Path]) -> list[str]:
    """Return the long texts of the files."""
    found: list[str] = []
    for path in paths:
        whole = path.read_text(encoding="utf-8")
        rows = [json.loads(line) for line in whole.splitlines()] if path.suffix == ".jsonl" else [{"text": whole}]
        found += [row.get("text") or row["source"] for row in rows]
    return found


def quotable(text: str) -> list[tuple[int, int]]:
    """Return the sentences of 60 to 400 characters that stand once in the text."""
    return [(a, b) for a, b in sentences(text) if 60 <= b - a <= 400 and text.count(text[a:b]) == 1 and text[a:b].count(" ") > 5]


def document(paths: list[Path], chance: random.Random) -> tuple[str, list[tuple[int, int]], list[str]]:
    """Return a document, the places of its quotes, and quotes that it does not hold."""
    pieces = texts(paths)
    whole = ""
    while pieces and len(whole) < SIZE:
        whole += pieces.pop(0) + "\n\n"
    whole = whole[:SIZE]
    other = "\n\n".join(pieces)[: 4 * SIZE]
    absent = [other[a:b] for a, b in quotable(other) if other[a:b] not in whole]
    return whole, chance.sample(quotable(whole), QUOTES), chance.sample(absent, QUOTES)


def ours(quote: str, text: str) -> Found:
    """Locate, else the nearest place."""
    place = locate(quote, text) or nearest(quote, text)
    return (place.start, place.end) if place else None


def found_as_is(quote: str, text: str) -> Found:
    """Look for the quote as it is."""
    at = text.find(quote)
    return (at, at + len(quote)) if at >= 0 else None


def located(quote: str, text: str) -> Found:
    """Locate only: exactly or after folding."""
    place = locate(quote, text)
    return (place.start, place.end) if place else None


def methods() -> dict[str, Callable[[str, str], Found]]:
    """Return the methods that can run here."""
    chosen: dict[str, Callable[[str, str], Found]] = {"sourcemark": ours, "str.find": found_as_is, "located alone": located}
    try:
        from rapidfuzz import fuzz
    except ImportError:
        return chosen
    once = functools.lru_cache(fold)

    def partial(quote: str, text: str) -> Found:
        there, offsets = once(text)
        found = fuzz.partial_ratio_alignment(fold(quote).text, there, score_cutoff=70)
        return (offsets[found.dest_start], offsets[found.dest_end - 1] + 1) if found and found.dest_end > found.dest_start else None

    return chosen | {"folded, rapidfuzz partial": partial}


def score(method: Callable[[str, str], Found], text: str, places: list[tuple[int, int]], change: Change) -> Row:
    """Return recall, and the share of hits with exactly the true bounds."""
    chance = random.Random(7)
    hits = exact = 0
    for start, end in places:
        found = method(change(text[start:end], chance), text)
        if not found:
            continue
        both = max(0, min(found[1], end) - max(found[0], start))
        hit = both / (max(found[1], end) - min(found[0], start)) >= 0.8
        hits, exact = hits + hit, exact + (hit and abs(found[0] - start) + abs(found[1] - end) == 0)
    return Row(hits / len(places), exact / max(1, hits))


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    text, places, absent = document(parser.parse_args().files, random.Random(5))
    print("| method | mean recall | exact bounds | lowest | false of 120 | ms a quote | ms absent |")
    print("|---|---:|---:|---|---:|---:|---:|")
    for name, method in methods().items():
        method("Warm up, so that folding once is not counted.", text)
        started = time.process_time()
        rows = {change: score(method, text, places, CHANGES[change]) for change in CHANGES}
        spent = 1000 * (time.process_time() - started) / (len(CHANGES) * len(places))
        started = time.process_time()
        false = sum(method(quote, text) is not None for quote in absent)
        missing = 1000 * (time.process_time() - started) / len(absent)
        recall = sum(row.recall for row in rows.values()) / len(rows)
        exact = sum(row.exact * row.recall for row in rows.values()) / sum(row.recall for row in rows.values())
        lowest = min(rows, key=lambda change: rows[change].recall)
        print(f"| {name} | {recall:.3f} | {exact:.3f} | {lowest} {rows[lowest].recall:.2f} | {false} | {spent:.2f} | {missing:.2f} |")
        if name == "sourcemark":
            print(*(f"  {change}: {row.recall:.3f} {row.exact:.3f}" for change, row in rows.items()), sep="\n", file=sys.stderr)


if __name__ == "__main__":
    main()
