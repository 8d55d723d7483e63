"""What a provider is: from what is known of a work to addresses where its text may be had, and to further identifiers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote, urlencode

from pipeline.fetching.client import Ask, Body, Client, NoText
from pipeline.fetching.reading import Declared
from pipeline.records import Notice, Scope, Source, WhyNot, bare_doi, youtube_id

_UNREGISTERED = frozenset(
    "webpage post post-weblog motion_picture broadcast video song speech interview personal_communication software map graphic".split()
)
_FORMS = {
    "doi": r"10\.\d{4,9}/\S+",
    "pmcid": r"PMC\d{1,10}",
    "pmid": r"\d{1,9}",
    "arxiv": r"[\w.-]+/?\w+",
    "isbn": r"[\dXx -]{10,17}",
    "youtube": r"[\w-]{11}",
    "url": r"https?://\S+",
}


def _doi_of(url: str | None) -> str | None:
    found = re.fullmatch(r"https?://(?:dx\.)?doi\.org/(10\.\d{4,9}/\S+)", url or "", re.IGNORECASE)
    return bare_doi(found.group(1)) if found else None


def doi_path(doi: str) -> str:
    """Return a DOI as it stands in a path: `#`, `?`, `<` and the like would end it or be changed."""
    return quote(doi, safe="/():;,.-_")


class Work(NamedTuple):
    """What is known of a work so far: its metadata, and identifiers found on the way."""

    source: Source
    doi: str | None = None
    pmcid: str | None = None
    pmid: str | None = None
    arxiv: str | None = None
    isbn: str | None = None
    youtube: str | None = None
    url: str | None = None
    failed: tuple[str, ...] = ()
    """Addresses that gave nothing."""

    @classmethod
    def of(cls, source: Source) -> Work:
        """Return what the metadata says."""
        video = source.youtube or (youtube_id(source.URL) if source.URL else None)
        return cls(source, source.DOI or _doi_of(source.URL), source.PMCID, source.PMID, source.arXiv, source.ISBN, video, source.URL)

    def learned(self, ids: Mapping[str, str]) -> Work:
        """Return the work with identifiers that it did not have; what has not their form is passed over."""
        new: dict[str, Any] = {
            name: value
            for name, value in ids.items()
            if isinstance(value, str) and re.fullmatch(_FORMS.get(name, ""), value) and not getattr(self, name)
        }
        return self._replace(**new)

    @property
    def by_title(self) -> bool:
        """Say whether registries of literature may be searched by title: a blog post or video has the title of other works."""
        return self.source.type not in _UNREGISTERED


class Candidate(NamedTuple):
    """An address where the text of a work may be had, or the text itself where a service answers with it."""

    url: str
    scope: Scope
    form: str = "html"
    """`jats`, `html`, `pdf`, `text`, `transcript`."""
    licence: str | None = None
    version: str = "published"
    """`published`, `accepted` or `submitted`."""
    repository: bool = False
    """Whether an archive holds it: publishers refuse programs more often."""
    text: str | None = None
    declared: Declared = Declared()
    """What the service says that it is, for a text that comes with its answer."""
    interface: bool = False
    """Whether the address belongs to a documented interface."""
    shown: str = ""
    """The address as it is recorded, where the one that is asked holds a key, an e-mail address or a signature."""


class Found(NamedTuple):
    """What a provider knows of a work."""

    candidates: tuple[Candidate, ...] = ()
    ids: Mapping[str, str] = {}
    """Identifiers by their field of `Work`."""
    notices: tuple[Notice, ...] = ()
    """Retractions, concerns and corrections that the work's own record names."""


class Api:
    """A service's interface over the one client: base address and key from the settings, answers as JSON or text."""

    def __init__(self, client: Client, name: str, base: str) -> None:
        settings = client.settings
        self._client, self.base = client, settings.endpoints.get(name, base).rstrip("/")
        self.contact = settings.contact
        key = settings.keys.get(name)
        self.key = key.get_secret_value() if key else ""

    def url(self, path: str, **query: str) -> str:
        """Return the address of a path below the base; empty parameters are left out."""
        given = {name: value for name, value in query.items() if value}
        return f"{self.base}/{path}{'?' + urlencode(given, quote_via=quote) if given else ''}"

    def json(self, path: str, **query: str) -> Any:
        """Return an answer as JSON, None where the service does not know the work; NoText where it could not be asked."""
        body = self.get(path, "application/json", **query)
        if body is None:
            return None
        try:
            found = json.loads(body.data.decode("utf-8", "replace"))
        except (ValueError, RecursionError):
            raise NoText(WhyNot.UNREACHABLE, f"{self.base}: an answer that is not JSON") from None
        if found is not None and not isinstance(found, dict):
            raise NoText(WhyNot.UNREACHABLE, f"{self.base}: an answer of another form")
        return found

    def get(self, path: str, accept: str = "*/*", **query: str) -> Body | None:
        """Return an answer, None for 404; NoText where the service could not be asked."""
        try:
            return self._client.get(Ask(self.url(path, **query), interface=True, accept=accept))
        except NoText as error:
            if error.why is WhyNot.NOT_FOUND:
                return None
            # The service refused or failed: that says nothing about the work. Its address holds our key and e-mail address.
            raise NoText(WhyNot.UNREACHABLE, re.sub(r"\?\S*?(?=:?(?:\s|$))", "", error.detail)) from None


class Provider(Protocol):
    """One service. `order` says when it is asked: those that find identifiers come first."""

    name: str
    base: str
    order: int
    after_failure: bool
    """Asked only where all else gave no text."""

    def find(self, work: Work, api: Api) -> Found:
        """Return what the service knows of a work; NoText where it could not be asked."""
        ...


def at(data: Any, *path: str | int) -> Any:
    """Return what stands in an answer at a path, or None: services leave out what they do not know.

    >>> at({"a": [{"b": 1}]}, "a", 0, "b"), at({"a": None}, "a", 0)
    (1, None)
    """
    for step in path:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def listed(data: Any, *path: str | int) -> list[Any]:
    """Return the list that stands at a path; empty where there is none."""
    found = at(data, *path) if path else data
    return found if isinstance(found, list) else []


def year_of(text: str) -> tuple[int, ...]:
    """Return the year with which a date begins, or nothing.

    >>> year_of("2017-03-01"), year_of("n.d.")
    ((2017,), ())
    """
    found = re.match(r"[12][0-9]{3}(?![0-9])", text)
    return (int(found.group()),) if found else ()


def text_of(data: Any, *path: str | int) -> str:
    """Return the text that stands at a path; empty where there is none."""
    found = at(data, *path) if path else data
    return found.encode("utf-8", "replace").decode().strip() if isinstance(found, str) else ""
