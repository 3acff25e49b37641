"""What the seeds of a cell came to together: summaries, marginals over one setting, and bands of curves.

Steps to grok are those to test accuracy ≥ .99. A run that has not grokked within its budget has them beyond it: it
counts as +inf, so that a median over many such runs is +inf and never the median of the lucky ones alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from grokterm.config import Value
from grokterm.milestones import GROKKED
from grokterm.sweeps.curves import COLUMNS, POINTS
from grokterm.sweeps.phases import LEARNED, PHASES
from grokterm.sweeps.table import SweepTable
from grokterm.wire.swept import SweptPhase, SweptRun

if TYPE_CHECKING:
    import numpy.typing as npt

    from grokterm.sweeps.curves import Curve

BAND: Final = (0.1, 0.9)
"""The quantiles between which a band lies."""

_LEARNED, _GROKKED = (f"{100 * share:.0f} %" for share in (LEARNED, GROKKED.accuracy))
MeasureName = Literal["phase", "steps", "share", "test_accuracy", "gini"]


@dataclass(frozen=True, slots=True)
class Measure:
    """A number or word of a cell by which a phase diagram is coloured: a field of `CellSummary`."""

    name: MeasureName
    words: str
    short: str
    log: bool = False
    """Whether its scale is logarithmic."""
    bounds: tuple[float, float] | None = None
    """Between which it always lies; None where the sweep decides."""


SUMMARY: Final[dict[MeasureName, Measure]] = {
    measure.name: measure
    for measure in (
        Measure("phase", f"phase of most runs ({_LEARNED})", "phase"),
        Measure("steps", f"steps to grok ({_GROKKED}), median", "steps", log=True),
        Measure("share", f"share of runs that grok ({_GROKKED})", "share", bounds=(0.0, 1.0)),
        Measure("test_accuracy", "test accuracy at the end, median", "test accuracy", bounds=(0.0, 1.0)),
        Measure("gini", "Gini coefficient of the embedding's spectrum, median", "Gini"),
    )
}
"""Every measure of a cell by name, in the order in which a key goes through them."""


@dataclass(frozen=True, slots=True)
class CellSummary:
    """What some runs came to together, those of one cell as a rule."""

    ended: int
    """Runs that finished, or grokked before they failed."""
    failed: int
    """Runs that failed before they grokked; they count in nothing else."""
    grokked: int
    share: float
    """Of the runs that ended, those that grokked; NaN without any."""
    phase: SweptPhase | None
    """The most frequent one of the runs that ended; of two as frequent, the earlier in PHASES."""
    steps: float
    """Median of the steps to grok, +inf where half never did; NaN without runs."""
    test_accuracy: float
    """Median of those at the end; NaN without any."""
    gini: float
    """Median of those at the end; NaN without any."""
    reasons: tuple[str, ...] = ()
    """Why the failed ones did, each reason once."""


@dataclass(frozen=True, slots=True)
class Marginal:
    """Steps to grok against one setting, over all values of the others."""

    name: str
    values: tuple[Value, ...]
    """Those of which a run has ended: numbers ascending, words as in the plan."""
    median: npt.NDArray[np.float64]
    """[values]; +inf where half of the runs never grokked."""
    low: npt.NDArray[np.float64]
    """[values]: of ten runs, one grokked sooner."""
    high: npt.NDArray[np.float64]
    """[values]: of ten runs, one grokked later, or never: +inf."""
    grokked: tuple[int, ...]
    ended: tuple[int, ...]

    @property
    def share(self) -> npt.NDArray[np.float64]:
        """Share of the runs that grokked, [values]."""
        return np.array(self.grokked, dtype=np.float64) / np.array(self.ended, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Bands:
    """Median and band of several curves, each shaped as a curve: [columns, points], the first row the steps."""

    median: Curve
    low: Curve
    high: Curve
    runs: int

    @property
    def steps(self) -> npt.NDArray[np.float32]:
        """The steps that all share, [points]."""
        return np.asarray(self.median[0])


def has_ended(run: SweptRun) -> bool:
    """Whether a run tells what comes of its settings: it spent its budget, or grokked before it failed."""
    return run.phase is not None and (run.state == "finished" or run.grokked_step_99 is not None)


def steps_to_grok(run: SweptRun) -> float:
    """The steps after which it grokked; +inf for a run that did not within its budget."""
    return math.inf if run.grokked_step_99 is None else float(run.grokked_step_99)


def summary_of(table: SweepTable, rows: Iterable[int]) -> CellSummary:
    """What the runs on these rows came to together."""
    chosen = [table.runs[row] for row in rows]
    runs = [run for run in chosen if has_ended(run)]
    grokked = sum(run.grokked_step_99 is not None for run in runs)
    phases = [run.phase for run in runs]
    return CellSummary(
        ended=len(runs),
        failed=len(chosen) - len(runs),
        grokked=grokked,
        share=grokked / len(runs) if runs else math.nan,
        phase=max(PHASES, key=phases.count) if runs else None,
        steps=quantile([steps_to_grok(run) for run in runs], 0.5),
        test_accuracy=_median(run.test_accuracy for run in runs),
        gini=_median(run.embedding_gini for run in runs),
        reasons=tuple(dict.fromkeys(run.reason for run in chosen if run.reason and not has_ended(run))),
    )


def grouped(
    table: SweepTable, by: Sequence[str], rows: Iterable[int] | None = None
) -> dict[tuple[Value, ...], list[int]]:
    """Rows by their values of some swept settings, in the order of the plan; raises KeyError for another name."""
    for name in by:
        if name not in table.setting_names:
            raise KeyError(name)
    cells = table.plan.cells
    groups: dict[tuple[Value, ...], list[int]] = {}
    first: dict[tuple[Value, ...], int] = {}
    for row in range(len(table)) if rows is None else rows:
        number = table.runs[row].cell
        key = tuple(cells[number].values[name] for name in by)
        groups.setdefault(key, []).append(row)
        first[key] = min(first.get(key, number), number)
    return {key: groups[key] for key in sorted(groups, key=first.__getitem__)}


def marginal(table: SweepTable, name: str, rows: Iterable[int] | None = None) -> Marginal:
    """Steps to grok against a swept setting, over all rows or these; raises KeyError for another name."""
    steps: dict[Value, list[float]] = {}
    for (value,), group in grouped(table, [name], rows).items():
        runs = [table.runs[row] for row in group]
        if found := [steps_to_grok(run) for run in runs if has_ended(run)]:
            steps[value] = found
    values = list(steps)
    if all(isinstance(value, (int, float)) for value in values):
        values.sort(key=float)
    low, median, high = (
        np.array([quantile(steps[value], q) for value in values], dtype=np.float64) for q in (BAND[0], 0.5, BAND[1])
    )
    return Marginal(
        name,
        tuple(values),
        median,
        low,
        high,
        grokked=tuple(sum(map(math.isfinite, steps[value])) for value in values),
        ended=tuple(len(steps[value]) for value in values),
    )


def bands(curves: Sequence[Curve]) -> Bands:
    """Median and 10–90 % band of curves of different lengths, at steps evenly between their first and last one.

    Between two points of a curve its values lie on a line. A run that ended sooner keeps its last values: one that
    stopped because it had grokked stays grokked, and the band does not become that of the slow runs alone. Where a
    curve has no value, the others make the band; where none has one, there is NaN.
    """
    curves = [curve for curve in curves if curve.shape[1]]
    grid = common_steps([curve[0] for curve in curves])
    median, low, high = (np.full((len(COLUMNS), len(grid)), np.nan, dtype=np.float32) for _ in range(3))
    for column in range(1, len(COLUMNS)):
        values = np.array([held(grid, curve[0], curve[column]) for curve in curves])
        low[column], median[column], high[column] = band(values) if curves else (np.nan,) * 3
    for made in (median, low, high):
        made[0] = grid
    return Bands(median, low, high, len(curves))


def common_steps(
    steps: Sequence[npt.NDArray[np.floating]], points: int = POINTS, whole: bool = True
) -> npt.NDArray[np.float64]:
    """Steps from the first to the last of several curves, evenly, `points` of them at most; none of none.

    Seconds in their place need not be `whole`.
    """
    some = [each for each in steps if len(each)]
    if not some:
        return np.empty(0)
    first, last = min(float(each[0]) for each in some), max(float(each[-1]) for each in some)
    found = np.linspace(first, last, points)
    return np.unique(np.round(found) if whole else found)


def held(
    grid: npt.NDArray[np.floating], steps: npt.NDArray[np.floating], values: npt.NDArray[np.floating]
) -> npt.NDArray[np.float64]:
    """A curve at other steps, [grid]: on the lines between its points, its last value after them, NaN before them."""
    return np.asarray(np.interp(grid, steps, values, left=np.nan), dtype=np.float64)


def band(values: npt.NDArray[np.floating]) -> tuple[npt.NDArray[np.float64], ...]:
    """Low end, median and high end over the first axis of [runs, points], each [points]; NaN counts as nothing."""
    ordered = np.sort(np.asarray(values, dtype=np.float64), axis=0)  # NaN last
    count = np.isfinite(ordered).sum(axis=0)
    found = []
    for q in (BAND[0], 0.5, BAND[1]):
        place = q * np.maximum(count - 1, 0)
        below = np.floor(place).astype(np.int64)
        above = np.minimum(below + 1, np.maximum(count - 1, 0))
        low, high = (np.take_along_axis(ordered, at[None], axis=0)[0] for at in (below, above))
        found.append(np.where(count > 0, low + (place - below) * (high - low), np.nan))
    return tuple(found)


def quantile(values: Sequence[float], q: float) -> float:
    """A quantile between two neighbours on their line, as numpy's, but for +inf: between it and anything is +inf."""
    if not values:
        return math.nan
    ordered = sorted(values)
    place = q * (len(ordered) - 1)
    below = math.floor(place)
    rest = place - below
    if rest == 0:
        return ordered[below]
    low, high = ordered[below], ordered[below + 1]
    return high if math.isinf(high) else low + rest * (high - low)


def _median(values: Iterable[float | None]) -> float:
    return quantile([value for value in values if value is not None], 0.5)
