"""Is it the cited work? Title, authors, year and DOI of a document against the metadata of the source."""

from __future__ import annotations

import re
import unicodedata

from pipeline.fetching.reading import Declared
from pipeline.records import Identity, Source

_SAME_TITLE = 0.8  # share of the words of the longer title
_OTHER_TITLE = 0.5
_LEAD = 6_000  # characters in which a document's own title stands
_YEARS = 2  # between a preprint or an online first, and print
_ABOUT = re.compile(
    r"^\W*(?:corrigend|erratum|correction|retract|withdraw|expression of concern|comment(?:ary)? on|repl(?:y|ies) to|response to|"
    r"author(?:s?'?s?)? (?:reply|response)|letter|editorial|(?:book )?reviews? (?:of|on)|book review|addendum|summary of|notes? on)",
    re.IGNORECASE,
)
_STOPPED = re.compile(
    r"^\W*(?:just a moment|attention required|access denied|are you a robot|security check|one moment|please wait|verify(?:ing)? you are|"
    r"403|404|error \d|(?:page|file|article|content|document) (?:was )?not found|not found|page unavailable|oops|we(?:'|’)?re sorry|sorry|"
    r"log ?in|sign ?in|cookies? (?:consent|required|policy)|before you continue|redirecting|captcha|site maintenance|"
    r"temporarily unavailable)\b",
    re.IGNORECASE,
)
_SMALL = frozenset("a an the of and or in on for to with from by at as is are its their into der die das und le la les et".split())


def stopped(declared: Declared, text: str) -> str | None:
    """Return the words by which a page shows that it is a wall and not the work: a consent, error or robot page."""
    for title in declared.titles[:2]:
        if _STOPPED.match(title):
            return title[:80]
    return text[:80].split("\n")[0] if len(text) < 1500 and _STOPPED.match(text) else None


def identify(source: Source, declared: Declared, text: str) -> Identity:
    """Compare a document with the metadata of a source.

    A DOI decides where both name one, unless the titles are the same (a preprint has a DOI of its own). Else the title
    decides, and authors or year speak against a document of the same title, such as a review of the book.
    """
    if "identity" in source.accept:
        return Identity(same=True, reason="accepted by a person")
    about = next((title for title in declared.titles[:1] if _ABOUT.match(title) and not _ABOUT.match(source.title)), None)
    if about and not (source.DOI and source.DOI in declared.dois):
        return Identity(same=False, reason=f"it is about the work, not the work: “{_short(about)}”")
    by_doi = _by_doi(source, declared)
    titled = _by_title(source, declared, text)
    if by_doi is True:
        return _unless_other_title(source, declared, titled)
    if titled is True:
        return _same_title(source, declared, text)
    if by_doi is False:
        return Identity(same=False, reason=f"its DOI is {declared.dois[0]}, not {source.DOI}")
    if titled is False:
        return Identity(same=False, reason=f"its title is “{_short(declared.titles[0])}”")
    return Identity(same=None, reason="it does not say what it is")


def _by_doi(source: Source, declared: Declared) -> bool | None:
    if not source.DOI or not declared.dois:
        return None
    return source.DOI in declared.dois


def _unless_other_title(source: Source, declared: Declared, titled: bool | None) -> Identity:
    """A DOI in a document may be that of a work which it only names; a title that is quite another one says so."""
    if titled is False and len(declared.dois) > 1:
        return Identity(same=False, reason=f"its title is “{_short(declared.titles[0])}”")
    return Identity(same=True, reason="same DOI")


def _same_title(source: Source, declared: Declared, text: str) -> Identity:
    """Return what authors and year say of a document with the same title."""
    if not _authors_agree(source, declared):
        return Identity(same=False, reason=f"same title by other authors: {', '.join(declared.authors[:3])}")
    away = min((abs(year - source.issued) for year in declared.years), default=0) if source.issued else 0
    if away > _YEARS and source.DOI not in declared.dois:
        if not declared.authors:
            return Identity(same=False, reason=f"same title of another year: {declared.years[0]}, not {source.issued}")
        return Identity(same=True, reason=f"same title and authors; its year is {declared.years[0]}, not {source.issued}")
    return Identity(same=True, reason="same title and authors" if declared.authors and (source.author or source.editor) else "same title")


def _authors_agree(source: Source, declared: Declared) -> bool:
    """Say whether a family name of the source stands among the document's authors; true where one side names nobody."""
    families = {_folded(name.family or name.literal or "").split(" ")[-1] for name in (*source.author, *source.editor)} - {"", "al"}
    theirs = set(_folded(" ".join(declared.authors)).split())
    return not families or not theirs or bool(families & theirs)


def _by_title(source: Source, declared: Declared, text: str) -> bool | None:
    """Return whether the source's title is the document's; None where the document declares none and shows none."""
    best = max((likeness(source.title, part) for title in declared.titles for part in _halves(title)), default=0.0)
    shown = _squashed(source.title)
    if best >= _SAME_TITLE or (len(shown) >= 12 and shown in _squashed(text[:_LEAD])):
        return True
    if not declared.titles or best >= _OTHER_TITLE:
        return None
    return False


def _halves(title: str) -> list[str]:
    """Return a title as it stands, and without the name of the site that pages add to it."""
    return [title, *re.split(r"\s+[|–—·•»:-]\s+", title)]


def likeness(one: str, other: str) -> float:
    """Return the share of words that two titles have in common, of the longer one; a subtitle may be missing on one side.

    >>> likeness("The Social Cure: Identity and Health", "The social cure"), likeness("Walking", "Singing")
    (1.0, 0.0)
    """
    mine, yours = _words(one), _words(other)
    if not mine or not yours:
        return 0.0
    whole = len(mine & yours) / max(len(mine), len(yours))
    main, main_other = _words(one.split(":")[0]), _words(other.split(":")[0])
    either = (main, yours) if ":" not in other else (mine, main_other)
    short = len(either[0] & either[1]) / max(len(either[0]), len(either[1]), 1)
    # A main title alone counts only where it says enough to be told from others.
    return max(whole, short if min(map(len, either)) >= 2 else 0.0)


def _words(title: str) -> set[str]:
    return {word for word in _folded(title).split() if word not in _SMALL} or set(_folded(title).split())


def _folded(text: str) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFKD", text).casefold() if not unicodedata.combining(c))
    return " ".join(re.findall(r"[^\W_]+", plain))


def _squashed(text: str) -> str:
    return _folded(text).replace(" ", "")


def _short(title: str) -> str:
    return title if len(title) <= 90 else f"{title[:87]}..."
