"""A table as a relief: ridges one behind the other, those in front hiding what lies behind them."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from textual.strip import Strip

from grokterm.tui.drawing.cells import Cells
from grokterm.tui.drawing.dots import DOTS, Dots
from grokterm.tui.drawing.heat import resized
from grokterm.tui.drawing.scales import Floats
from grokterm.tui.theme import Palette
from grokterm.view_options import Graph

_SLANT: Final = 0.16
"""How far the last ridge is moved to the right, of the width."""
_HEIGHT: Final = 0.3
"""How high the highest peak rises, of the height."""
_DOTS_A_RIDGE: Final = 6
"""Dots from one ridge to the next at least."""
_DOTS_A_HILL: Final = 6
"""Dots from one mean to the next along a ridge."""
_COLORS: Final = ("bar", "key", "text")
"""Colours of low, middling and high ground."""
_BOUNDS: Final = (0.4, 0.75)
Places = npt.NDArray[np.int64]


def draw_relief(values: Floats, width: int, height: int, graph: Graph, palette: Palette) -> list[Strip]:
    """Values [a, b], from the lowest to the highest of what is drawn: a from left to right, b from front to back.

    A hill is the mean of several neighbours, so that what is seen are not single numbers.
    """
    cells = Cells(width, height)
    if width < 8 or height < 4 or not np.isfinite(values).any():
        return cells.strips()
    across, down = DOTS[graph]
    rise = max(int(_HEIGHT * height * down), 2)
    ground = height * down - rise - 1
    ridges = int(min(values.shape[1], max(ground // max(_DOTS_A_RIDGE * down // 4, 1), 2)))
    slant = int(_SLANT * width * across)
    table = _hills(values.T, ridges, width * across - slant)
    layers = [Dots(width, height, graph) for _ in _COLORS]
    horizon = np.full(width * across, -1.0)
    for number, ridge in enumerate(table):
        share = number / max(ridges - 1, 1)
        x = np.arange(ridge.size) + round(share * slant)
        least, most = _visible(x, np.rint(share * ground + ridge * rise), horizon)
        colors = np.digitize(np.nan_to_num(ridge), _BOUNDS)
        for level, layer in enumerate(layers):
            mine = (colors == level) & (most >= least)
            counts = (most - least + 1)[mine].astype(int)
            first = np.repeat(least[mine], counts)
            dots = first + np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
            places = np.stack([np.repeat(x[mine], counts) + 0.5, height * down - 0.5 - dots], -1)
            layer.points(places / (across, down))
    for layer, color in zip(layers, _COLORS, strict=True):
        layer.paint(cells, 0, 0, palette.style(color))
    return cells.strips()


def _hills(values: Floats, ridges: int, wide: int) -> Floats:
    """Ridges [ridges, wide] between 0 and 1: means of neighbours, with straight slopes between them."""
    count = max(min(values.shape[1], wide // _DOTS_A_HILL), 2)
    means = resized(values, ridges, count)
    low, high = np.nanmin(means), np.nanmax(means)
    means = (means - low) / (high - low) if high > low else means * 0.0
    at, places = np.linspace(0, count - 1, wide), np.arange(count)
    return np.stack([np.interp(at, places, ridge) for ridge in means])


def _visible(x: Places, y: Floats, horizon: Floats) -> tuple[Floats, Floats]:
    """The lowest and highest dot of a ridge in each column that rises above those before it; moves the horizon."""
    before = np.where(np.isfinite(np.r_[y[:1], y[:-1]]), np.r_[y[:1], y[:-1]], y)
    most = np.nan_to_num(np.fmax(before, y), nan=-1.0)
    least = np.maximum(np.nan_to_num(np.fmin(before, y)), horizon[x] + 1)
    horizon[x] = np.maximum(horizon[x], most)
    return least, most
