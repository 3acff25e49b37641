"""The screen of a sweep: what it shows, what its keys do, how it is left."""

from __future__ import annotations

import os
import random
import shutil
import time
from pathlib import Path

import pytest
from textual import events

from grokterm.sweeps.cells import write_state
from grokterm.tui.sweep import following
from grokterm.tui.sweep.app import Left
from grokterm.tui.sweep.keys import SWEEP_ACTIONS
from grokterm.tui.theme import load_themes
from grokterm.view_options import ViewOptions
from grokterm.wire.swept import SweepState
from tests.sweeps.swept import failed, plan_of
from tests.tui.sweep.showing import SMALL, Filling, showing

SIZES = [(80, 24), (100, 30), (120, 40), (160, 50), (200, 60)]


@pytest.mark.parametrize("size", SIZES)
async def test_a_finished_sweep_is_shown_at_this_size(tmp_path: Path, size: tuple[int, int]) -> None:
    async with showing(Filling(tmp_path).end_all(), size) as seen:
        await seen.shows("■ finished", "24 of 24 runs", "Phase diagram", "phase of most runs", "wd 0.1, frac 0.3")
        await seen.shows("memorization", "never", "train", "q quit")
        assert all(len(line) <= size[0] for line in seen.text().splitlines())
        for number, words in ((2, "log steps"), (3, "2 seeds a line"), (4, "Steps to grok by wd"), (1, "frac")):
            await seen.press(str(number))
            await seen.shows(words)


async def test_runs_are_shown_as_they_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "trainer_alive", lambda folder: True)
    sweep = Filling(tmp_path)
    async with showing(sweep.folder) as seen:
        await seen.shows("0 of 24 runs", "no run of this cell has ended yet", "● running")
        write_state(sweep.folder, SweepState(
            state="running", running=(0, 5), workers=2, total=24, runs_per_hour=1234.0, seconds_left=125.0,
            time=time.time(),
        ))  # fmt: skip
        await seen.shows("2 running", "22 waiting", "1,234 runs an hour", "about 2:05 left", "its runs train")
        sweep.end(0)
        sweep.write(failed(sweep.plan, sweep.plan.run(2)), failed(sweep.plan, sweep.plan.run(3)))
        await seen.shows("3 of 24 runs", "2 failed", "1 of 2 runs ended", "memorization")
        await seen.press("up")
        await seen.shows("the loss is no number", "wd 0.1, frac 0.5")
        sweep.end(1)
        await seen.press("down")
        await seen.shows("2 of 2 runs ended", "0 grokked", "median, 10–90 %")


async def test_a_sweep_without_coordinator_says_so(tmp_path: Path) -> None:
    sweep = Filling(tmp_path)
    async with showing(sweep.folder, (160, 40)) as seen:
        await seen.shows("◌ not begun", "nobody coordinates it yet")
        sweep.end(0)
        write_state(sweep.folder, SweepState(state="running", running=(1,), total=24))
        await seen.shows("○ no coordinator", "grokterm sweep --resume s1 goes on", "23 waiting")
        write_state(sweep.folder, SweepState(state="stopped", total=24))
        await seen.shows("‖ stopped", "it was stopped: grokterm sweep --resume s1")


async def test_the_cursor_names_the_cell_and_draws_its_curves(tmp_path: Path) -> None:
    async with showing(Filling(tmp_path).end_all()) as seen:
        await seen.shows("2 wd 0.1, frac 0.3")
        await seen.press("right", "up")
        await seen.shows("2 wd 0.3, frac 0.5", "2 grokked", "median 2,050 steps")
        await seen.press("l", "k", "h")
        await seen.shows("2 wd 0.3, frac 0.7")
        await seen.press("end", "j")
        await seen.shows("2 wd 3, frac 0.5")
        screen = seen.app.sweep_screen
        assert screen.cells.entry is not None
        assert screen.cells.entry.settings == {"weight_decay": 3.0, "train_fraction": 0.5}
        await seen.press("L")
        await seen.hides("log steps")


