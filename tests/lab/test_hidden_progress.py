"""A sparse parity groks, and its hidden progress is seen before; its controls claim nothing (Barak et al. 2022)."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from grokterm.analysis.phases import PhaseTracker
from grokterm.config import Config
from grokterm.lab.engine import Engine
from grokterm.lab.tuples import secret_coordinates
from grokterm.milestones import phase_accuracies

PARITY = Config(
    task="parity",
    arch="one-hot",
    n=20,
    k=3,
    train_size=500,
    width=200,
    loss="hinge",
    optimizer="sgd",
    momentum=0.0,
    lr=0.2,
    weight_decay=0.01,
    warmup=0,
    batch_size=32,
    device="cpu",
    precision="float32",
)
"""The set-up of Merrill et al. 2023, narrower and at twice the rate: a sixth of the time."""
EVERY = 25


class Way(NamedTuple):
    """What was measured every few steps, and the events of the phases."""

    test: list[float]
    change: list[float]
    events: dict[str, int]


def way_of(config: Config, steps: int) -> tuple[Engine, Way]:
    """Trains until it groks, or for so many steps."""
    engine, phases = Engine(config), PhaseTracker(phase_accuracies(config.chance))
    way = Way([], [], {})
    while engine.step <= steps and "grokked" not in way.events:
        found = engine.measure()
        way.test.append(found.test_accuracy)
        way.change.append(found.weight_change_l1 or 0.0)
        for name, _ in phases.update(engine.step, found.train_accuracy, found.test_accuracy):
            way.events.setdefault(name, engine.step)
        engine.advance(EVERY)
    return engine, way


@pytest.mark.parametrize("seed", [0, 1])
def test_a_parity_groks_and_hidden_progress_is_seen_before(seed: int) -> None:
    engine, way = way_of(PARITY.changed({"seed": seed}), 2000)
    assert way.events["memorized"] < way.events["grokked"]
    assert way.events["generalizing"] < way.events["grokked"]
    moved = next(i for i, accuracy in enumerate(way.test) if accuracy > 0.55)
    assert way.change[0] == 0
    assert way.change[moved - 1] > 0.25 * way.change[-1]
    assert all(later > earlier for earlier, later in zip(way.change[:moved], way.change[1:moved], strict=False))
    norms = engine.parameters["W_1"].norm(dim=-1)
    assert set(norms.topk(3).indices.tolist()) == set(secret_coordinates(engine.config).tolist())


CONTROLS = [{"corrupt": 0.5, "train_size": 100}, {"corrupt": 1.0}, {"weight_decay": 0.0, "train_size": 100}]


@pytest.mark.parametrize("control", CONTROLS, ids=str)
def test_random_or_turned_labels_and_no_decay_with_few_points_claim_nothing(control: dict[str, float]) -> None:
    _, way = way_of(PARITY.changed(control), 700)  # more than the parity takes to grok
    assert control == {"corrupt": 1.0} or way.events["memorized"] > 0
    assert way.events.keys() <= {"memorized"}
