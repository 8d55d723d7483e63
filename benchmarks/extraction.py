"""Score the extractors of HTML, PDF and JATS, with the peers beside ours, and print one Markdown table.

usage: python benchmarks/extraction.py html|pdf|jats DATA_DIR [--peers]    DATA_DIR has folders html, pdf and jats

peers: pip install rapidfuzz readability-lxml resiliparse 'newspaper4k[ja]' justext boilerpy3 inscriptis pypdf pdfminer.six \
           pdfplumber pdftext pubmed_parser jats
       and poppler-utils for pdftotext. Never bolivar: it puts a module of its own in pdfminer's place.

Peers not installed are named below the table; a document that an extractor fails on counts as no text. `speed` is documents per
CPU second, ours being 1, child processes counted, after one document to warm up. Timings are noisy: compare within one run.

html  F1 over 4-word shingles, each page weighing the same, the public benchmark's measure; `exact` is the share of pages whose
      shingles are all there and no others.
pdf   F1 over words; `order` is the normalised Indel similarity of the whole text with the gold in reading order, white space
      folded; then gold sentences of 40 characters and more found verbatim: exact (white space folded), norm (NFKC, quotes and
      dashes folded, line-end hyphens joined), squash (letters and digits only).
jats  gold sentences found, as for pdf. The gold is walked here, apart from our extractor: each p and title of article title,
      abstract and body, broken where a block stands inside, without references, tables and formulas in TeX.
"""

from __future__ import annotations

import contextlib
import functools
import gzip
import importlib
import importlib.metadata
import io
import json
import logging
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import unicodedata
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from lxml import etree, html

from benchmarks.adapters import html_text, pdf_text
from pipeline.fetching.extract import extract

RESAMPLES = 1000
LEAST = 40  # characters of a gold sentence: shorter ones are found by chance
DASHES_AND_QUOTES = str.maketrans("‘’“”‐‑–—", "''\"\"----")
HELD = frozenset({"p", "title", "article-title"})
LEFT_OUT = frozenset({"ref-list", "table-wrap", "tex-math"})
BREAKING = HELD | set("boxed-text def-list disp-formula disp-quote fig fig-group list media ref-list speech table-wrap".split())

Extractor = Callable[[bytes], str]


class Document(NamedTuple):
    """One document, its text in reading order, and the sentences to be found in it."""

    data: bytes
    gold: str
    sentences: list[str]


class Row(NamedTuple):
    """One extractor's texts of all documents and CPU seconds for them."""

    name: str
    texts: list[str]
    seconds: float


class Task(NamedTuple):
    """What one kind of document needs."""

    read: Callable[[Path], list[Document]]
    measure: Callable[[list[Document], list[str]], list[str]]
    heads: str
    ours: Extractor
    peers: dict[str, Extractor]
    rounds: int = 1  # over all documents, where they are too few for the clock


# --- documents


def html_pages(root: Path) -> list[Document]:
    """Return the pages of the public article-extraction benchmark."""
    truth = json.loads((root / "ground-truth.json").read_text(encoding="utf-8"))
    return [Document(gzip.decompress((root / f"{key}.html.gz").read_bytes()), item["articleBody"], []) for key, item in truth.items()]


def pdf_files(root: Path) -> list[Document]:
    """Return the typeset articles; headings are text to be read, sentences come from prose alone."""
    gold = json.loads((root / "gold.json").read_text(encoding="utf-8"))
    documents = []
    for path in sorted(root.glob("*.pdf")):
        blocks = gold[path.name.split(".")[0]]
        prose = [text for kind, text in blocks if kind == "p"]
        documents.append(Document(path.read_bytes(), "\n\n".join(text for _, text in blocks), sentences(prose)))
    return documents


