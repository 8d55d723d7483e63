"""Repair: a sentence that failed is held against another passage or source, rewritten, tagged `LLM` or taken out; each step is recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from pipeline.checking.statements import stated
from pipeline.checking.verdicts import MEANING
from pipeline.markup.compose import marked
from pipeline.markup.markers import printed
from pipeline.records import Block, BlockKind, Check, Provenance, Record, Repair, Sentence, Verdict
from pipeline.stages.verify import Apart, Library, VerifyResult
from pipeline.writing.page import NOTHING
from pipeline.writing.rewrite import Failure, Rewriter

_FAILED = frozenset({Verdict.CONTRADICTED, Verdict.NOT_SUPPORTED})


class RepairResult(Record):
    """The article after repair, and what was done; unchanged where nothing failed."""

    markdown: str
    repairs: tuple[Repair, ...] = ()
    rewritten: tuple[str, ...] = ()
    """The texts that were written anew: they are not rewritten a second time."""


class Round(NamedTuple):
    """Which round of repair it is, and what was done before it."""

    number: int
    repairs: Sequence[Repair] = ()
    rewritten: Sequence[str] = ()

    def tried(self, sentence: Sentence) -> frozenset[str]:
        """Return what was already tried for a sentence."""
        again = {"rewrite"} if sentence.text in self.rewritten else set()
        return frozenset(again | {repair.action for repair in self.repairs if repair.sentence_id == sentence.id})


class _Case(NamedTuple):
    """A failed sentence with what was found about it."""

    sentence: Sentence
    record: Provenance
    block: Block
    tried: frozenset[str]
    before: str


class _Step(NamedTuple):
    """What is done with a sentence."""

    action: str
    after: str
    apart: tuple[int, int, int] | None = None


def repair(
    markdown: str,
    blocks: Sequence[Block],
    sentences: Sequence[Sentence],
    result: VerifyResult,
    library: Library,
    turn: Round | None = None,
    rewriter: Rewriter | None = None,
) -> RepairResult:
    """Repair what a source contradicts or does not speak of and, with a rewriter, what it says only in part or more weakly.

    For each sentence the first that helps, in this order: another passage of the same source, another source, rewriting, the tag
    `LLM`, deletion. What comes out is checked again like new text.
    """
    turn = turn or Round(1)
    records = {record.sentence_id: record for record in result.provenance}
    wanted = _FAILED | ({Verdict.PARTIALLY_SUPPORTED} if rewriter else set())
    cases = [
        _Case(item, records[item.id], blocks[item.block], turn.tried(item), markdown[item.start : item.end])
        for item in sentences
        if records[item.id].verdict in wanted
    ]
    steps = {case.sentence.id: step for case in cases if (step := _found_elsewhere(case, library))}
    rewritten = _rewritten([case for case in cases if case.sentence.id not in steps], steps, library, rewriter)
    for case in cases:
        if case.sentence.id not in steps and case.record.verdict in _FAILED:
            steps[case.sentence.id] = _given_up(case)
    repairs = []
    for case in reversed(cases):  # from the end, so that the offsets before stay true
        sentence, step = case.sentence, steps.get(case.sentence.id)
        if step is None:
            continue
        gone = not step.after
        markdown = _without(markdown, sentence) if gone else markdown[: sentence.start] + step.after + markdown[sentence.end :]
        repairs.append(
            Repair(
                sentence_id=sentence.id,
                action=step.action,
                before=case.before,
                after=step.after,
                reason=case.record.reason,
                round=turn.number,
                apart=step.apart,
            )
        )
    return RepairResult(markdown=markdown, repairs=tuple(reversed(repairs)), rewritten=rewritten)


def apart(repairs: Iterable[Repair], sentences: Sequence[Sentence]) -> Apart:
    """Return the passages that sentences are no longer held against, as `Library.apart` takes them."""
    texts: Mapping[str, str] = {sentence.id: sentence.text for sentence in sentences}
    return {(texts[item.sentence_id], item.apart[0]): item.apart[1:] for item in repairs if item.apart and item.sentence_id in texts}


def _found_elsewhere(case: _Case, library: Library) -> _Step | None:
    """Return the step to another passage of a cited source, or to another source, that states the sentence."""
    if case.record.verdict not in _FAILED:
        return None
    if "other_passage" not in case.tried:
        for check in case.record.checks:
            span = _other_passage(case, check, library)
            if span:
                return _Step("other_passage", case.before, span)
    if "other_source" not in case.tried:
        other = library.stating(case.sentence.text, Verdict.SUPPORTED, beside=case.sentence.numbers)
        if other:
            return _Step("other_source", _relinked(case.before, case.sentence, [other.number]))
    return None


def _other_passage(case: _Case, check: Check, library: Library) -> tuple[int, int, int] | None:
    """Return the passage that contradicts where the rest of the same source states the sentence, as the rules alone see it."""
    if check.verdict is not Verdict.CONTRADICTED or not check.evidence:
        return None
    start, end = check.evidence.start, check.evidence.end
    again = library.check(case.sentence.text, check.number, by=library.checker.by_rules, apart=(start, end))
    return (check.number, start, end) if again.verdict is Verdict.SUPPORTED else None


def _rewritten(cases: Sequence[_Case], steps: dict[str, _Step], library: Library, rewriter: Rewriter | None) -> tuple[str, ...]:
    """Have sentences written again, add the steps, and return the new texts."""
    open_ones = [case for case in cases if "rewrite" not in case.tried]
    failures = [_failure(case, library) for case in open_ones]
    asked = [(case, failure) for case, failure in zip(open_ones, failures, strict=True) if failure.passages]
    if rewriter is None or not asked:
        return ()
    texts: list[str] = []
    for (case, _), said in zip(asked, rewriter.rewrite([failure for _, failure in asked]), strict=True):
        if said and [sentence.text for sentence in said] != [case.sentence.text]:
            steps[case.sentence.id] = _Step("rewrite", " ".join(sentence.markdown for sentence in said))
            texts += [sentence.text for sentence in said]
    return tuple(texts)


def _failure(case: _Case, library: Library) -> Failure:
    found = [check for check in case.record.checks if check.reason == case.record.reason]
    told = [MEANING[case.record.reason], *(str(conflict) for check in found for conflict in check.conflicts)]
    told += [f"not in the source: {part}" for check in found for part in check.lacking]
    places = [(number, text) for number in case.sentence.numbers for text in library.places(case.sentence.text, number)]
    return Failure(case.sentence.text, "; ".join(told), places)


def _given_up(case: _Case) -> _Step:
    """Return the tag `LLM` for a sentence that nothing denies and that states no fact; else its deletion."""
    denied = any(check.verdict is Verdict.CONTRADICTED for check in case.record.checks)
    if not denied and case.record.reason != "quote_missing" and not stated(case.sentence.text):
        return _Step("tag_llm", _relinked(case.before, case.sentence, ()))
    return _Step("delete", emptied(case.block))


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


def _relinked(before: str, sentence: Sentence, numbers: Sequence[int]) -> str:
    """Return the sentence's Markdown with all its markers replaced by one: of these sources, or `LLM` where there are none."""
    for index, marker in enumerate(reversed(sentence.markers)):
        last = index == len(sentence.markers) - 1
        low, high = marker.start - sentence.start, marker.end - sentence.start
        before = before[:low] + (f" {printed(numbers, llm=not numbers)}" if last else "") + before[high:]
    return before
