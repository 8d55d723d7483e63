"""Answers as JSON: parts with cells, each cell a text with the ids of its passages. One frozen form for all that is not prose."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError

from pipeline.errors import InvalidAnswer
from pipeline.llm.requests import Reply
from pipeline.markup.markers import find
from pipeline.markup.sentences import sentences
from pipeline.text import clean, fold
from pipeline.writing.page import Said

# Changing it makes the service compile it anew and loses what it has cached: bounds are checked here and not stated there.
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "parts": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "cells": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": {"text": {"type": "string"}, "passages": {"type": "array", "items": {"type": "string"}}},
                            "required": ["text", "passages"],
                            "additionalProperties": False,
                        },
                    },
                },
                "required": ["name", "cells"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["parts"],
    "additionalProperties": False,
}
_LINK = re.compile(r"(?:https?|ftp|mailto|javascript|data):|www\.|\b10\.\d{4,}/|\bdoi:|[\w.+-]+@[\w-]+\.\w|</?[a-z!]|\]\(", re.I)


class Cell(BaseModel):
    """A text and the ids of the passages that say it."""

    text: str
    passages: list[str]


class Part(BaseModel):
    """A row, a term, a question or a sentence: its name and its cells."""

    name: str
    cells: list[Cell]


class _Answer(BaseModel):
    parts: list[Part]


class Wanted(NamedTuple):
    """What is asked for: the names of the parts, empty where the model chooses them, how many, and the cells of each."""

    names: tuple[str, ...]
    most: int
    """How many parts are asked for; a few more are taken."""
    cells: int


class Left(NamedTuple):
    """What a model wrote against the rules, twice, so that it was left out."""

    text: str
    why: str


def parts(reply: Reply, wanted: Wanted) -> list[Part]:
    """Read an answer; InvalidAnswer where it has not the parts that were asked for."""
    try:
        found = _Answer.model_validate(reply.json()).parts
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidAnswer(f"{reply.model}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    if wanted.names and [fold(part.name).text for part in found] != [fold(name).text for name in wanted.names]:
        raise InvalidAnswer(f"{reply.model}: the parts are not named as asked: {', '.join(part.name for part in found)[:80]}")
    if not found or len(found) > 3 * wanted.most or any(len(part.cells) != wanted.cells for part in found):
        raise InvalidAnswer(f"{reply.model}: {len(found)} parts, where {wanted.most} with {wanted.cells} cells each were asked for")
    return found


def said(cell: Cell, numbers: Mapping[str, int]) -> list[Said]:
    """Return the sentences of a cell with the source numbers of its passages; InvalidAnswer where it breaks a rule."""
    unknown = [name for name in cell.passages if name not in numbers]
    if unknown:
        raise InvalidAnswer(f"names a passage that was not given ({unknown[0][:20]!r})")
    text = ruled(cell.text)
    cited = tuple(dict.fromkeys(numbers[name] for name in cell.passages))
    return [Said(text[start:end], cited) for start, end in sentences(text)]


def ruled(text: str) -> str:
    """Return a text in one line without unseen characters; InvalidAnswer where it holds a source number, a link or nothing."""
    text = " ".join(clean(text).split())
    if not text:
        raise InvalidAnswer("wrote nothing")
    if find(text, plain=False):
        raise InvalidAnswer("wrote a source number or a label")
    if match := _LINK.search(text):
        raise InvalidAnswer(f"wrote a link, an address or markup ({match[0]!r})")
    return text


def told(names: Sequence[str]) -> str:
    """Return names as a list that a model can copy."""
    return "; ".join(f'"{" ".join(name.split())}"' for name in names)
