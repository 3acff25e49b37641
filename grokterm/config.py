"""What a run is: its task, model, training, machine and goal."""

from __future__ import annotations

import ast
import inspect
import math
import re
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import cache
from itertools import pairwise
from typing import Annotated, Any, Final, Literal, get_args, get_origin, get_type_hints

from grokterm.consistency import check_closed_form, check_device, check_heads, check_split
from grokterm.errors import ConfigError
from grokterm.spelling import option_name, unknown

Group = Literal["Task", "Model", "Training", "Machine", "Run"]
Acts = Literal["at once", "rebuilds the model", "starts a new run"]
Value = int | float | str

Operation = Literal["add", "subtract", "multiply", "divide", "x2+y2", "x2+xy+y2", "x2+xy+y2+x", "x3+xy", "x3+xy2+y"]
Architecture = Literal["mlp", "embed-mlp", "transformer"]
Classes = Literal["p", "p+1"]
Init = Literal["random", "closed-form"]
LayerNorm = Literal["none", "pre", "post"]
Activation = Literal["relu", "gelu", "quadratic"]
Optimizer = Literal["adamw"]
Precision = Literal["auto", "float32", "bfloat16", "float64"]
Until = Literal["memorized", "grokked", "forever"]

FORMULAS: Final[dict[Operation, str]] = {
    "add": "a + b",
    "subtract": "a − b",
    "multiply": "a · b",
    "divide": "a / b",
    "x2+y2": "a² + b²",
    "x2+xy+y2": "a² + ab + b²",
    "x2+xy+y2+x": "a² + ab + b² + a",
    "x3+xy": "a³ + ab",
    "x3+xy2+y": "a³ + ab² + b",
}
"""The operations as formulas in a and b."""
_BEFORE: Final[dict[str, Value]] = {"measure_every": 0}
"""Settings that are younger than the first runs, with the values at which such a run comes out as it did."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How one field of `Config` is shown, limited and changed while it trains."""

    group: Group
    acts: Acts
    least: float = -math.inf
    most: float = math.inf
    above: float = -math.inf
    below: float = math.inf
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What a run is; together with the logged changes it determines every bit of it."""

    p: Annotated[int, Setting("Task", "starts a new run", least=3, most=1999)] = 97
    """Modulus of the table, 3 to 1,999."""
    op: Annotated[Operation, Setting("Task", "starts a new run")] = "add"
    """Operation on the residues a and b, taken mod p; divide needs a prime p."""
    train_fraction: Annotated[float, Setting("Task", "at once", above=0, below=1, aliases=("frac",))] = 0.5
    """Share of all pairs that is trained on, between 0 and 1; the rest is the test set. Smaller sets lie in larger."""
    corrupt: Annotated[float, Setting("Task", "at once", least=0, most=1)] = 0.0
    """Share of the training pairs with a seeded wrong label, 0 to 1; train accuracy counts the labels trained on."""
    seed: Annotated[int, Setting("Task", "starts a new run", least=0, most=2**63 - 1)] = 0
    """Seed of the split, the wrong labels, the initial weights and the order of batches."""

    arch: Annotated[Architecture, Setting("Model", "rebuilds the model")] = "mlp"
    """Architecture: one-hot pair → width → p; two embeddings → width → p; or transformer."""
    width: Annotated[int, Setting("Model", "rebuilds the model", least=1, most=65536)] = 512
    """Hidden neurons of each MLP layer, 1 to 65,536."""
    d_model: Annotated[int, Setting("Model", "rebuilds the model", least=1, most=8192)] = 128
    """Embedding dimensions (embed-mlp, transformer), 1 to 8,192."""
    heads: Annotated[int, Setting("Model", "rebuilds the model", least=1, most=64)] = 4
    """Attention heads (transformer), 1 to 64; must divide d_model."""
    depth: Annotated[int, Setting("Model", "rebuilds the model", least=1, most=3)] = 1
    """Hidden layers (mlp, embed-mlp) or blocks (transformer), 1 to 3."""
    layer_norm: Annotated[LayerNorm, Setting("Model", "rebuilds the model")] = "none"
    """LayerNorm: none, before (pre) or after (post) each sublayer."""
    activation: Annotated[Activation, Setting("Model", "rebuilds the model")] = "relu"
    """Activation of the MLP neurons."""
    classes: Annotated[Classes, Setting("Model", "rebuilds the model")] = "p"
    """Classes of the softmax: p residues, or p+1 with "=", never an answer (Nanda et al.'s code; without kernels)."""
    init: Annotated[Init, Setting("Model", "rebuilds the model")] = "random"
    """Initial weights: random, or the closed-form solution (mlp, depth 1, quadratic, no LayerNorm)."""

    optimizer: Annotated[Optimizer, Setting("Training", "rebuilds the model")] = "adamw"
    """Optimizer; decay is decoupled: θ ← θ(1 − lr·weight_decay)."""
    lr: Annotated[float, Setting("Training", "at once", least=0, most=10)] = 5e-3
    """Learning rate, 0 to 10."""
    weight_decay: Annotated[float, Setting("Training", "at once", least=0, most=1000, aliases=("wd",))] = 1.0
    """Weight decay, 0 to 1,000."""
    beta1: Annotated[float, Setting("Training", "at once", least=0, below=1)] = 0.9
    """AdamW's decay of the mean gradient, 0 to below 1."""
    beta2: Annotated[float, Setting("Training", "at once", least=0, below=1)] = 0.98
    """AdamW's decay of the mean squared gradient, 0 to below 1."""
    epsilon: Annotated[float, Setting("Training", "at once", above=0, most=1)] = 1e-8
    """AdamW's term against division by zero, above 0 to 1."""
    warmup: Annotated[int, Setting("Training", "at once", least=0, most=10**9)] = 10
    """Steps over which the learning rate rises linearly from 0."""
    warmup_from: Annotated[int, Setting("Training", "at once", least=0, most=1)] = 1
    """Number of the first step in warm-up, 1 or 0; step t has rate lr·min(t/warmup, 1), so that 0 begins with none."""
    batch_size: Annotated[int | Literal["full"], Setting("Training", "at once", least=1, most=1999**2)] = "full"
    """Pairs a step: full, or a number; a fresh seeded order an epoch."""

    device: Annotated[str, Setting("Machine", "starts a new run")] = "auto"
    """Device: auto, cpu, cuda, cuda:N or mps."""
    precision: Annotated[Precision, Setting("Machine", "starts a new run")] = "auto"
    """Precision of the matrix products; weights, logits and loss stay in float32 (float64)."""

    until: Annotated[int | Until, Setting("Run", "at once", least=1, most=10**12)] = "forever"
    """Where training ends: a step, memorized (train accuracy > .99), grokked (test ≥ .99) or forever."""
    max_steps: Annotated[int, Setting("Run", "at once", least=1, most=10**12)] = 10**12
    """Steps after which training ends whatever `until` says."""
    pace: Annotated[float | Literal["max"], Setting("Run", "at once", above=0, most=10**9)] = 50.0
    """Steps a second at most, or max."""
    log_every: Annotated[int, Setting("Run", "at once", least=1, most=10**6)] = 10
    """Steps from one log record to the next."""
    measure_every: Annotated[int, Setting("Run", "at once", least=0, most=10**6)] = 100
    """Steps from one set of progress measures to the next; 0 takes none."""

    def __post_init__(self) -> None:
        for name in settings():
            _check_field(name, getattr(self, name))
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
        return cls().changed({**_BEFORE, **values})

    def as_dict(self) -> dict[str, Value]:
        """Every field by name, as written to config.toml and to the log."""
        return asdict(self)


@cache
def settings() -> dict[str, Setting]:
    """The `Setting` of every field of `Config`, in order."""
    hints = get_type_hints(Config, include_extras=True)
    return {f.name: next(m for m in get_args(hints[f.name]) if isinstance(m, Setting)) for f in fields(Config)}


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
    hint = field_type(name)
    if get_origin(hint) is Literal:
        return tuple(get_args(hint))
    return tuple(word for part in get_args(hint) if get_origin(part) is Literal for word in get_args(part))


@cache
def docs(owner: type = Config) -> dict[str, str]:
    """The docstring of every field of `Config`, or of another dataclass: what it is, its unit and its limits."""
    # The whole module is parsed, which is much quicker than finding the class's lines in it first.
    module = ast.parse(inspect.getsource(sys.modules[owner.__module__]))
    body = next(n for n in module.body if isinstance(n, ast.ClassDef) and n.name == owner.__name__).body
    found: dict[str, str] = {}
    for field, text in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(text, ast.Expr):
            found[field.target.id] = ast.literal_eval(text.value)
    return found


def parse(name: str, text: str) -> Value:
    """The value of a field from what a person typed; raises ConfigError."""
    text = text.strip()
    hint = field_type(name)
    parts = get_args(hint) if get_origin(hint) is not Literal else ()
    value: Value = text
    if text not in choices(name) and hint is not str and get_origin(hint) is not Literal:
        integral = hint is int or int in parts
        plain = text.replace(",", "").replace("_", "")
        try:
            value = int(plain) if integral else float(plain)
        except ValueError:
            if not (integral and re.fullmatch(r"\d{1,20}(\.0*)?[eE]\+?\d{1,2}", plain)):
                raise ConfigError(_expected(name, text)) from None
            value = int(float(plain))
    _check_field(name, value)
    return value


def _expected(name: str, given: object) -> str:
    """One sentence that says what a field may hold."""
    setting, words = settings()[name], choices(name)
    hint = field_type(name)
    if get_origin(hint) is Literal:
        return unknown(name, str(given), list(words))
    kind = "a whole number" if hint is int or int in get_args(hint) else "a number"
    low = f"from {_plain(setting.least)}" if setting.least > -math.inf else f"above {_plain(setting.above)}"
    high = f"up to {_plain(setting.most)}" if setting.most < math.inf else f"below {_plain(setting.below)}"
    high = f"and {high}" if setting.least == -math.inf else high.replace("up to", "to").replace("below", "to below")
    also = "".join(f"{w}, " for w in words)
    shown = f"{given:g}" if isinstance(given, float) else str(given)
    shown = (shown if len(shown) <= 40 else shown[:39] + "…") or "nothing"
    return f"{option_name(name)} must be {also and also + 'or '}{kind} {low} {high}, not {shown}"


def _plain(number: float) -> str:
    return f"{number:,}" if isinstance(number, int) else f"{number:,g}"


def _check_field(name: str, value: object) -> None:
    words, setting, hint = choices(name), settings()[name], field_type(name)
    if isinstance(value, str):
        if hint is not str and value not in words:
            raise ConfigError(_expected(name, value))
        return
    whole = hint is int or int in get_args(hint)
    number = hint in (int, float) or int in get_args(hint) or float in get_args(hint)
    if not number or isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ConfigError(_expected(name, value))
    inside = setting.least <= value <= setting.most and setting.above < value < setting.below
    if not math.isfinite(value) or not inside or (whole and not isinstance(value, int)):
        raise ConfigError(_expected(name, value))
