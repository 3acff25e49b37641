"""Views of the weights: one matrix, and the same matrix over the run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from textual.strip import Strip

from grokterm.picture import Picture, PictureRequest
from grokterm.tui.drawing.cells import row
from grokterm.tui.drawing.heat import draw_heat, draw_scale, in_half_blocks, largest
from grokterm.tui.drawing.scales import short
from grokterm.tui.drawing.tiles import draw_tiles, tiles_of
from grokterm.tui.run.state import RunState
from grokterm.tui.views.view import Chooser, ViewPane

_STEPS: Final = 8
"""Steps that are shown at most."""
_LEAST: Final = (18, 6)
"""Width and height of one of several matrices, with its step, at least."""


def _matrices(state: RunState, picture: Picture | None) -> int:
    return len(picture.names["matrix"]) if picture and picture.arrays else 1


def _matrix(state: RunState, picture: Picture | None, at: int) -> str:
    names = picture.names.get("matrix", ()) if picture else ()
    return names[at] if at < len(names) else f"{at}"


def _order(state: RunState, picture: Picture | None, at: int) -> str:
    return ("as they are", "by frequency")[at % 2]


_CHOOSERS: Final = (
    Chooser("matrix", "up down", _matrices, _matrix),
    Chooser("neurons", "left right", lambda state, picture: 2, _order),
)


class MatricesView(ViewPane):
    """One weight matrix as a heat map."""

    name = "matrices"
    summary = "each weight matrix as a heat map"
    choosers = _CHOOSERS

    def draw_picture(self, state: RunState, picture: Picture, width: int, height: int) -> Sequence[Strip]:
        """The matrix over its scale."""
        values = picture.arrays["values"]
        graph, palette, top = state.view.graph, state.palette, largest(values)
        heat = draw_heat(values, width, height - 2, graph, palette, scale="signed", top=top, pooling="peak")
        return [
            _axes(state, picture, width, "{total:,}, {part} blocks", _sum_of_squares(state, picture)),
            *heat,
            draw_scale(top, width, graph, palette, "signed", "weight"),
        ][:height]


class MatrixOverTimeView(ViewPane):
    """One weight matrix at eight steps of the run."""

    name = "matrix_over_time"
    summary = "the same weight matrix at eight steps of the run"
    choosers = _CHOOSERS

    def request(self) -> PictureRequest | None:
        """The picture, with as much of each matrix as there is room for, a point a weight; None without a place."""
        asked = super().request()
        width, height = self.content_size
        if asked is None or width < 1 or self.state is None:
            return None
        tiles = tiles_of(_STEPS, width, height - 2, _LEAST, (0, 1))
        half = in_half_blocks(self.state.view.graph, self.state.palette)
        room = {"rows": max(tiles.height - 2, 1) * (1 + half), "columns": max(tiles.width, 1)}
        return PictureRequest(asked.name, {**asked.chosen, **room})

    def draw_picture(self, state: RunState, picture: Picture, width: int, height: int) -> Sequence[Strip]:
        """A heat map a step, all in one scale."""
        values, steps = picture.arrays["values"], picture.arrays["steps"].tolist()
        graph, palette, top = state.view.graph, state.palette, largest(values)
        tiles = tiles_of(len(steps), width, height - 2, _LEAST, (0, 1))
        # Where there is not room for all, the newest are those that matter.
        first = max(len(steps) - tiles.count, 0)

        def draw(number: int) -> list[Strip]:
            step, newest = steps[first + number], first + number == len(steps) - 1
            name = f"step {step:,}" + (", now" if newest and not picture.past else "")
            head = row([(name, palette.style("text" if newest else "muted"))], tiles.width)
            room = max(tiles.height - 2, 1)
            heat = draw_heat(
                values[first + number], tiles.width, room, graph, palette, scale="signed", top=top, pooling="peak"
            )
            return [head, *heat, Strip.blank(tiles.width)][: tiles.height]

        body = draw_tiles(tiles, len(steps) - first, width, height - 2, draw)
        return [
            _axes(state, picture, width, "{part} of {total:,}"),
            *body,
            draw_scale(top, width, graph, palette, "signed", "weight"),
        ][:height]


def _sum_of_squares(state: RunState, picture: Picture) -> str:
    """The matrix's sum of squares at the picture's step, and where it was largest up to then; empty if unknown."""
    names, history = picture.names["matrix"], state.history
    name = names[picture.request.chosen.get("matrix", 0) % len(names)]
    if name not in history.matrices:
        return ""
    steps, squares = history.squared_weights(name)
    squares = squares[: int(np.searchsorted(steps, picture.step, side="right"))]
    if not squares.size or not np.isfinite(squares[-1]):
        return ""
    peak = int(np.nanargmax(squares))
    most = f", at most {short(squares[peak])} at step {int(steps[peak]):,}" if peak < len(squares) - 1 else ""
    return f"sum of squares: {short(squares[-1])}{most}"


def _axes(state: RunState, picture: Picture, width: int, where_less: str, more: str = "") -> Strip:
    """What rows and columns are and how many; `where_less` spells it where fewer points show them.

    `more` follows where there is room, or its part before a comma.
    """
    arrows = ("v", ">") if state.view.graph == "ascii" else ("↓", "→")
    sizes = zip(picture.arrays["values"].shape[-2:], picture.arrays["shape"].tolist(), strict=True)
    counts = [f"{total:,}" if part == total else where_less.format(part=part, total=total) for part, total in sizes]
    words = [f"{arrow} {axis}: {n}" for arrow, axis, n in zip(arrows, picture.names["axes"], counts, strict=True)]
    text = "   ".join(words)
    choices = [f"{text}   {part}" for part in (more, more.partition(",")[0]) if part]
    fitting = next((choice for choice in choices if len(choice) <= width), text)
    return row([(fitting, state.palette.style("muted"))], width)


VIEWS: Final = (MatricesView, MatrixOverTimeView)
