"""Make text with citation markers from gold sentences, so that the right boundaries are known by construction.

usage: python benchmarks/marked.py IN.jsonl OUT.jsonl [--every STYLE]      lines are {"id", "text", "spans"}, and "style" in OUT

Blocks of two sentences and more are taken, each in a style drawn for it (`--every` gives all of them the same). Each sentence that ends
in one full stop gets a marker, which belongs to it; others stay as they are. Three markers in ten are LLM, in styles that can show it.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

HIGHEST = 12
LLM_SHARE = 0.3
TWO_SHARE = 0.25  # of the numbered markers in brackets, that name two sources
SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


class Style(NamedTuple):
    """How a marker stands at a sentence's end; `{}` of the form is its number or LLM."""

    form: str
    before: bool = False  # the full stop, else after it
    space: str = ""
    pairs: bool = False
    llm: bool = True
    raised: bool = False


STYLES: dict[str, Style] = {
    "before_br": Style("[{}]", before=True, space=" ", pairs=True),
    "before_plain": Style("{}", before=True, space=" "),
    "after_br": Style("[{}]", pairs=True),
    "after_sp_br": Style("[{}]", space=" ", pairs=True),
    "after_sup": Style("{}", llm=False, raised=True),
    "after_digit": Style("{}", llm=False),
    "after_foot": Style("[^{}]", pairs=True, llm=False),
}


class Row(NamedTuple):
    """One block of text, the [start, end) offsets of its sentences, and the style of its markers, empty where it has none."""

    id: str
    text: str
    spans: list[tuple[int, int]]
    style: str = ""


def inject(rows: Iterable[Row], styles: Iterable[str] = STYLES, seed: int = 0) -> list[Row]:
    """Return the blocks of two sentences and more with markers, each in one of the styles.

    >>> inject([Row("1", "It rains. Why?", [(0, 9), (10, 14)])], styles=["after_sp_br"])
    [Row(id='1', text='It rains. [9] Why?', spans=[(0, 13), (14, 18)], style='after_sp_br')]
    """
    names = sorted(styles)
    return [_marked(row, names, seed) for row in rows if len(row.spans) > 1]


def read(path: Path) -> list[Row]:
    """Return the blocks of a JSONL file."""
    with path.open(encoding="utf-8") as lines:
        items = [json.loads(line) for line in lines if line.strip()]
    return [Row(item["id"], item["text"], [(start, end) for start, end in item["spans"]], item.get("style", "")) for item in items]


def _marked(row: Row, names: list[str], seed: int) -> Row:
    """Draw by the block's own id, so that leaving some blocks out changes no other."""
    dice = random.Random(f"{seed} {row.id}")
    name = dice.choice(names)
    text, spans, done = "", [], 0
    for start, end in row.spans:
        text += row.text[done:start]
        begin = len(text)
        text += _ended(row.text, start, end, STYLES[name], dice)
        spans.append((begin, len(text)))
        done = end
    return Row(row.id, text + row.text[done:], spans, name)


def _ended(text: str, start: int, end: int, style: Style, dice: random.Random) -> str:
    """Return the sentence with its marker; none at an ellipsis, nor where the next sentence follows without a space."""
    sentence = text[start:end]
    if not sentence.endswith(".") or sentence.endswith(("..", " .", "…", " ")) or text[end : end + 1].strip():
        return sentence
    mark = style.space + _mark(style, dice)
    return f"{sentence[:-1]}{mark}." if style.before else sentence + mark


def _mark(style: Style, dice: random.Random) -> str:
    if dice.random() < LLM_SHARE:
        labels = ["LLM" if style.llm else "1"]
    else:
        count = 2 if style.pairs and dice.random() < TWO_SHARE else 1
        labels = [str(number) for number in sorted(dice.sample(range(1, HIGHEST + 1), count))]
    mark = "".join(style.form.format(label) for label in labels)
    return mark.translate(SUPERSCRIPTS) if style.raised else mark


def main() -> None:
    """Write the marked blocks of one file to another."""
    parser = argparse.ArgumentParser(description="Make text with citation markers from gold sentences.")
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--every", choices=STYLES, help="one style for all blocks")
    options = parser.parse_args()
    rows = inject(read(options.source), [options.every] if options.every else STYLES)
    lines = [json.dumps(row._asdict(), ensure_ascii=False) + "\n" for row in rows]
    options.target.write_text("".join(lines), encoding="utf-8")
    print(f"{len(rows)} blocks, {sum(len(row.spans) for row in rows)} sentences")


if __name__ == "__main__":
    main()
