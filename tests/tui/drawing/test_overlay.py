"""Curves of several runs on the same axes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokterm.tui.drawing.marks import Mark
from grokterm.tui.drawing.overlay import RunCurve, draw_overlay
from grokterm.tui.drawing.plot_area import Axes
from grokterm.tui.theme import Palette, find_theme
from grokterm.view_options import Graph
from tests.tui.drawing.seeing import fills, texts

PERCENT = Axes(percent=True)


def curve(letter: str, last: int, value: float, faint: bool = False) -> RunCurve:
    steps = np.arange(0.0, last + 1, 10)
    name = "" if faint else f"run-{letter}"
    return RunCurve(letter, name, f"{100 * value:.1f}", f"run_{letter.lower()}", steps, steps * 0 + value, faint)


def test_each_curve_ends_where_its_run_does_with_its_name_in_its_colour(dusk: Palette) -> None:
    curves = [curve("A", 1000, 0.9), curve("B", 500, 0.5), curve("C", 800, 0.1)]
    strips = draw_overlay(curves, [], PERCENT, 80, 11, "braille", dusk)
    rows = texts(strips)
    found = {letter: next(i for i, row in enumerate(rows) if f"{letter} run-{letter}" in row) for letter in "ABC"}
    assert found["A"] < found["B"] < found["C"]
    starts = {letter: rows[y].index(f"{letter} run-") for letter, y in found.items()}
    assert starts["B"] < starts["C"] < starts["A"]
    for letter, y in found.items():
        segment = next(s for s in strips[y] if f"{letter} run-" in s.text)
        assert segment.style == dusk.style(f"run_{letter.lower()}")


def test_curves_that_are_the_same_are_all_named(dusk: Palette) -> None:
    curves = [curve(letter, 1000, 1.0) for letter in "ABCDEF"]
    text = "\n".join(texts(draw_overlay(curves, [], PERCENT, 80, 11, "braille", dusk)))
    assert all(f"{letter} run-{letter} 100.0" in text for letter in "ABCDEF")


def test_without_colours_letters_on_the_curves_tell_them_apart() -> None:
    for theme in ("mono", "ansi"):
        palette = find_theme(theme).palette
        curves = [curve(letter, 1000, value) for letter, value in (("A", 0.8), ("B", 0.2))]
        rows = texts(draw_overlay(curves, [], PERCENT, 80, 11, "braille", palette))
        plots = [row[6:50] for row in rows]
        assert any("A" in row and "B" not in row for row in plots)
        assert any("B" in row and "A" not in row for row in plots)


def test_in_ascii_each_curve_is_written_with_its_letter(dusk: Palette) -> None:
    curves = [curve("A", 1000, 0.9), curve("B", 1000, 0.1), curve("B", 1000, 0.5, faint=True)]
    rows = texts(draw_overlay(curves, [], PERCENT, 80, 11, "ascii", dusk))
    assert any("AAAAAAAA" in row for row in rows)
    assert any("BBBBBBBB" in row for row in rows)
    assert any("bbbbbbbb" in row for row in rows)


def test_a_spike_of_one_record_among_a_hundred_thousand_is_drawn(dusk: Palette) -> None:
    steps, values = np.arange(100_000.0) * 10, np.zeros(100_000)
    values[77_777] = 1.0
    curves = [RunCurve("A", "run", "0.0", "run_a", steps, values), curve("B", 500, 0.0)]
    rows = texts(draw_overlay(curves, [], PERCENT, 80, 9, "ascii", dusk))
    assert sum("A" in row[6:60] for row in rows) == 8


@given(
    st.lists(st.tuples(st.integers(0, 30), st.floats(width=64)), max_size=6),
    st.integers(0, 90),
    st.integers(0, 20),
    st.sampled_from(["braille", "block", "ascii"]),
    st.tuples(st.booleans(), st.booleans(), st.booleans()),
    st.sampled_from(["dusk", "mono"]),
)
def test_any_runs_fill_any_pane(
    drawn: list[tuple[int, float]],
    width: int,
    height: int,
    graph: Graph,
    flags: tuple[bool, bool, bool],
    theme: str,
) -> None:
    curves = [
        RunCurve(letter, letter * 5, "1.0", f"run_{letter.lower()}", np.arange(float(n)), np.full(n, value))
        for letter, (n, value) in zip("ABCDEF", drawn, strict=False)
    ]
    marks = [Mark(10, "B forked", "milestone")]
    strips = draw_overlay(curves, marks, Axes(*flags), width, height, graph, find_theme(theme).palette)
    assert fills(strips, width, height)


def banded(letter: str, last: int, low: float, value: float, high: float) -> RunCurve:
    return replace(curve(letter, last, value), band=(np.full(last // 10 + 1, low), np.full(last // 10 + 1, high)))


@pytest.mark.parametrize(("graph", "shade"), [("braille", "░"), ("ascii", ":")])
def test_a_band_fills_what_is_blank_between_its_ends(dusk: Palette, graph: Graph, shade: str) -> None:
    strips = draw_overlay(
        [banded("A", 1000, 0.2, 0.5, 0.8)], [Mark(500, "here", "muted")], PERCENT, 80, 21, graph, dusk
    )
    rows = texts(strips)
    filled = [y for y, row in enumerate(rows) if row[20] == shade]  # left of the mark
    assert (filled[0], filled[-1]) == (5, 14)  # inside of 80 % and 20 % of 20 rows
    assert len(filled) == 9  # all but the row of the median
    assert "A run-A 50.0" in "\n".join(rows)
    assert "here" in "\n".join(rows)
    segment = next(s for s in strips[filled[1]] if shade in s.text)
    assert segment.style == dusk.style("run_a")
    alone = texts(draw_overlay([curve("A", 1000, 0.5)], [], PERCENT, 80, 21, graph, dusk))
    assert shade not in "".join(alone)


def test_a_loss_axis_holds_a_band(dusk: Palette) -> None:
    rows = texts(draw_overlay([banded("A", 1000, 0.1, 1, 40)], [], Axes(log_y=True), 80, 21, "braille", dusk))
    filled = [y for y, row in enumerate(rows) if row[20:21] == "░"]
    assert filled[0] <= 3
    assert filled[-1] >= 16
