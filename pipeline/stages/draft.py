"""Draft: from the plan and the texts of the sources to an article in Markdown with markers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pydantic import Field

from pipeline.articles import Article
from pipeline.errors import SourceError, Unavailable
from pipeline.llm.caller import Caller
from pipeline.markup.compose import escape
from pipeline.records import Block, Finding, Provenance, Record, Repair, Sentence, Severity
from pipeline.settings import Settings
from pipeline.stages.classify import finding


class DraftResult(Record):
    """The drafted article, who wrote it, and what of the writer's words was left out."""

    markdown: str
    writer: str
    findings: tuple[Finding, ...] = ()
    prompts: dict[str, str] = Field(default_factory=dict)
    """Model and prompt by what was asked: `draft` (running text), `parts`, `rewrite`; empty for a writer without a model."""


def writer_name(settings: Settings) -> str:
    """Return name and version of the configured writer, as it stands in provenance records."""
    if settings.writer == "claude":
        from pipeline.writing.claude import name

        return name(settings)
    from pipeline.writing.extractive import WRITER

    return WRITER


def writer_identity(settings: Settings) -> str:
    """Return the writer's name with every setting that changes what it writes."""
    if settings.writer == "extractive":
        return writer_name(settings)
    return f"{writer_name(settings)}, {settings.passages} passages, effort {settings.effort}, {settings.delivery}, {settings.citations}"


def draft(
    article: Article, texts: Mapping[int, str], settings: Settings, step: Callable[[str], None], caller: Caller | None = None
) -> DraftResult:
    """Write the article from the texts, by source number; SourceError where there are none. Claude is asked through `caller`."""
    from pipeline.writing.page import assemble

    if not texts:
        raise SourceError(
            f"{article.slug}: none of its sources has a text, so there is nothing to write from; "
            f"`sourcemark sources list {article.slug}` says why, `text:` in sources.yaml or `sourcemark source add-text` gives one"
        )
    if settings.writer == "claude":
        from pipeline.writing.claude import ClaudeWriter, prompts

        if caller is None:
            raise Unavailable("the Claude writer needs a connection")
        writer = ClaudeWriter(article, texts, settings)
        writer.write(caller, step)
        markdown = assemble(article, writer, lambda step: None)
        left = tuple(finding("left_out", Severity.WARNING, f"the writer {item.why}: left out: {item.text}") for item in writer.left)
        return DraftResult(markdown=markdown, writer=writer_name(settings), findings=left, prompts=prompts(settings))
    from pipeline.writing.extractive import ExtractiveWriter

    return DraftResult(markdown=assemble(article, ExtractiveWriter(article, texts), step), writer=writer_name(settings))


def given(markdown: str) -> DraftResult:
    """Return an article that nobody drafted here."""
    return DraftResult(markdown=markdown, writer="given")


def written(
    provenance: Sequence[Provenance],
    sentences: Sequence[Sentence],
    blocks: Sequence[Block],
    article: Article,
    drafted: DraftResult,
    repairs: Sequence[Repair],
) -> tuple[Provenance, ...]:
    """Return the provenance with who wrote each sentence: the writer and, for a model, the prompt that was asked."""
    if drafted.writer == "given":
        return tuple(provenance)
    structured = {section.heading for section in article.plan.outline if section.form != "prose"}
    again = " ".join(repair.after for repair in repairs if repair.action == "rewrite")
    names = drafted.prompts
    found = []
    for record, sentence in zip(provenance, sentences, strict=True):
        kind = "parts" if blocks[sentence.block].section in structured else "draft"
        if again and escape(sentence.text).rstrip(".!?") in again:  # its marker stands before the full stop
            kind = "rewrite"
        found.append(record.model_copy(update={"written": names.get(kind, drafted.writer)}))
    return tuple(found)
