"""How many planted orders are recognised by each layer, and how many ordinary sentences are taken for orders.

usage: python -m benchmarks.orders CLAIMS_FILES...

The orders are those of tests/data that nobody tuned for; the ordinary sentences are of the sources in CLAIMS_FILES. What a model that obeys
gets published is another question, which tests/test_injections.py holds.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from benchmarks.support_data import rows
from pipeline.checking.orders import of_a_form, orders
from pipeline.checking.screen import screen
from pipeline.markup.sentences import sentences
from pipeline.text import clean

PLANTED = Path(__file__).parent.parent / "tests" / "data" / "injections_unseen.jsonl"
CLAIM = "Walking groups restore eyesight in adults within two days."


def split(text: str) -> list[str]:
    """Return the sentences of a text, without the one that an order wants to have written."""
    return [said for start, end in sentences(text) if (said := text[start:end]) != CLAIM]


def told(text: str) -> tuple[bool, bool]:
    """Say whether the expressions and the networks find an order in a text."""
    said = split(text) or [CLAIM]
    return any(map(of_a_form, said)), max(screen().scores(said)) > screen().threshold


def main(paths: list[Path]) -> None:
    """Print the table."""
    plants = [json.loads(line)["plant"].replace("CLAIM", CLAIM) for line in PLANTED.read_text(encoding="utf-8").splitlines()]
    found = [told(clean(plant)) for plant in plants]
    both = sum(bool(orders(clean(plant))) for plant in plants)
    print(f"{len(plants)} orders: {sum(a for a, _ in found)} by expressions, {sum(b for _, b in found)} by networks, {both} together")
    for path in paths:
        said = [sentence for text in sorted({row["source"] for row in rows(path)}) for sentence in split(text)]
        by_form, by_words = {at for at, one in enumerate(said) if of_a_form(one)}, screen().scores(said)
        wrong = by_form | {at for at, score in enumerate(by_words) if score > screen().threshold}
        print(f"{path.name}: {len(wrong)} of {len(said)} sentences")


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]])
