"""Books: descriptions from Open Library and Google Books. A description is metadata: it speaks about the book.

Open Library API, https://openlibrary.org/developers/api; Google Books, https://developers.google.com/books/docs/v1/using
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pipeline.fetching.markup import without_tags
from pipeline.fetching.providers.base import Api, Candidate, Found, Work, at, listed, text_of, year_of
from pipeline.fetching.providers.crossref import is_the_work
from pipeline.fetching.reading import Declared
from pipeline.records import Scope, Source

_BOOKS = frozenset({"book", "chapter", "webpage", "entry-encyclopedia", "document"})
_FEWEST = 80  # characters; less describes nothing


def is_book(work: Work) -> bool:
    """Say whether a work may be found in a catalogue of books."""
    return bool(work.isbn) or work.source.type == "book" or (work.source.type == "webpage" and "google books" in work.source.title.lower())


class OpenLibrary:
    """By ISBN, else by title and author."""

    name = "openlibrary"
    base = "https://openlibrary.org"
    order = 100
    after_failure = False

    def find(self, work: Work, api: Api) -> Found:
        """Return the first sentences and notes that the catalogue holds, and an ISBN."""
        if not is_book(work):
            return Found()
        for isbn in self._isbns(work, api):
            key = f"ISBN:{re.sub(r'[^0-9Xx]', '', isbn)}"
            item = at(api.json("api/books", bibkeys=key, format="json", jscmd="data"), key)
            if item:
                return Found(self._told(item, api.url("api/books", bibkeys=key, format="json", jscmd="data")), {"isbn": isbn})
        return Found()

    def _isbns(self, work: Work, api: Api) -> Iterator[str]:
        """Yield the ISBN that is known, and only then one that is searched for: an e-book's may be unknown to the catalogue."""
        if work.isbn:
            yield work.isbn
        if found := self._isbn(work.source, api):
            yield found

    def _told(self, item: Any, url: str) -> tuple[Candidate, ...]:
        told = [text_of(item, "notes"), *(text_of(part, "text") for part in listed(item, "excerpts"))]
        return _description(url, "\n\n".join(without_tags(part) for part in told if part), _open_library(item))

    def _isbn(self, source: Source, api: Api) -> str:
        people = source.author or source.editor
        answer = api.json(
            "search.json",
            title=bare_title(source),
            author=(people[0].family or "") if people else "",
            fields="title,subtitle,author_name,first_publish_year,isbn",
            limit="5",
        )
        for item in listed(answer, "docs"):
            year = at(item, "first_publish_year")
            facts = Declared(_titles(item), tuple(map(str, listed(item, "author_name"))), (year,) if isinstance(year, int) else ())
            if is_the_work(_as_book(source), facts):
                return text_of(item, "isbn", 0)
        return ""


class GoogleBooks:
    """By ISBN, else by title and author, with a key (`keys.googlebooks`): without one it refuses. Its snippets are no evidence."""

    name = "googlebooks"
    base = "https://www.googleapis.com/books/v1"
    order = 110
    after_failure = False

    def find(self, work: Work, api: Api) -> Found:
        """Return the description."""
        if not is_book(work) or not api.key:
            return Found()
        people = work.source.author or work.source.editor
        author = f" inauthor:{people[0].family}" if people and people[0].family else ""
        queries = [f"isbn:{re.sub(r'[^0-9Xx]', '', work.isbn)}"] if work.isbn else []
        for words in [*queries, f'intitle:"{bare_title(work.source)}"{author}']:
            for item in listed(api.json("volumes", q=words, key=api.key), "items"):
                facts = _google(item)
                if is_the_work(_as_book(work.source), facts):
                    url = text_of(item, "selfLink") or api.url("volumes", q=words)
                    return Found(_description(url, without_tags(text_of(item, "volumeInfo", "description")), facts))
        return Found()


def bare_title(source: Source) -> str:
    """Return a title without a note in brackets at its end, such as `(Google Books overview)`."""
    return re.sub(r"\s*\([^()]*\)\s*$", "", source.title) or source.title


def _as_book(source: Source) -> Source:
    return source.model_copy(update={"title": bare_title(source)})


def _description(url: str, text: str, facts: Declared) -> tuple[Candidate, ...]:
    if len(text) < _FEWEST:
        return ()
    return (Candidate(url, Scope.METADATA, form="text", text=text, declared=facts, interface=True),)


def _titles(item: Any) -> tuple[str, ...]:
    title, subtitle = text_of(item, "title"), text_of(item, "subtitle")
    return tuple(text for text in ((f"{title}: {subtitle}" if subtitle else ""), title) if text)


def _open_library(item: Any) -> Declared:
    year = re.search(r"[12][0-9]{3}", text_of(item, "publish_date"))
    return Declared(
        _titles(item), tuple(text_of(person, "name") for person in listed(item, "authors")), (int(year.group()),) if year else ()
    )


def _google(item: Any) -> Declared:
    info = at(item, "volumeInfo")
    return Declared(_titles(info), tuple(map(str, listed(info, "authors"))), year_of(text_of(info, "publishedDate")))
