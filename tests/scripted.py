"""Scripted models for the loopback server: one that does its work plainly, from the passages that it is given."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.messages import Answer, Asked, Cite, Said


def plain(asked: Asked) -> Answer:
    """Write each part from the passages, judge by word overlap with a true quote, and rewrite to what a passage says."""
    if asked.judges:
        return judged(asked)
    if asked.rules.startswith("You correct single sentences"):
        return rewritten(asked)
    return structured(asked) if asked.structured else prose(asked)


def prose(asked: Asked) -> Answer:
    """Write running text: an opening of its own, then sentences of the passages, each with a pointer."""
    heading = re.search(r'Write the part "(.*?)" now', asked.ask)
    count = int(found[1]) if (found := re.search(r"Length: (\d+)", asked.ask)) else 3
    near = re.search(r"speak most of it are (.*?);", asked.ask)
    wanted = near[1].split(", ") if near else []
    ranked = sorted(enumerate(asked.passages), key=lambda pair: wanted.index(pair[1].id) if pair[1].id in wanted else 99)
    said = [Said(f"What follows concerns {heading[1].lower() if heading else 'the subject'}. ")]
    for index, passage in ranked:
        for place, sentence in enumerate(passage.sentences):
            if len(said) < count and sentence.endswith(".") and len(sentence.split()) > 6:
                said += [Said(f"{sentence} ", (Cite(index, place),))]
    return Answer(said)


def structured(asked: Asked) -> Answer:
    """Fill the parts that are asked for, each cell from a passage that shares words with its name."""
    shape = asked.ask.split("\n")[1] if "\n" in asked.ask else asked.ask
    names = re.findall(r'"(.*?)"', shape.split("; one cell")[0].split("; in each")[0])
    columns = re.findall(r'"(.*?)"', shape.split("in order:")[1]) if "in order:" in shape else [""]
    count = int(found[1]) if (found := re.search(r"^(\d+) parts", shape)) else len(names) or 3
    own = "question" in shape or "invented" in shape
    parts = []
    for index in range(len(names) or count):
        name = names[index] if names else f"Part {index + 1}"
        cells = [
            _cell(asked, f"{name} {column}", index + place, own, "?" if "question" in shape else ".")
            for place, column in enumerate(columns)
        ]
        parts.append({"name": name, "cells": cells})
    return Answer.of({"parts": parts})


def _cell(asked: Asked, query: str, index: int, own: bool, end: str) -> dict[str, Any]:
    if own or not asked.passages:
        return {"text": f"Somebody weighs the matter for the time number {'abcdefgh'[index % 8]}{end}", "passages": []}
    wanted = set(re.findall(r"[a-z]{4,}", query.lower()))
    best = max(asked.passages, key=lambda item: len(wanted & set(re.findall(r"[a-z]{4,}", " ".join(item.sentences).lower()))))
    sentence = re.split(r"(?<=[.!?]) (?=[A-Z])", " ".join(best.sentences))[0]
    return {"text": sentence, "passages": [best.id]}


def question(asked: Asked) -> str:
    """Return the sentence that a judge is asked about."""
    return str(json.JSONDecoder().raw_decode(asked.ask)[0]["sentence"])


def judged(asked: Asked) -> Answer:
    """Judge by overlap of words: the nearest sentence is quoted as it stands."""
    claim = set(re.findall(r"[a-z0-9]{3,}", question(asked).lower()))
    best = (0.0, "", "")
    for passage in asked.passages:
        for sentence in re.split(r"(?<=[.!?]) (?=[A-Z])", " ".join(passage.sentences)):
            share = len(claim & set(re.findall(r"[a-z0-9]{3,}", sentence.lower()))) / (len(claim) or 1)
            best = max(best, (share, passage.id, sentence))
    verdict = "supported" if best[0] > 0.7 else "partially_supported" if best[0] > 0.4 else "not_supported"
    quotes = [{"passage": best[1], "quote": best[2]}] if best[1] and verdict != "not_supported" else []
    return Answer.of({"evidence": quotes, "missing": "", "verdict": verdict})


def rewritten(asked: Asked) -> Answer:
    """Give for each sentence the first sentence of its first passage."""
    texts = {passage.id: re.split(r"(?<=[.!?]) (?=[A-Z])", " ".join(passage.sentences))[0] for passage in asked.passages}
    items = json.JSONDecoder().raw_decode(asked.ask.split(": ", 1)[1])[0]
    parts = [{"name": item["name"], "cells": [{"text": texts[item["passages"][0]], "passages": item["passages"][:1]}]} for item in items]
    return Answer.of({"parts": parts})
