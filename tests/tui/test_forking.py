"""Forks made on the screen."""

from __future__ import annotations

from grokterm.runs.folder import list_runs
from grokterm.runs.history import History
from grokterm.runs.log import LogReader
from grokterm.runs.process import trainer_alive
from grokterm.tui.dialogs.fork import ForkDialog
from tests.tui.conftest import NewRun
from tests.tui.test_changing import fill
from tests.tui.test_traveling import PACE, has_logged, moment, stride
from tests.tui.watching import watch


async def test_a_fork_from_the_cursor_goes_on_from_there_with_its_change(new_run: NewRun) -> None:
    first = new_run(log_every=1, pace=PACE)
    async with watch(first) as seen:
        await seen.trains()
        await has_logged(seen, 30)
        await seen.press("{")
        step = moment(seen).step
        await seen.press("f")
        await seen.shows(f"Fork here: a new run from step {step:,}", "the present run", "is paused")
        assert isinstance(seen.app.screen, ForkDialog)
        assert not seen.app.screen.query("#p")
        await fill(seen, "weight_decay", "3")
        await seen.shows("weight decay 1 → 3. Acts in the fork from its first step on.")
        await seen.press("enter")
        await seen.until(lambda: seen.app.link.folder != first, "the fork")
        await seen.shows(f"forked from {first.id} at step {step:,}: weight decay 1 → 3")
        assert seen.app.state.moment is None
        await seen.trains()
        await has_logged(seen, step + 5)
        parent, fork = History(first.config(), "float32"), seen.app.link.history
        parent.add(LogReader(first.log_path).read())
        assert fork.config.weight_decay == 3
        losses = [list(run.column("train_loss")) for run in (parent, fork)]
        assert losses[0][: step + 1] == losses[1][: step + 1]
        assert losses[0][step + 2] != losses[1][step + 2]
        assert parent.sessions[-1].name == "paused"
        assert trainer_alive(first)


async def test_a_fork_from_now_may_change_nothing_and_leave_its_parent_training(new_run: NewRun) -> None:
    first = new_run(log_every=1, pace=PACE)
    async with watch(first) as seen:
        await seen.trains()
        await has_logged(seen, 10)
        await seen.press("f")
        await seen.shows("a new run from now", "nothing is changed yet")
        await fill(seen, "this-run", "trains on")
        await seen.press("enter")
        await seen.until(lambda: seen.app.link.folder != first, "the fork")
        await seen.trains()
        parent = seen.app.link.folder.parent()
        assert parent is not None
        assert parent.run == first.id
        await has_logged(seen, parent.step + 5)
        reader, history = LogReader(first.log_path), History(first.config())

        def trains_on() -> bool:
            history.add(reader.read())
            return len(history) > parent.step + 10

        await seen.until(trains_on, "the parent")
        assert history.sessions[-1].name == "started"


async def test_a_fork_is_not_made_when_the_form_is_left(new_run: NewRun) -> None:
    folder = new_run(log_every=1, pace=PACE)
    async with watch(folder) as seen:
        await seen.trains()
        step = await seen.paused()
        await seen.press("f", "escape")
        await seen.until(lambda: seen.app.screen is seen.screen, "the run")
        assert list_runs(folder.path.parent) == [folder]
        await seen.press("[")
        assert moment(seen).step == step - stride(seen)