def jats_files(root: Path) -> list[Document]:
    """Return the articles with the sentences walked from their XML."""
    documents = []
    for path in sorted(root.glob("*.*xml")):
        article = etree.fromstring(path.read_bytes(), etree.XMLParser(no_network=True, remove_comments=True, remove_pis=True))
        parts = [part for where in ("front//title-group/article-title", "front//abstract", "body") for part in article.findall(where)]
        gold = [text for part in parts for text in walked(part)]
        documents.append(Document(path.read_bytes(), "\n\n".join(gold), sentences(gold)))
    return documents


def walked(node: etree._Element) -> Iterator[str]:
    """Yield the texts of the paragraphs and titles at and below a node."""
    if node.tag in HELD:
        yield from filter(str.strip, told(node).split("\0"))
    for child in node:
        if child.tag not in LEFT_OUT:
            yield from walked(child)


def told(node: etree._Element) -> str:
    """Return the words of a node, NUL where a block stands among them."""
    words = node.text or ""
    for child in node:
        words += "\0" if child.tag in BREAKING else "" if child.tag in LEFT_OUT else told(child)
        words += child.tail or ""
    return words


def sentences(blocks: list[str]) -> list[str]:
    """Return the sentences long enough to be looked for."""
    parts = (part for block in blocks for part in re.split(r"(?<=[.?!])\s+(?=[A-Z])", folded(block)))
    return [part for part in parts if len(part) >= LEAST]


# --- measures


def shingles(text: str) -> Counter[tuple[str, ...]]:
    """Return the runs of four words, or the whole where there are fewer."""
    words = re.findall(r"\w+", text)
    return Counter(tuple(words[start : start + 4]) for start in range(max(1, len(words) - 3)) if words)


def overlap(gold: Counter[Any], found: Counter[Any]) -> tuple[float | None, float | None]:
    """Return precision and recall, None where there is nothing to divide by."""
    hits = (gold & found).total()
    return (hits / found.total() if found else None, hits / gold.total() if gold else None)


def means(pairs: list[tuple[float | None, float | None]]) -> tuple[float, float, float]:
    """Return F1 of mean precision and mean recall, and these two."""
    precision, recall = (statistics.fmean([value for value in values if value is not None] or [0.0]) for values in zip(*pairs, strict=True))
    return 2 * precision * recall / max(precision + recall, 1e-9), precision, recall


def deviation(pairs: list[tuple[float | None, float | None]]) -> float:
    """Return the bootstrap standard deviation of F1: the same resamples for every extractor."""
    dice = random.Random(1)
    return statistics.pstdev(means(dice.choices(pairs, k=len(pairs)))[0] for _ in range(RESAMPLES))


def order(gold: str, text: str) -> float | None:
    """Return the similarity of the texts as sequences; None without rapidfuzz."""
    try:
        return float(importlib.import_module("rapidfuzz.distance").Indel.normalized_similarity(folded(gold), folded(text)))
    except ImportError:
        return None


def share_found(documents: list[Document], texts: list[str], form: Callable[[str], str]) -> float:
    """Return the share of all gold sentences that stand in the texts, both brought to one form."""
    hits = 0
    for document, text in zip(documents, texts, strict=True):
        formed = form(text)
        hits += sum(form(sentence) in formed for sentence in document.sentences)
    return hits / max(1, sum(len(document.sentences) for document in documents))


def folded(text: str) -> str:
    return " ".join(text.split())


def normed(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).translate(DASHES_AND_QUOTES)
    return folded(re.sub(r"(\w)-\s*\n\s*(\w)", r"\1\2", text))


