"""Weights that solve a sum of angles without training (Gromov 2023, arXiv:2301.02679)."""

from __future__ import annotations

import math
from typing import Final

import torch
from torch import Tensor

from grokterm.config import Config
from grokterm.config.consistency import CLOSED_FORM_WIDTH
from grokterm.lab.groups import group_of
from grokterm.lab.models.model import Parameters, Shapes
from grokterm.tasks.operations import rule_of

PHASES: Final = CLOSED_FORM_WIDTH
"""Evenly spaced phases a frequency at which all unwanted terms cancel exactly."""
GAP: Final = 20.0
"""By how much the correct logit exceeds the mean logit."""


def closed_form(config: Config, shapes: Shapes, generator: torch.Generator | None = None) -> Parameters:
    """Parameters of a quadratic one-hot MLP of one hidden layer that answers every pair correctly, float32.

    A neuron holds cos(w i + φ¹) for a, cos(w j + φ²) for b, and reads out cos(w s + φ¹ + φ²): of its square only the
    product of both cosines adds up over neurons, to cos w(i + j − s). Gromov draws the phases at random (`generator`),
    which is right for wide nets; evenly spaced ones, φ¹ = 2πm/7 and φ² = 3φ¹, cancel all other terms from 7 neurons
    on. Where zero factors exist one more neuron answers them. `config` is one that may have `init="closed-form"`.
    """
    group, added = group_of(config.op, config.p), rule_of(config.op).sum
    assert group is not None
    assert added is not None
    n, spare = group.n, int(group.n < config.p)
    frequency, first, second = _neurons(n // 2, config.width - spare, generator)
    used, scale = len(frequency), (2 * GAP / len(frequency)) ** (1 / 3)
    turn = 2 * math.pi * (frequency[:, None] * torch.arange(n) % n) / n
    parameters = {name: torch.zeros(shape) for name, shape in shapes.items()}
    parameters["W_a"][group.a, :used] = scale * (turn + first[:, None]).cos().float().mT
    parameters["W_b"][group.b, :used] = scale * (turn + second[:, None]).cos().float().mT
    parameters["W_out"][:used, group.c] = scale * (turn + first[:, None] + second[:, None]).cos().float()
    if spare:
        parameters["W_out"][-1, 0] = GAP ** (1 / 3)
        for name, sign in (("W_a", added.sign_a), ("W_b", added.sign_b)):
            parameters[name][0, -1] = GAP ** (1 / 3) if sign > 0 else 0
    return parameters


def _neurons(count: int, width: int, generator: torch.Generator | None) -> tuple[Tensor, Tensor, Tensor]:
    """The frequency and both phases of every neuron used, [used] each, for `count` frequencies."""
    if generator is not None:
        phases = 2 * math.pi * torch.rand(2, width, generator=generator, dtype=torch.float64)
        return torch.randint(1, count + 1, (width,), generator=generator), phases[0], phases[1]
    groups = width // PHASES
    # Frequency 1 is always there: alone it tells all answers apart, which one that divides n would not.
    k = torch.arange(groups) % count if groups >= count else torch.linspace(0, count - 1, groups).round().long()
    phase = 2 * math.pi * torch.arange(PHASES, dtype=torch.float64).repeat(groups) / PHASES
    return (k + 1).repeat_interleave(PHASES), phase, 3 * phase
