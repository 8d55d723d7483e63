"""The article and its provenance as JSON: what other programs read."""

from __future__ import annotations

from pipeline.records import Block, Edition, Fetched, Label, Provenance, Record, Sentence, Source, Verdict, Version
from pipeline.text import sha256


class ArticleSentence(Record):
    """A sentence as other programs read it."""

    id: str
    block: int
    text: str
    label: Label
    sources: tuple[int, ...]
    verdict: Verdict | None
    reason: str


class ArticleFile(Record):
    """`article.json`: the article in pieces, each sentence with its label and verdict."""

    slug: str
    title: str
    version: str | None
    writer: str
    markdown_sha256: str
    sources: tuple[Source, ...]
    blocks: tuple[Block, ...]
    sentences: tuple[ArticleSentence, ...]


class SentenceProvenance(Record):
    """Where one sentence stands in the article, and where it came from."""

    sentence: Sentence
    provenance: Provenance


class ProvenanceFile(Record):
    """`provenance.json`: a record for every sentence, cell, caption and list item."""

    slug: str
    version: str | None
    inputs_sha256: str | None
    writer: str
    checker: str
    fetched: tuple[Fetched, ...]
    records: tuple[SentenceProvenance, ...]


def article_json(edition: Edition, version: Version | None) -> str:
    """Return `article.json`."""
    by_id = {record.sentence_id: record for record in edition.provenance}
    sentences = tuple(
        ArticleSentence(
            id=sentence.id,
            block=sentence.block,
            text=sentence.text,
            label=sentence.label or Label.LLM,
            sources=sentence.numbers,
            verdict=by_id[sentence.id].verdict,
            reason=by_id[sentence.id].reason,
        )
        for sentence in edition.sentences
    )
    made = ArticleFile(
        slug=edition.slug,
        title=edition.title,
        version=version.number if version else None,
        writer=edition.writer,
        markdown_sha256=sha256(edition.markdown),
        sources=edition.sources,
        blocks=edition.blocks,
        sentences=sentences,
    )
    return made.model_dump_json(indent=2, by_alias=True) + "\n"


def provenance_json(edition: Edition, version: Version | None) -> str:
    """Return `provenance.json`."""
    by_id = {record.sentence_id: record for record in edition.provenance}
    made = ProvenanceFile(
        slug=edition.slug,
        version=version.number if version else None,
        inputs_sha256=version.inputs_sha256 if version else None,
        writer=edition.writer,
        checker=edition.checker,
        fetched=edition.fetched,
        records=tuple(SentenceProvenance(sentence=sentence, provenance=by_id[sentence.id]) for sentence in edition.sentences),
    )
    return made.model_dump_json(indent=2) + "\n"
