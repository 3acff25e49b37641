from __future__ import annotations

import pytest
from textual.geometry import Region

from grokterm.tui.panes import TablePane
from grokterm.tui.run.state import RunState
from grokterm.tui.theme import find_theme
from tests.tui.panes.worlds import PaneApp, grokking, lines, make_world, show, table_of, top_line, undefined_in_row_0


class Watched(TablePane):
    """Counts the rows that are refreshed."""

    rows: int = 0

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Watched:
        self.rows += sum(region.height for region in regions) if regions else 1000
        super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)
        return self


def with_pictures(p: int = 13) -> RunState:
    return make_world(grokking(200), p=p, pictures=True)


async def test_the_table_counts_and_tells_about_the_pair_under_the_cursor() -> None:
    pane = TablePane()
    app = PaneApp(with_pictures(), pane, size=(60, 20))
    async with app.run_test(size=(60, 20)) as pilot:
        app.show()
        assert top_line(pane).endswith("─ test 0 of 84 right ─╮")
        pane.focus()
        await pilot.press("right", "right", "down", "shift+down")
        assert pane.cursor == (2, 11)
        assert " a 2  b 11  = 0    model 1 ✗ 98 %    unseen" in lines(pane)
        await pilot.press("left")
        assert " a 1  b 11  = 12    model 12 ✓ 98 %    trained on" in lines(pane)


async def test_the_cursor_stays_on_the_table() -> None:
    pane = TablePane()
    app = PaneApp(with_pictures(5), pane, size=(60, 20))
    async with app.run_test(size=(60, 20)) as pilot:
        app.show()
        pane.focus()
        await pilot.press("left", "up")
        assert pane.cursor == (0, 0)
        await pilot.press("shift+right", "shift+down", "right", "down")
        assert pane.cursor == (4, 4)
        app.state.now = {"task": with_pictures(3).now["task"]}
        app.show()
        assert pane.cursor == (2, 2)


async def test_the_mouse_moves_the_cursor() -> None:
    pane = TablePane()
    app = PaneApp(with_pictures(), pane, size=(60, 20))
    async with app.run_test(size=(60, 20)) as pilot:
        app.show()
        assert pane.lattice is not None
        cell = pane.lattice.cell((6, 4))
        assert cell is not None
        await pilot.click(pane, offset=(cell[0] + 1, cell[1] + 1))
        assert pane.cursor == (6, 4)
        cell = pane.lattice.cell((9, 8))
        assert cell is not None
        await pilot.hover(pane, offset=(cell[0] + 1, cell[1] + 1))
        assert pane.cursor == (9, 8)
        await pilot.click(pane, offset=(59, 19))
        assert pane.cursor == (9, 8)


async def test_zooming_follows_the_cursor() -> None:
    pane = TablePane()
    app = PaneApp(with_pictures(97), pane, size=(40, 15))
    async with app.run_test(size=(60, 20)) as pilot:
        app.show()
        assert pane.lattice is not None
        assert pane.lattice.reduced
        pane.focus()
        await pilot.press("plus", *["shift+right"] * 9)
        assert not pane.lattice.reduced
        assert pane.lattice.cell((90, 0)) is not None
        assert pane.lattice.origin[0] > 0
        await pilot.press(*["plus"] * 20)
        assert pane.lattice.scale == (8, 8)
        await pilot.press(*["minus"] * 20)
        assert pane.lattice.reduced


async def test_only_changed_rows_are_refreshed() -> None:
    pane = Watched()
    app = PaneApp(with_pictures(), pane, size=(60, 20))
    async with app.run_test(size=(60, 20)) as pilot:
        app.show()
        pane.focus()
        await pilot.pause()
        pane.rows = 0
        app.show()
        app.show()
        assert pane.rows == 0
        await pilot.press("down")
        assert 0 < pane.rows <= 4
        pane.rows = 0
        task = app.state.now["task"]
        show(app.state, table_of(task, 300, right=False))
        app.show()
        assert pane.rows == 0
        show(app.state, table_of(task, 400, right=True))
        app.show()
        assert 13 <= pane.rows <= 15


async def test_pairs_without_an_answer() -> None:
    world = with_pictures()
    pane = TablePane()
    app = PaneApp(world, pane, size=(60, 20))
    async with app.run_test(size=(60, 20)):
        world.now = {"task": undefined_in_row_0(world.now["task"])}
        app.show()
        assert " a 0  b 0  not defined" in lines(pane)
        assert "test" not in top_line(pane)


@pytest.mark.parametrize("theme", ["dusk", "ansi", "mono"])
async def test_a_legend_stands_beside_a_small_table(theme: str) -> None:
    pane = TablePane()
    app = PaneApp(make_world(grokking(100), p=19, theme=theme, pictures=True), pane, size=(60, 24))
    async with app.run_test(size=(60, 24)):
        app.show()
        text = "\n".join(lines(pane))
        assert all(word in text for word in ("test", "train", "right", "wrong", "unsure"))


async def test_without_a_trainer_the_table_waits() -> None:
    pane = TablePane()
    app = PaneApp(make_world(), pane, size=(40, 10))
    async with app.run_test(size=(60, 20)) as pilot:
        app.show()
        assert "waiting for the trainer" in "\n".join(lines(pane))
        pane.focus()
        await pilot.press("down", "plus", "enter")
        assert pane.cursor == (0, 0)


async def test_without_answers_a_table_is_blank_and_not_unsure() -> None:
    pane = TablePane()
    world = with_pictures()
    answers = world.now.pop("table")
    app = PaneApp(world, pane, size=(60, 20))
    async with app.run_test(size=(60, 20)):
        app.show()
        unsure = {find_theme("dusk").palette.style(name).color for name in ("unsure", "unsure_trained")}
        lattice = pane.lattice
        assert lattice is not None
        cells = [list(pane.render_line(y).crop(lattice.left, lattice.left + lattice.columns)) for y in range(1, 15)]
        seen = {
            color for row in cells for part in row if part.style for color in (part.style.color, part.style.bgcolor)
        }
        assert not unsure & seen
        assert [part.text.strip() for row in cells[1:] for part in row if part.text.strip()] == []
        show(world, answers)
        app.show()
        filled = [pane.render_line(y).crop(lattice.left, lattice.left + lattice.columns) for y in range(2, 14)]
        assert any(part.style and part.style.bgcolor in shown_colors() for row in filled for part in row)


def shown_colors() -> set[object]:
    return {find_theme("dusk").palette.style(name).color for name in ("correct", "wrong", "correct_trained")}


@pytest.mark.parametrize(
    ("p", "size", "columns", "rows"),
    [
        (11, (70, 33), 5 * 11, 5 * 11),
        (23, (70, 33), 2 * 23, 2 * 23),
        (59, (70, 33), 59, 59),
        (97, (53, 33), 49, 49),
    ],
)
async def test_the_legend_has_a_place_where_it_costs_no_pairs(
    p: int, size: tuple[int, int], columns: int, rows: int
) -> None:
    pane = TablePane()
    app = PaneApp(with_pictures(p), pane, size=size)
    async with app.run_test(size=size):
        app.show()
        assert pane.lattice is not None
        assert (pane.lattice.columns, pane.lattice.rows) == (columns, rows)
        assert any("unsure" in line for line in lines(pane)) == (p < 59)
