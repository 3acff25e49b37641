"""Others' networks as they are written down by them: forward passes of their own names and shapes, in plain torch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import permutations

import torch
from torch import Tensor, nn
from torch.nn import functional

Weights = dict[str, Tensor]


def pairs(p: int) -> tuple[Tensor, Tensor]:
    """All pairs in order, int64 [p²] each."""
    numbers = torch.arange(p * p)
    return numbers // p, numbers % p


def drawn(shapes: Mapping[str, tuple[int, ...]], seed: int = 0) -> Weights:
    """Random weights of these shapes."""
    generator = torch.Generator().manual_seed(seed)
    return {name: 0.3 * torch.randn(shape, generator=generator) for name, shape in shapes.items()}


def nanda_shapes(
    p: int, d: int, heads: int, width: int, depth: int = 1, classes: int | None = None
) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {"embed.W_E": (d, p + 1), "pos_embed.W_pos": (3, d)}
    for i in range(depth):
        to = f"blocks.{i}"
        shapes |= {f"{to}.attn.W_{name}": (heads, d // heads, d) for name in "KQV"}
        shapes |= {f"{to}.attn.W_O": (d, d), f"{to}.attn.mask": (3, 3)}
        shapes |= {f"{to}.mlp.W_in": (width, d), f"{to}.mlp.b_in": (width,)}
        shapes |= {f"{to}.mlp.W_out": (d, width), f"{to}.mlp.b_out": (d,)}
    return shapes | {"unembed.W_U": (d, p + 1 if classes is None else classes)}


def nanda_logits(w: Weights, p: int, act: str = "relu") -> Tensor:
    """Logits [p², classes] at "=", as the paper's transformers.py computes them."""
    a, b = pairs(p)
    tokens = torch.stack((a, b, torch.full_like(a, p)), 1)
    x = torch.einsum("dbp->bpd", w["embed.W_E"][:, tokens]) + w["pos_embed.W_pos"]
    block = 0
    while f"blocks.{block}.attn.W_O" in w:
        of = {name.removeprefix(f"blocks.{block}."): each for name, each in w.items()}
        k, q, v = (torch.einsum("ihd,bpd->biph", of[f"attn.W_{name}"], x) for name in "KQV")
        scores = torch.einsum("biph,biqh->biqp", k, q)
        masked = torch.tril(scores) - 1e10 * (1 - torch.ones(3, 3).tril())
        z = torch.einsum("biph,biqp->biqh", v, (masked / math.sqrt(k.shape[-1])).softmax(-1))
        x = x + torch.einsum("df,bqf->bqd", of["attn.W_O"], z.transpose(1, 2).flatten(2))
        hidden = getattr(functional, act)(torch.einsum("md,bpd->bpm", of["mlp.W_in"], x) + of["mlp.b_in"])
        x = x + torch.einsum("dm,bpm->bpd", of["mlp.W_out"], hidden) + of["mlp.b_out"]
        block += 1
    return (x @ w["unembed.W_U"])[:, -1]


def lens_shapes(
    p: int, d: int, heads: int, width: int, depth: int, normed: bool, tokens: int = 3
) -> dict[str, tuple[int, ...]]:
    e = d // heads
    shapes: dict[str, tuple[int, ...]] = {"embed.W_E": (p + tokens - 2, d), "pos_embed.W_pos": (tokens, d)}
    for i in range(depth):
        to = f"blocks.{i}"
        shapes |= {f"{to}.attn.W_{name}": (heads, d, e) for name in "QKV"}
        shapes |= {f"{to}.attn.b_{name}": (heads, e) for name in "QKV"}
        shapes |= {f"{to}.attn.W_O": (heads, e, d), f"{to}.attn.b_O": (d,)}
        shapes |= {f"{to}.mlp.W_in": (d, width), f"{to}.mlp.b_in": (width,)}
        shapes |= {f"{to}.mlp.W_out": (width, d), f"{to}.mlp.b_out": (d,)}
        if normed:
            shapes |= {f"{to}.{norm}.{part}": (d,) for norm in ("ln1", "ln2") for part in "wb"}
    shapes |= {"ln_final.w": (d,), "ln_final.b": (d,)} if normed else {}
    return shapes | {"unembed.W_U": (d, p), "unembed.b_U": (p,)}


