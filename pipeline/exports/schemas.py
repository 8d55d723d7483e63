"""JSON Schema of every record that leaves the program."""

from __future__ import annotations

import json

from pydantic import BaseModel

from pipeline.articles import Plan
from pipeline.exports.provenance import ArticleFile, ProvenanceFile
from pipeline.exports.report import Report
from pipeline.records import Edition, Source, Version
from pipeline.versions import Diff

_LEAVING: dict[str, type[BaseModel]] = {
    "article": ArticleFile,
    "provenance": ProvenanceFile,
    "report": Report,
    "edition": Edition,
    "version": Version,
    "diff": Diff,
    "plan": Plan,
    "source": Source,
}


def schemas() -> dict[str, str]:
    """Return file name and text of each schema."""
    return {f"{name}.schema.json": _text(kind) for name, kind in _LEAVING.items()}


def _text(kind: type[BaseModel]) -> str:
    made = kind.model_json_schema(mode="serialization" if kind.__name__.endswith(("File", "Report", "Diff")) else "validation")
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **made}, indent=2, sort_keys=True) + "\n"
