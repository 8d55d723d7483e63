"""How far a source has moved away from what was quoted of it."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.checking.locate import locate
from pipeline.records import Drift, Evidence


def drift(old: str, new: str, quotes: Iterable[Evidence]) -> Drift:
    """Return the rung of the ladder for other bytes: same text, other text, a quote that stands elsewhere, a quote that is gone.

    >>> drift("Mood rose.", "So: Mood rose.", [])
    <Drift.TEXT: 'text_differs'>
    """
    if old == new:
        return Drift.BYTES
    worst = Drift.TEXT
    for quote in quotes:
        if new[quote.start : quote.end] == quote.exact:
            continue
        if quote.exact not in new and not locate(quote.exact, new):
            return Drift.GONE
        worst = Drift.MOVED
    return worst
