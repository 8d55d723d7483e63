"""From metadata to a text against recorded answers: the seven sources of the seed, ranking, fall-through, plugins."""

from __future__ import annotations

import importlib.metadata
import re
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ConfigError
from pipeline.fetching.acquire import Outcome
from pipeline.fetching.providers.base import Api, Candidate, Found, Work
from pipeline.fetching.reading import Declared
from pipeline.fetching.resolve import Resolver, installed
from pipeline.fetching.sandbox import Sandbox
from pipeline.records import Scope, WhyNot
from tests.services import Services
from tests.test_providers import (
    CASES,
    GOOGLE,
    IDS,
    KNOWN,
    LOCAL,
    NAMED,
    POST,
    PROVIDERS,
    SITE,
    acquired,
    body_of,
    made,
    recorded,
    reply,
    wire,
)

# The seven sources, from metadata alone: what comes of each, its licence and identifiers, and below it every attempt.

OUTCOMES = f"""
BOOK metadata - doi=10.4324/9780203813195 isbn=9780203813195
    publisher not_found /doi/10.4324/9780203813195
    googlebooks - {GOOGLE}
JETTEN abstract - doi=10.1002/ejsp.2333 pmid=99900001
    crossref unreachable https://api.wiley.com/onlinelibrary/tdm/v1/articles/10.1002%2Fejsp.2333
    crossref - /crossref/works/10.1002%2Fejsp.2333
WAKEFIELD full_text cc_by {IDS}
    europepmc - /europepmc/PMC8793307/fullTextXML
BLOG not_found -
CHAPTER not_found - doi=10.1017/9781911623069.006 isbn=9781911623069
    publisher not_found /doi/10.1017/9781911623069.006
OVERVIEW metadata - isbn=9781848720213
    googlebooks - {GOOGLE}
VIDEO full_text - youtube=InvTalk0001
    youtube - /youtube/watch?v=InvTalk0001
"""


def tries(outcome: Outcome) -> list[str]:
    return [f"{item.provider} {item.why_not.value if item.why_not else '-'} {item.url}" for item in outcome.attempts]


@pytest.mark.parametrize("block", re.split(r"\n(?=\S)", OUTCOMES.strip()))
def test_the_seven_sources(web: Services, sandbox: Sandbox, block: str) -> None:
    head, *rows = block.split("\n")
    name, what, licence, *ids = head.split()
    outcome = acquired(made(endpoints=web.endpoints), sandbox, NAMED[name])
    got = outcome.acquired
    assert (got.scope if got else outcome.why_not) == what and (not got or got.identity.same)
    assert ((got and got.licence) or "-").replace(" ", "_") == licence
    assert [f"{field}={value}" for field, value in outcome.ids] == ids
    assert [line.replace(web.base, "") for line in tries(outcome)] == [row.strip() for row in rows]
    assert got or (outcome.detail and "\n" not in outcome.detail)
    if got and name == "VIDEO":
        assert got.extracted.text.startswith("Good morning.") and "[applause]" not in got.extracted.text
        assert "0:00" in str(got.extracted.structure)


def test_a_page_that_is_gone_is_read_from_the_archive(sandbox: Sandbox) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        kept = [item for item in KNOWN["wayback"] if str(request.url).endswith(item.path) and item.path.startswith("/web/")]
        return reply(200, kept[0].body) if kept else recorded(request)

    with wire(answer):
        outcome = acquired(made(endpoints=LOCAL), sandbox, NAMED["BLOG"].model_copy(update={"URL": POST}))
    assert outcome.acquired and outcome.acquired.scope is Scope.FULL_TEXT
    assert tries(outcome) == [f"publisher not_found {POST}", f"wayback - https://web.archive.org/web/20230102030405id_/{POST}"]


@pytest.mark.parametrize("video", ["InvBlocked1", "InvNoCap001", "InvBotWall1", "InvConsent1", "InvConsent2", "InvCaptcha1", "InvBusy0001"])
def test_a_video_without_captions_for_us(sandbox: Sandbox, video: str) -> None:
    oembed = body_of("youtube", "oembed")
    with wire(lambda request: reply(200, oembed) if "oembed" in request.url.path else recorded(request)):
        outcome = acquired(made(endpoints=LOCAL), sandbox, NAMED["VIDEO"].model_copy(update={"youtube": video}))
    assert not outcome.acquired and outcome.why_not in {WhyNot.BLOCKED, WhyNot.UNREACHABLE, WhyNot.UNSUPPORTED} and outcome.attempts


