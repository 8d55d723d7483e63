"""Runs of text, marks and links as one line of Markdown that CommonMark reads back as the same text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple
from urllib.parse import quote

from pipeline.markup.compose import escape
from pipeline.markup.markers import printed
from pipeline.text import clean

_LIVE = re.compile(r"\[\s?(?P<body>\^?[1-9]\d{0,2}(?:\s*[,;–-]\s*\^?[1-9]\d{0,2})*|LLM)\s?\](?!\()")
_BETWEEN = re.compile(r"\s*([,;–—-]?)\s*")
_STOPPED = re.compile(r"[.!?…,;:]\\?[\"'”’»)\]]*$")
_OPENS = re.compile(r"^(?:(?=[#+=-])|(\d{1,9})(?=[.)](?:\s|$)))")
_DEFINES = re.compile(r"^(\[(?:\d+|LLM)\]):")
_ENTITY = re.compile(r"&(?=#?\w+;)")
_SPAN = 50  # how many sources a range such as [3–9] may name
_DELIMITERS = {"strong": "**", "em": "*"}


class Text(NamedTuple):
    """A run of text with its look (`strong`, `em`, `code` or none) and the address that it links to."""

    text: str
    look: str = ""
    href: str = ""


class Mark(NamedTuple):
    """A marker of the sentence before it."""

    numbers: tuple[int, ...] = ()
    llm: bool = False


Token = Text | Mark
_SPACE = Text(" ")


def numbers_of(body: str) -> tuple[int, ...]:
    """Return the numbers of a printed marker, ranges filled in.

    >>> numbers_of("2, 4–6")
    (2, 4, 5, 6)
    """
    found: list[int] = []
    dashed = False
    for part in re.findall(r"\d+|[–—-]", body):
        if part.isdigit():
            found += spread(found[-1], int(part)) if dashed and found else [int(part)]
        dashed = not part.isdigit()
    return tuple(dict.fromkeys(found))


def spread(low: int, high: int) -> list[int]:
    """Return the numbers after `low` up to `high`; `high` alone where that is no range."""
    return list(range(low + 1, high + 1)) if low < high <= low + _SPAN else [high]


def render(tokens: Iterable[Token], labels: Mapping[int, int], *, cell: bool = False) -> str:
    """Return one line of Markdown; `cell` for the cell of a table, where a bar in code is escaped.

    `labels` are the places of entries whose printed number is another one; markers that are plain text follow them.
    """
    atoms = list(_spaced(_joined(_live(_merged(tokens), labels))))
    line = _Line(cell)
    index = 0
    while index < len(atoms):
        index = line.add(atoms, index)
    text = _DEFINES.sub(r"\1\\:", line.text())
    return _OPENS.sub(lambda m: f"{m[1] or ''}\\", text)


def _merged(tokens: Iterable[Token]) -> Iterator[Token]:
    """Join neighbouring runs of one look, so that no rule is blinded by an element's border."""
    parts: list[str] = []
    last: Text | None = None
    for token in tokens:
        if isinstance(token, Text) and last and token[1:] == last[1:]:
            parts.append(token.text)
            continue
        if last:
            yield last._replace(text="".join(parts))
        last = token if isinstance(token, Text) else None
        parts = [last.text] if last else []
        if isinstance(token, Mark):
            yield token
    if last:
        yield last._replace(text="".join(parts))


def _live(tokens: Iterable[Token], labels: Mapping[int, int]) -> Iterator[Token]:
    """Split off the markers that stand in the text as such."""
    for token in tokens:
        if isinstance(token, Mark) or token.look == "code":
            yield token
            continue
        done = 0
        for match in _LIVE.finditer(token.text):
            yield token._replace(text=token.text[done : match.start()])
            yield Mark(llm=True) if match["body"] == "LLM" else Mark(tuple(labels.get(n, n) for n in numbers_of(match["body"])))
            done = match.end()
        yield token._replace(text=token.text[done:])


def _joined(tokens: Iterable[Token]) -> list[Token]:
    """Make one marker of those that only a comma or a dash parts, and take away brackets that hold nothing else."""
    out: list[Token] = []
    for token in tokens:
        if isinstance(token, Text) and not token.text:
            continue
        if isinstance(token, Mark) and len(out) > 1 and isinstance(out[-1], Text) and isinstance(out[-2], Mark):
            between = _BETWEEN.fullmatch(out[-1].text)
            if between and between[1]:
                out[-2:] = [_sum(out[-2], token, dashed=between[1] in "–—-")]
                continue
        out.append(token)
        _unbracket(out)
    return out


def _sum(first: Mark, second: Mark, *, dashed: bool) -> Mark:
    filled = spread(first.numbers[-1], second.numbers[0]) if dashed and first.numbers and second.numbers else []
    return Mark(tuple(dict.fromkeys((*first.numbers, *filled, *second.numbers))), first.llm or second.llm)


