"""The people and bodies that an entry starts with, in every order and with every separator that styles use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from pipeline.markup.references.dates import leading_date
from pipeline.markup.references.marks import BREAK
from pipeline.records.source import Name

# Capitals of the Latin, Greek and Cyrillic scripts; scripts without case are read as bodies.
_UP = "".join(chr(code) for code in range(0x41, 0x530) if chr(code).isupper()) + "ḤṢṬẒḌḪ"
_PARTICLE = (
    r"(?:van|von|vom|de|der|den|del|della|di|da|das|do|dos|du|des|la|le|les|el|al|ten|ter|te|zu|zum|zur|af|av|bin|ibn|ben|st\.|St\.|'t|’t)"
)
_WORD = rf"(?:[dDlLO]['’]|[aA]l-|[eE]l-|Mc|Mac|[a-z]['’])?[{_UP}][\w'’‐-]*"
_FAMILY = rf"(?:(?:{_PARTICLE} |[{_UP}][\w'’‐-]+ (?:y |e )?){{0,4}}{_WORD})"
_INITIAL = rf"[{_UP}][a-z]?\."
_DOTTED = rf"{_INITIAL}(?:(?: ?[-‐]? ?|[-‐]){_INITIAL}|(?:[-‐])[a-z]\.){{0,5}}"
_BARE = rf"[{_UP}](?:[- ]?[{_UP}]){{0,3}}(?![\w'’.])|[{_UP}](?:-?[{_UP}]){{0,3}}(?=\.(?: |$|{BREAK}))"
_SUFFIX = r"(?:,? (?:Jr|Sr)\b\.?|,? (?:II|III|IV)\b\.?|,? [23](?:nd|rd|d)\b)"
_GIVEN = rf"(?:[{_UP}][\w'’‐-]+(?: [{_UP}][\w'’‐-]+){{0,2}}(?: {_INITIAL}){{0,3}}|{_INITIAL}(?: ?{_INITIAL}){{0,2}} [{_UP}][\w'’‐-]+)"

_INVERTED = re.compile(rf"(?P<family>{_FAMILY}), ?(?P<given>{_DOTTED}(?: {_PARTICLE}(?=[,; &(]))?|{_BARE})(?P<suffix>{_SUFFIX})?")
_VANCOUVER = re.compile(
    rf"(?P<family>{_FAMILY}),? (?P<given>{_BARE})(?P<suffix> (?:Jr|Sr|II|III|2nd|3rd)\b)?(?=[.,;:{BREAK}]| ?\(| and | & | et al|$| \d{{4}})"
)
_SPACED = re.compile(
    rf"(?P<family>{_FAMILY}) (?P<given>{_INITIAL}(?:(?: ?{_INITIAL}){{1,3}}|(?=[,;:]| ?\(| and | & )))(?P<suffix>{_SUFFIX})?"
)
_DIRECT = re.compile(rf"(?P<given>{_DOTTED}) ?(?P<family>{_FAMILY})(?P<suffix>{_SUFFIX})?")
_FULL_INVERTED = re.compile(rf"(?P<family>{_FAMILY}), (?P<given>{_GIVEN})(?P<suffix>{_SUFFIX})?")
_FULL_DIRECT = re.compile(
    rf"(?:(?:Dr|Prof|Professor|Sir|Dame)\.? )?"
    rf"(?P<given>[{_UP}][\w'’‐-]+(?: (?:[{_UP}][\w'’‐-]+(?= )|{_INITIAL})){{0,2}}|"
    rf"{_DOTTED}(?: [{_UP}][\w'’‐-]+(?= ))?) "
    rf"(?P<family>(?:{_PARTICLE} ){{0,3}}{_WORD})(?P<suffix>{_SUFFIX})?"
)
_AND = r"(?:&|and|und|et|y|e|og|och|en|и)"
_SEPARATOR = re.compile(rf"\s*(?:[,;]?\s*(?:…|\.\s?\.\s?\.)\s*(?:{_AND} )?|[,;]\s*(?P<last>{_AND} )|[,;]\s*|\s(?P<last2>{_AND} )|\s?/\s?)")
_ET_AL = re.compile(
    r"[,;]?\s*(?:\b(?:et|and|&)\s+(?:al(?:ii|ia)?\b\.?|others\b|coll\b\.?)|\bu\. ?a\.|\by otros\b|\be outros\b|и др\.?)[.,:;]*\s?",
    re.IGNORECASE,
)
_EDITORS = re.compile(
    r"[,.]?\s*(?:[(\[]\s*(?:Eds?|Hrsg|Hg|Hgg|Dir|Coord|Coords|Comps?|[Ss]eries [Ee]ds?)\.?\s*[)\]]\.?,?|"
    r"\(?\b(?:[Ee]ditors?|eds?|Eds?|Hrsg|Hg|dir)\b\.?\)?)[,.:]*\s*",
)
_ROLE = re.compile(
    r"\s*[(\[](?!\d)(?:Directors?|Producers?|Hosts?|Writers?|Presenters?|Speakers?|Author|Guest|Trans\.?|@\w+|[A-Z][A-Za-z]{1,20})[)\]]\.?"
)
_ENDS = re.compile(rf"\s*(?:[.:,;]\s|[.:,;]?$|[.,]?\s?[(\[]|[.,]?\s?[“\"‘']|[.,]?{BREAK}|\s(?:1[5-9]|20)\d\d\b|\sIn:?\s)")
_BODY_CUE = re.compile(
    r"\b(?:Organi[sz]ation|Institut\w*|Cent(?:er|re)s?|Minist\w+|Department|Dept|Association|Society|Council|Commission|Committee|Foundation|Agency|"
    r"Authority|University|College|Academy|Bureau|Office|Group|Network|Federation|Union|Trust|Nations|Collaborat\w+|Consortium|Alliance|Board|"
    r"Service|Services|Government|Parliament|Fund|Bank|Programme|Initiative|Team|Working|Investigators|Administration|Partnership|Forum|Campaign|"
    r"Bundes\w+|Gesellschaft|Organización|Organisation|Ministerio|Ministère|Verband|Assembly|Inc\.?|Ltd\.?|CDC|WHO|NICE|NHS|UNICEF|OECD|Cochrane|News|BBC|CNN|TED|Museum|Library|Hospital|Clinic|School)\b"
)
_SMALL = frozenset("of and for the on in at to de la le des du et und für der die das y del & von".split())


class People(NamedTuple):
    """The names at the start of a text, and where what follows begins."""

    names: tuple[Name, ...] = ()
    end: int = 0
    et_al: bool = False
    editors: bool = False
    gap: bool = False
    """Whether an ellipsis left names out."""


class _Style(NamedTuple):
    """How the first name of a list is written, and how those after it may be."""

    first: re.Pattern[str]
    others: tuple[re.Pattern[str], ...]
    strict: bool = False
    """Whether only quotation marks, a date or a role may follow: the form is that of many titles too."""


_STYLES = (
    _Style(_INVERTED, (_INVERTED, _DIRECT)),
    _Style(_SPACED, (_SPACED, _DIRECT)),
    _Style(_VANCOUVER, (_VANCOUVER,)),
    _Style(_DIRECT, (_DIRECT, _FULL_DIRECT)),
    _Style(_FULL_INVERTED, (_INVERTED, _FULL_INVERTED, _FULL_DIRECT)),
    _Style(_FULL_DIRECT, (_DIRECT, _FULL_DIRECT), strict=True),
)
_OPENING = re.compile(r"[,.]?\s?[“\"‘«„]")
NOTED = re.compile(r"\((?:[^():]{2,50}: ?)?[^():]{2,80}, (?:1[5-9]|20)\d\d\)")
"""The imprint of a book in a note: `(New York: Simon & Schuster, 2000)`."""
_DIRECT_STYLES = (*_STYLES[:4], _Style(_FULL_DIRECT, (_DIRECT, _FULL_DIRECT)))
_STRICT_END = re.compile(r"[,.:]?\s?(?:[“\"‘]|\((?!\d{4})|\((?:[^()]{0,20})\d{4}[^()]{0,20}\))|[,.]? \d{4}[a-z]?[.,]")


def read_people(text: str, direct: bool = False) -> People:
    """Read the names that a text starts with; no names where it starts with none. `direct` where names must come: given name first.

    >>> [str(name) for name in read_people("van der Berg, P., & O'Neill, J.-P. (2016). Title").names]
    ['van der Berg, P.', "O'Neill, J. P."]
    """
    body = _body(text)
    if body.names and (leading_date(text[body.end :]) or _OPENING.match(text, body.end)):
        return body
    read = [people for style in (_DIRECT_STYLES if direct else _STYLES) if (people := _read(text, style)) is not None]
    return max(read, key=lambda people: _firmness(text, people), default=body)


def _firmness(text: str, people: People) -> int:
    """Say how surely a list of names ends where it was read to end: before a date, a quotation mark, or after a role."""
    if people.et_al or people.editors or leading_date(text[people.end :]) or _OPENING.match(text, people.end):
        return 2
    return 1 if text.startswith(", ", people.end) and NOTED.search(text, people.end) else 0


def _read(text: str, style: _Style) -> People | None:
    first = style.first.match(text)
    if not first:
        return None
    names, end, last, gap = [name_of(first)], first.end(), False, False
    parted = ";" if text[end : end + 1] == ";" else ""
    while not last and (separator := _SEPARATOR.match(text, end)) and not _ET_AL.match(text, end):
        last = bool(separator["last"] or separator["last2"])
        others = style.others if not parted else (style.first, *style.others)
        found = _next_name(text, separator.end(), others)
        if found is None:
            body = _listed_body(text, separator.end()) if last else None
            if body is None:
                last = False
                break
            names.append(body.names[0])
            end = body.end
            break
        names.append(name_of(found))
        gap = gap or "…" in separator.group() or ". ." in separator.group() or "..." in separator.group()
        end = found.end()
    if style.strict and not last and not _ET_AL.match(text, end) and not leading_date(text[end:]) and not _OPENING.match(text, end):
        # Without `and`, what follows a comma is as likely the title as a second name.
        names, end = names[:1], first.end()
    return _closed(text, People(tuple(names), end, gap=gap), style, joined=last)


def _next_name(text: str, at: int, forms: tuple[re.Pattern[str], ...]) -> re.Match[str] | None:
    for form in forms:
        found = form.match(text, at)
        if found and (
            _ENDS.match(text, found.end())
            or _SEPARATOR.match(text, found.end())
            or text[found.end() - 1] == "."
            or _ET_AL.match(text, found.end())
        ):
            return found
    return None


def _closed(text: str, people: People, style: _Style, joined: bool) -> People | None:
    """Add what follows a list of names: et al., the role; None where no list ends here."""
    end = people.end
    if more := _ET_AL.match(text, end):
        end = more.end()
    if role := _ROLE.match(text, end):
        end = role.end()
    if editors := _EDITORS.match(text, end):
        end = editors.end()
    known = bool(more or editors)
    if style.strict and not (known or joined or _STRICT_END.match(text, end) or NOTED.search(text, end)):
        return None
    if not (known or _ENDS.match(text, end) or text[end - 1] == "."):
        return None
    names = (*people.names, Name(literal="et al.")) if more else people.names
    return People(names, end, bool(more), bool(editors), people.gap)


def name_of(found: re.Match[str]) -> Name:
    """Return a name with its initials spaced: `SA`, `S.A.` and `S. A.` are all `S. A.`."""
    given = found["given"].strip()
    if re.fullmatch(rf"[{_UP}](?:[- ]?[{_UP}]){{0,3}}", given):
        given = re.sub(r"(\w)", r"\1.", given)
    given = re.sub(rf"\.(?=[{_UP}])", ". ", given)
    given = re.sub(r"\.‐", ".-", given)
    suffix = (found["suffix"] or "").strip(" ,")
    if suffix in {"Jr", "Sr"}:
        suffix += "."
    return Name(family=found["family"].strip(), given=f"{given}, {suffix}" if suffix else given)


def _listed_body(text: str, at: int) -> People | None:
    """Return the body that ends a list of people: `..., & World Health Organization`."""
    found = re.compile(r"(?:the )?([^\x1e().,;:“\"]{4,90})(?=\.? \(|\. |,|$)").match(text, at)
    if found and is_body(found.group(1)):
        return People((Name(literal=found.group(1).strip()),), found.end(1))
    return None


def is_body(text: str) -> bool:
    """Say whether a text reads as the name of a body: a word for one, and capitals all through; or an acronym.

    >>> is_body("National Institute for Health and Care Excellence"), is_body("Depression in adults")
    (True, False)
    """
    words = text.replace(",", " ").split()
    if not 1 <= len(words) <= 14:
        return False
    capital = all(word[0].isupper() or word.isdigit() or word.strip("()").casefold() in _SMALL or word[0] in "(&" for word in words)
    acronym = len(words) == 1 and 2 <= len(text) <= 8 and text.isupper() and text.isalpha()
    return acronym or (capital and bool(_BODY_CUE.search(text)))


def _body(text: str) -> People:
    """Read a body that a text starts with: its name ends at a stop, or before a date."""
    for found in _body_ends(text):
        head = text[: found.start()].strip(" ,")
        if is_body(head) or (len(head.split()) <= 6 and f": {head}" in text[found.end() :]):
            editors = None if not found.group().startswith("(") else _EDITORS.match(text, found.start())
            return People((Name(literal=head),), editors.end() if editors else found.end(), editors=bool(editors))
    return People()


def _body_ends(text: str) -> Iterator[re.Match[str]]:
    for found in re.compile(r"(?P<stop>\.|:|,)?(?= \(|\.? (?:1[5-9]|20)\d\d\b|(?<=[.:]) )|(?P<stop2>\x1e)").finditer(text[:200]):
        if (found["stop"] == "," or text[found.end() :].lstrip(". ")[:2] in {"15", "16", "17", "18", "19", "20"}) and not leading_date(
            text[found.start() :]
        ):
            continue
        yield found