# Ranking.


class Fixed:
    """A provider that names what it is told to name."""

    name, base, order, after_failure = "fixed", SITE, 1, False

    def __init__(self, *candidates: Candidate) -> None:
        self.candidates = candidates

    def find(self, work: Work, api: Api) -> Found:
        return Found(self.candidates)


FORMATS = [(form, archive) for form in ("jats", "pdf", "html") for archive in (True, False)]
VERSIONS = ("published", "accepted", "submitted")
RANKED = [Candidate(f"a:{v}{f}{r}", Scope.FULL_TEXT, form=f, version=v, repository=r) for v in VERSIONS for f, r in FORMATS]
RANKED += [
    Candidate("a:text", Scope.ABSTRACT, "text", text="x"),
    Candidate("a:page", Scope.LANDING_PAGE),
    Candidate("a:data", Scope.METADATA),
]
CLIENT = made()


@given(st.permutations(RANKED))
def test_the_best_address_comes_first(candidates: list[Candidate]) -> None:
    found = Resolver(CLIENT, [Fixed(*candidates, *candidates)]).resolve(NAMED["ANY"], lambda _: None)
    assert [item.candidate for item in found.ranked] == RANKED


def page(request: httpx.Request) -> httpx.Response:
    titles = {"/another": "Scale in domestic kettles", "/wall": "Access denied", "/right": NAMED["JETTEN"].title}
    title = titles.get(request.url.path, "")
    text = f"<html><head><title>{title}</title></head><body><article><h1>{title}</h1><p>{'Moods rose. ' * 900}</p></article></body>"
    return reply(200 if title else 404, text.encode(), {"Content-Type": "text/html"})


@pytest.mark.parametrize(
    ("paths", "whys"),
    [
        (("gone", "another", "wall", "right"), "not_found another_work blocked -"),
        (("another", "gone"), "another_work not_found -"),
        (("right", "another"), "-"),
        pytest.param(*(tuple(f"gone{number}" for number in range(8)), "not_found " * 8 + "-")),
    ],
)
def test_what_fails_falls_through(sandbox: Sandbox, paths: tuple[str, ...], whys: str) -> None:
    facts = Declared(titles=(NAMED["JETTEN"].title,), authors=("Jetten",), years=(2017,))
    abstract = Candidate(f"{SITE}/works/1", Scope.ABSTRACT, form="text", text="An abstract of the work. " * 9, declared=facts)
    with wire(page):
        provider = Fixed(*(Candidate(f"{SITE}/{path}", Scope.FULL_TEXT) for path in paths), abstract)
        outcome = acquired(made(), sandbox, NAMED["JETTEN"], [provider])
    assert [line.split()[1] for line in tries(outcome)] == whys.split()
    assert outcome.acquired and outcome.acquired.scope is (Scope.FULL_TEXT if "right" in paths else Scope.ABSTRACT)


# Entry points.


class Unready:
    """A plugin that does not say when it is to be asked."""

    name = "plugin"


class Broken:
    def __init__(self) -> None:
        raise ValueError("no settings")


def test_providers_are_installed() -> None:
    assert set(PROVIDERS) == {*CASES, "ncbi", "publisher"} and installed([]) == []
    assert [provider.name for provider in installed(["wayback", "crossref"])] == ["crossref", "wayback"]
    with pytest.raises(ConfigError, match=r"`scihub`; there are: arxiv, crossref, .*youtube_search"):
        installed(["crossref", "scihub"])


PLUGINS: list[Any] = ["no_such_module:Any", "tests.test_providers:Missing", "tests.test_providers:MAIL", "tests.test_providers:Work"]
PLUGINS += [pytest.param(f"tests.test_providers:{name}") for name in ("Broken", "Unready")]


@pytest.mark.parametrize("value", PLUGINS)
def test_a_plugin_that_cannot_be_loaded_is_a_config_error(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    point = importlib.metadata.EntryPoint("plugin", value, "sourcemark.providers")
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: [point])
    with pytest.raises(ConfigError, match="provider `plugin`"):
        installed()
