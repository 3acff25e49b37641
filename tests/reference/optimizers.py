"""Optimizers and gradient filters as their papers and authors' code write them, a tensor at a time."""

from __future__ import annotations

import math
from collections import deque
from typing import Any, Protocol

import torch
from torch import Tensor

from grokterm.config import Config

Tensors = dict[str, Tensor]


class Rule(Protocol):
    """A rule of one tensor, changed in place."""

    def step(self, g: Tensor, config: Config, share: float) -> None:
        """Takes a step with the gradient and a share of the rate."""


class Filter(Protocol):
    """What is done to the gradients of all tensors."""

    def filtered(self, w: Tensors, g: Tensors, config: Config) -> Tensors:
        """The gradients for the rule."""


def rate_of(config: Config, t: int) -> float:
    """The share of the learning rate at step t, from 1."""
    return min(1.0, t / config.warmup) if config.warmup else 1.0


class PlainLion:
    """Chen et al. 2023, algorithm 2."""

    def __init__(self, w: Tensor) -> None:
        self.w, self.m = w, torch.zeros_like(w)

    def step(self, g: Tensor, config: Config, share: float) -> None:
        lr = config.lr * share
        update = torch.sign(config.beta1 * self.m + (1 - config.beta1) * g)
        self.w -= lr * (update + config.weight_decay * self.w)
        self.m = config.beta2 * self.m + (1 - config.beta2) * g


class PlainSign:
    """Bernstein et al. 2018, algorithm 1, with decoupled decay."""

    def __init__(self, w: Tensor) -> None:
        self.w = w

    def step(self, g: Tensor, config: Config, share: float) -> None:
        lr = config.lr * share
        self.w -= lr * (torch.sign(g) + config.weight_decay * self.w)


class PlainMuon:
    """Keller Jordan's Muon of one matrix [outputs, inputs], as torch.nn.Linear has it."""

    def __init__(self, w: Tensor) -> None:
        self.w, self.buffer = w, torch.zeros_like(w)

    def step(self, g: Tensor, config: Config, share: float) -> None:
        lr = config.muon_lr * share
        self.buffer = config.momentum * self.buffer + (1 - config.momentum) * g
        update = newton_schulz((1 - config.momentum) * g + config.momentum * self.buffer)
        outputs, inputs = g.shape
        self.w *= 1 - lr * config.weight_decay
        self.w -= lr * update * math.sqrt(max(1, outputs / inputs))


def newton_schulz(g: Tensor) -> Tensor:
    """Five steps of the quintic iteration."""
    a, b, c = (3.4445, -4.7750, 2.0315)
    x = g.T if g.shape[0] > g.shape[1] else g
    x = x / (x.norm() + 1e-7)
    for _ in range(5):
        xxt = x @ x.T
        x = a * x + b * xxt @ x + c * xxt @ xxt @ x
    orthogonal: Tensor = x.T if g.shape[0] > g.shape[1] else x
    return orthogonal


class PlainEma:
    """`gradfilter_ema` of the authors of Grokfast."""

    def __init__(self) -> None:
        self.mean: Tensors | None = None

    def filtered(self, w: Tensors, g: Tensors, config: Config) -> Tensors:
        if self.mean is None:
            self.mean = dict(g)
        self.mean = {n: self.mean[n] * config.ema_alpha + g[n] * (1 - config.ema_alpha) for n in g}
        return {n: g[n] + self.mean[n] * config.ema_lambda for n in g}


class PlainMa:
    """`gradfilter_ma` of the authors of Grokfast, with its warm-up."""

    def __init__(self) -> None:
        self.last: deque[Tensors] = deque()

    def filtered(self, w: Tensors, g: Tensors, config: Config) -> Tensors:
        self.last.append(g)
        if len(self.last) > config.ma_window:
            self.last.popleft()
        if len(self.last) < config.ma_window:
            return g
        return {n: g[n] + config.ma_lambda * sum(one[n] for one in self.last) / config.ma_window for n in g}


