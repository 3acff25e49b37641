"""What is asked for and drawn at once, however seldom the screen is drawn otherwise."""

from __future__ import annotations

import os
import signal

from grokterm.runs.process import trainer_of
from grokterm.tui.terminal.frame_rate import FrameRate
from tests.tui.conftest import NewRun
from tests.tui.watching import Watching, watch

SELDOM = FrameRate(fps=1e-3)


async def stands_still(seen: Watching) -> None:
    """Pauses, and lets no tick come by itself any more."""
    await seen.trains()
    await seen.until(lambda: len(seen.app.link.history) > 2, "a log")
    await seen.paused()
    seen.app.frame_rate = SELDOM
    seen.app.draw_soon()


async def test_a_view_is_drawn_when_its_picture_comes(new_run: NewRun) -> None:
    async with watch(new_run()) as seen:
        await stands_still(seen)
        for view, words in (
            ("14", "share of the variance a component"),
            ("15", "weight"),
            ("25", "answer to each pair"),
        ):
            await seen.press("v", *view, "enter")
            await seen.shows(words)
        assert seen.app.frame_rate is SELDOM


async def test_the_earlier_one_beside_it_is_drawn_too(new_run: NewRun) -> None:
    async with watch(new_run()) as seen:
        await stands_still(seen)
        await seen.press("v", *"14", "enter")
        await seen.shows("before, at step 0", "sum:")
        await seen.until(lambda: "waiting" not in seen.text(), "both pictures")


async def test_the_past_is_drawn_when_it_comes(new_run: NewRun) -> None:
    async with watch(new_run()) as seen:
        await stands_still(seen)
        await seen.press("home")
        await seen.shows("3 Table at step 0", "4 Fourier at step 0")
        table, moment = seen.app.state.now["table"], seen.app.state.moment
        assert (moment.step if moment else None) == 0
        assert (table.past, table.step) == (True, 0)


async def test_a_pane_that_comes_into_sight_is_drawn_at_once(new_run: NewRun) -> None:
    async with watch(new_run(), (80, 24)) as seen:
        await stands_still(seen)
        assert seen.app.state.now.keys().isdisjoint(("table", "spectrum"))
        await seen.press("3")
        await seen.until(lambda: "table" in seen.app.state.now, "the table")
        await seen.shows(" right ")
        await seen.press("4")
        await seen.until(lambda: "spectrum" in seen.app.state.now, "the spectrum")
        await seen.until(lambda: "waiting" not in seen.text(), "the bars")


async def test_a_pane_that_a_larger_screen_brings_is_drawn_at_once(new_run: NewRun) -> None:
    async with watch(new_run(), (80, 24)) as seen:
        await stands_still(seen)
        await seen.pilot.resize_terminal(120, 40)
        await seen.until(lambda: {"table", "spectrum"} <= seen.app.state.now.keys(), "both")
        await seen.until(lambda: "waiting" not in seen.text(), "the bars")


async def test_what_is_opened_while_an_answer_is_due_is_asked_for_at_once(new_run: NewRun) -> None:
    async with watch(new_run()) as seen:
        await stands_still(seen)
        trainer = trainer_of(seen.app.link.folder)
        assert trainer is not None
        os.kill(trainer.pid, signal.SIGSTOP)
        asked = await seen.until(lambda: requests(seen), "a look that is not answered")
        await seen.press("v", *"15", "enter")
        await seen.until(lambda: requests(seen) > asked, "another look")
        os.kill(trainer.pid, signal.SIGCONT)
        await seen.shows("weight")


def requests(seen: Watching) -> int:
    """How many requests wait for their answers."""
    seen.app.tick()
    client = seen.app.link._client
    return len(client._waiting) if client else 0


async def test_a_view_asks_once_it_knows_its_room(new_run: NewRun) -> None:
    async with watch(new_run()) as seen:
        await stands_still(seen)
        await seen.press("v", *"18", "enter")
        await seen.until(lambda: "activations" in seen.app.state.now, "the picture")
        view = seen.views.view
        assert view is not None
        assert seen.app.state.now[view.name].request == view.request()
        assert type(view)().request() is None  # without a place there is nothing to ask for
