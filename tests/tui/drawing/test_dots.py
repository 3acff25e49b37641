from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style

from grokterm.tui.drawing.cells import Cells
from grokterm.tui.drawing.dots import DOTS, Dots, merge
from grokterm.view_options import Graph

BRAILLE = [[0x40, 0x80], [0x04, 0x20], [0x02, 0x10], [0x01, 0x08]]
"""Bits of a braille cell by row from below and column."""


def rows_of(low: list[int], high: list[int], height: int, graph: Graph) -> list[str]:
    dots = Dots(-(-len(low) // DOTS[graph][0]), height, graph)
    dots.columns(np.array(low), np.array(high))
    cells = Cells(dots.width, height)
    dots.paint(cells, 0, 0, Style(), "*")
    return ["".join(row) for row in cells.glyphs]


def test_columns_of_each_kind() -> None:
    assert rows_of([*range(8)], [*range(8)], 2, "braille") == ["  ⡠⠊", "⡠⠊  "]
    assert rows_of([0, 0, 1, 1, 2, 2, 3, 3], [0, 0, 1, 1, 2, 2, 3, 3], 2, "block") == ["  ▄▀", "▄▀  "]
    assert rows_of([0, 1, 0], [0, 1, 1], 2, "ascii") == [" **", "* *"]
    assert rows_of([0, 1, 3], [0, 0, 2], 1, "ascii") == ["*  "]


def test_every_braille_point_has_its_place() -> None:
    for x in range(4):
        for y in range(8):
            low, high = [1] * 4, [0] * 4
            low[x] = high[x] = y
            rows = rows_of(low, high, 2, "braille")
            lit = [(r, c, ord(g) - 0x2800) for r, row in enumerate(rows) for c, g in enumerate(row) if g != " "]
            assert lit == [(1 - y // 4, x // 2, BRAILLE[y % 4][x % 2])]


@given(st.sampled_from(list(DOTS)), st.integers(1, 12), st.integers(1, 5), st.data())
def test_a_cell_is_lit_where_one_of_its_dots_is(graph: Graph, width: int, height: int, data: st.DataObject) -> None:
    across, down = DOTS[graph]
    ends = st.tuples(st.integers(0, height * down - 1), st.integers(0, height * down - 1))
    spans = data.draw(st.lists(ends, min_size=width * across, max_size=width * across))
    rows = rows_of([low for low, _ in spans], [high for _, high in spans], height, graph)
    lit = {
        (height - 1 - y // down, x // across) for x, (low, high) in enumerate(spans) for y in range(low, high + 1)
    }  # fmt: skip
    assert {(y, x) for y, row in enumerate(rows) for x, glyph in enumerate(row) if glyph != " "} == lit


def test_glyphs_of_two_curves_merge() -> None:
    assert merge("⠁", "⢀", "braille") == "⢁"
    assert merge("▘", "▗", "block") == "▚"
    assert merge(".", "*", "ascii") == "*"
    assert [merge(" ", "⠁", "braille"), merge("⠁", " ", "braille")] == ["⠁", "⠁"]


@pytest.mark.parametrize(("graph", "glyph"), [("braille", "⢁"), ("block", "▚"), ("ascii", "*")])
def test_layers_merge_in_a_cell_and_the_last_one_colours_it(graph: Graph, glyph: str) -> None:
    cells, under, over = Cells(1, 1), Dots(1, 1, graph), Dots(1, 1, graph)
    under.points(np.array([[0.0, 0.0]]))
    over.points(np.array([[0.9, 0.9]]))
    under.paint(cells, 0, 0, Style(color="red"), ".")
    over.paint(cells, 0, 0, Style(color="blue"), "*")
    assert cells.glyphs == [[glyph]]
    assert cells.styles == [[Style(color="blue")]]
