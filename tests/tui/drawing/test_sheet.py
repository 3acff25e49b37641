"""The table of runs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from grokterm.tui.drawing.sheet import Column, Row, draw_sheet, plain_stem
from grokterm.tui.theme import Palette
from tests.tui.drawing.seeing import fills, texts

ROWS = [Row("", "A", "0001-add97-mlp", "run_a"), Row("└─ ", "B", "0002-add97-mlp", "run_b")]
COLUMNS = [
    Column("differ in", "weight decay", ("1", "1 → 3")),
    Column("reached at step", "memorized", ("50", "–")),
    Column("reached at step", "> 90 %", ("1,510", "480")),
    Column("now", "state", ("training", "died"), right=False),
]


def test_a_table_line_by_line(dusk: Palette) -> None:
    strips, lines = draw_sheet(ROWS, COLUMNS, 80, 5, 0, dusk)
    assert lines == 4
    assert texts(strips) == [
        "                     differ in     reached at step    now",
        "                     weight decay  memorized  > 90 %  state",
        "A 0001-add97-mlp                1         50   1,510  training",
        "└─ B 0002-add97-mlp         1 → 3          –     480  died",
        "",
    ]


def test_columns_that_find_no_room_go_on_below_with_the_names_again(dusk: Palette) -> None:
    strips, lines = draw_sheet(ROWS, COLUMNS, 50, 20, 0, dusk)
    rows = texts(strips)
    assert lines == 9
    assert [sum(title in row for row in rows) for title in ("weight decay", "memorized", "> 90 %", "state")] == [1] * 4
    assert sum("A 0001-add97-ml" in row for row in rows) == 2


def test_a_heading_has_room_over_a_narrow_column_and_is_cut_where_its_others_go_on_below(dusk: Palette) -> None:
    columns = [
        Column("differ in", "seed", ("0", "1")),
        Column("now", "step", ("1", "2")),
        Column("now", "a", ("3", "4")),
    ]
    assert texts(draw_sheet(ROWS, columns, 60, 1, 0, dusk)[0]) == ["                     differ in  now"]
    assert texts(draw_sheet(ROWS, columns, 60, 2, 0, dusk)[0])[1] == "                          seed  step  a"
    rows = texts(draw_sheet(ROWS, [columns[0], *COLUMNS[1:]], 40, 10, 0, dusk)[0])
    assert [row.strip() for row in rows if "reached" in row or "now" in row] == [
        "differ in  reached …",
        "reach…  now",
    ]


def test_what_is_scrolled_shows_the_end(dusk: Palette) -> None:
    whole = texts(draw_sheet(ROWS, COLUMNS, 50, 20, 0, dusk)[0])
    assert texts(draw_sheet(ROWS, COLUMNS, 50, 4, 5, dusk)[0]) == whole[5:9]
    assert texts(draw_sheet(ROWS, COLUMNS, 50, 4, 100, dusk)[0]) == whole[5:9]


def test_stems_in_ascii() -> None:
    assert plain_stem("│  ├─ └─ ").isascii()


@given(st.integers(0, 90), st.integers(0, 30), st.integers(0, 30))
def test_a_table_fills_any_pane(dusk: Palette, width: int, height: int, first: int) -> None:
    assert fills(draw_sheet(ROWS, COLUMNS, width, height, first, dusk)[0], width, height)
    assert fills(draw_sheet([], [], width, height, first, dusk)[0], width, height)
