"""Replay: a published version verified again from its snapshots and recorded judgements alone, without network and key."""

from __future__ import annotations

from typing import NamedTuple

from pipeline.checking.assess import EVERYTHING
from pipeline.checking.checker import OWN as OWN_SUPPORT
from pipeline.checking.checker import checker
from pipeline.checking.judge import Recorded
from pipeline.ledger import Ledger
from pipeline.records import Evidence, Provenance, Version
from pipeline.stages import repair, split, verify


class Difference(NamedTuple):
    """A sentence of which the replay says something else than the record."""

    sentence: str
    recorded: str
    replayed: str


def replay(ledger: Ledger, version: Version, support: str = OWN_SUPPORT) -> list[Difference]:
    """Verify a version again from its snapshots alone, and return what differs; LedgerError where a snapshot is damaged."""
    edition = ledger.edition(version)
    said = [check.judgement for record in edition.provenance for check in record.checks if check.judgement]
    by = checker(support)._replace(judge=Recorded(said) if said else None, asked=EVERYTHING)
    library = verify.Library(edition.sources, edition.fetched, ledger.blobs.get_text, by)
    library.apart = repair.apart(edition.repairs, edition.sentences)
    # The sentences as they were recorded: a later program may cut the text elsewhere, and would check other sentences.
    recorded = split.SplitResult(blocks=edition.blocks, sentences=edition.sentences)
    again = verify.verify(recorded, edition.sentences, library, lambda step: None)
    now = {record.sentence_id: record for record in again.provenance}
    found = []
    for sentence, record in zip(edition.sentences, edition.provenance, strict=True):
        other = now.get(sentence.id)
        lost = [item for item in record.checks if item.evidence and not _stands(item.evidence, ledger)]
        if lost or other is None or _verdicts(other) != _verdicts(record):
            told = "a quote that is not in its snapshot" if lost else _told(other) if other else "no such sentence"
            found.append(Difference(sentence.text, _told(record), told))
    return found


def _stands(evidence: Evidence, ledger: Ledger) -> bool:
    """Say whether a recorded quote stands in its snapshot at the recorded offsets."""
    return ledger.blobs.get_text(evidence.text_sha256)[evidence.start : evidence.end] == evidence.exact


def _verdicts(record: Provenance) -> tuple[object, ...]:
    """Return what a replay must give again."""
    return record.label, record.verdict, record.reason, [(item.number, item.verdict, item.reason) for item in record.checks]


def _told(record: Provenance) -> str:
    return f"{record.verdict} ({record.reason})" if record.verdict else record.label.value
