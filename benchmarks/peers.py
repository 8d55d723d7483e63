"""The checkers that are compared, behind one call: is the claim supported by the source, and how well?

They are word coverage, the project's checker, and packages of others that need no model and no network. Those answer as their
own documentation calls them for one claim and one source, and are never dependencies of the project.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import logging
import sys
import tempfile
from collections.abc import Callable, Iterable
from typing import NamedTuple

from pipeline.checking.assess import assess
from pipeline.checking.passages import prepared
from pipeline.checking.support import SupportModel, embedded
from pipeline.records import Verdict


class Answer(NamedTuple):
    """What a checker says of a claim: its own verdict, and its score in [0, 1]."""

    supported: bool
    score: float


Ask = Callable[[str, str], Answer]


class Peer(NamedTuple):
    """How a package is installed, and what readies it for questions; a package that is not there raises ImportError."""

    install: str
    load: Callable[[], Ask]


def coverage() -> Ask:
    """Return the plain share of the claim's weight that the best passage covers, as a checker of its own."""

    def ask(claim: str, source: str) -> Answer:
        passage = prepared(source).best(claim)
        score = passage.coverage if passage else 0.0
        return Answer(score >= 0.5, score)

    return ask


def checker(support: SupportModel | None = None) -> Ask:
    """Return the project's checker, with a support model or without."""

    def ask(claim: str, source: str) -> Answer:
        found = assess(claim, source, support=support)
        return Answer(found.verdict is Verdict.SUPPORTED, found.score)

    return ask


def anchorcite() -> Ask:
    """Return the anchorer with the scorer of the core install; at threshold 0, so that it tells the score of every best sentence."""
    package = importlib.import_module("anchorcite")
    scorer = package.LexicalScorer()
    anchorer = package.CitationAnchorer(scorer=scorer, threshold=0.0)

    def ask(claim: str, source: str) -> Answer:
        anchor = anchorer.anchor(claim, source)
        score = anchor.score if anchor else 0.0
        return Answer(score >= scorer.default_threshold, score)

    return ask


def groundrails() -> Ask:
    """Return the lexical tier without models; its score is the probability that it states, and 0 where it calls a claim contradicted.

    The package writes its settings into the working directory, hence the folder; it goes on without them. `nltk` and `lingua`
    are best not installed: each word would be looked up in vain in a WordNet that is not there, and the language detector
    can wait for a network; the package then leaves out antonyms and languages, and says so twice, which is not shown.
    """
    package = importlib.import_module("groundrails")
    importlib.import_module("loguru").logger.disable("groundrails")
    logging.getLogger("groundrails").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as home:
        package.init(models="none", wordnet=False, home=home)

    def ask(claim: str, source: str) -> Answer:
        match = package.ground(claim, [source], ignore_language=True)
        return Answer(match.grounded, 0.0 if match.match_type == "contradicted" else match.verdict_probability)

    return ask


PEERS = {
    "anchorcite": Peer("pip install anchorcite", anchorcite),
    "groundrails": Peer(
        "pip install --no-deps groundrails && pip install loguru numpy pyyaml rank-bm25 rapidfuzz wordfreq (without nltk and lingua)",
        groundrails,
    ),
}


METHODS: dict[str, Callable[[], Ask]] = {
    "coverage": coverage,
    "rules": checker,
    "model": lambda: checker(embedded()),
    **{name: peer.load for name, peer in PEERS.items()},
}
TITLES = {"coverage": "coverage", "rules": "checker, rules only", "model": "**checker**"}


def ready(names: Iterable[str]) -> dict[str, Ask]:
    """Make the methods ready; one that is not installed is left out, with a line that says what it lacks."""
    found = {}
    for name in names:
        try:
            found[name] = METHODS[name]()
        except (ImportError, OSError) as error:
            remedy = PEERS[name].install if name in PEERS else "the model's files are not complete in this installation"
            print(f"{name} is left out ({error}): {remedy}", file=sys.stderr)
    return found


def title(name: str) -> str:
    """Name a method as the tables do, a peer with its version."""
    return TITLES.get(name) or f"{name} {importlib.metadata.version(name)}"
