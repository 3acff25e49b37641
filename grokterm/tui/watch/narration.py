"""What the screen tells of the circuit: the line of its phases, and the narrator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from textual.content import Content
from textual.geometry import Region, Size
from textual.widget import Widget

from grokterm.sentences import Sentence
from grokterm.tui.run import narrator
from grokterm.tui.text.circuit_phases import circuit_line, extra_lines, narration
from grokterm.tui.text.one_line import Line
from grokterm.tui.text.phases import circuit_words
from grokterm.tui.watch.host import Host

_NEWS: Final = 3
"""Sets of measures after which nobody is told any more."""
_BELOW: Final = 2
"""Header and phase line, below which the lines stand."""


class Narration:
    """The lines below the phase line, and the key of the narrator."""

    def __init__(self, host: Host) -> None:
        self._host, self._viewer = host, host.viewer
        self.circuit_line, self.narrator_line = Line(id="circuit"), Line(id="narrator")
        self.circuit_line.tooltip = circuit_words()
        self._spoken: Sentence | None = None

    @property
    def speaks(self) -> bool:
        """Whether the narrator speaks."""
        return self._viewer.state.view.narrator == "on"

    def line_count(self, size: Size) -> int:
        """How many of the two lines a screen has room for."""
        return extra_lines(size.height, self.speaks)

    def regions(self, size: Size) -> Mapping[Widget, Region]:
        """Where the lines stand."""
        shown = (self.circuit_line, self.narrator_line)[: self.line_count(size)]
        return {line: Region(0, _BELOW + at, size.width, 1) for at, line in enumerate(shown)}

    def show(self) -> None:
        """Writes the lines; without one of his own the narrator speaks in the footer's place."""
        state, size = self._viewer.state, self._host.size
        count = self.line_count(size)
        if count > 0:
            self.circuit_line.write(circuit_line(state, size.width))
        self.narrator_line.write(narration(state, size.width) if count > 1 else Content(""))
        if self.speaks and count < 2:
            self._speak()

    def narrator(self) -> None:
        """Lets the narrator speak or be silent."""
        viewer, state = self._viewer, self._viewer.state
        viewer.view = state.view = replace(state.view, narrator="off" if self.speaks else "on")
        self._host.say(f"the narrator {'speaks' if self.speaks else 'is silent'}")
        self._host.rearrange()

    def _speak(self) -> None:
        """Says what happened just now."""
        history = self._viewer.state.history
        newest = narrator.newest(history)
        if newest is None or newest == self._spoken:
            return
        self._spoken = newest
        if history.last and newest.step >= history.last.step - _NEWS * max(history.config.measure_every, 1):
            self._host.say(f"step {newest.step:,}: {newest.words}", newest.color)
