"""The writing of an article: elements in reading order become lines of Markdown, in their quotes, lists and tables."""

from __future__ import annotations

import re
from collections.abc import Callable

from pipeline.markup.imported import Remark
from pipeline.markup.webpage.entries import web_address
from pipeline.markup.webpage.furniture import is_callout, left_out
from pipeline.markup.webpage.inline import Mark, Text, Token, render
from pipeline.markup.webpage.layout import Container, Layout, Table
from pipeline.markup.webpage.marks import Marks, Place
from pipeline.markup.webpage.tree import BLOCKS, HEADINGS, Element, classes, few_runs, line_of, plain, remark_at, short_text, text_runs
from pipeline.text import clean

_LOOKS = {
    **dict.fromkeys(("b", "strong"), "strong"),
    **dict.fromkeys(("i", "em", "dfn", "var"), "em"),
    **dict.fromkeys(("code", "kbd", "samp", "tt"), "code"),
}
_CAPTIONS = frozenset({"thumbcaption", "wp-caption-text", "figure-caption"})
_CAPTIONED = re.compile(r"[*]*(?:fig(?:ure|\.)?|table|tab\.|box|video|image|diagram|chart)\s?(?:s?\d+[a-z]?)?\s?[*]*[.:]", re.I)
_BADGE = re.compile(r"T[1-9]")
_QUIET = frozenset({"", "http", "https", "mailto", "tel", "sms", "geo"})
_PERMALINK = re.compile(r"[#¶§🔗↩↑\s]+")


def is_inline(element: Element) -> bool:
    """Say whether an element leaves the line unbroken; elements of a page's own making do."""
    return element.tag not in BLOCKS


