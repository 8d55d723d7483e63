"""Providers against recorded answers: what they find, what they refuse, how they fail, and how they behave towards the services."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from pipeline.fetching.acquire import Acquirer, Outcome
from pipeline.fetching.client import Client, NoText
from pipeline.fetching.providers.base import Api, Found, Work
from pipeline.fetching.providers.crossref import notices
from pipeline.fetching.resolve import Resolver, installed
from pipeline.fetching.sandbox import Sandbox
from pipeline.records import Scope, Source, WhyNot
from pipeline.resources import bundled
from pipeline.settings import Settings
from tests.services import PROVIDERS as SERVICES
from tests.services import Services, answers, matching

MAIL, KEY = "team@example.org", "key-of-the-tests"
KEYED = ("openalex", "googlebooks", "youtube_search")
PROVIDERS = {provider.name: provider for provider in installed()}
KNOWN = {service: answers(service) for service in SERVICES}
SERVICE = {provider: service for service, provider in SERVICES.items()}
LOCAL = {provider: f"http://127.0.0.1:9/{service}" for service, provider in SERVICES.items()}
SITE, POST = "https://fixed.example", "https://www.psychologytoday.com/us/blog/social-cures/201708/a-social-cure"
FILE = bundled("sources") / "social-cure" / "sources.yaml"
SEVEN = [Source.model_validate(item) for item in YAML(typ="safe").load(FILE.read_text(encoding="utf-8"))["sources"]]
NAMED = dict(zip("BOOK JETTEN WAKEFIELD BLOG CHAPTER OVERVIEW VIDEO".split(), SEVEN, strict=True))
NAMED |= {"ANY": Source(id="any", title="An invented work"), "NONSENSE": Source(id="none", title="qxzv wjkp")}
DOI = "10.1177/1359105320944991"
TALK = "/youtube/api/timedtext?v=InvTalk0001&ei=invented&caps=asr&opi=1&xoaf=5&hl=en&ip=0.0.0.0&ipbits=0&expire=1795000000"
TALK += "&sparams=ip,ipbits,expire,v,ei,caps,opi,xoaf&signature=INVENTED&key=yt8&lang=en&fmt=json3"
GOOGLE = "https://www.googleapis.com/books/v1/volumes/inventedVo01"
TLS = httpx.create_ssl_context(trust_env=False)
Respond = Callable[[httpx.Request], httpx.Response]


def work(spec: str) -> Work:
    """Return a work from `NAME` (its identifiers unknown), `NAME+` (with those it has) or `NAME field=value ...`."""
    name, *pairs = spec.split()
    source = NAMED[name.rstrip("+")]
    if not name.endswith("+"):
        source = source.model_copy(update=dict.fromkeys(("DOI", "PMCID", "PMID")))
    given: dict[str, Any] = dict(pair.split("=", 1) for pair in pairs)
    return Work.of(source)._replace(**{**given, "failed": tuple(filter(None, given.get("failed", "").split(",")))})


# What each provider is asked in the tests of failures: of each kind of question one that has a recorded answer.
CASES = {
    "crossref": ["WAKEFIELD+", "WAKEFIELD", "JETTEN", "BOOK", "CHAPTER"],
    "europepmc": ["WAKEFIELD+", "WAKEFIELD pmid=32700974", "WAKEFIELD pmcid=PMC8793307", "WAKEFIELD", "JETTEN"],
    "pmc_ids": [f"ANY doi={DOI}", "ANY doi=10.1002/ejsp.2333", "ANY pmid=32700974"],
    "pmc_cloud": ["WAKEFIELD+"],
    "unpaywall": ["WAKEFIELD+", "ANY doi=10.5555/hybrid.2021.4", "ANY doi=10.1002/ejsp.2333"],
    "openalex": ["WAKEFIELD+", "ANY doi=10.1002/ejsp.2333", "ANY doi=10.5555/retracted.2019.17"],
    "arxiv": ["ANY arxiv=2401.99999", "ANY doi=10.48550/arxiv.2401.99999"],
    "youtube": ["VIDEO youtube=InvTalk0001"],
    "youtube_search": ["VIDEO"],
    "wayback": [f"ANY failed={POST}", "ANY failed=https://example.org/gone"],
    "openlibrary": ["BOOK isbn=9781848720213", "BOOK", "OVERVIEW"],
    "googlebooks": ["BOOK isbn=9781848720213", "BOOK", "OVERVIEW"],
}


def nowhere(host: str, _port: int) -> list[str]:
    """Know this machine only: nothing in these tests leaves it."""
    if host != "127.0.0.1":
        raise OSError("no such host")
    return [host]


def made(**settings: Any) -> Client:
    given = {"contact": MAIL, "keys": dict.fromkeys(KEYED, KEY), "fetch_timeout": 5, **settings}
    with pytest.MonkeyPatch.context() as patch:  # certificates are read once for all, which takes most of the time otherwise
        patch.setattr(httpx, "create_ssl_context", lambda **_: TLS)
        return Client(Settings(allow_loopback=True, host_interval=0, **given), resolve=nowhere)


@contextmanager
def wire(answer: Respond) -> Iterator[None]:
    """Let a function answer instead of the network; tries follow one another at once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.fetching.client.Transport", lambda *_: httpx.MockTransport(answer))
        patch.setattr("pipeline.fetching.client._pause", lambda _: 0.0)
        yield


