from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grokterm.tui.drawing.strokes import BAND, DOTS, merge, strokes
from grokterm.view_options import Graph

BRAILLE = [[0x40, 0x80], [0x04, 0x20], [0x02, 0x10], [0x01, 0x08]]
"""Bits of a braille cell by row from below and column."""


def test_lines_of_each_kind() -> None:
    diagonal = (((0, 0), (7, 7)),)
    assert strokes(diagonal, 4, 2, "braille") == ("  ⡠⠊", "⡠⠊  ")
    assert strokes((((0, 0), (7, 3)),), 4, 2, "block") == ("  ▄▀", "▄▀  ")
    assert strokes((((0, 0), (3, 1)),), 4, 2, "ascii") == ("  **", "**  ")


def test_every_braille_point_has_its_place() -> None:
    for x in range(4):
        for y in range(8):
            rows = strokes((((x, y),),), 2, 2, "braille")
            lit = [(r, c, ord(g) - 0x2800) for r, row in enumerate(rows) for c, g in enumerate(row) if g != " "]
            assert lit == [(1 - y // 4, x // 2, BRAILLE[y % 4][x % 2])]


def test_pieces_are_not_joined_and_drawings_leave_nothing_behind() -> None:
    assert strokes((((0, 0), (1, 0)), ((4, 0), (5, 0))), 6, 1, "ascii") == ("**  **",)
    assert strokes((), 3, 1, "ascii") == ("   ",)
    assert strokes((((2, 0),),), 3, 1, "ascii") == ("  *",)


def test_glyphs_of_two_curves_merge() -> None:
    assert merge("⠁", "⢀", "braille") == "⢁"
    assert merge("▘", "▗", "block") == "▚"
    assert merge(".", "*", "ascii") == "*"
    assert [merge(" ", "⠁", "braille"), merge("⠁", " ", "braille")] == ["⠁", "⠁"]


@settings(max_examples=40)
@given(st.sampled_from(list(DOTS)), st.data())
def test_bands_join_without_a_seam(graph: Graph, data: st.DataObject) -> None:
    across, down = DOTS[graph]
    xs = sorted(data.draw(st.sets(st.integers(0, 3 * BAND * across - 1), min_size=2, max_size=9)))
    piece = tuple((x, data.draw(st.integers(0, 4 * down - 1))) for x in xs)
    whole = strokes((piece,), 3 * BAND, 4, graph)
    assert all(any(row[x // across] != " " for row in whole) for x in range(xs[0], xs[-1] + 1))
    assert all(whole[3 - y // down][x // across] != " " for x, y in piece)


@settings(max_examples=60)
@given(st.sampled_from(list(DOTS)), st.integers(0, 30), st.integers(0, 9), st.data())
def test_rows_have_the_size_asked_for(graph: Graph, width: int, height: int, data: st.DataObject) -> None:
    across, down = DOTS[graph]
    point = st.tuples(st.integers(0, max(width * across - 1, 0)), st.integers(0, max(height * down - 1, 0)))
    piece = st.lists(point, min_size=1, max_size=6).map(lambda points: tuple(sorted(points)))
    pieces = data.draw(st.lists(piece, max_size=3).map(tuple))
    rows = strokes(pieces, width, height, graph)
    assert [len(row) for row in rows] == [width] * height
    if width and height:
        drawn = np.array([[glyph != " " for glyph in row] for row in rows])
        for x, y in (point for piece in pieces for point in piece):
            assert drawn[height - 1 - y // down, x // across]


@pytest.mark.parametrize("graph", DOTS)
def test_long_curves_reach_both_ends(graph: Graph) -> None:
    across, down = DOTS[graph]
    pieces = (((0, 0), (80 * across - 1, 6 * down - 1)),)
    rows = strokes(pieces, 80, 6, graph)
    assert rows[0][79] != " "
    assert rows[5][0] != " "
