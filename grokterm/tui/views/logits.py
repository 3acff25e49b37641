"""Views of the logits: one class restricted, the correct class as a relief, the losses of all pairs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from textual.strip import Strip

from grokterm.picture import Picture
from grokterm.surgery import component_labels, key_words
from grokterm.tui.drawing.cells import row
from grokterm.tui.drawing.heat import draw_scale, largest
from grokterm.tui.drawing.image import draw_image, draw_ramp, loss_scale
from grokterm.tui.drawing.pair_map import draw_pair_map, holds_all
from grokterm.tui.drawing.relief import draw_relief
from grokterm.tui.drawing.scales import Scale, short
from grokterm.tui.drawing.tiles import draw_tiles, tiles_of
from grokterm.tui.run.state import RunState
from grokterm.tui.views.view import Chooser, ViewPane

_MAP: Final = (24, 8)
"""Width and height of a map over pairs at least."""
_THREE_FROM: Final = 110
"""Cells of width from which the difference stands beside full and restricted logits."""
_BESIDE_FROM: Final = 70
"""Cells of width from which two drawings stand side by side."""


class RestrictedView(ViewPane):
    """The logits of one class, and the part of them that the key frequencies make."""

    name = "restricted"
    summary = "full against restricted logits of one output class"
    choosers = (Chooser("class", "up down", lambda state, picture: state.config.p),)

    def draw_picture(self, state: RunState, picture: Picture, width: int, height: int) -> Sequence[Strip]:
        """Full, restricted and, where there is room, what is left, in one scale."""
        graph, palette = state.view.graph, state.palette
        full, only = (picture.arrays[name].astype(np.float64) for name in ("full", "restricted"))
        op = state.config.op
        keys = ("" if component_labels(op) else "k = ") + " ".join(key_words(op, picture.arrays["keys"].tolist())[1])
        maps = [("full", full), ("restricted", only), ("what is left", full - only)]
        maps = maps if width >= _THREE_FROM else maps[:2]
        top, tiles = largest(full), tiles_of(len(maps), width, height - 2, _MAP, (3, 2))

        def draw(at: int) -> list[Strip]:
            name, values = maps[at]
            axis = picture.names["axes"][0]
            return draw_pair_map(
                values, name, tiles.width, tiles.height, graph, palette, scale="signed", top=top, axis=axis
            )

        explained = float(picture.arrays["explained"][0])
        share = f"{100 * explained:.1f} % of the variance" if math.isfinite(explained) else "nothing"
        words = f"restricted explains {share}, with {keys}"
        drawn = draw_tiles(tiles, min(len(maps), tiles.count), width, height - 2, draw)
        scale = draw_scale(top, width, graph, palette, "signed", "logit about its mean")
        return [*drawn, row([(words, palette.style("text"))], width), scale][:height]


class CorrectLogitView(ViewPane):
    """The logit of the right answer of every pair."""

    name = "correct_logit"
    summary = "the logit of the right answer, as a relief"

    def draw_picture(self, state: RunState, picture: Picture, width: int, height: int) -> Sequence[Strip]:
        """A map, and the relief seen from the side."""
        graph, palette = state.view.graph, state.palette
        values, stride = picture.arrays["values"].astype(np.float64), int(picture.arrays["stride"][0])
        finite = values[np.isfinite(values)]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
        scale = Scale(low, high) if high > low else Scale(low, low + 1)
        beside = width >= _BESIDE_FROM
        left = min((width - 2) // 2, height * 2 + 2) if beside else width
        whole = holds_all(values.shape, left, height - 2, graph, palette)
        name = ("every pair" if whole else "the first residues") if stride == 1 else f"every {stride}th residue"
        placed = scale.place(values)
        shown = draw_pair_map(placed, name, left, height - 2, graph, palette, top=1.0, blocks=(stride, stride))
        mean = float(finite.mean()) if finite.size else math.nan
        numbers = f"lowest {short(low)}, mean {short(mean)}, highest {short(high)}"
        ramp = draw_ramp(scale, "logit", width, graph, palette)
        if not beside:
            return [*shown, *ramp][:height]
        room = width - left - 2
        long = f"picture from b = 0, neighbours taken together; {numbers}"
        head = row([(long if len(long) <= room else numbers, palette.style("muted"))], room)
        relief = [head, *draw_relief(values, room, height - 3, graph, palette)]
        gap = Strip.blank(2)
        return [*(Strip.join([a, gap, b]) for a, b in zip(shown, relief, strict=True)), *ramp][:height]


class LossesView(ViewPane):
    """The loss of every pair over the run."""

    name = "losses"
    summary = "the loss of every pair over training, sorted"

    def draw_picture(self, state: RunState, picture: Picture, width: int, height: int) -> Sequence[Strip]:
        """Train and test pairs as images over one scale."""
        graph, palette = state.view.graph, state.palette
        steps = picture.arrays["steps"].tolist()
        images = {name: picture.arrays[name].astype(np.float64) for name in ("train", "test")}
        scale = loss_scale(np.concatenate(list(images.values())), math.log(max(state.config.p, 2)))
        tiles = (
            tiles_of(2, width, height - 2, (30, 6)) if width >= _BESIDE_FROM else tiles_of(1, width, height - 2, (1, 1))
        )
        names = list(images)[-tiles.count :]

        def draw(at: int) -> list[Strip]:
            name = f"{names[at]} pairs, by their loss"
            return draw_image(images[names[at]], steps, scale, name, tiles.width, tiles.height, graph, palette)

        guess = f"loss (guessing: {math.log(max(state.config.p, 2)):.2f})"
        return [
            *draw_tiles(tiles, len(names), width, height - 2, draw),
            *draw_ramp(scale, guess, width, graph, palette),
        ][:height]


VIEWS: Final = (RestrictedView, CorrectLogitView, LossesView)
