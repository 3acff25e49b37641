"""The screen at every size, and under keys, pasted text and resizes at random."""

from __future__ import annotations

import asyncio
import random

import pytest
from textual import events
from textual.geometry import Size

from grokterm.runs.folder import RunFolder
from grokterm.tui.actions import bindings
from grokterm.tui.text import footer
from grokterm.view_options import ViewOptions
from tests.patience import PATIENCE
from tests.tui.conftest import NewRun
from tests.tui.storm import OPENERS, Storm
from tests.tui.watching import Watching, watch
from tests.wanted import wanted

SIZES = [(40, 12), (80, 24), (120, 40), (160, 50), (200, 60)]


@pytest.mark.parametrize("size", SIZES)
async def test_a_run_is_shown_at_this_size(trained: RunFolder, size: tuple[int, int]) -> None:
    async with watch(trained, size) as seen:
        await seen.trains()
        await seen.until(lambda: seen.app.link.history.last, "a record")
        await seen.shows("● training", "a + b mod 11", "test", "%", "q quit")
        assert all(len(line) <= size[0] for line in seen.text().splitlines())


@pytest.mark.parametrize("size", [(40, 12), (200, 60)])
async def test_dialogs_open_at_this_size(trained: RunFolder, size: tuple[int, int]) -> None:
    async with watch(trained, size) as seen:
        await seen.until(lambda: len(seen.app.link.history), "a record to race from")
        for key in ("question_mark", "a", "o", "c", "R", "ctrl+p"):
            await seen.press(key)
            assert seen.app.screen is not seen.screen
            await seen.pilot.pause()
            await seen.press("escape")
            await seen.until(lambda: seen.app.screen is seen.screen, "the run")


@pytest.mark.parametrize("key", ["question_mark", "a", "o", "c", "ctrl+p"])
async def test_dialogs_survive_any_size_and_being_closed_at_once(trained: RunFolder, key: str) -> None:
    async with watch(trained) as seen:
        await seen.press(key)
        for width, height in [(1, 1), (24, 40), (200, 3), (120, 40)]:
            await seen.pilot.resize_terminal(width, height)
            await seen.pilot.pause()
        await seen.press("escape")
        await seen.until(lambda: seen.app.screen is seen.screen, "the run")
        for quick in (key, "escape", key, "k", "pageup", "enter", "enter", "escape", "escape"):
            seen.app.post_message(events.Key(quick, quick if len(quick) == 1 else None))
        await seen.pilot.pause()
        assert seen.app.is_running


async def test_tabs_at_80_by_24_reach_every_pane(trained: RunFolder) -> None:
    async with watch(trained, (80, 24)) as seen:
        await seen.trains()
        await seen.shows("1 Accuracy", "2 Loss", "3 Table", "4 Fourier", "5 Try it", "6 Events")
        panes = seen.screen.pane_control
        for number in range(1, 7):
            await seen.press(str(number))
            await seen.until(lambda n=number: n in [p.number for p in panes.shown], f"pane {number}")  # type: ignore[misc]
            await seen.press("escape")


async def test_only_the_pictures_that_are_seen_are_asked_for(trained: RunFolder) -> None:
    async with watch(trained, (80, 24)) as seen:
        panes = seen.screen.pane_control
        asked = [panes.wanted]
        await seen.press("3")
        asked.append(panes.wanted)
        for size in ((120, 40), (40, 12)):
            await seen.pilot.resize_terminal(*size)
            asked.append(panes.wanted)
        assert asked == [(), wanted("task", "table"), wanted("task", "table", "spectrum"), ()]
        assert panes.compared == ()


