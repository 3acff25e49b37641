from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from grokterm.tui.drawing.columns import reduce, spans
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


def spans_of(values: list[float], count: int, rows: int) -> list[tuple[int, int]]:
    steps = np.arange(float(len(values)))
    low, high = spans(reduce(steps, np.array([values]), Scale(0, len(values)), count), 0, Scale(0, 1), rows, count)
    return list(zip(low.tolist(), high.tolist(), strict=True))


NOTHING = (1, 0)


def test_neighbours_reach_halfway_to_each_other() -> None:
    assert spans_of([0, 1, 1, 0], 4, 5) == [(0, 2), (3, 4), (3, 4), (0, 2)]
    assert spans_of([0, 0.25, 0.5], 3, 5) == [(0, 0), (1, 1), (2, 2)]
    assert spans_of([0, 1, 0.5, 0.5], 2, 5) == [(0, 4), (2, 2)]


def test_a_gap_is_left_open() -> None:
    nan = float("nan")
    assert spans_of([0, nan, 1, 1], 4, 5) == [(0, 0), NOTHING, (4, 4), (4, 4)]
    assert spans_of([nan, nan], 2, 5) == [NOTHING] * 2
    assert spans_of([], 0, 5) == []


def test_a_straight_line_leads_over_columns_without_a_point() -> None:
    columns = reduce(np.array([0.0, 4, 6]), np.array([[0.0, 1, 1]]), Scale(0, 8), 8)
    low, high = spans(columns, 0, Scale(0, 1), 5, 8)
    assert low.tolist() == [0, 1, 2, 3, 4, 4, 4, 1]
    assert high.tolist() == [0, 1, 2, 3, 4, 4, 4, 0]


@given(
    arrays(np.float64, st.tuples(st.integers(1, 3), st.integers(0, 60)), elements=st.floats(width=32)),
    st.integers(0, 50),
    st.integers(1, 30),
    st.booleans(),
)
def test_curves_lie_on_the_plot_hold_their_extremes_and_have_no_holes(
    values: np.ndarray, count: int, rows: int, log: bool
) -> None:
    columns = reduce(np.arange(float(values.shape[1])), values, Scale(1.0, 60.0, log), count)
    scale = Scale(1e-3, 10, log)
    for number in range(values.shape[0]):
        low, high = spans(columns, number, scale, rows, count)
        drawn = low <= high
        assert len(low) == len(high) == count
        assert all(low[drawn] >= 0)
        assert all(high[drawn] < rows)
        known = np.isfinite(columns.low[number])
        at = columns.index[known]
        assert all(low[at] <= np.rint(scale.place(columns.low[number][known]) * (rows - 1)))
        assert all(high[at] >= np.rint(scale.place(columns.high[number][known]) * (rows - 1)))
        for i, j in zip(np.flatnonzero(known)[:-1], np.flatnonzero(known)[1:], strict=True):
            between = slice(columns.index[i], columns.index[j] + 1)
            if j > i + 1:
                assert not drawn[columns.index[i] + 1 : columns.index[j]].any()
                continue
            assert drawn[between].all()
            assert all(low[between][1:] <= high[between][:-1] + 1)
            assert all(high[between][1:] >= low[between][:-1] - 1)
