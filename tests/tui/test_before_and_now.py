"""Table and Fourier bars before and now, where m was pressed on the board."""

from __future__ import annotations

import numpy as np
import pytest

from grokterm.tui.panes import FourierPane, TablePane
from tests.tui.conftest import NewRun
from tests.tui.panes.worlds import (
    PaneApp,
    grokking,
    lines,
    make_world,
    show,
    spectrum_of,
    table_of,
    top_line,
    undefined_in_row_0,
)
from tests.tui.watching import Watching, watch
from tests.wanted import wanted

BOARD = wanted("task", "table", "spectrum")


def heads(seen: Watching) -> int:
    """How many panes say that they show an earlier step."""
    return seen.text().count("before, at step 0")


async def test_m_compares_the_board_with_a_step_and_ends_it(new_run: NewRun) -> None:
    async with watch(new_run(log_every=1, lr=0.05)) as seen:
        state, panes = seen.app.state, seen.screen.pane_control
        await seen.trains()
        await seen.until(lambda: len(seen.app.link.history) > 8, "a log")
        last = await seen.paused()
        assert (panes.wanted, panes.compared, state.before) == (BOARD, (), {})
        await seen.press("home", "m")
        await seen.shows("table, Fourier bars and views compare with step 0")
        assert panes.compared == BOARD
        await seen.press("enter")
        await seen.until(lambda: heads(seen) == 2, "both panes")
        await seen.until(lambda: not state.now["table"].past and state.now["table"].step == last, "the present")
        assert all((picture.step, picture.past) == (0, True) for picture in state.before.values())
        assert state.before.keys() == {"task", "table", "spectrum"}
        assert not np.array_equal(state.before["spectrum"].norms, state.now["spectrum"].norms)
        await seen.shows(f"at step {last:,}")
        at_first = state.before["table"]
        await seen.press("[")
        await seen.until(lambda: state.now["table"].past and heads(seen) == 2, "another step of the past beside it")
        assert state.before["table"] is at_first
        await seen.press("m")
        await seen.until(lambda: heads(seen) == 0, "one step alone")
        assert panes.compared == ()


async def test_m_in_a_view_leaves_the_board_alone(new_run: NewRun) -> None:
    async with watch(new_run(log_every=1)) as seen:
        await seen.trains()
        await seen.until(lambda: len(seen.app.link.history) > 3, "a log")
        await seen.paused()
        await seen.press("v", *"14", "enter")
        await seen.shows("before, at step 0")
        await seen.press("m")
        await seen.shows("views compare with step ")
        await seen.press("escape")
        await seen.until(lambda: seen.views.view is None and "3 Table" in seen.text(), "the board")
        assert seen.screen.pane_control.compared == ()
        assert {"table", "spectrum"} <= seen.app.state.now.keys()
        assert "variance" not in {*seen.app.state.now, *seen.app.state.before}


async def test_the_cursor_tells_about_the_same_pair_before_and_now() -> None:
    world, pane = make_world(grokking(200), p=13, pictures=True), TablePane()
    task = world.now["task"]
    show(world, table_of(task, 200, right=True))
    world.before = {"table": table_of(task, 100, right=False), "task": undefined_in_row_0(task)}
    app = PaneApp(world, pane, size=(90, 20))
    async with app.run_test(size=(90, 20)) as pilot:
        app.show()
        assert "before" not in lines(pane)[0]
        world.comparing = True
        app.show()
        assert lines(pane)[0].split() == ["before,", "at", "step", "100", "at", "step", "200"]
        assert top_line(pane).endswith("─ test 84 of 84 right ─╮")
        pane.focus()
        await pilot.press("down")
        found = "\n".join(lines(pane))
        assert "a 0  b 1  = 1    model 2 ✗ 98 %" in found
        assert "a 0  b 1  = 1    model 1 ✓ 98 %" in found
        await pilot.press("up")
        assert "a 0  b 0  not defined" in "\n".join(lines(pane))  # held against the labels of its step
        for side, lattice, pair in zip(pane.sides, pane.lattices, ((6, 4), (3, 9)), strict=True):
            cell = lattice.cell(pair)
            assert cell is not None
            await pilot.hover(pane, offset=(side.x + cell[0] + 1, side.y + cell[1] + 1))
            assert pane.cursor == pair
        await pilot.press("plus")
        assert [lattice.reduced for lattice in pane.lattices] == [False, False]
        assert pane.lattices[0].scale == pane.lattices[1].scale


@pytest.mark.parametrize(("width", "sides"), [(45, 1), (46, 2)])
async def test_bars_before_and_now_have_one_scale_and_need_room(width: int, sides: int) -> None:
    world, pane = make_world(grokking(200), pictures=True), FourierPane()
    low, high = np.full(20, 0.1, np.float32), np.full(20, 0.1, np.float32)
    low[4], high[4] = 0.5, 1.0
    show(world, spectrum_of(200, high, (5,)))
    world.before, world.comparing = {"spectrum": spectrum_of(100, low, ())}, True
    app = PaneApp(world, pane, size=(width, 11))
    async with app.run_test(size=(80, 20)):
        app.show()
        assert len(pane.sides) == sides
        assert ("before, at step 100" in lines(pane)[0]) == (sides == 2)
        if sides == 2:
            left, right = (
                sum(pane.render_line(y).text[side.x : side.right].count("█") > 0 for y in range(1, 9))
                for side in pane.sides
            )
            assert (left, right) == (3, 7)
