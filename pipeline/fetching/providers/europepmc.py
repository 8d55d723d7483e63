"""Europe PMC: identifiers and abstracts of life-science works, full text of the open ones.

RESTful web service, https://europepmc.org/RestfulWebService
"""

from __future__ import annotations

from typing import Any

from pipeline.fetching.client import NoText
from pipeline.fetching.markup import without_tags
from pipeline.fetching.providers.base import Api, Candidate, Found, Work, listed, text_of, year_of
from pipeline.fetching.providers.crossref import is_the_work
from pipeline.fetching.reading import Declared
from pipeline.records import Scope, Source, WhyNot

_STYLES = {"html": "html", "pdf": "pdf"}


class EuropePmc:
    """Searched by whatever identifier there is, else by title."""

    name = "europepmc"
    base = "https://www.ebi.ac.uk/europepmc/webservices/rest"
    order = 20
    after_failure = False

    def find(self, work: Work, api: Api) -> Found:
        """Return full text where it is open, links to open copies, and the abstract."""
        hit = self._hit(work, api)
        if not hit:
            return Found()
        pmcid = text_of(hit, "pmcid")
        ids = {"doi": text_of(hit, "doi").lower(), "pmcid": pmcid, "pmid": text_of(hit, "pmid")}
        found: list[Candidate] = []
        licence = text_of(hit, "license") or None
        if pmcid and text_of(hit, "isOpenAccess") == "Y":
            found.append(_full_text(api.url(f"{pmcid}/fullTextXML"), licence))
        found += [_link(item, licence) for item in listed(hit, "fullTextUrlList", "fullTextUrl") if _is_open(item)]
        abstract = without_tags(text_of(hit, "abstractText"))
        if abstract:
            found.append(Candidate(_query(api, work), Scope.ABSTRACT, form="text", text=abstract, declared=_declared(hit), interface=True))
        return Found(tuple(found), ids)

    def _hit(self, work: Work, api: Api) -> Any:
        by_id = bool(work.doi or work.pmcid or work.pmid)
        if not by_id and not work.by_title:
            return None
        answer = api.json("search", query=_words(work), format="json", resultType="core", pageSize="5", email=api.contact)
        if answer is not None and "hitCount" not in answer:  # how the service answers a query that it cannot read, with status 200
            raise NoText(WhyNot.UNREACHABLE, "europepmc: the query was not understood")
        for hit in listed(answer, "resultList", "result"):
            if _has_id(hit, work) if by_id else is_the_work(work.source, _declared(hit)):
                return hit
        return None


def _has_id(hit: Any, work: Work) -> bool:
    """Say whether a hit carries the identifier that was asked for; the first hit of a search need not."""
    pairs = ((work.doi, text_of(hit, "doi").lower()), (work.pmcid, text_of(hit, "pmcid")), (work.pmid, text_of(hit, "pmid")))
    asked = next((pair for pair in pairs if pair[0]), ("", ""))
    return asked[0] == asked[1]


def _words(work: Work) -> str:
    """Return the query: the strongest identifier, else the title in quotes, which the service's syntax asks for."""
    if work.doi:
        return f'DOI:"{work.doi}"'
    if work.pmcid:
        return f"PMCID:{work.pmcid}"
    if work.pmid:
        return f"EXT_ID:{work.pmid} AND SRC:MED"
    return f'TITLE:"{_plain(work.source)}"'


def _plain(source: Source) -> str:
    return " ".join(source.title.replace('"', " ").replace("\\", " ").split())


def _query(api: Api, work: Work) -> str:
    return api.url("search", query=_words(work), format="json", resultType="core")


def _declared(hit: Any) -> Declared:
    people = listed(hit, "authorList", "author")
    names = [text_of(person, "lastName") or text_of(person, "collectiveName") for person in people]
    return Declared(
        titles=(without_tags(text_of(hit, "title")).rstrip("."),),
        authors=tuple(name for name in names if name) or (text_of(hit, "authorString"),),
        years=year_of(text_of(hit, "pubYear")),
        dois=(text_of(hit, "doi").lower(),) if text_of(hit, "doi") else (),
    )


def _full_text(url: str, licence: str | None) -> Candidate:
    return Candidate(url, Scope.FULL_TEXT, form="jats", licence=licence, repository=True, interface=True)


def _is_open(item: Any) -> bool:
    return text_of(item, "availabilityCode") in {"OA", "F"} and bool(text_of(item, "url"))


def _link(item: Any, licence: str | None) -> Candidate:
    archive = text_of(item, "site") in {"Europe_PMC", "PubMedCentral"}
    form = _STYLES.get(text_of(item, "documentStyle"), "html")
    return Candidate(text_of(item, "url"), Scope.FULL_TEXT, form=form, licence=licence, repository=archive)
