"""The other side: grokking as a plain PyTorch loop, with modules, autograd and torch.optim."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from grokterm.config import Config
from grokterm.lab import devices
from grokterm.lab.tasks import make_task


class PlainOneHot(nn.Module):
    """One-hot a and b side by side → width → p."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.p = config.p
        self.layers = nn.Sequential(nn.Linear(2 * config.p, config.width), nn.ReLU(), nn.Linear(config.width, config.p))

    def forward(self, pairs: Tensor) -> Tensor:
        """Logits [n, p] of pairs int64 [n, 2]."""
        logits: Tensor = self.layers(functional.one_hot(pairs, self.p).flatten(1).float())
        return logits


class PlainMlp(nn.Module):
    """Two embeddings side by side → width → p."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.of_a = nn.Embedding(config.p, config.d_model)
        self.of_b = nn.Embedding(config.p, config.d_model)
        self.layers = nn.Sequential(
            nn.Linear(2 * config.d_model, config.width), nn.ReLU(), nn.Linear(config.width, config.p)
        )

    def forward(self, pairs: Tensor) -> Tensor:
        """Logits [n, p] of pairs int64 [n, 2]."""
        logits: Tensor = self.layers(torch.cat((self.of_a(pairs[:, 0]), self.of_b(pairs[:, 1])), -1))
        return logits


class PlainTransformer(nn.Module):
    """One block on the tokens a, b, "=" as in Nanda et al. (2023), every position through every layer."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        d = config.d_model
        self.p, self.heads = config.p, config.heads
        self.tokens = nn.Embedding(config.p + 1, d)
        self.positions = nn.Parameter(torch.empty(3, d))
        self.query, self.key, self.value, self.out = (nn.Linear(d, d, bias=False) for _ in range(4))
        self.inner, self.outer = nn.Linear(d, config.width), nn.Linear(config.width, d)
        self.unembed = nn.Linear(d, config.p, bias=False)
        self.register_buffer("mask", torch.ones(3, 3, dtype=torch.bool).triu(1), persistent=False)
        for parameter in self.parameters():
            nn.init.normal_(parameter, std=1 / math.sqrt(d)) if parameter.ndim > 1 else nn.init.zeros_(parameter)

    def forward(self, pairs: Tensor) -> Tensor:
        """Logits [n, p] of pairs int64 [n, 2]."""
        equals = torch.full_like(pairs[:, :1], self.p)
        x = self.tokens(torch.cat((pairs, equals), 1)) + self.positions
        x = x + self._attention(x)
        x = x + self.outer(functional.relu(self.inner(x)))
        logits: Tensor = self.unembed(x[:, -1])
        return logits

    def _attention(self, x: Tensor) -> Tensor:
        layers = (self.query, self.key, self.value)
        q, k, v = (layer(x).unflatten(-1, (self.heads, -1)).transpose(1, 2) for layer in layers)
        scores = q @ k.mT / math.sqrt(q.shape[-1])
        mixed = scores.masked_fill(self.get_buffer("mask"), -math.inf).softmax(-1) @ v
        out: Tensor = self.out(mixed.transpose(1, 2).flatten(2))
        return out


class ChapterTransformer(nn.Module):
    """Two post-norm encoder layers of torch.nn, as in Brenndoerfer's chapter on grokking."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.p = config.p
        self.tokens = nn.Embedding(config.p + 1, config.d_model)
        self.positions = nn.Embedding(3, config.d_model)
        layer = nn.TransformerEncoderLayer(config.d_model, config.heads, config.width, dropout=0, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.unembed = nn.Linear(config.d_model, config.p)

    def forward(self, pairs: Tensor) -> Tensor:
        """Logits [n, p] of pairs int64 [n, 2]."""
        tokens = torch.cat((pairs, torch.full_like(pairs[:, :1], self.p)), 1)
        x = self.tokens(tokens) + self.positions.weight
        logits: Tensor = self.unembed(self.encoder(x)[:, -1])
        return logits


class PlainLoop:
    """The loop of a run's config: one step, then loss and accuracy of the whole test set, again and again."""

    def __init__(self, config: Config, model: type[nn.Module]) -> None:
        device, _ = devices.resolve(config)
        torch.manual_seed(config.seed)
        task = make_task(config).to(device)
        self.train, self.train_labels = _inputs(task.train, task.labels)
        self.test, self.test_labels = _inputs(task.test, task.labels)
        self.model = model(config).to(device)
        betas = (config.beta1, config.beta2)
        self.optimizer = torch.optim.AdamW(
            self.model.parameters(), lr=config.lr, betas=betas, eps=config.epsilon, weight_decay=config.weight_decay
        )
        self.batch_size = len(self.train) if config.batch_size == "full" else int(config.batch_size)
        self.test_accuracy = 0.0

    def epoch(self, evaluate_each_step: bool = True) -> None:
        """Every train pair once, in batches, and the test set after each step, or once at the end."""
        order = torch.randperm(len(self.train), device=self.train.device)
        whole = self.batch_size >= len(self.train)
        for start in range(0, len(self.train), self.batch_size):
            rows = slice(None) if whole else order[start : start + self.batch_size]
            self.optimizer.zero_grad()
            loss = functional.cross_entropy(self.model(self.train[rows]), self.train_labels[rows])
            loss.backward()  # type: ignore[no-untyped-call]
            self.optimizer.step()
            if evaluate_each_step:
                self.evaluate()
        if not evaluate_each_step:
            self.evaluate()

    @torch.no_grad()
    def evaluate(self) -> float:
        """Loss in nats over the test set; keeps its accuracy."""
        logits = self.model(self.test)
        self.test_accuracy = (logits.argmax(-1) == self.test_labels).float().mean().item()
        return functional.cross_entropy(logits, self.test_labels).item()


def _inputs(indices: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Pairs int64 [n, 2] and their labels int64 [n]."""
    p = len(labels)
    return torch.stack((indices // p, indices % p), 1), labels.flatten()[indices]