def reply(status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> httpx.Response:
    return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))


def recorded(request: httpx.Request) -> httpx.Response:
    """Answer as the service did whose name begins the path."""
    target = urlsplit(str(request.url))
    found = matching(KNOWN, f"{target.path}?{target.query}")
    return reply(found.status, found.body, found.headers) if found else reply(404)


def body_of(service: str, name: str) -> bytes:
    return next(answer.body for answer in KNOWN[service] if answer.name == name)


def find(name: str, spec: str | Work, client: Client) -> Found:
    return PROVIDERS[name].find(work(spec) if isinstance(spec, str) else spec, Api(client, name, PROVIDERS[name].base))


def tried(name: str, spec: str | Work, client: Client) -> Found:
    """Ask a provider that may not be reached; it says so in one line without a key."""
    try:
        return find(name, spec, client)
    except NoText as error:
        assert error.why in {WhyNot.UNREACHABLE, WhyNot.BLOCKED}
        assert error.detail and "\n" not in error.detail and KEY not in error.detail
        return Found()


def acquired(client: Client, sandbox: Sandbox, source: Source, providers: Any = None) -> Outcome:
    return Acquirer(client, Resolver(client, providers or installed()), sandbox).found(source, lambda _: None)


# What each provider gives: a work, the identifiers that are learned, and below it the candidates.

SAGE, CC = "https://journals.sagepub.com/doi", "https://creativecommons.org/licenses/by/4.0/"
IDS = f"doi={DOI} pmcid=PMC8793307 pmid=32700974"
CROSSREF_ROWS = f"""
    full_text pdf published publisher {CC} {SAGE}/pdf/{DOI}
    full_text jats published publisher {CC} {SAGE}/full-xml/{DOI}
    abstract text published publisher - /crossref/works/{quote(DOI, safe="")}"""
EUROPEPMC_ROWS = """
    full_text jats published archive cc_by /europepmc/PMC8793307/fullTextXML
    full_text pdf published archive cc_by https://europepmc.org/articles/PMC8793307?pdf=render
    full_text html published archive cc_by https://europepmc.org/articles/PMC8793307
    full_text pdf published archive cc_by https://www.ncbi.nlm.nih.gov/pmc/articles/PMC8793307/pdf/?tool=EBI
    abstract text published publisher - /europepmc/search?query={}&format=json&resultType=core"""
ARXIV_ROWS = """
    full_text html submitted archive - /arxiv/html/2401.99999v2
    full_text pdf submitted archive - /arxiv/pdf/2401.99999v2
    abstract text published publisher - /arxiv/query?id_list=2401.99999v2"""