def _unbracket(out: list[Token]) -> None:
    """Take away the brackets around a marker: `[`, marker, `]` is how a page prints it."""
    if len(out) < 3 or not isinstance(out[-1], Text) or not isinstance(out[-3], Text) or not isinstance(out[-2], Mark):
        return
    opening, closing = out[-3], out[-1]
    pair = opening.text.rstrip()[-1:] + closing.text.lstrip()[:1]
    if pair in {"[]", "()"} and "code" not in {opening.look, closing.look}:
        out[-3] = opening._replace(text=opening.text.rstrip()[:-1])
        out[-1] = closing._replace(text=closing.text.lstrip()[1:])


def _spaced(tokens: Iterable[Token]) -> Iterator[Token]:
    """Yield the tokens with white space collapsed and none of it at the border of a look."""
    space, begun = False, False
    for token in tokens:
        if isinstance(token, Mark):
            if space and begun:
                yield _SPACE
            yield token
            space, begun = False, True
            continue
        words = " ".join(token.text.split())
        space = space or token.text[:1].isspace()
        if words:
            if space and begun:
                yield _SPACE
            yield token._replace(text=words)
            begun = True
            space = token.text[-1:].isspace()


class _Line:
    """A line of Markdown while it is written."""

    def __init__(self, cell: bool) -> None:
        self.cell = cell
        self.parts: list[str] = []
        self.tail = ""
        self.marked = False
        self.closed = False
        """Whether a delimiter of emphasis was written last; another one after it would be read as one with it."""

    def text(self) -> str:
        """Return what was written."""
        return "".join(self.parts)

    def _put(self, text: str) -> None:
        if text.startswith("[") and self.tail.endswith("!"):
            self.parts[-1] = f"{self.parts[-1][:-1]}\\!"  # `![` would begin an image
        self.parts.append(text)
        self.tail = (self.tail + text)[-40:]

    def add(self, atoms: list[Token], index: int) -> int:
        """Write the atom at `index`, with those that share its emphasis; return the index of the next one."""
        atom = atoms[index]
        if isinstance(atom, Mark):
            self._mark(atom)
            return index + 1
        if self.marked and _hugs(atom.text):
            self._put(" ")
        end = _span_end(atoms, index) if atom.look in _DELIMITERS else index + 1
        inner = "".join(self._plain(one) for one in atoms[index:end] if isinstance(one, Text))
        delimiter = _DELIMITERS.get(atom.look, "")
        emphasised = bool(delimiter) and not self.closed and self._fits(inner, atoms, end)
        self._put(f"{delimiter}{inner}{delimiter}" if emphasised else inner)
        self.marked, self.closed = False, emphasised
        return end

    def _mark(self, mark: Mark) -> None:
        apart = self.tail and not self.tail[-1].isspace() and not self.marked and not _STOPPED.search(self.tail)
        self._put(f" {_printed(mark)}" if apart else _printed(mark))
        self.marked, self.closed = True, False

    def _fits(self, inner: str, atoms: list[Token], end: int) -> bool:
        return _can_open(self.tail[-1:], inner[:1]) and _can_open(self._after(atoms, end), inner[-1:])

    def _after(self, atoms: list[Token], end: int) -> str:
        """Return the character that will follow an emphasised span."""
        if end >= len(atoms):
            return ""
        following = atoms[end]
        return " " if isinstance(following, Mark) else self._plain(following)[:1]

    def _plain(self, atom: Text) -> str:
        """Return a run without its emphasis."""
        if atom == _SPACE:
            return " "
        if atom.look == "code":
            text = _code(atom.text)
            text = text.replace("|", "\\|") if self.cell else text
        else:
            text = escape(f"x{atom.text}")[1:]  # what a line begins with is seen to at its end
        return f"[{text}]({target(atom.href)})" if atom.href else text


def _span_end(atoms: list[Token], index: int) -> int:
    """Return where the atoms of one emphasis end; the spaces between them belong to it."""
    look, end = atoms[index][1], index + 1
    while end < len(atoms):
        step = 2 if atoms[end] == _SPACE else 1
        following = atoms[end + step - 1] if end + step <= len(atoms) else None
        if not isinstance(following, Text) or following.look != look:
            break
        end += step
    return end


def _hugs(text: str) -> bool:
    """Say whether a space belongs between a marker and the text after it."""
    return text[:1].isalnum() or text[:1] in "([“‘«"


def _printed(mark: Mark) -> str:
    return printed(mark.numbers) + ("[LLM]" if mark.llm else "")


def _can_open(outside: str, inside: str) -> bool:
    """Say whether emphasis may begin (or end) between two characters, whichever edition of CommonMark reads them."""
    if not _is_punctuation(inside):
        return True
    return not outside or outside.isspace() or unicodedata.category(outside)[0] == "P" or outside in "$+<=>^`|~"


def _is_punctuation(char: str) -> bool:
    return unicodedata.category(char)[0] in "PS"


def _code(text: str) -> str:
    """Return a code span; its fence is longer than any run of backticks in it."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if text[0] == "`" or text[-1] == "`" else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def target(href: str) -> str:
    """Return an address as the target of a link, everything that Markdown could take for its own percent-encoded."""
    return _ENTITY.sub("&amp;", quote(clean(href), safe="%/:?#@!$&'*+,;=~-._"))
