"""Maps of figures as surfaces, in three dimensions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from grokterm.drawn.parts import Heat
from grokterm.figures.charts import numbers
from grokterm.figures.sheet import Box, Sheet
from grokterm.figures.style import plain

_HEIGHT: Final = 2.0
_FROM: Final = (32, -58)
"""Degrees above the plane and around it from which one looks."""
_MOST: Final = 64
"""Points of a side at most: of more, every second, third … is drawn."""


@dataclass(frozen=True, slots=True)
class ReliefBlock:
    """A map as a surface: the larger, the higher."""

    heat: Heat

    def height(self, width: float) -> float:
        """The same for all."""
        return _HEIGHT

    def draw(self, sheet: Sheet, box: Box) -> None:
        """Draws it."""
        heat, color = self.heat, sheet.style.color
        axes: Any = sheet.axes(box.inner(left=0.1, right=0.35, bottom=0.1), projection="3d", computed_zorder=False)
        stride = -(-max(heat.values.shape) // _MOST)
        values = heat.values.astype(np.float64)[::stride, ::stride]
        down, across = np.mgrid[0 : heat.values.shape[0] : stride, 0 : heat.values.shape[1] : stride]
        low, high = heat.span.ends(heat.values)
        surface = {"cmap": sheet.style.scale(heat.span.scale), "vmin": low, "vmax": high, "rasterized": True}
        every = heat.down.every
        axes.plot_surface(across * every, down * every, values, rcount=_MOST, ccount=_MOST, linewidth=0, **surface)
        axes.view_init(*_FROM)
        axes.set_box_aspect((1, 1, 0.45), zoom=1.08)
        for axis, name in ((axes.xaxis, heat.across.name), (axes.yaxis, heat.down.name), (axes.zaxis, heat.span.unit)):
            numbers(axis, 4)
            axis.set_pane_color("none")
            axis.line.set_color(color("muted"))
            axis.set_label_text(plain(name))
            axis.labelpad = -9
            axis.set_tick_params(pad=-4)
