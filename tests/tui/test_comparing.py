"""Several runs on the same axes, chosen with a key or named on the command line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from textual.widgets import OptionList

from grokterm.runs.compared import compare
from grokterm.runs.folder import RunFolder
from grokterm.runs.fork import fork_run
from grokterm.runs.process import trainer_alive
from grokterm.tui.app import GrokApp
from grokterm.tui.dialogs.run_choice import RunChoice
from grokterm.tui.panes.folded import median_and_band
from grokterm.tui.screens.compare import CompareScreen
from grokterm.tui.terminal.exit_message import Outcome
from grokterm.view_options import ViewOptions
from grokterm.wire.records import Event
from tests.runs.logged import append, logged, numbers
from tests.tui.conftest import NewRun
from tests.tui.watching import Watching, watch

SIZES = [(1, 1), (40, 12), (80, 24), (200, 60)]


async def chooser(seen: Watching) -> RunChoice:
    await seen.press("C")
    await seen.until(lambda: isinstance(seen.app.screen, RunChoice) and seen.app.screen.is_open, "the chooser")
    assert isinstance(seen.app.screen, RunChoice)
    return seen.app.screen


async def test_runs_are_chosen_compared_and_followed(new_run: NewRun, home: Path) -> None:
    other = logged(home, 100, lr=0.01)
    present = new_run(pace=50, log_every=10)
    newest = logged(home, 100, weight_decay=2.0)
    async with watch(present) as seen:
        await seen.trains()
        await chooser(seen)
        await seen.shows("Compare up to 6 runs", f"[x] {present.id}", "present", "1 of 3 marked")
        at = [seen.text().index(run.id) for run in (newest, present, other)]
        assert at == sorted(at)
        await seen.press("enter")
        await seen.shows("mark two runs at least")
        await seen.press("down", "down", "space")
        await seen.shows(f"[x] {other.id}", "2 of 3 marked")
        await seen.press("enter")
        await seen.shows("compare 1 2", "learning rate", "5e-3", "0.01", "reached at step", "test pairs", "stopped")
        assert "weight decay" not in seen.text()
        append(other, [numbers(110, 0.97), Event(110, "grokked_95", "")])
        await seen.shows("97.0 %")
        assert not trainer_alive(other)
        before = len(seen.app.link.history)
        await seen.until(lambda: len(seen.app.link.history) > before, "further records")
        await seen.press("escape")
        await seen.until(lambda: seen.app.screen is seen.screen, "the run")
        await seen.shows("● training")


async def test_no_more_than_six_runs_are_marked(home: Path) -> None:
    runs = [logged(home, 10) for _ in range(8)]
    async with watch(runs[-1]) as seen:
        await chooser(seen)
        for _ in range(7):
            await seen.press("space", "down")
        await seen.shows("6 runs are marked, and no more fit", "[ ] ")
        await seen.press("enter")
        await seen.until(lambda: isinstance(seen.app.screen, CompareScreen), "the comparison")
        await seen.shows("compare 3 4 5 6 7 8", "no setting")


@pytest.mark.parametrize("key", ["C", "b"])
async def test_lists_of_runs_survive_any_size_and_fast_keys(home: Path, key: str) -> None:
    runs = family_of(home)
    async with watch(runs[0]) as seen:
        for width, height in [(1, 1), (24, 5), (80, 24), (200, 60), (40, 12)]:
            await seen.pilot.resize_terminal(width, height)
            await seen.press(key)
            await seen.until(lambda: seen.app.screen is not seen.screen, "a list")
            await seen.pilot.pause()
            await seen.press("space", "pagedown", "up", "escape")
            await seen.until(lambda: seen.app.screen is seen.screen, "the run")


@pytest.mark.parametrize("key", ["C", "b"])
async def test_lists_of_runs_are_fitted_again_when_the_screen_is_resized(home: Path, key: str) -> None:
    runs = family_of(home)

    def prompts(seen: Watching) -> list[str]:
        return [str(option.prompt) for option in seen.app.screen.query_one(OptionList).options]

    async with watch(runs[0], (120, 30)) as seen:
        await seen.press(key)
        await seen.until(lambda: seen.app.screen is not seen.screen and seen.app.screen.query(OptionList), "a list")
        wide = prompts(seen)
        await seen.pilot.resize_terminal(40, 30)
        await seen.until(lambda: max(map(len, prompts(seen))) <= 34, "narrow lines")
        assert all(line.rstrip("…").strip() for line in prompts(seen))
        await seen.pilot.resize_terminal(120, 30)
        await seen.until(lambda: prompts(seen) == wide, "the lines of before")


async def test_with_one_run_only_there_is_nothing_to_compare(home: Path) -> None:
    async with watch(logged(home, 10)) as seen:
        await seen.press("C")
        await seen.shows("this is the only run: there is none to compare it with")


@pytest.mark.parametrize("size", SIZES)
async def test_a_comparison_fits_every_size(home: Path, size: tuple[int, int]) -> None:
    runs = family_of(home)
    app = GrokApp(runs[0], ViewOptions(color="truecolor"), compare(runs))
    async with app.run_test(size=size) as pilot:
        seen = Watching(app, pilot)
        await seen.until(lambda: all(len(run.history) for run in app.comparison.comparison.runs), "the logs")  # type: ignore[union-attr]
        for key in ("tab", "tab", "tab", "t", "e", "x", "y", "e", "T", "shift+tab", "down", "pageup", "1", "3", "t"):
            await seen.press(key)
            await pilot.pause()
            lines = seen.text().splitlines()
            assert len(lines) == size[1]
            assert all(len(line) <= size[0] for line in lines)
        assert not any(trainer_alive(run) for run in runs)


async def test_forks_are_a_tree_and_start_on_their_parents_curve(home: Path) -> None:
    runs = family_of(home)
    app = GrokApp(runs[0], ViewOptions(color="truecolor"), compare(runs))
    async with app.run_test(size=(160, 50)) as pilot:
        seen = Watching(app, pilot)
        await seen.shows(f"A {runs[0].id}", f"└─ B {runs[2].id}", f"C {runs[1].id}", "B forked", "1 → 3")
        await seen.press("q")
    outcome = app.return_value
    assert outcome is not None
    assert outcome.words() == "nothing was changed; compare again with: grokterm attach 1 3 2"


async def test_equal_seconds_are_drawn_over_seconds(home: Path) -> None:
    runs = [logged(home, 400), logged(home, 200, optimizer="muon")]
    app = GrokApp(runs[0], ViewOptions(color="truecolor"), compare(runs))
    async with app.run_test(size=(160, 50)) as pilot:
        seen = Watching(app, pilot)
        await seen.shows("steps", "400", "Muon 10.0", "not yet")
        await seen.press("e")
        await seen.shows("test pairs · equal seconds", "seconds", "at 2.0 s", "first 2.0 s · baseline: AdamW")
        assert " 400 " not in seen.text()
        await seen.press("e")
        await seen.shows(" 400 ")


async def test_runs_that_differ_by_their_seed_fold_into_a_band(home: Path) -> None:
    seeds = [logged(home, 290, [numbers(300, accuracy)], seed=seed) for seed, accuracy in enumerate((0.2, 0.5, 0.9))]
    other = logged(home, 200, optimizer="muon")
    app = GrokApp(seeds[0], ViewOptions(color="truecolor"), compare([*seeds, other]))
    async with app.run_test(size=(160, 50)) as pilot:
        seen = Watching(app, pilot)
        await seen.shows("A AdamW 20.0", "B AdamW 50.0", "C AdamW 90.0", "D Muon 10.0")
        assert "░" not in seen.text()
        await seen.press("B")
        await seen.shows("A AdamW N=3 50.0", "D Muon 10.0", "test pairs · median, 10–90 % of seeds", "░")
        table = [line for line in seen.text().splitlines() if any(run.id in line for run in seeds)]
        assert [line[: line.index("000")].strip("│ ") for line in table[:3]] == ["A", "A", "A"]
        assert "B AdamW" not in seen.text()
        append(seeds[0], [numbers(310, 0.6)])
        await seen.shows(" 310 ", "A AdamW N=3 50.0")  # what the others would do there is not known
        append(seeds[1], [numbers(310, 0.6)])
        append(seeds[2], [numbers(310, 0.9)])
        await seen.shows("A AdamW N=3 60.0")
        for key in ("t", "t", "t", "e", "x", "y"):
            await seen.press(key)
            await pilot.pause()
            await seen.shows("N=3")
        await seen.press("B")
        await seen.shows("C AdamW")
        assert "N=3" not in seen.text()


async def test_without_two_seeds_of_one_configuration_there_is_nothing_to_fold(home: Path) -> None:
    runs = [logged(home, 10), logged(home, 10, lr=0.01)]
    app = GrokApp(runs[0], ViewOptions(color="truecolor"), compare(runs))
    async with app.run_test(size=(120, 40)) as pilot:
        seen = Watching(app, pilot)
        await seen.press("B")
        await seen.shows("no two of these runs differ by their seed alone")


@pytest.mark.parametrize("size", SIZES)
async def test_a_folded_comparison_fits_every_size(home: Path, size: tuple[int, int]) -> None:
    runs = [logged(home, 10 * seed, seed=seed) for seed in range(4)]
    for graph in ("braille", "ascii"):
        app = GrokApp(runs[0], ViewOptions(color="truecolor", graph=graph), compare(runs))
        async with app.run_test(size=size) as pilot:
            seen = Watching(app, pilot)
            for key in ("B", "tab", "t", "t", "e", "x", "y", "T", "3"):
                await seen.press(key)
                await pilot.pause()
                lines = seen.text().splitlines()
                assert len(lines) == size[1]
                assert all(len(line) <= size[0] for line in lines)


def test_leaving_a_comparison_says_what_trains_on(trained: RunFolder, home: Path) -> None:
    outcome = Outcome("detached", trained, compared=(trained, logged(home, 10)))
    assert outcome.words() == "1 of 2 runs have a trainer; compare again with: grokterm attach 1 1"


async def test_without_a_branch_the_key_says_so(home: Path) -> None:
    logged(home, 10)
    async with watch(logged(home, 10)) as seen:
        await seen.press("b")
        await seen.shows("this run has no branches: f forks it")


@pytest.mark.usefixtures("remarks_stay")
async def test_the_viewer_goes_to_a_branch_whose_trainer_starts_paused(new_run: NewRun, home: Path) -> None:
    present = new_run(pace=100)
    async with watch(present) as seen:
        await seen.trains()
        await seen.until(lambda: len(seen.app.link.history) > 3, "records")
        fork = fork_run(present, home, 10, {"weight_decay": 3.0}).folder
        await seen.press("b")
        await seen.shows("Branches", f"└─ {fork.id}", "at 10", "present")
        await seen.press("down", "enter")
        await seen.until(lambda: seen.app.link.folder == fork, "the branch")
        await seen.shows(f"now {fork.id}; {present.id} trains on")
        await seen.until(lambda: seen.app.link.state == "paused", "the branch's trainer")
        assert seen.app.link.history.config.weight_decay == 3
        assert trainer_alive(present)
        await seen.press("b")
        await seen.shows("Branches")
        await seen.press("up", "enter")
        await seen.until(lambda: seen.app.link.folder == present, "the parent")
        await seen.trains()


def family_of(home: Path) -> list[RunFolder]:
    first = logged(home, 300)
    other = logged(home, 200, lr=0.01)
    return [first, other, fork_run(first, home, 100, {"weight_decay": 3.0}).folder]


def test_a_band_holds_the_runs_that_have_grokked_and_ends_with_the_shortest_other_one() -> None:
    grokked = np.array([0.0, 100.0]), np.array([0.0, 1.0])
    stopped = np.array([0.0, 200.0]), np.array([0.0, 0.5])
    longest = np.array([0.0, 400.0]), np.array([0.0, 0.8])
    steps, median, (low, high) = median_and_band([grokked, stopped, longest], [True, False, False])
    assert steps[-1] == 200
    assert (low[-1], median[-1], high[-1]) == pytest.approx((0.42, 0.5, 0.9))
    steps, median, _ = median_and_band([grokked, stopped, longest], [True, True, True])
    assert (steps[-1], median[-1]) == (400, 0.8)
