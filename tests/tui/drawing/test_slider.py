"""The line under curves that shows where in the run the screen stands."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from grokterm.tui.drawing.curves import Curve, draw_curves
from grokterm.tui.drawing.plot_area import Axes
from grokterm.tui.drawing.slider import draw_slider
from grokterm.tui.theme import Palette
from grokterm.view_options import Graph
from tests.tui.drawing.seeing import fills, texts

STEPS = np.arange(0.0, 1601, 10)
PHASES = [(0, "memorizing"), (400, "generalizing"), (1200, "grokked")]
CURVES = (Curve("train", "1", "train"), Curve("test", "0", "test"))


def test_the_handle_stands_under_the_cursor_and_phases_have_their_colours(dusk: Palette) -> None:
    for log_x in (False, True):
        for at in (0, 30, 700, 1600):
            axes = Axes(log_x=log_x, percent=True)
            strip = draw_slider(STEPS, PHASES, at, axes, 80, "ascii", dusk)
            place = strip.text.index("o")
            plot = draw_curves(STEPS, np.full((2, STEPS.size), 2.0), CURVES, [], axes, 80, 9, "ascii", dusk, at)
            assert texts(plot)[4][place] == "|"
            assert set(strip.text[6:place]) <= {"="}
            assert set(strip.text[place + 1 :].rstrip()) <= {"-"}
            colors = [segment.style for segment in strip if "=" in segment.text or "-" in segment.text]
            assert set(colors) == {dusk.style(name) for _, name in PHASES}


@given(
    st.integers(1, 120),
    st.floats(-10, 1e7),
    st.integers(0, 3),
    st.booleans(),
    st.sampled_from(["braille", "ascii"]),
    st.integers(0, 50),
)
def test_a_slider_fits_every_width(
    dusk: Palette, width: int, at: float, phases: int, log_x: bool, graph: Graph, count: int
) -> None:
    strip = draw_slider(STEPS[:count], PHASES[:phases], at, Axes(log_x=log_x), width, graph, dusk)
    assert fills([strip], width, 1)
