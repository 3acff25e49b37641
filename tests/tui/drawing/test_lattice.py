from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokterm.tui.drawing.lattice import Lattice, whole, zoomed

SIZES = st.tuples(st.integers(1, 200), st.integers(1, 70))


def test_the_whole_table_is_as_large_as_it_fits() -> None:
    assert whole(97, 99, 49, half=True).scale == (1, 1)
    assert whole(97, 98, 48, half=True).reduction == (1, 2)
    assert whole(5, 51, 25, half=True).scale == (10, 10)
    assert whole(97, 51, 25, half=True).reduction == (2, 2)
    assert whole(1999, 51, 25, half=True).reduction == (40, 40)
    assert whole(97, 51, 25, half=False).reduction == (2, 4)


@pytest.mark.parametrize(
    ("p", "room", "columns", "rows"),
    [
        (11, (97, 45), 11 * 8, 11 * 8),  # whole points a pair, as large as it fits
        (23, (97, 45), 23 * 4, 23 * 3),  # nearly as wide as high
        (23, (200, 24), 23 * 4, 23 * 2),  # twice as wide as high, and no wider
        (23, (50, 60), 23 * 2, 23 * 3),  # or half as high again as wide
        (23, (24, 40), 23, 23),
        (23, (70, 31), 23 * 2, 23 * 2),  # axes are worth more than what goes beyond a square
        (59, (97, 45), 59, 59),
        (59, (57, 25), 57, 50),  # one cell for a pair or two: equal ones would take 30 × 30
        (97, (97, 45), 97, 90),
        (97, (57, 25), 49, 49),  # equal ones take most of the room
        (97, (40, 40), 33, 49),
    ],
)
def test_a_table_uses_its_room(p: int, room: tuple[int, int], columns: int, rows: int) -> None:
    lattice = whole(p, *room, half=True)
    assert (lattice.columns, lattice.rows) == (columns, rows)


@given(st.integers(1, 400), SIZES, st.booleans())
def test_a_table_is_nearly_a_square(p: int, size: tuple[int, int], half: bool) -> None:
    lattice = whole(p, *size, half)
    high = lattice.rows * (1 if half else 2)
    assert lattice.columns <= 2 * high
    assert high <= max(1.5 * lattice.columns, 2 * p)  # a pair takes a point at least


@given(st.integers(1, 400), SIZES, st.booleans())
def test_points_share_out_all_pairs(p: int, size: tuple[int, int], half: bool) -> None:
    lattice = whole(p, *size, half)
    for axis, count in enumerate((lattice.columns, lattice.rows)):
        if lattice.reduction[axis] > 1:
            starts = lattice.starts(axis)
            assert len(starts) == count
            held = np.diff([*starts, p])
            assert 1 <= held.min() <= held.max() == lattice.reduction[axis]
            for at, start in enumerate(starts):
                pair = (start, 0) if axis == 0 else (0, start)
                point = lattice.point(pair)
                assert point is not None
                assert point[axis] == at


def test_axes_take_only_room_that_is_left() -> None:
    assert (whole(10, 10, 5, half=True).left, whole(10, 10, 5, half=True).top) == (0, 0)
    assert (whole(10, 13, 6, half=True).left, whole(10, 13, 6, half=True).top) == (2, 1)


def test_cells_and_pairs_of_half_blocks() -> None:
    lattice = whole(10, 13, 6, half=True)
    assert lattice.pair(2, 1) == (0, 0)
    assert lattice.pair(11, 5) == (9, 8)
    assert lattice.cell((9, 9)) == (11, 5)
    assert lattice.pair(1, 1) is lattice.pair(2, 0) is lattice.pair(12, 5) is lattice.pair(2, 6) is None
    assert lattice.cell((10, 0)) is lattice.cell((-1, 0)) is None


def test_zooming_keeps_the_cursor_inside_and_moves_no_more_than_needed() -> None:
    lattice = zoomed(97, 43, 21, True, 2, (50, 50), (45, 45))
    assert lattice.origin == (45, 45)
    moved = zoomed(97, 43, 21, True, 2, (96, 0), lattice.origin)
    assert moved.cell((96, 0)) is not None
    assert moved.origin == (97 - 20, 0)


@given(st.integers(1, 2000), SIZES, st.booleans())
def test_every_pair_of_the_whole_has_a_cell(p: int, size: tuple[int, int], half: bool) -> None:
    lattice = whole(p, *size, half)
    check(lattice, size)
    for pair in ((0, 0), (p - 1, 0), (0, p - 1), (p - 1, p - 1), (p // 2, p // 3)):
        cell = lattice.cell(pair)
        assert cell is not None
        found = lattice.pair(*cell)
        assert found is not None
        assert all(0 <= pair[i] - found[i] < lattice.reduction[i] or half for i in range(2))


@given(
    st.integers(1, 2000),
    SIZES,
    st.booleans(),
    st.integers(1, 8),
    st.tuples(st.floats(0, 0.999), st.floats(0, 0.999)),
    st.tuples(st.integers(0, 2000), st.integers(0, 2000)),
)
def test_a_zoomed_table_holds_the_cursor(
    p: int, size: tuple[int, int], half: bool, scale: int, at: tuple[float, float], origin: tuple[int, int]
) -> None:
    cursor = (int(at[0] * p), int(at[1] * p))
    lattice = zoomed(p, *size, half, scale, cursor, origin)
    check(lattice, size)
    assert lattice.cell(cursor) is not None
    assert not lattice.reduced


def check(lattice: Lattice, size: tuple[int, int]) -> None:
    assert lattice.left + lattice.columns <= size[0]
    assert lattice.top + lattice.height <= size[1]
    assert lattice.columns >= 1
    assert lattice.rows >= 1
