"""The watchman's rules for the machine: whether steps take longer than before, and whether the disk fills up."""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from typing import Final

from grokterm.number_format import size
from grokterm.runs.retention import FOLDER_LIMIT
from grokterm.troubles import TROUBLES, Hysteresis, MachineTroubleName

WINDOW: Final = 10.0
"""Seconds of training over which the time of a step is taken."""
DISK_EVERY: Final = 30.0
"""Seconds from one look at the disk to the next."""

Told = tuple[MachineTroubleName, str]
"""A trouble and its sentence."""


class StepWatch:
    """Whether steps take longer than they did."""

    def __init__(self) -> None:
        self._rule = Hysteresis(TROUBLES["slower"])
        self.restart()

    def restart(self) -> None:
        """Begins anew, as after a change: other steps take another time."""
        self._rule.restart()
        self._least = math.inf
        self._seconds, self._steps = 0.0, 0

    def add(self, steps: int, seconds: float) -> list[Told]:
        """Counts steps that took so long together; what there is to tell."""
        self._seconds, self._steps = self._seconds + seconds, self._steps + steps
        if self._seconds < WINDOW or not self._steps:
            return []
        one, self._seconds, self._steps = self._seconds / self._steps, 0.0, 0
        self._least = min(self._least, one)
        longer = one / self._least
        return [("slower", self._rule.trouble.words(f"{longer:.1f}"))] if self._rule.update(longer) else []


class DiskWatch:
    """Whether the disk of a run folder is nearly full."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rule = Hysteresis(TROUBLES["disk"])
        self._next = -math.inf

    def look(self, now: float) -> list[Told]:
        """What there is to tell; looks at the disk every `DISK_EVERY` seconds of `now`."""
        if now < self._next:
            return []
        self._next = now + DISK_EVERY
        try:
            free = shutil.disk_usage(self._folder).free
        except OSError:
            return []
        return self.judge(free)

    def judge(self, free: int) -> list[Told]:
        """What there is to tell of so many bytes that are free."""
        told = self._rule.update(FOLDER_LIMIT / max(free, 1))
        return [("disk", self._rule.trouble.words(size(free)))] if told else []
