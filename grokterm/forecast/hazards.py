"""The steps that remain, as a distribution: small networks that give, for every span, the chance to grok in it.

A discrete-time hazard model (Gensheimer & Narasimhan 2019, PeerJ 7:e6257): runs that never grokked tell it that they
did not within the steps that they took, and nothing more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

EDGES: Final = np.round(np.arange(1.0, 4.81, 0.1), 1)
"""log10 of the steps at which a span ends and the next begins; the first begins now."""
BEYOND: Final = float(EDGES[-1])
"""log10 of the steps beyond which nothing is said."""


@dataclass(frozen=True)
class Distribution:
    """Of the steps that remain until a run groks."""

    shares: Floats
    """The chance to have grokked by each of `EDGES`, [edges], growing."""

    def within(self, steps: float) -> float:
        """The chance to grok within so many more steps."""
        if steps < 1:
            return 0.0
        return float(np.interp(np.log10(steps), np.r_[0.0, EDGES], np.r_[0.0, self.shares]))

    def quantile(self, level: float) -> float:
        """The steps within which that share of those that grok at all, before `BEYOND`, has done so."""
        wanted = level * float(self.shares[-1])
        return float(10 ** np.interp(wanted, np.r_[0.0, self.shares], np.r_[0.0, EDGES]))

    def interval(self, levels: Iterable[float], wider: float = 1.0) -> tuple[float, float]:
        """Two quantiles, `wider` times as far from the median in the logarithm, but neither now nor past `BEYOND`."""
        median = self.quantile(0.5)
        ends = (median * (self.quantile(level) / median) ** wider for level in levels)
        low, high = (min(max(end, 1.0), 10**BEYOND) for end in ends)
        return low, high


@dataclass(frozen=True)
class Hazards:
    """An ensemble of networks of one hidden layer, fitted on a library of runs."""

    mean: Floats
    """Of each feature over the library, [features]."""
    spread: Floats
    """Their standard deviations, [features]."""
    w_1: Floats
    """[networks, features, hidden]."""
    b_1: Floats
    """[networks, hidden]."""
    w_2: Floats
    """[networks, hidden, edges]."""
    b_2: Floats
    """[networks, edges]."""
    levels: Floats
    """Of the quantiles between which 80 % of those that grokked did, each modulus of the library left out in turn."""
    delay: float
    """Median over the library's runs that grokked of the step at which they did over that at which they memorized."""
    far: float
    """Distance of the features from their mean, in spreads, up to which the library has runs."""

    def logits(self, features: Floats) -> Floats:
        """Log odds of grokking in each span, given that it has not before it, [networks, ..., edges]."""
        x = (features - self.mean) / self.spread
        x = np.clip(x, -4.0, 4.0)
        hidden = np.tanh(np.einsum("...f,nfh->n...h", x, self.w_1) + _between(self.b_1, x.ndim))
        logits: Floats = np.einsum("n...h,nhe->n...e", hidden, self.w_2) + _between(self.b_2, x.ndim)
        return logits

    def distribution(self, features: Floats) -> Distribution:
        """Of one run with these features [features]: the mean over the networks."""
        stay = 1.0 / (1.0 + np.exp(self.logits(features)))
        return Distribution(np.asarray(np.mean(1.0 - np.cumprod(stay, axis=-1), axis=0)))

    def known(self, features: Floats) -> bool:
        """Whether the library has runs as far from its middle as this one."""
        return bool(np.max(np.abs((features - self.mean) / self.spread)) <= self.far)


@cache
def fitted() -> Hazards:
    """The one that comes with grokterm."""
    with files("grokterm.forecast").joinpath("hazards.npz").open("rb") as file, np.load(file) as found:
        arrays: dict[str, Any] = {name: np.asarray(found[name], dtype=np.float64) for name in found.files}
    return Hazards(**(arrays | {name: float(arrays[name]) for name in ("delay", "far")}))


def _between(bias: Floats, dimensions: int) -> Floats:
    """A bias [networks, m] with axes of length 1 for those of the inputs, except the last."""
    return bias.reshape(len(bias), *(1,) * (dimensions - 1), -1)
