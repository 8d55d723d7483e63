"""What differs between two versions of an article: by sentence, and by verdict."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Literal

from pipeline.records import Edition, Provenance, Record, Sentence

_SAME = 0.6  # share of words in common from which a sentence counts as edited rather than replaced


class Change(Record):
    """One sentence that differs."""

    kind: Literal["added", "removed", "edited", "moved", "verdict"]
    before: str = ""
    after: str = ""
    verdict_before: str = ""
    verdict_after: str = ""


class Diff(Record):
    """All changes from one version to another, in the order of the text."""

    slug: str
    old: str
    new: str
    kept: int
    """Sentences that are the same, verdict and all."""
    changes: tuple[Change, ...]


def diff(slug: str, old: str, new: str, before: Edition, after: Edition) -> Diff:
    """Compare two editions of an article."""
    ids = [sentence.id for sentence in before.sentences], [sentence.id for sentence in after.sentences]
    verdicts = _verdicts(before), _verdicts(after)
    shared = set(ids[0]) & set(ids[1])
    changes: list[Change] = []
    kept = 0
    for tag, a0, a1, b0, b1 in SequenceMatcher(None, *ids, autojunk=False).get_opcodes():
        if tag == "equal":
            for sentence in after.sentences[b0:b1]:
                was, now = verdicts[0][sentence.id], verdicts[1][sentence.id]
                kept += was == now
                if was != now:
                    changes.append(_change("verdict", sentence, sentence, was, now))
        else:
            changes += _replaced(before.sentences[a0:a1], after.sentences[b0:b1], shared, verdicts)
    return Diff(slug=slug, old=old, new=new, kept=kept, changes=tuple(changes))


def _replaced(
    gone: tuple[Sentence, ...],
    come: tuple[Sentence, ...],
    shared: set[str],
    verdicts: tuple[dict[str, str], dict[str, str]],
) -> list[Change]:
    """Pair the sentences of a stretch that differs: moved, edited, and what is left removed or added."""
    left = [sentence for sentence in gone if sentence.id not in shared]
    changes = []
    for sentence in come:
        now = verdicts[1][sentence.id]
        if sentence.id in shared:
            changes.append(_change("moved", sentence, sentence, verdicts[0][sentence.id], now))
            continue
        best = max(left, key=lambda other: _alike(other, sentence), default=None)
        if best is not None and _alike(best, sentence) >= _SAME:
            left.remove(best)
            changes.append(_change("edited", best, sentence, verdicts[0][best.id], now))
        else:
            changes.append(Change(kind="added", after=sentence.text, verdict_after=now))
    return [*(Change(kind="removed", before=s.text, verdict_before=verdicts[0][s.id]) for s in left), *changes]


def _change(kind: Literal["edited", "moved", "verdict"], before: Sentence, after: Sentence, was: str, now: str) -> Change:
    return Change(kind=kind, before=before.text, after=after.text, verdict_before=was, verdict_after=now)


def _alike(a: Sentence, b: Sentence) -> float:
    return SequenceMatcher(None, a.text.split(), b.text.split(), autojunk=False).ratio()


def _verdicts(edition: Edition) -> dict[str, str]:
    return {record.sentence_id: _word(record) for record in edition.provenance}


def _word(record: Provenance) -> str:
    sources = "".join(f"[{number}]" for number in record.numbers)
    return f"{sources} {record.verdict}" if record.verdict else str(record.label)
