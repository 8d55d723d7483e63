"""What a web page says it is: title, DOI, authors and date, from its meta elements, JSON-LD and headings."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

MANY = 2000  # things taken from one JSON-LD list
DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"'<>?#]+")
METAS = (
    ("title", ("citation_title", "dc.title", "og:title")),
    ("doi", ("citation_doi", "dc.identifier", "prism.doi")),
    ("author", ("citation_author", "author", "dc.creator", "article:author")),
    ("date", ("citation_publication_date", "citation_date", "article:published_time", "dc.date")),
)


def read_declared(root: Any) -> dict[str, list[str]]:
    """Return the title, DOI, authors, date and language that the page states."""
    metas: dict[str, list[str]] = {}
    for meta in root.iter("meta"):
        name = (meta.get("name") or meta.get("property") or meta.get("itemprop") or "").lower().replace("dcterms.", "dc.")
        metas.setdefault(name, []).append(meta.get("content") or "")
    found = {key: [value for name in names for value in metas.get(name, [])] for key, names in METAS}
    for item in linked_data(root):
        found["title"] += strings(item.get("headline"))
        found["doi"] += [value for key in ("identifier", "@id", "sameAs", "doi") for value in strings(item.get(key))]
        found["author"] += strings(item.get("author"))
        found["date"] += strings(item.get("datePublished"))
    found["title"] += [" ".join(element.itertext()) for element in [*root.iterfind(".//title"), *islice(root.iter("h1"), 1)]]
    found["doi"] = [match.group().rstrip(".,;").lower() for value in found["doi"] for match in DOI.finditer(value)][:3]
    found["author"] = [name for name in found["author"] if not name.startswith("http")]
    found["lang"] = [root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang") or ""]
    return {key: values for key, raw in found.items() if (values := distinct(raw))}


def distinct(values: Iterable[str]) -> list[str]:
    """Return the values without white space around them, each once."""
    return list(dict.fromkeys(text for value in values if (text := " ".join(value.split()))))


def strings(value: Any, depth: int = 3) -> list[str]:
    """Return the texts, or the names of the things, that a JSON-LD value holds."""
    if not depth:
        return []
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return strings(value.get("name") or value.get("value"), depth - 1)
    return [text for item in value[:MANY] for text in strings(item, depth - 1)] if isinstance(value, list) else []


def linked_data(root: Any) -> Iterator[dict[str, Any]]:
    """Yield what the page's JSON-LD says of an article."""
    for script in root.iterfind('.//script[@type="application/ld+json"]'):
        try:
            waiting: list[Any] = [json.loads(script.text or "", strict=False)]
        except (ValueError, RecursionError):
            continue
        for item in waiting:
            if isinstance(item, list):
                waiting.extend(item[:MANY])
            elif isinstance(item, dict):
                waiting.extend(item[key] for key in ("@graph", "mainEntity", "mainEntityOfPage") if isinstance(item.get(key), dict | list))
                if "headline" in item or re.search(r"Article|Posting|Report|WebPage|Book|Dataset", str(item.get("@type"))):
                    yield item
            if len(waiting) > MANY:
                break
