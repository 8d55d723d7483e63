"""Open copies: Unpaywall and OpenAlex know where a lawful copy of a work stands.

Unpaywall REST API v2, https://unpaywall.org/products/api; OpenAlex works, https://docs.openalex.org/api-entities/works
"""

from __future__ import annotations

from typing import Any

from pipeline.fetching.providers.base import Api, Candidate, Found, Work, at, doi_path, listed, text_of
from pipeline.fetching.reading import Declared
from pipeline.records import Scope

_UNPAYWALL = {"publishedVersion": "published", "acceptedVersion": "accepted", "submittedVersion": "submitted"}


class Unpaywall:
    """Needs an e-mail address of the workspace (`contact`), and a DOI."""

    name = "unpaywall"
    base = "https://api.unpaywall.org/v2"
    order = 50
    after_failure = False

    def find(self, work: Work, api: Api) -> Found:
        """Return every open copy, archives and publishers."""
        if not work.doi or not api.contact:
            return Found()
        answer = api.json(doi_path(work.doi), email=api.contact)
        if at(answer, "is_oa") is not True:
            return Found()
        places = [item for item in [at(answer, "best_oa_location"), *listed(answer, "oa_locations")] if item]
        found = [candidate for place in places for candidate in self._of(place)]
        return Found(tuple(dict.fromkeys(found)))

    def _of(self, place: Any) -> list[Candidate]:
        shared: dict[str, Any] = {
            "licence": text_of(place, "license") or None,
            "version": _UNPAYWALL.get(text_of(place, "version"), "published"),
            "repository": text_of(place, "host_type") == "repository",
        }
        pdf = text_of(place, "url_for_pdf")
        page = text_of(place, "url") or text_of(place, "url_for_landing_page")
        if pdf:
            return [Candidate(pdf, Scope.FULL_TEXT, form="pdf", **shared)]
        return [Candidate(page, Scope.FULL_TEXT, form="html", **shared)] if page else []


class OpenAlex:
    """Single works are free to ask for; a key (`keys.openalex`) is sent where there is one, for an empty one is refused."""

    name = "openalex"
    base = "https://api.openalex.org"
    order = 60
    after_failure = False

    def find(self, work: Work, api: Api) -> Found:
        """Return open copies, the abstract rebuilt from its index, and identifiers."""
        if not work.doi:
            return Found()
        path = f"works/doi:{doi_path(work.doi)}"
        answer = api.json(path, api_key=api.key, mailto=api.contact)
        if not answer:
            return Found()
        places = [item for item in [at(answer, "best_oa_location"), *listed(answer, "locations")] if at(item, "is_oa") is True]
        found = dict.fromkeys(candidate for place in places for candidate in self._of(place))
        abstract = _abstract(at(answer, "abstract_inverted_index"))
        if abstract:
            told = Candidate(api.url(path), Scope.ABSTRACT, form="text", text=abstract, declared=_declared(answer), interface=True)
            found[told] = None
        pmcid = text_of(answer, "ids", "pmcid").rstrip("/").rsplit("/", 1)[-1].upper()
        pmid = text_of(answer, "ids", "pmid").rstrip("/").rsplit("/", 1)[-1]
        return Found(tuple(found), {"pmcid": f"PMC{pmcid.removeprefix('PMC')}" if pmcid else "", "pmid": pmid})

    def _of(self, place: Any) -> list[Candidate]:
        pdf, page = text_of(place, "pdf_url"), text_of(place, "landing_page_url")
        shared: dict[str, Any] = {
            "licence": text_of(place, "license") or None,
            "version": _UNPAYWALL.get(text_of(place, "version"), "published"),
            "repository": at(place, "source", "type") == "repository",
        }
        found = [Candidate(pdf, Scope.FULL_TEXT, form="pdf", **shared)] if pdf else []
        return [*found, *([Candidate(page, Scope.FULL_TEXT, form="html", **shared)] if page and not pdf else [])]


def _abstract(index: Any) -> str:
    """Return an abstract from its index of words and places."""
    words = index.items() if isinstance(index, dict) else ()
    placed = [(at_, str(word)) for word, places in words for at_ in listed(places) if isinstance(at_, int)]
    return " ".join(word for _, word in sorted(placed))


def _declared(answer: Any) -> Declared:
    year = at(answer, "publication_year")
    return Declared(
        titles=(text_of(answer, "title"),),
        authors=tuple(text_of(item, "author", "display_name") for item in listed(answer, "authorships")),
        years=(year,) if isinstance(year, int) else (),
        dois=(text_of(answer, "doi").lower().removeprefix("https://doi.org/"),),
    )
