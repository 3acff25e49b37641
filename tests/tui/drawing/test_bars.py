from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from grokterm.tui.drawing.bars import draw_bars, layout
from grokterm.tui.drawing.blocks import stack
from grokterm.tui.theme import Palette
from grokterm.view_options import Graph
from tests.tui.drawing.seeing import colors, fills, texts


def test_levels_in_eighths() -> None:
    levels = np.array([0.0, 0.125, 0.5, 0.5625, 1.0, np.nan, 2.0, 1e-9])
    assert stack(levels, 1, "braille") == [" ▁▄▄█ █▁"]
    assert stack(levels, 2, "braille") == ["   ▁█ █ ", " ▂███ █▁"]
    assert stack(levels, 1, "ascii") == [" .::# #."]


def test_bars_with_names_cell_by_cell(dusk: Palette) -> None:
    norms = np.array([1.0, 4, 1, 1, 2, 1])
    strips = draw_bars(norms, (2, 5), 13, 3, "braille", dusk)
    assert texts(strips) == [
        "   █",
        " ▄ █ ▄ ▄ █ ▄",
        "   2     5",
    ]
    assert [strip.cell_length for strip in strips] == [13] * 3
    lit = dusk.style("key").color
    assert lit is not None
    assert [x for x, color in enumerate(colors(strips[1])) if color == lit.name] == [3, 9]


def test_more_bars_than_columns_take_the_largest(dusk: Palette) -> None:
    norms = np.full(999, 0.01)
    norms[[123, 800]] = 1.0
    strips = draw_bars(norms, (124, 801), 50, 2, "braille", dusk)
    assert [x for x, glyph in enumerate(strips[0].text) if glyph == "█"] == [123 * 50 // 999, 800 * 50 // 999]
    assert "124" in strips[1].text
    assert "801" in strips[1].text


def test_close_names_do_not_touch(dusk: Palette) -> None:
    norms = np.ones(48)
    names = draw_bars(norms, (31, 32, 33, 30), 48, 2, "braille", dusk)[1].text.split()
    assert names == ["k", "1", "31", "48"]


def test_wide_panes_space_the_bars() -> None:
    assert layout(48, 100) == (48, 2, 2)
    assert layout(48, 49) == (48, 1, 0)
    assert layout(48, 20) == (20, 1, 0)
    assert layout(5, 58) == (5, 11, 2)
    assert layout(2, 50) == (2, 12, 13)


@given(
    arrays(np.float64, st.integers(0, 70), elements=st.floats(width=64)),
    st.lists(st.integers(-2, 80), max_size=6),
    st.integers(0, 90),
    st.integers(0, 9),
    st.sampled_from(["braille", "block", "ascii"]),
)
def test_bars_fill_any_pane_with_any_norms(
    dusk: Palette,
    norms: np.ndarray,
    keys: list[int],
    width: int,
    height: int,
    graph: Graph,
) -> None:
    assert fills(draw_bars(norms, keys, width, height, graph, dusk), width, height)