class PlainOrthoGrad:
    """`_orthogonalize_gradients` of the authors of ⊥Grad."""

    def filtered(self, w: Tensors, g: Tensors, config: Config) -> Tensors:
        found = {}
        for n in g:
            flat, weights = g[n].flatten(), w[n].flatten()
            across = flat - torch.dot(weights, flat) / (torch.dot(weights, weights) + 1e-30) * weights
            found[n] = (across * (flat.norm() / (across.norm() + 1e-30))).view_as(g[n])
        return found


class PlainRun:
    """A whole chain on tensors by name: L1, filter, rule, decay towards zero or the start, and the clamp."""

    def __init__(self, config: Config, start: Tensors, hidden: frozenset[str]) -> None:
        self.config, self.t = config, 0
        self.start = {n: w.clone() for n, w in start.items()}
        self.w = {n: w.clone() for n, w in start.items()}
        kinds: dict[str, type[Filter]] = {"grokfast-ema": PlainEma, "grokfast-ma": PlainMa, "orthograd": PlainOrthoGrad}
        self.filter: Filter | None = kinds[config.filter]() if config.filter != "none" else None
        rest = [n for n in start if n not in hidden] if config.optimizer == "muon" else list(start)
        self.leaves = {n: torch.nn.Parameter(self.w[n]) for n in rest}
        c = config
        decay = 0.0 if c.decay_to == "init" else c.weight_decay
        adam: dict[str, Any] = {"betas": (c.beta1, c.beta2), "eps": c.epsilon, "weight_decay": decay}
        leaves = list(self.leaves.values())
        self.torch: torch.optim.Optimizer | None = None
        match c.optimizer:
            case "adamw" | "muon":
                self.torch = torch.optim.AdamW(leaves, c.lr, **adam)
            case "adam":
                self.torch = torch.optim.Adam(leaves, c.lr, **adam)
            case "sgd":
                nesterov = c.nesterov == "on"
                self.torch = torch.optim.SGD(leaves, c.lr, c.momentum, weight_decay=decay, nesterov=nesterov)
        plain: dict[str, type[PlainLion | PlainSign]] = {"lion": PlainLion, "signsgd": PlainSign}
        self.plain: dict[str, Rule] = {n: plain[c.optimizer](self.w[n]) for n in start} if c.optimizer in plain else {}
        self.muon = {n: PlainMuon(self.w[n].T) for n in hidden} if c.optimizer == "muon" else {}

    def step(self, g: Tensors) -> None:
        """One step; a decay towards the start is taken by hand, before or in the gradient."""
        c, share = self.config, rate_of(self.config, self.t + 1)
        self.t += 1
        g = {n: g[n] + c.l1 * self.w[n].sign() for n in g} if c.l1 else g
        g = self.filter.filtered(self.w, g, c) if self.filter else g
        if c.decay_to == "init" and c.optimizer in ("adam", "sgd"):
            g = {n: g[n] + c.weight_decay * (self.w[n] - self.start[n]) for n in g}
        elif c.decay_to == "init":
            for n, w in self.w.items():
                rate = share * (c.muon_lr if n in self.muon else c.lr)
                w -= rate * c.weight_decay * (w - self.start[n])
        by_hand = c.changed({"weight_decay": 0.0}) if c.decay_to == "init" else c
        for n, one in self.plain.items():
            one.step(g[n], by_hand, share)
        for n, matrix in self.muon.items():
            matrix.step(g[n].T, by_hand, share)
        if self.torch is not None:
            for n, leaf in self.leaves.items():
                leaf.grad = g[n].clone()
            self.torch.param_groups[0]["lr"] = c.lr * share
            self.torch.step()
        if c.norm_clamp:
            norms = [math.sqrt(sum(float(w.square().sum()) for w in of.values())) for of in (self.start, self.w)]
            for w in self.w.values():
                w *= c.norm_clamp * norms[0] / norms[1]
