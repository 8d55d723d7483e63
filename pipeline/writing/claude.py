"""The writer with a model: each part from passages under local ids; its citations come back as pointers that code turns into numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pipeline.articles import Article, Section
from pipeline.errors import InvalidAnswer, ModelError
from pipeline.llm.caller import Caller
from pipeline.llm.delivery import citable, listed, output, pointed, rules
from pipeline.llm.prompts import Prompt, prompt, rendered
from pipeline.llm.requests import Reply, Request
from pipeline.markup.sentences import sentences
from pipeline.settings import Settings
from pipeline.writing.asking import Ask, asks
from pipeline.writing.page import NOTHING, Said
from pipeline.writing.parts import SCHEMA, Cell, Left, parts, ruled, said
from pipeline.writing.pool import Pool, pool

_ANSWER = 6_000  # tokens, what the model thinks included
_TRIES = 2
_OPENING = "You write an article from the passages that the library returns. What to write comes after them."
_AGAIN = "An answer before this one broke a rule ({why}). Write it anew, by all of the rules."


class ClaudeWriter:
    """Asks for all parts, and then fills the outline from the answers. Sees local passage ids, never a source's number or address."""

    def __init__(self, article: Article, texts: Mapping[int, str], settings: Settings) -> None:
        self.article, self.settings = article, settings
        self.asks = asks(article)
        self.pool = pool(texts, [f"{article.plan.title} {ask.heading} {ask.brief}" for ask in self.asks], settings.passages)
        self._written: dict[Section | None, list[list[list[Said]]]] = {}
        """By section, for two may have one heading; the lead's is None."""
        self._names: dict[Section, list[str]] = {}
        self.left: list[Left] = []

    def requests(self) -> list[Request]:
        """Return the requests for all parts, in the order of the outline: pure, and the same each time."""
        return [self._request(ask, near) for ask, near in zip(self.asks, self.pool.near, strict=True)]

    def write(self, caller: Caller, step: Callable[[str], None]) -> None:
        """Ask for every part, at the same time where the service allows; a broken answer is asked for once more."""
        requests = self.requests()
        open_ones = list(range(len(requests)))
        for turn in range(1, _TRIES + 1):
            answers = caller.ask_all([requests[index] for index in open_ones], _reporting(step))
            failed = []
            for index, answer in zip(open_ones, answers, strict=True):
                try:
                    if isinstance(answer, ModelError):
                        raise answer
                    self._read(self.asks[index], answer, last=turn == _TRIES)
                except InvalidAnswer as error:
                    if turn == _TRIES:
                        raise InvalidAnswer(f"{self.settings.model}: “{self.asks[index].heading}”, {turn} times: {error}") from None
                    failed.append(index)
                    requests[index] = _longer(requests[index]).again(rendered(_AGAIN, why=str(error)), turn)
            open_ones = failed

    def lead(self) -> list[Said]:
        """Return the sentences above the first heading."""
        return self._written[None][0][0]

    def prose(self, section: Section) -> list[list[Said]]:
        """Return a section as one paragraph."""
        return self._written[section][0]

    def terms(self, section: Section) -> list[tuple[str, list[Said]]]:
        """Return each key term with what it means."""
        return [(name, cells[0]) for name, cells in self._named(section)]

    def table(self, section: Section) -> list[tuple[str, list[list[Said]]]]:
        """Return each row's heading with its cells."""
        return self._named(section)

    def questions(self, section: Section) -> list[Said]:
        """Return the questions, in the words of the outline where it has them."""
        given = [Said(question) for question in section.questions]
        return given or [sentence for part in self._written[section] for sentence in part[0]]

    def example(self, section: Section) -> list[Said]:
        """Return the sentences of an example, in the words of the outline where it has them."""
        text = " ".join(section.text.split())
        return [Said(text[a:b]) for a, b in sentences(text)] if text else [s for part in self._written[section] for s in part[0]]

    def _named(self, section: Section) -> list[tuple[str, list[list[Said]]]]:
        return list(zip(self._names[section], self._written[section], strict=True))

    def _points(self, ask: Ask) -> bool:
        """Say whether an answer is running text that cites by pointers; else it is JSON that names passages."""
        return ask.prose and self.settings.citations

    def _request(self, ask: Ask, near: Sequence[str]) -> Request:
        points, settings = self._points(ask), self.settings
        used = prompt("draft" if points else "parts")
        fields = {"heading": ask.heading, "brief": ask.brief or ask.heading, "ids": ", ".join(near) or "any"}
        asked = rendered(used.ask, **fields, **({"length": ask.length} if points else {"shape": ask.shape}))
        put = citable if points else listed
        body = {
            "model": settings.model,
            "max_tokens": _ANSWER,
            "system": rules(_rules(used, self.article)),
            **put(self.pool.passages, asked, settings.delivery, _OPENING),
            **output(settings.effort, None if points else SCHEMA),
        }
        return Request(body, ask.heading, "draft")

    def _read(self, ask: Ask, answer: Reply, *, last: bool) -> None:
        if self._points(ask):
            self._written[ask.section] = [[self._prose(answer, last)]]
            return
        found = parts(answer, ask.wanted)
        cells = [[self._cell(cell, ask, last) for cell in part.cells] for part in found]
        if ask.section:
            self._names[ask.section] = list(ask.wanted.names) or [ruled(part.name or ask.heading) for part in found]
        # Running text comes as one part a sentence, and is one paragraph.
        self._written[ask.section] = [[[sentence for part in cells for sentence in part[0]]]] if ask.prose else cells

    def _cell(self, cell: Cell, ask: Ask, last: bool) -> list[Said]:
        try:
            return said(cell, self.pool.numbers) if ask.cites else said(cell.model_copy(update={"passages": []}), {})
        except InvalidAnswer as error:
            if not last:
                raise
            self.left.append(Left(cell.text, str(error)))
            return [Said(NOTHING)]

    def _prose(self, answer: Reply, last: bool) -> list[Said]:
        """Return the sentences of an answer with the numbers that its pointers give; a pointer to other words is no citation."""
        text, cited = _pointed(answer, self.pool)
        found = []
        for start, end in sentences(text):
            try:
                sentence = ruled(text[start:end])
            except InvalidAnswer as error:
                if not last:
                    raise
                self.left.append(Left(text[start:end], str(error)))
                continue
            found.append(Said(sentence, tuple(dict.fromkeys(number for a, b, number in cited if a < end and b > start))))
        if not found:
            raise InvalidAnswer("wrote nothing that can stand")
        return found


