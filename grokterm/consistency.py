"""Whether the settings of a run fit together, and what follows from several of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from grokterm.arithmetic import group_order, is_prime, nearest_primes
from grokterm.errors import ConfigError
from grokterm.spelling import unknown

if TYPE_CHECKING:
    from grokterm.config import Config

CLOSED_FORM_WIDTH: Final = 7
"""Fewest neurons of the closed-form solution; one more where an operation has zero factors."""


def pair_count(p: int, op: str) -> int:
    """Number of pairs (a, b) on which the operation is defined: p², or p(p − 1) for divide."""
    return p * (p - 1) if op == "divide" else p * p


def train_count(config: Config) -> int:
    """Number of pairs in the training set: the train fraction of all defined pairs, rounded down."""
    return int(config.train_fraction * pair_count(config.p, config.op))


def check_together(config: Config) -> None:
    """Raises ConfigError where settings that are each allowed do not go together."""
    if config.op == "divide" and not is_prime(config.p):
        near = " and ".join(str(n) for n in nearest_primes(config.p))
        raise ConfigError(f"divide needs a prime p, and {config.p} is not: {near} are near")
    total, train = pair_count(config.p, config.op), train_count(config)
    if train < 1 or train >= total:
        side = "train" if train < 1 else "test"
        raise ConfigError(
            f"--train-fraction {config.train_fraction:g} leaves no {side} pair among the {total:,} pairs: "
            f"choose from {1 / total:.2g} to {1 - 1 / total:.6g}"
        )
    if config.arch == "transformer" and config.d_model % config.heads:
        raise ConfigError(
            f"--heads {config.heads} does not divide --d-model {config.d_model}: choose heads from "
            + ", ".join(str(h) for h in range(1, 65) if config.d_model % h == 0)
        )
    if not re.fullmatch(r"auto|cpu|mps|cuda(:\d{1,3})?", config.device):
        raise ConfigError(unknown("device", config.device, ["auto", "cpu", "cuda", "cuda:N", "mps"]))
    if config.init == "closed-form":
        _check_closed_form(config)


def _check_closed_form(config: Config) -> None:
    if (config.arch, config.depth, config.activation, config.layer_norm) != ("mlp", 1, "quadratic", "none"):
        raise ConfigError("--init closed-form needs --arch mlp --depth 1 --activation quadratic --layer-norm none")
    order = group_order(config.op, config.p)
    if order is None:
        raise ConfigError(f"--init closed-form does not know {config.op} mod {config.p}: it is no sum of angles")
    least = CLOSED_FORM_WIDTH + (order < config.p)
    if config.width < least:
        raise ConfigError(f"--init closed-form needs --width {least} or more, not {config.width}")
