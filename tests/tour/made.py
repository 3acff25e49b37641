"""Histories that no trainer wrote: a run that knew its pairs at step 200 and grokked at step 900."""

from __future__ import annotations

from grokterm.config import Config, Value
from grokterm.runs.history import History
from grokterm.wire.records import Change, Event, Record, Scalars
from tests.measured import measured


def scalars(step: int, train: float, test: float, keys: tuple[int, ...] | None = None) -> Scalars:
    return measured(
        step,
        step / 100,
        train_loss=0.1,
        test_loss=1.0,
        train_accuracy=train,
        test_accuracy=test,
        key_frequencies=keys,
    )


def memorized(config: Config, *more: Record) -> History:
    """A run up to step 200, and what came then."""
    return _history(config, scalars(100, 0.5, 0.0), Event(200, "memorized", ""), scalars(200, 1.0, 0.012), *more)


def grokked(config: Config, *more: Record, first_keys: int = 300) -> History:
    """A run up to step 900, of which keys are known from a step on, and what came then."""
    steps = [(300, 0.1), (400, 0.15), (500, 0.25), (800, 0.93), (900, 0.995)]
    records: list[Record] = [scalars(step, 1.0, test, (15, 7) if step >= first_keys else ()) for step, test in steps]
    events = [Event(800, "grokked_90", ""), Event(900, "grokked", "")]
    return memorized(config, *records, *events, *more)


def changed(step: int, **values: Value) -> Change:
    return Change(step, values, {}, False, False, "")


def _history(config: Config, *records: Record) -> History:
    history = History(config)
    history.add(records)
    return history
