"""The history of a run: columns, configuration, phases and milestones from records."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokterm.config import Config
from grokterm.errors import ConfigError
from grokterm.runs.history import COLUMNS, History
from grokterm.wire.records import Change, Event, Record, Scalars, Session
from tests.measured import measured
from tests.runs.test_log import scalars


def events(*named: tuple[int, str]) -> list[Record]:
    return [Event(step, name, "") for step, name in named]  # type: ignore[arg-type]


@given(st.lists(scalars, max_size=700), st.integers(1, 300))
def test_columns_hold_every_number_however_they_come(made: list[Scalars], portion: int) -> None:
    history = History(Config())
    for start in range(0, len(made), portion):
        history.add(made[start : start + portion])
    assert len(history) == history.version == len(made)
    assert history.last == (made[-1] if made else None)
    for name in COLUMNS:
        expected = [math.nan if (value := getattr(record, name)) is None else float(value) for record in made]
        assert np.array_equal(history.column(name), np.array(expected), equal_nan=True)


def test_a_column_that_was_taken_does_not_change() -> None:
    history = History(Config())
    record = measured(0, train_accuracy=0.5, test_accuracy=0.5, gradient_norm=None)
    history.add([record] * 200)
    before = history.column("train_loss")
    history.add([record] * 5000)
    assert before.shape == (200,)
    assert history.column("train_loss").shape == (5200,)


def test_changes_make_the_present_configuration() -> None:
    history = History(Config())
    history.add([Change(5, {"lr": 0.1}, {"lr": 1e-3}, False, False, ""), Change(9, {"lr": 0.2}, {}, False, False, "")])
    assert history.config == Config(lr=0.2)
    assert history.first_config == Config()
    assert len(history.changes) == 2
    with pytest.raises(ConfigError):
        history.add([Change(9, {"lr": -1}, {}, False, False, "")])


def test_an_estimate_of_key_frequencies_is_kept_from_the_step_at_which_it_changed() -> None:
    history = History(Config())
    estimates = [None, (), (), (3,), (3,), (3, 1), None, (3, 1), ()]
    history.add([measured(10 * at, key_frequencies=keys) for at, keys in enumerate(estimates)])
    assert history.key_frequencies == [(10, ()), (30, (3,)), (50, (3, 1)), (80, ())]
    history.add([measured(90, key_frequencies=()), measured(100, key_frequencies=(2,))])
    assert history.key_frequencies[4:] == [(100, (2,))]


def test_phases_and_milestones() -> None:
    history = History(Config())
    assert (history.phase, history.phase_steps) == ("memorizing", {"memorizing": 0})
    history.add(events((10, "memorized"), (50, "generalizing"), (60, "memorizing"), (70, "generalizing")))
    assert history.phase_steps == {"memorizing": 60, "generalizing": 70}
    history.add(events((80, "grokked_90"), (80, "grokked_95"), (90, "grokked"), (95, "collapsed"), (99, "grokked")))
    assert history.phase == "grokked"
    assert history.phase_steps["grokked"] == 99
    assert history.milestones == {
        "memorized_step": 10, "grokked_step_90": 80, "grokked_step_95": 80, "grokked_step_99": 90,
    }  # fmt: skip
    assert len(history.events) == 9


def test_a_rebuilt_model_starts_anew() -> None:
    history = History(Config())
    history.add(events((10, "memorized"), (50, "generalizing"), (80, "grokked")))
    history.add([Change(100, {"arch": "transformer"}, {"arch": "one-hot"}, True, False, "")])
    assert (history.phase, history.phase_steps) == ("memorizing", {"memorizing": 100})
    assert set(history.milestones.values()) == {None}
    history.add(events((120, "memorized")))
    assert history.milestones["memorized_step"] == 120


def test_sessions_are_kept() -> None:
    history = History(Config())
    session = Session(0, "started", "", 1.0, {"threads": 2})
    history.add([session])
    assert history.sessions == [session]
    assert history.version == 1
