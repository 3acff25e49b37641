"""The curves of one cell: test accuracy of every seed thin, their median and band, train accuracy dimmer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from rich.style import Style
from textual.strip import Strip

from grokterm.number_format import percent
from grokterm.sweeps.curves import COLUMNS
from grokterm.sweeps.summaries import Bands
from grokterm.tui.drawing.cells import Cells
from grokterm.tui.drawing.columns import reduce
from grokterm.tui.drawing.curves import LEAST_WIDTH, Shade, draw_line, draw_shade
from grokterm.tui.drawing.dots import DOTS
from grokterm.tui.drawing.plot_area import GUTTER, Axes, PlotArea, draw_axes, names_beside
from grokterm.tui.drawing.scales import Floats, Scale, step_scale
from grokterm.tui.theme import Palette
from grokterm.view_options import Graph

if TYPE_CHECKING:
    from grokterm.sweeps.curves import Curve

_STEP, _TRAIN, _TEST = (COLUMNS.index(name) for name in ("step", "train_accuracy", "test_accuracy"))
_DIM: Final = Style(dim=True)
_BOLD: Final = Style(bold=True)


@dataclass(frozen=True, slots=True, eq=False)
class SeedCurves:
    """The curves of the runs of a tile that are drawn, and what more of them come to together."""

    curves: Sequence[Curve]
    bands: Bands
    runs: int
    """Runs that have ended and have a curve."""


def draw_seeds(drawn: SeedCurves, log_x: bool, width: int, height: int, graph: Graph, palette: Palette) -> list[Strip]:
    """Accuracies over steps, 0 to 100 %, as `height` strips of `width` cells; the median lies on top."""
    cells = Cells(width, height)
    if width < 1 or height < 1:
        return cells.strips()
    framed = width >= LEAST_WIDTH and height >= 3
    left = GUTTER if framed else 0
    right = names_beside(width - left) if framed else 0
    axes = Axes(log_x=log_x, percent=True)
    x = _steps(drawn, log_x)
    area = PlotArea(left, max(width - left - right, 1), max(height - framed, 1), x, Scale(0.0, 1.0))
    test, train = palette.style("test"), palette.style("train")
    faint = test if palette.depth == "truecolor" else test + _DIM
    for column, style in ((_TRAIN, train + _DIM), (_TEST, faint + _DIM)):
        for curve in drawn.curves:
            _line(cells, area, curve[_STEP], curve[column], style, "." if column == _TEST else ",", graph)
    _line(cells, area, drawn.bands.steps, drawn.bands.median[_TEST], test + _BOLD, "*", graph)
    if drawn.bands.runs > 1:
        _band(cells, area, drawn.bands, graph, palette)
    if framed:
        draw_axes(cells, area, axes, DOTS[graph][1], graph, palette)
    if right:
        _names(cells, area, drawn, graph, palette)
    return cells.strips()


def _steps(drawn: SeedCurves, log: bool) -> Scale:
    """The step axis that holds all curves."""
    steps = [curve[_STEP] for curve in drawn.curves if curve.shape[1]]
    last = max((float(each[-1]) for each in (*steps, drawn.bands.steps) if len(each)), default=0.0)
    first = min((float(each[each > 0].min(initial=np.inf)) for each in steps), default=np.inf)
    return step_scale(last, first, log)


def _line(cells: Cells, area: PlotArea, steps: Floats, values: Floats, style: Style, letter: str, graph: Graph) -> None:
    columns = reduce(steps, values[None], area.x, area.width * DOTS[graph][0])
    draw_line(cells, area, columns, 0, style, letter, graph)


def _band(cells: Cells, area: PlotArea, bands: Bands, graph: Graph, palette: Palette) -> None:
    """Shades what lies between the ends of the band."""
    values = np.stack([bands.low[_TEST], bands.high[_TEST]])
    columns = reduce(bands.steps, values, area.x, area.width * DOTS[graph][0])
    if bands.steps.size:
        shade = Shade(1, 0, float(bands.steps[0]), float(bands.steps[-1]), "test")
        draw_shade(cells, area, columns, shade, graph, palette)


def _names(cells: Cells, area: PlotArea, drawn: SeedCurves, graph: Graph, palette: Palette) -> None:
    """What the lines are and where the medians end, right of the plot."""
    x, down = area.left + area.width + 1, DOTS[graph][1]
    taken: set[int] = set()
    for column, name, style in (
        (_TEST, "test", palette.style("test") + _BOLD),
        (_TRAIN, "train", palette.style("train")),
    ):
        values = drawn.bands.median[column]
        known = values[np.isfinite(values)]
        if not known.size:
            continue
        row = area.row(float(known[-1]), down)
        row = next((y for y in sorted(range(area.height), key=lambda y: abs(y - row)) if y not in taken), row)
        taken.add(row)
        cells.put(x, row, f"{name} {percent(float(known[-1])).removesuffix(' %')}", style)
