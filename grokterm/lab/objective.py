"""What a step lowers: a loss of the logits and penalties of the model; its numbers are on the device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from grokterm.config import Config
from grokterm.config.losses import LOSSES as NAMED
from grokterm.config.losses import Loss
from grokterm.lab.examples import Examples
from grokterm.lab.hashing import key_of, random_bits
from grokterm.lab.losses import ERRORS, loss_function
from grokterm.lab.native import LOSSES as KERNEL_LOSSES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grokterm.lab.models.network import Network

_PROJECTION = -1
"""The layer under which the signs of a projection are hashed: no layer of neurons has it."""


@dataclass(frozen=True)
class Parts:
    """Which parts an objective has: a change of them makes it anew, while all numbers act on the one that is there."""

    loss: Loss = "cross-entropy"
    scales: bool = False
    """Whether the temperature is not 1."""
    drops: bool = False
    aligns: bool = False
    """Whether there is a penalty of the Jacobian."""

    @classmethod
    def of(cls, config: Config) -> Parts:
        """The parts that a configuration asks for."""
        return cls(config.loss, config.temperature != 1, config.dropout > 0, config.jacobian > 0)

    @property
    def why_not_by_kernels(self) -> str:
        """What the kernels do not know of them, in words; empty where they know all."""
        if self.loss not in KERNEL_LOSSES:
            known = " and ".join(NAMED[loss].title for loss in KERNEL_LOSSES)
            return f"the kernels know {known}, and the loss is {NAMED[self.loss].title}"
        if self.scales:
            return "the kernels know a temperature of 1 alone"
        if self.drops:
            return "the kernels know no dropout"
        return "the kernels know no penalty of the Jacobian" if self.aligns else ""


class Objective:
    """Loss, temperature, dropout and the penalty of the Jacobian; L1 needs no model and is the optimizer's."""

    def __init__(self, config: Config, device: torch.device) -> None:
        dtype = torch.float32 if device.type == "mps" else torch.float64
        self.parts = Parts.of(config)
        self._temperature, self._dropout, self._jacobian = (
            torch.zeros((), dtype=dtype, device=device) for _ in range(3)
        )
        own = [name for name, _ in config.own if name in NAMED[config.loss].uses]
        self._own = {name: torch.zeros((), dtype=dtype, device=device) for name in own}
        self._key = torch.tensor(key_of(config.seed, "dropout"), dtype=torch.int32, device=device)
        self._step = torch.zeros((), dtype=torch.int64, device=device)
        self.update(config)

    def update(self, config: Config) -> None:
        """Take the numbers of `config`, in place."""
        self._temperature.fill_(config.temperature)
        self._dropout.fill_(config.dropout)
        self._jacobian.fill_(config.jacobian)
        for name, number in self._own.items():
            number.fill_(dict(config.own)[name])

    def begin(self, step: int) -> None:
        """Say which step is the next: what is random is a hash of it."""
        if self.parts.drops or self.parts.aligns:
            self._step.fill_(step)

    def advance(self) -> None:
        """Go on to the step after, on the device."""
        if self.parts.drops or self.parts.aligns:
            self._step += 1

    @property
    def touched(self) -> list[Tensor]:
        """Tensors that a step changes."""
        return [self._step]

    def loss_sum(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The loss summed over pairs: logits [..., n, classes] and labels int64 [n] give [...]."""
        return self.losses(logits, labels).sum(-1)

    def errors(self, logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """The loss of every pair, [n], and its gradient by the logits, [n, classes]; these may be written over."""
        by_hand = ERRORS.get(self.parts.loss)
        if by_hand is not None and not self.parts.scales:
            return by_hand(logits, labels)
        with torch.enable_grad():
            leaf = logits.detach().requires_grad_()
            losses = self.losses(leaf, labels)
            (gradient,) = torch.autograd.grad(losses.sum(), leaf)
        return losses.detach(), gradient

    def training_loss_sum(self, model: Network, parameters: Mapping[str, Tensor], examples: Examples) -> Tensor:
        """What a step lowers, summed over examples, [...]: the loss with neurons left out, and the penalty."""
        drop = Dropout(self._key, self._step, self._dropout, examples) if self.parts.drops else None
        total = self.loss_sum(model.logits_of(parameters, examples, drop), examples.labels)
        return total + self._alignment(model, parameters, examples) if self.parts.aligns else total

    def _alignment(self, model: Network, parameters: Mapping[str, Tensor], examples: Examples) -> Tensor:
        """½ Σ ‖J‖² over examples, by one projection v of the logits each: ‖J‖² = E‖vᵀJ‖² for random signs v.

        GrokAlign (Walker et al. 2025, arXiv:2506.12284), which estimates it as Hoffman et al. 2019 (arXiv:1908.02729)
        do; of their unit vectors times √classes these are the ones with entries ±1.
        """
        inputs = model.inputs_of(parameters, examples)
        if not inputs.requires_grad:
            inputs = inputs.requires_grad_()
        logits = model.logits_of_inputs(parameters, inputs)
        bits = random_bits(self._key, self._step, _PROJECTION, examples.numbers, logits.shape[-1])
        signs = 1 - 2 * (bits < 0).to(logits.dtype)
        (projected,) = torch.autograd.grad((logits * signs).sum(), inputs, create_graph=True)
        return projected.square().sum((-2, -1)) * (self._jacobian / 2).to(logits.dtype)

    def losses(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The loss of every pair, [..., n], with the temperature and the numbers of a plugin."""
        own = {name: number.to(logits.dtype) for name, number in self._own.items()}
        return loss_function(self.parts.loss)(self._scaled(logits), labels, **own)

    def _scaled(self, logits: Tensor) -> Tensor:
        return logits / self._temperature.to(logits.dtype) if self.parts.scales else logits


class Dropout:
    """Leaves out MLP neurons, and scales the others up by as much (Srivastava et al. 2014), by a hash of the place."""

    def __init__(self, key: Tensor, step: Tensor, share: Tensor, examples: Examples) -> None:
        """`share` of the neurons are left out, a scalar tensor."""
        self._key, self._step, self._share, self._rows = key, step, share, examples.numbers

    def __call__(self, layer: int, neurons: Tensor) -> Tensor:
        """Neurons [..., n, width] of a layer, a row an example; rows of another number, as residues, are counted."""
        n, width = neurons.shape[-2:]
        rows = self._rows if n == len(self._rows) else torch.arange(n, device=neurons.device)
        bits = random_bits(self._key, self._step, layer, rows, width)
        least = (self._share * 2.0**32 - 2.0**31).to(torch.int64)
        return neurons * (bits >= least) / (1 - self._share).to(neurons.dtype)
