"""Classify: every sentence `cited` or `llm`, and findings on what is wrong with its marker."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.markup.blocks import Document
from pipeline.records import Block, BlockKind, Finding, Label, Marker, Record, Sentence, Severity, Source
from pipeline.stages.split import SplitResult
from pipeline.text import sha256

_COUNT = re.compile(r"\b(\d{1,3}) sources\b")
_NAMED = re.compile(
    r"\b\d+(?:\.\d+)?\s?(?:%|mg|mcg|per cent|percent)|\bp\s?[<=]\s?0?\.\d|\bn\s?=\s?\d|\b(?:19|20)\d\d\b|\bet al\b|\b(?:trial|study) of \d"
)
_CLAIM = 3  # words; fewer are a label, not a statement


class ClassifyResult(Record):
    """The sentences with their labels, and findings on markers, list and counts."""

    sentences: tuple[Sentence, ...]
    findings: tuple[Finding, ...]


def classify(document: Document, result: SplitResult, sources: Sequence[Source]) -> ClassifyResult:
    """Label every sentence; one that cites nothing is `llm`, whether it says so or not."""
    labelled = tuple(_labelled(sentence) for sentence in result.sentences)
    spoken_for = _spoken_for(labelled, result.blocks)
    findings = [
        finding for sentence in labelled for finding in _of_sentence(sentence, result.blocks[sentence.block], len(sources), spoken_for)
    ]
    findings += _uncited(labelled, sources) + _counts(document, len(sources))
    return ClassifyResult(sentences=labelled, findings=tuple(findings))


def finding(rule: str, severity: Severity, message: str, **refers: str | None) -> Finding:
    """Make a finding whose id is the same whenever the same rule meets the same thing."""
    subject = refers.get("sentence_id") or refers.get("source_id") or message
    return Finding.model_validate({
        "id": f"{rule}-{sha256(f'{subject}')[:8]}", "rule": rule, "severity": severity, "message": message, **refers
    })  # fmt: skip


def _labelled(sentence: Sentence) -> Sentence:
    return sentence.model_copy(update={"label": Label.CITED if sentence.numbers else Label.LLM})


def _spoken_for(sentences: Sequence[Sentence], blocks: Sequence[Block]) -> frozenset[str]:
    """Return the ids of sentences that need no marker: the heading of a row, an example that is tagged once, words too few to claim."""
    markers: dict[int, list[Marker]] = {}
    for sentence in sentences:
        markers.setdefault(sentence.block, []).extend(sentence.markers)
    examples = {
        index for index, found in markers.items() if blocks[index].kind is BlockKind.CALLOUT and found and all(m.llm for m in found)
    }
    return frozenset(s.id for s in sentences if len(s.text.split()) < _CLAIM or s.block in examples or _heads_row(s, blocks[s.block]))


def _heads_row(sentence: Sentence, block: Block) -> bool:
    """Say whether a table cell is the heading of its row, which names and does not claim."""
    return block.kind is BlockKind.TABLE_CELL and sentence.text == block.row and not re.search(r"[.!?]$", sentence.text)


def _of_sentence(sentence: Sentence, block: Block, known: int, spoken_for: frozenset[str]) -> list[Finding]:
    found = []
    unknown = [number for number in sentence.numbers if not 1 <= number <= known]
    if unknown:
        names = ", ".join(f"[{number}]" for number in unknown)
        text = f"cites {names}, but the list has {known} sources: {_short(sentence)}"
        found.append(finding("unknown_source", Severity.ERROR, text, sentence_id=sentence.id))
    if not sentence.markers and sentence.id not in spoken_for:
        where = f"in “{block.section}”" if block.section else "in the lead"
        found.append(finding("no_marker", Severity.WARNING, f"no marker ({where}): {_short(sentence)}", sentence_id=sentence.id))
    if sentence.numbers and any(marker.llm for marker in sentence.markers):
        found.append(finding("two_labels", Severity.WARNING, f"both a source and LLM: {_short(sentence)}", sentence_id=sentence.id))
    if sentence.label is Label.LLM and _NAMED.search(sentence.text):
        text = f"an LLM sentence states a figure, a year or a study: {_short(sentence)}"
        found.append(finding("llm_states_fact", Severity.WARNING, text, sentence_id=sentence.id))
    if sentence.label is Label.CITED and block.kind is BlockKind.CALLOUT and re.match(r"LLM-generated", sentence.text):
        found.append(
            finding(
                "cited_example",
                Severity.WARNING,
                f"an example must be LLM: {_short(sentence)}",
                sentence_id=sentence.id,
            )
        )
    return found


def _uncited(sentences: Sequence[Sentence], sources: Sequence[Source]) -> list[Finding]:
    cited = {number for sentence in sentences for number in sentence.numbers}
    return [
        finding(
            "uncited_source",
            Severity.WARNING,
            f"source {number} is listed but never cited: {source.title}",
            source_id=source.id,
        )
        for number, source in enumerate(sources, 1)
        if number not in cited
    ]


def _counts(document: Document, known: int) -> list[Finding]:
    """Compare the number of sources that the article's own furniture states with the list."""
    found = []
    for unit in document.units:
        if unit.block.kind is BlockKind.FURNITURE or unit.text.startswith("Provenance."):
            for match in _COUNT.finditer(unit.text):
                if int(match.group(1)) != known:
                    text = f"the article says {match.group()}, but {known} are listed"
                    found.append(finding("source_count", Severity.WARNING, text))
    return found


def _short(sentence: Sentence) -> str:
    return sentence.text if len(sentence.text) <= 90 else f"{sentence.text[:88].rstrip()} …"
