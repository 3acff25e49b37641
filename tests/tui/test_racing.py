"""Rules that race, with real trainers, and what the comparison says of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from grokterm.config import Value
from grokterm.runs.compared import compare
from grokterm.runs.folder import list_runs
from grokterm.runs.fork import fork_run
from grokterm.runs.history import read_history
from grokterm.tui.app import GrokApp
from grokterm.tui.dialogs.choice import Choice
from grokterm.tui.dialogs.race import RaceDialog
from grokterm.tui.screens.compare import CompareScreen
from grokterm.view_options import ViewOptions
from grokterm.wire.records import Event
from tests.runs.logged import append, logged, numbers
from tests.tui.conftest import NewRun
from tests.tui.watching import Watching, watch


async def dialog(seen: Watching) -> RaceDialog:
    await seen.press("R")
    await seen.until(lambda: isinstance(seen.app.screen, RaceDialog) and seen.app.screen.is_open, "the dialog")
    assert isinstance(seen.app.screen, RaceDialog)
    return seen.app.screen


async def choose_two(seen: Watching, steps: str, start: str = "") -> None:
    """AdamW and ⊥Grad, for so many steps."""
    opened = await dialog(seen)
    await seen.press("down", "space", "down", "space", "down", "down", "down", "space")
    await seen.shows("[x] AdamW (as it is)", "[ ] AdamW, 3 × lr", "[ ] Grokfast-EMA", "[x] ⊥Grad", "[ ] Muon")
    opened.query_one("#steps", Input).value = steps
    if start:
        opened.query_one("#from", Choice).choose(start)


async def test_two_rules_race_from_now_and_the_table_tells(new_run: NewRun, home: Path) -> None:
    parent = new_run(log_every=5, until=20)
    async with watch(parent) as seen:
        await seen.until(lambda: seen.app.link.state == "finished", "the goal of the parent")
        await seen.until(lambda: seen.app.link.history.last and seen.app.link.history.last.step == 20, "step 20")
        before = parent.log_path.read_bytes()
        await choose_two(seen, "30")
        await seen.shows("2 forks of 30 steps each", "compared by steps; this run stays")
        await seen.press("enter")
        await seen.until(lambda: isinstance(seen.app.screen, CompareScreen), "the comparison")
        await seen.shows("compare 2 3", "entrant", "⊥Grad AdamW lr 0.05", "AdamW lr 5e-3", "× baseline", "seconds to")
        await seen.shows("from step 20 · baseline: AdamW lr 5e-3", "50", "finished")
        made = list_runs(home)[1:]
        await seen.until(lambda: all(read_history(run).sessions[-1].name == "finished" for run in made), "both ends")
        histories = [read_history(run) for run in made]
        assert [h.last.step for h in histories if h.last] == [50, 50]
        assert [h.config.filter for h in histories] == ["none", "orthograd"]
        assert parent.log_path.read_bytes() == before
        await seen.press("e")
        await seen.shows("equal seconds", "seconds", "first ")
        await seen.press("escape")
        await seen.until(lambda: seen.app.screen is seen.screen, "the run")
        assert seen.app.link.folder == parent


async def test_new_runs_race_from_step_0_while_the_present_one_trains_on(new_run: NewRun, home: Path) -> None:
    parent = new_run(log_every=5, seed=3)
    async with watch(parent) as seen:
        await seen.trains()
        await seen.until(lambda: len(seen.app.link.history), "a record")
        await choose_two(seen, "25", "step 0")
        await seen.shows("2 new runs with the same seed of 25 steps each")
        await seen.press("enter")
        await seen.shows("compare 2 3", "reached at step", "baseline: AdamW lr 5e-3")
        made = list_runs(home)[1:]
        await seen.until(lambda: all(read_history(run).last for run in made), "records")
        assert [(run.config().seed, run.config().until, run.parent()) for run in made] == [(3, 25, None)] * 2
        assert seen.app.link.state == "training"


async def test_what_cannot_race_is_said_and_nothing_is_made(home: Path) -> None:
    run = logged(home, 100, [Event(50, "grokked", "")])
    async with watch(run) as seen:
        await seen.until(lambda: len(seen.app.link.history), "the log")
        opened = await dialog(seen)
        assert opened.query_one("#from", Choice).value == "step 0"
        opened.query_one("#from", Choice).choose("now")
        await seen.shows("this run has grokked at step 50: race from step 0")
        await seen.press("enter", "up", "space")
        await seen.shows("the present rule always races")
        opened.query_one("#from", Choice).choose("step 0")
        opened.query_one("#steps", Input).value = "0"
        await seen.shows("--max-steps")
        await seen.press("enter")
        assert seen.app.screen is opened
        opened.query_one("#steps", Input).value = "10"
        for _ in range(8):
            await seen.press("down", "space")
        await seen.press("escape")
        await seen.until(lambda: seen.app.screen is seen.screen, "the run")
        assert list_runs(home) == [run]


async def test_no_more_than_six_race(home: Path) -> None:
    async with watch(logged(home, 100)) as seen:
        await seen.until(lambda: len(seen.app.link.history), "the log")
        await dialog(seen)
        await seen.press("space", "end", "space")
        await seen.shows("6 are chosen, and no more fit")


async def test_the_dialog_survives_any_size_and_fast_keys(home: Path) -> None:
    async with watch(logged(home, 100)) as seen:
        await seen.until(lambda: len(seen.app.link.history), "the log")
        for width, height in [(1, 1), (24, 5), (80, 24), (40, 12), (200, 60)]:
            await dialog(seen)
            await seen.pilot.resize_terminal(width, height)
            await seen.press("space", "pagedown", "end", "space", "tab", "right", "tab", "right", "tab", "x")
            await seen.press("shift+tab", "shift+tab", "left", "escape")
            await seen.until(lambda: seen.app.screen is seen.screen, "the run")
        assert len(list_runs(home)) == 1


async def test_at_the_first_step_of_the_past_a_race_begins_anew(home: Path) -> None:
    run = logged(home, 100)
    async with watch(run) as seen:
        await seen.until(lambda: len(seen.app.link.history), "the log")
        await seen.press("[")
        opened = await dialog(seen)
        step = seen.app.state.moment.step if seen.app.state.moment else None
        assert opened.query_one("#from", Choice).value == f"step {step}"
        await seen.press("escape")
        await seen.until(lambda: seen.app.screen is seen.screen, "the run")
        await seen.press("home")
        opened = await dialog(seen)
        assert opened.query_one("#from", Choice).value == "step 0"
        await seen.shows("5 new runs with the same seed")


async def test_before_a_step_is_logged_there_is_nothing_to_race_from(new_run: NewRun) -> None:
    async with watch(new_run(start=False)) as seen:
        await seen.press("R")
        await seen.shows("there is nothing to race from yet")


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (160, 50)])
async def test_the_table_says_of_which_rates_the_baseline_is_the_best(home: Path, size: tuple[int, int]) -> None:
    parent = logged(home, 100)
    changes: list[dict[str, Value]] = [{}, {"lr": 0.015}, {"optimizer": "muon", "lr": 0.02}]
    runs = [fork_run(parent, home, 100, values).folder for values in changes]
    for run, step in zip(runs, (180, 140, 160), strict=True):
        append(run, [numbers(n, 0.995) for n in range(110, 201, 10)])
        append(run, [Event(step, "grokked", "")])
    app = GrokApp(runs[0], ViewOptions(color="truecolor"), compare(runs))
    async with app.run_test(size=size) as pilot:
        seen = Watching(app, pilot)
        if size == (80, 24):
            await seen.press("3")
        await seen.shows("baseline: AdamW lr 0.015, the best of 2", "× baseline")
        assert size == (80, 24) or "seed 0 · " in seen.text()
        lines = [line for line in seen.text().splitlines() if "AdamW lr" in line or "Muon lr" in line]
        rows = [line.split() for line in lines if "before" in line]
        at = [row.index("before") + 1 for row in rows]
        assert [row[i : i + 2] for row, i in zip(rows, at, strict=True)] == [
            ["80", "2.00"],
            ["40", "1.00"],
            ["60", "1.50"],
        ]
