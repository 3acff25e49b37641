"""The forecast on the screen, as a person sees it: the phase line, the curve, the view, and what a change brings."""

from __future__ import annotations

from pathlib import Path

import pytest

from grokterm.config import Config
from grokterm.runs.folder import RunFolder, create_run
from grokterm.tui.views.forecast import ForecastView
from grokterm.view_options import ViewOptions
from grokterm.wire.records import Session
from tests.forecast.toy import change, course, use_toy
from tests.runs.logged import append
from tests.tui.watching import Watching, watch


@pytest.fixture(autouse=True)
def _by_the_toy(monkeypatch: pytest.MonkeyPatch) -> None:
    use_toy(monkeypatch)


def run_of(home: Path, last: int, grokked: int | None = None) -> RunFolder:
    folder = create_run(Config.starting({"p": 23, "weight_decay": 1.0}), ViewOptions(), home)
    append(folder, [Session(0, "started", "", 0.0), *course(last, grokked)])
    return folder


async def opened(seen: Watching) -> None:
    await seen.press("F")
    await seen.until(lambda: isinstance(seen.views.view, ForecastView), "the view")


async def test_it_stands_in_the_phase_line_and_on_the_curve_and_grows_with_the_log(home: Path) -> None:
    run = run_of(home, 1000)
    async with watch(run, (160, 50)) as seen:
        await seen.shows("groks at about 1,900 (1,800–2,000), 80 %", "≈1,900")
        append(run, course(1200)[len(course(1000)) :])
        await seen.shows("groks at about 2,100 (2,000–2,200), 80 %", "≈2,100")
        append(run, course(1300, grokked=1300)[len(course(1200)) :])
        await seen.until(lambda: "about" not in seen.screen.phase_line.render().plain, "silence")


async def test_time_travel_says_what_was_said_then(home: Path) -> None:
    async with watch(run_of(home, 2000, grokked=1900), (160, 50)) as seen:
        await seen.shows("grokked")
        await seen.press("[", "[")
        step = seen.app.state.moment.step if seen.app.state.moment else 0
        await seen.press(*["["] * ((step - 1500) // 20))
        await seen.shows("groks at about 2,400")
        await seen.press("enter")
        await seen.until(lambda: "about" not in seen.screen.phase_line.render().plain, "silence")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_key_opens_the_view_and_closes_it(home: Path, size: tuple[int, int]) -> None:
    async with watch(run_of(home, 2000), size) as seen:
        await seen.shows("trainer gone")
        await seen.press("escape")  # it told that nobody trains
        await opened(seen)
        await seen.shows("Forecast", "step 2,000: groks at about 2,900", "what if", "F forecast ≈2,900")
        await seen.press("?")
        await seen.shows("Guide: forecast")
        await seen.press("?", "F")
        await seen.until(lambda: seen.views.view is None, "the panes")
        await opened(seen)
        await seen.press("escape")
        await seen.until(lambda: seen.views.view is None, "the panes")


async def test_what_is_expected_after_a_change_is_said_on_the_screen(home: Path) -> None:
    run = run_of(home, 1000)
    async with watch(run, (120, 40), ViewOptions(color="truecolor")) as seen:
        await seen.shows("groks at about 1,900")
        append(run, [change(1000, {"weight_decay": 2.0}, {"weight_decay": 1.0})])
        await seen.shows("step 1,000: with wd 2 instead of 1: about 1,300", "groks at about 1,300")
        assert seen.text().count("with wd 2 instead of 1") == 2  # the narrator, and the events


async def test_the_mouse_and_the_help_tell_what_it_is_made_from(home: Path) -> None:
    async with watch(run_of(home, 1000)) as seen:
        assert "The forecast is made from test loss" in str(seen.screen.phase_line.tooltip)
        await seen.press("?")
        await seen.shows("Keys and phases")
        await seen.press("end")
        await seen.shows("The forecast is made from test loss")
