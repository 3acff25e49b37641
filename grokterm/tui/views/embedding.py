"""Views of the embedding or first layer: circles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from textual.strip import Strip

from grokterm.tui.drawing.cells import Cells
from grokterm.tui.views.view import ViewPane
from grokterm.tui.world import Seen, World


class CirclesView(ViewPane):
    """Every residue in the plane of each key frequency."""

    number = 12
    title = "Circles"
    name = "circles"
    group = "Embedding"
    told = "every residue in the plane of each key frequency"
    compares = True

    def draw_picture(self, world: World, seen: Seen, width: int, height: int) -> Sequence[Strip]:
        """One circle beside the other."""
        cells = Cells(width, height)
        circles, frequencies = seen.arrays["circles"], seen.arrays["frequencies"]
        for i, (points, k) in enumerate(zip(circles, frequencies, strict=True)):
            cells.put(0, i, f"k = {k}: {points.shape[0]} points", world.palette.style("key"))
        return cells.strips()


VIEWS: Final = (CirclesView,)
