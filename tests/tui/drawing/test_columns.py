from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from grokterm.tui.drawing.columns import path, reduce
from grokterm.tui.drawing.scales import Scale


def test_a_spike_among_100_000_points_survives() -> None:
    values = np.full((2, 100_000), 0.5)
    values[0, 77_777] = 1.0
    values[1, 12_345] = 0.0
    columns = reduce(np.arange(100_000.0), values, Scale(0, 100_000), 140)
    assert columns.index.size == 140
    assert columns.high[0].max() == 1.0
    assert columns.index[columns.high[0].argmax()] == 77_777 * 140 // 100_000
    assert columns.low[1].min() == 0.0
    assert columns.low[0].min() == columns.high[1].max() == 0.5


def test_each_column_holds_its_extremes() -> None:
    steps = np.arange(8.0)
    values = np.array([[1, 3, 2, 2, np.nan, 5, np.nan, np.inf]])
    columns = reduce(steps, values, Scale(0, 8), 4)
    assert columns.index.tolist() == [0, 1, 2, 3]
    assert columns.low[0].tolist()[:3] == [1, 2, 5]
    assert columns.high[0].tolist()[:3] == [3, 2, 5]
    assert np.isnan(columns.low[0, 3])


def test_what_lies_outside_is_left_out_and_order_does_not_matter() -> None:
    steps, values = np.array([30.0, 0, 10, 200]), np.array([[3.0, 0, 1, 9]])
    columns = reduce(steps, values, Scale(10, 100, log=True), 2)
    assert columns.index.tolist() == [0]
    assert (columns.low.tolist(), columns.high.tolist()) == ([[1.0]], [[3.0]])


def test_a_gap_ends_a_piece_and_a_line_takes_two_points() -> None:
    steps = np.arange(8.0)
    values = np.array([[0, 0, 0, np.nan, 1, 0.5, 0.0, 0.0]])
    columns = reduce(steps, values, Scale(0, 8), 8)
    assert path(columns, 0, Scale(0, 1), 5, 99) == (((0, 0), (2, 0)), ((4, 4), (6, 0), (7, 0)))


def test_a_longer_curve_keeps_the_points_of_its_first_bands() -> None:
    def points(count: int) -> list[tuple[int, int]]:
        columns = reduce(np.arange(float(count)), np.zeros((1, count)), Scale(0, 40), 40)
        (piece,) = path(columns, 0, Scale(0, 1), 5, 8)
        return list(piece)

    assert points(30) == [(0, 0), (7, 0), (8, 0), (15, 0), (16, 0), (23, 0), (24, 0), (29, 0)]
    assert points(36)[:7] == points(30)[:7]


def test_a_column_is_entered_at_the_nearer_end() -> None:
    steps = np.array([0.0, 1, 1.5, 2])
    columns = reduce(steps, np.array([[1.0, 0, 1, 0]]), Scale(0, 3), 3)
    assert path(columns, 0, Scale(0, 1), 3, 99) == (((0, 2), (1, 2), (1, 0), (2, 0)),)


@given(
    arrays(np.float64, st.tuples(st.integers(1, 3), st.integers(0, 60)), elements=st.floats(width=32)),
    st.integers(0, 50),
    st.integers(1, 30),
    st.booleans(),
)
def test_every_point_of_a_path_lies_on_the_plot(values: np.ndarray, count: int, rows: int, log: bool) -> None:
    steps = np.arange(float(values.shape[1]))
    columns = reduce(steps, values, Scale(1.0, 60.0, log), count)
    for number in range(values.shape[0]):
        points = [point for piece in path(columns, number, Scale(1e-3, 10, log), rows, 7) for point in piece]
        assert all(0 <= x < count and 0 <= y < rows for x, y in points)
        assert [x for x, _ in points] == sorted(x for x, _ in points)
