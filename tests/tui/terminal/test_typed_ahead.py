"""Keys that come in one go do what they would do one by one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from textual import events
from textual.widgets import Input

from grokterm.tui.command_palette import KeyPalette
from grokterm.tui.panes.try_it import TryPane
from grokterm.tui.sweep.screen import SweepScreen
from grokterm.tui.terminal.app import TerminalApp
from tests.tui.conftest import NewRun
from tests.tui.sweep.showing import Filling, showing
from tests.tui.watching import Watching, watch

NAMES = {" ": "space", ".": "full_stop", ">": "greater_than_sign", "/": "slash"}


def type_at_once(app: TerminalApp[Any], *parts: str) -> None:
    """Sends keys by their names and texts character by character, and waits for nothing."""
    for part in parts:
        if part in ("enter", "escape", "ctrl+p"):
            app.post_message(events.Key(part, None))
            continue
        for character in part:
            app.post_message(events.Key(NAMES.get(character, character), character))


def asked(seen: Watching) -> tuple[int, int] | None:
    """What the pane to try was asked last."""
    return seen.screen.query_one(TryPane).asked


async def test_a_question_is_typed_with_the_key_that_asks_for_it(new_run: NewRun) -> None:
    async with watch(new_run()) as seen:
        await seen.trains()
        type_at_once(seen.app, "t3 4", "enter")
        await seen.until(lambda: asked(seen) == (3, 4), "the question")
        assert seen.app.link.state == "training"  # the space was no pause


async def test_text_is_pasted_into_what_a_key_opens(new_run: NewRun) -> None:
    async with watch(new_run()) as seen:
        await seen.trains()
        type_at_once(seen.app, "t")
        seen.app.post_message(events.Paste("7 8"))
        type_at_once(seen.app, "enter")
        await seen.until(lambda: asked(seen) == (7, 8), "the question")


async def test_a_form_is_opened_filled_in_and_left_and_a_key_acts_on_the_run_again(new_run: NewRun) -> None:
    async with watch(new_run()) as seen:
        await seen.trains()
        type_at_once(seen.app, "c0.02", "enter", "W")
        await seen.until(lambda: len(seen.changes()) == 2, "two changes")
        assert [change.values for change in seen.changes()] == [{"lr": 0.02}, {"weight_decay": 2.0}]
        type_at_once(seen.app, "c", "escape", "W")
        await seen.until(lambda: len(seen.changes()) == 3, "another one")
        assert seen.app.screen is seen.screen


async def test_the_palette_is_opened_and_searched(new_run: NewRun) -> None:
    async with watch(new_run()) as seen:
        await seen.trains()
        type_at_once(seen.app, "ctrl+p", "theme")
        await seen.until(lambda: isinstance(seen.app.screen, KeyPalette), "the palette")
        # It is on top before its field is there, for which the keys wait.
        await seen.until(lambda: [part.value for part in seen.app.screen.query(Input)] == ["theme"], "what was typed")


async def test_cells_of_a_sweep_are_chosen_by_what_is_typed_with_the_key(tmp_path: Path) -> None:
    async with showing(Filling(tmp_path).end_all()) as seen:
        type_at_once(seen.app, "/wd>1", "enter")
        screen = seen.app.screen
        assert isinstance(screen, SweepScreen)
        await seen.until(lambda: screen.view.listing.condition, "the condition")
        assert screen.view.listing.condition is not None
        assert screen.view.listing.condition.text == "wd>1"
