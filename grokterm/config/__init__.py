"""What a run is: its task, model, training, machine and goal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import cache
from typing import Any, Final, Literal, get_type_hints

from grokterm.config.consistency import check_closed_form, check_device, check_heads, check_split
from grokterm.config.losses import Loss
from grokterm.config.optimizers import DecayTo, Filter, Optimizer
from grokterm.config.setting import KEY, Setting, check, read, setting, words_of
from grokterm.errors import ConfigError
from grokterm.spelling import unknown
from grokterm.tasks.rules import rule_of

Value = int | float | str

Architecture = Literal["mlp", "embed-mlp", "transformer"]
Classes = Literal["p", "p+1"]
Init = Literal["random", "closed-form"]
LayerNorm = Literal["none", "pre", "post"]
Activation = Literal["relu", "gelu", "quadratic"]
Switch = Literal["off", "on"]
Precision = Literal["auto", "float32", "bfloat16", "float64"]
Until = Literal["memorized", "grokked", "forever"]

DEFAULTS_OF_OLD_RUNS: Final[dict[str, Value]] = {"measure_every": 0}
"""Settings that are younger than the first runs, with the values at which such a run comes out as it did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What a run is; together with the logged changes it determines every bit of it."""

    p: int = setting(97, "Task", "starts a new run", "Modulus of the table, 3 to 1,999.", ge=3, le=1999)
    op: str = setting(
        "add",
        "Task",
        "starts a new run",
        "Operation on the residues a and b, taken mod p: add, subtract, multiply, divide (needs a prime p), a formula "
        "such as a^2 + 3ab or a/b if b odd else a-b, min, max, |a-b|; or in a group: s5, d59, z7xz13, s5-conjugate.",
        label="operation",
    )
    train_fraction: float = setting(
        0.5,
        "Task",
        "at once",
        "Share of all pairs that is trained on, between 0 and 1; the rest is the test set. Smaller sets lie in larger.",
        short="fraction",
        gt=0,
        lt=1,
        aliases=("frac",),
    )
    corrupt: float = setting(
        0.0,
        "Task",
        "at once",
        "Share of the training pairs with a seeded wrong label, 0 to 1; train accuracy counts the labels trained on.",
        label="wrong labels",
        ge=0,
        le=1,
    )
    seed: int = setting(
        0,
        "Task",
        "starts a new run",
        "Seed of the split, the wrong labels, the initial weights and the order of batches.",
        ge=0,
        le=2**63 - 1,
    )

    arch: Architecture = setting(
        "mlp",
        "Model",
        "rebuilds the model",
        "Architecture: one-hot pair → width → p; two embeddings → width → p; or transformer.",
        label="architecture",
    )
    width: int = setting(
        512, "Model", "rebuilds the model", "Hidden neurons of each MLP layer, 1 to 65,536.", ge=1, le=65536
    )
    d_model: int = setting(
        128,
        "Model",
        "rebuilds the model",
        "Embedding dimensions (embed-mlp, transformer), 1 to 8,192.",
        label="d_model",
        ge=1,
        le=8192,
    )
    heads: int = setting(
        4, "Model", "rebuilds the model", "Attention heads (transformer), 1 to 64; must divide d_model.", ge=1, le=64
    )
    depth: int = setting(
        1, "Model", "rebuilds the model", "Hidden layers (mlp, embed-mlp) or blocks (transformer), 1 to 3.", ge=1, le=3
    )
    layer_norm: LayerNorm = setting(
        "none",
        "Model",
        "rebuilds the model",
        "LayerNorm: none, before (pre) or after (post) each sublayer.",
        label="LayerNorm",
        short="norm",
    )
    activation: Activation = setting("relu", "Model", "rebuilds the model", "Activation of the MLP neurons.")
    classes: Classes = setting(
        "p",
        "Model",
        "rebuilds the model",
        'Classes of the softmax: p residues, or p+1 with "=", never an answer (Nanda et al.\'s code; without kernels).',
    )
    init: Init = setting(
        "random",
        "Model",
        "rebuilds the model",
        "Initial weights: random, or the closed-form solution (mlp, depth 1, quadratic, no LayerNorm).",
        label="initial weights",
        short="init",
    )

    loss: Loss = setting(
        "cross-entropy",
        "Loss",
        "at once",
        "Loss trained on and logged; mse and hinge are of the logits. Progress measures stay cross-entropy.",
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

    device: str = setting("auto", "Machine", "starts a new run", "Device: auto, cpu, cuda, cuda:N or mps.")
    precision: Precision = setting(
        "auto",
        "Machine",
        "starts a new run",
        "Precision of the matrix products; weights, logits and loss stay in float32 (float64).",
    )

    until: int | Until = setting(
        "forever",
        "Run",
        "at once",
        "Where training ends: a step, memorized (train accuracy > .99), grokked (test ≥ .99) or forever.",
        ge=1,
        le=10**12,
    )
    max_steps: int = setting(
        10**12,
        "Run",
        "at once",
        "Steps after which training ends whatever `until` says.",
        label="step limit",
        ge=1,
        le=10**12,
    )
    pace: float | Literal["max"] = setting(50.0, "Run", "at once", "Steps a second at most, or max.", gt=0, le=10**9)
    log_every: int = setting(
        10,
        "Run",
        "at once",
        "Steps from one log record to the next.",
        label="steps a log record",
        short="log every",
        ge=1,
        le=10**6,
    )
    measure_every: int = setting(
        100,
        "Run",
        "at once",
        "Steps from one set of progress measures to the next; 0 takes none.",
        label="steps a measurement",
        short="measure every",
        ge=0,
        le=10**6,
    )

    def __post_init__(self) -> None:
        for name, known in settings().items():
            check(name, field_type(name), known, getattr(self, name))
        rule = rule_of(self.op)
        object.__setattr__(self, "op", rule.name)
        object.__setattr__(self, "p", rule.order or self.p)
        check_split(self.p, self.op, self.train_fraction)
        if self.arch == "transformer":
            check_heads(self.d_model, self.heads)
        check_device(self.device)
        if self.init == "closed-form":
            model = (self.arch, self.depth, self.activation, self.layer_norm)
            check_closed_form(self.p, self.op, self.width, *model)

    def changed(self, values: Mapping[str, Any]) -> Config:
        """The same run with `values` in place of its own; raises ConfigError."""
        for name in values:
            if name not in settings():
                raise ConfigError(unknown("setting", name, list(settings())))
        return replace(self, **values)

    @property
    def class_count(self) -> int:
        """Output classes: p, and one more where "=" is a class too, the last."""
        return self.p + (self.classes == "p+1")

    @classmethod
    def written(cls, values: Mapping[str, Any]) -> Config:
        """A configuration from a run's files; what was not known when they were written has no effect there.

        Raises ConfigError.
        """
        return cls().changed({**DEFAULTS_OF_OLD_RUNS, **values})

    def as_dict(self) -> dict[str, Value]:
        """Every field by name, as written to config.toml and to the log."""
        return asdict(self)


@cache
def settings(owner: type = Config) -> dict[str, Setting]:
    """The `Setting` of every field of `Config`, or of another dataclass, in order."""
    return {f.name: f.metadata[KEY] for f in fields(owner)}


def label(name: str) -> str:
    """What people call a setting: weight_decay → weight decay."""
    return settings()[name].label or name.replace("_", " ")


def short_label(name: str) -> str:
    """What a setting is called where there is little room: weight_decay → wd."""
    return settings()[name].short or label(name)


@cache
def field_type(name: str) -> Any:
    """The type of a field of `Config`, without its `Setting`."""
    return _field_types()[name]


@cache
def _field_types() -> dict[str, Any]:
    return get_type_hints(Config)


@cache
def choices(name: str) -> tuple[str, ...]:
    """The words that a field of `Config` may hold; empty where it holds only numbers or free text."""
    return words_of(field_type(name))


def docs() -> dict[str, str]:
    """The help text of every field of `Config`."""
    return {name: setting.help for name, setting in settings().items()}


def parse(name: str, text: str) -> Value:
    """The value of a field from what a person typed; raises ConfigError."""
    value = read(name, field_type(name), settings()[name], text)
    return rule_of(str(value)).name if name == "op" else value
