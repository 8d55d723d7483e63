"""Make the table of word pieces that mean nearly the same, `nearness.npz`, from the sentence encoder and a corpus to count in.

usage: python -m benchmarks.train_nearness OUT.npz CLAIMS_FILES...

A piece's vector is what the encoder says of it alone, cut to 64 principal components and to eight bits (the way of Model2Vec).
Its weight is log(1 + texts / texts that hold it), over the sources of the files, cut at 3,000 characters.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import numpy as np
import torch

from benchmarks.support_data import rows
from benchmarks.support_model import CrossEncoder, base
from pipeline.checking.pieces import pieces

WIDTH = 64
_MOST = 3000
_UNUSED = 999  # the first pieces of the vocabulary are signs


def vectors() -> np.ndarray:
    """Return the principal components of what the encoder says of each piece, one row a piece."""
    model = CrossEncoder().load(base()).eval()
    every = torch.arange(model.words.num_embeddings)
    found = []
    with torch.inference_mode():
        for some in every.split(512):
            ids = torch.stack([torch.full_like(some, 101), some, torch.full_like(some, 102)], 1)
            found.append(model.plain(ids).mean(1))
    whole = torch.cat(found).numpy()
    whole = whole - whole.mean(0)
    _, _, axes = np.linalg.svd(whole[_UNUSED:], full_matrices=False)
    return np.asarray(whole @ axes[:WIDTH].T)


def counted(paths: list[Path]) -> tuple[Counter[int], int]:
    """Return in how many sources each piece stands, and how many sources there are."""
    seen: Counter[int] = Counter()
    texts = {row["source"][:_MOST] for path in paths for row in rows(path)}
    for text in texts:
        seen.update(set(pieces(text)))
    return seen, len(texts)


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("files", nargs="+", type=Path)
    args = parser.parse_args()
    found = vectors()
    found = np.round(127 * found / np.abs(found).max(1, keepdims=True)).astype(np.int8)
    seen, total = counted(args.files)
    weights = np.array([np.log(1 + (total + 1) / (seen[piece] + 0.5)) for piece in range(len(found))], dtype=np.float16)
    np.savez_compressed(args.out, vectors=found, weights=weights)


if __name__ == "__main__":
    main()
