"""The inline part of Markdown: what a paragraph says, and where each of its characters stands in the file.

markdown-it gives no columns. They come from walking its tokens along the text they were made of: each token says how it was
written, so that the walk never has to guess; only where links end has to be noted while they are parsed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline, autolink, image, link
from markdown_it.token import Token

from pipeline.markup.blocks import Run, SourceMap, Wrap

_NESTED = 64  # elements within each other; what is deeper is read as text
_BREAK = re.compile(r"[ \t]*\\?\n[ \t]*")
_RAISED = re.compile(r"<(/?)sup\b[^>]*>$", re.I)
_SPACE_TAG = re.compile(r"<br\b", re.I)
_END = "end"


class Line(NamedTuple):
    """A line of the parsed text and where it begins in the file."""

    start: int
    file: int


class Inline(NamedTuple):
    """What a block says, as one line."""

    text: str
    places: SourceMap
    wraps: tuple[Wrap, ...]


Rule = Callable[[StateInline, bool], bool]


def parser() -> MarkdownIt:
    """Return a CommonMark parser with tables, whose tokens stay as they were written and know where links end."""
    made = MarkdownIt("commonmark", {"maxNesting": _NESTED}).enable("table").disable(["text_join", "fragments_join"])
    for name, rule in (("link", link), ("image", image), ("autolink", autolink)):
        made.inline.ruler.at(name, _noting(rule))
    return made


def _noting(rule: Rule) -> Rule:
    def noted(state: StateInline, silent: bool) -> bool:
        read = rule(state, silent)
        if read and not silent:
            state.tokens[-1].meta[_END] = state.pos
        return read

    return noted


class Walk:
    """A walk along the tokens of one block; `read` gives what they say."""

    def __init__(self, source: str, lines: list[Line]) -> None:
        """`source` is the text that was parsed, `lines` say where each of its lines stands in the file."""
        self.source, self.lines = source, lines
        self.cursor = 0
        self.line = 0
        self.parts: list[str] = []
        self.size = 0
        self.runs: list[Run] = []
        self.wraps: list[Wrap] = []
        self.open: list[tuple[int, int]] = []
        self.raised: list[tuple[int, int]] = []

    def read(self, tokens: list[Token]) -> Inline:
        """Return what the tokens say."""
        self.walk(tokens, 0)
        return Inline("".join(self.parts), SourceMap(tuple(self.runs)), tuple(sorted(self.wraps, key=lambda wrap: wrap.start)))

    def walk(self, tokens: list[Token], shift: int) -> None:
        """Walk along tokens whose noted ends count from `shift`."""
        for token in tokens:
            if token.type == "text":
                self.say(token.content, len(token.content))
            elif token.type == "text_special":
                self.say(token.content, len(token.markup))
            elif token.type in {"softbreak", "hardbreak"}:
                self.turn()
            elif token.type == "code_inline":
                self.code(token)
            elif token.type == "html_inline":
                self.tag(token.content)
            elif token.type == "image":
                self.cursor = self.skip("![")
                self.walk(token.children or [], self.cursor)
                self.cursor = shift + token.meta[_END]
            elif token.type == "link_open":
                self.open.append((self.size, self.file(self.cursor)))
                self.cursor = self.skip("<" if token.markup == "autolink" else "[")
            elif token.type == "link_close":
                self.close(shift + token.meta[_END])
            elif token.markup:  # emphasis
                self.cursor = self.skip(token.markup)

    def say(self, content: str, width: int) -> None:
        """Take a text that is written in `width` characters at the cursor."""
        if width != len(content):
            start = self.file(self.cursor)
            self.put(content, start, self.file(self.cursor + width - 1) + 1 - start)
            self.cursor += width
            return
        end = self.cursor + width
        while self.cursor < end:  # an escaped pipe in a table's cell breaks the text in the file
            at = self.file(self.cursor)
            stop = min([end, *(line.start for line in self.lines[self.line + 1 : self.line + 2])])
            piece = content[len(content) - (end - self.cursor) : len(content) - (end - stop)]
            self.put(piece, at, len(piece))
            self.cursor = stop

    def turn(self) -> None:
        """Take a line break as a space."""
        written = _BREAK.match(self.source, self.cursor)
        end = written.end() if written else self.cursor + 1
        at = self.source.find("\n", self.cursor, end)
        self.put(" ", self.file(max(at, self.cursor)), 1)
        self.cursor = end

    def code(self, token: Token) -> None:
        """Take a code span, of which a line end reads as a space."""
        start, begin = self.size, self.cursor
        self.cursor = self.skip(token.markup)
        closing = self.source.find(token.content.split(" ")[0], self.cursor) if token.content.strip() else self.cursor
        self.cursor = closing if closing - self.cursor in {0, 1} else self.cursor
        for piece in re.findall(r"\n|[^\n]+", self.source[self.cursor : self.cursor + len(token.content)]):
            self.say(" " if piece == "\n" else piece, len(piece))
        self.cursor = self.source.find(token.markup, self.cursor) + len(token.markup)
        self.wraps.append(Wrap("code", start, self.size, self.file(begin), self.file(self.cursor)))

    def tag(self, content: str) -> None:
        """Take an HTML tag, which says nothing; a line break is a space, and what `<sup>` holds is raised."""
        raised = _RAISED.match(content)
        if raised and not raised.group(1):
            self.raised.append((self.size, self.file(self.cursor)))
        elif _SPACE_TAG.match(content):
            self.put(" ", self.file(self.cursor), len(content))
        self.cursor += len(content)
        if raised and raised.group(1) and self.raised:
            start, begin = self.raised.pop()
            if start < self.size:
                self.wraps.append(Wrap("raised", start, self.size, begin, self.file(self.cursor - 1) + 1))

    def close(self, end: int) -> None:
        """Take the end of a link."""
        start, begin = self.open.pop()
        self.cursor = end
        if start < self.size:
            self.wraps.append(Wrap("link", start, self.size, begin, self.file(end - 1) + 1))

    def skip(self, written: str) -> int:
        """Return the place past what is written at the cursor."""
        return self.cursor + len(written) if self.source.startswith(written, self.cursor) else self.cursor

    def put(self, text: str, at: int, width: int) -> None:
        """Add text that stands in the file at `at`."""
        last = self.runs[-1] if self.runs else None
        if last and not last.is_piece and width == len(text) and last.file + last.length == at:
            self.runs[-1] = Run(last.plain, last.file, last.length + width, last.width + width)
        else:
            self.runs.append(Run(self.size, at, len(text), width))
        self.parts.append(text)
        self.size += len(text)

    def file(self, index: int) -> int:
        """Return where a character of the parsed text stands in the file; the cursor only moves on."""
        while self.line + 1 < len(self.lines) and self.lines[self.line + 1].start <= index:
            self.line += 1
        while self.line and self.lines[self.line].start > index:
            self.line -= 1
        return self.lines[self.line].file + index - self.lines[self.line].start
