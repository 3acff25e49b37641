from __future__ import annotations

import warnings

import numpy as np
import pytest

from grokterm.tui.drawing.relief import draw_relief
from grokterm.tui.theme import Palette
from grokterm.view_options import Graph
from tests.tui.drawing.seeing import colors, fills, texts


def test_a_peak_in_front_hides_what_lies_behind(mono: Palette) -> None:
    flat, peak = np.zeros((30, 8)), np.zeros((30, 8))
    flat[15, 7] = peak[15, 7] = 0.01
    peak[13:17, 0] = 10.0
    lines = [texts(draw_relief(table, 60, 24, "ascii", mono)) for table in (flat, peak)]
    inked = [sum(line.count(".") for line in found) for found in lines]
    assert inked[1] != inked[0]
    assert lines[1] != lines[0]


def test_high_ground_has_a_colour_of_its_own(dusk: Palette) -> None:
    values = np.zeros((40, 40))
    values[10:30, 10:30] = 1.0
    found = {color for strip in draw_relief(values, 80, 30, "braille", dusk) for color in colors(strip)}
    assert {dusk.style(name).color.name for name in ("bar", "text") if dusk.style(name).color} <= found  # type: ignore[union-attr]


@pytest.mark.parametrize("graph", ["braille", "block", "ascii"])
@pytest.mark.parametrize("size", [(1, 1), (7, 3), (20, 6), (78, 22), (198, 58)])
def test_any_table_fills_any_room(mono: Palette, graph: Graph, size: tuple[int, int]) -> None:
    holes = np.ones((5, 5))
    holes[:, 0] = np.nan
    tables = [
        np.zeros((0, 0)),
        np.ones((3, 3)),
        np.full((5, 5), np.nan),
        holes,
        np.random.default_rng(0).random((97, 97)),
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for values in tables:
            assert fills(draw_relief(values, *size, graph, mono), *size)
