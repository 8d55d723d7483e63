"""The work's own page: the address in its metadata, or where its DOI leads; and an archived copy of a page that is gone.

Wayback availability API, https://archive.org/help/wayback_api.php
"""

from __future__ import annotations

from typing import Any

from pipeline.fetching.providers.base import Api, Candidate, Found, Work, at, doi_path, text_of
from pipeline.records import Scope

_PAGES = frozenset({"webpage", "post-weblog", "post", "article-newspaper", "article-magazine", "report", "document", "speech"})


class Publisher:
    """A page of the web is the work itself; the page of an article or book is read for whatever it holds."""

    name = "publisher"
    base = "https://doi.org"
    order = 80
    after_failure = False

    def find(self, work: Work, api: Api) -> Found:
        """Return the page; how much of the work it holds is judged when it has been read."""
        whole = work.source.type in _PAGES
        if work.url and not work.youtube and not work.url.startswith("https://doi.org/"):
            return Found((Candidate(work.url, Scope.FULL_TEXT if whole else Scope.LANDING_PAGE, form=_form(work.url)),))
        return Found((Candidate(api.url(doi_path(work.doi)), Scope.LANDING_PAGE),) if work.doi else ())


def _form(url: str) -> str:
    return "pdf" if url.lower().split("?")[0].endswith(".pdf") else "html"


class Wayback:
    """The Internet Archive's copy, for addresses that gave nothing; the address in the copy's name is the bytes as they were."""

    name = "wayback"
    base = "https://archive.org/wayback"
    order = 90
    after_failure = True

    def find(self, work: Work, api: Api) -> Found:
        """Return the copy closest to the work's year of each address that failed."""
        whole = work.source.type in _PAGES
        found = []
        for url in work.failed[:3]:
            closest = self._closest(url, work, api) or self._closest(url.partition("://")[2], work, api)
            if text_of(closest, "status") == "200" and at(closest, "available"):
                found.append(
                    Candidate(self._raw(text_of(closest, "url")), Scope.FULL_TEXT if whole else Scope.LANDING_PAGE, repository=True)
                )
        return Found(tuple(found))

    def _closest(self, url: str, work: Work, api: Api) -> Any:
        """Return the copy that the archive names; it may know an address with its scheme, without it, or both."""
        year = work.source.issued
        return at(api.json("available", url=url, timestamp=f"{year}0701" if year else ""), "archived_snapshots", "closest")

    def _raw(self, url: str) -> str:
        """Return the address of the archived bytes, without the archive's own banner: `/web/<time>id_/<address>`."""
        host, _, rest = url.partition("/web/")
        time, _, page = rest.partition("/")
        site = host.replace("http://web.archive.org", "https://web.archive.org")
        return f"{site}/web/{time.removesuffix('id_')}id_/{page}"