GIVEN = f"""
crossref WAKEFIELD+ -> doi={DOI} url={SAGE}/{DOI}{CROSSREF_ROWS}
crossref WAKEFIELD -> doi={DOI} url={SAGE}/{DOI}{CROSSREF_ROWS}
crossref BOOK -> doi=10.4324/9780203813195 isbn=9780203813195 url=https://doi.org/10.4324/9780203813195
crossref ANY doi=10.5555/not-registered ->
crossref NONSENSE ->
europepmc ANY doi={DOI} -> {IDS}{EUROPEPMC_ROWS.format("DOI%3A%22" + quote(DOI, safe="") + "%22")}
europepmc ANY pmid=32700974 -> {IDS}{EUROPEPMC_ROWS.format("EXT_ID%3A32700974%20AND%20SRC%3AMED")}
europepmc ANY pmcid=PMC8793307 -> {IDS}{EUROPEPMC_ROWS.format("PMCID%3APMC8793307")}
europepmc ANY doi=10.4324/9780203813195 ->
pmc_ids ANY doi={DOI} -> {IDS}
pmc_ids ANY pmid=32700974 -> {IDS}
pmc_ids ANY doi=10.1002/ejsp.2333 ->
pmc_ids WAKEFIELD+ ->
pmc_cloud ANY pmcid=PMC8793307 -> doi={DOI} pmid=32700974
    full_text jats published archive CC_BY /pmc_cloud/PMC8793307.1/PMC8793307.1.xml
    full_text pdf published archive CC_BY /pmc_cloud/PMC8793307.1/PMC8793307.1.pdf
pmc_cloud ANY pmcid=PMC9000001 ->
unpaywall ANY doi={DOI} ->
    full_text pdf published publisher cc-by {SAGE}/pdf/{DOI}
    full_text html published archive cc-by https://www.ncbi.nlm.nih.gov/pmc/articles/PMC8793307
    full_text pdf accepted archive - https://repository.example.org/40321/1/accepted.pdf
unpaywall ANY doi=10.1002/ejsp.2333 ->
unpaywall ANY doi=10.5555/not-registered ->
openalex ANY doi={DOI} -> pmcid=PMC8793307 pmid=32700974
    full_text pdf published publisher cc-by {SAGE}/pdf/{DOI}
    full_text html published archive cc-by https://www.ncbi.nlm.nih.gov/pmc/articles/8793307
    abstract text published publisher - /openalex/works/doi:{DOI}
openalex ANY doi=10.1002/ejsp.2333 ->
arxiv ANY arxiv=2401.99999 -> arxiv=2401.99999v2 doi=10.5555/invphys.2024.12{ARXIV_ROWS}
arxiv ANY doi=10.48550/arxiv.2401.99999 -> arxiv=2401.99999v2 doi=10.5555/invphys.2024.12{ARXIV_ROWS}
arxiv ANY arxiv=2401.00000 ->
arxiv ANY arxiv=not-an-id ->
publisher ANY doi=10.1/x ->
    landing_page html published publisher - /doi/10.1/x
publisher WAKEFIELD url=https://a.example/x.pdf ->
    landing_page pdf published publisher - https://a.example/x.pdf
publisher BLOG url={POST} ->
    full_text html published publisher - {POST}
youtube VIDEO youtube=InvTalk0001 ->
    full_text transcript published publisher - {TALK}
youtube_search VIDEO -> youtube=InvTalk0001
wayback BLOG failed={POST} ->
    full_text html published archive - /wayback/web/20230102030405id_/{POST}
wayback JETTEN failed=http://example.org/plain ->
    landing_page html published archive - /wayback/web/20200101000000id_/http://example.org/plain
wayback BLOG failed=https://example.org/gone,https://example.org/never-archived ->
openlibrary BOOK -> isbn=9781848720213
openlibrary JETTEN ->
googlebooks BOOK ->
    metadata text published publisher - {GOOGLE}
googlebooks OVERVIEW isbn=978-1-84872-021-3 ->
    metadata text published publisher - {GOOGLE}
"""