def _pointed(answer: Reply, held: Pool) -> tuple[str, list[tuple[int, int, int]]]:
    """Return the text of an answer, and the spans of it that cite, with the source number of each."""
    text, cited = "", []
    for block in answer.content:
        if block.get("type") != "text" or not block.get("text"):
            continue
        start, text = len(text), text + str(block["text"])
        for citation in block.get("citations") or ():
            try:
                pointer = pointed(citation, held.passages)
            except (LookupError, TypeError) as error:
                raise InvalidAnswer(f"cites a passage that was not given ({error})") from None
            if pointer:
                cited.append((start + len(block["text"]) - len(block["text"].lstrip()), len(text), held.numbers[pointer.id]))
    return text, cited


def _rules(used: Prompt, article: Article) -> str:
    plan = article.plan
    headings = "; ".join(section.heading for section in plan.outline)
    return rendered(used.rules, audience=plan.audience or "clinicians", title=plan.title, parts=headings, style=plan.style.told)


def _longer(request: Request) -> Request:
    """Return the request with room for twice the answer: what broke may have been cut off."""
    return request._replace(body={**request.body, "max_tokens": 2 * _ANSWER})


def _reporting(step: Callable[[str], None]) -> Callable[[Request, int], None]:
    return lambda request, characters: step(f"{request.purpose}, {characters} characters")


def prompts(settings: Settings) -> dict[str, str]:
    """Return model and prompt, as provenance records state them, by what is asked; running text without pointers is `parts`."""
    asked = {"draft": "draft" if settings.citations else "parts", "parts": "parts", "rewrite": "rewrite"}
    return {kind: f"{settings.model}, {prompt(used).label}" for kind, used in asked.items()}


def name(settings: Settings) -> str:
    """Return the writer's name as it stands in provenance records: the model and its prompts."""
    return ", ".join((settings.model, prompt("draft").label, prompt("parts").label, prompt("rewrite").label))
