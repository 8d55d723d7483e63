"""What differs between two versions of an article: by sentence, and by verdict."""

from __future__ import annotations

from typing import Literal

from pipeline.lineage import trace
from pipeline.records import Edition, Provenance, Record


class Change(Record):
    """One sentence that differs, or the sentences that it was split into or merged from."""

    kind: Literal["added", "removed", "edited", "moved", "split", "merged", "verdict"]
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
    texts = {sentence.id: sentence.text for sentence in before.sentences}, {sentence.id: sentence.text for sentence in after.sentences}
    verdicts = _verdicts(before), _verdicts(after)
    changes: list[Change] = []
    kept = 0
    for link in trace(before.sentences, after.sentences):
        ids = link.before, link.after
        was, now = ("; ".join(dict.fromkeys(held[id_] for id_ in named)) for held, named in zip(verdicts, ids, strict=True))
        said = [" ¦ ".join(held[id_] for id_ in named) for held, named in zip(texts, ids, strict=True)]
        if link.kind == "same" and was == now:
            kept += 1
            continue
        kind = "verdict" if link.kind == "same" else link.kind
        changes.append(Change(kind=kind, before=said[0], after=said[1], verdict_before=was, verdict_after=now))
    return Diff(slug=slug, old=old, new=new, kept=kept, changes=tuple(changes))


def _verdicts(edition: Edition) -> dict[str, str]:
    return {record.sentence_id: _word(record) for record in edition.provenance}


def _word(record: Provenance) -> str:
    sources = "".join(f"[{number}]" for number in record.numbers)
    return f"{sources} {record.verdict}" if record.verdict else str(record.label)
