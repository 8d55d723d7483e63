"""Open copies: Unpaywall and OpenAlex know where a lawful copy of a work stands.

Unpaywall REST API v2, https://unpaywall.org/products/api; OpenAlex works, https://docs.openalex.org/api-entities/works
"""

from __future__ import annotations

from typing import Any

from pipeline.fetching.providers.base import Api, Candidate, Found, Work, at, listed, text_of
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
        answer = api.json(work.doi, email=api.contact)
        if not answer or not answer.get("is_oa"):
            return Found()
        places = [item for item in [answer.get("best_oa_location"), *listed(answer, "oa_locations")] if item]
        found = [candidate for place in places for candidate in self._of(place)]
        return Found(tuple(dict.fromkeys(found)))

    def _of(self, place: Any) -> list[Candidate]:
        shared: dict[str, Any] = {
            "licence": text_of(place, "license") or None,
            "version": _UNPAYWALL.get(text_of(place, "version"), "published"),
            "repository": text_of(place, "host_type") == "repository",
        }
        pdf, page = text_of(place, "url_for_pdf"), text_of(place, "url_for_landing_page")
        found = [Candidate(pdf, Scope.FULL_TEXT, form="pdf", **shared)] if pdf else []
        direct = text_of(place, "url")
        if direct and direct not in {pdf, page}:
            found.append(Candidate(direct, Scope.FULL_TEXT, form="html", **shared))
        return found


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
        answer = api.json(f"works/doi:{work.doi}", api_key=api.key, mailto=api.contact)
        if not answer:
            return Found()
        places = [item for item in [answer.get("best_oa_location"), *listed(answer, "locations")] if item and item.get("is_oa")]
        found = dict.fromkeys(candidate for place in places for candidate in self._of(place))
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
