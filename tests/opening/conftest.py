"""Weights of others, opened in this process."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy.typing as npt
import pytest
import torch
from torch import Tensor

from grokterm.config import Config
from grokterm.lab import native
from grokterm.lab.engine import Engine
from grokterm.opening.model import Model, model_of
from grokterm.opening.weights import State, Weights
from grokterm.runs.checkpoints import list_checkpoints, load_checkpoint
from grokterm.runs.folder import RunFolder
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


def newest_logits(folder: RunFolder) -> tuple[npt.NDArray[Any], Config]:
    """Those of the newest checkpoint, of all pairs."""
    info, tensors = load_checkpoint(list_checkpoints(folder.checkpoint_folder)[-1])
    engine = Engine(info.to_config())
    engine.load_parameters({name: torch.from_numpy(tensors[f"parameters.{name}"]) for name in engine.parameters})
    numbers = torch.arange(engine.config.p**2)
    with torch.no_grad():
        found = engine.model.logits(engine.parameters, numbers // engine.config.p, numbers % engine.config.p)
    return found.numpy(), info.to_config()


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)
    native.load(None)  # other tests of this process begin without kernels
