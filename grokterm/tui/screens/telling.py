"""What the screen tells of the circuit: the line of its phases, and the narrator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from textual.content import Content
from textual.geometry import Region, Size
from textual.widget import Widget

from grokterm.tui import narrator
from grokterm.tui.circuit_line import circuit_line, extra_lines, narration
from grokterm.tui.line import Line
from grokterm.tui.phases import circuit_words
from grokterm.tui.screens.traveling import Traveling

_NEWS: Final = 3
"""Sets of measures after which nobody is told any more."""
_BELOW: Final = 2
"""Header and phase line, below which the lines stand."""


class Telling(Traveling):
    """The lines below the phase line, and the key of the narrator."""

    circuit_line: Line
    narrator_line: Line
    _spoken: narrator.Sentence | None = None

    def make_lines(self) -> tuple[Line, Line]:
        """The two lines, for the screen to compose."""
        self.circuit_line, self.narrator_line = Line(id="circuit"), Line(id="narrator")
        self.circuit_line.tooltip = circuit_words()
        return self.circuit_line, self.narrator_line

    @property
    def narrated(self) -> bool:
        """Whether the narrator speaks."""
        return self.world.view.narrator == "on"

    def lines_told(self, size: Size) -> int:
        """How many of the two lines a screen has room for."""
        return extra_lines(size.height, self.narrated)

    def told_regions(self, size: Size) -> Mapping[Widget, Region]:
        """Where the lines stand."""
        shown = (self.circuit_line, self.narrator_line)[: self.lines_told(size)]
        return {line: Region(0, _BELOW + at, size.width, 1) for at, line in enumerate(shown)}

    def tell(self, size: Size) -> None:
        """Writes the lines; without one of his own the narrator speaks in the footer's place."""
        count = self.lines_told(size)
        if count > 0:
            self.circuit_line.write(circuit_line(self.world, size.width))
        self.narrator_line.write(narration(self.world, size.width) if count > 1 else Content(""))
        if self.narrated and count < 2:
            self._speak()

    def action_narrator(self) -> None:
        """Lets the narrator speak or be silent."""
        self.viewer.view = self.world.view = replace(self.world.view, narrator="off" if self.narrated else "on")
        self.say(f"the narrator {'speaks' if self.narrated else 'is silent'}")
        self.rearrange()

    def rearrange(self) -> None:
        """Puts the parts in their places and draws them."""
        raise NotImplementedError

    def _speak(self) -> None:
        """Says what happened just now."""
        history = self.world.history
        told = narrator.newest(history)
        if told is None or told == self._spoken:
            return
        self._spoken = told
        if history.last and told.step >= history.last.step - _NEWS * max(history.config.measure_every, 1):
            self.say(f"step {told.step:,}: {told.words}", told.color)
