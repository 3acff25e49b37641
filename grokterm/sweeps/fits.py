"""Laws of a sweep: steps to grok as a power of a setting, and the value of a setting at which half of the runs grok."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from grokterm.config import field_type
from grokterm.number_format import number
from grokterm.sweeps.logistic import Logistic, probability
from grokterm.sweeps.plan import short_name
from grokterm.sweeps.summaries import has_ended
from grokterm.sweeps.table import SweepTable
from grokterm.sweeps.tobit import fit_tobit, profile_interval

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]

_DECADE: Final = 10.0
"""Ratio of the largest to the smallest value from which on a setting is looked at on a log scale."""


@dataclass(frozen=True, slots=True)
class Unfitted:
    """A law for which there is no ground."""

    name: str
    why: str

    @property
    def words(self) -> str:
        """The reason, as a sentence without its stop."""
        return self.why


@dataclass(frozen=True, slots=True)
class PowerLaw:
    """log steps = constant + exponent · log value + noise, by maximum likelihood with censored runs (Tobit).

    A run that had not grokked within its budget is known to need more steps than it took, and counts as that. The
    interval is that of the profile likelihood, cut where it is Student's t interval when no run is censored. Runs
    of other settings that are pooled here are part of the noise.
    """

    name: str
    exponent: float
    low: float
    """Lower end of the 95 % interval of the exponent."""
    high: float
    constant: float
    noise: float
    """Standard deviation of log steps around the line."""
    runs: int
    censored: int
    """Runs among them that never grokked."""
    left_out: int
    """Runs at values that are not above 0, which have no logarithm."""
    along: str = ""
    """The axis on which other settings change with this one, as lr+wd; empty where it changes alone."""

    def steps(self, value: float) -> float:
        """The median of the steps to grok at a value above 0, by the law."""
        return math.exp(self.constant + self.exponent * math.log(value))

    @property
    def words(self) -> str:
        """steps to grok ∝ wd^−1.02 (−1.10 to −0.94, 95 %; 3 of 15 runs censored)."""
        digits = min(4, max(2, 1 - math.floor(math.log10(max(self.high - self.low, 1e-9)))))
        exponent, low, high = (_signed(each, digits) for each in (self.exponent, self.low, self.high))
        more = f"; {self.left_out} at 0 or below left out" if self.left_out else ""
        return (
            f"steps to grok ∝ {short_name(self.name)}^{exponent}{_along(self.along)} "
            f"({low} to {high}, 95 %; {self.censored} of {self.runs} runs censored{more})"
        )


@dataclass(frozen=True, slots=True)
class Critical:
    """The value at which half of the runs grok: a logistic curve of the share against a setting, or its logarithm."""

    name: str
    value: float
    low: float
    """Lower end of the 95 % profile likelihood interval, −inf (0 on a log scale) where the runs do not bound it.

    Of separated runs it is the last value before the change, and nothing is said of 95 %.
    """
    high: float
    steepness: float
    """Logits per unit of the setting, or of its natural logarithm; ±inf where the runs are separated."""
    log: bool
    """Whether the curve is one of the logarithm."""
    separated: bool
    """Whether all runs grok on one side and none on the other, so that any steep curve fits."""
    runs: int
    along: str = ""
    """The axis on which other settings change with this one, as lr+wd; empty where it changes alone."""

    def share(self, value: float) -> float:
        """The share of runs that grok at a value, by the curve; on a log scale the value is above 0."""
        distance = math.log(value / self.value) if self.log else value - self.value
        if distance == 0:
            return 0.5
        return float(probability(np.float64(np.clip(self.steepness * distance, -700, 700))))

    @property
    def words(self) -> str:
        """half of the runs grok at frac 0.37 (0.33 to 0.41, 95 %; 100 runs)."""
        name = short_name(self.name)
        if self.separated:
            below, above = ("none", "all") if self.steepness > 0 else ("all", "none")
            low, high = number(self.low, 3), number(self.high, 3)
            return (
                f"half of the runs grok between {name} {low} and {high}{_along(self.along)}: {below} of them up to "
                f"{low}, {above} from {high} on ({self.runs} runs; values in between would say more)"
            )
        value = f"{number(self.value, 3)}{_along(self.along)}"
        return f"half of the runs grok at {name} {value} ({self._interval}; {self.runs} runs)"

    @property
    def _interval(self) -> str:
        is_low, is_high = self.low > (0 if self.log else -math.inf), self.high < math.inf
        if is_low and is_high:
            return f"{number(self.low, 3)} to {number(self.high, 3)}, 95 %"
        if is_low:
            return f"{number(self.low, 3)} or more, 95 %"
        return f"{number(self.high, 3)} or less, 95 %" if is_high else "not bounded at 95 %"


def power_law(table: SweepTable, name: str, rows: Iterable[int] | None = None) -> PowerLaw | Unfitted:
    """The law of steps to grok against a swept setting, over all rows or these; raises KeyError for another name."""
    values, steps, grokked = _observed(table, name, rows)
    if values is None:
        return Unfitted(name, f"{short_name(name)} is no number: there is no power of it")
    kept = values > 0
    left_out = int((~kept).sum())
    values, steps, grokked = values[kept], steps[kept], grokked[kept]
    if why := _no_power_law(short_name(name), values, grokked):
        return Unfitted(name, why)
    x, y = np.log(values), np.log(np.maximum(steps, 1))
    fit = fit_tobit(x, y, ~grokked)
    low, high = profile_interval(x, y, ~grokked, fit)
    along = table.plan.axis_words(name)
    censored = int((~grokked).sum())
    return PowerLaw(name, fit.slope, low, high, fit.constant, fit.noise, len(values), censored, left_out, along)


def critical(
    table: SweepTable, name: str, rows: Iterable[int] | None = None, log: bool | None = None
) -> Critical | Unfitted:
    """The value of a swept setting at which half of the runs grok; raises KeyError for another name.

    `log` says whether the curve is one of the logarithm; by default it is where the values span a decade.
    """
    values, _, grokked = _observed(table, name, rows)
    short = short_name(name)
    if values is None:
        return Unfitted(name, f"{short} is no number: no value of it is between two others")
    if len(values) == 0 or len(np.unique(values)) < 2:
        return Unfitted(name, f"runs have ended at {_values(len(np.unique(values)), short)}: two are needed")
    if grokked.all() or not grokked.any():
        return Unfitted(name, f"{'all' if grokked.all() else 'none'} of the {len(values)} runs grok at every {short}")
    if log is None:
        log = bool(values.min() > 0 and values.max() >= _DECADE * values.min())
    if log and values.min() <= 0:
        return Unfitted(name, f"{short} has values that are not above 0: they have no logarithm")
    along = table.plan.axis_words(name)
    curve = Logistic(np.log(values) if log else values, grokked)
    back: Callable[[float], float] = math.exp if log else float
    if (neighbours := curve.separated()) is not None:
        low, high = neighbours
        steep = math.copysign(math.inf, curve.sign)
        between = back((low + high) / 2)
        return Critical(name, between, back(low), back(high), steep, log, True, len(values), along)
    middle = curve.middle()
    if middle is None:
        share = f"{grokked.mean():.0%}"
        return Unfitted(name, f"the share that groks, {share} of all, does not pass half within the values of {short}")
    low, high = curve.interval(middle)
    steep = curve.steepness(middle)
    return Critical(name, back(middle), back(low), back(high), steep, log, False, len(values), along)


def _observed(
    table: SweepTable, name: str, rows: Iterable[int] | None
) -> tuple[Numbers | None, Numbers, npt.NDArray[np.bool_]]:
    """Values [n] of a setting, steps taken until the run grokked or ended, and which grokked; no values of words."""
    if name not in table.setting_names:
        raise KeyError(name)
    chosen = [row for row in (range(len(table)) if rows is None else rows) if has_ended(table.runs[row])]
    runs = [table.runs[row] for row in chosen]
    steps = np.array([run.step if run.grokked_step_99 is None else run.grokked_step_99 for run in runs], np.float64)
    grokked = np.array([run.grokked_step_99 is not None for run in runs], dtype=np.bool_)
    if field_type(name) not in (int, float):
        return None, steps, grokked
    return table.column(name)[chosen].astype(np.float64), steps, grokked


def _no_power_law(short: str, values: Numbers, grokked: npt.NDArray[np.bool_]) -> str:
    """Why these runs give no power law; empty where they do."""
    distinct, reached = len(np.unique(values)), len(np.unique(values[grokked]))
    if distinct < 3:
        return f"runs have ended at {_values(distinct, short)} above 0: a power law needs three"
    if not grokked.any():
        return f"none of the {len(values)} runs grok within their budget: all are censored"
    if reached < 2 or grokked.sum() < 3:
        return (
            f"{grokked.sum()} of the {len(values)} runs grok within their budget, at {_values(reached, short)}: "
            "a power law needs three, at two values or more"
        )
    return ""


def _along(axis: str) -> str:
    return f" along {axis}" if axis else ""


def _values(count: int, short: str) -> str:
    return f"{count} value{'s' * (count != 1)} of {short}"


def _signed(value: float, digits: int) -> str:
    return f"{value:.{digits}f}".replace("-", "−")
