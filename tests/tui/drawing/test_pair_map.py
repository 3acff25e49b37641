from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from grokterm.tui.drawing.heat import draw_heat, draw_scale, level_color
from grokterm.tui.drawing.pair_map import draw_pair_map, fit_of, gathered, holds_all
from grokterm.tui.theme import Palette, find_theme
from tests.tui.drawing.seeing import colors, fills, texts


def test_a_runs_to_the_right_and_b_down(mono: Palette) -> None:
    values = np.zeros((4, 4))
    values[3, 1] = 1.0
    strips = draw_pair_map(values, "named", 12, 6, "ascii", mono)
    assert texts(strips) == ["  named", "  a 0", "0", "b       ##", "", ""]


def test_both_axes_are_numbered_at_round_places(dusk: Palette) -> None:
    lines = texts(draw_pair_map(np.ones((97, 97)), "", 104, 52, "braille", dusk))
    assert lines[1].split() == ["a", "0", "10", "20", "30", "40", "50", "60", "70", "80", "90"]
    assert lines[1].index("40") == 3 + 40
    numbers = [line[:2].strip() for line in lines[2:]]
    assert numbers[0] == "0"
    assert numbers[5] == "10"
    assert "b" in numbers[1]


@pytest.mark.parametrize(("width", "across"), [(30, 16), (15, 12), (9, 4)])
def test_values_fill_a_wide_room_as_far_as_they_are_nearly_square(dusk: Palette, width: int, across: int) -> None:
    strips = draw_pair_map(np.ones((4, 4)), "", width, 6, "braille", dusk, top=1.0)
    assert sum(color is not None for color in colors(strips[2], backgrounds=True)) == across
    assert fills(strips, width, 6)


def test_blocks_are_numbered_by_their_residues(dusk: Palette) -> None:
    lines = texts(draw_pair_map(np.ones((50, 50)), "", 60, 30, "braille", dusk, blocks=(4, 4), axis="log a"))
    assert lines[1].startswith("    log a 0")
    assert lines[1].split()[3:] == ["50", "75", "100", "125", "150", "175"]
    assert lines[1].index("100") == 4 + 100 // 4


def test_where_there_is_no_room_the_beginning_is_shown(dusk: Palette) -> None:
    values = np.zeros((97, 97))
    values[50:, :] = values[:, 50:] = np.nan
    strips = draw_pair_map(values, "", 43, 22, "braille", dusk, top=1.0)
    assert all(color is not None for strip in strips[2:] for color in colors(strip, backgrounds=True)[3:])


@pytest.mark.parametrize(
    ("shape", "room", "half", "wanted"),
    [
        ((97, 97), (120, 60), True, (97, 97, 1, 1)),
        ((97, 97), (40, 20), True, (40, 40, 1, 1)),
        ((5, 5), (40, 10), True, (5, 5, 8, 4)),
        ((5, 5), (40, 10), False, (5, 5, 8, 2)),
        ((5, 5), (14, 10), True, (5, 5, 2, 3)),
        ((97, 97), (40, 10), False, (20, 10, 2, 1)),
    ],
)
def test_a_residue_takes_whole_points(
    shape: tuple[int, int], room: tuple[int, int], half: bool, wanted: tuple[int, int, int, int]
) -> None:
    fit = fit_of(shape, *room, half)
    assert (fit.across, fit.down, fit.wide, fit.high) == wanted
    assert fit.columns <= room[0]
    assert fit.lines <= room[1]


@given(
    arrays(np.float64, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.floats(allow_nan=True)),
    st.integers(1, 40),
    st.integers(1, 16),
    st.sampled_from([("dusk", "braille"), ("mono", "ascii")]),
)
def test_any_table_fills_any_room(values: np.ndarray, width: int, height: int, look: tuple[str, str]) -> None:
    palette = find_theme(look[0]).palette
    for scale in ("rising", "signed", "cyclic"):
        strips = draw_pair_map(values, "name", width, height, look[1], palette, scale=scale)  # type: ignore[arg-type]
        assert fills(strips, width, height)


def test_a_cyclic_scale_ends_where_it_begins(dusk: Palette) -> None:
    assert level_color(0, "cyclic", dusk) == level_color(12, "cyclic", dusk)
    assert len({level_color(level, "cyclic", dusk) for level in range(12)}) == 12


def test_a_cyclic_scale_without_colours_rises_and_falls(mono: Palette) -> None:
    line = draw_heat(np.linspace(0, 1, 9)[None, :], 9, 1, "ascii", mono, scale="cyclic", top=1.0)[0].text
    assert (line[0], line[4], line[8]) == (" ", "#", " ")
    assert line[1:4] != line[7:4:-1]


def test_a_scale_says_of_what(dusk: Palette) -> None:
    text = draw_scale(2.5, 60, "braille", dusk, "signed", "weight").text
    assert text.startswith("weight  -2.5 ")
    assert text.rstrip().endswith(" 2.5")


def test_long_waves_are_gathered_and_short_ones_left_alone(dusk: Palette) -> None:
    values = np.arange(97.0)[:, None] + np.zeros(97)
    found, blocks = gathered(values, 5, 36, 20, "braille", dusk)
    assert (blocks, found.shape) == ((97 / 33, 97 / 33), (33, 33))
    assert found[:2, 0].tolist() == [0.5, 3]
    assert found[-1].tolist() == [95] * 33
    for frequency in (0, 6, 48):
        assert gathered(values, frequency, 36, 20, "braille", dusk) == (values, (1, 1))
    assert gathered(values, 1, 100, 51, "braille", dusk) == (values, (1, 1))
    lines = texts(draw_pair_map(found, "", 36, 20, "braille", dusk, blocks=blocks))
    assert lines[1].split() == ["a", "0", "20", "40", "60", "80"]
    assert lines[1].index("40") == 3 + 40 * 33 // 97


def test_what_is_gathered_fills_the_room(dusk: Palette) -> None:
    found, blocks = gathered(np.ones((59, 59)), 1, 58, 23, "braille", dusk)
    assert found.shape == (55, 42)
    assert blocks == (59 / 55, 59 / 42)
    strips = draw_pair_map(found, "", 58, 23, "braille", dusk, top=1.0, blocks=blocks)
    assert all(color is not None for strip in strips[2:] for color in colors(strip, backgrounds=True)[3:])


def test_whether_there_is_room_for_all_pairs(dusk: Palette) -> None:
    assert holds_all((97, 97), 100, 51, "braille", dusk)
    assert not holds_all((97, 97), 99, 51, "braille", dusk)
    assert not holds_all((97, 97), 100, 50, "braille", dusk)


def test_what_is_not_finite_is_left_out_of_means(dusk: Palette) -> None:
    values = np.ones((97, 97))
    values[0, 0], values[2:5, 2:5] = np.inf, np.nan
    found, _ = gathered(values, 1, 36, 20, "braille", dusk)
    assert found[0, 0] == 1
    assert np.isnan(found[1, 1])
