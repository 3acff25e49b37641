from __future__ import annotations

import math

import pytest

from grokterm.tui.drawing.cells import Cells
from grokterm.tui.drawing.ranks import Rank, draw_bar, draw_ranks
from grokterm.tui.theme import Palette
from grokterm.view_options import Graph
from tests.tui.drawing.seeing import texts


def bar(parts: list[float], palette: Palette, graph: Graph = "ascii", thin: bool = False) -> str:
    cells = Cells(20, 1)
    draw_bar(cells, [(part, "key") for part in parts], 10.0, 0, 0, 20, graph, palette, thin=thin)
    return cells.strips()[0].text.rstrip()


def test_parts_stand_one_behind_the_other(mono: Palette) -> None:
    assert bar([5.0], mono) == "#" * 10
    assert bar([5.0, 2.5], mono) == "#" * 10 + "-" * 5
    assert bar([5.0, 50.0], mono) == "#" * 10 + "-" * 10
    assert bar([5.0, 2.5], mono, "braille", thin=True) == "━" * 10 + "─" * 5


def test_eighths_of_a_cell_are_shown(mono: Palette) -> None:
    assert bar([5.25], mono, "braille") == "█" * 10 + "▌"


@pytest.mark.parametrize("value", [math.nan, math.inf, -1.0, 0.0])
def test_what_has_no_length_is_not_drawn(mono: Palette, value: float) -> None:
    assert bar([value], mono) == ""


def test_more_than_nothing_shows(mono: Palette) -> None:
    assert bar([0.001], mono) == "#"
    assert bar([0.001], mono, "braille") == "▏"


def test_names_stand_before_and_words_behind(mono: Palette) -> None:
    cells = Cells(30, 3)
    ranks = [Rank("k 3", ((4.0, "key"),), "4"), Rank("k 14", ((2.0, "key"),), "12")]
    draw_ranks(cells, ranks, 4.0, 0, 0, 30, "ascii", mono, pitch=2)
    assert texts(cells.strips()) == [" k 3 " + "#" * 22 + "  4", "", "k 14 " + "#" * 11 + " " * 12 + "12"]
