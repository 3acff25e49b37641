"""A layout that puts each widget where a function says, and leaves out the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from textual.geometry import Offset, Region, Size, Spacing
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.widget import Widget


class Board(Layout):
    """Widgets at given regions; computed anew whenever the size changes, so that nothing lags behind a resize."""

    name = "board"

    def __init__(self, regions: Callable[[Size], Mapping[Widget, Region]]) -> None:
        self._regions = regions

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> ArrangeResult:
        """The placements of those children that have a region."""
        regions = self._regions(size)
        return [
            WidgetPlacement(regions[child], Offset(0, 0), Spacing(), child)
            for child in children
            if child in regions and regions[child].area
        ]
