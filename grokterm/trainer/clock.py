"""Time in training: seconds spent, steps a second, and the pace that is kept. All on the monotonic clock."""

from __future__ import annotations

import math
from collections import deque
from typing import Final, Literal

WINDOW: Final = 1.0
"""Seconds of training over which steps a second are counted."""
BEHIND: Final = 0.25
"""Seconds by which training may be behind its pace before it stops catching up."""
WAKE_UPS: Final = 100.0
"""Times a second at most that a pace wakes the trainer; above, several steps are taken at once."""
SLACK: Final = 5.0
"""Seconds beyond ten times what was expected from which a pass of the loop was a suspended process."""


class Clock:
    """Seconds spent training, pauses left out, and steps a second over about the last one of them."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self._before: float | None = None
        self._suspended = False
        self._expected = math.inf
        self._samples: deque[tuple[float, int]] = deque()

    def tick(self, now: float, step: int, training: bool, expected: float) -> None:
        """Counts the time since the last tick, if that began in training; `expected` seconds, or a jump."""
        self._expected = expected
        self.seconds = self.at(now)
        self._suspended = False
        self._before = now if training else None
        if not self._samples or step != self._samples[-1][1]:
            self._samples.append((self.seconds, step))
        while len(self._samples) > 2 and self._samples[1][0] <= self.seconds - WINDOW:
            self._samples.popleft()

    def at(self, now: float) -> float:
        """Seconds spent training up to now, those since the last tick counted in."""
        if self._before is None:
            return self.seconds
        passed = now - self._before
        if self._suspended or passed >= SLACK + 10 * self._expected:
            passed = min(passed, self._expected)
        return self.seconds + passed

    def note_suspension(self) -> None:
        """Takes most of the time since the last tick for a suspension, as after SIGCONT."""
        self._suspended = True

    def reset_rate(self) -> None:
        """Starts counting steps a second anew: the model is another one."""
        self._samples.clear()

    def steps_per_second(self) -> float:
        """Over about the last second of training; 0 before the second step."""
        if len(self._samples) < 2:
            return 0.0
        (first, first_step), (last, last_step) = self._samples[0], self._samples[-1]
        if self.seconds - last > max(WINDOW, 2 * (last - first)):
            last = self.seconds
        return (last_step - first_step) / (last - first) if last > first else 0.0


class StepTimer:
    """The time that a step takes."""

    def __init__(self) -> None:
        self.seconds_per_step = math.inf
        """Infinite before the first step; goes up at once and down by and by."""

    def add(self, steps: int, seconds: float) -> None:
        """Counts steps that took so long together."""
        if steps:
            one, known = seconds / steps, self.seconds_per_step
            self.seconds_per_step = one if math.isinf(known) else max(one, (known + one) / 2)


class Pace:
    """Steps that a number of steps a second allows, without drift: counted from one moment on."""

    def __init__(self, pace: float | Literal["max"], now: float, step: int) -> None:
        self.pace = pace
        self._start = now
        self._first = step

    def allowed(self, now: float, step: int) -> float:
        """Steps that may be taken now."""
        if self.pace == "max":
            return math.inf
        due = (now - self._start) * self.pace - (step - self._first)
        if due > max(2.0, BEHIND * self.pace):
            self._start, self._first = now, step
            due = 1.0
        # Rounding must not put a step off that the wait was made for.
        return math.floor(due + 1e-6)

    def remaining(self, now: float, step: int) -> float:
        """Seconds until the next step may be taken."""
        if self.pace == "max":
            return 0.0
        next_due = self._start + (step - self._first + 1) / self.pace
        if self.allowed(now, step) >= 1:
            return 0.0
        return max(next_due - now, 1 / WAKE_UPS if self.pace > WAKE_UPS else 0.0)