@pytest.mark.parametrize("block", re.split(r"\n(?=\S)", GIVEN.strip()), ids=lambda block: block.partition(" ->")[0])
def test_a_provider_gives_what_was_recorded(web: Services, block: str) -> None:
    head, *rows = block.split("\n")
    asks, _, ids = head.partition(" ->")
    name, _, spec = asks.partition(" ")
    found = find(name, spec, made(endpoints=web.endpoints))
    given = [
        f"{c.scope.value} {c.form} {c.version} {'archive' if c.repository else 'publisher'} {(c.licence or '-').replace(' ', '_')} "
        f"{c.url.replace(web.base, '')}"
        for c in found.candidates
    ]
    assert sorted(given) == sorted(row.strip() for row in rows)
    assert {f"{field}={value}" for field, value in found.ids.items() if value} == set(ids.split())
    assert all((c.text is not None) == (c.form == "text") for c in found.candidates)


def test_unpaywall_gives_an_open_copy_that_is_a_page(web: Services) -> None:
    found = find("unpaywall", "ANY doi=10.5555/hybrid.2021.4", made(endpoints=web.endpoints))
    assert ("https://publisher.example.org/article/4", "html") in [(c.url, c.form) for c in found.candidates]


def test_openalex_rebuilds_the_abstract(web: Services) -> None:
    found = find("openalex", "ANY doi=10.5555/retracted.2019.17", made(endpoints=web.endpoints))
    assert [(c.scope, c.text) for c in found.candidates] == [(Scope.ABSTRACT, "Choirs are invented and so are colds .")]


def test_a_video_that_may_not_be_embedded_has_captions() -> None:
    with wire(lambda request: reply(401) if "oembed" in request.url.path else recorded(request)):
        assert find("youtube", "VIDEO youtube=InvTalk0001", made(endpoints=LOCAL)).candidates


def test_a_doi_given_as_url_is_a_doi() -> None:
    source = Source.model_validate({"id": "x", "title": "An invented work", "URL": "https://doi.org/10.5555/abc"})
    assert Work.of(source).doi == "10.5555/abc" or find("publisher", Work.of(source), made()).candidates


NEAR_MISSES = """
crossref WAKEFIELD search-title-wakefield items 10.1177/1359105320944991
crossref JETTEN search-title-jetten items 10.1002/ejsp.2333
crossref BOOK search-title-book items 10.4324/9780203813195
crossref CHAPTER search-title-chapter items 10.1017/9781911623069.006
crossref BLOG search-title-jetten items -
europepmc JETTEN search-title-jetten result 10.1002/ejsp.2333
europepmc BLOG search-title-wakefield result -
openlibrary BOOK search-title-author docs /works/OL99000003W
googlebooks BOOK title-author items inventedVo01
googlebooks OVERVIEW title-author items inventedVo01
youtube_search VIDEO search-talk items b
crossref BLOG search-title-book items -
"""


@pytest.mark.parametrize("row", [pytest.param(row) for row in NEAR_MISSES.split("\n")[1:-1]])
def test_near_misses_are_not_taken(row: str) -> None:
    """The right hit, the last word of a row, is taken out of the answer."""
    name, spec, answer, field, right = row.split()
    body = json.loads(body_of(SERVICE[name], answer))
    held = body.get("message") or body.get("resultList") or body
    held[field] = [hit for hit in held[field] if right not in hit.values()]
    with wire(lambda _: reply(200, json.dumps(body).encode())):
        found = find(name, spec, made())
    assert held[field] and found.candidates == () and not any(found.ids.values())


def test_a_preprint_of_another_title_is_not_taken() -> None:
    given = {"id": "p", "container-title": "arXiv", "author": [{"family": "Fenn"}], "issued": 2024}
    titles = {"A preprint about kettles": None, "An invented preprint about groups, loneliness & time": "2401.99999v2"}
    with wire(lambda _: reply(200, body_of("arxiv", "entry"))):
        for title, expected in titles.items():
            source = Source.model_validate({**given, "title": title})
            assert find("arxiv", Work.of(source), made()).ids.get("arxiv") == expected


def test_a_hit_with_another_doi_is_not_taken() -> None:
    body = json.loads(body_of("europepmc", "search-doi-wakefield"))
    body["resultList"]["result"].insert(0, {"pmid": "1", "doi": "10.5555/another", "pmcid": "PMC1", "isOpenAccess": "Y"})
    with wire(lambda _: reply(200, json.dumps(body).encode())):
        assert find("europepmc", f"WAKEFIELD doi={DOI}", made()).ids["pmcid"] == "PMC8793307"


