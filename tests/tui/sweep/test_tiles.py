from __future__ import annotations

import math

from grokterm.tui.sweep.tiles import Tiles
from tests.sweeps.swept import ended, failed, plan_of, table_by, table_of

OVER = ("wd=0.1,1,10", "frac=0.3,0.6", "lr=1e-3,1e-2")


def test_tiles_pool_the_axes_that_are_neither_across_nor_upwards() -> None:
    plan = plan_of(*OVER, seeds=2)
    tiles = Tiles(plan, 0, 1, {})
    tiles.update(table_by(plan, lambda run: 1000 * (run.cell.point[2] + 1)), ())
    tile = tiles.at(2, 1)
    assert (tiles.columns, tiles.rows) == (3, 2)
    assert [plan.cells[cell].point for cell in tile.cells] == [(2, 1, 0), (2, 1, 1)]
    assert (tile.runs, tile.ended, tile.standing) == (4, 4, "known")
    assert tile.summary is not None
    assert tile.summary.steps == 1500


def test_an_axis_is_held_at_a_value() -> None:
    plan = plan_of(*OVER)
    tiles = Tiles(plan, 0, 1, {2: 1})
    tiles.update(table_by(plan, lambda run: 1000 * (run.cell.point[2] + 1)), ())
    tile = tiles.at(0, 0)
    assert [plan.cells[cell].point for cell in tile.cells] == [(0, 0, 1)]
    assert tile.summary is not None
    assert tile.summary.steps == 2000
    assert tiles.place_of(plan.cells[0].number) is None


def test_every_standing_is_told() -> None:
    plan = plan_of("wd=1,2,3,4,5", seeds=2)
    runs = [plan.run(number) for number in range(plan.run_count)]
    table = table_of(
        plan, [ended(plan, runs[0], 500), failed(plan, runs[2]), failed(plan, runs[3]), failed(plan, runs[8])]
    )
    tiles = Tiles(plan, 0, None, {})
    tiles.update(table, {2})
    assert [tiles.at(x, 0).standing for x in range(6)] == [
        "known", "failed", "running", "waiting", "waiting", "left out",
    ]  # fmt: skip
    assert tiles.at(0, 0).ended == 1


def test_seeds_that_differ_are_told() -> None:
    plan = plan_of("wd=1,2", seeds=3)
    table = table_by(plan, lambda run: None if run.cell.number and run.seed else 5000)
    tiles = Tiles(plan, 0, None, {})
    tiles.update(table, ())
    assert [tiles.at(x, 0).agrees for x in (0, 1)] == [True, False]
    summary = tiles.at(1, 0).summary
    assert summary is not None
    assert math.isinf(summary.steps)
    assert summary.phase == "memorization"


def test_tiles_of_cells_that_changed_alone_are_summed_up() -> None:
    plan = plan_of("wd=1,2")
    table = table_of(plan, [])
    tiles = Tiles(plan, 0, None, {})
    tiles.update(table, ())
    other = tiles.at(1, 0)
    table.add([ended(plan, plan.run(0), 300), ended(plan, plan.run(1), 300)])
    tiles.update(table, (), [0])
    assert tiles.at(0, 0).standing == "known"
    assert tiles.at(1, 0) is other