class Writer:
    """Writes what lies inside the article."""

    def __init__(self, marks: Marks, layouts: set[Element], passed: frozenset[Element]) -> None:
        """Begin an empty article; `layouts` are tables that only lay the page out, `passed` the lists of sources."""
        self.layout = Layout()
        self.remarks: list[Remark] = []
        self._marks, self._layouts, self._passed = marks, layouts, passed
        self._tokens: list[Token] = []
        self._line: list[Token] | None = None
        """The line of a cell or a heading, which no block inside it breaks."""
        self._recent = ""
        self._undo: list[tuple[Element, Callable[[], None]]] = []
        self._looks: list[str] = []
        self._links: list[str] = []
        self._lists: list[list[int]] = []
        self._list_count = 0
        self._tables: list[Table] = []
        self._lead = ""
        self._glued = self._termed = self._broken = False

    def enter(self, element: Element) -> bool:
        """Open what an element is; say whether to go into it."""
        return self._inline(element) if is_inline(element) else self._block(element)

    def leave(self, element: Element) -> None:
        """Undo what entering the element did."""
        while self._undo and self._undo[-1][0] is element:
            self._undo.pop()[1]()
        if not is_inline(element):
            self.flush()

    def text(self, text: str) -> None:
        """Take up a run of text with the look and the link that are open."""
        href = self._links[-1] if self._links else ""
        self._sink().append(Text(clean(text), self._looks[-1] if self._looks else "", href))
        self._recent = (self._recent + " ".join(f"|{text}|".split())[1:-1])[-60:]
        blank = not text.strip()
        self._glued, self._broken = self._glued and blank, self._broken and blank

    def _sink(self) -> list[Token]:
        return self._tokens if self._line is None else self._line

    def _on_leave(self, element: Element, act: Callable[[], None]) -> None:
        self._undo.append((element, act))

    # -- in a line ---------------------------------------------------------------------------------------------------------

    def _inline(self, element: Element) -> bool:
        tag = element.tag
        if tag in {"img", "br"}:
            return self._image(element) if tag == "img" else self._break()
        if tag == "a" and (element.get("href") or "").startswith("#") and _PERMALINK.fullmatch(short_text(element)):
            return False
        if "code" not in self._looks:
            found = self._marks.read(element, Place(self._recent, (element.tail or "")[:3]))
            if found:
                self._marked(found.mark, found.text)
                return False
        if tag == "math" and element.get("alttext"):
            self._sink().append(Text(_formula(element.get("alttext")), "code"))
            return False
        self._open_inline(element)
        return True

    def _break(self) -> bool:
        """A line break is a space; two of them part paragraphs."""
        if self._broken and self._line is None:
            self.flush()
        self.text(" ")
        self._broken = True
        return False

    def _marked(self, mark: Mark | None, text: str) -> None:
        if mark:
            self._sink().append(mark)
            self._glued = self._broken = False
        elif text:
            self.text(text)

    def _open_inline(self, element: Element) -> None:
        tag = element.tag
        if look := _LOOKS.get(tag):
            kept = look if not self._looks or self._looks[-1] == "em" else self._looks[-1]
            self._looks.append("code" if look == "code" else kept)
            self._on_leave(element, lambda: _drop(self._looks))
        if tag == "a":
            self._link(element)
        elif tag == "q":
            self.text("“")
            self._on_leave(element, lambda: self.text("”"))
        elif _BADGE.fullmatch(short_text(element)):
            self.text(" ")

    def _link(self, element: Element) -> None:
        href = element.get("href") or ""
        self._links.append(web_address(href))
        self._on_leave(element, lambda: _drop(self._links))
        scheme = re.match(r"\s*([a-zA-Z][\w+.-]*)\s*:", href)
        if scheme and scheme[1].lower() not in _QUIET:
            said = remark_at(line_of(element), f"{plain(href)[:40]} {short_text(element)}"[:80], f"link to {scheme[1].lower()}: left out")
            self.remarks += [said] if said else []
        if mark := self._marks.named(element):
            self._on_leave(element, lambda: self._cited(mark))

    def _cited(self, mark: Mark) -> None:
        """Put the marker of a source that is named in words; two links to one entry side by side are one marker."""
        sink = self._sink()
        for index in range(len(sink) - 1, max(len(sink) - 7, -1), -1):
            token = sink[index]
            if isinstance(token, Mark):
                between = "".join(one.text for one in sink[index + 1 :] if isinstance(one, Text))
                if token == mark and len(between) < 30 and not re.search(r"[.;]\s", between):
                    del sink[index]
                break
        sink.append(mark)

    def _image(self, element: Element) -> bool:
        alt = plain(element.get("alt") or "")
        if alt and any(name.startswith("mwe-math") for name in classes(element)):
            hidden = element.getparent().find(".//math") if element.getparent() is not None else None
            if hidden is None:
                self._sink().append(Text(_formula(alt), "code"))
        elif alt and not self._captioned(element):
            said = remark_at(line_of(element), alt[:80], "text of a picture without a caption")
            self.remarks += [said] if said else []
        return False

    def _captioned(self, element: Element) -> bool:
        above = element.getparent()
        for _ in range(4):
            if above is None or above.tag in {"article", "body"}:
                return False
            if above.tag == "figure":
                return above.find("figcaption") is not None or above.find("*/figcaption") is not None
            if any(classes(one) & _CAPTIONS for one in above.iterchildren("div", "p", "figcaption", "span")):
                return True
            above = above.getparent()
        return False

    # -- blocks ------------------------------------------------------------------------------------------------------------

    def flush(self) -> None:
        """Write the line gathered so far as a paragraph; inside a cell or a heading, only part it from what follows."""
        if self._line is not None:
            self._line.append(Text(" "))
            self._recent += " "
        elif not self._glued:
            markdown = render(self._tokens, self._marks.sources.labels)
            self._tokens.clear()
            self._recent, self._broken = "", False
            if markdown:
                self.layout.add("paragraph", self._led(markdown))

    def _led(self, markdown: str) -> str:
        """Return a caption's first paragraph with a word on what it is; one that begins with that word has said it."""
        lead, self._lead = self._lead, ""
        if not lead or _CAPTIONED.match(markdown):
            return markdown
        return f"{'Table' if re.match(r'[*]*table', markdown, re.I) else lead}: {markdown}"

    def _block(self, element: Element) -> bool:
        if self._line is not None and element.tag not in {"td", "th", "tr", "pre"}:
            self.flush()
            return True
        if not self._glued or element.tag not in {"p", "div", "dd"}:
            self._glued = False
            self.flush()
        special = _HANDLERS.get(element.tag)
        if special:
            return special(self, element)
        if is_callout(element):
            self._contain(element, Container())
        elif classes(element) & _CAPTIONS:
            self._caption(element)
        return True

    def _heading(self, element: Element) -> bool:
        if few_runs(element) is not None:  # one that was never closed has swallowed the article
            self._line = []
            self._on_leave(element, lambda: self._end_heading(int(element.tag[1])))
        return True

    def _end_heading(self, level: int) -> None:
        tokens, self._line = self._line or [], None
        markdown = re.sub(r"(?<= )(#+)$", r"\\\1", render(tokens, self._marks.sources.labels))
        if markdown:
            text = plain("".join(token.text for token in tokens if isinstance(token, Text)))
            self.layout.add("heading", f"{'#' * level} {markdown}", text=text, level=level)

    def _contain(self, element: Element, container: Container) -> bool:
        self.layout.open(container)
        self._on_leave(element, self._uncontain)
        return True

    def _uncontain(self) -> None:
        self._glued = False
        self.flush()
        self.layout.close()

    def _quote(self, element: Element) -> bool:
        return self._contain(element, Container())

    def _listing(self, element: Element) -> bool:
        start = element.get("start") or "1"
        self._list_count += 1
        first = int(start) if re.fullmatch(r"\d{1,6}", start) else 1
        self._lists.append([first if element.tag == "ol" else -1, self._list_count])
        self._on_leave(element, self._end_list)
        return True

    def _end_list(self) -> None:
        self._termed = False
        self._lists.pop()

    def _item(self, element: Element) -> bool:
        return self._contain(element, self._bullet())

    def _bullet(self) -> Container:
        number, group = self._lists[-1] if self._lists else (-1, 0)
        if number < 0:
            return Container("- ", group)
        self._lists[-1][0] += 1
        return Container(f"{number}. ", group)

    def _term(self, element: Element) -> bool:
        """Begin an item with a term; its definition goes on in the same line."""
        self._contain(element, self._bullet())
        self._undo.pop()
        self._looks.append("strong")
        self._on_leave(element, lambda: self._end_term(element))
        return True

    def _end_term(self, element: Element) -> None:
        self._looks.pop()
        following = next(element.itersiblings(), None)
        defined = following is not None and following.tag == "dd" and following not in self._passed and not left_out(following)
        self._termed = defined and bool(self._tokens)
        if self._termed:
            self.text(" — ")
            self._glued = True
        else:
            self._uncontain()

    def _definition(self, element: Element) -> bool:
        if not self._termed:
            return self._contain(element, self._bullet())
        self._termed = False
        self._glued = True
        self._on_leave(element, self._uncontain)
        return True

    def _caption(self, element: Element) -> bool:
        figure = element.getparent() if element.tag == "figcaption" else None
        tabular = element.tag == "caption" or (figure is not None and figure.find(".//table") is not None)
        self._lead = "Table" if tabular else "Figure"
        self._on_leave(element, self._end_caption)
        return True

    def _end_caption(self) -> None:
        self.flush()
        self._lead = ""

    def _rule(self, element: Element) -> bool:
        self.layout.add("rule", "***")
        return True

    def _verbatim(self, element: Element) -> bool:
        text = clean("".join("\n" if run.owner.tag == "br" else run.text for run in text_runs(element))).expandtabs(4)
        if self._line is not None:
            self._line.append(Text(f" {' '.join(text.split())} ", "code"))
        elif text.strip():
            lines = text.strip("\n").split("\n")
            longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
            fence = "`" * (longest + 1)
            self.layout.add("code", fence + _language(element), *lines, fence)
        return False

    # -- tables ------------------------------------------------------------------------------------------------------------

    def _table(self, element: Element) -> bool:
        if element not in self._layouts:
            self._tables.append(Table())
            self._on_leave(element, self._end_table)
        return True

    def _end_table(self) -> None:
        self.flush()
        lines = self._tables.pop().lines()
        if lines:
            self.layout.add("table", *lines)

    def _head(self, element: Element) -> bool:
        if self._tables:
            self._tables[-1].in_head = True
            self._on_leave(element, lambda: setattr(self._tables[-1], "in_head", False))
        return True

    def _row(self, element: Element) -> bool:
        if self._tables and self._line is None:
            self._tables[-1].begin_row()
        return True

    def _data(self, element: Element) -> bool:
        if self._tables and self._line is None:
            self._line = []
            self._recent = ""
            self._on_leave(element, lambda: self._end_cell(element))
        return True

    def _end_cell(self, element: Element) -> None:
        tokens, self._line = self._line or [], None
        self._tables[-1].add(
            render(tokens, self._marks.sources.labels, cell=True), element.get("colspan") or "", element.get("rowspan") or ""
        )


