"""From ranked addresses to one text: each is tried until the work itself has come, and every try is kept as an attempt."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from pipeline.errors import SourceError
from pipeline.fetching.client import Ask, Body, Client, NoText
from pipeline.fetching.extract import Extracted
from pipeline.fetching.identity import identify, stopped
from pipeline.fetching.providers.base import Candidate
from pipeline.fetching.reading import Declared, Piece, laid_out
from pipeline.fetching.resolve import Ranked, Resolution, Resolver, amount
from pipeline.fetching.sandbox import Sandbox
from pipeline.records import Attempt, Identity, Notice, Scope, Source, WhyNot

_MOST = 8  # addresses tried for one source
_ARTICLES = frozenset({"article-journal", "chapter", "book", "thesis", "paper-conference", "article"})
_SHORT_PAGE = 6_000  # characters; the page of an article that holds no more is its landing page
_LONG_PAGE = 12_000  # characters; a page that holds so much, in sections, is the article
_SECTIONS = 4
_IDS = ("doi", "pmcid", "pmid", "arxiv", "isbn", "youtube")
# What is said of a source of which no text came: the reason that tells a reviewer most.
_TELLING = (
    WhyNot.PAYWALLED,
    WhyNot.ANOTHER_WORK,
    WhyNot.BLOCKED,
    WhyNot.TOO_LARGE,
    WhyNot.UNSUPPORTED,
    WhyNot.UNREACHABLE,
    WhyNot.NOT_FOUND,
    WhyNot.FORBIDDEN,
)


class Acquired(NamedTuple):
    """The text of a source, and what is known of how it came."""

    body: Body
    extracted: Extracted
    scope: Scope
    identity: Identity
    provider: str = ""
    licence: str | None = None
    private: bool = False


class Outcome(NamedTuple):
    """What came of all tries for a source."""

    acquired: Acquired | None
    attempts: tuple[Attempt, ...]
    why_not: WhyNot | None = None
    detail: str = ""
    ids: tuple[tuple[str, str], ...] = ()
    """Identifiers that the providers found."""
    notices: tuple[Notice, ...] = ()


class Acquirer:
    """Gets texts by a client, parses them in a sandbox, and asks a resolver where they are."""

    def __init__(self, client: Client, resolver: Resolver, sandbox: Sandbox) -> None:
        self._client, self._resolver, self._sandbox = client, resolver, sandbox

    def given(self, source: Source, url: str, step: Callable[[str], None]) -> Outcome:
        """Get the address that a person gave for the text; where it gives none, look for the work elsewhere."""
        candidate = Candidate(url, source.scope)
        outcome = self._first([Ranked("", candidate)], source, step)
        return outcome if outcome.acquired else self.found(source, step, outcome.attempts)

    def found(self, source: Source, step: Callable[[str], None], before: tuple[Attempt, ...] = ()) -> Outcome:
        """Resolve a source and get the best text that can be had."""
        resolution = self._resolver.resolve(source, step)
        outcome = self._first(resolution.ranked, source, step)
        attempts = (*before, *outcome.attempts, *resolution.unasked)
        failed = [item.url for item in attempts if item.why_not in {WhyNot.NOT_FOUND, WhyNot.UNREACHABLE} and _is_page(item)]
        if failed and (not outcome.acquired or amount(outcome.acquired.scope) > amount(Scope.ABSTRACT)):
            last = self._resolver.after(resolution, failed, step)
            archived = self._first(last.ranked, source, step)
            attempts = (*attempts, *last.unasked, *archived.attempts)
            outcome = _better(outcome, archived)
        return _told(outcome.acquired, attempts, resolution)

    def _first(self, ranked: Iterable[Ranked], source: Source, step: Callable[[str], None]) -> Outcome:
        """Try addresses in order; the first that holds the full text wins, else the one that holds most."""
        best: Acquired | None = None
        attempts: list[Attempt] = []
        asked = 0
        for provider, candidate in ranked:
            if best and amount(best.scope) <= amount(candidate.scope):
                break
            asked += candidate.text is None
            if asked > _MOST and candidate.text is None:
                continue
            step(f"{provider or 'given'}: {address(candidate)}")
            try:
                got = self._one(source, provider, candidate)
            except NoText as error:
                attempts.append(Attempt(provider=provider, url=address(candidate), why_not=error.why, detail=error.detail))
                continue
            attempts.append(Attempt(provider=provider, url=address(candidate), detail=got.scope.value))
            if best is None or amount(got.scope) < amount(best.scope):
                best = got
        return Outcome(best, tuple(attempts))

    def _one(self, source: Source, provider: str, candidate: Candidate) -> Acquired:
        """Get one address and read it; NoText also where it is a wall, or another work."""
        body, extracted = self._text(candidate)
        wall = stopped(extracted.declared, extracted.text)
        if wall:
            raise NoText(WhyNot.BLOCKED, f"{body.origin}: a page that says “{wall}” and not the work")
        declared = candidate.declared if candidate.text or candidate.form == "transcript" else extracted.declared
        identity = identify(source, declared, extracted.text)
        if identity.same is False:
            raise NoText(WhyNot.ANOTHER_WORK, f"{body.origin}: {identity.reason}")
        scope = candidate.scope if not provider else judged(source, _claimed(candidate, extracted), extracted)
        return Acquired(body, extracted, scope, identity, provider, candidate.licence)

    def _text(self, candidate: Candidate) -> tuple[Body, Extracted]:
        if candidate.text is not None:
            return _answered(candidate)
        try:
            body = self._client.get(Ask(candidate.url, interface=candidate.interface))
        except NoText as error:
            raise NoText(error.why, error.detail.replace(candidate.url, address(candidate))) from None
        if candidate.shown:
            body = body._replace(origin=candidate.shown, redirects=())
        try:
            return body, self._sandbox.extract(body.data, body.origin, body.charset)
        except SourceError as error:
            raise NoText(WhyNot.UNSUPPORTED, str(error)) from None


def address(candidate: Candidate) -> str:
    """Return the address of a candidate as it may be shown."""
    return candidate.shown or candidate.url


def _answered(candidate: Candidate) -> tuple[Body, Extracted]:
    """Return the text that came with a service's answer."""
    laid = laid_out(Piece(paragraph) for paragraph in (candidate.text or "").split("\n\n"))
    extracted = Extracted(laid.text, "text/plain", "service's answer 1", laid.structure, Declared())
    return Body(laid.text.encode(), candidate.url), extracted


