"""Which frequencies a model relies on, estimated while it trains from its Fourier norms."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

from torch import Tensor

SHARE_ON: Final = 0.25
"""A norm above max/4 can be key (TransformerLens demo of Nanda et al. 2023) …"""
SHARE_OFF: Final = 0.2
"""… and stays key down to this share of the largest."""
BACKGROUND_ON: Final = 1.5
"""A key norm also stands out from the background, the median norm, by this factor …"""
BACKGROUND_OFF: Final = 1.3
"""… and stays key down to this one."""
NOISE: Final = 8.0
"""Standard deviations by which a key norm exceeds those of random weights."""


class KeyFrequencies:
    """An estimate with hysteresis; random weights have none, nor has a spectrum in which all norms are alike.

    The papers take key frequencies from the final model alone, where max/4 decides. Before that the other norms
    have not decayed yet and all of them lie above max/4: hence the background.
    """

    def __init__(self, columns: int = 128, keys: Iterable[int] = ()) -> None:
        """`columns` features are in each norm (`spectrum.feature_count`): with fewer, norms differ more by chance.

        `keys` is the estimate to go on from.
        """
        # A norm of 2·columns normal numbers has a relative standard deviation of 1/√(4·columns).
        self._chance = 1 + NOISE / math.sqrt(4 * columns)
        self._keys = frozenset(keys)

    def update(self, norms: Tensor) -> tuple[int, ...]:
        """The present estimate from norms [frequencies] at k = 1 …: frequencies k, largest norm first."""
        values: list[float] = norms.tolist()
        if not values or not all(map(math.isfinite, values)):
            self._keys = frozenset()
            return ()
        on, off = self.bounds(norms)
        self._keys = frozenset(k for k, norm in enumerate(values, 1) if norm > on or (k in self._keys and norm > off))
        return tuple(sorted(self._keys, key=lambda k: -values[k - 1]))

    def bounds(self, norms: Tensor) -> tuple[float, float]:
        """The norms from which a frequency becomes key and down to which it stays so; NaN for norms not finite."""
        values: list[float] = norms.tolist()
        if not values or not all(map(math.isfinite, values)):
            return math.nan, math.nan
        largest, behind = max(values), _middle(values)
        on = max(SHARE_ON * largest, max(BACKGROUND_ON, self._chance) * behind)
        off = max(SHARE_OFF * largest, max(BACKGROUND_OFF, self._chance) * behind)
        return on, off


def background(norms: Tensor) -> float:
    """The median norm, the lower of two in the middle; NaN where there is none."""
    return _middle(norms.tolist()) if norms.numel() else math.nan


def _middle(values: list[float]) -> float:
    return math.nan if any(map(math.isnan, values)) else sorted(values)[(len(values) - 1) // 2]
