"""The scales in words and signs, and the templates; shared by the page and the report."""

from __future__ import annotations

import functools

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pipeline.checking.verdicts import MEANING
from pipeline.markup.compose import escape
from pipeline.records import Currency, Located, Scope, Verdict

RISK = (
    Verdict.CONTRADICTED,
    Verdict.NOT_SUPPORTED,
    Verdict.PARTIALLY_SUPPORTED,
    Verdict.NOT_CHECKABLE,
    Verdict.SUPPORTED,
)
"""The verdicts, the one to read first at the front."""

SIGNS = {
    Verdict.SUPPORTED: "✓",
    Verdict.PARTIALLY_SUPPORTED: "~",
    Verdict.CONTRADICTED: "✕",
    Verdict.NOT_SUPPORTED: "–",
    Verdict.NOT_CHECKABLE: "?",
}
_WORDS = {
    Verdict.PARTIALLY_SUPPORTED: "partly supported",
    Verdict.NOT_CHECKABLE: "could not be checked",
    Scope.ABSTRACT: "abstract only",
    Scope.LANDING_PAGE: "landing page only",
    Scope.METADATA: "metadata only",
    Scope.NONE: "no text",
    Scope.EXCERPT: "excerpt only",
    Currency.CONCERN: "expression of concern",
    Located.EXACT: "word for word",
    Located.NORMALISED: "same but for spaces and quotes",
    "llm": "LLM",
}


def words(value: str) -> str:
    """Return a value of a scale as a reader sees it.

    >>> words(Verdict.NOT_CHECKABLE), words("too_large")
    ('could not be checked', 'too large')
    """
    return _WORDS.get(value) or value.replace("_", " ")


def meaning(reason: str) -> str:
    """Return what the reason of a verdict means."""
    return MEANING.get(reason) or words(reason)


def plural(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun.

    >>> plural(1, "source"), plural(2, "source")
    ('1 source', '2 sources')
    """
    return f"{count} {one if count == 1 else many or f'{one}s'}"


@functools.cache
def html_templates() -> Environment:
    """Return the environment of the HTML templates: everything is escaped."""
    loader = PackageLoader("pipeline.exports")
    return _equipped(Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True))


@functools.cache
def markdown_templates() -> Environment:
    """Return the environment of the Markdown templates: values are escaped so that they read back the same."""
    loader = PackageLoader("pipeline.exports")
    return _equipped(Environment(loader=loader, finalize=_plain, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True))


def _plain(value: object) -> object:
    return escape(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _equipped(environment: Environment) -> Environment:
    environment.filters.update(words=words, meaning=meaning, conflict=str, sign=SIGNS.__getitem__)
    environment.globals["plural"] = plural
    return environment
