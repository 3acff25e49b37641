"""Optimizers as chains: gradient → filter → rule → decay → constraint, read from hyperparameters on the device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Final, Literal

import torch
from torch import Tensor

from grokterm.config import Config
from grokterm.config.optimizers import Filter
from grokterm.config.optimizers import Optimizer as OptimizerName
from grokterm.lab.models.layout import Layout
from grokterm.lab.optimizers.adam import AdamW, has_fused_step
from grokterm.lab.optimizers.constraints import NormClamp
from grokterm.lab.optimizers.filters import FILTERS
from grokterm.lab.optimizers.filters import Filter as GradientFilter
from grokterm.lab.optimizers.hyperparameters import Hyperparameters
from grokterm.lab.optimizers.rule import Rule
from grokterm.plugins.registry import made

Implementation = Literal["chain", "fused", "planned"]
"""How a step is computed: one operation after another; fused in one pass over the parameters, with numbers read on the
host; or in few operations, with its numbers planned on the device for many steps at once."""
PLAN_STEPS: Final = 256
"""Steps whose numbers are planned at once."""


def implementation_for(device: torch.device) -> Implementation:
    """The fastest implementation on a device that this torch has, for rules that have it."""
    fastest: dict[str, Implementation] = {"cpu": "fused" if has_fused_step() else "chain", "cuda": "planned"}
    return fastest.get(device.type, "chain")


@cache
def rules() -> Mapping[OptimizerName, type[Rule]]:
    """Every rule by its name: those in `RULES` of the modules beside this one."""
    found: dict[OptimizerName, type[Rule]] = {}
    for module in iter_modules([str(Path(__file__).parent)], f"{__package__}."):
        found |= getattr(import_module(module.name), "RULES", {})
    return found


@dataclass(frozen=True)
class Chain:
    """Which links a chain has: a change of them makes it anew, while all numbers act on the chain that is there."""

    filter: Filter = "none"
    window: int = 1
    """Gradients of which a filter holds the last ones."""
    l1: bool = False
    decays_to_start: bool = False
    clamps: bool = False

    @classmethod
    def of(cls, config: Config) -> Chain:
        """The links that a configuration asks for."""
        window = config.ma_window if config.filter == "grokfast-ma" else 1
        return cls(config.filter, window, config.l1 > 0, config.decay_to == "init", config.norm_clamp > 0)

    @property
    def needs_start(self) -> bool:
        """Whether a step reads the parameters with which the model began."""
        return self.decays_to_start or self.clamps


@dataclass(frozen=True)
class Known:
    """What a chain knows of the parameters [..., size] beside their values."""

    layout: Layout
    """Where each of them is."""
    hidden: frozenset[str] = frozenset()
    """The matrices that are neither embedding nor read-out."""
    start: Tensor | None = None
    """Those with which the model began, where a step reads them."""


class Optimizer:
    """L1, a filter, a rule with linear warm-up, decay and a constraint, one after another."""

    def __init__(
        self,
        name: OptimizerName,
        parameters: Tensor,
        hyper: Hyperparameters,
        implementation: Implementation = "chain",
        chain: Chain = Chain(),
        known: Known | None = None,
    ) -> None:
        """A step of the implementation "fused" is not to be captured, one by "planned" only behind `prepare`.

        Both are for what has them; a chain stands in elsewhere.
        """
        known = known or Known(Layout({"parameters": (parameters.shape[-1],)}))
        self.hyper, self.chain = hyper, chain
        self.count = torch.zeros_like(hyper.lr)
        """Steps taken since the model was built, or the optimizer chosen: of all, or of each that has a rate."""
        make_rule: type[Rule] = made("optimizer", name, Rule) or rules()[name]
        make_filter: type[GradientFilter] = made("filter", chain.filter, GradientFilter) or FILTERS[chain.filter]
        self.rule = make_rule(parameters, self.count, known.layout, known.hidden)
        self.filter = make_filter(parameters, known.layout, chain.window)
        self._target = known.start if chain.decays_to_start else None
        self._clamp = NormClamp(known.start) if chain.clamps and known.start is not None else None
        rule, alone = self.rule, implementation != "chain" and self._target is None
        self._one_pass = rule if isinstance(rule, AdamW) and rule.in_one_pass and alone else None
        self.implementation: Implementation = implementation if self._one_pass is not None else "chain"
        each = sum(getattr(hyper, field.name) for field in fields(hyper)).shape
        planned = PLAN_STEPS if self.implementation == "planned" else 0
        self._plan = parameters.new_zeros(planned, 5, *each)
        self._next = torch.zeros(1, dtype=torch.int64, device=parameters.device)
        """The row of the plan that the next step reads."""
        self._left = 0

    def prepare(self) -> None:
        """Plan the numbers of the next step; call before each step, also before a captured one is replayed."""
        if self._one_pass is None or self.implementation != "planned":
            return
        if self._left == 0:
            ahead = torch.arange(1, PLAN_STEPS + 1, device=self.count.device)
            counts = self.count + ahead.view(-1, *[1] * (self._plan.ndim - 2))
            numbers = self._one_pass.plan(counts, self.hyper.lr * self._share(counts), self.hyper)
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
        if self.chain.l1:
            gradient = gradient + parameters.sign() * self.hyper.l1.to(gradient.dtype)
        gradient = self.filter.filtered(parameters, gradient, self.hyper)
        if self._one_pass is None:
            self._step_in_turn(parameters, gradient)
        elif self.implementation == "planned":
            numbers = self._plan.index_select(0, self._next)[0]
            self._next += 1
            self._one_pass.planned_step(parameters, gradient, numbers)
        else:
            rate = self.hyper.lr * self._share(self.count)
            self._one_pass.fused_step(parameters, gradient, self.hyper, rate)
        if self._clamp is not None:
            self._clamp.apply(parameters, self.hyper)

    def _step_in_turn(self, parameters: Tensor, gradient: Tensor) -> None:
        """Rule and decay, one operation after another."""
        hyper, dtype, target = self.hyper, parameters.dtype, self._target
        rates = self.rule.rates(self._share(self.count), hyper)
        if not self.rule.decoupled:
            above = parameters if target is None else parameters - target
            gradient = gradient + above * hyper.weight_decay.to(dtype)
        direction = self.rule.direction(gradient, hyper)
        if self.rule.decoupled and target is None:
            parameters.mul_((1 - rates * hyper.weight_decay).to(dtype))
        elif self.rule.decoupled and target is not None:
            parameters.sub_((parameters - target) * (rates * hyper.weight_decay).to(dtype))
        parameters.sub_(direction * rates.to(dtype))

    def _share(self, count: Tensor) -> Tensor:
        """The share of the learning rate that warm-up has come to at a step, or at many."""
        hyper = self.hyper
        share = (count + (hyper.warmup_from - 1)) / hyper.warmup.clamp(min=1)
        return (share + (hyper.warmup < 1)).clamp(max=1)  # without warm-up, step 0 has the whole rate too

    @property
    def planned(self) -> list[Tensor]:
        """Tensors that a step changes beyond `state_dict`."""
        return [self._next]

    def state_dict(self) -> dict[str, Tensor]:
        """Everything that the next step depends on: tensors of rule and filter, and the count."""
        return {**self.rule.state_dict(), **self.filter.state_dict(), "count": self.count}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Take a state of the same names and shapes."""
        for name, tensor in self.state_dict().items():
            tensor.copy_(state[name])
        self.invalidate_plan()

    def take_over(self, before: Optimizer) -> None:
        """Go on where another chain stood: with the state of its rule, and of its filter, where they are the same."""
        if type(self.rule) is type(before.rule):
            self.count.copy_(before.count)
            _copy(before.rule.state_dict(), self.rule.state_dict())
        if self.chain.filter == before.chain.filter and self.chain.window == before.chain.window:
            _copy(before.filter.state_dict(), self.filter.state_dict())
        self.invalidate_plan()

    def take_replicas(self, into: Sequence[int], other: Optimizer, of: Sequence[int]) -> None:
        """Take everything of some replicas of an optimizer of the same chain, hyperparameters included."""
        for own, given in zip(self._of_each(), other._of_each(), strict=True):
            own[list(into)] = given[list(of)]
        self.invalidate_plan()

    def _of_each(self) -> list[Tensor]:
        """All tensors that have a row a replica."""
        start = [self._target] if self._target is not None else []
        norm = [self._clamp.norm] if self._clamp is not None else []
        return [*self.state_dict().values(), *self.hyper.tensors, *start, *norm]


def _copy(given: Mapping[str, Tensor], into: Mapping[str, Tensor]) -> None:
    for name, tensor in into.items():
        tensor.copy_(given[name])
