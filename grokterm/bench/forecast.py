"""forecast/… : how well forecasts fare on runs that they were not fitted on, with other moduli, sizes and seeds."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from grokterm.bench.row import Bench, Goal, Row
from grokterm.forecast.features import NAMES
from grokterm.forecast.fit import moment
from grokterm.forecast.forecast import none_groks
from grokterm.forecast.hazards import Hazards, fitted
from grokterm.forecast.library import HELD_OUT, LibraryRun, sampled, trained
from grokterm.processor import cores
from grokterm.sweeper.workers import LocalWorkers
from grokterm.sweeps.curves import COLUMNS

if TYPE_CHECKING:
    import numpy.typing as npt

RUNS: Final = 160
QUICK_RUNS: Final = 16
SEEDS: Final = (4, 5)
"""Others than the library's, each of so many runs: what one sample of some fifty that grok says is off by a tenth."""
EARLY: Final = 1.1
"""Times its memorized step at which it is asked whether a run groks."""
_GOALS: Final = {0.25: 0.15, 0.5: 0.1, 0.75: 0.07}
"""On the way from memorization to grokking: the median absolute error of log10 of the step, at most."""
_TEST_LOSS: Final = NAMES.index("slope of log test loss")


@dataclass(frozen=True)
class Told:
    """What was forecast of runs at one place on their way, against what came."""

    inside: Sequence[bool]
    """Whether grokking came within the interval."""
    errors: Sequence[float]
    """|log10| of the median over the step that came."""
    of_library: Sequence[float]
    """The same of the library's median delay."""
    of_test_loss: Sequence[float]
    """The same of the test loss extrapolated to zero."""


def told(runs: Sequence[LibraryRun], share: float, hazards: Hazards) -> Told:
    """Of runs that grokked, at a share of the way from memorization."""
    inside, errors, of_library, of_loss = [], [], [], []
    for run in runs:
        start, end = run.memorized_step, run.grokked_step
        if start is None or end is None or end <= start:
            continue
        step = start + share * (end - start)
        found = moment(run, step)
        if found is None:
            continue
        at = last_step(run, step)
        expected = hazards.distribution(found)
        low, high = (at + end for end in expected.interval(hazards.levels))
        middle = at + expected.quantile(0.5)
        inside.append(bool(low <= end <= high))
        errors.append(abs(math.log10(middle / end)))
        of_library.append(abs(math.log10(max(at, start * hazards.delay) / end)))
        of_loss.append(abs(math.log10(extrapolated(run, at) / end)))
    return Told(inside, errors, of_library, of_loss)


def last_step(run: LibraryRun, step: float) -> float:
    """That of the last record up to a step."""
    return float(run.curve[0, int(np.searchsorted(run.curve[0], step, side="right")) - 1])


def extrapolated(run: LibraryRun, step: float) -> float:
    """Where a straight line through the last fifth of the test losses comes to 0; ten times as far where it rises."""
    steps, losses = run.curve[0], run.curve[COLUMNS.index("test_loss")]
    chosen = (steps <= step) & (steps >= step / 1.25)
    if chosen.sum() < 2:
        return 10 * step
    slope, begin = np.polyfit(steps[chosen], losses[chosen], 1)
    crossing = -begin / slope if slope < 0 else math.inf
    return float(min(max(crossing, step), 10 * step))


def groks(
    runs: Sequence[LibraryRun], hazards: Hazards
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_], list[float]]:
    """Of runs that have memorized and not grokked at `EARLY`: the chance that was told, what came, and a baseline."""
    chances, came, baseline = [], [], []
    for run in runs:
        if run.memorized_step is None:
            continue
        step = run.memorized_step * EARLY
        end = run.grokked_step or run.config.max_steps
        found = moment(run, step) if step < end else None
        if found is not None:
            at = last_step(run, step)
            chance = hazards.distribution(found).within(run.config.max_steps - at)
            chances.append(0.0 if none_groks(run.config) else chance)
            came.append(run.grokked_step is not None)
            baseline.append(-float(found[_TEST_LOSS]))
    return np.array(chances), np.array(came), baseline


def auroc(scores: Sequence[float] | npt.NDArray[np.float64], came: npt.NDArray[np.bool_]) -> float:
    """The chance that a run that grokked has a higher score than one that did not; NaN where there are not both."""
    of_score = np.asarray(scores)
    yes, no = of_score[came], of_score[~came]
    if not (len(yes) and len(no)):
        return math.nan
    above = (yes[:, None] > no[None]).mean() + 0.5 * (yes[:, None] == no[None]).mean()
    return float(above)


def rows(bench: Bench) -> Iterator[Row]:
    """Trains the runs that are held out, and compares what was forecast of them with what came."""
    count = QUICK_RUNS if bench.quick else RUNS
    configs = [config for seed in SEEDS for config in sampled(HELD_OUT, count, seed)]
    workers = LocalWorkers(cores())
    try:
        runs = list(trained(configs, workers, lambda words: bench.say(f"forecast: {words}")))
    finally:
        workers.close(at_once=True)
    hazards = fitted()
    for share, most in _GOALS.items():
        yield from _timed(told(runs, share, hazards), share, most)
    chances, came, baseline = groks(runs, hazards)
    score, other = auroc(chances, came), auroc(baseline, came)
    more: dict[str, float | str] = {"grokked": f"{came.sum()} of {len(came)}"}
    what = 'AUROC of "groks within its budget" at 1.1 times the memorized step; of the test loss\'s slope'
    yield Row("forecast/whether", what, "AUROC", score, other, score, Goal("≥ .95", least=0.95), more=more)


def _timed(found: Told, share: float, most: float) -> Iterator[Row]:
    """Coverage and error at one place on the way."""
    name, runs = f"{100 * share:.0f}", len(found.errors)
    if not runs:
        yield Row.left_out(f"forecast/coverage {name}", "no run that was held out grokked")
        return
    covered = sum(found.inside) / runs
    what = f"share of {runs} runs in the 80 % interval, {name} % of the way from memorization"
    yield Row(f"forecast/coverage {name}", what, "runs", sum(found.inside), runs, covered, Goal(".75–.85", 0.75, 0.85))
    ours, library, loss = (float(np.median(errors)) for errors in (found.errors, found.of_library, found.of_test_loss))
    what = f"median |log10| of the step forecast over that which came, {name} % of the way; the library's median delay"
    goal, more = Goal(f"≤ {most:g}", most=most), {"test loss extrapolated": loss}
    yield Row(f"forecast/error {name}", what, "", ours, library, ours, goal, repetitions=runs, more=more)


ROWS: Final[dict[str, Callable[[Bench], Iterator[Row]]]] = {"forecast": rows}
"""Rows that take minutes and are measured only when they are asked for."""
