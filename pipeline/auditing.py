"""Auditing an article that exists, outside any ledger."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pipeline import articles
from pipeline.checking.checker import checker
from pipeline.checking.contrast import known
from pipeline.markup import importers
from pipeline.records import Edition, Stage
from pipeline.run import assemble, check
from pipeline.settings import Settings
from pipeline.stages import fetch, verify
from pipeline.stages.draft import given
from pipeline.text import sha256


def audit(path: Path, folder: Path, settings: Settings, progress: Callable[[Stage, str], None]) -> Edition:
    """Read an article and its sources' folder, check every sentence, and return what was found; nothing is stored."""
    document = importers.read_file(path)
    article = articles.read(folder)
    blobs: dict[str, bytes] = {}

    def keep(data: bytes) -> str:
        digest = sha256(data)
        blobs[digest] = data
        return digest

    store = fetch.Store(keep, blobs.__getitem__)
    fetched = fetch.fetch(article.folder, article.sources, settings, store, lambda step: progress(Stage.FETCH, step)).fetched
    library = verify.Library(article.sources, fetched, lambda digest: blobs[digest].decode(), checker(settings.support))
    checked = check(document, article.sources, library, lambda step: progress(Stage.VERIFY, step), settings.sentences)
    return assemble(article, document, fetched, checked, (), given(document.text), library.checker.name, known(library.checker.name))
