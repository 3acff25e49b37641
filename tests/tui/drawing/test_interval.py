"""An interval of steps over curves: a band, its middle, and an arrow where it lies beyond."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from grokterm.tui.drawing.curves import Curve, draw_curves
from grokterm.tui.drawing.interval import Interval
from grokterm.tui.drawing.marks import Mark
from grokterm.tui.drawing.plot_area import Axes
from grokterm.tui.theme import Palette, load_themes
from grokterm.view_options import Graph
from tests.tui.drawing.seeing import colors, fills, texts

STEPS = np.arange(0.0, 1001.0, 10.0)
FLAT = np.zeros((1, STEPS.size))
CURVES = [Curve("test", "0.0", "test")]


def drawn(
    palette: Palette,
    expected: Interval,
    until: float = 0.0,
    size: tuple[int, int] = (60, 6),
    graph: Graph = "block",
    marks: tuple[Mark, ...] = (),
    log_x: bool = False,
) -> list[str]:
    axes = Axes(percent=True, until=until, log_x=log_x)
    strips = draw_curves(STEPS, FLAT, CURVES, marks, axes, *size, graph, palette, expected=[expected])
    assert fills(strips, *size)
    return texts(strips)


def test_a_band_cell_by_cell(dusk: Palette) -> None:
    expected = Interval(1200, 1500, 1900, "≈1,500", "1,200–1,900")
    assert drawn(dusk, expected, 1900) == [
        "100 %┤                        ░░░░░░▒ ≈1,500",
        "     │                        ░░░░░░▒░░░░░░░░",
        " 50 %┤                        ░░░░░░▒░░░░░░░░",
        "     │                        ░░░░░░▒░░░░░░░░",
        "  0 %┤▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▖ test 0.0 ░░░░░░░░",
        "      0                  1k                 2k         steps",
    ]


def test_an_arrow_where_it_lies_beyond(dusk: Palette) -> None:
    far = Interval(3000, 5000, 9000, "≈5,000", "3,000–9,000")
    plot = [line[6:46] for line in drawn(dusk, far)]
    assert plot[0].endswith("≈5,000 ▸")
    assert not any("░" in line for line in plot)
    reaching = drawn(dusk, Interval(800, 900, 2000, "≈900", "800–2,000"))
    assert any(line[:46].endswith("800–2,000 ▸") for line in reaching)
    assert any("▒" in line for line in reaching)
    beyond = drawn(dusk, Interval(800, 1500, 2000, "≈1,500", "800–2,000"))
    assert beyond[0].endswith("≈1,500 ▸")
    assert any("░" in line for line in beyond)
    assert not any("▒" in line for line in beyond)


def test_in_ascii_it_is_told_apart_by_glyph(dusk: Palette) -> None:
    lines = drawn(dusk, Interval(1200, 1500, 1900, "≈1,500", "1,200–1,900"), 1900, graph="ascii")
    assert "~1,500" in lines[0]
    assert ":::=:::" in lines[1]
    assert "\n".join(lines).isascii()
    assert "3,000-9,000 >" in "\n".join(drawn(dusk, Interval(900, 950, 9000, "≈950", "3,000–9,000"), graph="ascii"))


def test_it_hides_neither_curve_nor_words(dusk: Palette) -> None:
    mark = Mark(500, "wd 1 → 2", "mark")
    lines = drawn(dusk, Interval(100, 400, 900, "≈400", "100–900"), marks=(mark,))
    assert any(" wd 1 → 2 " in line for line in lines)
    assert "▒ ≈400 ░" in lines[0]
    assert "▄▄▄▄▄▄▄▄▄▄▄" in lines[-2]


def test_it_is_quieter_than_its_middle(dusk: Palette) -> None:
    expected = Interval(1200, 1500, 1900, "≈1,500", "1,200–1,900")
    axes = Axes(percent=True, until=1900)
    row = draw_curves(STEPS, FLAT, CURVES, (), axes, 60, 6, "block", dusk, expected=[expected])[2]
    found = {glyph: color for glyph, color in zip(row.text, colors(row), strict=True) if glyph in "░▒"}
    assert found == {"░": dusk.style("border").color.name, "▒": dusk.style("muted").color.name}  # type: ignore[union-attr]


@pytest.mark.parametrize("theme", sorted(load_themes()))
def test_any_size_any_interval(theme: str) -> None:
    palette = load_themes()[theme].palette
    graphs: tuple[Graph, ...] = ("ascii", "block", "braille")
    for graph, size in product(graphs, [(1, 1), (20, 5), (24, 3), (80, 12)]):
        for low, middle, high in [(0, 0, 0), (1, 1e9, 1e12), (-5, 5, 5), (1000, 1000, 1000), (2e9, 3e9, 4e9)]:
            for log_x in (False, True):
                drawn(palette, Interval(low, middle, high, "≈5", "1–9"), 2e3, size, graph, log_x=log_x)
