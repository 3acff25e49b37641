"""Weights of others, opened in this process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from grokterm.lab.engine import Engine
from grokterm.opening.model import Model, model_of
from grokterm.opening.weights import State, Weights
from tests.opening.plain import pairs


def opened(*states: dict[str, Tensor], about: Mapping[str, object] | None = None, **asked: Any) -> Model:
    """The model of weights of steps 0, 1, …, under settings that are asked for."""
    held = [State(tensors, step) for step, tensors in enumerate(states)]
    return model_of(Weights("weights", held, about or {}), asked)


def logits_of(model: Model, at: int = -1) -> Tensor:
    """Logits [p², classes] of all pairs, by the engine that runs are trained with."""
    engine = Engine(model.config.changed({"device": "cpu"}))
    engine.load_parameters(model.states[at][1])
    with torch.no_grad():
        logits: Tensor = engine.model.logits(engine.parameters, *pairs(model.config.p))
    return logits


@pytest.fixture
def saved(tmp_path: Path) -> Callable[[object, str], Path]:
    """Saves with torch.save, under a name."""

    def save(what: object, name: str) -> Path:
        torch.save(what, tmp_path / name)
        return tmp_path / name

    return save
