"""Views of what a transformer's heads look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from textual.strip import Strip

from grokterm.picture import Picture
from grokterm.tui.drawing.cells import row
from grokterm.tui.drawing.heads import draw_heads
from grokterm.tui.drawing.heat import draw_scale, largest
from grokterm.tui.drawing.matrix import Axis, draw_matrix
from grokterm.tui.drawing.tiles import draw_tiles, tiles_of
from grokterm.tui.run.state import RunState
from grokterm.tui.views.view import Chooser, ViewPane

_PAIRS: Final = ("all", "train", "test")
_LEAST: Final = (20, 7)
"""Cells of one map, at least."""
_WIDE_FROM: Final = 150
"""Width from which the attention to constant tokens, which a and b leave over, has maps too."""
_COUNTED: Final = {3: "three", 5: "five"}


def _blocks(state: RunState, picture: Picture | None) -> int:
    return state.config.depth


def attention_sum(rate: float, tokens: int) -> float:
    """What the attention of "=" to so many tokens adds up to at an attention rate: 1 for softmax."""
    return rate + tokens * (1 - rate)


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
        return draw_heads(patterns, picture.names["tokens"], width, height, state.view.graph, state.palette)


class AttentionMapView(ViewPane):
    """What one head looks at from "=" for every pair."""

    name = "attention_map"
    summary = 'what "=" looks at for every pair, a head at a time'
    choosers = (
        Chooser("block", "up down", _blocks),
        Chooser("head", "left right", lambda state, picture: state.config.heads),
    )

    def draw_picture(self, state: RunState, picture: Picture, width: int, height: int) -> Sequence[Strip]:
        """A map over all pairs for each token that is looked at, a and b first."""
        tokens = picture.names["tokens"]
        order = sorted(range(len(tokens)), key=lambda at: tokens[at] not in ("a", "b"))
        maps, means = (picture.arrays[name][order] for name in ("maps", "means"))
        maps, told = (
            maps.astype(np.float64),
            [f"{tokens[at]}: {_share(mean)}" for at, mean in zip(order, means, strict=True)],
        )
        down, across = (Axis(name, 0, int(picture.arrays["p"][0]) - 1) for name in ("a", "b"))
        top = largest(maps)
        shown = len(tokens) if width >= _WIDE_FROM else 2
        tiles = tiles_of(shown, width, height - 1, _LEAST, (5, 2))
        graph, palette = state.view.graph, state.palette

        def draw(at: int) -> list[Strip]:
            return draw_matrix(
                maps[at], tiles.width, tiles.height, graph, palette,
                down=down, across=across, title=f'"=" to {told[at]} on average', top=top, square=True,
            )  # fmt: skip

        foot = draw_scale(top, width, graph, palette)
        if shown < len(tokens):
            whole = 100 * attention_sum(state.config.attention_rate, len(tokens))
            rest = f'  "=" to {", ".join(told[shown:])} on average; the {_COUNTED[len(tokens)]} add up to {whole:.0f} %'
            room = max(width - len(rest), 0)
            foot = Strip.join(
                [draw_scale(top, room, graph, palette), row([(rest, palette.style("muted"))], width - room)]
            )
        return [*draw_tiles(tiles, shown, width, height - 1, draw), foot][-max(height, 0) :]


def _share(mean: float) -> str:
    return f"{100 * mean:.0f} %" if np.isfinite(mean) else "?"


VIEWS: Final = (AttentionView, AttentionMapView)
