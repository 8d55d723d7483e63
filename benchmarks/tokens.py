"""What an article costs in tokens and dollars: the pipeline beside the naive way, over a Messages API on loopback.

usage: python -m benchmarks.tokens [ARTICLE_FOLDER]

The folder is an article with its sources; the bundled example where none is given. The naive way sends every source whole in every
request, asks for each part in turn and has each citation judged by a model that reads the whole source. Both get the same answers from a
scripted model, so that only what is sent differs. A token is four characters, on both sides; the server caches prefixes of at least 512
tokens as the service documents it. Prices are those that ship with the program. What real models think is not in the table.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from pipeline.articles import read
from pipeline.ledger import Ledger
from pipeline.ledger.calls import total
from pipeline.llm.prices import Prices
from pipeline.llm.requests import usage
from pipeline.records import NANO, Edition, Label, Usage
from pipeline.resources import bundled
from pipeline.run import Run
from pipeline.settings import Workspace
from tests.messages import Server
from tests.scripted import plain


class Row(NamedTuple):
    """Calls, tokens and cost of one way."""

    name: str
    calls: int
    usage: Usage
    nano: int


def main() -> None:
    """Print the table."""
    if {"-h", "--help"} & set(sys.argv[1:]):
        print(__doc__)
        return
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else bundled("sources") / "group-singing"
    server = Server(plain)
    server.slow = 0.01
    os.environ |= {"ANTHROPIC_BASE_URL": server.url, "ANTHROPIC_API_KEY": "test"}
    with tempfile.TemporaryDirectory() as place:
        ours, edition, texts = _ours(Path(place), folder)
    rows = [*ours, *_naive(server, folder, edition, texts)]
    server.close()
    print("| way | calls | sent uncached | written to the cache | read from it | answered | dollars |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for row in rows:
        used = row.usage
        cells = (row.calls, used.input, used.write_5m, used.read, used.output)
        print(f"| {row.name} | {' | '.join(f'{cell:,}' for cell in cells)} | {row.nano / NANO:.4f} |")
    sums = {way: sum(row.nano for row in rows if row.name.startswith(way)) for way in ("ours", "naive")}
    times = sums["naive"] / sums["ours"]
    print(f"\n{len(edition.sentences)} sentences, {len(texts)} sources with text; the naive way costs {times:.1f} times as much")


def _ours(place: Path, folder: Path) -> tuple[list[Row], Edition, dict[int, str]]:
    """Run the pipeline, and return its rows by stage, what it made, and the texts of the sources by number."""
    (place / "sourcemark.toml").write_text("network = false\n", encoding="utf-8")
    shutil.copytree(folder, place / "sources" / folder.name)
    workspace = Workspace(place)
    with Ledger(workspace.ledger) as ledger:
        settings = workspace.settings.model_copy(update={"writer": "claude"})
        edition = Run(workspace, ledger, place / "sources" / folder.name, settings).go().edition
        assert edition
        calls = ledger.calls().calls()
        held = {number: item.snapshot for number, item in enumerate(edition.fetched, 1) if item.snapshot}
        texts = {number: ledger.blobs.get_text(snapshot.text_sha256) for number, snapshot in held.items()}
    rows = []
    for stage in dict.fromkeys(call.stage for call in calls):
        chosen = [call for call in calls if call.stage == stage]
        rows.append(Row(f"ours, {stage}", len(chosen), sum((call.usage for call in chosen), Usage()), total(chosen)))
    return rows, edition, texts


def _naive(server: Server, folder: Path, edition: Edition, texts: dict[int, str]) -> list[Row]:
    """Return what the naive way would send, for the same parts and the same citations, with answers of the same length."""
    whole = "\n\n".join(texts.values())
    sections = read(folder).plan.outline
    written = max(1, sum(len(sentence.text) for sentence in edition.sentences) // (len(sections) + 1))
    drafts = [_sent("claude-sonnet-5-5", f"Write the part {section.heading}: {section.brief}", whole) for section in sections]
    checks = [
        _sent("claude-haiku-5-5", f"Does the source support this sentence? {sentence.text}", texts[number])
        for sentence in edition.sentences
        if sentence.label is Label.CITED
        for number in sentence.numbers
        if number in texts
    ]
    return [_row(server, "naive, draft", drafts, written), _row(server, "naive, verify", checks, 4 * 60)]


def _sent(model: str, asked: str, text: str) -> dict[str, object]:
    content = [{"type": "text", "text": text}, {"type": "text", "text": asked}]
    return {"model": model, "max_tokens": 4000, "messages": [{"role": "user", "content": content}]}


def _row(server: Server, name: str, bodies: Sequence[dict[str, object]], characters: int) -> Row:
    from tests.messages import Said

    used = [usage(server.usage(body, (Said("x" * characters),))) for body in bodies]
    prices = Prices()
    return Row(
        name,
        len(used),
        sum(used, Usage()),
        sum(prices.cost(str(body["model"]), item) or 0 for body, item in zip(bodies, used, strict=True)),
    )


if __name__ == "__main__":
    main()
