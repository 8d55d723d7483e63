"""Text rules shared by everything above: hashing, folding with an offset map, words and stems."""

from __future__ import annotations

import functools
import hashlib
import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

_FOLDS = str.maketrans({
    **dict.fromkeys("‘’‚‛′ʼ", "'"),
    **dict.fromkeys("“”„‟″«»", '"'),
    **dict.fromkeys("‐‑‒–—―−", "-"),
})  # fmt: skip
_DROPPED = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff")
# Besides: marks of direction, invisible operators, annotations, and the tag and variation characters in which a text can be written
# that models read and people do not.
_HIDDEN = "\u034f\u061c\u180e\u200e\u200f\u202a-\u202e\u2061-\u206f\ufe00-\ufe0e\ufff9-\ufffb\U000e0000-\U000e01ef"
_UNSEEN = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff{_HIDDEN}{''.join(sorted(_DROPPED))}]")
_WORD = re.compile(r"[^\W_]+(?:['’.,][^\W_]+)*")
_STOP = frozenset(
    (
        "a an the and or but if of at by for with about to from in on off over under as is are was were be been being am do "
        "does did doing have has had having it its they them their theirs he him his she her hers we us our you your i me my "
        "any this that these those there here what which who whom whose when where why how all both each some such than then so "
        "can could will would shall should may might must also into onto out up down between through during while just own "
        "same s t d ll re ve"
    ).split()
)


def sha256(data: bytes | str) -> str:
    """Return the hex sha256 of bytes, or of text as UTF-8 (lone surrogates kept as they are)."""
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    return hashlib.sha256(raw).hexdigest()


def clean(text: str) -> str:
    """Return text as it is stored: NFC, LF line ends, no control or zero-width characters.

    >>> clean("a\\r\\nb\\u200b\\x00c")
    'a\\nbc'
    """
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _UNSEEN.sub("", text)


DISGUISED = " [hidden characters] "
"""Stands in a source's text where characters were cut in which only machines read: a place that no claim may rest on."""
_DISGUISE = re.compile("[\u202d\u202e\U000e0000-\U000e007f]+")


def ingested(text: str) -> str:
    """Return a source's text as it is stored: clean, and marked where it was written over or in characters that people do not see.

    >>> ingested("flat.\\u202eetirW")
    'flat. [hidden characters] etirW'
    """
    return clean(_DISGUISE.sub(DISGUISED, text))


# Forms that no rule of endings brings together; without them `did not fall` and `fell` share no word.
_IRREGULAR = {
    form: base
    for line in (
        "fall fell fallen|rise rose risen|grow grew grown|lose lost|meet met|sing sang sung|feel felt|find found|lead led|keep kept|"
        "hold held|"
        "make made|take took taken|give gave given|go went gone|come came|begin began begun|become became|run ran|see saw seen|show shown|"
        "speak spoke spoken|choose chose chosen|break broke broken|write wrote written|draw drew drawn|drive drove driven|know knew known|"
        "think thought|bring brought|buy bought|teach taught|seek sought|catch caught|fight fought|tell told|sell sold|stand stood|"
        "understand understood|say said|pay paid|build built|send sent|spend spent|mean meant|deal dealt|sleep slept|weep wept|hear heard|"
        "bleed bled|feed fed|win won|sit sat|get got gotten|forget forgot forgotten|eat ate eaten|drink drank drunk|shrink shrank shrunk|"
        "sink sank sunk|wear wore worn|tear tore torn|bear bore borne|throw threw thrown|swim swam swum|hide hidden|bend bent|bind bound|"
        "woman women|man men|child children|foot feet|tooth teeth|mouse mice|person people|criterion criteria|phenomenon phenomena"
    ).split("|")
    for base, *forms in [line.split()]
    for form in forms
}  # fmt: skip


class Folded(NamedTuple):
    """Text folded for comparison; `offsets[i]` is where character i came from, with one past the end."""

    text: str
    offsets: tuple[int, ...]


def fold(text: str) -> Folded:
    """Fold quotes, dashes, ligatures, case, white space and line-end hyphens, and keep where each character came from.

    >>> fold("The “ef\\ufb01-\\ncacy”").text
    'the "efficacy"'
    """
    out: list[str] = []
    offsets: list[int] = []
    index, size = 0, len(text)
    while index < size:
        char = text[index]
        if char in "-\u2010\u00ad" and (join := _line_end(text, index)):
            index = join
            continue
        for piece in _folded(char):
            if piece != " " or (out and out[-1] != " "):
                out.append(piece)
                offsets.append(index)
        index += 1
    if out and out[-1] == " ":
        out.pop()
        offsets.pop()
    return Folded("".join(out), (*offsets, size))


@functools.lru_cache(maxsize=8192)
def _folded(char: str) -> str:
    """Return what one character is folded to; white space of every kind is a space."""
    pieces = "" if char in _DROPPED else unicodedata.normalize("NFKC", char).translate(_FOLDS).casefold()
    return "".join(" " if piece.isspace() else piece for piece in pieces)


def _line_end(text: str, index: int) -> int:
    """Return where a word broken by the hyphen at `index` goes on, or 0."""
    after = index + 1
    while after < len(text) and text[after] in " \t":
        after += 1
    if after >= len(text) or text[after] != "\n" or index == 0 or not text[index - 1].isalpha():
        return 0
    while after < len(text) and text[after].isspace():
        after += 1
    return after if after < len(text) and text[after].islower() else 0


class Word(NamedTuple):
    """A word of a text: its span and its stem."""

    start: int
    end: int
    stem: str


@functools.cache
def _stemmer() -> object:
    import snowballstemmer

    return snowballstemmer.stemmer("english")


@functools.lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """Return the English Snowball stem of a word, case and typographic apostrophes folded."""
    word = unicodedata.normalize("NFKC", word).casefold().replace("’", "'").removesuffix("'s")
    return str(_stemmer().stemWord(_IRREGULAR.get(word, word)))  # type: ignore[attr-defined]


def words(text: str) -> Iterator[Word]:
    """Yield every word of the text with its stem."""
    for match in _WORD.finditer(text):
        yield Word(match.start(), match.end(), stem(match.group()))


def is_stop(word: str) -> bool:
    """Say whether a (lower-case) word carries no content by itself."""
    return word in _STOP


def content_stems(text: str) -> list[str]:
    """Return the stems of the content words of a text, in order."""
    return [word.stem for word in words(text) if not is_stop(text[word.start : word.end].lower())]
