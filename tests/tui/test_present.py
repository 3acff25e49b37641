"""What is asked for and drawn at once, however seldom the screen is drawn otherwise."""

from __future__ import annotations

from grokterm.tui.cadence import Cadence
from grokterm.tui.screens.traveling import Traveling
from tests.tui.conftest import NewRun
from tests.tui.watching import Watching, watch

SELDOM = Cadence(fps=1e-3)


async def stands_still(seen: Watching) -> None:
    """Pauses, and lets no tick come by itself any more."""
    await seen.trains()
    await seen.until(lambda: len(seen.app.link.history) > 2, "a log")
    await seen.paused()
    seen.app.cadence = SELDOM
    seen.app.hurry()


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
        assert seen.app.cadence is SELDOM


async def test_the_earlier_one_beside_it_is_drawn_too(new_run: NewRun) -> None:
    async with watch(new_run()) as seen:
        await stands_still(seen)
        await seen.press("v", *"14", "enter")
        await seen.shows("before, at step 0", "sum:")
        await seen.until(lambda: "waiting" not in seen.text(), "both pictures")


async def test_the_past_is_drawn_when_it_comes(new_run: NewRun) -> None:
    async with watch(new_run()) as seen:
        await stands_still(seen)
        assert isinstance(seen.screen, Traveling)
        await seen.press("home")
        await seen.shows("3 Table at step 0", "4 Fourier at step 0")
        table = seen.app.world.table
        assert table is not None
        assert (table.past, table.step) == (True, 0)
