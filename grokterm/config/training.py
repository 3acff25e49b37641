"""The settings of training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from grokterm.config.losses import Loss
from grokterm.config.optimizers import DecayTo, Filter, Optimizer
from grokterm.config.setting import Switch, setting


@dataclass(frozen=True, kw_only=True, init=False, repr=False, eq=False)  # what it needs of these Config makes
class TrainingSettings:
    """What a step goes against, and how."""

    loss: Loss = setting(
        "cross-entropy",
        "Loss",
        "at once",
        "Loss trained on and logged; mse and hinge are of the logits, and have no progress measures.",
    )
    temperature: float = setting(
        1.0, "Loss", "at once", "Temperature: the loss sees the logits divided by it; 1e-3 to 1,000.", ge=1e-3, le=1000
    )
    l1: float = setting(
        0.0,
        "Loss",
        "at once",
        "Penalty: this times the sum of |θ| over all parameters, 0 to 10.",
        label="L1",
        ge=0,
        le=10,
    )
    dropout: float = setting(
        0.0, "Loss", "at once", "Share of the MLP neurons that each step leaves out, 0 to below 1; seeded.", ge=0, lt=1
    )
    jacobian: float = setting(
        0.0,
        "Loss",
        "at once",
        "Penalty: this times ½‖J‖², J the logits' derivative by the input (GrokAlign); one random projection a step.",
        ge=0,
        le=1000,
    )
    optimizer: Optimizer = setting(
        "adamw", "Training", "at once", "Optimizer. Another one keeps the weights, and begins with warm-up."
    )
    lr: float = setting(
        5e-3, "Training", "at once", "Learning rate, 0 to 10.", label="learning rate", short="lr", ge=0, le=10
    )
    weight_decay: float = setting(
        1.0, "Training", "at once", "Weight decay, 0 to 1,000.", short="wd", ge=0, le=1000, aliases=("wd",)
    )
    beta1: float = setting(
        0.9,
        "Training",
        "at once",
        "Decay of the mean gradient (adamw, adam, muon, lion), 0 to below 1.",
        label="β₁",
        ge=0,
        lt=1,
    )
    beta2: float = setting(
        0.98,
        "Training",
        "at once",
        "Decay of the mean squared gradient (lion: of its momentum), 0 to below 1.",
        label="β₂",
        ge=0,
        lt=1,
    )
    epsilon: float = setting(
        1e-8, "Training", "at once", "Term against division by zero (adamw, adam, muon), above 0 to 1.", gt=0, le=1
    )
    momentum: float = setting(0.95, "Training", "at once", "Momentum of sgd and muon, 0 to below 1.", ge=0, lt=1)
    nesterov: Switch = setting(
        "off", "Training", "at once", "Nesterov's momentum for sgd: off or on; muon has it always."
    )
    muon_lr: float = setting(
        0.02,
        "Training",
        "at once",
        "Muon's rate for hidden matrices, 0 to 10; the rest has lr.",
        short="Muon's lr",
        ge=0,
        le=10,
    )
    decay_to: DecayTo = setting(
        "zero", "Training", "at once", "What weight decay leads to: zero, or the model's initial weights (init)."
    )
    norm_clamp: float = setting(
        0.0,
        "Training",
        "at once",
        "Holds ‖θ‖ at this factor of what it began with, after each step; 0 to 1,000, 0 lets it go.",
        ge=0,
        le=1000,
    )
    filter: Filter = setting(
        "none", "Training", "at once", "What is done to the gradient before the optimizer; another one begins afresh."
    )
    ema_alpha: float = setting(
        0.98,
        "Training",
        "at once",
        "α of grokfast-ema: what is kept of the mean, 0 to below 1.",
        label="Grokfast-EMA α",
        short="EMA α",
        ge=0,
        lt=1,
    )
    ema_lambda: float = setting(
        2.0,
        "Training",
        "at once",
        "λ of grokfast-ema: times the mean is added, 0 to 100.",
        label="Grokfast-EMA λ",
        short="EMA λ",
        ge=0,
        le=100,
    )
    ma_window: int = setting(
        100,
        "Training",
        "at once",
        "Gradients in the mean of grokfast-ma, 1 to 1,000; all are held.",
        label="Grokfast-MA window",
        short="MA window",
        ge=1,
        le=1000,
    )
    ma_lambda: float = setting(
        5.0,
        "Training",
        "at once",
        "λ of grokfast-ma: times the mean is added, 0 to 100.",
        label="Grokfast-MA λ",
        short="MA λ",
        ge=0,
        le=100,
    )
    warmup: int = setting(
        10,
        "Training",
        "at once",
        "Steps over which the learning rate rises linearly from 0.",
        label="warm-up",
        ge=0,
        le=10**9,
    )
    warmup_from: int = setting(
        1,
        "Training",
        "at once",
        "Number of the first step in warm-up, 1 or 0; step t has rate lr·min(t/warmup, 1), so that 0 begins with none.",
        label="first step of warm-up",
        short="warm-up from",
        ge=0,
        le=1,
    )
    batch_size: int | Literal["full"] = setting(
        "full",
        "Training",
        "at once",
        "Pairs a step: full, or a number; a fresh seeded order an epoch.",
        short="batch",
        ge=1,
        le=1999**2,
    )
