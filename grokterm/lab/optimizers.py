"""Optimizers as chains: gradient → rule → decoupled decay, each step read from hyperparameters on the device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from itertools import groupby
from typing import Final, Literal

import torch
from torch import Tensor

from grokterm.config import Config
from grokterm.config import Optimizer as OptimizerName

Implementation = Literal["chain", "fused", "planned"]
"""How a step is computed: one operation after another; fused in one pass over the parameters, with numbers read on the
host; or in few operations, with its numbers planned on the device for many steps at once."""
PLAN_STEPS: Final = 256
"""Steps whose numbers are planned at once."""


_FUSED: Final = "_fused_adamw_"
"""A private name of torch, without which a step on a CPU is a chain."""


def implementation_for(device: torch.device) -> Implementation:
    """The fastest implementation on a device that this torch has."""
    fastest: dict[str, Implementation] = {"cpu": "fused" if hasattr(torch, _FUSED) else "chain", "cuda": "planned"}
    return fastest.get(device.type, "chain")


@dataclass(frozen=True)
class Hyperparameters:
    """What an optimizer step reads, as tensors on the device, so that a captured step sees a change too.

    Each is a scalar, or [..., 1] with the replica axes of the parameters.
    """

    lr: Tensor
    weight_decay: Tensor
    beta1: Tensor
    beta2: Tensor
    epsilon: Tensor
    warmup: Tensor
    warmup_from: Tensor

    @classmethod
    def of(cls, config: Config, device: torch.device) -> Hyperparameters:
        """The hyperparameters of a configuration, in float64 where the device has it."""
        dtype = torch.float32 if device.type == "mps" else torch.float64
        values = config.as_dict()
        return cls(**{f.name: torch.tensor(float(values[f.name]), dtype=dtype, device=device) for f in fields(cls)})

    def update(self, config: Config) -> None:
        """Take the values of `config`, in place."""
        values = config.as_dict()
        for field in fields(self):
            getattr(self, field.name).fill_(values[field.name])


class Adam:
    """Adam's rule (Kingma & Ba 2015, arXiv:1412.6980, algorithm 1), the one of AdamW."""

    def __init__(self, parameters: Tensor, count: Tensor) -> None:
        self.mean = torch.zeros_like(parameters)
        self.square = torch.zeros_like(parameters)
        self.count = count
        """Steps taken, this one included: the t of the bias corrections."""

    def direction(self, gradient: Tensor, hyper: Hyperparameters) -> Tensor:
        """m̂/(√v̂ + ε) of a gradient [..., size], which updates the moments."""
        dtype = gradient.dtype
        self.mean.lerp_(gradient, (1 - hyper.beta1).to(dtype))
        self.square.lerp_(gradient.square(), (1 - hyper.beta2).to(dtype))
        of_mean = (1 - hyper.beta1**self.count).to(dtype)
        of_square = (1 - hyper.beta2**self.count).to(dtype)
        spread = (self.square / of_square).sqrt_().add_(hyper.epsilon.to(dtype))
        return (self.mean / of_mean).div_(spread)

    def fused_step(self, parameters: Tensor, gradient: Tensor, hyper: Hyperparameters, rate: Tensor) -> None:
        """The update by `direction` and the decoupled decay in one pass over parameters [..., size], in place.

        Its numbers are read here, for free on a CPU: a captured step would not see them change.
        """
        numbers = (rate, hyper.beta1, hyper.beta2, hyper.weight_decay, hyper.epsilon)
        of_each = zip(*(number.expand(*parameters.shape[:-1], 1).flatten().tolist() for number in numbers), strict=True)
        size, start = parameters.shape[-1], 0
        tensors = [t.view(-1) for t in (parameters, gradient, self.mean, self.square)]
        for (lr, beta1, beta2, decay, epsilon), replicas in groupby(of_each):
            stop = start + size * len(list(replicas))
            one, slope, mean, square = (t[start:stop] for t in tensors)
            start = stop
            getattr(torch, _FUSED)(
                [one],
                [slope],
                [mean],
                [square],
                [],
                [self.count],
                lr=lr,
                beta1=beta1,
                beta2=beta2,
                weight_decay=decay,
                eps=epsilon,
                amsgrad=False,
                maximize=False,
            )

    @staticmethod
    def plan(counts: Tensor, rate: Tensor, hyper: Hyperparameters) -> list[Tensor]:
        """What `planned_step` reads at the steps `counts` with learning rates `rate`: five numbers a step."""
        of_mean, of_square = 1 - hyper.beta1**counts, (1 - hyper.beta2**counts).sqrt()
        kept, scaled = 1 - rate * hyper.weight_decay, rate * of_square / of_mean
        return [1 - hyper.beta1, 1 - hyper.beta2, kept, scaled, hyper.epsilon * of_square]

    def planned_step(self, parameters: Tensor, gradient: Tensor, numbers: Tensor) -> None:
        """θ ← θ(1 − lr·weight_decay) − lr·m̂/(√v̂ + ε) of parameters [..., size]; numbers are [5, ..., 1].

        With both fractions extended by the root of v's bias correction, that is a number and no pass.
        """
        of_mean, of_square, kept, scaled, epsilon = numbers.unbind()
        self.mean.lerp_(gradient, of_mean)
        self.square.lerp_(gradient.square(), of_square)
        direction = self.mean / self.square.sqrt().add_(epsilon)
        parameters.mul_(kept).addcmul_(direction, scaled, value=-1)

    def state_dict(self) -> dict[str, Tensor]:
        """The moments by name, [..., size] each."""
        return {"mean": self.mean, "square": self.square}


