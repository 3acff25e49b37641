"""Views of the weights: one matrix, and the same matrix over the run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from textual.strip import Strip

from grokterm.tui.drawing.cells import row
from grokterm.tui.drawing.heat import draw_heat, draw_scale, in_half_blocks, largest
from grokterm.tui.drawing.scales import short
from grokterm.tui.drawing.tiles import draw_tiles, tiles_of
from grokterm.tui.views.view import Chooser, ViewPane
from grokterm.tui.world import Seen, World
from grokterm.wire.messages import PictureRequest

_STEPS: Final = 8
"""Steps that are shown at most."""
_LEAST: Final = (18, 6)
"""Width and height of one of several matrices, with its step, at least."""


def _matrices(world: World, seen: Seen | None) -> int:
    return len(seen.names["matrix"]) if seen and seen.arrays else 1


def _matrix(world: World, seen: Seen | None, at: int) -> str:
    names = seen.names.get("matrix", ()) if seen else ()
    return names[at] if at < len(names) else f"{at}"


def _order(world: World, seen: Seen | None, at: int) -> str:
    return ("as they are", "by frequency")[at % 2]


_CHOOSERS: Final = (
    Chooser("matrix", "up down", _matrices, _matrix),
    Chooser("neurons", "left right", lambda world, seen: 2, _order),
)


class MatricesView(ViewPane):
    """One weight matrix as a heat map."""

    name = "matrices"
    told = "each weight matrix as a heat map"
    choosers = _CHOOSERS

    def draw_picture(self, world: World, seen: Seen, width: int, height: int) -> Sequence[Strip]:
        """The matrix over its scale."""
        values = seen.arrays["values"]
        graph, palette, top = world.view.graph, world.palette, largest(values)
        heat = draw_heat(values, width, height - 2, graph, palette, scale="signed", top=top, pooling="peak")
        return [
            _axes(world, seen, width, "{total:,}, {part} blocks", _sum_of_squares(world, seen)),
            *heat,
            draw_scale(top, width, graph, palette, "signed", "weight"),
        ][:height]


class MatrixOverTimeView(ViewPane):
    """One weight matrix at eight steps of the run."""

    name = "matrix_over_time"
    told = "the same weight matrix at eight steps of the run"
    choosers = _CHOOSERS

    def request(self) -> PictureRequest | None:
        """The picture, with as much of each matrix as there is room for, a point a weight; None without a place."""
        asked = super().request()
        width, height = self.content_size
        if asked is None or width < 1 or self.world is None:
            return None
        tiles = tiles_of(_STEPS, width, height - 2, _LEAST, (0, 1))
        half = in_half_blocks(self.world.view.graph, self.world.palette)
        room = {"rows": max(tiles.height - 2, 1) * (1 + half), "columns": max(tiles.width, 1)}
        return PictureRequest(asked.name, {**asked.chosen, **room})

    def draw_picture(self, world: World, seen: Seen, width: int, height: int) -> Sequence[Strip]:
        """A heat map a step, all in one scale."""
        values, steps = seen.arrays["values"], seen.arrays["steps"].tolist()
        graph, palette, top = world.view.graph, world.palette, largest(values)
        tiles = tiles_of(len(steps), width, height - 2, _LEAST, (0, 1))
        # Where there is not room for all, the newest are those that matter.
        first = max(len(steps) - tiles.count, 0)

        def draw(number: int) -> list[Strip]:
            step, newest = steps[first + number], first + number == len(steps) - 1
            name = f"step {step:,}" + (", now" if newest and not seen.past else "")
            head = row([(name, palette.style("text" if newest else "muted"))], tiles.width)
            room = max(tiles.height - 2, 1)
            heat = draw_heat(
                values[first + number], tiles.width, room, graph, palette, scale="signed", top=top, pooling="peak"
            )
            return [head, *heat, Strip.blank(tiles.width)][: tiles.height]

        body = draw_tiles(tiles, len(steps) - first, width, height - 2, draw)
        return [
            _axes(world, seen, width, "{part} of {total:,}"),
            *body,
            draw_scale(top, width, graph, palette, "signed", "weight"),
        ][:height]


def _sum_of_squares(world: World, seen: Seen) -> str:
    """The matrix's sum of squares at the step that is seen, and where it was largest up to then; empty if unknown."""
    names, history = seen.names["matrix"], world.history
    name = names[seen.request.chosen.get("matrix", 0) % len(names)]
    if name not in history.matrices:
        return ""
    steps, squares = history.squared_weights(name)
    squares = squares[: int(np.searchsorted(steps, seen.step, side="right"))]
    if not squares.size or not np.isfinite(squares[-1]):
        return ""
    peak = int(np.nanargmax(squares))
    most = f", at most {short(squares[peak])} at step {int(steps[peak]):,}" if peak < len(squares) - 1 else ""
    return f"sum of squares: {short(squares[-1])}{most}"


def _axes(world: World, seen: Seen, width: int, where_less: str, more: str = "") -> Strip:
    """What rows and columns are and how many; `where_less` spells it where fewer points show them.

    `more` follows where there is room, or its part before a comma.
    """
    arrows = ("v", ">") if world.view.graph == "ascii" else ("↓", "→")
    sizes = zip(seen.arrays["values"].shape[-2:], seen.arrays["shape"].tolist(), strict=True)
    counts = [f"{total:,}" if part == total else where_less.format(part=part, total=total) for part, total in sizes]
    words = [f"{arrow} {axis}: {n}" for arrow, axis, n in zip(arrows, seen.names["axes"], counts, strict=True)]
    text = "   ".join(words)
    choices = [f"{text}   {part}" for part in (more, more.partition(",")[0]) if part]
    fitting = next((choice for choice in choices if len(choice) <= width), text)
    return row([(fitting, world.palette.style("muted"))], width)


VIEWS: Final = (MatricesView, MatrixOverTimeView)
