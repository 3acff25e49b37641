"""A logistic curve of the share of runs that grok, fitted by its profile likelihood."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Final

import numpy as np

from grokterm.sweeps.crossing import crossing

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]

CHI_SQUARED: Final = 3.841458820694124
"""The 95 % point of χ² with one degree of freedom: that of −2 log of a ratio of profile likelihoods."""
_STEEPEST: Final = 200.0
"""Logits between the two nearest values at most: steeper than this, a curve is a step."""
_HALVINGS: Final = 50


class Logistic:
    """logit share = k · (x − c), seen as a profile over c: its likelihood has one maximum for either sign of k."""

    def __init__(self, x: Numbers, grokked: npt.NDArray[np.bool_]) -> None:
        counts, hits = Counter(x.tolist()), Counter(x[grokked].tolist())
        self.x = np.array(sorted(counts), dtype=np.float64)
        self.runs = np.array([counts[at] for at in self.x.tolist()], dtype=np.float64)
        self.hits = np.array([hits[at] for at in self.x.tolist()], dtype=np.float64)
        centered = self.x - np.average(self.x, weights=self.runs)
        self.sign = 1.0 if float((self.hits * centered).sum()) >= 0 else -1.0
        """That of k: whether the share rises."""
        self._steepest = _STEEPEST / float(np.diff(self.x).min())
        span = float(self.x[-1] - self.x[0])
        self._reach = float(self.x[0]) - 10 * span, float(self.x[-1]) + 10 * span

    def separated(self) -> tuple[float, float] | None:
        """The neighbours between which no runs become all runs, or the other way round; None where they mix."""
        shares = (self.hits / self.runs)[:: 1 if self.sign > 0 else -1]
        if not np.isin(shares, (0.0, 1.0)).all() or (np.diff(shares) < 0).any():
            return None
        change = int(np.argmax(np.diff(self.hits / self.runs) != 0))
        return float(self.x[change]), float(self.x[change + 1])

    def steepness(self, c: float) -> float:
        """The k of the greatest likelihood for a c, with the sign of the trend: a root of a falling score."""
        distance = self.sign * (self.x - c)
        low, high, k = 0.0, self._steepest, 0.0
        for _ in range(_HALVINGS):
            p = probability(k * distance)
            score = float(((self.hits - self.runs * p) * distance).sum())
            low, high = (k, high) if score > 0 else (low, k)
            curvature = float((self.runs * p * (1 - p) * distance**2).sum())
            newton = k + score / curvature if curvature > 0 else math.inf
            k, last = newton if low < newton < high else (low + high) / 2, k
            if abs(k - last) <= 1e-10 * high:
                break
        return self.sign * k

    def likelihood(self, c: float) -> float:
        """The profile log-likelihood of a c."""
        logits = self.steepness(c) * (self.x - c)
        return float((self.hits * logits - self.runs * np.logaddexp(0, logits)).sum())

    def middle(self) -> float | None:
        """The c of the greatest likelihood; None where that is not among the values."""
        low, high = self._reach
        golden = (math.sqrt(5) - 1) / 2
        inner = [high - golden * (high - low), low + golden * (high - low)]
        found = [self.likelihood(c) for c in inner]
        for _ in range(_HALVINGS):
            if found[0] >= found[1]:
                high = inner[1]
                inner = [high - golden * (high - low), inner[0]]
                found = [self.likelihood(inner[0]), found[0]]
            else:
                low = inner[0]
                inner = [inner[1], low + golden * (high - low)]
                found = [found[1], self.likelihood(inner[1])]
        c = (low + high) / 2
        return c if self.x[0] <= c <= self.x[-1] else None

    def interval(self, middle: float) -> tuple[float, float]:
        """Where the profile has fallen by half of χ²; ∓inf where it has not, ten times the swept range away."""
        most, allowed = self.likelihood(middle), math.sqrt(CHI_SQUARED)

        def excess(c: float) -> float:
            """The root of twice the fall of the profile, beyond that of the interval's ends."""
            return math.sqrt(max(2 * (most - self.likelihood(c)), 0)) - allowed

        ends = []
        for end in self._reach:
            beyond = excess(end)
            inside = beyond < 0
            ends.append(
                math.copysign(math.inf, end - middle) if inside else crossing(excess, middle, -allowed, end, beyond)
            )
        return ends[0], ends[1]


def probability(logits: Numbers | np.float64) -> Numbers:
    """1/(1 + e⁻ˣ), without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * logits)))
