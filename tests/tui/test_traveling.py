"""Going to steps of the past on the screen, and back."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from grokterm.picture import Picture
from grokterm.runs.folder import RunFolder, create_run
from grokterm.runs.log import LogReader
from grokterm.runs.process import trainer_alive
from grokterm.tui.panes import TryPane
from grokterm.tui.run.moment import Moment
from grokterm.view_options import ViewOptions
from grokterm.wire.messages import Pause
from grokterm.wire.records import Scalars
from tests.tui.conftest import NewRun, start_to_listen
from tests.tui.watching import TINY, Watching, end_trainers, watch

PACE = 30.0


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunFolder]:
    """A run that trains on and logs every step, for tests that leave it so."""
    home = tmp_path_factory.mktemp("logged")
    folder = create_run(TINY.changed({"log_every": 1, "pace": PACE, "lr": 0.05}), ViewOptions(), home)
    start_to_listen(folder)
    yield folder
    end_trainers(home)


async def has_logged(seen: Watching, step: int) -> None:
    """Waits until the log of the run has come to a step."""
    await seen.until(lambda: seen.app.state.newest >= step and len(seen.app.link.history) > step, f"step {step}")


async def shown(seen: Watching, step: int, past: bool) -> Picture:
    """The table of a step, as soon as it is there."""

    def is_there() -> bool:
        table = seen.app.state.now.get("table")
        return table is not None and (table.step, table.past) == (step, past)

    await seen.until(is_there, f"the table at step {step}")
    return seen.app.state.now["table"]


async def live_table(seen: Watching) -> Picture:
    """The table of the present model of a paused run."""
    step = await seen.paused()
    return await shown(seen, step, past=False)


def moment(seen: Watching) -> Moment:
    found = seen.app.state.moment
    assert found is not None
    return found


async def arrived(seen: Watching) -> Picture:
    """The table of the step where the cursor stands, as soon as it is there."""
    return await shown(seen, moment(seen).step, past=True)


def stride(seen: Watching) -> int:
    """How many records a small stride is: a hundredth of the log, which is as long as the machine was slow."""
    return max(1, (len(seen.app.link.history) - 1) // 100)


async def go_back_to(seen: Watching, step: int) -> None:
    """Presses [ in a paused run until the cursor stands at a step; takes steps first until strides lead there."""
    while ((last := await seen.paused()) - step) % stride(seen):
        await seen.press("full_stop")
        await has_logged(seen, last + 1)
        await seen.until(lambda: seen.app.link.state == "paused", "a pause after the step")
    await seen.press("[")
    while (stands := moment(seen).step) > step:
        await seen.press("[")
        assert moment(seen).step < stands
    assert moment(seen).step == step


async def test_the_past_is_shown_as_it_was_while_training_goes_on(new_run: NewRun) -> None:
    async with watch(new_run(log_every=1, pace=PACE, lr=0.02)) as seen:
        await seen.trains()
        await has_logged(seen, 10)
        was = await live_table(seen)
        await seen.press("space")
        await has_logged(seen, was.step + 10)
        await seen.paused()
        await go_back_to(seen, was.step)
        found = await arrived(seen)
        assert np.array_equal(found.prediction, was.prediction)
        assert np.array_equal(found.confidence, was.confidence)
        records = LogReader(seen.app.link.folder.log_path).read()
        (logged,) = (record for record in records if isinstance(record, Scalars) and record.step == was.step)
        assert moment(seen).test_accuracy == np.float32(logged.test_accuracy)  # as a column keeps it
        at = f"{was.step:,}"
        await seen.shows(
            f"◂ step {at} of ", "enter returns to live", f"3 Table at step {at}", f"4 Fourier at step {at}"
        )
        assert "Memorizing" not in seen.screen.phase_line.render().plain
        # The log grows, the picture stays.
        await seen.press("space")
        await has_logged(seen, was.step + 40)
        assert moment(seen).step == was.step
        assert seen.app.state.now["table"] is found
        await seen.shows("● training", f"◂ step {at} of ")
        await seen.press("enter")
        await seen.until(lambda: not seen.app.state.now["table"].past, "a live table")
        await seen.shows("Memorizing")
        await seen.until(lambda: "at step" not in seen.text(), "titles without a step")


@pytest.mark.usefixtures("remarks_stay")
async def test_keys_at_the_ends(new_run: NewRun) -> None:
    async with watch(new_run(log_every=1, pace=PACE)) as seen:
        await seen.trains()
        await seen.press("]", "}", "end")
        assert seen.app.state.moment is None
        await seen.shows("this is now: [ goes back")
        await has_logged(seen, 60)
        last, small = await seen.paused(), stride(seen)
        await seen.press("{")
        assert moment(seen).step == last - 10 * small
        await seen.press("home")
        assert moment(seen).step == 0
        assert (await arrived(seen)).step == 0
        await seen.press("[", "{")
        assert moment(seen).step == 0
        await seen.shows("this is the first step")
        await seen.press("}", "]")
        assert moment(seen).step == 11 * small
        await seen.press("end", "]", "}")
        assert moment(seen).step == last
        await seen.shows("this is the newest step logged", f"◂ step {last:,} of {last:,}")
        await seen.press("escape")
        assert seen.app.state.moment is None
        await seen.until(lambda: not seen.app.state.now["table"].past, "a live table")


async def test_the_newest_place_wins_when_a_key_is_held(logged: RunFolder) -> None:
    async with watch(logged) as seen:
        await seen.trains()
        await has_logged(seen, 60)
        await seen.press(*["["] * 12, *["]"] * 3, "{")
        step = moment(seen).step
        assert (await arrived(seen)).step == step
        await seen.until(lambda: not seen.app.state.going, "the arrival")
        await seen.press("z", "z")
        await seen.shows(f"3 Table at step {step:,}", f"4 Fourier at step {step:,}")


async def test_the_model_of_the_past_is_asked(logged: RunFolder) -> None:
    async with watch(logged) as seen:
        await seen.trains()
        await has_logged(seen, 30)
        await seen.press("t")
        await seen.until(lambda: seen.screen.focused is not None, "the field")
        await seen.type("3 4")
        await seen.press("enter")
        pane = seen.screen.query_one(TryPane)
        await seen.until(lambda: pane.prediction, "live answers")
        await seen.press("escape", "home")
        await seen.until(lambda: pane.prediction and pane.prediction.step == 0, "answers at step 0")
        await seen.shows("5 Try it at step 0")
        least = stride(seen)
        await seen.press("]")
        step = moment(seen).step
        assert least <= step <= stride(seen)
        await seen.until(lambda: pane.prediction and pane.prediction.step == step, "the next answers")
        await seen.press("enter")
        await seen.until(lambda: pane.prediction and pane.prediction.step > step, "live answers again")
        await seen.until(lambda: "at step" not in seen.text(), "titles without a step")


async def test_changes_are_those_of_the_step(new_run: NewRun) -> None:
    async with watch(new_run(log_every=1, pace=PACE)) as seen:
        await seen.trains()
        await has_logged(seen, 5)
        await seen.press("W")
        await seen.until(lambda: seen.changes(), "the change")
        changed = seen.changes()[0].step
        await has_logged(seen, changed + 5)
        await seen.paused()
        await go_back_to(seen, changed)
        assert moment(seen).config.weight_decay == 1
        await seen.press("]")
        assert moment(seen).config.weight_decay == 2


async def test_a_trainer_that_is_gone_leaves_the_log(new_run: NewRun) -> None:
    folder = new_run(log_every=1, pace=PACE)
    async with watch(folder) as seen:
        await seen.trains()
        await has_logged(seen, 20)
        await seen.app.link.order(Pause(0))
        await seen.app.link.stop()
        await seen.until(lambda: seen.app.link.state == "trainer gone" and not trainer_alive(folder), "the end")
        await seen.press("home")
        await seen.shows("◂ step 0 of ")
        await seen.press("space")
        await seen.until(lambda: seen.app.link.state in ("training", "paused"), "the trainer")
        assert (await arrived(seen)).step == 0


@pytest.mark.parametrize("size", [(40, 12), (80, 24), (120, 40), (200, 60)])
async def test_the_past_at_this_size(logged: RunFolder, size: tuple[int, int]) -> None:
    async with watch(logged, size) as seen:
        await seen.trains()
        await has_logged(seen, 20)
        await seen.press("home")
        await seen.shows("◂ step 0 of ", "live", "● training")
        if size[0] >= 80:
            assert "●━" in seen.screen.phase_line.render().plain.replace("●─", "●━")
            await seen.press("3")
            await seen.until(lambda: seen.screen.pane_control.panes[3] in seen.screen.pane_control.shown, "the table")
            await arrived(seen)
            await seen.shows("3 Table at step 0")
        assert all(len(line) <= size[0] for line in seen.text().splitlines())
