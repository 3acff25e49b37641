"""forecast/changed: how well is told what a change would do before it is made, of runs that forecasts do not know.

`python -m grokterm.bench.forecast_changes` fits how wide the interval of a change has to be.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from grokterm.bench.row import Bench, Goal, Row
from grokterm.config import Config, Value
from grokterm.forecast.course import standing
from grokterm.forecast.forecast import WIDER, Forecast
from grokterm.forecast.library import HELD_OUT, LIBRARY, sampled
from grokterm.kernels.build import build
from grokterm.lab import devices, native
from grokterm.lab.engine import Engine
from grokterm.milestones import GROKKED, MEMORIZED
from grokterm.runs.history import History
from grokterm.training.recording import make_records, steps_to_next
from grokterm.training.trackers import Trackers
from grokterm.wire.records import Event, Record, TrainingRecord

RUNS: Final = 24
QUICK_RUNS: Final = 8
SEED: Final = 6
"""Others than those of the library and of the runs that forecasts are judged on."""
FIT_RUNS: Final = 56
FIT_SEED: Final = 7
"""Of runs of the library's shapes on which the width of the interval is fitted."""
INSIDE: Final = 0.8
"""Of those that grok, the share that an interval is to hold."""
CHANGED_AT: Final = 1.3
"""Times its memorized step at which a run is changed."""
_FACTORS: Final = {"weight_decay": (0.5, 2.0), "lr": (0.5, 2.0)}
_MORE_PAIRS: Final = 0.1


@dataclass(frozen=True)
class Outcome:
    """What was told of a change, or of none, and the step at which the run grokked; None where it did not in time."""

    changed: bool
    told: Forecast
    unchanged: Forecast
    """What was told of the run as it was."""
    grokked_step: int | None


def changes_of(config: Config) -> list[dict[str, Value]]:
    """Half and twice the weight decay and the rate, and a tenth more of the pairs where there are so many."""
    found: list[dict[str, Value]] = [
        {name: float(getattr(config, name)) * factor} for name, factors in _FACTORS.items() for factor in factors
    ]
    more = round(config.train_fraction + _MORE_PAIRS, 4)
    return [*found, {"train_fraction": more}] if more < 0.9 else found


def outcomes(config: Config) -> list[Outcome]:
    """Of a run that goes on unchanged and with each change from the same step; none where it never comes so far."""
    engine, trackers, history = Engine(config), Trackers(config), History(config)

    def write(record: TrainingRecord) -> list[Event]:
        events = trackers.update(record)
        taken: Sequence[Record] = [record, *events]
        history.add(taken)
        return events

    while not _is_time(history, engine.step):
        make_records(engine, 0.0, trackers, write)
        if history.milestones[GROKKED.step_name] is not None or engine.step >= config.max_steps or not engine.finite:
            return []
        engine.advance(steps_to_next(config, engine.step))
    make_records(engine, 0.0, trackers, write, complete=True)
    unchanged = standing(history)
    if history.milestones[GROKKED.step_name] is not None or not isinstance(unchanged, Forecast):
        return []
    state = {name: tensor.clone() for name, tensor in engine.state_dict().items()}
    found = [Outcome(False, unchanged, unchanged, _grokked_step(engine, config))]
    for values in changes_of(config):
        told = standing(history, given=values)
        if isinstance(told, Forecast):
            engine = Engine(config)
            engine.load_state_dict(state)
            found.append(Outcome(True, told, unchanged, _grokked_step(engine, config.changed(values))))
    return found


def _is_time(history: History, step: int) -> bool:
    memorized = history.milestones[MEMORIZED.step_name]
    return memorized is not None and step >= CHANGED_AT * memorized


def _grokked_step(engine: Engine, config: Config) -> int | None:
    """The step at which a run groks with a configuration from here on, in its budget."""
    engine.apply_settings(config)
    while engine.step < config.max_steps:
        steps = steps_to_next(config, engine.step)
        if engine.advance(steps) < steps:
            return None
        if GROKKED.reached(engine.measure().test_accuracy):
            return engine.step
    return None


def rows(bench: Bench) -> Iterator[Row]:
    """Trains runs to a while after they have memorized, and on from there with and without changes."""
    count = QUICK_RUNS if bench.quick else RUNS
    configs = [config for config in sampled(HELD_OUT, count, SEED) if not _hopeless(config)]
    found = []
    for number, config in enumerate(configs, 1):
        bench.say(f"forecast/changed: {number} of {len(configs)} runs")
        found += outcomes(config)
    came = [one for one in found if one.grokked_step is not None]
    changed, others = [one for one in came if one.changed], [one for one in came if not one.changed]
    if not (changed and others):
        yield Row.left_out("forecast/changed", "no run that was held out and changed grokked")
        return
    yield _covered(changed)
    what = "median |log10| of the step told for a change before it is made over that which came; told for no change"
    ours, same = _error(changed, lambda one: one.told), _error(changed, lambda one: one.unchanged)
    more = {"of the same runs unchanged": _error(others, lambda one: one.told)}
    yield Row("forecast/changed error", what, "", ours, same, ours, repetitions=len(changed), more=more)


def _covered(changed: Sequence[Outcome]) -> Row:
    """How many changed runs grokked within the interval that was told before the change."""
    inside = sum(one.told.low <= (one.grokked_step or 0) <= one.told.high for one in changed)
    what = f"share of {len(changed)} changes in the {INSIDE:.0%} interval told before"
    share, goal = inside / len(changed), Goal(".7–.9", 0.7, 0.9)  # some fifty leave as much to chance
    return Row("forecast/changed coverage", what, "runs", inside, len(changed), share, goal)


def widening(changed: Sequence[Outcome]) -> float:
    """What `WIDER` has to be for `INSIDE` of these changed runs, all of which grokked, to be within the interval."""
    return WIDER * float(np.quantile([_outside(one.told, one.grokked_step or 0) for one in changed], INSIDE))


def _outside(told: Forecast, grokked_step: int) -> float:
    """How far a step is from the median, 1 at an end of the interval, in the logarithm of the steps that remain."""
    at, median = told.step, math.log(told.median - told.step)
    came = math.log(max(grokked_step - at, 1))
    end = math.log(max((told.high if came > median else told.low) - at, 1))
    return (came - median) / (end - median)


def main() -> None:
    """Trains runs of the library's shapes, changes them, and says what `WIDER` has to be: a long task."""
    devices.prepare()
    native.load(build())
    configs = [config for config in sampled(LIBRARY, FIT_RUNS, FIT_SEED) if not _hopeless(config)]
    found = [one for config in configs for one in outcomes(config) if one.changed and one.grokked_step is not None]
    print(f"WIDER = {widening(found):.3g}, of {len(found)} changes")


def _error(found: Sequence[Outcome], which: Callable[[Outcome], Forecast]) -> float:
    return float(np.median([abs(math.log10(which(one).median / (one.grokked_step or math.nan))) for one in found]))


def _hopeless(config: Config) -> bool:
    """Whether labels are wrong or nothing decays: what a change would do to that is not asked."""
    return config.corrupt > 0 or config.weight_decay == 0


ROWS: Final[dict[str, Callable[[Bench], Iterator[Row]]]] = {"forecast/changed": rows}
"""Rows that take minutes and are measured only when they are asked for."""

if __name__ == "__main__":
    main()
