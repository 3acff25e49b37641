from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from grokterm.tui.drawing.lattice import whole, zoomed
from grokterm.tui.drawing.legend import WIDTH, draw_legend
from grokterm.tui.drawing.states import BLANK, RIGHT, RIGHT_TRAINED, UNSURE, UNSURE_TRAINED, WRONG, WRONG_TRAINED
from grokterm.tui.drawing.table import draw_table, in_half_blocks, points_of
from grokterm.tui.theme import Palette, find_theme
from grokterm.view_options import Graph
from tests.tui.drawing.seeing import colors, fills, texts

CODES = np.array(
    [[RIGHT, WRONG, UNSURE], [RIGHT_TRAINED, WRONG_TRAINED, UNSURE_TRAINED], [BLANK, RIGHT, RIGHT]], np.uint8
)
"""Indexed [a, b]: b = 0 is the top row, RIGHT, RIGHT_TRAINED, BLANK."""


def test_half_blocks_cell_by_cell(dusk: Palette) -> None:
    lattice = whole(3, 3, 2, half=True)
    strips = draw_table(points_of(CODES, lattice), lattice, None, 3, 2, "braille", dusk)
    assert texts(strips) == ["▀▀▄", "▀▀▀"]
    assert colors(strips[0]) == [dusk.correct, dusk.correct_trained, dusk.correct]
    assert colors(strips[0], backgrounds=True) == [dusk.wrong, dusk.wrong_trained, None]
    assert colors(strips[1]) == [dusk.unsure, dusk.unsure_trained, dusk.correct]
    assert colors(strips[1], backgrounds=True) == [None] * 3


def test_runs_of_one_style_are_one_segment(dusk: Palette) -> None:
    codes = np.full((97, 97), RIGHT, np.uint8)
    lattice = whole(97, 97, 49, half=True)
    strips = draw_table(points_of(codes, lattice), lattice, None, 97, 49, "braille", dusk)
    assert [len(list(strip)) for strip in strips] == [1] * 49


def test_neighbouring_segments_differ(dusk: Palette) -> None:
    codes = np.random.default_rng(0).integers(1, 7, (98, 98)).astype(np.uint8)
    lattice = whole(98, 98, 49, half=True)
    for strip in draw_table(points_of(codes, lattice), lattice, None, 98, 49, "braille", dusk):
        assert all(before != after for before, after in pairwise(segment.style for segment in strip))


def test_glyphs_tell_everything_without_colour(mono: Palette) -> None:
    lattice = whole(3, 3, 3, half=False)
    assert not in_half_blocks("braille", mono)
    strips = draw_table(points_of(CODES, lattice), lattice, None, 3, 3, "braille", mono)
    assert texts(strips) == ["█▒", "Xx█", "·,█"]
    ascii_ = draw_table(points_of(CODES, lattice), lattice, None, 3, 3, "ascii", mono)
    assert texts(ascii_) == ["#+", "Xx#", ".,#"]


def test_axes_name_a_and_b_and_point_at_the_cursor(dusk: Palette) -> None:
    codes = np.full((12, 12), RIGHT, np.uint8)
    lattice = whole(12, 16, 7, half=True)
    strips = draw_table(points_of(codes, lattice), lattice, (6, 4), 16, 7, "braille", dusk)
    assert texts(strips) == ["   a 0   ▾   11", " 0", " b", "  ▸      ▀", "", "", "11"]
    assert colors(strips[3])[9] == dusk.cursor
    plain = draw_table(points_of(codes, lattice), lattice, (0, 11), 16, 7, "ascii", dusk)
    assert texts(plain) == ["   v         11", " 0", " b", "", "", "", "11>▀"]


def test_a_large_pair_under_the_cursor_keeps_its_colour_inside(dusk: Palette) -> None:
    codes = np.full((3, 3), WRONG, np.uint8)
    lattice = whole(3, 12, 6, half=True)
    assert lattice.scale == (4, 4)
    strips = draw_table(points_of(codes, lattice), lattice, (1, 1), 12, 6, "braille", dusk)
    upper, lower = colors(strips[2]), colors(strips[2], backgrounds=True)
    assert texts(strips)[2] == "     ▀▀"
    assert upper[5:7] == [dusk.cursor] * 2
    assert lower == [dusk.wrong] * 4 + [dusk.cursor] + [dusk.wrong] * 2 + [dusk.cursor] + [dusk.wrong] * 4


def test_a_legend_names_every_colour(dusk: Palette, mono: Palette) -> None:
    lattice = whole(20, 30, 12, half=True)
    legend = draw_legend(lattice, "braille", dusk)
    assert legend is not None
    lines = texts(legend.strips())
    assert lines[:9] == ["test", "██ right", "██ wrong", "██ unsure", "", "train", "██ right", "██ wrong", "██ unsure"]
    assert all(strip.cell_length == WIDTH for strip in legend.strips())
    glyphs = draw_legend(whole(20, 30, 20, half=False), "ascii", mono)
    assert glyphs is not None
    assert texts(glyphs.strips())[1:4] == ["## right", "XX wrong", ".. unsure"]
    assert draw_legend(whole(5, 5, 3, half=True), "braille", dusk) is None


@given(
    st.integers(1, 130),
    st.integers(1, 110),
    st.integers(1, 40),
    st.sampled_from(["braille", "ascii"]),
    st.sampled_from(["dusk", "ansi", "mono"]),
    st.integers(0, 6),
    st.integers(0, 2**32 - 1),
)
def test_tables_fill_any_pane(p: int, width: int, height: int, graph: Graph, theme: str, zoom: int, seed: int) -> None:
    palette = find_theme(theme).palette
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 7, (p, p)).astype(np.uint8)
    cursor = (int(rng.integers(p)), int(rng.integers(p)))
    half = in_half_blocks(graph, palette)
    lattice = zoomed(p, width, height, half, zoom, cursor, (0, 0)) if zoom else whole(p, width, height, half)
    points = points_of(codes, lattice)
    assert points.shape == (lattice.rows, lattice.columns)
    assert fills(draw_table(points, lattice, cursor, width, height, graph, palette), width, height)


def test_the_largest_table(dusk: Palette) -> None:
    codes = np.full((1999, 1999), RIGHT_TRAINED, np.uint8)
    codes[::2] = WRONG
    lattice = whole(1999, 40, 20, half=True)
    assert fills(draw_table(points_of(codes, lattice), lattice, (1998, 1998), 40, 20, "braille", dusk), 40, 20)
