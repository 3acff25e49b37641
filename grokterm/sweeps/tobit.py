"""Linear regression of values of which some are only known to lie above a limit (Tobin 1958), by maximum likelihood.

The likelihood is concave in slope/σ, constant/σ and 1/σ (Olsen 1978, Econometrica 46, 1211): Newton's method finds
its one maximum.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from grokterm.sweeps.crossing import crossing

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]

_FLOOR: Final = 1e-4
"""A deviation that counts as seen once, in all: with it the noise of points on a line is not 0."""
_FAR: Final = 30.0
"""Standard deviations from which on the tail of a normal distribution is taken from its series."""
_ROUNDS: Final = 100
_LOG_ROOT: Final = 0.5 * math.log(2 * math.pi)


@dataclass(frozen=True, slots=True)
class TobitFit:
    """value = constant + slope · x + noise."""

    constant: float
    slope: float
    noise: float
    """The standard deviation σ, by maximum likelihood."""
    likelihood: float
    """Its logarithm at the maximum, but for a constant."""


def fit_tobit(x: Numbers, y: Numbers, censored: Flags) -> TobitFit:
    """The line through values y [n] at x [n], of which the censored ones lie above their y.

    Needs three values that are not censored, at two x or more: the likelihood has no maximum otherwise.
    """
    x, y, censored, weights = _together(x, y, censored)
    center = float(x.mean())
    (level, slope), noise, likelihood = _maximum(np.stack([np.ones_like(x), x - center], 1), y, censored, weights)
    return TobitFit(float(level - slope * center), float(slope), noise, likelihood)


def profile_interval(x: Numbers, y: Numbers, censored: Flags, fit: TobitFit) -> tuple[float, float]:
    """The 95 % interval of the slope by its profile likelihood.

    The cut is m log(1 + t²/(m − 2)) of twice the log-likelihood, with m values that are not censored and t of
    Student's distribution with m − 2 degrees of freedom: where none is censored, this is the exact interval.
    """
    x, y, censored, weights = _together(x, y, censored)
    known = int((~censored).sum())
    allowed = known * math.log1p(student_t(known - 2) ** 2 / (known - 2))
    ones, center = np.ones((len(x), 1)), float(x.mean())

    def excess(slope: float) -> float:
        """The root of twice the fall of the log-likelihood, which is nearly straight, beyond that of the cut."""
        fall = 2 * (fit.likelihood - _maximum(ones, y - slope * (x - center), censored, weights)[2])
        return math.sqrt(max(fall, 0)) - math.sqrt(allowed)

    def end(step: float) -> float:
        """Where the likelihood has fallen as far as is allowed, on the side of a step."""
        near, below, far = fit.slope, -math.sqrt(allowed), fit.slope + step
        while (above := excess(far)) < 0:
            near, below, step = far, above, 2 * step
            far = near + step
        return crossing(excess, near, below, far, above)

    spread = math.sqrt(float(np.square(x[~censored] - x[~censored].mean()).sum()))
    step = 2 * fit.noise / spread
    return end(-step), end(step)


def student_t(freedom: int) -> float:
    """The 97.5 % point of Student's distribution (Abramowitz & Stegun 26.7.3 and 26.7.4, solved by halving)."""
    low, high = 1.9, 13.0
    for _ in range(60):
        t = (low + high) / 2
        if _within(t, min(freedom, 2000)) < 0.95:
            low = t
        else:
            high = t
    return (low + high) / 2


def _within(t: float, freedom: int) -> float:
    """The probability that Student's variable lies between −t and t."""
    angle = math.atan(t / math.sqrt(freedom))
    cosine, odd = math.cos(angle), freedom % 2
    term, total = (cosine, cosine) if odd else (1.0, 1.0)
    for n in range(2 + odd, freedom - 1, 2):
        term *= (n - 1) / n * cosine**2
        total += term
    if not odd:
        return math.sin(angle) * total
    return 2 / math.pi * (angle + (math.sin(angle) * total if freedom > 1 else 0))


