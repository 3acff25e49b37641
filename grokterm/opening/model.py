"""Others' weights as a model of ours: its configuration, and its parameters at every step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from grokterm.config import Config, Value
from grokterm.errors import WeightsError
from grokterm.lab.models import build_any
from grokterm.lab.precision import DTYPES
from grokterm.opening import mapped, told
from grokterm.opening.layouts import recognize, without_prefix
from grokterm.opening.report import Role
from grokterm.opening.taking import Converted, Hints, Taker
from grokterm.opening.weights import State, Tensors, Weights
from grokterm.spelling import option_name

_KEPT: Final = ("device", "precision", "until", "max_steps", "on_trouble", "pace", "init")
"""Settings of a run that weights say nothing about."""


class Model(NamedTuple):
    """A model at some steps."""

    config: Config
    layout: str
    """Whose names and shapes they had."""
    roles: tuple[Role, ...]
    states: list[tuple[int, Tensors]]
    """Steps, and the parameters there by our names, in the precision of the configuration."""
    knows_split: bool
    """Whether the file tells on which examples it was trained."""


def model_of(weights: Weights, asked: Mapping[str, Value], wanted: mapped.Map | None = None) -> Model:
    """The model that weights are of; `asked` are settings that do not follow from shapes.

    Raises WeightsError where the weights fit no layout, ConfigError on settings that no run can have.
    """
    given = {**(wanted.settings if wanted else {}), **asked}
    hints = Hints(given, told.settings_in(weights.about))
    prefix, last = without_prefix(weights.states[-1].tensors) if wanted is None else ("", weights.states[-1].tensors)
    layout = recognize(last) if wanted is None else mapped.layout_of(wanted)
    read: list[tuple[int, Converted]] = []
    roles: tuple[Role, ...] = ()
    for state in weights.states:
        taker = Taker(layout.name, _named(state, prefix))
        made = layout.convert(taker, hints)
        taker.check_all_taken()
        roles = tuple(Role(prefix + role.name, role.shape, role.role) for role in taker.roles)
        if read and made.values != read[0][1].values:
            raise WeightsError(f"the weights of step {state.step:,} are of another model than those before")
        read.append((state.step or 0, made))
    config = _config(read[0][1].values, [made.tensors for _, made in read], hints)
    states = [(step, _parameters(config, made.tensors)) for step, made in read]
    splits = ("seed", "train_fraction", "train_size", "corrupt")
    return Model(
        config, layout.name, roles, states, all(getattr(config, each) == hints.told.get(each) for each in splits)
    )


def _named(state: State, prefix: str) -> Tensors:
    """The tensors of a step by their names without a prefix that all have."""
    if not all(name.startswith(prefix) for name in state.tensors):
        raise WeightsError(f"the weights of step {state.step:,} have other names than those of the last step")
    return {name.removeprefix(prefix): tensor for name, tensor in state.tensors.items()}


def _config(values: Mapping[str, Value], states: Sequence[Tensors], hints: Hints) -> Config:
    """The configuration: what shapes say, what was asked for, and what the file tells, with the biases that are there.

    Raises WeightsError where shapes say another thing than was asked for, ConfigError.
    """
    for name, value in hints.asked.items():
        if name in values and values[name] != value:
            raise WeightsError(f"{option_name(name)} {value} does not fit: these weights have {values[name]}")
    kept = {name: value for name, value in hints.told.items() if name not in _KEPT}
    known = {**kept, **values, **hints.asked}
    fixed: dict[str, Value] = {"on_trouble": "off", "precision": known.get("precision", "float32")}
    biases = {name for tensors in states for name in tensors if _is_bias(name)}
    needed = {name for name in biases if any(bool(tensors[name].any()) for tensors in states if name in tensors)}
    if "bias" in hints.asked:
        choices = [hints.asked["bias"]]
    else:
        choices = [known.get("bias", "on" if biases else "off"), "on", "all"]
    configs = [Config.starting({**known, **fixed, "bias": choice}) for choice in choices]
    for config in configs:
        if needed <= build_any(config).shapes().keys():
            return config
    raise WeightsError(f"{min(needed)} is not 0, and a model with --bias {configs[-1].bias} has none")


def _parameters(config: Config, tensors: Tensors) -> Tensors:
    """Parameters of the model; raises WeightsError where one is missing or has another shape."""
    found: Tensors = {}
    shapes, like = build_any(config).shapes(), next(iter(tensors.values()))
    for name, shape in shapes.items():
        tensor = tensors.get(name)
        if tensor is None and _is_bias(name):
            tensor = like.new_zeros(shape)
        if tensor is None:
            raise WeightsError(f"{name} {list(shape)} is missing, which {_words(config)} has")
        if tensor.shape != shape:
            raise WeightsError(f"{name} is {list(tensor.shape)}, and {_words(config)} has {list(shape)}")
        found[name] = tensor.to(DTYPES[config.precision]).contiguous()
    other = next((name for name in tensors if name not in shapes and not _is_bias(name)), None)
    if other is not None:
        raise WeightsError(f"{other} {list(tensors[other].shape)} is nothing that {_words(config)} has")
    return found


def _words(config: Config) -> str:
    return f"a {config.arch} for {config.task_words}"


def _is_bias(name: str) -> bool:
    return name.rpartition(".")[2].startswith("b_")
