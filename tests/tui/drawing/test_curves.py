from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from grokterm.tui.drawing.curves import Curve, draw_curves, spread
from grokterm.tui.drawing.marks import Mark
from grokterm.tui.drawing.plot_area import Axes
from grokterm.tui.drawing.sparkline import draw_sparklines
from grokterm.tui.theme import Palette
from grokterm.view_options import Graph
from tests.tui.drawing.seeing import fills, texts

CURVES = (Curve("train", "100.0", "train"), Curve("test", "0.0", "test"))
PERCENT = Axes(percent=True)
VALUES = np.array([[0.0, 0.5, 1, 1, 1], [0.0, 0, 0, 0, 0]])
STEPS = np.array([0.0, 100, 200, 300, 400])


def test_a_small_plot_cell_by_cell(dusk: Palette) -> None:
    assert texts(draw_curves(STEPS, VALUES, CURVES, [], PERCENT, 40, 6, "ascii", dusk)) == [
        "100 %+         ........... train 100.0",
        "     |       ..",
        " 50 %+    ...",
        "     |  ..",
        "  0 %+******************** test 0.0",
        "      0        200     400         steps",
    ]
    assert texts(draw_curves(STEPS, VALUES, CURVES, [], PERCENT, 40, 6, "braille", dusk)) == [
        "100 %┤        ⢀⠔⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉ train 100.0",
        "     │      ⡠⠒⠁",
        " 50 %┤    ⡠⠊",
        "     │  ⡠⠊",
        "  0 %┤⣠⣊⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀ test 0.0",
        "      0        200     400         steps",
    ]


def test_curves_carry_their_colours_and_the_last_lies_on_top(dusk: Palette) -> None:
    strips = draw_curves(STEPS, np.zeros((2, 5)), CURVES, [], PERCENT, 40, 6, "braille", dusk)
    plot = [segment for segment in strips[4] if "⣀" in segment.text]
    assert [segment.style for segment in plot] == [dusk.style("test")]


def test_equal_ends_are_named_apart(dusk: Palette) -> None:
    for value in (0.0, 0.5, 1.0):
        strips = draw_curves(STEPS, np.full((2, 5), value), CURVES, [], PERCENT, 60, 8, "braille", dusk)
        rows = [y for y, text in enumerate(texts(strips)) if "train" in text or "test" in text]
        assert len(rows) == 2
        assert rows[1] - rows[0] == 1


def test_a_change_is_marked_with_its_words(dusk: Palette) -> None:
    marks = [Mark(200, "wd 1 → 2", "mark")]
    strips = draw_curves(STEPS, VALUES, CURVES, marks, PERCENT, 60, 8, "braille", dusk)
    lines = [text.index("┊") for text in texts(strips) if "┊" in text]
    assert len(lines) == 5
    assert len(set(lines)) == 1
    worded = next(text for text in texts(strips) if "wd 1 → 2" in text)
    assert worded.index("wd") == worded.index("┊") + 2


def test_crowded_marks_are_thinned_and_changes_go_first(dusk: Palette) -> None:
    marks = [Mark(step, "milestone", "milestone") for step in range(0, 400, 2)] + [Mark(150, "wd 1 → 2", "mark")]
    strips = draw_curves(STEPS, np.zeros((2, 5)), CURVES, marks, PERCENT, 80, 8, "braille", dusk)
    text = "\n".join(texts(strips))
    assert "wd 1 → 2" in text
    assert texts(strips)[0].count("┊") <= 16


def test_a_loss_axis_is_logarithmic(dusk: Palette) -> None:
    values = np.array([[5, 0.5, 0.05, 5e-3, 5e-4], [5.0, 6, 7, 8, 9]])
    strips = draw_curves(STEPS, values, CURVES, [], Axes(log_y=True), 60, 12, "braille", dusk)
    labels = [text[:5].strip() for text in texts(strips)[:-1] if text[:5].strip()]
    assert labels == ["10", "1", "0.1", "0.01", "1e-3", "1e-4"]


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("graph", ["braille", "block", "ascii"])
def test_numbers_of_the_y_axis_stand_at_equal_distances(dusk: Palette, graph: Graph, log: bool) -> None:
    values = np.array([[249.0, 0.5, 0.05, 5e-3, 5e-4], [0.0, 6, 70, 8, 9]])
    for height in (6, 9, 13, 16, 17, 24, 31):
        strips = draw_curves(STEPS, values, CURVES, [], Axes(log_y=log), 60, height, graph, dusk)
        marked = [y for y, line in enumerate(texts(strips)[:-1]) if line[5:6] in ("┤", "+")]
        assert len(marked) >= 2
        assert len(set(np.diff(marked).tolist())) == 1
        written = [y for y, line in enumerate(texts(strips)[:-1]) if line[:5].strip()]
        assert written == marked


