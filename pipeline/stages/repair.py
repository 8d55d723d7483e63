"""Repair: a drafted sentence that failed is given to the source that states it, or taken out; every step is recorded."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.markup.compose import marked
from pipeline.markup.markers import printed
from pipeline.records import Block, BlockKind, Record, Repair, Sentence, Verdict
from pipeline.stages.verify import Library, VerifyResult
from pipeline.writing.page import NOTHING

_FAILED = frozenset({Verdict.CONTRADICTED, Verdict.NOT_SUPPORTED})


class RepairResult(Record):
    """The article after repair, and what was done; unchanged where nothing failed."""

    markdown: str
    repairs: tuple[Repair, ...] = ()


def repair(markdown: str, blocks: Sequence[Block], sentences: Sequence[Sentence], result: VerifyResult, library: Library) -> RepairResult:
    """Repair the sentences that a source contradicts or does not speak of."""
    failed = {record.sentence_id: record for record in result.provenance if record.verdict in _FAILED}
    repairs: list[Repair] = []
    for sentence in reversed(sentences):  # from the end, so that the offsets before stay true
        record = failed.get(sentence.id)
        if not record:
            continue
        before = markdown[sentence.start : sentence.end]
        other = library.stating(sentence.text, Verdict.SUPPORTED, beside=sentence.numbers)
        after = _relinked(before, sentence, other.number) if other else emptied(blocks[sentence.block])
        markdown = _without(markdown, sentence) if not after else markdown[: sentence.start] + after + markdown[sentence.end :]
        action = "relink" if other else "delete"
        repairs.append(Repair(sentence_id=sentence.id, action=action, before=before, after=after, reason=record.reason))
    return RepairResult(markdown=markdown, repairs=tuple(reversed(repairs)))


def emptied(block: Block) -> str:
    """Return what stands where a sentence was taken out: nothing, but a table cell is never left without a word."""
    return marked(NOTHING, printed(llm=True)) if block.kind is BlockKind.TABLE_CELL else ""


def _without(markdown: str, sentence: Sentence) -> str:
    """Return the article without a sentence, the emphasis that opened in it, and the line where nothing else stood there."""
    low, high = sentence.start, sentence.end
    while low and markdown[low - 1] in "*_`":
        low -= 1
    line = markdown.rfind("\n", 0, low) + 1
    end = markdown.find("\n", high)
    rest = markdown[line:low] + markdown[high : end if end >= 0 else len(markdown)]
    if not rest.strip(" \t*_`->+.0123456789"):
        return markdown[:line] + (markdown[end + 1 :] if end >= 0 else "")
    return markdown[:low].rstrip(" ") + (" " if rest.strip() and markdown[line:low].strip() else "") + markdown[high:].lstrip(" ")


def _relinked(before: str, sentence: Sentence, number: int) -> str:
    """Return the sentence's Markdown with all its markers replaced by one."""
    for index, marker in enumerate(reversed(sentence.markers)):
        last = index == len(sentence.markers) - 1
        low, high = marker.start - sentence.start, marker.end - sentence.start
        before = before[:low] + (f" {printed([number])}" if last else "") + before[high:]
    return before
