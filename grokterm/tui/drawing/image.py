"""Columns of numbers over the steps of a run, as an image with its axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from textual.strip import Strip

from grokterm.tui.drawing.cells import Cells
from grokterm.tui.drawing.heat import LEVELS, draw_heat
from grokterm.tui.drawing.scales import Floats, Scale, short, ticks
from grokterm.tui.theme import Palette
from grokterm.view_options import Graph

GUTTER: Final = 6
"""Cells left of an image: 100 % and a blank."""
AROUND: Final = 2
"""Lines around an image: its name above, the steps below."""
_PERCENT: Final = (0, 50, 100)


def draw_image(
    values: Floats,
    steps: Sequence[int],
    scale: Scale,
    name: str,
    width: int,
    height: int,
    graph: Graph,
    palette: Palette,
) -> list[Strip]:
    """Values [rows, steps] as an image of `width` × `height` cells, the first row lowest, each step as wide.

    Colours follow `scale`, which may be logarithmic; the left axis is the share of the rows.
    """
    lines = height - AROUND
    cells = Cells(width, height)
    if width < GUTTER + 4 or lines < 1 or not values.size:
        return cells.strips()
    muted, room = palette.style("muted"), width - GUTTER
    cells.put(GUTTER, 0, name[:room], palette.style("text"))
    for percent in _PERCENT if lines >= 5 else (0, 100):
        text = f"{percent} %"
        cells.put(GUTTER - 1 - len(text), 1 + round((1 - percent / 100) * (lines - 1)), text, muted)
    count = len(steps)
    columns = np.arange(room) * count // room
    _steps(cells, [int(np.searchsorted(columns, i)) for i in range(count)], steps, height - 1, palette)
    finite = np.where(np.isfinite(values), values, np.nan)
    heat = draw_heat(scale.place(finite)[::-1, columns], room, lines, graph, palette, top=1.0)
    strips = cells.strips()
    body = [Strip.join([strip.crop(0, GUTTER), line]) for strip, line in zip(strips[1:-1], heat, strict=True)]
    return [strips[0], *body, strips[-1]]


def draw_ramp(scale: Scale, name: str, width: int, graph: Graph, palette: Palette) -> list[Strip]:
    """Two lines: the colours from low to high, and the numbers below them at their places."""
    cells = Cells(width, 2)
    left = len(name) + 2
    room = min(width - left - 3, 6 * LEVELS)
    if room < 8:
        return cells.strips()
    muted = palette.style("muted")
    cells.put(0, 0, name, muted)
    taken = 0
    for value in ticks(scale, max(room // 8, 2)):
        text = short(value)
        at = left + int(float(scale.place(np.array([value]))[0]) * (room - 1))
        start = max(min(at - len(text) // 2, width - len(text)), 0)
        if start >= taken:
            cells.put(start, 1, text, muted)
            taken = start + len(text) + 1
    ramp = draw_heat(np.linspace(0, 1, room)[None, :], room, 1, graph, palette, top=1.0)[0]
    head, foot = cells.strips()
    return [Strip.join([head.crop(0, left), ramp, Strip.blank(width - left - room)]), foot]


def loss_scale(values: Floats, top: float) -> Scale:
    """Decades of losses up to that of guessing and at most eight below the largest."""
    finite = values[np.isfinite(values) & (values > 0)]
    most = max(float(finite.max(initial=0.0)), top)
    least = max(float(finite.min(initial=most)), most * 1e-8)
    high = 10.0 ** math.ceil(math.log10(most) - 1e-9)
    return Scale(min(10.0 ** math.floor(math.log10(least)), high / 10), high, log=True)


def _steps(cells: Cells, places: Sequence[int], steps: Sequence[int], y: int, palette: Palette) -> None:
    """Steps below their columns, the last one always, none touching another."""
    muted = palette.style("muted")
    last = f"{steps[-1]:,}"
    end = cells.width - len(last)
    taken = 0
    for place, step in zip(places[:-1], steps[:-1], strict=True):
        text = f"{step:,}" if taken else f"step {step:,}"
        start = max(GUTTER + place - (0 if taken else len("step ")), 0)
        if start >= taken and start + len(text) + 2 <= end:
            cells.put(start, y, text, muted)
            taken = start + len(text) + 2
    if end >= taken:
        cells.put(end, y, last, muted)
