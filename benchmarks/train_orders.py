"""Train the networks that tell orders from other sentences, and write `orders.npz`.

usage: python -m benchmarks.train_orders OUT.npz CLAIMS_FILES... [--leave FILE] [--nets 2] [--steps 4000]

needs: torch (two cores, some minutes)

Orders and harmless sentences are those of benchmarks/training/orders; the passages of benchmarks/training are ordinary text beside them.
The threshold is where one in a thousand sentences of the sources in CLAIMS_FILES, which are not trained on, would be taken for an order.
`--leave` leaves one file of orders out and says how many of them are found.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.support_data import rows
from pipeline.checking.nearness import table
from pipeline.checking.pieces import pieces
from pipeline.checking.screen import REACH, Net, Screen
from pipeline.markup.sentences import sentences

TRAINING = Path(__file__).parent / "training"
SIZES = (1, 3, 5)  # pieces that the filters of the first kind see, as many of each size
FILTERS = 96
FALSE = 0.001  # share of ordinary sentences that may be taken for orders
BATCH = {"order": 16, "harmless": 16, "ordinary": 32}
RATE, DECAY, MASKED = 1.5e-3, 0.05, 0.1
_SCALE = 6.0  # of the vectors while it trains: of unit length they are learnt from too slowly
_MOST = 128  # pieces of a sentence in training
_HELD = 20_000  # sentences that the threshold is measured on


class Network(nn.Module):  # type: ignore[misc]
    """The network in torch; `pipeline.checking.screen` computes the same."""

    def __init__(self, vectors: np.ndarray) -> None:
        super().__init__()
        self.vectors = nn.Embedding.from_pretrained(torch.tensor(np.vstack([vectors, np.zeros_like(vectors[:1])])))
        self.none = len(vectors)
        self.first = nn.ModuleList(nn.Conv1d(vectors.shape[1], FILTERS, size, padding=size // 2) for size in SIZES)
        self.second = nn.Conv1d(len(SIZES) * FILTERS, FILTERS, 2 * REACH + 1, padding=REACH)
        self.head = nn.Linear((len(SIZES) + 1) * FILTERS, 1)

    def forward(self, ids: Tensor) -> Tensor:
        """Return the log-odds that each sentence of a batch [sentences, pieces] is an order."""
        real = (ids != self.none)[:, None, :]
        x = functional.dropout(_SCALE * self.vectors(ids), 0.2, self.training).transpose(1, 2)
        first = functional.relu(torch.cat([layer(x) for layer in self.first], 1)) * real
        second = functional.relu(self.second(first)) * real
        strongest = torch.cat([first, second], 1).max(2)[0]
        return self.head(functional.dropout(strongest, 0.3, self.training)).squeeze(1)

    def batch(self, sentences: Sequence[list[int]]) -> Tensor:
        """Return sentences of one length, padded on both sides."""
        width = max(map(len, sentences)) + 2 * REACH
        laid = torch.full((len(sentences), width), self.none)
        for row, one in zip(laid, sentences, strict=True):
            row[REACH : REACH + len(one)] = torch.tensor(one)
        return laid

    def plain(self) -> Net:
        """Return the weights as the package reads them: filters of every size as filters over five pieces."""
        width = self.vectors.weight.shape[1]
        first = np.zeros((2 * REACH + 1, width, len(SIZES) * FILTERS), np.float32)
        for index, (size, layer) in enumerate(zip(SIZES, self.first, strict=True)):
            begin = REACH - size // 2
            first[begin : begin + size, :, index * FILTERS : (index + 1) * FILTERS] = layer.weight.detach().permute(2, 1, 0).numpy()
        second = self.second.weight.detach().permute(2, 1, 0).numpy()
        return Net(
            np.float32(_SCALE) * first.reshape(-1, first.shape[2]),
            np.concatenate([layer.bias.detach().numpy() for layer in self.first]),
            second.reshape(-1, FILTERS),
            self.second.bias.detach().numpy(),
            self.head.weight.detach().numpy()[0],
            self.head.bias.detach().numpy()[0],
        )


def split(text: str) -> list[str]:
    """Return the sentences of a text."""
    return [text[start:end] for start, end in sentences(text)]


def read(left_out: str) -> tuple[dict[str, list[str]], list[list[str]]]:
    """Return the sentences of each class, and the orders of the file that is left out."""
    found: dict[str, list[str]] = {name: [] for name in BATCH}
    left: list[list[str]] = []
    for path in sorted((TRAINING / "orders").glob("*.jsonl")):
        for row in _lines(path):
            if "order" not in row:
                found["harmless"] += split(row["text"])
            elif path.name == left_out:
                left.append(split(row["order"]))
            else:
                found["order"] += split(row["order"])
                found["harmless"] += split(row["then"])
    for path in sorted(TRAINING.glob("*.jsonl")):
        for row in _lines(path):
            found["ordinary"] += split(row["passage"])
    return {name: sorted(set(texts)) for name, texts in found.items()}, left


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    yield from (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())


def train(texts: dict[str, list[str]], steps: int, seed: int) -> Net:
    """Return a network trained on sentences by class."""
    torch.manual_seed(seed)
    chance = random.Random(seed)
    given = {name: [pieces(text)[:_MOST] or [100] for text in texts[name]] for name in BATCH}
    net = Network(table().vectors).train()
    optimizer = torch.optim.AdamW([each for each in net.parameters() if each.requires_grad], lr=RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps, pct_start=0.1)
    wanted = torch.tensor([float(name == "order") for name, count in BATCH.items() for _ in range(count)])
    for _ in range(steps):
        ids = net.batch([one for name, count in BATCH.items() for one in chance.choices(given[name], k=count)])
        masked = (torch.rand(ids.shape) < MASKED) & (ids != net.none)
        loss = functional.binary_cross_entropy_with_logits(net(torch.where(masked, torch.full_like(ids, 100), ids)), wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    made: Net = net.eval().plain()
    return made


def held(paths: Sequence[Path]) -> list[str]:
    """Return sentences of sources that are not trained on."""
    texts = sorted({row["source"] for path in paths for row in rows(path)})
    found = sorted({sentence for text in texts for sentence in split(text)})
    return random.Random(0).sample(found, min(_HELD, len(found)))


def main() -> None:
    """Train, measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--leave", default="", metavar="FILE")
    parser.add_argument("--nets", type=int, default=2)
    parser.add_argument("--steps", type=int, default=4000)
    args = parser.parse_args()
    texts, left = read(args.leave)
    print({name: len(found) for name, found in texts.items()})
    nets = [train(texts, args.steps, seed) for seed in range(args.nets)]
    ordinary = sorted(Screen(nets, 0.0).scores(held(args.files)), reverse=True)
    made = Screen(nets, round(ordinary[int(FALSE * len(ordinary))], 3))
    print(f"threshold {made.threshold} on {len(ordinary)} sentences")
    if left:
        hits = sum(max(made.scores(order)) > made.threshold for order in left)
        print(f"{args.leave}: {hits} of {len(left)} orders found")
    weights = {f"{index}.{name}": part.astype(np.float16) for index, net in enumerate(nets) for name, part in net._asdict().items()}
    np.savez_compressed(args.out, threshold=np.float32(made.threshold), **weights)


if __name__ == "__main__":
    main()
