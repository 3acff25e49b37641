"""Views of what a transformer's heads look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from textual.strip import Strip

from grokterm.picture import Picture
from grokterm.tui.drawing.cells import row
from grokterm.tui.drawing.heads import TOKENS, draw_heads
from grokterm.tui.drawing.heat import draw_scale, largest
from grokterm.tui.drawing.matrix import Axis, draw_matrix
from grokterm.tui.drawing.tiles import draw_tiles, tiles_of
from grokterm.tui.run.state import RunState
from grokterm.tui.views.view import Chooser, ViewPane

_PAIRS: Final = ("all", "train", "test")
_LEAST: Final = (20, 7)
"""Cells of one map, at least."""
_THREE_FROM: Final = 150
"""Width from which the attention to "=", which the two others leave over, has a map too."""


def _blocks(state: RunState, picture: Picture | None) -> int:
    return state.config.depth


def attention_sum(rate: float) -> float:
    """What the attention of "=" to three tokens adds up to at an attention rate: 1 for softmax."""
    return rate + len(TOKENS) * (1 - rate)


class AttentionView(ViewPane):
    """The average pattern of every head."""

    name = "attention"
    summary = "what each head looks at on average"
    choosers = (
        Chooser("block", "up down", _blocks),
        Chooser("pairs", "left right", lambda state, picture: len(_PAIRS), lambda state, picture, at: _PAIRS[at]),
    )

    def draw_picture(self, state: RunState, picture: Picture, width: int, height: int) -> Sequence[Strip]:
        """A square a head: which token looks, and which it looks at."""
        patterns = picture.arrays["patterns"].astype(np.float64)
        return draw_heads(patterns, width, height, state.view.graph, state.palette)


class AttentionMapView(ViewPane):
    """What one head looks at from "=" for every pair."""

    name = "attention_map"
    summary = 'what "=" looks at for every pair, a head at a time'
    choosers = (
        Chooser("block", "up down", _blocks),
        Chooser("head", "left right", lambda state, picture: state.config.heads),
    )

    def draw_picture(self, state: RunState, picture: Picture, width: int, height: int) -> Sequence[Strip]:
        """A map over all pairs for each token that is looked at."""
        maps, means = picture.arrays["maps"].astype(np.float64), picture.arrays["means"]
        last, top = int(picture.arrays["p"][0]) - 1, largest(maps)
        shown = len(TOKENS) if width >= _THREE_FROM else 2
        tiles = tiles_of(shown, width, height - 1, _LEAST, (5, 2))
        graph, palette = state.view.graph, state.palette

        def draw(at: int) -> list[Strip]:
            return draw_matrix(
                maps[at], tiles.width, tiles.height, graph, palette,
                down=Axis("a", 0, last), across=Axis("b", 0, last), title=_told(at, means[at]), top=top, square=True,
            )  # fmt: skip

        foot = draw_scale(top, width, graph, palette)
        if shown < len(TOKENS):
            whole = 100 * attention_sum(state.config.attention_rate)
            rest = f"  {_told(shown, means[shown])}; the three add up to {whole:.0f} %"
            room = max(width - len(rest), 0)
            foot = Strip.join(
                [draw_scale(top, room, graph, palette), row([(rest, palette.style("muted"))], width - room)]
            )
        return [*draw_tiles(tiles, shown, width, height - 1, draw), foot][-max(height, 0) :]


def _told(at: int, mean: float) -> str:
    share = f"{100 * mean:.0f} %" if np.isfinite(mean) else "?"
    return f'"=" to {TOKENS[at]}: {share} on average'


VIEWS: Final = (AttentionView, AttentionMapView)
