"""The writer without a model: chooses and orders sentences of the sources for each section, and cites each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import groupby

from pipeline.articles import GIVEN, Article, Section
from pipeline.checking.passages import weight
from pipeline.errors import ConfigError
from pipeline.markup.sentences import sentences
from pipeline.text import content_stems, stem
from pipeline.writing.candidates import Candidate, candidates, likeness
from pipeline.writing.page import NOTHING, Said

WRITER = "extractive 1"
_ALIKE = 0.55  # two sentences that share more than this of their weight say the same
_RELEVANT = 0.10  # share of the brief's weight that a sentence must meet
_FIT = 0.4  # of the best sentence's fit; what fits less is left out, and the section is shorter
_LEAD = 3
_PARAGRAPH = 4  # sentences; a section of more becomes two paragraphs
_QUESTION = re.compile(r"^(?:what|how|why|when|where|who|whom|which|whether)\b", re.I)


class ExtractiveWriter:
    """Chooses each sentence at most once for the whole article."""

    def __init__(self, article: Article, texts: Mapping[int, str]) -> None:
        """ConfigError where the outline leaves something to be invented: this writer only chooses."""
        self.plan = article.plan
        for section in self.plan.outline:
            if not getattr(section, GIVEN.get(section.form, "brief")):
                raise ConfigError(
                    f"{article.slug}: “{section.heading}” has no `{GIVEN[section.form]}`, and the extractive writer invents none: "
                    "write them in article.yaml, or use --writer claude"
                )
        self._all = candidates(texts, article.sources)
        self._used: list[Candidate] = []
        self._opened = 0
        # Sentences that define a key term are kept for the list of terms.
        wanted = [term for section in article.plan.outline for term in section.terms]
        self._terms = {term: found for term in wanted if (found := self._definition(term))}

    def lead(self) -> list[Said]:
        """Return the sentences that best say what the article is about, a definition first."""
        query = f"{self.plan.title} {self.plan.title} {self.plan.summary_brief}"
        chosen = self._choose(query, _LEAD, kept=self._terms.values())
        chosen.sort(key=lambda item: (not _defines(item, self.plan.title), item.number, item.order))
        return [_said(item) for item in chosen]

    def prose(self, section: Section) -> list[list[Said]]:
        """Return one or two paragraphs; the opening sentence is the writer's own, taken from the brief."""
        chosen = self._choose(f"{section.heading} {section.brief}", self.plan.style.sentences_per_section, kept=self._terms.values())
        if not chosen:
            return [[Said(NOTHING)]]
        ordered = _ordered(chosen)
        opening = self._opening(section.brief)
        cut = _cut(ordered)
        first, second = [_said(item) for item in ordered[:cut]], [_said(item) for item in ordered[cut:]]
        return [[Said(opening), *first] if opening else first, second]

    def terms(self, section: Section) -> list[tuple[str, list[Said]]]:
        """Return each term with its definition, its subject and verb cut off."""
        return [(term, [self._term(term)]) for term in section.terms]

    def table(self, section: Section) -> list[tuple[str, list[list[Said]]]]:
        """Return for each row the sentences that speak of it under the columns' headings."""
        return [(row, [[self._cell(row, column)] for column in section.columns[1:]]) for row in section.rows]

    def questions(self, section: Section) -> list[Said]:
        """Return the questions of the outline."""
        return [Said(question) for question in section.questions]

    def example(self, section: Section) -> list[Said]:
        """Return the example of the outline."""
        text = " ".join(section.text.split())
        return [Said(text[start:end]) for start, end in sentences(text)]

    def _term(self, term: str) -> Said:
        found = self._terms.get(term) or next(iter(self._choose(f"{term} {term}", 1, need=stem(term.split()[-1]))), None)
        if not found:
            return Said(NOTHING)
        body = re.sub(
            rf"^(?:the |an? )?(?:term )?{re.escape(term)}s?,? (?:is|are|means|refers to|describes) ",
            "",
            found.text,
            flags=re.I,
        )
        return Said(body[0].lower() + body[1:] if body != found.text and body[:2].istitle() else body, (found.number,))

    def _cell(self, row: str, column: str) -> Said:
        chosen = self._choose(f"{row} {row} {row} {column}", 1, need=stem(row.split()[-1]), kept=self._terms.values())
        return _said(chosen[0]) if chosen else Said(NOTHING)

    def _choose(self, query: str, count: int, *, need: str = "", kept: Iterable[Candidate] = ()) -> list[Candidate]:
        """Return up to `count` sentences, the most relevant first, none like another that the article has."""
        wanted: dict[str, float] = {}
        for root in content_stems(query):
            wanted[root] = wanted.get(root, 0.0) + weight(root)
        total = sum(wanted.values()) or 1.0
        kept_apart = set(kept)
        scored = []
        for item in self._all:
            met = sum(value for root, value in wanted.items() if root in item.stems) / total
            if met >= _RELEVANT and item not in kept_apart and (not need or need in item.stems):
                scored.append((met * item.value, item))
        least = _FIT * max((score for score, _ in scored), default=0.0)
        chosen: list[Candidate] = []
        for _, item in sorted((pair for pair in scored if pair[0] >= least), key=lambda pair: (-pair[0], pair[1].number, pair[1].order)):
            if len(chosen) == count:
                break
            if all(likeness(item.stems, other.stems) < _ALIKE for other in (*self._used, *chosen)):
                chosen.append(item)
        self._used += chosen
        return chosen

    def _definition(self, term: str) -> Candidate | None:
        found = [item for item in self._all if _defines(item, term)]
        return max(found, key=lambda item: item.value, default=None)

    def _opening(self, brief: str) -> str:
        """Return an opening of our own for every other section, from the first clause of its brief."""
        self._opened += 1
        clause = re.split(r"[;.:]", brief)[0].strip()
        if self._opened % 2 == 0 or re.match(r"\w+ing\b", clause):
            return ""
        clause = clause[0].lower() + clause[1:] if clause[1:2].islower() else clause
        return f"This section sets out {clause}." if _QUESTION.match(clause) else f"This section concerns the {clause}."


def _said(item: Candidate) -> Said:
    return Said(item.text, (item.number,))


def _defines(item: Candidate, term: str) -> bool:
    return bool(
        re.match(
            rf"(?:the |an? )?(?:term )?{re.escape(term.lower())}s?,? (?:is|are|means|refers to|describes)\b",
            item.opening,
        )
    )


def _ordered(chosen: list[Candidate]) -> list[Candidate]:
    """Order for reading: source by source, the best source first, each in its own order; definitions open."""
    rank: dict[int, int] = {}
    for index, item in enumerate(chosen):
        rank.setdefault(item.number, index)
    ordered = sorted(chosen, key=lambda item: (rank[item.number], item.order))
    return sorted(ordered, key=lambda item: not re.search(r"^[^,]{3,60} (?:is|are) (?:a|an|the)\b", item.opening))


def _cut(ordered: list[Candidate]) -> int:
    """Return where the second paragraph begins: at the change of source nearest to the middle."""
    if len(ordered) <= _PARAGRAPH:
        return len(ordered)
    sizes = [len(list(group)) for _, group in groupby(ordered, key=lambda item: item.number)]
    cuts = [sum(sizes[:index]) for index in range(1, len(sizes))]
    middle = len(ordered) / 2
    good = [cut for cut in cuts if 2 <= cut <= len(ordered) - 2]
    return min(good, key=lambda cut: abs(cut - middle), default=round(middle))
