"""PubMed Central: identifiers of a work, and its full text in JATS from the open bucket or the NCBI interface.

Cloud service https://pmc.ncbi.nlm.nih.gov/tools/cloud/ (layout of 2026: a folder an article version),
ID converter https://pmc.ncbi.nlm.nih.gov/tools/id-converter-api/, E-utilities https://www.ncbi.nlm.nih.gov/books/NBK25499/
"""

from __future__ import annotations

import re
from typing import Any

from pipeline.fetching.providers.base import Api, Candidate, Found, Work, at, text_of
from pipeline.records import Scope

_S3 = re.compile(r"^s3://[^/]+/")


class PmcIds:
    """PMCID, PMID and DOI from one another."""

    name = "pmc_ids"
    base = "https://pmc.ncbi.nlm.nih.gov/tools/idconv/api/v1"
    order = 30
    after_failure = False

    def find(self, work: Work, api: Api) -> Found:
        """Return the identifiers that the converter knows; nothing where the work has none yet, or all."""
        known = work.pmcid or work.pmid or work.doi
        if not known or (work.pmcid and work.pmid and work.doi):
            return Found()
        answer = api.json("articles/", ids=known, format="json", tool="sourcemark", email=api.contact)
        record = at(answer, "records", 0)
        if text_of(record, "status") == "error":
            return Found()
        pmid = at(record, "pmid")
        return Found(ids={"pmcid": text_of(record, "pmcid"), "pmid": str(pmid or ""), "doi": text_of(record, "doi").lower()})


class PmcCloud:
    """The article as PMC keeps it, for the open part of PMC; the version with the highest number counts."""

    name = "pmc_cloud"
    base = "https://pmc-oa-opendata.s3.amazonaws.com"
    order = 40
    after_failure = False

    def find(self, work: Work, api: Api) -> Found:
        """Return the XML and the PDF of the newest version that the bucket lists."""
        newest = self._newest(work.pmcid, api) if work.pmcid else 0
        if not newest:
            return Found()
        facts = api.json(f"metadata/{work.pmcid}.{newest}.json")
        found = []
        for field, form in (("xml_url", "jats"), ("pdf_url", "pdf")):
            key = _S3.sub("", text_of(facts, field)).partition("?")[0]
            if key:
                found.append(self._candidate(api.url(key), form, facts))
        return Found(tuple(found), {"doi": text_of(facts, "doi").lower(), "pmid": str(at(facts, "pmid") or "")})

    def _newest(self, pmcid: str, api: Api) -> int:
        listing = api.get("", "application/xml", **{"list-type": "2", "prefix": f"metadata/{pmcid}."})
        keys = re.findall(
            rf"<Key>metadata/{re.escape(pmcid)}\.(\d+)\.json</Key>", listing.data.decode("utf-8", "replace") if listing else ""
        )
        return max(map(int, keys), default=0)

    def _candidate(self, url: str, form: str, facts: Any) -> Candidate:
        version = "accepted" if at(facts, "is_manuscript") else "published"
        licence = text_of(facts, "license_code") or None
        return Candidate(url, Scope.FULL_TEXT, form=form, licence=licence, version=version, repository=True, interface=True)


class Eutils:
    """The same XML from NCBI's interface, asked after the bucket: three requests a second without a key."""

    name = "ncbi"
    base = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils"
    order = 45
    after_failure = False

    def find(self, work: Work, api: Api) -> Found:
        """Return the address of the JATS full text; for a work outside the open part its answer holds the abstract only."""
        if not work.pmcid:
            return Found()
        number = work.pmcid.removeprefix("PMC")
        url = api.url("efetch.fcgi", db="pmc", id=number, tool="sourcemark", email=api.contact, api_key=api.key)
        shown = api.url("efetch.fcgi", db="pmc", id=number)
        return Found((Candidate(url, Scope.FULL_TEXT, form="jats", repository=True, interface=True, shown=shown),))
