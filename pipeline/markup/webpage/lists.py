"""The source list of a page: where it is, which of several it is, and what number each id in it stands for."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from pipeline.markup.imported import Entry, Remark
from pipeline.markup.webpage.entries import read_entries
from pipeline.markup.webpage.furniture import left_out
from pipeline.markup.webpage.survey import STRONG_TITLE, WEAK_TITLE, Survey
from pipeline.markup.webpage.tree import (
    HEADINGS,
    UNREAD,
    Element,
    ancestors,
    classes,
    few_runs,
    line_of,
    plain,
    remark_at,
    short_text,
    text_runs,
    walk,
)

_MOST = 12  # lists that are looked at; the rest of a page that has more stays text
_NUMBERED = re.compile(r"\s*(?:\[\^?\d{1,3}\]|\(?\d{1,3}[.)]|\^?\d{1,3}\s)")
_NOTE_CLASS = re.compile(r"lower-alpha|upper-alpha|lower-roman|lower-greek|upper-roman")
NUMBERS = re.compile(r"[\[(]?\^?\d{1,3}[\])]?")
NOTE_LABEL = re.compile(r"[\[(]?(?:[a-z]{1,2}|[A-Z]|[ivx]+|(?:note|nb|n|lower-alpha) ?\d+|[*†‡§¶‖]+)[\])]?", re.I)
_TARGET = re.compile(r"_?(?:f(?:oot|t)?n(?:ote|t)?|e(?:nd)?nt?(?:ote|d)?|edn|cite|ref|bib|note|sdfootnote|sdendnote)[-_:.]?", re.I)
_BACK = re.compile(r"(?:n|nt|te|note|cite)[-_]?(?:ref|anchor)|\danc$|backref", re.I)  # the marker's own id, to which the note links back
_ITEM = frozenset({"csl-entry", "ltx_bibitem", "citation", "footnote", "reference-item"})


class Candidate(NamedTuple):
    """A list that may be the source list: the elements it takes, those of its entries, how it was found."""

    regions: list[Element]
    items: list[Element]
    strong: bool


class Sources(NamedTuple):
    """The source list as it was read."""

    entries: tuple[Entry, ...] = ()
    positions: dict[str, int] = {}  # noqa: RUF012 - never written to
    """Id of the page to the number of the entry in which it stands."""
    notes: dict[str, str] = {}  # noqa: RUF012
    """Id of the page to the text of a note or an entry of another list."""
    regions: frozenset[Element] = frozenset()
    asides: frozenset[Element] = frozenset()
    """Lists of notes, which are told of in remarks."""
    items: frozenset[Element] = frozenset()
    remarks: tuple[Remark, ...] = ()
    labels: dict[int, int] = {}  # noqa: RUF012
    """Printed number to place, of the entries that are printed with another number than their place."""


def find_sources(survey: Survey) -> Sources:
    """Choose among the lists of the page the one that its markers point to, else the first, and read it."""
    candidates = _candidates(survey)
    candidates += _targets(survey, candidates)
    notes = [candidate for candidate in candidates if _is_notes(candidate, survey)]
    lists = [candidate for candidate in candidates if candidate not in notes]
    chosen = min(lists, key=lambda one: (-_pointed(one, survey), not one.strong), default=None)
    others = _texts([one for one in candidates if one is not chosen])
    asides = frozenset(region for one in notes for region in one.regions)
    told = [said for one in notes for item in one.items if (said := remark_at(line_of(item), others_text(item), "note"))]
    read = _read(chosen, told) if chosen else Sources(remarks=tuple(told))
    return read._replace(notes=others, asides=asides, items=read.items | {item for one in notes for item in one.items})


def _counted(item: Element) -> int:
    """Return the number that a browser prints before an item whose list says where it begins, or 0."""
    if item.tag != "li":
        return 0
    value = item.get("value") or ""
    if re.fullmatch(r"\d{1,4}", value):
        return int(value)
    parent = item.getparent()
    start = (parent.get("start") or "") if parent is not None and parent.tag == "ol" else ""
    before = sum(1 for _ in item.itersiblings("li", preceding=True)) if start else 0
    return int(start) + before if re.fullmatch(r"\d{1,4}", start) else 0


def _read(chosen: Candidate, told: list[Remark]) -> Sources:
    entries: list[Entry] = []
    positions: dict[str, int] = {}
    remarks = list(told)
    labels: dict[int, int] = {}
    for item in chosen.items:
        for name in _ids(item):
            positions.setdefault(name, len(entries) + 1)
        for read in read_entries(item, len(entries) + 1):
            entries.append(read.entry)
            remarks += read.remarks
            printed = read.printed or _counted(item)
            if printed and printed != len(entries):
                labels.setdefault(printed, len(entries))
                why = f"entry {len(entries)} of the source list is printed as number {printed}"
                remarks.append(Remark(read.entry.line, read.entry.text[:80], why))
    return Sources(tuple(entries), positions, {}, frozenset(chosen.regions), frozenset(), frozenset(chosen.items), tuple(remarks), labels)


def others_text(item: Element) -> str:
    """Return the text of a note without its number."""
    return read_entries(item, 0)[0].entry.text


def _texts(candidates: Iterable[Candidate]) -> dict[str, str]:
    return {name: others_text(item) for one in candidates for item in one.items for name in _ids(item)}


def _ids(item: Element) -> Iterable[str]:
    for element in item.iter():
        for name in (element.get("id"), element.get("name") if element.tag == "a" else None):
            if name:
                yield name


def _pointed(candidate: Candidate, survey: Survey) -> int:
    return sum(survey.pointed[name] for item in candidate.items for name in _ids(item))


def _is_notes(candidate: Candidate, survey: Survey) -> bool:
    """Say whether a list holds notes to the text: it says so, or the markers that point to it are letters."""
    near = itertools.islice(candidate.regions[0].iter("div", "ol", "ul"), 3)
    if any(_NOTE_CLASS.search(f"{one.get('class')} {one.get('style')} {one.get('data-mw-group')}") for one in near):
        return True
    mine = {name for item in candidate.items for name in _ids(item)}
    labels = [pointer.label for pointer in survey.pointers if pointer.name in mine]
    letters = sum(bool(NOTE_LABEL.fullmatch(label)) for label in labels)
    return letters > 0 and not any(NUMBERS.fullmatch(label) for label in labels) and 2 * letters > len(labels)


def _candidates(survey: Survey) -> list[Candidate]:
    """Return the lists that the page declares, and those under a heading that names one, in that order."""
    found = [_declared(region) for region in survey.regions[:_MOST]]
    found = [one for one in found if one.items]
    taken = {item for one in found for item in one.items}
    titled = [heading for heading in survey.headings if _title(heading)][-_MOST:]
    for heading in titled:
        one = _headed(heading)
        if one.items and not any(item in taken for item in one.items) and not _around(heading, survey.regions):
            found.append(one)
            taken.update(one.items)
    return found


def _around(heading: Element, regions: list[Element]) -> bool:
    inside = set(regions[:_MOST])
    return any(above in inside for above in ancestors(heading))


def _title(heading: Element) -> bool:
    text = short_text(heading)
    return bool(STRONG_TITLE.fullmatch(text) or WEAK_TITLE.fullmatch(text) or STRONG_TITLE.fullmatch(_without_links(heading)))


def _without_links(heading: Element) -> str:
    """Return the words of a heading without `[edit]` and permalinks."""
    return plain("".join(run.text for run in few_runs(heading) or () if run.owner is heading or run.owner.tag in {"span", "b", "strong"}))


def _declared(region: Element) -> Candidate:
    """Return the list in an element that declares itself one."""
    strong = not re.search(r"note", f"{region.get('class')} {region.get('id')}", re.I)
    return Candidate([region], _items([region], strict=False), strong)


def _headed(heading: Element) -> Candidate:
    """Return the list under a heading: what follows it up to the next heading."""
    start, level = heading, _level(heading)
    while start.getparent() is not None and start.getparent().tag in {"div", "header", "hgroup"} and _alone(start):
        start = start.getparent()
    regions = []
    for beside in start.itersiblings():
        if not isinstance(beside.tag, str) or beside.tag in UNREAD:
            continue
        if _level(beside) <= level or _begins_section(beside, level):
            break
        if not left_out(beside) or beside.tag in {"aside", "footer"}:
            regions.append(beside)
    strong = bool(STRONG_TITLE.fullmatch(_without_links(heading)) or STRONG_TITLE.fullmatch(short_text(heading)))
    items = _items(regions, strict=not strong)
    return Candidate(regions, items, strong)


def _level(element: Element) -> int:
    if element.tag in HEADINGS:
        return int(element.tag[1])
    return 7 if element.tag in {"p", "div"} and STRONG_TITLE.fullmatch(short_text(element)) else 8


def _alone(element: Element) -> bool:
    """Say whether nothing but edit links stands beside a heading in its wrapper."""
    beside = [*element.itersiblings(), *element.itersiblings(preceding=True)]
    return len(beside) < 4 and all(not isinstance(one.tag, str) or left_out(one) for one in beside)


def _begins_section(element: Element, level: int) -> bool:
    inner = next((one for one in itertools.islice(element.iter(), 20) if one.tag in HEADINGS), None)
    return inner is not None and _level(inner) <= level


def _items(regions: list[Element], *, strict: bool) -> list[Element]:
    """Return the elements of the entries: list items, else what the page calls one, definitions, rows, paragraphs, blocks."""
    for test in (_is_item, lambda one: one.tag == "dd", _is_row):
        if found := _outermost(regions, test):
            return found
    for test in (lambda one: one.tag == "p", _is_leaf):
        found = [one for one in _outermost(regions, test) if any(re.search(r"\w", run.text) for run in text_runs(one))]
        if found:
            numbered = sum(bool(_NUMBERED.match(_beginning(one))) for one in found)
            return found if not strict or 2 * numbered >= len(found) else []
    return []


def _beginning(element: Element) -> str:
    return "".join(run.text for run in itertools.islice(text_runs(element), 20))


def _is_item(element: Element) -> bool:
    named = element.get("role") == "listitem" or bool(classes(element) & _ITEM)
    return element.tag == "li" or (named and element.tag in {"div", "p", "aside", "section", "article"})


def _is_row(element: Element) -> bool:
    return element.tag == "tr" and next(element.iterchildren("td"), None) is not None


def _is_leaf(element: Element) -> bool:
    return element.tag in {"div", "blockquote"} and next(element.iterchildren("div", "p", "section"), None) is None


class _Outermost:
    """Gathers the elements that pass a test and lie in no other that does."""

    def __init__(self, test: Callable[[Element], bool]) -> None:
        self.test = test
        self.found: list[Element] = []

    def enter(self, element: Element) -> bool:
        if element.tag in UNREAD or (left_out(element) and element.tag not in {"aside", "footer"}):
            return False
        if self.test(element):
            self.found.append(element)
            return False
        return True

    def leave(self, element: Element) -> None:
        """Nothing to do."""

    def text(self, text: str) -> None:
        """Nothing to do."""


def _outermost(regions: list[Element], test: Callable[[Element], bool]) -> list[Element]:
    gatherer = _Outermost(test)
    for region in regions:
        walk(region, gatherer)
    return gatherer.found


def _targets(survey: Survey, candidates: list[Candidate]) -> list[Candidate]:
    """Return the list that only its being pointed to declares: the notes of a word processor, at the foot of the page."""
    known = {name for one in candidates for item in one.items for name in _ids(item)}
    wanted = {
        one.name for one in survey.pointers if NUMBERS.fullmatch(one.label) and _TARGET.match(one.name) and not _BACK.search(one.name)
    }
    blocks = [_block(target) for name, target in survey.ids.items() if name in wanted and name not in known]
    notes = list(dict.fromkeys(block for block in blocks if block is not None))
    if not notes:
        return []
    lists = {item.getparent(): None for item in notes if item.tag == "li"}
    return [Candidate([*lists, *(item for item in notes if item.tag != "li")], _in_order(notes, list(lists)), False)]


def _in_order(notes: list[Element], lists: list[Element]) -> list[Element]:
    return [*(item for one in lists for item in one.iterchildren("li")), *(item for item in notes if item.tag != "li")]


def _block(target: Element) -> Element | None:
    """Return the block in which a target stands, with the wrapper that is the note's own."""
    block = next((one for one in itertools.islice(ancestors(target), 30) if one.tag in {"li", "p", "div", "dd", "tr", "aside"}), None)
    if block is None or block.tag == "li":
        return block
    above = block.getparent()
    own = above is not None and re.fullmatch(r"(?:sd)?(?:ftn|edn|fn|footnote|endnote)[-_]?\d+", above.get("id") or "", re.I)
    return above if own else block
