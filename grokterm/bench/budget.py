"""Time for rows, shared out as they are measured, and how many repetitions fit into it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from grokterm.errors import GroktermError

QUICK_SECONDS: Final = 100.0
"""For all rows with `--quick`; importing torch, compiling the kernels and ending trainers come on top."""
LEAST: Final = 3
"""Repetitions of which a median is worth telling."""
TOO_LITTLE: Final = 0.3
"""Seconds with less of which no row begins."""
OVERDRAFT: Final = 2.0
"""How many times its share a row may take for the least repetitions, where the whole time allows it."""
WEIGHTS: Final = {
    "step": 4.0,
    "step/transformer": 8.0,
    "step/nanda": 8.0,
    "floor": 2.0,
    "scale": 2.0,
    "limit": 2.0,
    "measures": 4.0,
    "replicas": 3.0,
    "viewer": 8.0,
    "start": 7.0,
    "grok": 6.0,
}
"""How much time rows get beside the others, by name or the first word of it: those need most that start programs or
run the plain loop."""


class LeftOutError(GroktermError):
    """Why a row was not measured, as the end of a sentence that begins with its name."""


class Budget:
    """Seconds for rows: each gets its share of those that are left, so what one leaves goes to those after it."""

    def __init__(self, seconds: float = math.inf, clock: Callable[[], float] = time.perf_counter) -> None:
        """Begins now; without `seconds` there is time for everything."""
        self._clock = clock
        self._over = self._ends = self._latest = clock() + seconds

    def open(self, names: Sequence[str]) -> None:
        """Begins the time of the first of the rows that are still to be measured; raises LeftOutError."""
        now = self._clock()
        seconds = share(names, max(0.0, self._over - now))
        if seconds < TOO_LITTLE:
            raise LeftOutError("the rows before it took all the time")
        self._ends, self._latest = now + seconds, min(now + OVERDRAFT * seconds, self._over)

    def check(self) -> None:
        """Raises LeftOutError where the present row has had its time, overdraft and all, before it was measured."""
        if self._clock() >= self._latest:
            raise LeftOutError("its time was over before it was measured")

    def left(self) -> float:
        """Seconds that the present rows have left."""
        return max(0.0, self._ends - self._clock())

    def repetitions(self, most: int, part: float = 1.0) -> Iterator[int]:
        """Counts from 0 while `part` of the time left lasts: `LEAST` to `most` times; raises LeftOutError."""
        ends = self._clock() + part * self.left()
        longest = 0.0
        for done in range(1, most + 1):
            begun = self._clock()
            yield done - 1
            now = self._clock()
            longest = max(longest, now - begun)
            if done >= LEAST and now + longest > ends:
                return
            if done < LEAST and now + (LEAST - done) * longest > self._latest:
                left = max(0.0, self._latest - now)
                raise LeftOutError(
                    f"one repetition takes {longest:.2g} s, and there are {left:.2g} s for {LEAST - done} more"
                )


def share(names: Sequence[str], seconds: float) -> float:
    """Seconds that the first of the rows still to be measured may take of those left for all of them."""
    weights = [_weight(name) for name in names]
    return seconds * weights[0] / sum(weights)


def _weight(name: str) -> float:
    return WEIGHTS.get(name, WEIGHTS.get(name.partition("/")[0], 1.0))
