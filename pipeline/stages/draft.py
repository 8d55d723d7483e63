"""Draft: from the plan and the texts of the sources to an article in Markdown with markers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pipeline.articles import Article
from pipeline.errors import SourceError
from pipeline.records import Record
from pipeline.settings import Settings


class DraftResult(Record):
    """The drafted article, and who wrote it."""

    markdown: str
    writer: str


def writer_name(settings: Settings) -> str:
    """Return name and version of the configured writer, as it stands in provenance records."""
    if settings.writer == "claude":
        from pipeline.llm.prompts import prompt

        return f"{settings.model}, prompt {prompt('draft').name} {prompt('draft').sha256[:12]}"
    from pipeline.writing.extractive import WRITER

    return WRITER


def draft(article: Article, texts: Mapping[int, str], settings: Settings, step: Callable[[str], None]) -> DraftResult:
    """Write the article from the texts, by source number; SourceError where there are none."""
    from pipeline.writing.page import assemble

    if not texts:
        raise SourceError(
            f"{article.slug}: none of its sources has a text, so there is nothing to write from; "
            f"`sourcemark sources list {article.slug}` says why, `text:` in sources.yaml or `sourcemark source add-text` gives one"
        )
    if settings.writer == "claude":
        from pipeline.writing.claude import ClaudeWriter

        markdown = assemble(article, ClaudeWriter(article, texts, settings.model), step)
    else:
        from pipeline.writing.extractive import ExtractiveWriter

        markdown = assemble(article, ExtractiveWriter(article, texts), step)
    return DraftResult(markdown=markdown, writer=writer_name(settings))
