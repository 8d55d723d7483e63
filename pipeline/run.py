"""One article through the stages, in order. Each stage's result is recorded under the hash of its inputs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple, TypeVar

from pipeline import articles
from pipeline.articles import Article
from pipeline.checking.assess import EVERYTHING, UNSETTLED
from pipeline.checking.checker import checker
from pipeline.checking.claude import ClaudeJudge
from pipeline.checking.contrast import known
from pipeline.errors import GateError
from pipeline.estimating import Estimate, estimates
from pipeline.ledger import Ledger
from pipeline.llm.caller import Caller
from pipeline.llm.client import Account, Service, address
from pipeline.llm.prices import budgets, require
from pipeline.markup import markdown
from pipeline.markup.blocks import Document
from pipeline.markup.sentences import OWN
from pipeline.records import Edition, Fetched, Rates, Record, Repair, Source, Stage, Standing, Version
from pipeline.settings import Settings, Workspace
from pipeline.stages import classify, draft, fetch, publish, repair, split, standing, verify
from pipeline.text import sha256
from pipeline.writing.rewrite import ClaudeRewriter

_ROUNDS = 2  # of repair
Result = TypeVar("Result", bound=Record)
Progress = Callable[[Stage, str], None]


def quiet(stage: Stage, step: str) -> None:
    """Report progress to nobody."""


class Outcome(NamedTuple):
    """What a run came to: the edition, its version, and whether anything was made anew."""

    edition: Edition | None
    version: Version | None
    new: bool
    because: tuple[str, ...]
    """What had changed; empty where nothing had."""
    reached: Stage


class Preview(NamedTuple):
    """What a run would do."""

    because: tuple[str, ...]
    """What has changed; empty where nothing has."""
    estimates: list[Estimate]
    """What it would ask of models, by stage; empty without one."""


class Checked(NamedTuple):
    """An article through split, classify and verify."""

    split: split.SplitResult
    classify: classify.ClassifyResult
    verify: verify.VerifyResult


class Run:
    """One article's run in a workspace."""

    def __init__(
        self,
        workspace: Workspace,
        ledger: Ledger,
        folder: Path,
        settings: Settings | None = None,
        progress: Progress = quiet,
        service: Service | None = None,
        waits: bool = True,
    ) -> None:
        """`service` is shared with other runs where it is given; `waits` is whether somebody waits for this one."""
        self.workspace, self.ledger, self.progress, self.waits = workspace, ledger, progress, waits
        self.settings = settings or workspace.settings
        self.article = articles.read(folder)
        self.service = service
        self.judge = ClaudeJudge(self.settings) if self.settings.judged != "none" else None
        asked = EVERYTHING if self.settings.judged == "all" else UNSETTLED
        self.checker = checker(self.settings.support)._replace(judge=self.judge, asked=asked)
        self.again: frozenset[Stage] = frozenset()

    def go(self, *, until: Stage = Stage.PUBLISH, since: Stage | None = None) -> Outcome:
        """Run the stages up to `until`; results recorded for the same inputs are used, except from `since` on."""
        order = list(Stage)
        self.again = frozenset(order[order.index(since) :]) if since else frozenset()
        require(self.settings, self.settings.models)
        with self.ledger.lock(self.article.slug), ExitStack() as stack:
            service = self.service or stack.enter_context(Service(self.settings))
            log = self.ledger.calls()
            run = log.run(self.article.slug)
            account = Account(log, self.article.slug, run, budgets(self.settings))
            self._caller = Caller(service, account, waits=self.waits)
            try:
                outcome = self._go(until, since)
            except GateError:
                log.end(run, "gate")
                raise
            log.end(run, "published" if outcome.new else "unchanged" if outcome.version else outcome.reached)
            return outcome

    def _go(self, until: Stage, since: Stage | None) -> Outcome:
        if self.judge:
            self.judge.caller, self.judge.step = self.caller(Stage.VERIFY), self._step(Stage.VERIFY)
        fetched = self._fetch()
        inputs = self.inputs(fetched)
        because = self.changes(inputs)
        latest = self.latest()
        if latest and not because and not since and until is Stage.PUBLISH:
            edition = self.ledger.edition(latest)
            self._write(edition, latest)
            return Outcome(edition, latest, False, (), until)
        if until is Stage.FETCH:
            return Outcome(None, None, False, because, until)
        return self._from_draft(fetched, inputs, because, until)

    def caller(self, stage: Stage) -> Caller:
        """Return who asks for a stage; one that is done again asks anew, once for each run, however often that crashes."""
        return self._caller._replace(take=f"run {self._caller.account.run}" if stage in self.again else "")

    def inputs(self, fetched: tuple[Fetched, ...]) -> dict[str, str]:
        """Return name and hash of everything that the article is made from."""
        made = {
            "outline": sha256(self.article.plan.model_dump_json()),
            "writer": sha256(draft.writer_identity(self.settings)),
            "checker": sha256(self.checker.name),
            "sentences": sha256(self.settings.sentences),
        }
        for number, (source, item) in enumerate(zip(self.article.sources, fetched, strict=True), 1):
            made[f"source {number} ({source.id})"] = sha256(source.model_dump_json())
            text = item.snapshot.text_sha256 if item.snapshot else f"{item.why_not}"
            made[f"text of {source.id}"] = sha256(text)
        for look in self.standings():
            if look.notices:  # what is said of a work; that somebody looked at it changes nothing
                told = sorted(notice.model_dump_json() for notice in look.notices)
                made[f"notices on {look.source_id}"] = sha256("\n".join(told))
        return made

    def standings(self) -> tuple[Standing, ...]:
        """Return what the last look at each source said, for those that were looked at."""
        log = self.ledger.sources(self.article.slug)
        return tuple(found for source in self.article.sources if (found := log.standing(source.id)))

    def changes(self, inputs: dict[str, str]) -> tuple[str, ...]:
        """Return the names of the inputs that differ from those of the latest version."""
        latest = self.latest()
        if not latest:
            return ("first version",)
        before = dict(latest.inputs)
        changed = [name for name, digest in inputs.items() if before.get(name) != digest]
        return (*changed, *(f"{name} (gone)" for name in before if name not in inputs))

    def preview(self, since: Stage | None = None) -> Preview:
        """Return what a run would find changed, and what it would ask of models, without recording anything; `since` as in `go`."""
        require(self.settings, self.settings.models)
        held: dict[str, bytes] = {}

        def put(data: bytes) -> str:
            held[sha256(data)] = data
            return sha256(data)

        def get(digest: str) -> bytes:
            return held[digest] if digest in held else self.ledger.blobs.get(digest)

        kept = self.store()._replace(
            put=put, get=get, record=lambda key, item: None, note=lambda key, item: None, look=lambda standing: None
        )
        fetched = fetch.fetch(self.article.folder, self.article.sources, self.settings, kept, lambda step: None).fetched
        because = self.changes(self.inputs(fetched)) or (("done again on request",) if since else ())
        if not because or not self.settings.models:
            return Preview(because, [])
        library = verify.Library(self.article.sources, fetched, lambda digest: get(digest).decode(), self.checker)
        log, where = self.ledger.calls(), address()
        texts = library.main(copied=self.settings.writer == "extractive")
        anew = since is not None and list(Stage).index(since) <= list(Stage).index(Stage.DRAFT)
        return Preview(
            because, estimates(self.article, texts, self.settings, lambda request: not anew and bool(log.recall(request.key(where))))
        )

    def latest(self) -> Version | None:
        """Return the newest published version, or None."""
        return next(reversed(self.ledger.versions(self.article.slug)), None)

    def store(self) -> fetch.Store:
        """Return where the fetch stage of this article keeps and remembers things."""
        slug, log = self.article.slug, self.ledger.sources(self.article.slug)
        return fetch.Store(
            put=self.ledger.blobs.put,
            get=self.ledger.blobs.get,
            recall=lambda key: self.ledger.result(key, Fetched),
            record=lambda key, item: self.ledger.record(key, Stage.FETCH, slug, item),
            noted=log.fetched,
            note=log.note,
            stated=log.statement,
            look=log.look,
        )

    def _fetch(self) -> tuple[Fetched, ...]:
        step, again = self._step(Stage.FETCH), Stage.FETCH in self.again
        return fetch.fetch(self.article.folder, self.article.sources, self.settings, self.store(), step, again=again).fetched

    def _from_draft(self, fetched: tuple[Fetched, ...], inputs: dict[str, str], because: tuple[str, ...], until: Stage) -> Outcome:
        library = verify.Library(self.article.sources, fetched, self.ledger.blobs.get_text, self.checker)
        drafting = ("draft", *(inputs[name] for name in sorted(inputs) if name != "checker"))
        step, copied = self._step(Stage.DRAFT), self.settings.writer == "extractive"
        drafted = self._recorded(
            Stage.DRAFT,
            drafting,
            draft.DraftResult,
            lambda: draft.draft(self.article, library.main(copied=copied), self.settings, step, self.caller(Stage.DRAFT)),
        )
        if until is Stage.DRAFT:
            return Outcome(None, None, False, because, until)
        if until in {Stage.SPLIT, Stage.CLASSIFY}:
            self._labels(markdown.read(drafted.markdown), inputs, until)
            return Outcome(None, None, False, because, until)
        document, checked, repairs = self._checked(drafted.markdown, library, inputs, until)
        edition = assemble(
            self.article,
            document,
            fetched,
            checked,
            tuple(repairs),
            drafted,
            self.checker.name,
            known(self.checker.name, self.workspace.root) or known(self.checker._replace(judge=None).name, self.workspace.root),
            self.standings(),
        )
        if until is not Stage.PUBLISH:
            return Outcome(edition, None, False, because, until)
        return self._publish(edition, inputs, because)

    def _checked(self, text: str, library: verify.Library, inputs: dict[str, str], until: Stage) -> tuple[Document, Checked, list[Repair]]:
        """Split, classify and verify; what failed is repaired and checked again like new text."""
        repairs: list[Repair] = []
        rewritten: list[str] = []
        rewriter = ClaudeRewriter(self.article, self.settings, self.caller(Stage.REPAIR), self._step(Stage.REPAIR))
        for turn in range(_ROUNDS + 1):
            document = markdown.read(text)
            checked = self._check(document, library, inputs, repairs)
            if turn == _ROUNDS or until is Stage.VERIFY:
                break
            self._step(Stage.REPAIR)(f"round {turn + 1}")
            repaired = repair.repair(
                text,
                checked.split.blocks,
                checked.classify.sentences,
                checked.verify,
                library,
                repair.Round(turn + 1, repairs, rewritten),
                rewriter if self.settings.writer == "claude" else None,
            )
            if not repaired.repairs:
                break
            text, repairs, rewritten = repaired.markdown, [*repairs, *repaired.repairs], [*rewritten, *repaired.rewritten]
        return document, checked, repairs

    def _check(self, document: Document, library: verify.Library, inputs: dict[str, str], repairs: list[Repair]) -> Checked:
        parts, labels = self._labels(document, inputs, Stage.VERIFY)
        step = self._step(Stage.VERIFY)
        library.apart = repair.apart(repairs, labels.sentences)
        verdicts = self._recorded(
            Stage.VERIFY,
            (sha256(document.text), f"{sorted(library.apart.items())}", *_without_writer(inputs)),
            verify.VerifyResult,
            lambda: verify.verify(parts, labels.sentences, library, step),
        )
        return Checked(parts, labels, verdicts)

    def _labels(self, document: Document, inputs: dict[str, str], until: Stage) -> tuple[split.SplitResult, classify.ClassifyResult]:
        """Split and, unless that is where to stop, classify."""
        text, sources = sha256(document.text), self.article.sources
        engine = self.settings.sentences
        named = sha256("\n".join(source.id for source in sources))
        parts = self._recorded(Stage.SPLIT, (text, named, engine), split.SplitResult, lambda: split.split(document, sources, engine))
        if until is Stage.SPLIT:
            return parts, classify.ClassifyResult(sentences=parts.sentences, findings=())
        labels = self._recorded(
            Stage.CLASSIFY,
            (text, *_without_writer(inputs)),
            classify.ClassifyResult,
            lambda: classify.classify(document, parts, sources),
        )
        return parts, labels

    def _recorded(self, stage: Stage, inputs: tuple[str, ...], kind: type[Result], make: Callable[[], Result]) -> Result:
        """Return the recorded result of a stage for these inputs, or make and record it."""
        self._step(stage)("")
        key = sha256("\n".join((stage.value, self.checker.name, *inputs)))
        known = None if stage in self.again else self.ledger.result(key, kind)
        if known is not None:
            return known
        made = make()
        self.ledger.record(key, stage, self.article.slug, made)
        return made

    def _publish(self, edition: Edition, inputs: dict[str, str], because: tuple[str, ...]) -> Outcome:
        latest = self.latest()
        if latest and not because and self.ledger.edition(latest) == edition:
            return Outcome(edition, latest, False, (), Stage.PUBLISH)
        try:
            publish.gate(edition.findings, self.settings.gate)
        except GateError:
            kept = self.ledger.folder / "drafts" / self.article.slug
            publish.write(kept, publish.rendered(edition, None))
            raise
        version = Version(
            slug=edition.slug,
            number=publish.next_number(self.ledger.versions(edition.slug)),
            published_at=dt.datetime.now(dt.UTC).replace(microsecond=0),
            inputs_sha256=sha256("\n".join(f"{name}={digest}" for name, digest in sorted(inputs.items()))),
            edition_sha256=self.ledger.blobs.put_text(edition.model_dump_json()),
            because=because or ("done again on request",),
            inputs=tuple(sorted(inputs.items())),
        )
        self._step(Stage.PUBLISH)(version.number)
        self.ledger.publish(version)
        self._write(edition, version)
        return Outcome(edition, version, True, version.because, Stage.PUBLISH)

    def _write(self, edition: Edition, version: Version) -> None:
        folder = self.workspace.published / version.slug / version.number
        if not all((folder / name).is_file() for name in publish.FILES):
            publish.write(folder, publish.rendered(edition, version))

    def _step(self, stage: Stage) -> Callable[[str], None]:
        return lambda step: self.progress(stage, step)


