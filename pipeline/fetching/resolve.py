"""From metadata to ranked addresses: every provider is asked with what the ones before it have found out."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from pipeline.errors import ConfigError
from pipeline.fetching.client import Client, NoText
from pipeline.fetching.network import Stopped
from pipeline.fetching.providers.base import Api, Candidate, Provider, Work
from pipeline.records import Attempt, Notice, Scope, Source, WhyNot

GROUP = "sourcemark.providers"
_SCOPES = [Scope.FULL_TEXT, Scope.EXCERPT, Scope.ABSTRACT, Scope.LANDING_PAGE, Scope.METADATA, Scope.NONE]
_VERSIONS = ["published", "accepted", "submitted"]
_FORMS = ["jats", "text", "transcript", "pdf", "html"]


class Ranked(NamedTuple):
    """A candidate, and who named it."""

    provider: str
    candidate: Candidate


class Resolution(NamedTuple):
    """What is known of a work, and where its text may be had, the best address first."""

    work: Work
    ranked: tuple[Ranked, ...]
    unasked: tuple[Attempt, ...] = ()
    """Providers that could not be asked, and why."""
    asked: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()
    """What the registries told of the work on the way."""


def installed(names: Sequence[str] | None = None) -> list[Provider]:
    """Return the providers that are installed, in the order in which they are asked; ConfigError for a name that is none.

    Others add theirs by an entry point of the group `sourcemark.providers` that names a class.
    """
    points = {point.name: point for point in importlib.metadata.entry_points(group=GROUP)}
    for name in names or ():
        if name not in points:
            raise ConfigError(f"providers: no provider is called `{name}`; there are: {', '.join(sorted(points))}")
    found: list[Provider] = []
    for name in points if names is None else names:
        try:
            provider: Provider = points[name].load()()
            _ = (provider.name, provider.base, provider.order, provider.after_failure, provider.find)
        except Exception as error:  # noqa: BLE001 - others' code, which may fail in any way
            raise ConfigError(f"provider `{name}` ({points[name].value}) cannot be loaded: {error}") from None
        found.append(provider)
    return sorted(found, key=lambda provider: (provider.order, provider.name))


class Resolver:
    """Asks the providers over one client."""

    def __init__(self, client: Client, providers: Iterable[Provider]) -> None:
        self._client, self._providers = client, list(providers)

    def resolve(self, source: Source, step: Callable[[str], None]) -> Resolution:
        """Return the addresses where the text of a source may be had, ranked."""
        first = [provider for provider in self._providers if not provider.after_failure]
        return self._ask(Resolution(Work.of(source), ()), first, step)

    def after(self, before: Resolution, failed: Iterable[str], step: Callable[[str], None]) -> Resolution:
        """Return the addresses that only those providers name which are asked where all else failed."""
        work = before.work._replace(failed=tuple(failed))
        last = [provider for provider in self._providers if provider.after_failure]
        return self._ask(Resolution(work, ()), last, step)

    def _ask(self, known: Resolution, providers: Iterable[Provider], step: Callable[[str], None]) -> Resolution:
        found: list[tuple[Provider, Candidate]] = []
        unasked, asked = list(known.unasked), list(known.asked)
        work, told = known.work, list(known.notices)
        for provider in providers:
            step(provider.name)
            api = Api(self._client, provider.name, provider.base)
            try:
                answer = provider.find(work, api)
            except NoText as error:
                unasked.append(Attempt(provider=provider.name, url=api.base, why_not=error.why, detail=error.detail))
                continue
            except (Stopped, ConfigError):
                raise
            except Exception as error:  # noqa: BLE001 - an answer of a form that nobody foresaw costs one provider and not the run
                detail = f"{provider.name}: an answer that could not be read ({type(error).__name__}: {error})"
                unasked.append(Attempt(provider=provider.name, url=api.base, why_not=WhyNot.UNREACHABLE, detail=detail[:300]))
                continue
            asked.append(provider.name)
            told += answer.notices
            work = work.learned(answer.ids)
            found += [(provider, candidate) for candidate in answer.candidates if candidate.url]
        return Resolution(work, _ranked(found), tuple(unasked), tuple(asked), tuple(told))


def _ranked(found: Iterable[tuple[Provider, Candidate]]) -> tuple[Ranked, ...]:
    """Order candidates: most of the work first, then its published form, then the form that reads best; each address once."""
    best = sorted(found, key=lambda item: (*_rank(item[1]), item[0].order))
    once: dict[tuple[str, bool], Ranked] = {}
    for provider, candidate in best:
        once.setdefault((candidate.url, candidate.text is not None), Ranked(provider.name, candidate))
    return tuple(once.values())


def _rank(candidate: Candidate) -> tuple[int, int, int, bool]:
    form = _FORMS.index(candidate.form) if candidate.form in _FORMS else len(_FORMS)
    version = _VERSIONS.index(candidate.version) if candidate.version in _VERSIONS else len(_VERSIONS)
    return _SCOPES.index(candidate.scope), version, form, not candidate.repository


def amount(scope: Scope) -> int:
    """Return a number that is the smaller the more of a work a scope holds."""
    return _SCOPES.index(scope)
