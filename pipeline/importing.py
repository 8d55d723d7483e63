"""Taking over an article that somebody else's tool made: canonical Markdown, its source list as records, and an outline."""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML

from pipeline.articles import Plan, Section
from pipeline.errors import ConfigError, UsageError
from pipeline.ledger.blobs import write_whole
from pipeline.markup import importers, markdown
from pipeline.markup.blocks import Document, Unit
from pipeline.markup.imported import Entry, Remark, shortened
from pipeline.markup.references import Parsed, parse_all
from pipeline.records import Block, BlockKind, Source
from pipeline.stages.split import SplitResult, split
from pipeline.writing.page import listed

FILES = ("article.md", "article.yaml", "sources.yaml", "import.txt")
_CRUMBS = 3  # kind, discipline, tradition


class Taken(NamedTuple):
    """An article taken over: what will be written, and what was not understood."""

    markdown: str
    plan: Plan
    sources: tuple[Source, ...]
    remarks: tuple[Remark, ...]
    split: SplitResult

    @property
    def slug(self) -> str:
        """Return a folder's name from the title."""
        plain = unicodedata.normalize("NFKD", self.plan.title.partition(":")[0]).encode("ascii", "ignore").decode()
        return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:60].strip("-") or "article"


def take_over(path: Path) -> Taken:
    """Read an article in Markdown, HTML, DOCX or plain text; ConfigError for what is none of them or says nothing."""
    imported = importers.import_file(path)
    parsed = parse_all(imported.entries)
    sources = tuple(item.source for item in parsed)
    text = imported.markdown if not sources else f"{imported.markdown.rstrip()}\n\n## Sources\n\n{listed(sources)}\n"
    document = markdown.read(text)
    found = split(document, sources)
    if not found.sentences:
        raise ConfigError(f"{path}: holds no sentence, so there is nothing to import")
    remarks = [*imported.remarks, *_of_sources(imported.entries, parsed), *_changed(path, found, sources)]
    if not sources:
        remarks.append(Remark(0, "", "no source list was found: write sources.yaml by hand, in the order of the markers' numbers"))
    return Taken(text, _plan(document, path), sources, tuple(sorted(remarks, key=lambda item: item.line)), found)


def write(taken: Taken, folder: Path) -> None:
    """Write the files of an article's folder; UsageError where one of them is there already."""
    there = [name for name in FILES if (folder / name).exists()]
    if there:
        raise UsageError(f"{folder}: {', '.join(there)} there already: choose another folder with --to")
    texts = (
        taken.markdown,
        _yaml(taken.plan.model_dump(mode="json", exclude_defaults=True)),
        _yaml({"sources": [source.model_dump(mode="json", by_alias=True, exclude_defaults=True) for source in taken.sources]}),
        "".join(f"{remark.line or '-'}\t{remark.why}\t{remark.text}\n" for remark in taken.remarks),
    )
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in zip(FILES, texts, strict=True):
        write_whole(folder / name, text.encode("utf-8", "surrogatepass"))


def _of_sources(entries: tuple[Entry, ...], parsed: list[Parsed]) -> list[Remark]:
    return [
        Remark(entry.line, shortened(entry.text), f"source {number}: {', '.join(item.missing)}")
        for number, (entry, item) in enumerate(zip(entries, parsed, strict=True), 1)
        if item.missing
    ]


def _changed(path: Path, found: SplitResult, sources: tuple[Source, ...]) -> list[Remark]:
    """Return a remark for each sentence of a text file that the Markdown does not give back; none is expected.

    HTML and DOCX have no sentences of their own to compare.
    """
    if zipfile.is_zipfile(path) or importers.is_page(path, path.read_bytes()):
        return []
    before = Counter(sentence.text for sentence in split(importers.read_file(path), sources).sentences)
    lost = before - Counter(sentence.text for sentence in found.sentences)
    return [Remark(0, shortened(text), "this sentence reads otherwise after import") for text in lost]


def _plan(document: Document, path: Path) -> Plan:
    """Return the article's plan, from its headings and what stands below them, so that it can be written anew."""
    crumbs = next((unit.text.split(" · ") for unit in document.units if _is_breadcrumb(unit)), [])
    named = dict(zip(("kind", "discipline", "tradition"), [crumb.strip() for crumb in crumbs[:_CRUMBS]], strict=False))
    title = " ".join((document.title or path.stem.replace("-", " ").replace("_", " ")).split())
    sections = _sections(document)
    return Plan(title=title or "Untitled", outline=tuple(sections) or (Section(heading="Text", brief=title or "the article"),), **named)


def _is_breadcrumb(unit: Unit) -> bool:
    return unit.block.kind is BlockKind.FURNITURE and " · " in unit.text and "." not in unit.text


def _sections(document: Document) -> list[Section]:
    held: dict[str, list[Unit]] = {}
    for unit in document.units:
        if unit.block.section and unit.block.kind not in {BlockKind.HEADING, BlockKind.REFERENCE, BlockKind.FURNITURE, BlockKind.CODE}:
            held.setdefault(unit.block.section, []).append(unit)
    return [_section(" ".join(heading.split()), units) for heading, units in held.items() if heading.strip()]


def _section(heading: str, units: list[Unit]) -> Section:
    """Return a section of the form that most of its blocks have."""
    kinds = Counter(unit.block.kind for unit in units)
    if kinds[BlockKind.TABLE_CELL]:
        blocks: list[Block] = [unit.block for unit in units if unit.block.kind is BlockKind.TABLE_CELL]
        columns = tuple(dict.fromkeys(" ".join(block.column.split()) for block in blocks if block.column.strip()))
        rows = tuple(dict.fromkeys(" ".join(block.row.split()) for block in blocks if block.row.strip()))
        if len(columns) > 1 and rows:
            return Section(heading=heading, form="table", columns=columns, rows=rows)
    if kinds[BlockKind.QUESTION] > len(units) / 2:
        return Section(
            heading=heading, form="questions", questions=tuple(_plain(unit) for unit in units if unit.block.kind is BlockKind.QUESTION)
        )
    if kinds[BlockKind.DEFINITION] > len(units) / 2:
        terms = (re.split(r"\s+[—–-]\s|:\s", _plain(unit))[0] for unit in units if unit.block.kind is BlockKind.DEFINITION)
        return Section(heading=heading, form="key_terms", terms=tuple(terms))
    return Section(heading=heading, brief=heading)


def _plain(unit: Unit) -> str:
    """Return a block's text without its markers."""
    return " ".join(re.sub(r"\s*\[(?:\d+|LLM)\]", "", unit.text).split())


def _yaml(data: dict[str, Any]) -> str:
    made = io.StringIO()
    writer = YAML(typ="safe")
    writer.default_flow_style = False
    writer.allow_unicode = True
    writer.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # fields in the order of the record
    writer.width = 120
    writer.dump(data, made)
    return made.getvalue()
