"""Sentence boundaries of one block of plain text, by rules on the words around each stop."""

from __future__ import annotations

import re

_STOP = re.compile(r"(?:\.(?:\s?\.){1,3}|[.?!…。？！]+)[\"'”’»)\]]*(?=\s|$)")
_BEFORE = re.compile(r"[^\s(\[“\"‘']+$")
_NEXT = re.compile(r"[\"'“‘«(\[*_•–—-]*(\S+)")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Never the end of a sentence.
_TITLES = _words(
    "dr mr mrs ms prof rev hon gen col lt sgt capt gov sen rep st mt ft messrs mx e.g i.e viz vs v.s cf ca approx eg ie "
    "fig figs tab eq eqs sect ch chap vol vols pp para ref refs ed eds suppl app resp incl excl esp spec aka dept univ"
)
# The end only where a word follows that opens sentences.
_TAILS = _words(
    "etc al jr sr inc ltd co corp bros ph.d m.d b.a m.a b.sc m.sc r.n psy.d esq u.s u.k u.s.a e.u u.n d.c a.m p.m am pm "
    "jan feb mar apr jun jul aug sep sept oct nov dec b.i.d t.i.d q.i.d p.o p.r.n i.v i.m s.c"
)
_COUNTED = _words("no nos art p sec item nr")  # abbreviations only before a number
_OPENERS = _words(
    "the a an this that these those it its he she they we you i in on at by for from with as to if when while where after before "
    "although however but and or so then there here what who how why one two some many most all both each no not our their his her my "
    "your since because during despite under over between among such another other more is are was do does did can could should please "
    "recheck patients people participants results clients clinicians evidence finally overall thus therefore moreover furthermore"
)
_LETTER_AFTER = _words("vitamin factor hepatitis type group class grade category schedule protein appendix cluster panel arm plan option")


def boundaries(text: str, *, veto_lower: bool = True) -> list[int]:
    """Return the offsets at which a sentence other than the first begins, in order.

    `veto_lower`: never begin a sentence with a lower-case word, right for edited prose and wrong for chat.
    """
    found = []
    for match in _STOP.finditer(text):
        following = _NEXT.match(text, _skip(text, match.end()))
        if following and _ends(text, match, following, veto_lower):
            found.append(following.start())
    return found


def _skip(text: str, index: int) -> int:
    while index < len(text) and text[index].isspace():
        index += 1
    return index


def _ends(text: str, stop: re.Match[str], following: re.Match[str], veto_lower: bool) -> bool:
    word = following.group(1)
    if word[0].islower() and (veto_lower or stop.group()[0] not in "?!"):
        return False
    if stop.group()[0] != "." or len(stop.group().rstrip("\"'”’»)]")) > 1:
        return True
    before = _BEFORE.search(text, 0, stop.start())
    if not before:
        return bool(text[: stop.start()].strip())
    return _full_stop(text, before, word, following.group())


def _full_stop(text: str, before: re.Match[str], word: str, opening: str) -> bool:
    last = before.group().lower().lstrip("([“\"‘'*_")
    bare = last.rpartition("-")[2].rpartition("/")[2]
    opens = re.sub(r"\W+$", "", word).lower() in _OPENERS
    if before.start() == 0 and re.fullmatch(r"\d{1,2}(?:\.\d{1,2})*|[a-z]|[ivx]{1,4}", last):
        return False
    if bare in _TITLES or (bare in _COUNTED and word[0].isdigit()):
        return False
    if bare in _TAILS:
        return opens if opening[0] != "(" else False
    if re.fullmatch(r"[a-z]", last):
        return _after_letter(text, before, opens)
    if re.fullmatch(r"(?:[a-z]\.)+[a-z]", last):
        return opens
    return True


def _after_letter(text: str, before: re.Match[str], opens: bool) -> bool:
    """Decide after a single letter: an initial of a name, or the last word of a sentence (`vitamin B.`)."""
    previous = text[: before.start()].split()[-1:]
    if not before.group()[-1:].isupper():
        return True
    if previous and previous[0].lower() in _LETTER_AFTER:
        return True
    return opens and bool(previous) and previous[0][:1].islower()
