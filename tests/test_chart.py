"""Charts in the scrollback: what is reduced before plotext sees it, and what is drawn."""

from __future__ import annotations

import io
import math
import os
import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from grokterm.chart import (
    Curve,
    Look,
    bar_curve,
    console_on,
    draw_chart,
    graph_on,
    pieces,
    step_axis,
    strokes,
    value_axis,
)
from grokterm.tui.drawing.columns import reduce
from grokterm.tui.drawing.scales import Scale
from grokterm.view_options import Graph
from tests.patience import PATIENCE

NAN = float("nan")


def curve(values: Sequence[float], steps: Sequence[float] | None = None, letter: str = "A") -> Curve:
    places = np.arange(float(len(values))) if steps is None else np.array(steps, float)
    return Curve(letter, "blue", places, np.array(values, float))


def drawn(*curves: Curve, look: Look) -> list[str]:
    return draw_chart(curves, look).plain.split("\n")


def reduced(values: Sequence[float], count: int) -> list[list[tuple[int, float]]]:
    return pieces(reduce(np.arange(float(len(values))), np.array([values], float), Scale(0, len(values)), count))


def test_a_column_has_its_smallest_and_its_largest_value_the_nearer_one_first() -> None:
    assert reduced([1, 3, 2, 2, 9, 8, 0, 4], 4) == [[(0, 1), (0, 3), (1, 2), (2, 8), (2, 9), (3, 4), (3, 0)]]
    assert reduced([1, 2, 3], 3) == [[(0, 1), (1, 2), (2, 3)]]
    assert reduced([], 3) == reduced([NAN, NAN], 2) == []


def test_bars_are_strokes_that_do_not_touch() -> None:
    bars = bar_curve("A", "blue", np.array([2.0, NAN, 1.0]))
    found = strokes(reduce(bars.steps, bars.values[None], Scale(0.5, 3.5), 30))
    places = {at for (at, _), _ in found}
    assert {*range(2, 8), *range(22, 28)} <= places <= {*range(1, 9), *range(21, 29)}
    assert {(low, high) for (at, low), (_, high) in found if at < 10} == {(0.0, 2.0)}
    assert {(low, high) for (at, low), (_, high) in found if at > 10} == {(0.0, 1.0)}


def test_bars_of_several_stand_side_by_side() -> None:
    one, other = (bar_curve("A", "blue", np.ones(2), number, 2) for number in range(2))
    assert one.steps.max() < 1 + 1 < other.steps.max()
    assert not set(np.round(one.steps, 6)) & set(np.round(other.steps, 6))


def test_a_column_without_a_number_breaks_the_curve() -> None:
    assert reduced([0, NAN, NAN, 1, 2, math.inf, 3], 7) == [[(0, 0)], [(3, 1), (4, 2)], [(6, 3)]]
    assert reduced([NAN, 5, NAN, 7], 2) == [[(0, 5), (1, 7)]]


@given(arrays(np.float64, st.integers(0, 300), elements=st.floats(width=32)), st.integers(1, 40))
def test_at_most_two_points_a_column_and_all_extremes(values: np.ndarray, count: int) -> None:
    found = [point for piece in reduced(values.tolist(), count) for point in piece]
    for column in range(count):
        here = [value for at, value in found if at == column]
        logged = [v for i, v in enumerate(values.tolist()) if int(i / len(values) * count) == column]
        finite = [v for v in logged if math.isfinite(v)]
        assert len(here) <= 2
        assert sorted(here) == (sorted({min(finite), max(finite)}) if finite else [])
    assert [at for at, _ in found] == sorted(at for at, _ in found)


def test_a_chart_in_ascii_is_this() -> None:
    look = Look(26, 7, "ascii", colors=False, percent=True)
    falling, rising = curve([1, 0.5, 0], [0, 50, 100], "a"), curve([0, 0, 1, 1], [0, 50, 60, 100])
    assert drawn(falling, rising, look=look) == [
        "100 %+aaa         AAAAAAAA",
        "     |   aaaaa   A",
        " 50 %+        aaaAa",
        "     |          A  aaaa",
        "  0 %+AAAAAAAAAAA      aaa",
        "     ++---------+--------+",
        "      0         50     100",
    ]


@pytest.mark.parametrize(("width", "height"), [(60, 12), (80, 20), (24, 8), (200, 30)])
@pytest.mark.parametrize("graph", ["braille", "block", "ascii"])
def test_it_fits(width: int, height: int, graph: Graph) -> None:
    lines = drawn(curve([5.0, 0.1, 0.001]), look=Look(width, height, graph))
    assert 0.75 * height <= len(lines) <= height
    assert max(map(len, lines)) == width
    assert all(line == line.rstrip() for line in lines)


def test_numbers_are_as_many_lines_apart() -> None:
    for height in range(8, 31):
        lines = drawn(curve([0, 1]), look=Look(60, height, percent=True))
        at = [i for i, line in enumerate(lines) if "┤" in line]
        assert len(at) >= 3
        assert len({after - before for before, after in pairwise(at)}) == 1


def test_decades_are_as_many_lines_apart() -> None:
    lines = drawn(curve([4.6, 8e-5]), look=Look(60, 18, log_y=True))
    at = {line.split("┤")[0].strip(): i for i, line in enumerate(lines) if "┤" in line}
    assert at == {"10": 0, "1": 2, "0.1": 4, "0.01": 6, "1e-3": 8, "1e-4": 10, "1e-5": 12}