def _without_writer(inputs: dict[str, str]) -> list[str]:
    """Return the hashes of what a check depends on: the text is the same whoever wrote it."""
    return [digest for name, digest in sorted(inputs.items()) if name != "writer"]


def assemble(
    article: Article,
    document: Document,
    fetched: tuple[Fetched, ...],
    checked: Checked,
    repairs: tuple[Repair, ...],
    drafted: draft.DraftResult,
    by: str,
    rates: Rates | None,
    standings: tuple[Standing, ...] = (),
) -> Edition:
    """Put together what is known about an article."""
    about_sources = standing.findings(article.sources, fetched, standings, checked.verify.provenance)
    return Edition(
        slug=article.slug,
        title=document.title or article.plan.title,
        kind=article.plan.kind,
        discipline=article.plan.discipline,
        tradition=article.plan.tradition,
        see_also=article.plan.see_also,
        markdown=document.text,
        sources=article.sources,
        fetched=fetched,
        standings=standings,
        blocks=checked.split.blocks,
        sentences=checked.classify.sentences,
        provenance=draft.written(checked.verify.provenance, checked.classify.sentences, checked.split.blocks, article, drafted, repairs),
        findings=(*about_sources, *drafted.findings, *checked.classify.findings, *checked.verify.findings),
        repairs=repairs,
        writer=drafted.writer,
        checker=by,
        rates=rates,
    )


def check(
    document: Document, sources: tuple[Source, ...], library: verify.Library, step: Callable[[str], None], engine: str = OWN
) -> Checked:
    """Audit an article that exists: split, classify and verify, nothing recorded."""
    parts = split.split(document, sources, engine)
    labels = classify.classify(document, parts, sources)
    return Checked(parts, labels, verify.verify(parts, labels.sentences, library, step))
