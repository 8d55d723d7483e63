"""Prompts from `prompts/`: each with a name, a version and a hash that goes into provenance records."""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

from pipeline.errors import SourcemarkError
from pipeline.resources import bundled
from pipeline.text import sha256

_HEAD = re.compile(r"---\nname: (?P<name>[a-z-]+)\nversion: (?P<version>\d+)\n---\n(?P<rules>.*?)\n=== ask ===\n(?P<ask>.*)", re.S)


class Prompt(NamedTuple):
    """A prompt as it stands in its file: rules that many requests share, and what one of them asks."""

    name: str
    version: int
    rules: str
    ask: str
    sha256: str

    @property
    def label(self) -> str:
        """Return name, version and hash, as provenance records state them."""
        return f"prompt {self.name} {self.version} ({self.sha256[:12]})"


def rendered(template: str, **fields: str) -> str:
    """Return a part of a prompt with its `{fields}` filled; KeyError where one is not given. What a field holds is not read again."""
    return re.sub(r"\{(\w+)\}", lambda match: fields[match[1]], template).strip()


@functools.cache
def prompt(name: str) -> Prompt:
    """Return the prompt of that name."""
    text = (bundled("prompts") / f"{name}.md").read_text(encoding="utf-8")
    head = _HEAD.fullmatch(text)
    if not head:
        raise SourcemarkError(f"prompts/{name}.md: needs a head with name and version, rules, and what is asked after `=== ask ===`")
    return Prompt(head["name"], int(head["version"]), head["rules"].strip(), head["ask"].strip(), sha256(text))
