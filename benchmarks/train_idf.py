"""Count in how many paragraphs each stem stands, for the IDF table that ships with the checker.

usage: python benchmarks/train_idf.py CLAIMS_AND_SEGMENT_FILES... > pipeline/checking/idf.json

Reads JSONL (plain or gzipped) with a field `source` or `text`. Only counts leave this script: log-scaled, for stems
that stand in at least three paragraphs.
"""

from __future__ import annotations

import gzip
import json
import math
import sys
from collections import Counter
from pathlib import Path

from pipeline.text import content_stems

LEAST = 4


def paragraphs(path: Path) -> set[str]:
    """Return the distinct source texts of one file, cut at 1,500 characters so that long ones do not weigh more."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        texts = [json.loads(line) for line in lines]
    return {piece for row in texts for text in [row.get("source") or row["text"]] for piece in _pieces(text)}


def _pieces(text: str) -> list[str]:
    return [text[start : start + 1500] for start in range(0, min(len(text), 15_000), 1500)]


def main() -> None:
    """Write the table to standard output."""
    if len(sys.argv) < 2 or "--help" in sys.argv:
        sys.exit(__doc__)
    seen: Counter[str] = Counter()
    total = 0
    for name in sys.argv[1:]:
        for piece in paragraphs(Path(name)):
            total += 1
            seen.update({stem for stem in content_stems(piece) if stem.isalpha()})
    table = {stem: round(math.log(total / count), 1) for stem, count in sorted(seen.items()) if count >= LEAST}
    json.dump({"paragraphs": total, "idf": table}, sys.stdout, ensure_ascii=False, separators=(",", ":"))


if __name__ == "__main__":
    main()