def squashed(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKC", text).lower() if char.isalnum())


def html_measures(documents: list[Document], texts: list[str]) -> list[str]:
    """Return the cells of a page extractor."""
    pages = [(shingles(document.gold), shingles(text)) for document, text in zip(documents, texts, strict=True)]
    pairs = [overlap(gold, found) for gold, found in pages]
    f1, precision, recall = means(pairs)
    exact = statistics.fmean(gold == found for gold, found in pages)
    return [f"{f1:.3f} ± {deviation(pairs):.3f}", f"{precision:.3f}", f"{recall:.3f}", f"{exact:.3f}"]


def pdf_measures(documents: list[Document], texts: list[str]) -> list[str]:
    """Return the cells of a PDF extractor."""
    both = [(document.gold, text) for document, text in zip(documents, texts, strict=True)]
    words = statistics.fmean(means([overlap(Counter(gold.split()), Counter(text.split()))])[0] for gold, text in both)
    orders = [value for gold, text in both if (value := order(gold, text)) is not None]
    found = [f"{share_found(documents, texts, form):.3f}" for form in (folded, normed, squashed)]
    return [f"{words:.4f}", f"{statistics.fmean(orders):.4f}" if orders else "needs rapidfuzz", *found]


def jats_measures(documents: list[Document], texts: list[str]) -> list[str]:
    """Return the cells of a JATS extractor."""
    return [f"{share_found(documents, texts, form):.3f}" for form in (folded, squashed)]


# --- extractors, each imported when it is first called


def module(name: str) -> Any:
    """Import a peer, whose types nobody here knows."""
    return importlib.import_module(name)


def utf8(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def readability(data: bytes) -> str:
    summary = module("readability").Document(utf8(data)).summary()
    return " ".join(str(text) for text in html.fromstring(summary).itertext())


def newspaper(data: bytes) -> str:
    """Parse the whole article, which finds more than `fulltext`; the address is made up and nothing is fetched."""
    config = module("newspaper").Config()
    config.fetch_images = False
    article = module("newspaper").Article("https://example.org/", config=config)
    article.download(input_html=utf8(data))
    article.parse()
    return str(article.text)


def justext(data: bytes) -> str:
    paragraphs = module("justext").justext(utf8(data), stop_words())
    return "\n\n".join(paragraph.text for paragraph in paragraphs if not paragraph.is_boilerplate)


@functools.cache
def stop_words() -> frozenset[str]:
    return frozenset(module("justext").get_stoplist("English"))


def pdfplumber(data: bytes) -> str:
    with module("pdfplumber").open(io.BytesIO(data)) as document:
        return "\n".join(page.extract_text() for page in document.pages)


def poppler(data: bytes) -> str:
    return utf8(subprocess.run(["pdftotext", "-enc", "UTF-8", "-", "-"], input=data, capture_output=True, check=True).stdout)


def itertext(data: bytes) -> str:
    found = etree.fromstring(data).iter("p", "title", "article-title")
    return "\n\n".join("".join(str(text) for text in node.itertext()) for node in found)


def pubmed(data: bytes) -> str:
    """Join title, abstract and the paragraphs of the body, each section's title before its first."""
    parser = module("pubmed_parser")
    head = parser.parse_pubmed_xml(data)
    parts = [head["full_title"], head["abstract"]]
    for paragraph in parser.parse_pubmed_paragraph(data, all_paragraph=True):
        parts += [paragraph["section"]] if paragraph["section"] not in parts else []
        parts.append(paragraph["text"])
    return "\n\n".join(parts)


def jats(data: bytes) -> str:
    with tempfile.NamedTemporaryFile(suffix=".xml") as file:  # it takes nothing but a path
        file.write(data)
        file.flush()
        return str(module("jats").convert_to_markdown(module("jats").parse_jats_xml(Path(file.name), no_refs=True)))


# The name up to a comma is the distribution's.
HTML_PEERS: dict[str, Extractor] = {
    "trafilatura, precision, no comments": lambda data: (
        module("trafilatura").extract(data, include_comments=False, favor_precision=True) or ""
    ),
    "trafilatura, defaults": lambda data: module("trafilatura").extract(data) or "",
    "readability-lxml": readability,
    "newspaper4k": newspaper,
    "resiliparse, main content": lambda data: module("resiliparse.extract.html2text").extract_plain_text(
        utf8(data), main_content=True, comments=False, alt_texts=False
    ),
    "boilerpy3": lambda data: module("boilerpy3.extractors").ArticleExtractor().get_content(utf8(data)),
    "jusText": justext,
    "inscriptis, all text": lambda data: module("inscriptis").get_text(utf8(data)),
}
PDF_PEERS: dict[str, Extractor] = {
    "pdftext": lambda data: module("pdftext.extraction").plain_text_output(data),
    "pypdfium2, raw": lambda data: "\n".join(page.get_textpage().get_text_bounded() for page in module("pypdfium2").PdfDocument(data)),
    "poppler pdftotext": poppler,
    "pypdf": lambda data: "\n".join(page.extract_text() for page in module("pypdf").PdfReader(io.BytesIO(data)).pages),
    "pdfminer.six": lambda data: module("pdfminer.high_level").extract_text(io.BytesIO(data)),
    "pdfplumber": pdfplumber,
}
JATS_PEERS: dict[str, Extractor] = {"lxml, itertext of p and title": itertext, "pubmed_parser": pubmed, "jats": jats}
TASKS = {
    "html": Task(html_pages, html_measures, "F1 ± sd | P | R | exact | speed", html_text, HTML_PEERS),
    "pdf": Task(pdf_files, pdf_measures, "word F1 | order | sentences exact | norm | squash | speed", pdf_text, PDF_PEERS),
    "jats": Task(
        jats_files, jats_measures, "sentences exact | squash | ms a document", lambda data: extract(data).text, JATS_PEERS, rounds=10
    ),
}


# --- the run


def cpu_seconds() -> float:
    """Return what this process and its ended children have used."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(item.ru_utime + item.ru_stime for item in used)


def run(name: str, extractor: Extractor, documents: list[Document], rounds: int) -> Row | None:
    """Extract all documents; None where the extractor is not installed."""
    try:
        extractor(documents[0].data)  # imports, stop lists and caches are not the documents' time
    except (ImportError, FileNotFoundError):
        return None
    texts, failed = [], 0
    started = cpu_seconds()
    for document in documents * rounds:
        try:
            texts.append(extractor(document.data))
        except Exception as error:  # noqa: BLE001 - a fault costs that extractor the document, never the others the table
            print(f"{name}: {error!r}"[:200], file=sys.stderr)
            texts.append("")
            failed += 1
    seconds = (cpu_seconds() - started) / rounds
    return Row(labelled(name, failed // rounds), texts[: len(documents)], seconds)


def labelled(name: str, failed: int) -> str:
    """Return the name with version and failures."""
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        name += f" ({importlib.metadata.version(name.split(',')[0])})"
    return f"{name}, failed on {failed}" if failed else name


def main() -> None:
    """Print the table."""
    if len(sys.argv) < 3 or "--help" in sys.argv:
        sys.exit(__doc__)
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    kind, root = sys.argv[1], Path(sys.argv[2])
    task = TASKS[kind]
    documents = task.read(root / kind)
    extractors = {"**ours**": task.ours, **(task.peers if "--peers" in sys.argv else {})}
    rows = {name: run(name, extractor, documents, task.rounds) for name, extractor in extractors.items()}
    present = [row for row in rows.values() if row]
    print(f"| extractor | {task.heads} |\n|---|{'---:|' * (task.heads.count('|') + 1)}")
    for row in present:
        pace = f"{1000 * row.seconds / len(documents):.1f}" if kind == "jats" else f"{present[0].seconds / row.seconds:.2f}"
        print(f"| {row.name} | {' | '.join(task.measure(documents, row.texts))} | {pace} |")
    wanted = sum(len(document.sentences) for document in documents)
    print(f"\n{len(documents)} documents{f', {wanted} gold sentences' if wanted else ''}.")
    if missing := [name for name, row in rows.items() if not row]:
        print(f"Not installed: {'; '.join(missing)}.")


if __name__ == "__main__":
    main()
