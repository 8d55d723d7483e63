"""Ids of sources: `jetten-2012`, `haslam-a-social-cure`, `source-3`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from pipeline.records.source import Source
from pipeline.text import is_stop

_LONGEST = 80
_TITLE_WORDS = 5
# Letters that no decomposition brings down to a Latin letter; Cyrillic and Greek by their common transliteration.
_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h"}
    | dict(
        zip(
            "абвгдезийклмнопрстуфхыэіїєґ",
            "a b v g d e z i i k l m n o p r s t u f kh y e i i ie g".split(),
            strict=True,
        )
    )
    | {"ж": "zh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ю": "iu", "я": "ia", "ъ": "", "ь": ""}
    | dict(zip("αβγδεζηθικλμνξοπρσςτυφχψω", "a v g d e z i th i k l m n x o p r s s t y f ch ps o".split(), strict=True))
)


def latin(text: str) -> str:
    """Return text as lower-case ASCII words joined by hyphens; empty where no letter can be written so.

    >>> latin("D’Aubigné, Ørsted & Müller"), latin("Выготский"), latin("王")
    ('daubigne-orsted-muller', 'vygotskii', '')
    """
    text = "".join(char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char))
    return re.sub(r"[^a-z0-9]+", "-", re.sub(r"['’ʼ.]", "", text.translate(_LETTERS))).strip("-")


def slug_of(source: Source, taken: Collection[str], titled: bool = True) -> str:
    """Return an id that is not taken: family and year, family and title, or the title; else `source-` and a number.

    `titled` says whether the title is more than the printed entry as a whole.
    """
    people = source.author or source.editor
    head = latin((people[0].family or people[0].literal or "")[:60]) if people else ""
    year = str(source.issued or "")
    title = _short(source.title[:200]) if titled else ""
    tail = [title] if not year else [year] if head else [title] if year in title else [title, year]
    slug = "-".join(part for part in (head, *tail) if part)[: _LONGEST - 6].strip("-")
    return _untaken(slug if any(map(str.isalpha, slug)) else f"source-{len(taken) + 1}", taken)


def _short(title: str) -> str:
    """Return the first words of a title before its colon; no small word at the end."""
    words = latin(title.split(": ")[0]).split("-")[:_TITLE_WORDS]
    while len(words) > 1 and is_stop(words[-1]):
        words.pop()
    return "-".join(words)


def _untaken(slug: str, taken: Collection[str]) -> str:
    number, free = 2, slug
    while free in taken:
        free = f"{slug}-{number}"
        number += 1
    return free