# How they fail.

QUIET = {"error-entry-with-200", "oembed-forbidden-with-200", "query-error", "javascript-without-format", "timedtext-empty"}
STATUSES = [(status, "") for status in (400, 401, 403, 404, 408, 410, 422, 429, 500, 502, 503, 504)]
STATUSES += [(status, wait) for status in (429, 503) for wait in ("0", "99999", "soon", "Fri, 31 Dec 2100 23:59:59 GMT")]
BODIES = [b'"doi"', b"5", b"true", b'["hitCount", "is_oa"]', b"[" * 100_000, b'{"hitCount": 1' + b"0" * 5000 + b"}"]
BODIES += [
    b"<!DOCTYPE html><h1>Just a moment...</h1>",
    b'{"message": {"items": [{"DOI": "10.1',
    b"\xff\xfe\x00",
    b"",
    b"null",
    b"[]",
    b"{}",
]
BODIES += [b'{"error": {"code": 500}, "message": ["x"], "records": "x", "items": {"0": 1}, "docs": 3, "resultList": 1, "hitCount": null}']
FAULTY = {"unpaywall": {0, 1, 2, 3}, "openalex": {0, 1, 2, 3}, "europepmc": {1, 2}, "arxiv": {-1}}


def failures(name: str) -> Iterator[Any]:
    """Give what may come instead of an answer: what the service documents, any status, and any body."""
    for item in KNOWN[SERVICE[name]]:
        if item.status >= 400 or item.name in QUIET:
            yield pytest.param(name, (item.status, item.body, item.headers), id=f"{name}-{item.name}")
    for status, wait in STATUSES:
        yield pytest.param(name, (status, b"<html>No.</html>", {"Retry-After": wait} if wait else {}), id=f"{name}-{status}-{wait}")
    for number, body in enumerate(BODIES):
        ends = number in FAULTY.get(name, ()) or (number == 4 and -1 not in FAULTY.get(name, ()))
        yield pytest.param(name, (200, body, {}), id=f"{name}-body-{number}" * ends)


@pytest.mark.parametrize(("name", "failure"), [case for name in CASES for case in failures(name)])
def test_a_failure_is_no_text(name: str, failure: tuple[int, bytes, dict[str, str]]) -> None:
    """It comes at once, or to the second question."""
    for spec, before in ((spec, before) for spec in CASES[name] for before in (0, 1)):
        asked: list[int] = []

        def answer(request: httpx.Request, asked: list[int] = asked, before: int = before) -> httpx.Response:
            asked.append(1)
            return recorded(request) if len(asked) <= before else reply(*failure)

        with wire(answer):
            found = tried(name, spec, made(endpoints=LOCAL))
        assert asked and (before or not (found.candidates or any(found.ids.values())))


JUNK: st.SearchStrategy[Any] = st.sampled_from(
    [None, 0, 1.5, True, "", "x", "²²²²", "PMC(", "\n", [], ["x"], [None], [[]], [{}], {}, {"x": 1}]
)


def places(value: Any) -> list[tuple[Any, ...]]:
    """Return the paths to all values in an answer."""
    held = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [(), *((key, *rest) for key, inner in held for rest in places(inner))]


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """Put something else at a path; nothing where an earlier change took the path away."""
    if not path:
        return new
    with suppress(KeyError, IndexError, TypeError):
        value[path[0]] = put(value[path[0]], path[1:], new)
    return value


def spoilt(request: httpx.Request, data: st.DataObject) -> httpx.Response:
    """Answer as recorded, with values of wrong types in up to three places; what is not JSON is cut off somewhere."""
    found = recorded(request)
    text = found.read().decode()
    head, mark, tail = text.partition("ytInitialPlayerResponse = ")
    try:
        body, end = json.JSONDecoder().raw_decode(tail if mark else text)
    except ValueError:
        return reply(found.status_code, text[: data.draw(st.integers(0, len(text)))].encode())
    for path in data.draw(st.lists(st.sampled_from(places(body)), min_size=1, max_size=3)):
        body = put(body, path, data.draw(JUNK))
    changed = json.dumps(body)
    return reply(found.status_code, (f"{head}{mark}{changed}{tail[end:]}" if mark else changed).encode())