async def test_a_remark_is_fitted_again_when_the_screen_is_resized(
    trained: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A slow machine may take longer to resize than a remark stands, and the narrator may have one of its own.
    monkeypatch.setattr(footer, "_SAID", PATIENCE)
    words = "there is something to say that is longer than a narrow screen is wide, and so it is cut"
    async with watch(trained, (60, 20), ViewOptions(color="truecolor", narrator="off")) as seen:
        seen.screen.say(words)
        assert seen.footer == f" {words[:57]}…"
        for width, told in ((40, f" {words[:37]}…"), (120, f" {words}"), (89, f" {words}"), (60, f" {words[:57]}…")):
            await seen.pilot.resize_terminal(width, 20)
            await seen.until(lambda told=told: seen.footer == told, f"{width} cells")  # type: ignore[misc]


async def test_every_line_is_that_of_a_screen_opened_at_the_size(new_run: NewRun) -> None:
    folder = new_run(pace=400)  # its first event comes at step 200
    sizes = [(120, 40), (200, 60), (80, 40), (60, 20)]

    def lines(seen: Watching) -> list[str]:
        screen = seen.screen
        above = [screen.header_line, screen.phase_line, screen.narration.circuit_line, screen.narration.narrator_line]
        return [line.render().plain for line in above[: 2 + screen.narration.line_count(screen.size)]]

    async with watch(folder) as seen:
        await seen.trains()
        await seen.until(lambda: seen.app.state.history.events, "an event")
        await seen.paused()
        found = []
        for size in sizes:
            await seen.pilot.resize_terminal(*size)
            await seen.pilot.pause()
            found.append(lines(seen))
        for size, seen_there in zip(sizes, found, strict=True):
            assert all(len(line) <= size[0] for line in seen_there)
            async with watch(folder, size) as anew:
                await anew.until(lambda a=anew, then=seen_there: lines(a) == then, f"the lines at {size}")  # type: ignore[misc]


async def test_a_run_is_followed_through_resizes(trained: RunFolder) -> None:
    async with watch(trained) as seen:
        await seen.trains()
        for width, height in [(40, 12), (200, 60), (1, 1), (80, 24), (20, 5), (300, 100), (120, 40)]:
            await seen.pilot.resize_terminal(width, height)
            await seen.pilot.pause()
        await seen.shows("● training", "1 Accuracy", "3 Table")


@pytest.mark.parametrize("seed", range(2))
async def test_keys_pastes_and_resizes_at_random(new_run: NewRun, seed: int) -> None:
    folder, chance = new_run(), random.Random(seed)
    keys = [key for b in bindings() for key in b.key.split(",")]
    keys += ["up", "down", "left", "right", "enter", "escape", "backspace", "delete", "home", "end", "pageup", "f5"]
    async with watch(folder) as seen:
        await seen.trains()
        for count in range(150):
            kind = chance.random()
            if kind < 0.03:
                await seen.pilot.resize_terminal(chance.randrange(1, 170), chance.randrange(1, 55))
            elif kind < 0.08:
                text = "".join(chr(chance.randrange(1, 0x3000)) for _ in range(chance.randrange(1, 200)))
                seen.app.post_message(events.Paste(text))
            else:
                press(seen, chance.choice(keys) if chance.random() < 0.9 else chr(chance.randrange(33, 126)))
            if count % 25 == 0:
                await seen.pilot.pause()
            if not seen.app.is_running:
                break
        await seen.pilot.pause()
        # Words of the palette may have been chosen that leave; nothing else ends the viewer.
        assert seen.app.is_running or seen.app.return_value


def press(seen: Watching, key: str) -> None:
    """Sends a key without waiting for what it does; keys that would leave are left out."""
    if key in ("d", "q", "r", "f", "R") and seen.app.screen is seen.screen:
        return
    seen.app.post_message(events.Key(key, key if len(key) == 1 else None))


async def test_a_size_that_is_gone_already_does_not_stay(trained: RunFolder) -> None:
    async with watch(trained) as seen:
        stale, present = Size(90, 30), seen.app.size
        layouts: list[object] = []
        seen.screen.screen_layout_refresh_signal.subscribe(seen.screen, layouts.append)
        seen.screen.post_message(events.Resize(stale, stale))
        seen.screen.call_later(layouts.append, "between")
        seen.screen.post_message(events.Resize(present, present))
        counts = []
        for _ in range(2):
            for _ in range(100):
                await asyncio.sleep(0)
            counts.append(len(layouts))
        assert seen.screen.size == present
        assert counts[1] - counts[0] < 5


@pytest.mark.parametrize("key", ["v", "a", "ctrl+p"])
async def test_pages_are_turned_in_lists_without_room(trained: RunFolder, key: str) -> None:
    async with watch(trained) as seen:
        await seen.press(key)
        await seen.until(lambda: seen.app.screen is not seen.screen, "the list")
        for size in [(4, 4), (3, 3), (2, 2), (1, 1), (1, 40), (30, 1)]:
            await seen.pilot.resize_terminal(*size)
            await seen.press("pagedown", "pageup", "end", "pageup", "home", "pagedown")
        await seen.pilot.resize_terminal(120, 40)
        await seen.press("escape")
        await seen.until(lambda: seen.app.screen is seen.screen, "the run")


async def test_every_key_in_every_dialog_and_view_on_screens_down_to_one_cell(new_run: NewRun) -> None:
    new_run(start=False)  # one to compare with
    async with watch(new_run()) as seen:
        await seen.trains()
        storm = Storm(seen, random.Random(12))
        for opener in OPENERS:
            await storm.over(opener, sizes=1, keys=5)
            assert storm.runs, list(storm.last)
