"""The training set and its labels changed between two steps."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from grokterm.config import Config
from grokterm.lab.engine import Engine
from tests.lab.examples import ARCHITECTURES, small
from tests.lab.predictions import predictions

CHANGES: list[dict[str, Any]] = [
    {"train_fraction": 0.2},
    {"corrupt": 0.5},
    {"train_fraction": 0.7, "corrupt": 0.1},
    {"train_fraction": 0.5, "corrupt": 0.0},
]


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return all(tensor.numpy().tobytes() == other[name].numpy().tobytes() for name, tensor in one.items())


@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize("batch_size", ["full", 10])
def test_a_changed_engine_goes_on_as_one_that_was_opened_there(arch: str, batch_size: int | str) -> None:
    engine = Engine(small(p=13, arch=arch, train_fraction=0.5, batch_size=batch_size))
    for change in CHANGES:
        engine.advance(5)
        engine.apply_settings(engine.config.changed(change))
        opened = Engine(engine.config)
        opened.load_state_dict(engine.state_dict())
        assert torch.equal(opened.task.train, engine.task.train)
        assert torch.equal(opened.task.noisy_labels, engine.task.noisy_labels)
        assert opened.measure() == engine.measure()
        assert engine.advance(5) == opened.advance(5) == 5
        assert same(engine.state_dict(), opened.state_dict())


def test_what_is_trained_on_decides_the_next_step() -> None:
    engines = [Engine(small(p=13)) for _ in range(3)]
    engines[1].apply_settings(engines[1].config.changed({"train_fraction": 0.3}))
    engines[2].apply_settings(engines[2].config.changed({"corrupt": 0.3}))
    for engine in engines:
        engine.advance(1)
    states = [engine.state_dict() for engine in engines]
    assert not any(same(states[i], states[j]) for i, j in ((0, 1), (0, 2), (1, 2)))


def test_a_changed_training_set_begins_a_new_epoch() -> None:
    engine = Engine(small(p=13, batch_size=20))
    engine.advance(2)
    before = engine.state_dict()
    engine.apply_settings(engine.config.changed({"lr": 0.5}))
    assert same(engine.state_dict(), before)
    engine.apply_settings(engine.config.changed({"train_fraction": 0.1}))
    after = engine.state_dict()
    assert (int(after["batches.epoch"]), int(after["batches.position"])) == (1, 0)
    assert engine.advance(1) == 1


def test_train_accuracy_counts_the_labels_trained_on() -> None:
    config = Config(
        arch="one-hot",
        p=23,
        width=154,
        activation="quadratic",
        init="closed-form",
        corrupt=0.25,
        device="cpu",
        precision="float32",
    )
    engine = Engine(config)
    count = len(engine.task.train)
    assert engine.measure().train_accuracy == pytest.approx(1 - int(0.25 * count) / count)
    assert engine.measure().test_accuracy == 1
    assert torch.equal(predictions(engine)[0], engine.task.labels)
