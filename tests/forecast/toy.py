"""Forecasts whose numbers are known: made by a toy in place of what is fitted, of logs that no trainer wrote."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from grokterm.config import Config, Value
from grokterm.forecast import forecast
from grokterm.forecast.features import NAMES
from grokterm.forecast.hazards import EDGES, Hazards
from grokterm.runs.history import History
from grokterm.wire.records import Change, Event, Progress, Record
from tests.measured import measured

MEMORIZED = 100


def toy() -> Hazards:
    """Says that 10^2.95 steps remain with decay 1, 10^2.45 with more, 10^3.45 with less; never with wrong labels.

    80 % of the runs grok between 10^-.04 and 10^.04 times as many.
    """
    w_1 = np.zeros((1, len(NAMES), 2))
    w_1[0, NAMES.index("log weight decay"), 0] = 1e3
    w_1[0, NAMES.index("corrupt"), 1] = 1e3
    edge = np.arange(len(EDGES))
    on = np.where(edge < EDGES.tolist().index(3.0), -20.0, 20.0)
    turns = np.where((edge >= EDGES.tolist().index(2.5)) & (edge < EDGES.tolist().index(3.5)), 40.0, 0.0)
    w_2 = np.stack([turns, np.full(len(EDGES), -200.0)])[None]
    zeros, ones = np.zeros(len(NAMES)), np.ones(len(NAMES))
    return Hazards(zeros, ones, w_1, np.zeros((1, 2)), w_2, on[None], np.array([0.1, 0.9]), 3.0, 1e9)


def use_toy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has forecasts made by the toy."""
    made = toy()
    monkeypatch.setattr(forecast, "fitted", lambda: made)


def course(last: int, grokked: int | None = None, every: int = 10, measure_every: int = 100) -> list[Record]:
    """The records of a run that memorized at step 100, with a set of measures every 100 steps."""
    records: list[Record] = []
    for step in range(0, last + 1, every):
        done = grokked is not None and step >= grokked
        records.append(
            measured(
                step,
                step / 100,
                train_loss=0.01,
                test_loss=3.0,
                train_accuracy=1.0,
                test_accuracy=1.0 if done else 0.1,
                sum_squared_weights=100.0,
                embedding_gini=0.3,
            )
        )
        if step % measure_every == 0:
            records.append(Progress(step, restricted_loss=1.0))
        if step == MEMORIZED:
            records.append(Event(step, "memorized", "memorized: train accuracy passed 99 %"))
        if step == grokked:
            records.append(Event(step, "grokked", "grokked: test accuracy reached 99 %"))
    return records


def change(step: int, new: dict[str, Value], old: dict[str, Value], rebuilt: bool = False) -> Change:
    """A change that a key makes."""
    return Change(step, new, old, rebuilt, False, "")


def history(records: Sequence[Record], **values: Value) -> History:
    """The history of a run with weight decay 1."""
    made = History(Config.starting({"p": 23, "weight_decay": 1.0, **values}))
    made.add(records)
    return made
