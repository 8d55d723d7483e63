"""Markers of a page: which raised figures and links are numbers of sources, and which number each of them means."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote

from pipeline.markup.imported import Remark
from pipeline.markup.markers import find
from pipeline.markup.webpage.inline import Mark, numbers_of, spread
from pipeline.markup.webpage.lists import NOTE_LABEL, Sources
from pipeline.markup.webpage.survey import Survey
from pipeline.markup.webpage.tree import Element, Run, classes, few_runs, line_of, plain, remark_at

_GROUP = re.compile(r"[\s\[\](),;.^–—-]*\d{1,3}(?:[\s\[\](),;^–—-]+\d{1,3})*[\s\[\](),;.^]*")
_BARE = re.compile(r"[\[(]?\^?\d{1,3}(?:\s*[,;–—-]\s*\^?\d{1,3})*,?[\])]?")
_NOTE_ID = re.compile(r"_?(?:cite|f(?:oot)?n|e(?:nd)?nt?|ftn|edn|ref|bib|note|cr|r\d|b\d|sdfootnote)", re.I)
_UNIT = re.compile(
    r"(?<![A-Za-z'’])(?:[kcdmµμnp]?m|ft|yd|mi|sec|k?g|mg|L|l|d[lL]|m[lL]|m?mol|K|V|W|J|Pa|N|Hz|mc|cos|sin|tan|log|chi|eta)$"
    r"|(?:\d\s?|/)(?:in|s|min|h|hr)$"
)
_VARIABLE = re.compile(r"(?:^|[\s(=+*/×·−-])[A-Za-zΑ-Ωα-ω]$")
_NAMED_LETTER = re.compile(
    r"\b(?:vitamin|factor|hepatitis|type|group|class|grade|category|appendix|panel|arm|plan|option|part|figure|table|study|version|model|"
    r"phase|site|team|drug|patient|participant|level|step|and|or)s? [A-Za-z]$",
    re.I,
)
_CODE_NAME = re.compile(r"(?:[A-Za-z]{2,}[-–]?\d{1,4}|(?<![\d.,])(?:1[5-9]|20)\d\d)$")
_SUMS = re.compile(r"\([^()]*[+*/=^×−][^()]*\)$")
_ORDINALS = frozenset("st nd rd th e er ère ème o a os as tm sm ® ™ © me mme mlle ' ′ °".split())
_RAISED = str.maketrans("0123456789+-−–=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻⁼⁽⁾ⁿⁱ")
_CHARGE = re.compile(r"\d*[+−–-]")
_AUTHORS = re.compile(r"(?:^|[-_ ])(?:authors?|byline|contrib(?:utors?|-group)?|affiliations?|creator)(?:$|[-_ ])", re.I)
_LLM = re.compile(r"(?:^|[-_ ])llm(?:$|[-_ ])", re.I)


class Found(NamedTuple):
    """What a raised or linked piece of text is: a marker, text to keep in its place, or nothing but remarks."""

    mark: Mark | None = None
    text: str = ""


class Place(NamedTuple):
    """Where a piece stands: the text of its block before it, and the text right after it."""

    before: str
    after: str


class Marks:
    """Reads markers; keeps a remark on each that does not fit the source list."""

    def __init__(self, survey: Survey, sources: Sources) -> None:
        """Take the ids of the page and the numbers of its source list."""
        self.survey = survey
        self.sources = sources
        self.remarks: list[Remark] = []

    def read(self, element: Element, place: Place) -> Found | None:
        """Return what an inline element is, None for one that is read like any other."""
        if not self._may_mark(element):
            return None
        runs = few_runs(element)
        text = plain("".join(run.text for run in runs or ()))
        if not runs or not text:
            return None
        if text in {"LLM", "[LLM]", "(LLM)"} and (element.tag == "sup" or _LLM.search(f"{element.get('class') or ''}")):
            return Found(Mark(llm=True))
        if element.tag == "sup" and (why := _editorial(element, text)):
            return self._out(element, text, why)
        if _GROUP.fullmatch(text):
            return self._group(element, runs, text, place)
        if NOTE_LABEL.fullmatch(text) and (found := self._note(element, runs, text)):
            return found
        return self._raised(runs, text, place) if element.tag == "sup" else None

    def _may_mark(self, element: Element) -> bool:
        if element.tag in {"sup", "cite"}:
            return True
        if element.tag == "a":
            return "#" in (element.get("href") or "") or bool(_LLM.search(element.get("class") or ""))
        names = (element.get("class") or "")[:200]
        return bool(names) and bool(_LLM.search(names) or classes(element) & {"citation", "reference", "cite", "footnote-ref", "xref"})

    def named(self, element: Element) -> Mark | None:
        """Return the marker of a link that names its source in words: `(Smith, 2010)`."""
        number = self.sources.positions.get(self.survey.fragment(element)) if element.tag == "a" else None
        return Mark((number,)) if number else None

    def check(self, mark: Mark, line: int) -> None:
        """Remark on numbers that the source list has no entry for."""
        known = len(self.sources.entries)
        for number in mark.numbers:
            if known and number > known:
                self.remarks.append(Remark(line, f"[{number}]", f"the source list has only {known} entries"))

    def _out(self, element: Element, text: str, why: str) -> Found:
        said = remark_at(line_of(element), text, why)
        self.remarks += [said] if said else []
        return Found()

    def _note(self, element: Element, runs: list[Run], text: str) -> Found | None:
        """Leave out a letter that points to a note."""
        name = next((self.survey.fragment(link) for link in _links(element, runs)), "")
        if name in self.sources.notes:
            return self._out(element, f"{text}: {self.sources.notes[name]}", "marker of a note")
        if name in self.sources.positions:
            return Found(Mark((self.sources.positions[name],)))
        if name and _NOTE_ID.match(name):
            return self._out(element, text, "marker of a note that the page does not have")
        return None

    def _group(self, element: Element, runs: list[Run], text: str, place: Place) -> Found | None:
        pointed = any(self.survey.fragment(link) for link in _links(element, runs))
        if pointed:
            return self._pointing(element, runs, text)
        if element.tag == "sup":
            bracketed = text[0] in "[("
            if bracketed or (_BARE.fullmatch(text) and self._is_marker(element, text, place)):
                mark = Mark(tuple(self.sources.labels.get(number, number) for number in numbers_of(text)))
                self.check(mark, line_of(element))
                return Found(mark) if 0 not in mark.numbers else None
            return self._raised(runs, text, place)
        return None

    def _pointing(self, element: Element, runs: list[Run], text: str) -> Found | None:
        """Resolve each link to the number of the entry that it points to; None for a link to some other part of the page."""
        numbers: list[int] = []
        dashed, told = False, len(self.remarks)
        for run in runs:
            link = next(iter(_links(element, [run])), None)
            name = self.survey.fragment(link) if link is not None else ""
            for piece in re.findall(r"\d+|[–—-]", run.text):
                if not piece.isdigit():
                    dashed = True
                    continue
                number = self._resolved(run, name, int(piece), sure=element.tag == "sup" or text[0] in "[(")
                if number is None:
                    del self.remarks[told:]
                    return None
                if number:
                    numbers += spread(numbers[-1], number) if dashed and numbers else [number]
                dashed = False
        return Found(Mark(tuple(dict.fromkeys(numbers))) if numbers else None)

    def _resolved(self, run: Run, name: str, shown: int, *, sure: bool) -> int | None:
        """Return the number that a link means, 0 for one of another list, None for one that is no marker."""
        line, label = line_of(run.owner), f"[{shown}]"
        number = self.sources.positions.get(name)
        if number:
            if number != shown and shown not in self._same_link(run):
                self.remarks.append(Remark(line, label, f"printed as {shown}, points to entry {number} of the source list"))
            return number
        if name in self.sources.notes:
            note = remark_at(line, f"{label}: {self.sources.notes[name]}", "points to a list that is not the source list")
            self.remarks += [note] if note else []
            return 0
        if name in self.survey.ids or (name and unquote(name) in self.survey.ids):
            return shown if sure and not name else None
        if name and (sure or _NOTE_ID.match(name)):
            self.remarks.append(Remark(line, label, f"points to nothing on this page (#{name[:40]})"))
            return shown
        self.check(Mark((shown,)), line)
        return shown

    def _same_link(self, run: Run) -> range | tuple[int, ...]:
        """Return the further numbers of one link that prints a range, such as `3–5`, and points to its first."""
        numbers = numbers_of(run.text)
        return numbers[1:] if len(numbers) > 1 else ()

    def _is_marker(self, element: Element, text: str, place: Place) -> bool:
        """Tell the number of a source from a power, an isotope or an affiliation."""
        before = place.before
        if not before.strip() or any(_AUTHORS.search(above.get("class") or "") for above in _near(element)):
            return False
        if before[-1].isspace():
            return not place.after[:1].isalpha()
        numbers = numbers_of(text)
        if len(numbers) > 1:
            return not _UNIT.search(before)
        if before[-1].isdigit():
            return bool(_CODE_NAME.search(before))
        if before[-1] in "([{/–—-−=<>+×~≈“‘*" or _SUMS.search(before):
            return False
        if _UNIT.search(before):
            return numbers[0] > 6
        if _VARIABLE.search(before) and not _NAMED_LETTER.search(before):
            known = len(self.sources.entries)
            return numbers[0] > 4 and not (known and numbers[0] > known)
        return True

    def _power(self, text: str, place: Place) -> str:
        """Return a number as raised figures, with a caret where those would be read as a marker."""
        raised, before = text.translate(_RAISED), place.before[-40:]
        if not any(found.end > len(before) for found in find(before + raised + place.after, plain=False)):
            return raised
        return f"^{text}" if before[-1:].isalnum() or before[-1:] in ")]" else text

    def _raised(self, runs: list[Run], text: str, place: Place) -> Found | None:
        """Return raised text that is no marker as it is written in a line: `m²`, `Ca2+`, `2^n`, `1st`."""
        if any(run.owner.tag == "a" for run in runs) or len(text) > 12:
            return None
        if re.fullmatch(r"[\d+−–=()-]+", text) and not _CHARGE.fullmatch(text):
            return Found(text=self._power(text, place))
        if text.lower() in _ORDINALS or _CHARGE.fullmatch(text) or not re.fullmatch(r"[\w+−–-]{1,4}", text):
            return None
        return Found(text=f"^{text}") if re.search(r"[\w)]$", place.before) and not re.search(r"[^\W\d_]{2,}$", place.before) else None


def _near(element: Element) -> list[Element]:
    """Return the elements right above one."""
    found: list[Element] = []
    for above in element.iterancestors():
        if len(found) == 4 or above.tag in {"body", "article", "main"}:
            break
        found.append(above)
    return found


def _links(element: Element, runs: list[Run]) -> list[Element]:
    """Return the links to places of this page in which runs stand, within or around the element."""
    found: dict[Element, None] = {}
    for run in runs:
        node = run.owner
        while node is not None and node.tag != "a" and node is not element:
            node = node.getparent()
        if node is not None and node is element and node.tag != "a" and element.getparent() is not None:
            node = element.getparent()
        if node is not None and node.tag == "a" and (run.text.strip() or run.owner is element):
            found.setdefault(node)
    return list(found)


def _editorial(element: Element, text: str) -> str:
    """Return what an editor's remark in the line is: a missing citation, a page; an empty string for a marker."""
    names = classes(element)
    bracketed = re.fullmatch(r"\[[^\W\d][^\]\[]{3,}\]", text) and not NOTE_LABEL.fullmatch(text)
    if bracketed or names & {"inline-template", "template-fact"}:
        return "editor's remark"
    if "reference" in names and text.startswith(":"):
        return "page of the source"
    return ""
