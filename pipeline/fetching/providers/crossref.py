"""Crossref: a DOI from title and authors, abstracts, full-text links, and notices of retraction or correction.

REST API, https://www.crossref.org/documentation/retrieve-metadata/rest-api/
"""

from __future__ import annotations

from typing import Any, Literal
from urllib.parse import quote

from pipeline.fetching.client import NoText
from pipeline.fetching.identity import identify
from pipeline.fetching.markup import without_tags
from pipeline.fetching.providers.base import Api, Candidate, Found, Work, at, listed, text_of
from pipeline.fetching.reading import Declared
from pipeline.records import Notice, Scope, Source

_ROWS = "5"
_FORMS = {"application/pdf": "pdf", "text/html": "html", "application/xml": "jats", "text/xml": "jats", "text/plain": "text"}
_VERSIONS = {"vor": "published", "am": "accepted"}
_CONCERN = frozenset({"expression_of_concern", "expression-of-concern"})
_RETRACTION = frozenset({"retraction", "partial_retraction", "withdrawal", "removal"})
_NO_CHANGE = frozenset({"new_version", "new_edition", "version"})


class Crossref:
    """Registered metadata of most journal articles, books and chapters."""

    name = "crossref"
    base = "https://api.crossref.org/v1"
    order = 10
    after_failure = False

    def find(self, work: Work, api: Api) -> Found:
        """Return the abstract and the links that the publisher registered, and the DOI where only the title was known."""
        message = _by_doi(work.doi, api) if work.doi else self._by_title(work.source, api) if work.by_title else None
        if not message:
            return Found()
        found = [*_links(message), *_abstract(message, api)]
        isbn = text_of(message, "ISBN", 0).rsplit("/", 1)[-1]
        ids = {"doi": text_of(message, "DOI").lower(), "isbn": isbn, "url": text_of(message, "resource", "primary", "URL")}
        return Found(tuple(found), ids, _own(message))

    def _by_title(self, source: Source, api: Api) -> Any:
        """Return the first hit that is the work itself: same title, and authors and year that agree."""
        people = source.author or source.editor
        families = " ".join(name.family or name.literal or "" for name in people[:3])
        query = {"query.bibliographic": source.title, "query.author": families, "rows": _ROWS, "mailto": api.contact}
        answer = api.json("works", **query)
        for item in listed(answer, "message", "items"):
            if is_the_work(source, declared(item)):
                return item
        return None


def is_the_work(source: Source, facts: Declared) -> bool:
    """Say whether a search hit is the work: what a registry calls the same title must come with an author or the year."""
    agreed = bool(facts.authors and (source.author or source.editor)) or (source.issued in facts.years)
    return agreed and identify(source, facts, "").same is True


def notices(doi: str, api: Api) -> tuple[Notice, ...] | None:
    """Return what updates a work, from its own record and from a search for what names it; None for a DOI that Crossref does not know.

    `update-to` in a work's own record means that the work is itself a notice: it says nothing against the work.
    """
    message = _by_doi(doi, api)
    if message is None:
        return None
    found: list[Notice | None] = list(_own(message))
    try:
        answer = api.json("works", filter=f"updates:{doi}", rows="20", mailto=api.contact)
    except NoText:
        if not any(found):  # what the work's own record says holds by itself
            raise
        answer = None
    for item in listed(answer, "message", "items"):
        for update in listed(item, "update-to"):
            if text_of(update, "DOI").lower() == doi:
                found.append(_notice({**update, "DOI": text_of(item, "DOI")}))
    unique = {(notice.kind, notice.DOI): notice for notice in found if notice}
    return tuple(unique.values())


def _own(message: Any) -> tuple[Notice, ...]:
    """Return the notices that a work's own record names."""
    return tuple(notice for item in listed(message, "updated-by") if (notice := _notice(item)))


def _notice(update: Any) -> Notice | None:
    kind = text_of(update, "type").lower().replace(" ", "_")
    if not kind or kind in _NO_CHANGE:
        return None
    named: Literal["retraction", "concern", "correction"] = "correction"
    if kind in _RETRACTION:
        named = "retraction"
    elif kind in _CONCERN:
        named = "concern"
    date = "-".join(f"{part:02}" for part in listed(update, "updated", "date-parts", 0) if isinstance(part, int))
    return Notice(kind=named, label=text_of(update, "label") or kind.replace("_", " "), DOI=text_of(update, "DOI").lower(), date=date)


def declared(message: Any) -> Declared:
    """Return what a registered record says that the work is."""
    title, subtitle = text_of(message, "title", 0), text_of(message, "subtitle", 0)
    people = [*listed(message, "author"), *listed(message, "editor")]
    years = [at(message, field, "date-parts", 0, 0) for field in ("issued", "published-print", "published-online")]
    return Declared(
        titles=tuple(text for text in ((f"{title}: {subtitle}" if subtitle else ""), title) if text),
        authors=tuple(text_of(person, "family") or text_of(person, "name") for person in people),
        years=tuple(dict.fromkeys(year for year in years if isinstance(year, int))),
        dois=(text_of(message, "DOI").lower(),),
    )


def _by_doi(doi: str, api: Api) -> Any:
    return at(api.json(f"works/{quote(doi, safe='')}", mailto=api.contact), "message")


def _licence(message: Any) -> str | None:
    return text_of(message, "license", 0, "URL") or None


def _links(message: Any) -> list[Candidate]:
    """Return the full-text links; those for plagiarism checks are meant for one service only."""
    return [
        Candidate(
            text_of(link, "URL"),
            Scope.FULL_TEXT,
            form=_FORMS.get(text_of(link, "content-type"), "html"),
            licence=_licence(message),
            version=_VERSIONS.get(text_of(link, "content-version"), "published"),
        )
        for link in listed(message, "link")
        if text_of(link, "intended-application") != "similarity-checking" and text_of(link, "URL")
    ]


def _abstract(message: Any, api: Api) -> list[Candidate]:
    abstract = without_tags(text_of(message, "abstract"))
    if not abstract:
        return []
    url = api.url(f"works/{quote(text_of(message, 'DOI'), safe='')}")
    return [Candidate(url, Scope.ABSTRACT, form="text", text=abstract, declared=declared(message), interface=True)]
