"""Where the panels of a sweep stand: pages, each with the regions of the panels on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from textual.geometry import Region, Size

DIAGRAM: Final = 1
CURVES: Final = 2
CELLS: Final = 3
MARGINAL: Final = 4
PANELS: Final = (DIAGRAM, CURVES, CELLS, MARGINAL)

Page = Mapping[int, Region]

_BESIDE_FROM: Final = 100
"""Width from which panels stand beside each other."""
_ALL_FROM: Final = (150, 44)
"""Size from which all panels stand on one page."""
_HALVES_FROM: Final = 34
"""Height from which a page has panels beneath each other, where they stand beside each other too."""
_STACKED_FROM: Final = 16
"""Height from which diagram and curves share a page where they stand beneath each other."""
_LEAST_CURVES: Final = 7
_AROUND: Final = 2
_BELOW_TILES: Final = 4
"""Lines below the tiles of a diagram: the values across, a blank and the legend."""
_WITH_LEGEND: Final = 9
"""Lines of a diagram from which it has its whole legend."""
_TABLE_WIDTH: Final = 76
"""Cells that the table takes at most where something stands beside it."""


def pages(size: Size, rows: int, enlarged: int | None) -> list[Page]:
    """The pages of a body of this size; `rows` is how many rows of tiles the diagram has."""
    body = Region(0, 0, max(size.width, 1), max(size.height, 1))
    if enlarged is not None:
        return [{enlarged: body}, *({number: body} for number in PANELS if number != enlarged)]
    if body.width >= _BESIDE_FROM and body.height >= _HALVES_FROM - 4:
        return _grid(body, rows)
    if body.width >= _BESIDE_FROM:
        left, right = body.split_vertical(body.width // 2)
        return [{DIAGRAM: left, CURVES: right}, {CELLS: left, MARGINAL: right}]
    if body.height >= _STACKED_FROM:
        upper, lower = body.split_horizontal(_tall(rows, body.height - _LEAST_CURVES))
        return [{DIAGRAM: upper, CURVES: lower}, {CELLS: body}, {MARGINAL: body}]
    return [{number: body} for number in PANELS]


def _grid(body: Region, rows: int) -> list[Page]:
    """Diagram and curves above, table and marginal below: the table as wide as it needs, the rest beside it."""
    least, most = body.height * 11 // 20, body.height * 13 // 20
    upper, lower = body.split_horizontal(min(max(rows + _BELOW_TILES + _AROUND, least), most))
    one, other = upper.split_vertical(body.width // 2)
    table = min(_TABLE_WIDTH, body.width // 2)
    cells, marginal = lower.split_vertical(table if body.width >= _ALL_FROM[0] else body.width // 2)
    return [{DIAGRAM: one, CURVES: other, CELLS: cells, MARGINAL: marginal}]


def _tall(rows: int, most: int) -> int:
    """Lines for a diagram of so many rows: of two lines each where that has room, else of one."""
    needs = [rows * high + _BELOW_TILES + _AROUND for high in (2, 1)]
    return min(max(next((need for need in needs if need <= most), most), _WITH_LEGEND + _AROUND), most)
