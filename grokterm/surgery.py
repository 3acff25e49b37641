"""Surgery on a model: which of its parts are taken out, by number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from grokterm.config import Config
from grokterm.config.architectures import users
from grokterm.errors import ConfigError
from grokterm.tasks.operations import group_order, rule_of

_LISTED: Final = 6
"""Numbers that words name one by one."""


@dataclass(frozen=True, slots=True)
class Ablation:
    """Parts of a model that are taken out of it; with none, the model is intact."""

    frequencies: tuple[int, ...] = ()
    """k = 1 … of the embedding or first layer."""
    only: bool = False
    """Whether `frequencies` are those that stay, and all others are taken out."""
    neurons: tuple[int, ...] = ()
    """From 0, through the hidden layers one after the other."""
    heads: tuple[int, ...] = ()
    """From 0, through the blocks one after the other."""

    @property
    def parts(self) -> bool:
        """Whether anything is taken out."""
        return bool(self.frequencies or self.only or self.neurons or self.heads)

    def words(self, config: Config) -> str:
        """What is taken out, as people say it: k = 5, 12; neurons 0–63; heads 1."""
        parts = []
        if self.only:
            parts.append(f"all but {_named(config, self.frequencies)}" if self.frequencies else "all frequencies")
        elif self.frequencies:
            parts.append(_named(config, self.frequencies))
        if self.neurons:
            parts.append(f"{len(self.neurons):,} of {neuron_count(config):,} neurons")
        if self.heads:
            parts.append(f"head{'s' if len(self.heads) > 1 else ''} {_listed(self.heads)}")
        return ", ".join(parts) or "nothing"


INTACT: Final = Ablation()
"""A model with all its parts."""


def frequency_count(config: Config) -> int:
    """How many frequencies k = 1 … or representations there are; 0 where the task has none."""
    if config.of_points:
        return 0
    return len(component_labels(config.op)) or (group_order(config.op, config.p) or 0) // 2


@cache
def component_labels(op: str) -> tuple[str, ...]:
    """Names of the representations of a group's product; none for other operations."""
    if rule_of(op).order is None:
        return ()
    from grokterm.tasks.representations import representations_of

    return tuple(each.label for each in representations_of(op))


def frequency_label(op: str, k: int) -> str:
    """What people call a frequency, its number, or a representation of a group: 12, [4,1] 4."""
    labels = component_labels(op)
    return labels[k - 1] if labels else f"{k}"


def key_words(op: str, keys: Sequence[int]) -> tuple[str, list[str]]:
    """What key frequencies or representations are called, one or several, and each of them in order."""
    one, several = ("representation", "representations") if component_labels(op) else ("frequency", "frequencies")
    return f"key {one if len(keys) == 1 else several}", [frequency_label(op, k) for k in sorted(keys)]


def neuron_count(config: Config) -> int:
    """Neurons of all hidden layers."""
    return config.width * config.depth


def head_count(config: Config) -> int:
    """Heads of all blocks; 0 without attention."""
    return config.heads * config.depth if "heads" in config.architecture.uses else 0


def check_ablation(config: Config, ablation: Ablation) -> None:
    """Raises ConfigError where a model of `config` has not all of these parts."""
    if ablation.parts and not config.of_pairs:
        raise ConfigError(f"parts are taken out of models of pairs alone, and {config.task_words} has none")
    if (ablation.frequencies or ablation.only) and not frequency_count(config):
        raise ConfigError(f"frequencies are not defined for {config.op} mod {config.p}")
    _check("frequency", ablation.frequencies, 1, frequency_count(config))
    _check("neuron", ablation.neurons, 0, neuron_count(config) - 1)
    if ablation.heads and not head_count(config):
        raise ConfigError(f"{config.arch} has no heads: only {' and '.join(users('heads'))} has them")
    _check("head", ablation.heads, 0, head_count(config) - 1)


def _check(what: str, numbers: Sequence[int], least: int, most: int) -> None:
    for number in numbers:
        if not least <= number <= most:
            raise ConfigError(f"there is no {what} {number}: choose from {least:,} to {most:,}")
    if len(set(numbers)) < len(numbers):
        raise ConfigError(f"one {what} is named twice")


def _named(config: Config, frequencies: Sequence[int]) -> str:
    labels = component_labels(config.op)
    return ", ".join(labels[k - 1] for k in sorted(frequencies)) if labels else f"k = {_listed(frequencies)}"


def _listed(numbers: Sequence[int]) -> str:
    rest = len(numbers) - _LISTED
    return ", ".join(f"{n:,}" for n in sorted(numbers)[:_LISTED]) + (f" and {rest:,} more" if rest > 0 else "")