def _together(x: Numbers, y: Numbers, censored: Flags) -> tuple[Numbers, Numbers, Flags, Numbers]:
    """Values that are known, and behind them the others, equal ones as one, with how often each is there."""
    limits, counts = np.unique(np.stack([x[censored], y[censored]], 1), axis=0, return_counts=True)
    known = int((~censored).sum())
    return (
        np.append(x[~censored], limits[:, 0]),
        np.append(y[~censored], limits[:, 1]),
        np.arange(known + len(counts)) >= known,
        np.append(np.ones(known), counts),
    )


class _Data:
    """What the likelihood needs of the values: sums of those that are known, and the others one by one."""

    def __init__(self, design: Numbers, y: Numbers, censored: Flags, weights: Numbers) -> None:
        known, values = design[~censored], y[~censored]
        self.count = len(values)
        self.products = known.T @ known
        self.moments = known.T @ values
        self.squares = float(values @ values) + _FLOOR**2
        self.limits = np.concatenate([-design[censored], y[censored][:, None]], axis=1)
        """limits · parameters are the standardized limits, [censored, parameters]."""
        self.weights = weights[censored]

    def likelihood(self, parameters: Numbers) -> float:
        """The log-likelihood of (coefficients/σ [k], 1/σ) but for a constant."""
        ratio, inverse = parameters[:-1], float(parameters[-1])
        squares = inverse**2 * self.squares - 2 * inverse * ratio @ self.moments + ratio @ self.products @ ratio
        return float(self.count * math.log(inverse) - squares / 2 + self.weights @ _log_tail(self.limits @ parameters))

    def slope_and_curvature(self, parameters: Numbers) -> tuple[Numbers, Numbers]:
        """Gradient and Hessian of the log-likelihood."""
        ratio, inverse = parameters[:-1], float(parameters[-1])
        z = self.limits @ parameters
        hazard = np.exp(-0.5 * z**2 - _LOG_ROOT - _log_tail(z))
        gradient: Numbers = -(self.limits.T @ (self.weights * hazard)).astype(np.float64)
        gradient[:-1] += inverse * self.moments - self.products @ ratio
        gradient[-1] += self.count / inverse - inverse * self.squares + ratio @ self.moments
        hessian: Numbers = -(self.limits.T * (self.weights * hazard * (hazard - z))) @ self.limits
        hessian[:-1, :-1] -= self.products
        hessian[:-1, -1] += self.moments
        hessian[-1, :-1] += self.moments
        hessian[-1, -1] -= self.count / inverse**2 + self.squares
        return gradient, hessian


def _maximum(design: Numbers, y: Numbers, censored: Flags, weights: Numbers) -> tuple[Numbers, float, float]:
    """Coefficients [k], σ and log-likelihood at the maximum."""
    level = float(y.mean())
    data = _Data(design, y - level, censored, weights)
    start, *_ = np.linalg.lstsq(design, y - level, rcond=None)
    noise = math.sqrt((float(np.square(y - level - design @ start).sum()) + _FLOOR**2) / len(y))
    parameters = np.append(start, 1) / noise
    reached = data.likelihood(parameters)
    for _ in range(_ROUNDS):
        gradient, hessian = data.slope_and_curvature(parameters)
        move = np.linalg.solve(-hessian, gradient)
        share = 1.0
        while parameters[-1] + share * move[-1] <= 0:
            share /= 2
        while (better := data.likelihood(parameters + share * move)) < reached and share > 1e-9:
            share /= 2
        if better <= reached:
            break
        gained, reached = better - reached, better
        parameters = parameters + share * move
        if gained < 1e-11:
            break
    coefficients = parameters[:-1] / parameters[-1]
    coefficients[0] += level  # the first column is of ones
    return coefficients, 1 / float(parameters[-1]), reached


def _log_tail(z: Numbers) -> Numbers:
    """log of the probability that a normal variable is above z."""
    return np.array([_log_tail_at(at) for at in z.tolist()], dtype=np.float64)


def _log_tail_at(z: float) -> float:
    if z < _FAR:
        return math.log(0.5 * math.erfc(z / math.sqrt(2)))
    return -0.5 * z * z - _LOG_ROOT - math.log(z) + math.log1p(-1 / z**2 + 3 / z**4)
