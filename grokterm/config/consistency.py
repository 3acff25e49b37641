"""Whether the settings of a run fit together, and what follows from several of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from grokterm.config.architectures import ARCHITECTURES, Architecture
from grokterm.config.tasks import TASKS, TaskName, example_count
from grokterm.errors import ConfigError
from grokterm.spelling import option_name, unknown
from grokterm.tasks.operations import defined_count, group_order, rule_of

CLOSED_FORM_WIDTH: Final = 7
"""Fewest neurons of the closed-form solution; one more where an operation has zero factors."""


def train_count(p: int, op: str, train_fraction: float) -> int:
    """Number of pairs in the training set: the train fraction of all defined pairs, rounded down."""
    return int(train_fraction * defined_count(op, p))


def check_order(p: int, op: str, task: str = "table") -> None:
    """Raises ConfigError where a p is asked for together with a group of another order."""
    order = rule_of(op).order
    if task == "table" and order not in (None, p):
        raise ConfigError(f"--op {op} has {order} elements, so that --p is {order} and not {p}: leave it out")


def check_split(task: TaskName, p: int, op: str, k: int, train_fraction: float) -> None:
    """Raises ConfigError where an operation has no table mod p, or one of the two sets no example."""
    if TASKS[task].of_points:
        return
    if task == "table":
        rule_of(op).check(p)
    total = example_count(task, op, p, k)
    train = int(train_fraction * total)
    if train < 1 or train >= total:
        side = "train" if train < 1 else "test"
        one = "pair" if task == "table" and rule_of(op).inputs <= 2 else "tuple"
        raise ConfigError(
            f"--train-fraction {train_fraction:g} leaves no {side} {one} among the {total:,} {one}s: "
            f"choose from {1 / total:.2g} to {1 - 1 / total:.6g}"
        )


def check_any_inputs(arch: Architecture, inputs: int, chosen: Mapping[str, object]) -> None:
    """Raises ConfigError where an architecture, or one of the settings that were `chosen`, knows two inputs alone."""
    spec = ARCHITECTURES[arch]
    if spec.any_inputs is None:
        known = " or ".join(name for name, spec in ARCHITECTURES.items() if spec.any_inputs is not None)
        raise ConfigError(f"--arch {arch} takes two inputs, and this task has {inputs}: choose {known}")
    for name in sorted(chosen.keys() & (spec.uses - spec.any_inputs.uses)):
        raise ConfigError(f"{option_name(name)} {chosen[name]} is for two inputs, and this task has {inputs}")


def check_heads(d_model: int, heads: int) -> None:
    """Raises ConfigError where the heads of a transformer cannot share its dimensions."""
    if d_model % heads:
        raise ConfigError(
            f"--heads {heads} does not divide --d-model {d_model}: choose heads from "
            + ", ".join(str(h) for h in range(1, 65) if d_model % h == 0)
        )


def check_device(device: str) -> None:
    """Raises ConfigError for what is no name of a device."""
    if not re.fullmatch(r"auto|cpu|mps|cuda(:\d{1,3})?", device):
        raise ConfigError(unknown("device", device, ["auto", "cpu", "cuda", "cuda:N", "mps"]))


def check_closed_form(
    p: int, op: str, width: int, arch: Architecture, depth: int, activation: str, layer_norm: str
) -> None:
    """Raises ConfigError where there is no closed-form solution."""
    if not ARCHITECTURES[arch].closed_form or (depth, activation, layer_norm) != (1, "quadratic", "none"):
        solved = " or ".join(name for name, spec in ARCHITECTURES.items() if spec.closed_form)
        raise ConfigError(
            f"--init closed-form needs --arch {solved} --depth 1 --activation quadratic --layer-norm none"
        )
    order = group_order(op, p)
    if order is None:
        raise ConfigError(f"--init closed-form does not know {op} mod {p}: it is no sum of angles")
    least = CLOSED_FORM_WIDTH + (order < p)
    if width < least:
        raise ConfigError(f"--init closed-form needs --width {least} or more, not {width}")
