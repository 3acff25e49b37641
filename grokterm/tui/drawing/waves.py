"""The cosine and sine parts of an embedding: their norms, the angle between them, and their coefficients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from textual.strip import Strip

from grokterm.tui.drawing.cells import Cells, row
from grokterm.tui.drawing.heat import draw_heat, draw_scale, largest
from grokterm.tui.drawing.scales import Floats, short
from grokterm.tui.theme import Palette
from grokterm.view_options import Graph

_LEFT: Final = 10
"""Cells of the frequency and the part's name."""
_NUMBER: Final = 7
_ANGLE: Final = 8
_BAR: Final = 16
_BAR_FROM: Final = 76
"""Width from which norms are bars too."""


def draw_waves(
    frequencies: Sequence[int],
    norms: Floats,
    between: Floats,
    coefficients: Floats,
    features: int,
    width: int,
    height: int,
    graph: Graph,
    palette: Palette,
) -> list[Strip]:
    """Norms [K, 2], angles in degrees [K] and coefficients [K, 2, features], as many of K as there is room for."""
    bar = _BAR if width >= _BAR_FROM else 0
    left = min(_LEFT + bar + _NUMBER + _ANGLE, width)
    top, most = largest(coefficients), largest(norms)
    head, note = _head(bar, left, features, width, palette), "coefficient"
    each = max(2, min((height - 3) // max(len(frequencies), 1), 6))
    lines = [head]
    for i, k in enumerate(frequencies):
        if len(lines) + each > height - 1:
            break
        thick = max(each - 1, 2) // 2
        texts = _texts(k, norms[i], float(between[i]), thick, most, bar, left, graph, palette)
        for part in (0, 1):
            heat = draw_heat(
                coefficients[i, part : part + 1], width - left, thick, graph, palette, scale="signed", top=top,
                pooling="peak",
            )  # fmt: skip
            lines += [Strip.join([texts[part * thick + y], heat[y]]) for y in range(thick)]
        lines += [Strip.blank(width)] * (each - 2 * thick)
    shown = lines[: max(height - 1, 0)]
    scale = Strip.join(
        [row([(f"{note} ".rjust(left), palette.style("muted"))], left),
         draw_scale(top, width - left, graph, palette, "signed")]
    )  # fmt: skip
    return [*shown, *[Strip.blank(width)] * (height - 1 - len(shown)), scale][:height]


def _head(bar: int, left: int, features: int, width: int, palette: Palette) -> Strip:
    cells = Cells(width, 1)
    muted = palette.style("muted")
    for x, text in (
        (0, "  k"),
        (5, "part"),
        (_LEFT, "norm"),
        (_LEFT + bar + _NUMBER, "angle"),
        (left, f"along the {features:,} dimensions"),
    ):
        cells.put(x, 0, text, muted)
    return cells.strips()[0]


def _texts(
    k: int, norms: Floats, between: float, thick: int, most: float, bar: int, left: int, graph: Graph, palette: Palette
) -> list[Strip]:
    """What stands left of the coefficients of one frequency, `thick` lines a part."""
    cells = Cells(left, 2 * thick)
    full = "#" if graph == "ascii" else "█"
    for part, (name, color) in enumerate((("cos", "key"), ("sin", "run_e"))):
        y, norm = part * thick, float(norms[part])
        cells.put(5, y, name, palette.style(color))
        share = norm / most if most > 0 and np.isfinite(norm) else 0.0
        filled = min(int(np.rint(share * (bar - 1))), bar - 1) if bar else 0
        cells.put(_LEFT, y, full * filled, palette.style(color))
        cells.put(_LEFT + bar, y, short(norm), palette.style("text"))
    cells.put(0, 0, f"{k:>3}", palette.style("key"))
    angle = f"{between:.0f}°" if np.isfinite(between) else "?"
    cells.put(_LEFT + bar + _NUMBER, 0, angle, palette.style("text"))
    return cells.strips()
