"""A line of phases over a plot: each over the steps in which it lasted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rich.style import Style

from grokterm.tui.drawing.cells import Cells
from grokterm.tui.drawing.scales import Scale
from grokterm.tui.theme import Palette
from grokterm.view_options import Graph

_BOLD = Style(bold=True)


@dataclass(frozen=True, slots=True)
class Phase:
    """A phase from a step on: its name, as it is written where there is room, and its colour."""

    step: int
    name: str
    color: str


def draw_phases(
    cells: Cells,
    y: int,
    left: int,
    width: int,
    x: Scale,
    last: float,
    phases: Sequence[Phase],
    graph: Graph,
    palette: Palette,
) -> None:
    """Writes the phases on row `y`, from cell `left` on, up to the step `last`."""
    line, start = ("=", "|") if graph == "ascii" else ("━", "┣")
    for i, phase in enumerate(phases):
        end = phases[i + 1].step if i + 1 < len(phases) else last
        first, stop = (_cell(step, x, left, width) for step in (phase.step, end))
        room = stop - first + (i + 1 == len(phases))
        if room < 1:
            continue
        style = palette.style(phase.color)
        cells.put(first, y, (start + line * room)[:room], style)
        if len(phase.name) + 3 <= room:
            cells.put(first + 1, y, f" {phase.name} ", style + _BOLD)


def _cell(step: float, x: Scale, left: int, width: int) -> int:
    """The cell in which a step lies."""
    place = float(x.place(np.array([step], dtype=np.float64))[0])
    return left + min(int(place * width), width - 1)
