from __future__ import annotations

import numpy as np
import pytest

from grokterm.sweeps.curves import COLUMNS
from grokterm.sweeps.summaries import bands
from grokterm.tui.sweep.seeds import SeedCurves, draw_seeds
from grokterm.tui.theme import find_theme
from grokterm.view_options import Graph
from tests.tui.drawing.seeing import colors, fills, texts

DUSK = find_theme("dusk").palette


def curves(*grokked: int) -> SeedCurves:
    """Curves of runs that learn at 100 and grok at these steps, up to step 10,000."""
    steps = np.linspace(0, 10_000, 101, dtype=np.float32)
    made = []
    for at in grokked:
        curve = np.full((len(COLUMNS), steps.size), 0.5, dtype=np.float32)
        curve[0] = steps
        curve[COLUMNS.index("train_accuracy")] = steps >= 100
        curve[COLUMNS.index("test_accuracy")] = steps >= at
        made.append(curve)
    return SeedCurves(made, bands(made), len(made))


def test_the_median_ends_with_its_value_and_the_band_is_shaded() -> None:
    drawn = curves(2000, 5000, 8000)
    strips = draw_seeds(drawn, False, 60, 12, "braille", DUSK)
    assert fills(strips, 60, 12)
    said = texts(strips)
    assert any("test 100.0" in line for line in said)
    assert any("train 100.0" in line for line in said)
    assert sum(line.count("░") for line in said) > 20
    assert said[0].lstrip().startswith("100 %")


def test_one_curve_has_no_band_and_a_log_axis_begins_above_0() -> None:
    said = texts(draw_seeds(curves(5000), True, 60, 12, "braille", DUSK))
    assert not any("░" in line for line in said)
    assert said[-1].split()[:3] == ["100", "1k", "10k"]


def test_train_is_told_from_test_by_colour_and_by_glyph() -> None:
    strips = draw_seeds(curves(3000, 6000), False, 50, 10, "braille", DUSK)
    found = {color for strip in strips for color in colors(strip)}
    assert {"#7ea8f5", "#f2b765"} <= found
    text = "".join(texts(draw_seeds(curves(3000, 6000), False, 50, 10, "ascii", DUSK)))
    assert {",", "."} <= set(text)


@pytest.mark.parametrize("graph", ["braille", "block", "ascii"])
@pytest.mark.parametrize("size", [(1, 1), (8, 2), (24, 3), (40, 9), (100, 40)])
def test_every_size_is_filled(graph: Graph, size: tuple[int, int]) -> None:
    for drawn in (curves(), curves(100), curves(200, 900, 3000, 7000)):
        assert fills(draw_seeds(drawn, True, *size, graph, DUSK), *size)