def test_nothing_of_one_chart_is_in_the_next() -> None:
    look = Look(60, 12)
    before = drawn(curve([0, 1]), look=look)
    drawn(curve([5, 1e9, 3]), curve([1, NAN, 3], letter="B"), look=Look(90, 20, colors=False, log_y=True))
    assert drawn(curve([0, 1]), look=look) == before


def test_a_gap_is_left_open() -> None:
    row = drawn(curve([1, 1, 1, NAN, NAN, 1, 1]), look=Look(60, 8, percent=True))[0]
    assert row == "100 %┤" + 18 * "⠉" + "⠁" + 26 * " " + 9 * "⠉"


def test_one_record_is_a_mark_that_is_seen() -> None:
    lines = drawn(curve([0.5], [40]), look=Look(60, 8, percent=True))
    assert [line.count("●") for line in lines] == [0, 0, 1, 0, 0, 0, 0]
    assert "*" not in "".join(drawn(curve([0.5], [40]), look=Look(60, 8, "ascii")))


def test_without_any_number_there_are_axes() -> None:
    lines = drawn(curve([NAN, NAN]), curve([], letter="B"), look=Look(60, 8, percent=True))
    assert [line for line in lines if "┤" in line] == ["100 %┤", " 50 %┤", "  0 %┤"]


def test_axes_hold_all_values_and_logarithmic_ones_begin_above_0() -> None:
    few, more = curve([4, 0, 0.02], [0, 10, 2_000]), curve([-3, NAN, math.inf], [0, 1, 3_333])
    assert step_axis([few, more], log=False) == Scale(0, 3_333)
    assert step_axis([few], log=True) == Scale(10, 2_000, log=True)
    assert step_axis([curve([1], [0])], log=True).low > 0
    assert value_axis([few], Look(60, 8)) == Scale(0, 4)
    assert value_axis([few, more], Look(60, 8)) == Scale(-3, 4)
    assert value_axis([more], Look(60, 8)) == Scale(-3, 0)
    assert value_axis([few], Look(60, 8, log_y=True)) == Scale(0.01, 10, log=True)
    assert value_axis([few], Look(60, 8, percent=True)) == Scale(0, 1)


def test_zeros_lie_at_the_bottom_of_a_logarithmic_axis() -> None:
    lines = drawn(curve([0, 0, 1, 10], [0, 1, 10, 100]), look=Look(60, 8, log_x=True, log_y=True))
    bottom = next(line for line in lines if line.startswith(" 1┤"))
    assert bottom.startswith(" 1┤⣀⣀⣀⣀⣀")
    assert lines[-1].split() == ["1", "10", "100"]


@given(
    st.lists(arrays(np.float64, st.integers(0, 20), elements=st.floats()), min_size=1, max_size=4),
    st.integers(0, 120),
    st.integers(0, 40),
    st.sampled_from(["braille", "block", "ascii"]),
    st.tuples(st.booleans(), st.booleans(), st.booleans(), st.booleans()),
)
def test_any_numbers_at_any_size_give_a_chart(
    values: list[np.ndarray], width: int, height: int, graph: Graph, ways: tuple[bool, bool, bool, bool]
) -> None:
    colors, log_x, log_y, percent = ways
    curves = [curve(v.tolist(), letter=letter) for v, letter in zip(values, "AbCd", strict=False)]
    lines = drawn(*curves, look=Look(width, height, graph, colors, log_x, log_y, percent))
    assert max(map(len, lines)) == max(width, 24)
    assert len(lines) <= max(height, 8)
    if graph == "ascii":
        assert "".join(lines).isascii()


def test_letters_tell_curves_apart_where_there_are_no_colors() -> None:
    rising, level = curve([0, 1]), curve([1, 1], letter="B")
    plain = "".join(drawn(rising, level, look=Look(60, 12, colors=False)))
    assert plain.count("A") >= 2
    assert plain.count("B") >= 2
    assert "A" not in "".join(drawn(rising, level, look=Look(60, 12)))
    assert "A" not in "".join(drawn(rising, look=Look(60, 12, colors=False)))


def test_colors_and_faintness_are_those_of_the_curve() -> None:
    faint = Curve("a", "magenta", np.array([0.0, 1]), np.array([0.0, 1]), faint=True)
    styles = [str(span.style) for span in draw_chart([faint], Look(60, 12)).spans]
    assert set(styles) == {"dim color(5)"}


def test_output_that_is_no_terminal_has_no_colors_and_no_braille_where_it_cannot() -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    assert console_on(out, "truecolor").color_system is None
    assert graph_on(out, "block") == "block"
    assert graph_on(io.TextIOWrapper(io.BytesIO(), encoding="ascii"), "block") == "ascii"


def test_plotext_that_cannot_be_loaded_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "plotext.py").write_text("raise ImportError('its kernel was not built\\nand more')")
    code = (
        "import numpy as np; from grokterm.chart import *; from grokterm.errors import TerminalError\n"
        "try: draw_chart([Curve('A', 'blue', np.arange(2.0), np.arange(2.0))], Look(60, 12))\n"
        "except TerminalError as error: print(error)"
    )
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.stdout == "no chart can be drawn, plotext cannot be loaded: its kernel was not built\n"
