"""Drawings of matrices with axes, waterfalls, heads, waves and shares."""

from __future__ import annotations

import numpy as np
import pytest

from grokterm.tui.drawing.heads import draw_heads
from grokterm.tui.drawing.heat import resized
from grokterm.tui.drawing.matrix import GUTTER, Axis, draw_matrix
from grokterm.tui.drawing.shares import draw_shares
from grokterm.tui.drawing.spectrum import draw_spectrum
from grokterm.tui.drawing.waterfall import draw_waterfall
from grokterm.tui.drawing.waves import draw_waves
from grokterm.tui.theme import Palette
from tests.tui.drawing.seeing import fills, texts


@pytest.mark.parametrize(("first", "last"), [(1, 29), (29, 1), (0, 498), (0, 0), (3, 4)])
@pytest.mark.parametrize("points", [1, 7, 36, 58, 116])
def test_a_number_is_named_where_it_is_drawn(first: int, last: int, points: int) -> None:
    axis = Axis("k", first, last)
    stride = 1 if last >= first else -1
    for at, number in enumerate(range(first, last + stride, stride)):
        one = np.zeros((abs(last - first) + 1, 1))
        one[at] = 1.0
        assert resized(one, points, 1, "peak")[axis.spot(number, points), 0] == 1


def test_a_matrix_names_its_rows_and_columns(dusk: Palette, mono: Palette) -> None:
    values = np.eye(4)
    strips = draw_matrix(
        values, 17, 6, "ascii", mono, down=Axis("a", 0, 3, [2]), across=Axis("b", 0, 3), title="m", square=True
    )
    assert texts(strips)[0].split() == ["a", "m"]
    assert [line[:GUTTER].strip() for line in texts(strips)[1:5]][2] == "2"
    assert texts(strips)[1][GUTTER:].startswith("##")
    assert fills(strips, 17, 6)
    assert fills(draw_matrix(values, 9, 3, "braille", dusk, down=Axis("a", 0, 3), across=Axis("b", 0, 3)), 9, 3)


def test_a_waterfall_keeps_the_last_spectrum_and_ends_with_the_run(mono: Palette) -> None:
    steps, spectra = np.array([0.0, 50.0]), np.array([[1.0, 0.0], [0.0, 1.0]])
    lines = texts(draw_waterfall(steps, spectra, (2,), False, 54, 8, "ascii", mono))
    wide = 54 - 6 - 8
    upper, lower = lines[0][6 : 6 + wide], lines[5][6 : 6 + wide]
    # The axis goes to 100: the first half is the first spectrum, then the second, then nothing.
    assert lower.rstrip() == "#" * (wide // 2)
    assert upper.rstrip() == " " * (wide // 2) + "#"
    assert lines[1].endswith("k 2")
    assert lines[6].endswith("steps")
    assert lines[7].startswith("norm 0")


def test_levels_lie_across_a_spectrum_and_are_named(mono: Palette) -> None:
    lines = texts(draw_spectrum(np.array([1.0, 4.0, 1.0]), [2], [("key from", 2.0, "key")], 60, 10, "ascii", mono))
    assert "-- key from 2" in lines[-1]
    assert sum(line.count("-") > 8 for line in lines[:-1]) == 1
    assert "2" in lines[-2]


def test_each_head_tells_its_shares_or_as_many_as_fit(mono: Palette) -> None:
    pattern = np.array([[1.0, 0, 0], [0.25, 0.75, 0], [0.2, 0.3, 0.5]])
    text = "\n".join(texts(draw_heads(np.stack([pattern] * 2), "ab=", 80, 20, "ascii", mono)))
    assert text.count("head") == 2
    assert all(text.count(share) == 2 for share in ("100 %", "25 %", "75 %", "20 %", "30 %", "50 %"))
    assert " 0 %" not in text  # of tokens that a causal mask hides nothing is drawn
    both = np.array([[0.4, 0.15, 0.45], [0.25, 0.75, 0], [0.2, 0.3, 0.5]])  # without a causal mask
    text = "\n".join(texts(draw_heads(np.stack([both] * 2), "ab=", 80, 20, "ascii", mono)))
    assert all(text.count(share) == 2 for share in ("40 %", "15 %", "45 %", " 0 %"))
    many = "\n".join(texts(draw_heads(np.stack([pattern] * 64), "ab=", 80, 10, "ascii", mono)))
    assert many.count("a 20 %  b 30 %  = 50 %") == 18
    assert "and 46 more heads" in many


def test_waves_tell_norms_and_angle(mono: Palette) -> None:
    parts = np.array([[[1.0, 0.0], [0.0, 2.0]]])
    lines = texts(draw_waves([7], np.array([[1.0, 2.0]]), np.array([90.0]), parts, 2, 80, 8, "ascii", mono))
    assert lines[1].split()[:2] == ["7", "cos"]
    assert "90°" in lines[1]
    assert lines[1].count("#") < "\n".join(lines).count("#")


def test_shares_add_up(mono: Palette) -> None:
    lines = texts(draw_shares(np.array([0.5, 0.45, 0.05]), 3, 40, 14, "ascii", mono))
    assert "sum: 2 of 3 hold 90 % (lit)" in lines
    assert "no variance" in "\n".join(texts(draw_shares(np.zeros(3), 3, 40, 14, "ascii", mono)))
    assert "12.5%" in "\n".join(texts(draw_shares(np.full(8, 0.12), 8, 40, 36, "ascii", mono)))