RULES: Final[dict[OptimizerName, type[Adam]]] = {"adamw": Adam}


class Optimizer:
    """A rule, linear warm-up and decoupled decay θ ← θ(1 − lr·weight_decay) (Loshchilov & Hutter 2019)."""

    def __init__(
        self, name: OptimizerName, parameters: Tensor, hyper: Hyperparameters, implementation: Implementation = "chain"
    ) -> None:
        """A step of the implementation "fused" is not to be captured, one by "planned" only behind `prepare`."""
        self.hyper = hyper
        self.implementation = implementation
        self.count = torch.zeros((), dtype=hyper.lr.dtype, device=parameters.device)
        """Steps taken since the model was built."""
        self.rule = RULES[name](parameters, self.count)
        each = sum(getattr(hyper, field.name) for field in fields(hyper)).shape
        planned = PLAN_STEPS if implementation == "planned" else 0
        self._plan = parameters.new_zeros(planned, 5, *each)
        self._next = torch.zeros(1, dtype=torch.int64, device=parameters.device)
        """The row of the plan that the next step reads."""
        self._left = 0

    def prepare(self) -> None:
        """Plan the numbers of the next step; call before each step, also before a captured one is replayed."""
        if self.implementation != "planned":
            return
        if self._left == 0:
            counts = self.count + torch.arange(1, PLAN_STEPS + 1, device=self.count.device)
            counts = counts.view(-1, *[1] * (self._plan.ndim - 2))
            numbers = self.rule.plan(counts, self._rate(counts), self.hyper)
            self._plan.copy_(torch.stack([number.expand(self._plan[:, 0].shape) for number in numbers], 1))
            self._next.zero_()
            self._left = PLAN_STEPS
        self._left -= 1

    def invalidate_plan(self) -> None:
        """Call when count or hyperparameters were overwritten: planned numbers are computed anew."""
        self._left = 0

    def update(self, config: Config) -> None:
        """Take the hyperparameters of `config` from the next step on."""
        self.hyper.update(config)
        self.invalidate_plan()

    def step(self, parameters: Tensor, gradient: Tensor) -> None:
        """Update parameters [..., size] in place; step t of a warm-up of w has the rate lr·min(1, t/w).

        The first t is 1 or, as a schedule of torch counts, 0 (`warmup_from`).
        """
        self.count += 1
        if self.implementation == "planned":
            numbers = self._plan.index_select(0, self._next)[0]
            self._next += 1
            self.rule.planned_step(parameters, gradient, numbers)
            return
        hyper, rate = self.hyper, self._rate(self.count)
        if self.implementation == "fused":
            self.rule.fused_step(parameters, gradient, hyper, rate)
            return
        direction = self.rule.direction(gradient, hyper)
        parameters.mul_((1 - rate * hyper.weight_decay).to(parameters.dtype))
        parameters.sub_(direction.mul_(rate.to(parameters.dtype)))

    def _rate(self, count: Tensor) -> Tensor:
        """The learning rate of a step, or of many."""
        hyper = self.hyper
        share = (count + (hyper.warmup_from - 1)) / hyper.warmup.clamp(min=1)
        return hyper.lr * (share + (hyper.warmup < 1)).clamp(max=1)  # without warm-up, step 0 has the whole rate too

    @property
    def planned(self) -> list[Tensor]:
        """Tensors that a step changes beyond `state_dict`."""
        return [self._next]

    def state_dict(self) -> dict[str, Tensor]:
        """Everything that the next step depends on: the rule's tensors [..., size] and the count."""
        return {**self.rule.state_dict(), "count": self.count}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Take a state of the same names and shapes."""
        for name, tensor in self.state_dict().items():
            tensor.copy_(state[name])
        self.invalidate_plan()