def judged(source: Source, claimed: Scope, extracted: Extracted) -> Scope:
    """Return how much of the work a text holds, by what it is and not by what the address promised."""
    size = len(extracted.text) - sum(end - start for start, end in extracted.structure.cut)
    if extracted.media_type == "application/jats+xml":
        return claimed if extracted.whole else Scope.ABSTRACT
    if extracted.media_type != "text/html" or source.type not in _ARTICLES:
        return claimed
    if claimed is Scope.FULL_TEXT and size < _SHORT_PAGE:
        return Scope.LANDING_PAGE
    sections = sum(item.kind == "section" for item in extracted.structure.stretches)
    if claimed is Scope.LANDING_PAGE and size >= _LONG_PAGE and sections >= _SECTIONS and source.type != "book":
        return Scope.FULL_TEXT
    return claimed


def _claimed(candidate: Candidate, extracted: Extracted) -> Scope:
    """Return what an address promised; a web page where a file was named is a page about the work until it shows more."""
    instead = candidate.form in {"pdf", "jats"} and extracted.media_type == "text/html"
    return max(candidate.scope, Scope.LANDING_PAGE, key=amount) if instead else candidate.scope


def _is_page(attempt: Attempt) -> bool:
    return attempt.provider in {"", "publisher", "crossref"}


def _better(one: Outcome, other: Outcome) -> Outcome:
    if one.acquired and other.acquired:
        return other if amount(other.acquired.scope) < amount(one.acquired.scope) else one
    return other if other.acquired else one


def _told(acquired: Acquired | None, attempts: tuple[Attempt, ...], resolution: Resolution) -> Outcome:
    """Put into one line what the tries came to."""
    known = resolution.work._asdict()
    ids = tuple((name, known[name]) for name in _IDS if known[name])
    if acquired:
        return Outcome(acquired, attempts, ids=ids, notices=resolution.notices)
    tried = [item for item in attempts if item.why_not]
    worst = next((item for why in _TELLING for item in tried if item.why_not is why), None)
    if worst is None:
        return Outcome(
            None, attempts, WhyNot.NOT_FOUND, f"no copy found; asked {', '.join(resolution.asked) or 'nobody'}", ids, resolution.notices
        )
    others = f" (and {len(tried) - 1} more tries)" if len(tried) > 1 else ""
    return Outcome(None, attempts, worst.why_not, f"{worst.detail}{others}", ids, resolution.notices)