async def test_the_mouse_chooses_tiles_and_lines(tmp_path: Path) -> None:
    async with showing(Filling(tmp_path).end_all()) as seen:
        await seen.shows("2 wd 0.1, frac 0.3")
        lines = seen.text().splitlines()
        y = next(at for at, line in enumerate(lines) if line.startswith("│ 0.7"))
        await seen.pilot.click(offset=(12, y))
        await seen.shows("2 wd 0.1, frac 0.7")
        y = next(at for at, line in enumerate(lines) if " 0.3    0.5 " in line)
        await seen.pilot.click(offset=(6, y))
        await seen.shows("2 wd 0.3, frac 0.5")


async def test_axes_colours_and_held_values(tmp_path: Path) -> None:
    plan = plan_of("wd=0.1,1", "frac=0.3,0.5,0.7", "lr=1e-3,1e-2", seeds=1)
    async with showing(Filling(tmp_path, plan).end_all(), (160, 50)) as seen:
        await seen.shows("lr pooled", "Curves of 2 cells", "Steps to grok by wd")
        await seen.press("]")
        await seen.shows("lr 1e-3", "2 wd 0.1, frac 0.3, lr 1e-3")
        await seen.press("[")
        await seen.shows("lr pooled")
        await seen.press("x")
        await seen.shows("wd pooled", "Steps to grok by frac") if seen.app.shown.further == [0] else None
        await seen.press("y", "x", "y")
        assert seen.app.shown.x != seen.app.shown.y
        for words in (
            "steps to grok (99 %), median",
            "share of runs that grok",
            "test accuracy at the end",
            "Gini",
            "phase of",
        ):
            await seen.press("c")
            await seen.shows(words)


async def test_filters_say_what_is_wrong_and_where(tmp_path: Path) -> None:
    async with showing(Filling(tmp_path).end_all()) as seen:
        await seen.press("slash", *"wd>1 and phase", "enter")
        await seen.shows("at character 15: here should be a comparison")
        await seen.press("home", "escape")
        await seen.press("slash", *"wd>=1 and phase==grokking", "enter")
        await seen.shows("wd>=1 and phase==grokking")
        lines = seen.app.shown.listing.lines()
        assert lines
        assert {entry.settings["weight_decay"] for entry in lines} == {1.0, 3.0}
        await seen.press("slash", *["backspace"] * 30, *"wd>99", "enter")
        await seen.shows("no cell holds this condition")
        await seen.press("slash", *["backspace"] * 30, *"stepz>1", "enter")
        await seen.shows("unknown name 'stepz'; did you mean steps?")
        await seen.press("escape")
        await seen.hides("unknown name")
        await seen.press("slash", *["backspace"] * 10, "enter")
        await seen.shows("12 lines")


async def test_the_table_sorts_groups_and_has_a_baseline(tmp_path: Path) -> None:
    async with showing(Filling(tmp_path).end_all(), (200, 60)) as seen:
        await seen.press("3")
        for _ in range(5):
            await seen.press("s")
        await seen.shows("steps↑", "sorted by steps")
        await seen.press("S")
        await seen.shows("steps↓")
        await seen.press("b")
        await seen.shows("◆", "× steps", "Δ test")
        await seen.press("b", "g")
        await seen.shows("pooled over wd", "3 lines")
        await seen.hides("× steps")
        await seen.press("down")
        await seen.shows("wd 0.1, frac 0.5")
        await seen.press("g")
        await seen.shows("pooled over frac", "4 lines")
        await seen.press("g")
        await seen.shows("12 lines")


async def test_exports_never_overwrite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Filling(tmp_path / "home").end_all()
    out = tmp_path / "out"
    out.mkdir()
    monkeypatch.chdir(out)
    async with showing(folder, (200, 60)) as seen:
        await seen.shows("24 of 24")
        await seen.press("e")
        await seen.shows("exported")
        await seen.press("e")
        name = f"grokterm-{folder.id}"
        await seen.until(lambda: (out / f"{name}-2.svg").exists(), "a second picture")
        assert {path.name for path in out.iterdir()} == {f"{name}{end}" for end in (".csv", "-2.csv", ".svg", "-2.svg")}
        assert len((out / f"{name}.csv").read_text().splitlines()) == 13
        assert "Phase" in (out / f"{name}.svg").read_text()


