"""The line of the machine and its key: looked at once a second while it is shown, and not at all else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Final

from textual.geometry import Region, Size
from textual.widget import Widget

from grokterm.machine import MachineProbe, MachineSample
from grokterm.runs.process import trainer_of
from grokterm.runs.rates import best_rate
from grokterm.tui.text.machine_line import machine_line
from grokterm.tui.text.one_line import Line
from grokterm.tui.watch.host import Host

FROM: Final = 20
"""Lines of a screen from which there is room for it."""
_EVERY: Final = 1.0
"""Seconds from one look to the next."""


class MachineLine:
    """Whether the machine is shown, and what was seen of it."""

    def __init__(self, host: Host) -> None:
        self._host, self._viewer = host, host.viewer
        self.line = Line(id="machine")
        self.shown = False
        self._probe = MachineProbe()
        self._sample: MachineSample | None = None
        self._looking = False
        self._next = 0.0
        self._best = 0.0
        self._sent: tuple[float, int] | None = None
        """When bytes were counted last, and how many there were."""
        self._rate_sent: float | None = None

    def line_count(self, size: Size) -> int:
        """How many lines of a screen it takes."""
        return int(self.shown and size.height >= FROM)

    def regions(self, size: Size, y: int) -> Mapping[Widget, Region]:
        """Where it stands, below other lines."""
        return {self.line: Region(0, y, size.width, 1)} if self.line_count(size) else {}

    def machine(self) -> None:
        """Shows the machine, or no longer."""
        self.shown = not self.shown
        self._sample, self._sent, self._next = None, None, 0.0
        room = self._host.size.height >= FROM
        self._host.say("the machine is shown" if self.shown and room else _too_low(self.shown))
        self._host.rearrange()

    def show(self) -> None:
        """Writes the line, and looks at the machine where that is due."""
        if not self.line_count(self._host.size):
            return
        now = time.monotonic()
        if now >= self._next and not self._looking:
            self._next, self._looking = now + _EVERY, True
            self._count_sent(now)
            self._viewer.spawn(self._look)
        state = self._viewer.state
        rate = state.status.steps_per_second if state.status else 0.0
        width = self._host.size.width
        self.line.write(machine_line(self._sample, rate, self._best, self._rate_sent, state.palette, width))

    async def _look(self) -> None:
        state = self._viewer.state
        folder = self._viewer.link.folder
        device = state.status.device if state.status else state.history.config.device
        try:
            self._sample = await asyncio.to_thread(lambda: self._probe.look(_pid(trainer_of(folder)), device))
            self._best = best_rate(state.history)
        finally:
            self._looking = False

    def _count_sent(self, now: float) -> None:
        count = self._viewer.bytes_sent
        if count is not None:
            if self._sent is not None and now > self._sent[0]:
                self._rate_sent = (count - self._sent[1]) / (now - self._sent[0])
            self._sent = (now, count)


def _pid(trainer: object) -> int | None:
    pid = getattr(trainer, "pid", None)
    return pid if isinstance(pid, int) else None


def _too_low(shown: bool) -> str:
    return f"the machine is shown from {FROM} lines on" if shown else "the machine is no longer shown"
