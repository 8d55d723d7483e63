"""The walk over a page: what is of the article goes to its writer, what is not is remarked on."""

from __future__ import annotations

from typing import NamedTuple

from pipeline.markup.imported import Remark
from pipeline.markup.webpage.furniture import left_out
from pipeline.markup.webpage.layout import Block
from pipeline.markup.webpage.lists import Sources
from pipeline.markup.webpage.marks import Marks
from pipeline.markup.webpage.survey import STRONG_TITLE, Survey, is_source_title
from pipeline.markup.webpage.tree import HEADINGS, UNREAD, Element, classes, line_of, plain, remark, remark_at, short_text, walk
from pipeline.markup.webpage.writer import Writer, is_inline


class Plan(NamedTuple):
    """What is known of a page before it is written."""

    root: Element
    title: Element | None
    path: frozenset[Element]
    """Elements that are gone into although they may be furniture: those around the article and its source list."""
    survey: Survey
    sources: Sources


class Page:
    """Follows a walk over the body of a page."""

    def __init__(self, plan: Plan) -> None:
        """Begin outside the article, with nothing read."""
        self.plan = plan
        self.marks = Marks(plan.survey, plan.sources)
        self.lists = plan.sources.regions | plan.sources.asides
        self.writer = Writer(self.marks, plan.survey.layouts, self.lists)
        self.remarks: list[Remark] = []
        self.inside = False
        self._turns: list[tuple[Element, bool]] = []
        self._here: Element = plan.root

    def enter(self, element: Element) -> bool:
        """Take up an element: furniture is remarked on and passed, the rest goes to the writer."""
        self._here = element
        if element.tag in UNREAD or element is self.plan.title:
            return False
        if element in self.lists:
            self._list(element)
            return False
        if element is self.plan.root:
            self._turn(element, True)
        elif not self.inside:
            return self._outside(element, left_out(element) or "outside the article")
        elif why := self._furniture(element):
            if element in self.plan.path:
                self._turn(element, False)
            return self._outside(element, why)
        return self.writer.enter(element)

    def leave(self, element: Element) -> None:
        """Leave an element, and the article with its last."""
        if self.inside:
            self.writer.leave(element)
        if self._turns and self._turns[-1][0] is element:
            self.writer.flush()
            self.inside = self._turns.pop()[1]

    def text(self, text: str) -> None:
        """Take up a run of text."""
        if self.inside:
            self.writer.text(text)
        elif said := remark_at(line_of(self._here), plain(text), "outside the article"):
            self.remarks.append(said)

    def _turn(self, element: Element, inside: bool) -> None:
        self.writer.flush()
        self._turns.append((element, self.inside))
        self.inside = inside

    def _outside(self, element: Element, why: str) -> bool:
        if element in self.plan.path:
            return True
        announcing = element.tag in HEADINGS and self.plan.sources.regions and is_source_title(short_text(element))
        if not announcing and (said := remark(element, why)):
            self.remarks.append(said)
        if self.inside and not is_inline(element):
            self.writer.flush()
        return False

    def _furniture(self, element: Element) -> str:
        why, sizes = left_out(element), self.plan.survey.sizes
        if why == "form" and 2 * sizes.get(element, 0) > sizes.get(self.plan.root, 0):
            return ""  # some servers put the whole page into one
        # a formula's hidden text stands for the picture of it
        return "" if why == "hidden" and "mwe-math-mathml-a11y" in classes(element) else why

    def _list(self, element: Element) -> None:
        """Pass a source list, with the heading that announces it; say what else stands in it."""
        self.writer.flush()
        blocks = self.writer.layout.blocks
        while blocks and (blocks[-1].kind == "rule" or _announces(blocks[-1])):
            blocks.pop()
        if element not in self.plan.sources.items:
            beside = _Beside(self.plan.sources.items)
            walk(element, beside)
            self.remarks += beside.remarks


def _announces(block: Block) -> bool:
    """Say whether a block is the heading of a source list; some are paragraphs that look like one."""
    if block.kind == "paragraph":
        return bool(STRONG_TITLE.fullmatch(block.lines[0].strip("*")))
    return block.kind == "heading" and is_source_title(block.text)


class _Beside:
    """Remarks on the words of a source list that belong to no entry."""

    def __init__(self, items: frozenset[Element]) -> None:
        self.items = items
        self.remarks: list[Remark] = []
        self._here: Element = None

    def enter(self, element: Element) -> bool:
        self._here = element
        if element.tag in UNREAD or element in self.items:
            return False
        why = left_out(element)
        if element.tag in HEADINGS or (why and why not in {"footer", "aside"}):
            titled = is_source_title(short_text(element))
            said = None if titled else remark(element, why or "beside the source list")
            self.remarks += [said] if said else []
            return False
        return True

    def leave(self, element: Element) -> None:
        """Nothing to do."""

    def text(self, text: str) -> None:
        said = None if is_source_title(plain(text)) else remark_at(line_of(self._here), plain(text), "beside the source list")
        self.remarks += [said] if said else []