def lens_logits(w: Weights, tokens: Tensor, act: str = "relu") -> Tensor:
    """Logits at the last token, as HookedTransformer computes them, with a causal mask."""

    def norm(x: Tensor, name: str) -> Tensor:
        return functional.layer_norm(x, x.shape[-1:], w[f"{name}.w"], w[f"{name}.b"]) if f"{name}.w" in w else x

    x = w["embed.W_E"][tokens] + w["pos_embed.W_pos"]
    block = 0
    while f"blocks.{block}.attn.W_O" in w:
        to, y = f"blocks.{block}", norm(x, f"blocks.{block}.ln1")
        q, k, v = (
            torch.einsum("btd,hde->bhte", y, w[f"{to}.attn.W_{n}"]) + w[f"{to}.attn.b_{n}"][:, None] for n in "QKV"
        )
        scores = q @ k.mT / math.sqrt(q.shape[-1])
        scores = scores.masked_fill(torch.ones_like(scores).triu(1) > 0, -torch.inf)
        x = x + torch.einsum("bhte,hed->btd", scores.softmax(-1) @ v, w[f"{to}.attn.W_O"]) + w[f"{to}.attn.b_O"]
        y = norm(x, f"{to}.ln2") @ w[f"{to}.mlp.W_in"] + w[f"{to}.mlp.b_in"]
        x = x + getattr(functional, act)(y) @ w[f"{to}.mlp.W_out"] + w[f"{to}.mlp.b_out"]
        block += 1
    return (norm(x, "ln_final") @ w["unembed.W_U"] + w["unembed.b_U"])[:, -1]


class Head(nn.Module):
    """AttentionHead of openai/grok's transformer.py."""

    def __init__(self, d: int, size: int) -> None:
        super().__init__()
        self.Wq, self.Wk, self.Wv = (nn.Linear(d, size, bias=False) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        scores = self.Wq(x) @ self.Wk(x).mT / math.sqrt(self.Wq.out_features)
        hidden = torch.ones(x.shape[1], x.shape[1]).tril() == 0
        mixed: Tensor = scores.masked_fill(hidden, -torch.inf).softmax(-1) @ self.Wv(x)
        return mixed


class Attention(nn.Module):
    def __init__(self, d: int, heads: int) -> None:
        super().__init__()
        self.attn_heads = nn.ModuleList(Head(d, d // heads) for _ in range(heads))
        self.Wo = nn.Linear(d, d, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        written: Tensor = self.Wo(torch.cat([head(x) for head in self.attn_heads], -1))
        return written


class FeedForward(nn.Module):
    def __init__(self, d: int) -> None:
        super().__init__()
        self.ffn = nn.Sequential(nn.Linear(d, 4 * d, bias=False), nn.ReLU(), nn.Linear(4 * d, d, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        written: Tensor = self.ffn(x)
        return written


class Block(nn.Module):
    def __init__(self, d: int, heads: int) -> None:
        super().__init__()
        self.self_attn, self.self_attn_norm = Attention(d, heads), nn.LayerNorm(d)
        self.ffn, self.ffn_norm = FeedForward(d), nn.LayerNorm(d)

    def forward(self, x: Tensor) -> Tensor:
        attended = self.self_attn_norm(x + self.self_attn(x))
        found: Tensor = self.ffn_norm(attended + self.ffn(attended))
        return found


class Decoder(nn.Module):
    def __init__(self, d: int, heads: int, depth: int) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(Block(d, heads) for _ in range(depth))

    def forward(self, x: Tensor) -> Tensor:
        for block in self.blocks:
            x = block(x)
        return x


OPERATORS = (
    "+ - * / **2+ **3+ x**2+y**2_mod_97 x**2+y**2+x*y_mod_97 x**2+y**2+x*y+x_mod_97 x**3+x*y_mod_97 "
    "x**3+x*y**2+y_mod_97 (x._value//y)if(y._value%2==1)else(x-y)_mod_97 s5 s5conj s5aba +* +- sort reverse copy"
)


class PowerTransformer(nn.Module):
    """Transformer of openai/grok's transformer.py, with the vocabulary of its data.py."""

    def __init__(self, d: int = 16, heads: int = 2, depth: int = 2) -> None:
        super().__init__()
        elements = ["".join(map(str, each)) for each in permutations(range(5))]
        tokens = ["<|eos|>", "=", *sorted(OPERATORS.split()), *map(str, range(97)), *elements]
        self.elements, self.number = elements, {token: i for i, token in enumerate(tokens)}
        self.embedding = nn.Embedding(len(tokens), d)
        rows = [
            [math.sin(at / 10000 ** (i / d)) if i % 2 == 0 else math.cos(at / 10000 ** ((i - 1) / d)) for i in range(d)]
            for at in range(50)
        ]
        self.register_buffer("position_encoding", torch.tensor(rows))
        self.register_buffer("self_attn_mask", torch.ones(50, 50).tril())
        self.decoder = Decoder(d, heads, depth)
        self.linear = nn.Linear(d, len(tokens), bias=False)

    def forward(self, words: list[list[str]]) -> Tensor:
        """Logits [n, vocabulary] at the last word of each."""
        numbers = torch.tensor([[self.number[word] for word in line] for line in words])
        x = self.embedding(numbers) + self.get_buffer("position_encoding")[: numbers.shape[1]]
        logits: Tensor = self.linear(self.decoder(x)[:, -1])
        return logits
