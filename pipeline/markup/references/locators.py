"""Where a work stands in its container: volume, issue and pages, as the styles print them."""

from __future__ import annotations

import re
from typing import NamedTuple

from pipeline.markup.references.dates import MONTH, YEAR, last_year

_VOLUME = r"(?P<volume>\d{1,4}[A-Za-z]?(?:[-–/]\d{1,4})?)"
_ISSUE = r"(?P<issue>[^()]{1,24})"
_E_PAGE = r"[A-Za-z]{0,4}\d{1,9}(?:\.\d{1,6})?[A-Za-z]?"
_PAGE = rf"(?P<page>{_E_PAGE}(?:\s?[-–—]+\s?{_E_PAGE})?(?:, {_E_PAGE}[-–]{_E_PAGE})?)(?![\w/])"
_PAGE_MARK = (
    r"(?:\b(?:[Pp]p?|S|[Ss]s|pág|[Pp]ages?|[Aa]rticle(?: [Nn](?:o|umber)\.?)?|[Aa]rt(?:\. ?no)?|Art(?:\. ?ID)?|[Pp]aper|pii)\b\.?:?\s?)"
)
_NUMBER_MARK = r"(?:[Nn]os?|[Nn]r|[Ii]ssue|[Ii]ss|[Nn]um|H|n)\.?\s?[oº°]?\s?"
_WHEN = rf"(?:\d{{1,2}} )?(?:{MONTH}[-–/. ]*){{0,2}}(?:\d{{1,2}},? )?,?\s?(?P<year>{YEAR})"
_VOLUME_MARK = r"\b(?:[Vv]ol(?:ume)?|[Bb]d|Jg|[Jj]ahrgang|[Tt]ome|t)\b\.?\s?"
_START = r"(?:(?<=[\s,.(:])|^)"

_FORMS = tuple(
    re.compile(form)
    for form in (
        # 2017 Dec 4;47(7):789-802
        rf"{_START}(?P<year>{YEAR})(?: {MONTH}(?:[-–/ ]{MONTH})?(?: \d{{1,2}}(?:[-–]\d{{1,2}})?)?)?;\s?"
        rf"{_VOLUME}?(?:\s?\({_ISSUE}\))?(?:(?:\s?[:,]\s?|\.\s(?=pii)){_PAGE_MARK}?{_PAGE})?",
        # vol. 47, no. 7, 2017, pp. 789-802; vol. 47, no. 7, pp. 789-802, Dec. 2017
        rf"{_VOLUME_MARK}{_VOLUME}(?:\s?\({_ISSUE}\)|[,.;:]?\s?{_NUMBER_MARK}(?P<issue2>[\w–/-]{{1,12}}))?(?:[,.;]?\s?\(?{_WHEN}\)?)?(?:[,.;:]\s?{_PAGE_MARK}{_PAGE})?",
        # 47, no. 7 (2017): 789-802
        rf"{_START}{_VOLUME}[,.]\s?{_NUMBER_MARK}(?P<issue2>[\w–/-]{{1,12}})(?:,?\s?\(?{_WHEN}\)?)?(?:[:,]\s?{_PAGE_MARK}?{_PAGE})?",
        # 47 (2017): 789-802; 47 (7) (2017), 789
        rf"{_START}{_VOLUME}(?:\s?\((?P<issue2>\d{{1,3}}[\w–/-]{{0,8}})\))?,?\s?\({_WHEN}\)[:,]?\s?{_PAGE_MARK}?{_PAGE}",
        # 47(7), 789-802 (2017); 47, 789-802 (2017)
        rf"{_START}{_VOLUME}(?:\s?\({_ISSUE}\))?[,:]\s?{_PAGE_MARK}?{_PAGE},? \((?P<year>{YEAR})\)",
        # 47(7), 789-802; 47 (7): 789; 47(7)
        rf"{_START}{_VOLUME}\s?\({_ISSUE}\)(?:(?:[:,.]?\s?{_PAGE_MARK}|[:,]\s?){_PAGE}(?!\)))?",
        # , 47, 789-802; , 47: 789; 47:789-802
        rf"(?:(?<=[,.] )|(?<=[a-z] )){_VOLUME}[:,]\s?{_PAGE_MARK}?{_PAGE}",
        # , 47, the volume alone before the end
        rf"(?<=[a-z], ){_VOLUME}(?=\.?(?:$|\x1e))",
    )
)
_PAGES = re.compile(
    rf"[,;(]?\s?(?:(?<![\w'’])(?:[Pp]{{1,2}}|[Pp]ages?|S(?=\.)|ss)\b\.?:?\s?)(?P<page>{_E_PAGE}(?:\s?[-–—]+\s?{_E_PAGE})?)(?![\w])\)?"
)
_DASHES = re.compile(r"\s?[-–—]+\s?")
_SUPPLEMENT = re.compile(r"(?:[Ss]uppl|[Ss]pec|[Pp]t|[A-Za-z]{0,3}\d|[A-Z]$|" + MONTH + r")")


class Locator(NamedTuple):
    """Volume, issue, pages and year of one place, and its span."""

    start: int
    end: int
    volume: str | None = None
    issue: str | None = None
    page: str | None = None
    year: int | None = None


def find_locator(text: str) -> Locator | None:
    """Find the place of an article in its journal; the most telling form wins, then the last.

    >>> find_locator("Applied Psychology 58 (1): 1–23.")[2:5]
    ('58', '1', '1-23')
    """
    best: tuple[int, int, int, Locator] | None = None
    for form in _FORMS:
        for match in form.finditer(text):
            found = _locator(match)
            if found is None:
                continue
            told = sum(part is not None for part in found[2:])
            if best is None or (told, found.end - found.start, found.start) > best[:3]:
                best = (told, found.end - found.start, found.start, found)
    return best[3] if best else None


def _locator(match: re.Match[str]) -> Locator | None:
    groups = match.groupdict()
    volume, issue, page = groups.get("volume"), groups.get("issue") or groups.get("issue2"), groups.get("page")
    year = last_year(groups.get("year") or "")
    if issue and last_year(issue) and not page and not year:
        return None
    if issue and not _SUPPLEMENT.match(issue.strip()):
        return None
    if page and not issue and not year and last_year(page) and page.isdigit():
        return None
    if volume is None and issue is None and page is None:
        return None
    if volume and issue is None and year is None and last_year(volume):
        return None
    return Locator(match.start(), match.end(), volume, issue and issue.strip(), page and dashed(page), year)


def find_pages(text: str) -> Locator | None:
    """Find pages that are marked as such: `(pp. 33–47)`, `p. 93-113`."""
    found = None
    for match in _PAGES.finditer(text):
        found = match
    return Locator(found.start(), found.end(), page=dashed(found["page"])) if found else None


def dashed(page: str) -> str:
    """Return pages with a plain hyphen."""
    return _DASHES.sub("-", page)
