"""The coordinates of a parity: a bar for the weights of each, the secret ones lit and named."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from textual.strip import Strip

from grokterm.picture import Picture
from grokterm.tui.drawing.bars import draw_bars, full_height
from grokterm.tui.theme import Palette
from grokterm.view_options import Graph


def draw_coordinates(
    picture: Picture, width: int, height: int, graph: Graph, palette: Palette, sides: Sequence[Picture]
) -> list[Strip]:
    """The bars of one step, to one scale with those of all `sides`; coordinates are counted from 1."""
    norms, secret = picture.norms.astype(np.float64), picture.secret.tolist()
    top = max(full_height(side.norms.astype(np.float64)) for side in sides)
    names = [str(number) for number in range(1, norms.size + 1)]
    return draw_bars(norms, secret, width, height, graph, palette, top, names)


def secret_share(picture: Picture) -> float:
    """The share of the squared weights that lies on the secret coordinates, 0 to 1; NaN without any weights."""
    squares = np.square(picture.norms.astype(np.float64))
    total = float(squares.sum())
    return float(squares[picture.secret - 1].sum()) / total if total > 0 else float("nan")
