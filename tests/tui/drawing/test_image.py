from __future__ import annotations

import numpy as np
import pytest

from grokterm.tui.drawing.image import draw_image, draw_ramp, loss_scale
from grokterm.tui.drawing.scales import Scale
from grokterm.tui.theme import Palette
from tests.tui.drawing.seeing import fills, texts

DECADES = Scale(1e-4, 1.0, log=True)


def test_columns_are_steps_and_the_first_row_lies_lowest(mono: Palette) -> None:
    values = np.array([[1e-4, 1e-4], [1e-4, 1.0]])
    lines = texts(draw_image(values, [100, 2000], DECADES, "losses", 26, 6, "ascii", mono))
    assert lines[0] == "      losses"
    assert lines[1] == "100 %           ##########"
    assert lines[4] == "  0 %"
    assert lines[5] == " step 100            2,000"


def test_steps_never_touch_and_the_last_always_stands(dusk: Palette) -> None:
    steps = [10 * i for i in range(25)]
    line = texts(draw_image(np.ones((4, 25)), steps, DECADES, "", 60, 8, "braille", dusk))[-1]
    numbers = line.split()[1:]
    assert numbers[-1] == "240"
    assert all(number.replace(",", "").isdigit() for number in numbers)
    assert len(numbers) > 4


@pytest.mark.parametrize("size", [(1, 1), (5, 2), (12, 3), (78, 22), (198, 58)])
def test_any_image_fills_any_room(dusk: Palette, size: tuple[int, int]) -> None:
    for values in (np.ones((3, 1)), np.full((100, 25), np.nan), np.zeros((2, 5))):
        steps = list(range(values.shape[1]))
        assert fills(draw_image(values, steps, DECADES, "name", *size, "braille", dusk), *size)
        assert fills(draw_ramp(DECADES, "loss", size[0], "braille", dusk), size[0], 2)


def test_a_ramp_has_its_decades(dusk: Palette) -> None:
    ramp, numbers = texts(draw_ramp(DECADES, "loss", 80, "braille", dusk))
    assert ramp.startswith("loss")
    assert numbers.split() == ["1e-4", "1e-3", "0.01", "0.1", "1"]


@pytest.mark.parametrize(
    ("values", "wanted"),
    [([3e-6, 20.0], (1e-6, 100.0)), ([1e-30, 2.0], (1e-8, 10.0)), ([np.nan], (1.0, 10.0)), ([0.0], (1.0, 10.0))],
)
def test_the_scale_of_losses_runs_over_decades(values: list[float], wanted: tuple[float, float]) -> None:
    scale = loss_scale(np.array(values), 4.6)
    assert (scale.low, scale.high) == pytest.approx(wanted)
