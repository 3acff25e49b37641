"""The numbers that an optimizer step reads, as tensors on the device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, make_dataclass

import torch
from torch import Tensor

from grokterm.config import Config, Value


@dataclass(frozen=True)
class Hyperparameters:
    """What an optimizer step reads, as tensors on the device, so that a captured step sees a change too.

    Each is a scalar, or [..., 1] with the replica axes of the parameters.
    """

    lr: Tensor
    weight_decay: Tensor
    beta1: Tensor
    beta2: Tensor
    epsilon: Tensor
    warmup: Tensor
    warmup_from: Tensor
    momentum: Tensor
    nesterov: Tensor
    """1 where it is on, else 0."""
    muon_lr: Tensor
    ema_alpha: Tensor
    ema_lambda: Tensor
    ma_lambda: Tensor
    l1: Tensor
    norm_clamp: Tensor

    @classmethod
    def of(cls, config: Config, device: torch.device) -> Hyperparameters:
        """The hyperparameters of a configuration, in float64 where the device has it.

        The numbers of plugins are fields beside the others.
        """
        kind, dtype = cls._kind(config), torch.float32 if device.type == "mps" else torch.float64
        numbers = _numbers(kind, config)
        return kind(**{name: torch.tensor(number, dtype=dtype, device=device) for name, number in numbers.items()})

    @classmethod
    def of_each(cls, configs: Sequence[Config], device: torch.device) -> Hyperparameters:
        """Those of replicas, one of each of the configurations, [replicas, 1]."""
        kind = cls._kind(configs[0])
        each = [vars(cls.of(config, device)) for config in configs]
        return kind(**{field.name: torch.stack([one[field.name] for one in each])[:, None] for field in fields(kind)})

    @classmethod
    def _kind(cls, config: Config) -> type[Hyperparameters]:
        own = [(name, Tensor) for name, _ in config.own]
        return make_dataclass(cls.__name__, own, bases=(cls,), frozen=True) if own else cls

    def update(self, config: Config) -> None:
        """Take the values of `config`, in place."""
        for name, number in _numbers(type(self), config).items():
            getattr(self, name).fill_(number)

    @property
    def tensors(self) -> list[Tensor]:
        """All of them, in order."""
        return [getattr(self, field.name) for field in fields(self)]


def _numbers(kind: type[Hyperparameters], config: Config) -> dict[str, float]:
    values = config.as_dict()
    return {field.name: _number(values[field.name]) for field in fields(kind)}


def _number(value: Value) -> float:
    return float(value == "on") if isinstance(value, str) else float(value)