@pytest.mark.parametrize("name", list(CASES))
def test_values_of_wrong_types_are_no_text(name: str) -> None:
    client = made(endpoints=LOCAL)

    @given(st.sampled_from(CASES[name]), st.data())
    def check(spec: str, data: st.DataObject) -> None:
        with wire(lambda request: spoilt(request, data)):
            found = tried(name, spec, client)
        assert all(isinstance(value, str) for value in found.ids.values())
        assert all(isinstance(c.url, str) and isinstance(c.text, str | None) for c in found.candidates)

    check()


FORMS = {"pmid": r"\d+", "pmcid": r"PMC\d+", "doi": r"10\.\d{4,9}/\S+"}
ODD = [  # found by putting every value of JUNK at every place
    ("crossref", "JETTEN", "search-title-jetten", "message items 1 issued date-parts 0 0", []),
    ("crossref", "WAKEFIELD+", "work-wakefield-2022", "message DOI", "\ud800"),
    ("europepmc", "WAKEFIELD+", "search-doi-wakefield", "resultList result 0 pubYear", "²²²²"),
    ("googlebooks", "BOOK", "title-author-with-subtitle", "items 0 volumeInfo publishedDate", "²²²²"),
    ("openalex", "WAKEFIELD+", "work-wakefield", "locations 0", "x"),
    ("pmc_ids", f"ANY doi={DOI}", "doi-wakefield", "records 0 pmcid", "PMC("),
    ("pmc_ids", f"ANY doi={DOI}", "doi-wakefield", "records 0 pmid", {"x": 1}),
    ("pmc_cloud", "ANY pmcid=PMC8793307", "metadata-wakefield", "doi", "no DOI"),
]


@pytest.mark.parametrize(("name", "spec", "answer", "path", "value"), ODD)
def test_an_odd_value_is_no_text(name: str, spec: str, answer: str, path: str, value: Any) -> None:
    body = body_of(SERVICE[name], answer)
    changed = json.dumps(put(json.loads(body), tuple(int(step) if step.isdigit() else step for step in path.split()), value)).encode()
    with wire(lambda request: reply(200, changed) if recorded(request).read() == body else recorded(request)):
        found = tried(name, spec, made(endpoints=LOCAL))
        tried("pmc_cloud", work(spec).learned(found.ids), made(endpoints=LOCAL))
    known = work(spec).learned(found.ids)._asdict()
    assert all(re.fullmatch(form, known[field]) for field, form in FORMS.items() if known[field])


# Notices.

KINDS: list[Any] = ["new_version", None, 5, [], ""]
UPDATES = """
10.5555/retracted.2019.17 retraction 10.5555/retraction.2021.3 2021-06-11
10.5555/corrected.2018.9 correction 10.5555/correction.2018.12 2018-09-03
10.5555/concern.2020.5 concern 10.5555/concern-notice.2023.1 2023-02-20
10.5555/retraction.2021.3
10.1177/1359105320944991
10.5555/not-registered unknown
"""


def noticed(doi: str, client: Client) -> list[str]:
    found = notices(doi, Api(client, "crossref", "https://api.crossref.org/v1"))
    return ["unknown"] if found is None else [f"{item.kind} {item.DOI} {item.date}" for item in found]


@pytest.mark.parametrize("row", UPDATES.split("\n")[1:-1])
def test_notices(web: Services, row: str) -> None:
    doi, _, told = row.partition(" ")
    assert noticed(doi, made(endpoints=web.endpoints)) == [told] * bool(told)


@pytest.mark.parametrize(
    ("own", "search", "told"),
    [
        ([], recorded, ["retraction 10.5555/retraction.2021.3 2021-06-11"]),
        (
            [{"type": kind, "DOI": "10.1/y", "updated": 5} for kind in KINDS] + ["x", None],
            lambda _: reply(404),
            [],
        ),
        pytest.param(*([{"type": "retraction", "DOI": "10.1/y"}], lambda _: reply(503), ["retraction 10.1/y "])),
    ],
)
def test_notices_from_record_and_search(own: list[Any], search: Respond, told: list[str]) -> None:
    record = json.dumps({"message": {"updated-by": own}}).encode()
    with wire(lambda request: search(request) if "filter" in request.url.params else reply(200, record)):
        assert noticed("10.5555/retracted.2019.17", made(endpoints=LOCAL)) == told


