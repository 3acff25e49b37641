from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from grokterm.sweeps.plan import Plan
from grokterm.sweeps.summaries import SUMMARY, MeasureName
from grokterm.sweeps.table import SweepTable
from grokterm.tui.sweep.diagram import draw_diagram, frame_of
from grokterm.tui.sweep.looks import Coloring, coloring_of
from grokterm.tui.sweep.tiles import Tiles
from grokterm.tui.sweep.words import axis_shown
from grokterm.tui.theme import find_theme, load_themes
from grokterm.view_options import Graph
from tests.sweeps.swept import ended, failed, plan_of, table_by, table_of
from tests.tui.drawing.seeing import colors, fills, texts

DUSK, MONO = (find_theme(name).palette for name in ("dusk", "mono"))


def drawn(
    plan: Plan,
    table: SweepTable,
    measure: MeasureName = "phase",
    size: tuple[int, int] = (60, 16),
    cursor: tuple[int, int] = (0, 0),
    graph: Graph = "braille",
    theme: str = "mono",
    training: tuple[int, ...] = (),
) -> list[str]:
    return shown(plan, tiles_of(plan, table, training), measure, size, cursor, graph, theme)


def tiles_of(plan: Plan, table: SweepTable, training: tuple[int, ...] = ()) -> Tiles:
    tiles = Tiles(plan, 0, 1 if len(plan.axes) > 1 else None, {})
    tiles.update(table, training)
    return tiles


def shown(
    plan: Plan,
    tiles: Tiles,
    measure: MeasureName,
    size: tuple[int, int],
    cursor: tuple[int, int],
    graph: Graph,
    theme: str,
) -> list[str]:
    coloring = coloring_of(measure, (tile.summary for tile in tiles.known() if tile.summary))
    x, y = axis_shown(plan.axes[0]), axis_shown(plan.axes[1]) if len(plan.axes) > 1 else None
    strips = draw_diagram(tiles, x, y, coloring, cursor, *size, graph, find_theme(theme).palette)
    assert fills(strips, *size)
    return texts(strips)


def test_numbers_rise_to_the_right_and_upwards() -> None:
    plan = plan_of("wd=0.1,1", "frac=0.2,0.8")
    steps = {(0, 0): None, (0, 1): 5000, (1, 0): 700, (1, 1): 300}
    lines = drawn(plan, table_by(plan, lambda run: steps[run.cell.point[0], run.cell.point[1]]), size=(60, 7))
    high, low = (next(line for line in lines if line.lstrip().startswith(label)) for label in ("0.8", "0.2"))
    assert high.split() == ["0.8", "[", "G", "5k", "C", "300"] or high.split() == ["0.8", "G", "5k", "C", "300"]
    assert "M" in low
    assert "C 700" in low
    assert lines.index(high) < lines.index(low)
    below = next(line for line in lines if line.startswith("frac"))
    assert below.split() == ["frac", "0.1", "1", "wd"]


def test_words_stand_in_the_order_of_the_plan_from_above() -> None:
    plan = plan_of("wd=0.1,1", "optimizer=sgd,adamw")
    lines = drawn(plan, table_of(plan, []))
    at = [next(y for y, line in enumerate(lines) if name in line) for name in ("sgd", "adamw")]
    assert at == sorted(at)


def test_what_is_not_known_is_told_apart_by_its_glyph() -> None:
    plan = replace(plan_of("wd=1,2,3,4,5", seeds=1), where="wd<5")
    table = table_of(plan, [ended(plan, plan.run(0), 300), failed(plan, plan.run(1))])
    for graph, glyphs in (("braille", "✕◌·–"), ("ascii", "xo.-")):
        lines = drawn(plan, table, graph=graph, training=(2,), cursor=(0, 0))  # type: ignore[arg-type]
        row = next(line for line in lines if "C 300" in line or " C " in line)
        assert [glyph for glyph in row if glyph in glyphs] == list(glyphs)


def test_a_small_letter_says_that_seeds_differ_and_a_mark_that_some_runs_failed() -> None:
    plan = plan_of("wd=1,2,3", seeds=3)
    runs = [ended(plan, plan.run(n), 5000 if n % 3 else None) for n in range(6)]
    table = table_of(plan, [*runs, ended(plan, plan.run(6), 5000), failed(plan, plan.run(7))])
    line = next(line for line in drawn(plan, table) if "g 5k" in line)
    assert line.count("g 5k") == 2
    assert "G 5k" in line
    assert any("✕" in each for each in drawn(plan, table)[:3])


def test_scales_have_digits_and_their_ends_in_the_legend() -> None:
    plan = plan_of("wd=1,2,3,4")
    steps = {0: 100, 1: 1000, 2: 10_000, 3: None}
    table = table_by(plan, lambda run: steps[run.cell.number])
    lines = drawn(plan, table, "steps", size=(12, 4))
    assert [glyph for glyph in lines[0] if glyph in "0123456789∞"] == ["0", "5", "9", "∞"]
    legend = next(line for line in drawn(plan, table, "steps") if "0 1 2 3" in line)
    assert legend.split()[0] == "100"
    assert "10k, log" in legend
    assert any("∞ half never" in line for line in drawn(plan, table, "steps"))


def test_shares_are_counted_where_there_is_room() -> None:
    plan = plan_of("wd=1,2", seeds=4)
    table = table_by(plan, lambda run: 900 if run.seed % 2 or run.cell.number else None)
    lines = drawn(plan, table, "share")
    assert any("2/4" in line and "4/4" in line for line in lines)


@cache
def large() -> tuple[Plan, Tiles]:
    """A sweep of more tiles than most sizes have cells, all of which have ended."""
    plan = plan_of("wd=0.1:10:log:9", "frac=0.1:0.9:12", seeds=1)
    return plan, tiles_of(plan, table_by(plan, lambda run: 40 * run.number + 100 if run.number % 5 else None))


@pytest.mark.parametrize("measure", SUMMARY)
@pytest.mark.parametrize("theme", load_themes())
@pytest.mark.parametrize("graph", ["braille", "block", "ascii"])
def test_every_measure_theme_and_size_fills_its_room(measure: MeasureName, theme: str, graph: Graph) -> None:
    plan, tiles = large()
    for size in ((1, 1), (5, 3), (20, 5), (60, 20), (120, 50)):
        lines = shown(plan, tiles, measure, size, (8, 11), graph, theme)
        assert graph != "ascii" or all(line.isascii() for line in lines)


def test_more_tiles_than_cells_are_seen_around_the_cursor() -> None:
    plan = plan_of("wd=0.01:10:log:60", "frac=0.1:0.9:40")
    x, y = (axis_shown(axis) for axis in plan.axes)
    frame = frame_of(x, y, (50, 39), 40, 12)
    assert frame.first[0] <= 50 < frame.first[0] + frame.columns
    assert frame.first[1] <= 39 < frame.first[1] + frame.rows
    assert frame.tile_at(frame.column(50), frame.line(39)) == (50, 39)
    assert frame.tile_at(0, 0) is None


def test_the_ground_says_the_phase_where_there_are_colours() -> None:
    plan = plan_of("wd=1,2")
    table = table_by(plan, lambda run: 300 if run.cell.number else None)
    tiles = Tiles(plan, 0, None, {})
    tiles.update(table, ())
    strips = draw_diagram(tiles, axis_shown(plan.axes[0]), None, Coloring("phase"), (0, 0), 24, 3, "braille", DUSK)
    ground = [color for color in dict.fromkeys(colors(strips[0], backgrounds=True)) if color]
    assert len(ground) == 2
