"""Prompts from `prompts/`: each with a name, a version and a hash that goes into provenance records."""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

from pipeline.errors import SourcemarkError
from pipeline.resources import bundled
from pipeline.text import sha256

_HEAD = re.compile(r"---\nname: (?P<name>[a-z-]+)\nversion: (?P<version>\d+)\n---\n(?P<body>.*)", re.S)


class Prompt(NamedTuple):
    """A prompt as it stands in its file."""

    name: str
    version: int
    body: str
    sha256: str

    def render(self, **fields: str) -> str:
        """Return the prompt with its `{fields}` filled; KeyError where one is not given."""
        return re.sub(r"\{(\w+)\}", lambda match: fields[match[1]], self.body).strip()


@functools.cache
def prompt(name: str) -> Prompt:
    """Return the prompt of that name."""
    text = (bundled("prompts") / f"{name}.md").read_text(encoding="utf-8")
    head = _HEAD.fullmatch(text)
    if not head:
        raise SourcemarkError(f"prompts/{name}.md: needs a head with name and version")
    return Prompt(head["name"], int(head["version"]), head["body"], sha256(text))
