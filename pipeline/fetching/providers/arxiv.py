"""arXiv: the HTML and PDF of a preprint, and its abstract.

API user manual, https://info.arxiv.org/help/api/user-manual.html
"""

from __future__ import annotations

import re

from lxml import etree

from pipeline.fetching.client import NoText
from pipeline.fetching.providers.base import Api, Candidate, Found, Work, year_of
from pipeline.fetching.providers.crossref import is_the_work
from pipeline.fetching.reading import Declared
from pipeline.records import Scope, WhyNot

_ATOM = {"a": "http://www.w3.org/2005/Atom", "x": "http://arxiv.org/schemas/atom"}
_ID = re.compile(r"arxiv\.org/abs/(.+?)(v\d+)?$")
_DOI = re.compile(r"^10\.48550/arxiv\.(.+)$")


class Arxiv:
    """By arXiv id, by the DOI that arXiv gives, or by the title of a preprint."""

    name = "arxiv"
    base = "https://export.arxiv.org/api"
    order = 70
    after_failure = False

    def find(self, work: Work, api: Api) -> Found:
        """Return the preprint's text; a title alone is asked for only where the metadata names arXiv."""
        given = work.arxiv or self._of_doi(work.doi)
        if given:
            body = api.get("query", id_list=given, max_results="1")
        elif "arxiv" in (work.source.container_title or work.source.publisher or "").lower():
            title = re.sub(r"[^\w\s]", " ", work.source.title)
            body = api.get("query", search_query=f'ti:"{" ".join(title.split())}"', max_results="3")
        else:
            return Found()
        entries = _entries(body.data) if body else []
        for entry in entries:
            if given or is_the_work(work.source, _declared(entry)):
                return self._found(entry, api)
        return Found()

    def _of_doi(self, doi: str | None) -> str | None:
        found = _DOI.match(doi or "")
        return found.group(1) if found else None

    def _found(self, entry: etree._Element, api: Api) -> Found:
        where = _ID.search(_text(entry, "a:id"))
        if not where:
            return Found()
        name = f"{where.group(1)}{where.group(2) or ''}"
        site = "https://arxiv.org" if "arxiv.org" in api.base else api.base.removesuffix("/api")
        licence = next((link.get("href") for link in entry.findall("a:link", _ATOM) if link.get("rel") == "license"), None)
        full = [
            Candidate(f"{site}/{form}/{name}", Scope.FULL_TEXT, form=form, licence=licence, version="submitted", repository=True)
            for form in ("html", "pdf")
        ]
        abstract = Candidate(
            api.url("query", id_list=name),
            Scope.ABSTRACT,
            form="text",
            text=_text(entry, "a:summary"),
            declared=_declared(entry),
            interface=True,
        )
        return Found((*full, abstract), {"arxiv": name, "doi": _text(entry, "x:doi").lower()})


def _entries(data: bytes) -> list[etree._Element]:
    """Return the entries of a feed; an error of the service is an entry too, and is not one."""
    try:
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    except etree.XMLSyntaxError:
        raise NoText(WhyNot.UNREACHABLE, "arxiv: an answer that is not XML") from None
    return [entry for entry in root.findall("a:entry", _ATOM) if _ID.search(_text(entry, "a:id"))]


def _declared(entry: etree._Element) -> Declared:
    doi = _text(entry, "x:doi").lower()
    return Declared(
        titles=(_text(entry, "a:title"),),
        authors=tuple(" ".join((name.text or "").split()) for name in entry.findall("a:author/a:name", _ATOM)),
        years=year_of(_text(entry, "a:published")),
        dois=(doi,) if doi else (),
    )


def _text(entry: etree._Element, path: str) -> str:
    return " ".join((entry.findtext(path, "", _ATOM) or "").split())
