"""What holds for every pane."""

from __future__ import annotations

import itertools

import pytest

from grokterm.tui.panes import AccuracyPane, EventsPane, FourierPane, LossPane, Pane, TablePane, TryPane
from grokterm.tui.run.state import RunState
from grokterm.tui.theme import load_themes
from grokterm.view_options import Graph
from tests.tui.panes.worlds import PaneApp, grokking, lines, make_world, scalars, top_line

PANES: list[type[Pane]] = [AccuracyPane, LossPane, TablePane, FourierPane, TryPane, EventsPane]
SIZES = [(20, 5), (120, 40), (1, 1), (2, 2), (3, 3), (4, 20), (200, 3), (9, 6), (60, 17)]


def test_each_has_its_number_and_title() -> None:
    assert [pane.number for pane in PANES] == [1, 2, 3, 4, 5, 6]
    assert len({pane.title for pane in PANES}) == 6
    asked = [request.name for pane in PANES for request in pane().requests()]
    assert asked == ["task", "table", "spectrum"]


def worlds() -> list[RunState]:
    nan = [scalars(step, 1.0, 0.5, None) for step in range(0, 50, 10)]
    return [
        make_world(),
        make_world(pictures=True, p=3),
        make_world(grokking(700), pictures=True, p=97),
        make_world(nan, pictures=True, p=31),
        make_world(grokking(10), pictures=True, p=503),
    ]


@pytest.mark.parametrize("pane_type", PANES)
async def test_every_size_and_every_world_fills_the_pane(pane_type: type[Pane]) -> None:
    pane = pane_type()
    app = PaneApp(make_world(), pane, size=(40, 10))
    async with app.run_test(size=(200, 60)) as pilot:
        for world, size in itertools.product(worlds(), SIZES):
            app.state = world
            pane.styles.width, pane.styles.height = size
            await pilot.pause()
            app.show()
            width, height = pane.content_size
            assert [pane.render_line(y).cell_length for y in range(height)] == [width] * height


@pytest.mark.parametrize("graph", ["braille", "block", "ascii"])
@pytest.mark.parametrize("theme", ["dusk", "ansi", "mono", "paper"])
async def test_every_theme_and_glyph(theme: str, graph: Graph) -> None:
    panes = [pane_type() for pane_type in PANES]
    app = PaneApp(make_world(grokking(700), theme=theme, graph=graph, pictures=True), *panes, size=(70, 9))
    async with app.run_test(size=(70, 60)):
        app.show()
        assert all(any(lines(pane)) for pane in panes)
        if graph == "ascii":
            drawn = "".join("".join(lines(pane)) for pane in panes[:4])
            assert set(drawn) <= set(map(chr, range(32, 127))) | set("→·…")


async def test_a_change_of_theme_redraws() -> None:
    pane = AccuracyPane()
    app = PaneApp(make_world(grokking(700)), pane, size=(70, 9))
    async with app.run_test(size=(80, 20)) as pilot:
        app.show()
        before = pane.render_line(0)
        paper = load_themes()["paper"]
        app.theme, app.state.palette = "paper", paper.palette
        await pilot.pause()
        app.show()
        after = pane.render_line(0)
        assert after.text == before.text
        colours = {style.color.name for _, style, _ in after if style and style.color}
        assert paper.palette.train in colours


@pytest.mark.parametrize("theme", ["dusk", "mono"])
async def test_the_border_tells_the_focus(theme: str) -> None:
    one, two = AccuracyPane(), TryPane()
    app = PaneApp(make_world(grokking(700), theme=theme), one, two, size=(70, 9))
    async with app.run_test(size=(80, 20)) as pilot:
        app.show()
        for focused, other, target in ((one, two, one), (two, one, two.query_one("Input"))):
            target.focus()
            await pilot.pause()
            lit, dark = (title(app, pane) for pane in (focused, other))
            assert lit != dark
            if theme == "mono":
                assert (lit[0][0], dark[0][0]) == ("┏", "╭")
            else:
                assert [lit[i][1] != dark[i][1] for i in (0, 3)] == [True, True]


def title(app: PaneApp, pane: Pane) -> list[tuple[str, str]]:
    """The first cells of a pane's border: character and style."""
    x, y = pane.region.offset
    text = app.screen._compositor.render_strips()[y].text
    return [(text[x + i], str(app.screen.get_style_at(x + i, y))) for i in range(6)]


async def test_live_text_gives_way_where_there_is_no_room() -> None:
    pane = TablePane()
    app = PaneApp(make_world(grokking(100), p=31, pictures=True), pane, size=(60, 9))
    async with app.run_test(size=(80, 20)) as pilot:
        ends = []
        for width in (60, 36, 32, 28, 24, 14):
            pane.styles.width = width
            await pilot.pause()
            app.show()
            ends.append(top_line(pane).strip("╭╮─ ").removeprefix("3 Table").strip("─ "))
        assert ends == ["test 0 of 480 right"] * 2 + ["test 0 of 480"] + ["0 of 480"] * 2 + [""]