# Politeness.


@pytest.mark.parametrize("source", SEVEN, ids=lambda source: source.id)
def test_services_are_asked_politely(web: Services, asked: list[str], source: Source) -> None:
    client = made(endpoints=web.endpoints)
    Resolver(client, installed()).resolve(source, lambda _: None)
    assert set(web.agents) <= {client.agent} and client.agent.startswith("sourcemark/") and client.agent.endswith(f"mailto:{MAIL})")
    assert len(asked) == len(set(asked)), "asked twice for one thing"
    told = {"crossref": "mailto", "europepmc": "email", "idconv": "email", "unpaywall": "email", "openalex": "mailto"}
    for service, path in ((path.split("/")[1], path) for path in asked):
        assert f"{told[service]}={quote(MAIL)}" in path if service in told else quote(MAIL) not in path
        assert (KEY in path) == (service in KEYED)


@pytest.mark.parametrize("source", SEVEN, ids=lambda source: source.id)
def test_nothing_is_told_that_is_not_set(web: Services, asked: list[str], source: Source) -> None:
    Resolver(made(endpoints=web.endpoints, contact="", keys={}), installed()).resolve(source, lambda _: None)
    assert not any(word in path for path in asked for word in ("mail", "key=", "%40", "@"))
    assert not any(path.startswith(("/unpaywall/", "/googlebooks/", "/youtube_search/")) for path in asked)
    assert not any("mailto" in agent for agent in web.agents)


def test_a_known_isbn_is_not_searched_for(web: Services, asked: list[str]) -> None:
    find("openlibrary", "BOOK isbn=9781848720213", made(endpoints=web.endpoints))
    assert len(asked) == 1


ASKING = [pytest.param(name, key, False) for name in (*KEYED, "crossref", "unpaywall", "europepmc") for key in (KEY, "a+b/c=")]
ASKING += [pytest.param(name, "a+b/c=", True) for name in (*KEYED, "crossref", "unpaywall", "europepmc")]


@pytest.mark.parametrize(("name", "key", "moved"), ASKING)
def test_neither_key_nor_mail_stands_in_a_message(name: str, key: str, moved: bool) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        there = request.url.copy_with(host="moved.example")
        return reply(301, headers={"Location": str(there)}) if moved and request.url != there else reply(401)

    with wire(answer), pytest.raises(NoText) as error:
        find(name, CASES[name][0], made(keys=dict.fromkeys(KEYED, key)))
    assert not any(word in error.value.detail for word in (key, quote(key, safe=""), MAIL, quote(MAIL)))


def test_no_mail_stands_in_a_message_on_an_odd_doi() -> None:
    with wire(lambda _: reply(401)), pytest.raises(NoText) as error:
        find("unpaywall", "ANY doi=10.1002/1097<1:aid-x>3.0.co;2-2", made())
    assert quote(MAIL) not in error.value.detail


@pytest.mark.parametrize("status", [200, 403, 404, 503])
def test_attempts_name_neither_key_nor_mail(sandbox: Sandbox, status: int) -> None:
    source = NAMED["ANY"].model_copy(update={"PMCID": "PMC12"})
    with wire(lambda _: reply(status, b"<html><title>An invented work</title></html>")):
        outcome = acquired(made(keys={"ncbi": "secret"}), sandbox, source, [PROVIDERS["ncbi"]])
    assert outcome.attempts and not any(word in repr(outcome) for word in ("secret", MAIL, quote(MAIL)))


@pytest.mark.parametrize("name", ["unpaywall", "openalex", "publisher"])
def test_a_doi_is_asked_for_whole(name: str) -> None:
    asked: list[str] = []
    doi = "10.1002/(sici)1097<1:aid-x#1?>3.0.co;2-2"

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return reply(404)

    with wire(answer):
        asked += [httpx.URL(c.url).path for c in find(name, f"ANY doi={doi}", made()).candidates]
    assert [doi in path for path in asked] == [True]
