"""What an entry prints in a fixed form wherever it stands: identifiers, addresses, tier, tags, dates of access."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from urllib.parse import unquote

from pipeline.markup.references.dates import FULL_DATE
from pipeline.records.source import youtube_id

BREAK = "\x1e"
"""Stands where a mark was taken out: a boundary that no field crosses. No cleaned text holds it."""

_DOI = re.compile(
    r"""[(\[]?(?:\b(?:DOI|doi|Doi)\b\s?[:.]?\s?)?(?:https?://|www\.)?(?:(?:dx\.)?doi\.org/|\b(?:DOI|"
    r"doi)[:/]\s?)?\b(10\.\d{4,9}(?:/|%2F)[^\s"”’\x1e]+)"""
)
_BAD_DOI = re.compile(r"(?:\b(?:doi|DOI)\s?:\s?|https?://(?:dx\.)?doi\.org/)([^\s\x1e]+)")
_PMC_SITE = (
    r"https?://(?:www\.|europe)?(?:pmc\.)?(?:ncbi\.nlm\.nih\.gov/(?:pmc/)?articles/|europepmc\.org/(?:articles?|abstract)/(?:pmc/)?)"
)
_PMCID = re.compile(
    rf"[(\[]?(?:\bPMCID\s?:?\s?|\bPubMed Central\s?:?\s?|{_PMC_SITE}){{0,3}}\bPMC\s?(\d{{4,9}})(?:\.\d+)?\b/?(?:pdf/?[^\s\x1e]*)?[)\]]?"
)
_PMID = re.compile(
    r"[(\[]?(?:\bPubMed )?(?:\bPMID\s?:?\s?|\bPubMed\s?:\s?|https?://(?:www\.)?(?:pubmed\.ncbi\.nlm\.nih\.gov|"
    r"ncbi\.nlm\.nih\.gov/pubmed)/)(\d{4,9})\b/?[)\]]?"
)
_ARXIV = re.compile(
    r"(?:\barXiv(?: e-?prints?| preprint)?,?\s?)?(?:https?://arxiv\.org/(?:abs|pdf)/|\barXiv\s?:\s?)"
    r"(\d{4}\.\d{4,5}(?:v\d+)?|[a-z-]+(?:\.[A-Z]{2})?/\d{7}(?:v\d+)?)(?:\.pdf)?(?:\s?\[[a-z-]+(?:\.[A-Za-z-]+)?\])?",
    re.IGNORECASE,
)
_ISBN = re.compile(r"\bISBN(?:-1[03])?\s?:?\s?((?:97[89][ -]?)?\d[\d -]{7,15}[\dXx])\b")
_URL = re.compile(r"<?\b((?:https?://|www\.)[^\s<>\"”\x1e]+)>?")
_OTHER_ID = re.compile(
    r"\b(?:S2CID|OCLC|JSTOR|Bibcode|bibcode|ISSN|hdl|LCCN|CiteSeerX|SSRN|ERIC|OSTI|MR|Zbl)\b\s?:?\s?[\w./:-]{0,30}\d[\w./:-]{0,60}"
)
_LEAD_IN = (
    r"(?:Available (?:online )?(?:at|from)|Retrieved from|Accessed (?:at|via)|Online at|Verfügbar unter|Abrufbar unter|"
    r"Disponible (?:sur|en|à)"
    r"|Preprint(?: available)? at|URL|Link|Full text|Available)\s?:?"
)
_ACCESS = re.compile(
    rf"[\[(]?\b(?:(?:{_LEAD_IN})\s?)?(?:Last )?(?:[Aa]ccessed|[Rr]etrieved|[Vv]iewed|[Cc]ited|[Vv]isited|Abgerufen|Zugriff|[Cc]onsulté|"
    rf"[Cc]onsultado|[Aa]ccess date|Date accessed)(?: on| am| le| el)?\s?:?\s?(?:{FULL_DATE.pattern})(?:,? from\b)?[)\]]?[:,.]?"
)
_CALLED = re.compile(rf"\b{_LEAD_IN}\s?(?=\x1e|$)|\bRetrieved from\s?:?")
_TIER = re.compile(
    r"(?:\s[—–-]\s?link\s?|[\[(](?:Tier ?|T)|[—–-]\s?(?:Tier ?|T)|\blink\s?|\bTier )(?:T)?([1-9])\b[\])]?[.\s]*$|"
    r"^[\[(](?:Tier ?|T)([1-9])[\])]",
    re.IGNORECASE,
)
_BARE_LINK = re.compile(r"\s[—–-]\s?link\s*$", re.IGNORECASE)
_TAG = re.compile(
    r"[\[(]((?:[^\[\]()]{0,60}?\b)?(?:video|video file|film|dvd|internet|online|pdf|e-?book|kindle edition|blog post|web ?log(?: post)?|"
    r"web ?page|"
    r"data ?set|database|preprint|podcast|audio podcast(?: episode)?|report|white paper|conference (?:paper|presentation|session)|"
    r"paper presentation|poster(?: presentation)?|press release|brochure|fact ?sheet|infographic|computer software|software|html|"
    r"(?:unpublished )?(?:doctoral|master['’]s|ph\.?d\.?) (?:dissertation|thesis)[^\[\]()]{0,90}|(?:ph\.?d\.?|doctoral|"
    r"master['’]s) ?thesis[^\[\]()]{0,90}|"
    r"dissertation|thesis|preprint version|"
    r"special issue|editorial|letter|abstract|peer commentary|ted talk|lecture|webinar))[\])]",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"^(Video|Book|Blog|Blog post|Article|Film|Podcast|Report|Web ?site|Web ?page|Thesis|Data ?set|Preprint)\s?:\s", re.IGNORECASE
)


class Marks(NamedTuple):
    """The marks of an entry, and its text without them."""

    rest: str
    """The text with `BREAK` where marks stood."""
    ids: dict[str, str]
    """Fields of `Source` by name: DOI, PMCID, PMID, ISBN, arXiv, youtube, URL, tier."""
    tags: tuple[str, ...]
    """Words in brackets that say what the work is: `Video`, `Doctoral dissertation, University of Exeter`."""
    loose: tuple[str, ...]
    """Marks that no field holds: dates of access, other identifiers, second addresses."""
    broken: tuple[str, ...]
    """Identifiers that are none, each with a word on it."""
    unheld_links: tuple[str, ...]
    """Addresses behind the entry that no field holds."""


class _Taker:
    """Takes marks out of one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.ids: dict[str, str] = {}
        self.tags: list[str] = []
        self.loose: list[str] = []
        self.broken: list[str] = []

    def hold(self, field: str, value: str) -> bool:
        """Give a field its value; say whether the field holds it."""
        return self.ids.setdefault(field, value) == value

    def take(self, form: re.Pattern[str], field: str) -> None:
        def replace(match: re.Match[str]) -> str:
            value, after = trimmed(match.group(1))
            if not self.hold(field, _shaped(field, value)):
                self.loose.append(f"second {field} {value}")
            return BREAK + after

        self.text = form.sub(replace, self.text)

    def take_loose(self, form: re.Pattern[str]) -> None:
        def replace(match: re.Match[str]) -> str:
            self.loose.append(match.group().strip("[]() .,:"))
            return BREAK

        self.text = form.sub(replace, self.text)

    def take_broken(self) -> None:
        def replace(match: re.Match[str]) -> str:
            value, after = trimmed(match.group(1))
            self.broken.append(f"no DOI: {value}")
            return BREAK + after

        self.text = _BAD_DOI.sub(replace, self.text)

    def take_isbn(self) -> None:
        def replace(match: re.Match[str]) -> str:
            value = match.group(1)
            if not is_isbn(value):
                self.broken.append(f"ISBN does not check: {value}")
            elif not self.hold("ISBN", value):
                self.loose.append(f"second ISBN {value}")
            return BREAK

        self.text = _ISBN.sub(replace, self.text)

    def take_urls(self) -> None:
        def replace(match: re.Match[str]) -> str:
            value, after = trimmed(match.group(1))
            for field, found in fields_of_address(value):
                if not self.hold(field, found):
                    self.loose.append(value)
            return BREAK + after

        self.text = _URL.sub(replace, self.text)

    def take_tier(self) -> None:
        self.text = _BARE_LINK.sub("", self.text)
        if match := _TIER.search(self.text):
            self.ids["tier"] = f"T{match.group(1) or match.group(2)}"
            self.text = self.text[: match.start()] + BREAK + self.text[match.end() :]

    def take_tags(self) -> None:
        def replace(match: re.Match[str]) -> str:
            self.tags.append(match.group(1).strip())
            return ""

        self.text = _TAG.sub(replace, _LABEL.sub(replace, self.text))


def read_marks(text: str, links: Iterable[str]) -> Marks:
    """Take the marks out of an entry's text, and those that its links name."""
    taker = _Taker(text)
    taker.take_tier()
    taker.take_loose(_ACCESS)
    taker.take(_DOI, "DOI")
    taker.take_broken()
    taker.take(_PMCID, "PMCID")
    taker.take(_PMID, "PMID")
    taker.take(_ARXIV, "arXiv")
    taker.take_isbn()
    taker.take_urls()
    taker.take_loose(_OTHER_ID)
    taker.take_tags()
    unheld = _from_links(taker, links)
    rest = _joined(_CALLED.sub(BREAK, taker.text))
    return Marks(rest, taker.ids, tuple(taker.tags), tuple(taker.loose), tuple(taker.broken), unheld)


def _from_links(taker: _Taker, links: Iterable[str]) -> tuple[str, ...]:
    unheld = []
    for link in dict.fromkeys(links):
        for field, value in fields_of_address(link):
            if taker.hold(field, value):
                continue
            unheld.append(link)
            if field != "URL":
                taker.broken.append(f"the link names another {field}: {value}")
    return tuple(unheld)


def fields_of_address(address: str) -> Iterator[tuple[str, str]]:
    """Yield the field that holds an address, and its value there.

    >>> list(fields_of_address("https://www.ncbi.nlm.nih.gov/pmc/articles/PMC8793307/"))
    [('PMCID', 'PMC8793307')]
    """
    if video := youtube_id(address):
        yield "youtube", video
        return
    for field, form in (("DOI", _DOI), ("PMCID", _PMCID), ("PMID", _PMID), ("arXiv", _ARXIV)):
        # A publisher's page may carry a DOI in its address; the page is worth keeping as an address.
        if (match := form.match(address)) and match.start(1) - match.start() >= 0:
            yield field, _shaped(field, trimmed(match.group(1))[0])
            return
    yield "URL", address if address.startswith("http") else f"https://{address}"


def trimmed(value: str) -> tuple[str, str]:
    """Part an address or DOI from the punctuation that the sentence put after it.

    >>> trimmed("10.1016/S0140-6736(05)67483-1).")
    ('10.1016/S0140-6736(05)67483-1', ').')
    """
    end = len(value)
    opened = {")": value.count("(") - value.count(")"), "]": value.count("[") - value.count("]")}
    while end and value[end - 1] in ".,;:!?'’>)]":
        char = value[end - 1]
        if char in opened:
            if opened[char] >= 0:
                break
            opened[char] += 1
        end -= 1
    return value[:end], value[end:]


def _shaped(field: str, value: str) -> str:
    return {"DOI": (unquote(value) if "%2F" in value else value).lower(), "PMCID": f"PMC{value}"}.get(field, value)


def is_isbn(value: str) -> bool:
    """Say whether the check digit of an ISBN is right."""
    digits = [10 if char in "Xx" else int(char) for char in value if char not in " -"]
    if len(digits) == 10:
        return sum(digit * weight for digit, weight in zip(digits, range(10, 0, -1), strict=True)) % 11 == 0
    return len(digits) == 13 and sum(digit * (1 + 2 * (index % 2)) for index, digit in enumerate(digits)) % 10 == 0


def _joined(text: str) -> str:
    """Bring several breaks with nothing but punctuation between them together."""
    pieces = [piece.strip(" ,;:()[]") if not any(map(str.isalnum, piece)) else piece.strip(" ,;:") for piece in text.split(BREAK)]
    pieces = [pieces[0].lstrip(". "), *(piece.lstrip(". ") for piece in pieces[1:])]
    return BREAK.join(piece for piece in pieces if piece)
