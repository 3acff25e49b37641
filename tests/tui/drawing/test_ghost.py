"""The tables of a model and its ghost use the room there is."""

from __future__ import annotations

import numpy as np
import pytest

from grokterm.tui.drawing.ghost import HEAD, draw_ghost
from grokterm.tui.drawing.states import RIGHT
from grokterm.tui.theme import Palette
from tests.tui.drawing.seeing import colors, fills, texts

SCORES = np.array([[1e-6, 0.5, 1.0, 0.9], [1e-6, 0.5, 1.0, 0.9]])
HEIGHTS = {80: 14, 120: 28, 200: 48}
"""Lines that a view of ablation has for both tables on a screen of 24, 40 and 60 lines, by its width."""


@pytest.mark.parametrize(
    ("width", "p", "columns", "lines"),
    [
        (200, 11, 88, 44),
        (200, 23, 92, 35),
        (200, 59, 59, 30),
        (200, 97, 97, 45),
        (120, 11, 44, 22),
        (120, 23, 46, 23),
        (120, 59, 57, 25),
        (120, 97, 49, 25),
        (80, 11, 33, 11),
    ],
)
def test_both_tables_use_their_room(dusk: Palette, width: int, p: int, columns: int, lines: int) -> None:
    states = np.full((2, p, p), RIGHT, np.uint8)
    height = HEIGHTS[width]
    strips = draw_ghost(states, SCORES, ("intact", "without k = 1"), width - 2, height, "braille", dusk)
    assert fills(strips, width - 2, height)
    assert texts(strips)[0].split() == ["intact", "without", "k", "=", "1"]
    drawn = [sum(map(is_point, strip.text, colors(strip, backgrounds=True))) for strip in strips[HEAD:]]
    assert [count for count in drawn if count] == [2 * columns] * lines


def is_point(glyph: str, background: str | None) -> bool:
    return background is not None or glyph in "▀▄"
