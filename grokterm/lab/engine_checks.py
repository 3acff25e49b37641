"""What an engine refuses: changes that it cannot make, states of another model, and more memory than there is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from torch import Tensor

from grokterm.config import Config, settings
from grokterm.config.setting import Acts
from grokterm.errors import ConfigError
from grokterm.lab.models import build_any
from grokterm.lab.models.layout import Layout
from grokterm.lab.optimizers.chain import Chain

WINDOW_FLOATS: Final = 1 << 28
"""Numbers that a filter may hold of past gradients: 1 GiB in float32."""


def check_state(expected: Mapping[str, Tensor], state: Mapping[str, Tensor]) -> None:
    """Raises ConfigError where names, shapes or precision of a state are not those of the model's own.

    The step at which the model was built may be missing from either.
    """
    for name in (expected.keys() | state.keys()) - {"built_at"}:
        if name not in expected or name not in state:
            where = "missing from" if name in expected else "unknown to the model of"
            raise ConfigError(f"{name} is {where} this state: it is of another model")
        given, own = state[name], expected[name]
        if given.shape != own.shape or given.dtype != own.dtype:
            raise ConfigError(
                f"{name} of this state is {given.dtype} {list(given.shape)}, "
                f"and the model needs {own.dtype} {list(own.shape)}"
            )


def check_changes(present: Config, config: Config, *acts: Acts) -> None:
    """Raises ConfigError where settings differ that do not act in one of these ways."""
    old, new = present.as_dict(), config.as_dict()
    for name, setting in settings().items():
        if old[name] != new[name] and setting.acts not in acts:
            raise ConfigError(f"{name} {setting.acts}: it cannot change from {old[name]} to {new[name]} here")


def check_memory(config: Config) -> None:
    """Raises ConfigError where a filter would hold more gradients than there is room for."""
    window = Chain.of(config).window
    size = Layout(build_any(config).shapes()).size if window > 1 else 0
    if window * size > WINDOW_FLOATS:
        raise ConfigError(
            f"--ma-window {window:,} would hold {window:,} gradients of {size:,} numbers: "
            f"choose {WINDOW_FLOATS // size:,} at most for this model"
        )