_HANDLERS: dict[str, Callable[[Writer, Element], bool]] = {
    **dict.fromkeys(HEADINGS, Writer._heading),
    **dict.fromkeys(("ul", "ol", "dl", "dir"), Writer._listing),
    **dict.fromkeys(("blockquote", "details"), Writer._quote),
    **dict.fromkeys(("td", "th"), Writer._data),
    **dict.fromkeys(("figcaption", "caption"), Writer._caption),
    **dict.fromkeys(("pre", "listing", "xmp", "plaintext"), Writer._verbatim),
    "li": Writer._item,
    "dt": Writer._term,
    "dd": Writer._definition,
    "hr": Writer._rule,
    "table": Writer._table,
    "thead": Writer._head,
    "tr": Writer._row,
}


def _drop(stack: list[str]) -> None:
    stack.pop()


def _formula(text: str) -> str:
    r"""Return the source of a formula.

    >>> _formula(r"{\displaystyle x^2}")
    'x^2'
    """
    found = re.fullmatch(r"\{\\(?:display|text)style (.*)\}", plain(text))
    return found[1].strip() if found else plain(text)


def _language(element: Element) -> str:
    """Return the language that a code block names."""
    code = element.find("code")
    for one in (element, code):
        for name in classes(one) if one is not None else ():
            if found := re.fullmatch(r"(?:language|lang)-([a-z0-9+#-]{1,20})", name):
                return found[1]
    return ""
