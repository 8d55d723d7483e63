"""An article on a web page into canonical Markdown, the entries of its source list, and remarks on all that was left out."""

from __future__ import annotations

from pipeline.markup.compose import escape
from pipeline.markup.imported import Imported, Remark
from pipeline.markup.webpage.furniture import choose_root, declared_title, outer_title
from pipeline.markup.webpage.lists import Sources, find_sources
from pipeline.markup.webpage.page import Page, Plan
from pipeline.markup.webpage.survey import Survey
from pipeline.markup.webpage.tree import Element, ancestors, decode, parse, short_text, walk

_NOTHING = Remark(0, "", "the page has no text")


def read(data: bytes | str) -> Imported:
    """Return the article of an HTML page or fragment; whatever the page holds, no error is raised and no word goes silently."""
    tree = parse(decode(data))
    if tree is None:
        return Imported("", (), (_NOTHING,))
    survey = Survey(tree)
    sources = find_sources(survey)
    plan = _plan(tree, survey, sources)
    page = Page(plan)
    walk(tree, page)
    page.writer.flush()
    markdown = _titled(page, plan, declared_title(tree))
    remarks = (*page.remarks, *page.writer.remarks, *page.marks.remarks, *sources.remarks)
    if not markdown and not sources.entries and not remarks:
        remarks = (_NOTHING,)
    return Imported(markdown, sources.entries, tuple(sorted(remarks, key=lambda one: one.line)))


def _plan(tree: Element, survey: Survey, sources: Sources) -> Plan:
    root = choose_root(tree, {element: size for element, size in survey.sizes.items() if element.tag != "form"}, survey.total)
    inner: list[Element] = []
    outer: list[Element] = []
    around = set(ancestors(root))
    for heading in survey.headings:
        if heading.tag == "h1" and heading not in around:
            (inner if any(above is root for above in ancestors(heading)) else outer).append(heading)
    title = None if any(short_text(heading) for heading in inner) else outer_title(outer, declared_title(tree))
    gone_into = [root, *sources.regions, *sources.asides, *([title] if title is not None else [])]
    return Plan(root, title, frozenset(above for one in gone_into for above in ancestors(one)), survey, sources)


def _titled(page: Page, plan: Plan, declared: str) -> str:
    """Return the Markdown under its title: the first heading of the page, else what the page declares."""
    markdown = page.writer.layout.markdown()
    titled = any(block.kind == "heading" and block.level == 1 for block in page.writer.layout.blocks)
    if titled or not (markdown or plan.sources.entries or plan.title is not None):
        return markdown
    title = (short_text(plan.title) if plan.title is not None else "") or declared
    return f"# {escape(title)}\n\n{markdown}".rstrip() + "\n" if title else markdown
