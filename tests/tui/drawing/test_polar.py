from __future__ import annotations

import numpy as np
import pytest

from grokterm.tui.drawing.cells import Cells
from grokterm.tui.drawing.polar import draw_clock
from grokterm.tui.theme import Palette
from grokterm.view_options import Graph

P = 31


def drawn(waves: list[np.ndarray], turns: int, palette: Palette, graph: Graph = "ascii") -> Cells:
    cells = Cells(41, 21)
    draw_clock(cells, waves, turns, 0, 0, 41, 21, graph, palette)
    return cells


def places(cells: Cells, glyph: str) -> np.ndarray:
    """Where a glyph stands about the middle, x to the right and y up, in units of a cell's width."""
    found = [
        (x - 20, 2 * (10 - y)) for y, row in enumerate(cells.glyphs) for x, cell in enumerate(row) if cell == glyph
    ]
    return np.array(found)


@pytest.mark.parametrize("k", [1, 4, 15])
@pytest.mark.parametrize(("phase", "side"), [(0.0, (1, 0)), (np.pi / 2, (0, 1)), (np.pi, (-1, 0))])
def test_a_wave_of_its_own_frequency_lies_to_where_it_is_largest(
    mono: Palette, k: int, phase: float, side: tuple[int, int]
) -> None:
    wave = np.cos(2 * np.pi * k * np.arange(P) / P - phase)
    middle = places(drawn([wave], k, mono), "a").mean(0)
    assert float(middle @ np.array(side)) > 4
    assert abs(float(middle @ np.array(side[::-1]))) < 2


def test_noise_has_no_side(mono: Palette) -> None:
    wave = np.tile([1.0, -1.0], P // 2 + 1)[:P]
    assert np.abs(places(drawn([wave], 1, mono), "a").mean(0)).max() < 3


def test_a_and_b_are_told_apart(mono: Palette) -> None:
    wave = np.cos(2 * np.pi * np.arange(P) / P)
    cells = drawn([wave, -wave], 1, mono)
    assert places(cells, "a")[:, 0].mean() > 3
    assert places(cells, "b")[:, 0].mean() < -3


def test_the_ring_is_weight_0(mono: Palette) -> None:
    ring = places(drawn([np.zeros(P)], 1, mono), ".")
    distance = np.hypot(*ring.T)
    assert distance.min() > 7
    assert distance.max() < 13


@pytest.mark.parametrize("graph", ["braille", "block", "ascii"])
def test_numbers_that_are_not_finite_and_no_room(mono: Palette, graph: Graph) -> None:
    for width, height in ((41, 21), (3, 2), (2, 1), (1, 9)):
        cells = Cells(width, height)
        for wave in (np.full(P, np.nan), np.full(P, np.inf), np.array([]), np.ones(1)):
            draw_clock(cells, [wave, wave], 3, 0, 0, width, height, graph, mono)
        assert len(cells.strips()) == height