def test_what_is_no_number_leaves_a_gap(dusk: Palette) -> None:
    values = np.array([[0.0, 0, np.nan, 0, 0], [np.nan] * 5])
    strips = draw_curves(STEPS, values, CURVES, [], PERCENT, 40, 6, "ascii", dusk)
    assert "  " in texts(strips)[4][6:].split(" train")[0].strip()


def test_a_spike_is_drawn(dusk: Palette) -> None:
    values = np.zeros((2, 100_000))
    values[1, 77_777] = 1.0
    strips = draw_curves(np.arange(100_000.0), values, CURVES, [], PERCENT, 60, 8, "ascii", dusk)
    column = 6 + 77_777 * 40 // 100_000
    assert all(text[column] == "*" for text in texts(strips)[:7])


@given(st.lists(st.integers(0, 20), min_size=1, max_size=8), st.integers(1, 21))
def test_names_never_share_a_row(rows: list[int], height: int) -> None:
    rows = [min(row, height - 1) for row in rows]
    placed = [row for row in spread(rows, height) if row >= 0]
    assert len(placed) == len(set(placed)) == min(len(rows), height)
    assert all(row < height for row in placed)


def test_names_stay_where_there_is_room() -> None:
    assert spread([0, 5], 8) == [0, 5]
    assert spread([3, 3], 8) == [3, 4]
    assert spread([7, 7], 8) == [6, 7]
    assert spread([7, 0, 7], 8) == [6, 0, 7]
    assert spread([0, 0], 1) == [0, -1]


@given(
    arrays(np.float64, st.tuples(st.just(2), st.integers(0, 40)), elements=st.floats(width=64)),
    st.integers(0, 90),
    st.integers(0, 20),
    st.sampled_from(["braille", "block", "ascii"]),
    st.tuples(st.booleans(), st.booleans(), st.booleans()),
    st.lists(st.tuples(st.floats(0, 500), st.text(max_size=12), st.sampled_from(["mark", "milestone"])), max_size=6),
)
def test_curves_fill_any_pane_with_any_data(
    dusk: Palette,
    values: np.ndarray,
    width: int,
    height: int,
    graph: Graph,
    flags: tuple[bool, bool, bool],
    marks: list[tuple[float, str, str]],
) -> None:
    steps = np.arange(float(values.shape[1])) * 10
    axes = Axes(*flags)
    strips = draw_curves(steps, values, CURVES, [Mark(*m) for m in marks], axes, width, height, graph, dusk)
    assert fills(strips, width, height)
    assert fills(draw_sparklines(steps, values, CURVES, axes, width, height, graph, dusk), width, height)


def test_sparklines_show_the_spike_and_the_live_values(dusk: Palette) -> None:
    values = np.full((2, 1000), 0.5)
    values[1, 500] = 1.0
    steps = np.arange(1000.0)
    strips = draw_sparklines(steps, values, CURVES, PERCENT, 32, 2, "braille", dusk)
    assert texts(strips) == ["train ▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄ 100.0", "test  ▄▄▄▄▄▄▄▄▄▄█▄▄▄▄▄▄▄▄▄   0.0"]
    short = draw_sparklines(steps, values, CURVES, PERCENT, 9, 1, "ascii", dusk)
    assert texts(short) == ["::#:: 0.0"]


def test_the_cursor_is_a_line_of_its_own_with_a_pointer_below(dusk: Palette) -> None:
    for graph, line, pointer in (("ascii", "|", "^"), ("braille", "│", "▲")):
        marks = [Mark(200, "wd 1 → 2", "mark")]
        strips = draw_curves(STEPS, VALUES, CURVES, marks, PERCENT, 60, 8, graph, dusk, cursor=250)  # type: ignore[arg-type]
        rows = texts(strips)
        at = rows[-1].index(pointer)
        assert sum(row[at] == line for row in rows[:-1]) >= 4
        accent = dusk.style("accent")
        assert [s.style for s in strips[-1] if s.text == pointer] == [accent]
        assert pointer not in "".join(texts(draw_curves(STEPS, VALUES, CURVES, marks, PERCENT, 60, 8, graph, dusk)))  # type: ignore[arg-type]
