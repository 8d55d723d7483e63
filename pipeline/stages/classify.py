"""Classify: every sentence `cited` or `llm`, and findings on what is wrong with its marker, or with what it says under that label."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.checking.statements import Statement, claims, is_about_itself, stated
from pipeline.markup.blocks import Document
from pipeline.records import Block, BlockKind, Finding, Label, Marker, Record, Sentence, Severity, Source
from pipeline.stages.split import Doubtful, SplitResult
from pipeline.text import sha256

_COUNT = re.compile(r"\b(\d{1,3}) (?:sources|references|citations)\b")
_EXAMPLE = re.compile(
    r"^(?:LLM-generated\b|(?:illustrative|hypothetical|fictional|worked|clinical) (?:case )?(?:example|vignette|case)\b"
    r"|(?:case )?(?:example|vignette)\s?[:.—–])",
    re.I,
)
_CLAIM = 3  # words; fewer are a label, not a statement
_WEIGHTY = frozenset({"dose", "statistic", "guideline", "study"})
_WHAT = {
    "dose": "a dose", "statistic": "a statistic", "guideline": "a guideline", "study": "a study", "date": "a date", "number": "a number",
}  # fmt: skip


class ClassifyResult(Record):
    """The sentences with their labels, and findings on markers, list and counts."""

    sentences: tuple[Sentence, ...]
    findings: tuple[Finding, ...]


def classify(document: Document, result: SplitResult, sources: Sequence[Source]) -> ClassifyResult:
    """Label every sentence; one that cites nothing is `llm`, whether it says so or not."""
    labelled = tuple(_labelled(sentence) for sentence in result.sentences)
    spoken_for = _spoken_for(labelled, result.blocks)
    examples = _examples(labelled, result.blocks)
    findings: list[Finding] = []
    for sentence in labelled:
        block = result.blocks[sentence.block]
        findings += _of_marker(sentence, block, len(sources), spoken_for)
        findings += _of_label(sentence, block, sentence.block in examples)
    findings += _doubts(result.doubts, labelled)
    findings += [*_headings(document), *_uncited(labelled, sources), *_counts(document, len(sources))]
    return ClassifyResult(sentences=labelled, findings=tuple(findings))


def finding(rule: str, severity: Severity, message: str, **refers: str | None) -> Finding:
    """Make a finding whose id is the same whenever the same rule meets the same thing."""
    subject = refers.get("sentence_id") or refers.get("source_id") or message
    return Finding.model_validate({
        "id": f"{rule}-{sha256(f'{subject}')[:8]}", "rule": rule, "severity": severity, "message": message, **refers
    })  # fmt: skip


def _labelled(sentence: Sentence) -> Sentence:
    cites = sentence.numbers or any(marker.unknown for marker in sentence.markers)
    return sentence.model_copy(update={"label": Label.CITED if cites else Label.LLM})


def _examples(sentences: Sequence[Sentence], blocks: Sequence[Block]) -> frozenset[int]:
    """Return the blocks that are examples: each begins by saying so."""
    first: dict[int, Sentence] = {}
    for sentence in sentences:
        first.setdefault(sentence.block, sentence)
    return frozenset(block for block, sentence in first.items() if _EXAMPLE.match(sentence.text))


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


def _of_marker(sentence: Sentence, block: Block, known: int, spoken_for: frozenset[str]) -> Iterator[Finding]:
    """Yield what is wrong with the marker of a sentence."""
    unknown = [f"[{number}]" for number in sentence.numbers if not 1 <= number <= known]
    unknown += [f"[^{name}]" for marker in sentence.markers for name in marker.unknown]
    if unknown:
        text = f"cites {', '.join(unknown)}, but the list has {known} sources: {_short(sentence)}"
        yield finding("unknown_source", Severity.ERROR, text, sentence_id=sentence.id)
    if not sentence.markers and sentence.id not in spoken_for:
        where = f"in “{block.section}”" if block.section else "in the lead"
        yield finding("no_marker", Severity.WARNING, f"no marker ({where}): {_short(sentence)}", sentence_id=sentence.id)
    if sentence.numbers and any(marker.llm for marker in sentence.markers):
        yield finding("two_labels", Severity.WARNING, f"both a source and LLM: {_short(sentence)}", sentence_id=sentence.id)


def _of_label(sentence: Sentence, block: Block, example: bool) -> Iterator[Finding]:
    """Yield what does not go with the label of a sentence: tag hygiene."""
    if sentence.label is Label.CITED:
        if example:
            yield finding("cited_example", Severity.WARNING, f"an example must be LLM: {_short(sentence)}", sentence_id=sentence.id)
        elif is_about_itself(sentence.text):
            text = f"says something of this article only, and needs no source: {_short(sentence)}"
            yield finding("about_itself", Severity.INFO, text, sentence_id=sentence.id)
    elif not example and block.kind is not BlockKind.QUESTION and (said := stated(sentence.text)):
        severity = Severity.WARNING if any(item.kind in _WEIGHTY for item in said) else Severity.INFO
        text = f"an LLM sentence states {_told(said)}: {_short(sentence)}"
        yield finding("llm_states_fact", severity, text, sentence_id=sentence.id)


def _told(said: Sequence[Statement]) -> str:
    """Return what is stated, a few words of each kind."""
    first = {item.kind: item.text for item in reversed(said)}
    kinds = [kind for kind in _WHAT if kind in first]
    return ", ".join(f"{_WHAT[kind]} (“{first[kind]}”)" for kind in kinds[:3])


def _doubts(doubts: Sequence[Doubtful], sentences: Sequence[Sentence]) -> Iterator[Finding]:
    """Yield a finding for each number that could be a marker or part of its sentence, with the reading that was taken."""
    held = {sentence.id: sentence for sentence in sentences}
    for doubt in doubts:
        sentence = held[doubt.sentence_id]
        taken = f"read as the marker [{doubt.number}]" if doubt.marker else "read as part of the sentence"
        text = f"“{doubt.number}” could be a marker or a number; {taken}; write [{doubt.number}] or reword: {_short(sentence)}"
        yield finding("ambiguous_marker", Severity.WARNING, text, sentence_id=sentence.id)


def _headings(document: Document) -> Iterator[Finding]:
    """Yield a finding for each heading that states something: no source stands behind a heading."""
    for unit in document.units:
        if unit.block.kind is BlockKind.HEADING and unit.block.level > 1 and claims(unit.text):
            text = f"a heading makes a claim that no source is given for: {unit.text.strip()[:90]}"
            yield finding("heading_claims", Severity.WARNING, text)


def _uncited(sentences: Sequence[Sentence], sources: Sequence[Source]) -> Iterator[Finding]:
    cited = {number for sentence in sentences for number in sentence.numbers}
    for number, source in enumerate(sources, 1):
        if number not in cited:
            text = f"source {number} is listed but never cited: {source.title}"
            yield finding("uncited_source", Severity.WARNING, text, source_id=source.id)


def _counts(document: Document, known: int) -> Iterator[Finding]:
    """Compare the number of sources that the article's own furniture states, and the length of its own list, with the sources."""
    listed = sum(unit.block.kind is BlockKind.REFERENCE for unit in document.units)
    if listed and known and listed != known:
        yield finding("list_count", Severity.WARNING, f"the article's own list has {listed} entries, but {known} sources are given")
    for unit in document.units:
        if unit.block.kind is BlockKind.FURNITURE or unit.text.startswith("Provenance."):
            for match in _COUNT.finditer(unit.text):
                if int(match.group(1)) != known:
                    yield finding("source_count", Severity.WARNING, f"the article says {match.group()}, but {known} are listed")


def _short(sentence: Sentence) -> str:
    return sentence.text if len(sentence.text) <= 90 else f"{sentence.text[:88].rstrip()} …"
