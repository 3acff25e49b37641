"""A run on a group: representations and elements have their names on the screen."""

from __future__ import annotations

from textual.widgets import Input

from grokterm.guide import number_of
from grokterm.tui.panes.try_it import TryPane
from tests.tui.conftest import NewRun
from tests.tui.watching import Watching, watch


async def bars(seen: Watching) -> None:
    await seen.until(lambda: "spectrum" in seen.app.state.now, "the bars")


async def test_bars_are_named_by_their_representations(new_run: NewRun) -> None:
    async with watch(new_run(op="s4", arch="mlp", train_fraction=0.6)) as seen:
        await seen.trains()
        await bars(seen)
        assert "ab in S₄" in seen.header
        await seen.shows("[1⁴] 1", "[2²] 2", "[3,1] 3", "[2,1²] 3", "representations")


async def test_elements_are_asked_for_and_answered_by_their_names(new_run: NewRun) -> None:
    async with watch(new_run(op="s3", train_fraction=0.6)) as seen:
        await seen.trains()
        await seen.shows(" a e ", "b e ", "= e ")
        await seen.press("t")
        await seen.until(lambda: seen.app.focused is not None, "the field")
        pane = seen.screen.pane_control.panes[5]
        assert isinstance(pane, TryPane)
        assert pane.query_one(Input).placeholder == "(1 3) · (1 3)"
        await seen.type("(1 2)*(2 3)")
        await seen.press("enter")
        await seen.until(lambda: pane.prediction, "an answer")
        await seen.shows("right: (1 2 3)")
        await seen.type("x")
        await seen.press("enter")
        await seen.shows("two elements, or 0 to 5")


async def test_a_representation_is_taken_out_by_its_name(new_run: NewRun) -> None:
    async with watch(new_run(op="s3", arch="mlp", train_fraction=0.6)) as seen:
        await seen.trains()
        await seen.press("k")
        await seen.shows("[1³] 1, norm")
        await seen.press("x")
        await seen.shows("[1³] 1, norm", "taken out")


async def test_views_of_angles_say_that_a_group_has_none(new_run: NewRun) -> None:
    async with watch(new_run(op="d5", train_fraction=0.6)) as seen:
        await seen.trains()
        await seen.press("v", *str(number_of("circles")), "enter")
        await seen.shows("ab in D₅ has no angles")