@pytest.mark.parametrize(
    ("keys", "alive", "left"),
    [
        (["d"], True, Left("detached")),
        (["q"], True, Left("stopped")),
        (["q"], False, Left("quit")),
        (["ctrl+c", "ctrl+c"], True, Left("stopped")),
        (["ctrl+c"], False, Left("quit")),
        (["right", "enter"], True, Left("open", 6)),
    ],
)
async def test_it_says_how_it_was_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keys: list[str], alive: bool, left: Left
) -> None:
    monkeypatch.setattr(following, "trainer_alive", lambda folder: alive)
    sweep = Filling(tmp_path)
    sweep.end(0)
    async with showing(sweep.folder) as seen:
        await seen.shows("1 of 24")
        await seen.press(*keys)
    assert seen.app.return_value is not None
    assert (seen.app.return_value.how, seen.app.return_value.run) == (left.how, left.run)


async def test_ctrl_c_says_first_what_it_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "trainer_alive", lambda folder: True)
    async with showing(Filling(tmp_path).folder) as seen:
        await seen.press("ctrl+c")
        await seen.shows("ctrl+c again stops the sweep softly, d leaves and lets it go on")
        await seen.press("c")
        await seen.shows("coloured by steps")
        await seen.press("ctrl+c")
        await seen.shows("ctrl+c again stops the sweep softly")
        assert seen.app.is_running


async def test_a_folder_that_is_gone_ends_the_viewer(tmp_path: Path) -> None:
    folder = Filling(tmp_path).end_all()
    async with showing(folder) as seen:
        await seen.shows("24 of 24")
        shutil.rmtree(folder.path)
        await seen.until(lambda: seen.app.return_value, "the end")
    assert seen.app.return_value == Left("lost", details=f"{folder.path} is no longer there")


async def test_a_damaged_record_is_told_and_what_was_read_stays(tmp_path: Path) -> None:
    sweep = Filling(tmp_path)
    sweep.end(0, 1)
    async with showing(sweep.folder, (200, 60)) as seen:
        await seen.shows("2 of 24")
        with sweep.folder.cells_path.open("ab") as file:
            file.write(b"nonsense\n")
        await seen.shows("line 3 of", "is damaged", "2 of 24")


async def test_a_curve_that_was_cut_is_told_and_records_are_followed(tmp_path: Path) -> None:
    sweep = Filling(tmp_path)
    sweep.end(0)
    os.truncate(sweep.folder.curves_path, 100)
    async with showing(sweep.folder, (200, 60)) as seen:
        await seen.shows("1 of 24", "it was cut")
        sweep.write(failed(sweep.plan, sweep.plan.run(5)))
        await seen.shows("2 of 24")


async def test_help_names_every_key_and_footers_fit(tmp_path: Path) -> None:
    async with showing(Filling(tmp_path).end_all(), (120, 80)) as seen:
        await seen.press("question_mark")
        await seen.shows("Phases (Liu et al. 2022)", *(a.key for a in SWEEP_ACTIONS), "half of the runs or more never")
        await seen.press("escape")
        await seen.hides("Liu et al.")


@pytest.mark.parametrize("theme", load_themes())
async def test_every_theme_and_no_colours(tmp_path: Path, theme: str) -> None:
    folder = Filling(tmp_path).end_all()
    async with showing(folder, (100, 30), ViewOptions(theme=theme, color="truecolor", graph="ascii")) as seen:
        await seen.shows("Phase diagram", "G")
        await seen.press("T", "c")
        await seen.shows("steps to grok")


async def test_arrows_reach_the_diagram_at_any_size_and_nothing_breaks(tmp_path: Path) -> None:
    chance = random.Random(3)
    keys = [a.key for a in SWEEP_ACTIONS if a.id not in ("open_run", "detach", "quit", "go_to_pane", "export")]
    keys += ["1", "2", "3", "4", "up", "down", "left", "right", "pageup", "pagedown", "home", "end", "escape", "wd>1"]
    sweep = Filling(tmp_path)
    async with showing(sweep.folder) as seen:
        for count in range(150):
            if chance.random() < 0.12:
                await seen.pilot.resize_terminal(chance.randrange(1, 210), chance.randrange(1, 62))
            key = chance.choice(keys)
            key = {"?": "question_mark", "/": "slash"}.get(key, key)
            seen.app.post_message(events.Key(key, key if len(key) == 1 else None))
            if count % 6 == 0:
                await seen.pilot.pause()
                sweep.end(count // 6 % SMALL.run_count)
        await seen.pilot.pause()
        assert seen.app.is_running
