"""The settings that files tell beside their weights: grokterm's own, and those of others by their names there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from grokterm.config import Config, Value, settings
from grokterm.config.setting import Setting
from grokterm.errors import ConfigError

_ACTIVATIONS: Final = {"relu": "relu", "gelu": "gelu"}
_NORMS: Final = {"LN": "pre", "LNPre": "pre"}
_OPERATIONS: Final = {"add": "add", "subtract": "subtract", "multiply": "multiply", "x2xy2": "x2+xy+y2"}
"""By the names in Nanda et al.'s code."""
_OTHERS: Final[Mapping[str, tuple[str, Callable[[object], Value | None]]]] = {
    "fn_name": ("op", lambda value: _OPERATIONS.get(str(value))),
    "frac_train": ("train_fraction", lambda value: float(value) if isinstance(value, int | float) else None),
    "lr": ("lr", lambda value: float(value) if isinstance(value, int | float) else None),
    "weight_decay": ("weight_decay", lambda value: float(value) if isinstance(value, int | float) else None),
    "act_type": ("activation", lambda value: _ACTIVATIONS.get(str(value).lower())),
    "act_fn": ("activation", lambda value: _ACTIVATIONS.get(str(value).lower())),
    "normalization_type": ("layer_norm", lambda value: _NORMS.get(str(value))),
    "attention_dir": ("causal", lambda value: {"causal": "on", "bidirectional": "off"}.get(str(value))),
}
"""Names of Nanda et al.'s code and of TransformerLens: ours, and how a value is read."""
_TABLES: Final = ("settings", "nanda", "transformer_lens")


def settings_in(about: Mapping[str, object]) -> dict[str, Value]:
    """The settings that are told and that a run can have; of an export of grokterm's all of them."""
    own = about.get("config")
    if isinstance(own, Mapping):
        try:
            return Config.written(own).as_dict()
        except (ConfigError, TypeError):
            return {}  # of a newer grokterm: shapes and options say what they can
    found: dict[str, Value] = {}
    for table in _TABLES:
        told = about.get(table)
        for theirs, (ours, value_of) in _OTHERS.items():
            value = value_of(told[theirs]) if isinstance(told, Mapping) and theirs in told else None
            if value is not None and _allowed(settings()[ours], value):
                found[ours] = value
    return found


def _allowed(setting: Setting, value: Value) -> bool:
    return isinstance(value, str) or setting.allows(value)
