from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from grokterm.tui.drawing.cells import Cells
from grokterm.tui.drawing.dots import Dots
from grokterm.tui.drawing.scatter import Line, draw_scatter, plane_of
from grokterm.tui.drawing.tiles import draw_tiles, tiles_of
from grokterm.tui.theme import Palette
from grokterm.view_options import Graph
from tests.tui.drawing.seeing import colors, fills, texts

CORNERS = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]])


def test_points_lie_where_they_are(dusk: Palette) -> None:
    strips = draw_scatter(CORNERS, 9, 5, "ascii", dusk, reach=1.0)
    assert (
        texts(strips)
        == [
            "    o",
            "    |",
            "o---|---o",
            "    |",
            "    o",
        ]
        or texts(strips)[2].count("o") == 2
    )


def test_a_unit_is_as_long_down_as_across(dusk: Palette) -> None:
    plane = plane_of(CORNERS, 40, 10, reach=None, equal=True, margin=False)
    assert plane.unit == (2 / 18, 4 / 18)
    assert plane.cells(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])).tolist() == [[20, 5], [29, 5], [20, 0.5]]


def test_what_is_there_fills_the_room_where_axes_differ() -> None:
    plane = plane_of(np.array([[0.0, 100.0], [4.0, 300.0]]), 8, 4, reach=None, equal=False, margin=False)
    assert plane.cells(np.array([[0.0, 300.0], [4.0, 100.0]])).tolist() == [[0.5, 0.5], [7.5, 3.5]]


def test_names_stand_outside_and_apart(dusk: Palette) -> None:
    names = ["0", "10", "20", "30"]
    lines = texts(draw_scatter(CORNERS, 21, 9, "ascii", dusk, names=names))
    assert all(name in "".join(lines) for name in names)
    assert lines[4].rindex("0") > lines[4].rindex("o")
    crowded = np.repeat(CORNERS[:1], 4, axis=0)
    assert sum(name in "".join(texts(draw_scatter(crowded, 21, 9, "ascii", dusk, names=names))) for name in names) <= 1


def test_a_line_is_whole_and_has_its_colour(dusk: Palette) -> None:
    strips = draw_scatter(
        np.zeros((0, 2)), 12, 3, "ascii", dusk, lines=[Line(np.array([[-1.0, 0.0], [1.0, 0.0]]), "mark")], reach=1.0
    )
    mark = dusk.style("mark").color
    assert mark is not None
    lit = [x for x, color in enumerate(colors(strips[1])) if color == mark.name]
    assert lit == list(range(lit[0], lit[-1] + 1))
    assert len(lit) >= 5


@pytest.mark.parametrize(("graph", "glyphs"), [("braille", "⡀⠄⠂⠁"), ("block", "▖▖▘▘"), ("ascii", "....")])
def test_dots_of_a_cell_in_each_kind_of_glyph(graph: Graph, glyphs: str, dusk: Palette) -> None:
    for quarter, glyph in zip((3, 2, 1, 0), glyphs, strict=True):
        dots, cells = Dots(1, 1, graph), Cells(1, 1)
        dots.points(np.array([[0.1, quarter / 4 + 0.1]]))
        dots.paint(cells, 0, 0, dusk.style("key"))
        assert cells.glyphs == [[glyph]]


@given(
    points=arrays(np.float64, st.tuples(st.integers(0, 30), st.just(2))),
    size=st.tuples(st.integers(0, 40), st.integers(0, 20)),
    graph=st.sampled_from(["braille", "block", "ascii"]),
    equal=st.booleans(),
)
def test_any_points_fill_the_room(
    points: np.ndarray[tuple[int, int], np.dtype[np.float64]],
    size: tuple[int, int],
    graph: Graph,
    equal: bool,
    dusk: Palette,
) -> None:
    names = [str(i) for i in range(len(points))]
    strips = draw_scatter(
        points, *size, graph, dusk, names=names, lines=[Line(points)], axes=("one", "two"), equal=equal
    )
    assert fills(strips, *size)


@pytest.mark.parametrize("count", [1, 2, 5, 64])
@pytest.mark.parametrize("size", [(0, 0), (10, 3), (78, 20), (198, 56)])
def test_tiles_fit_and_as_many_as_can(count: int, size: tuple[int, int], dusk: Palette) -> None:
    tiles = tiles_of(count, *size, least=(16, 7))
    assert tiles.columns * (tiles.width + 2) - 2 <= size[0]
    assert tiles.rows * tiles.height <= size[1]

    def draw(number: int) -> list[object]:
        return draw_scatter(CORNERS, tiles.width, tiles.height, "braille", dusk)  # type: ignore[return-value]

    assert fills(draw_tiles(tiles, count, *size, draw), *size)  # type: ignore[arg-type]


def test_squares_are_as_large_as_can_be() -> None:
    assert (tiles_of(4, 120, 20, least=(16, 7)).columns, tiles_of(4, 120, 60, least=(16, 7)).columns) == (4, 2)
    assert tiles_of(5, 118, 36, least=(16, 7)).columns == 3
