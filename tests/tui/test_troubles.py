"""Trainers that die, losses that are not finite, logs and themes that cannot be read."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from grokterm.runs.process import start_trainer, trainer_of
from grokterm.tui.app import GrokApp
from grokterm.view_options import ViewOptions
from tests.tui.conftest import NewRun
from tests.tui.watching import watch


async def test_a_killed_trainer_is_told_and_started_again(new_run: NewRun) -> None:
    folder = new_run()
    async with watch(folder) as seen:
        await seen.trains()
        trainer = trainer_of(folder)
        assert trainer is not None
        os.kill(trainer.pid, signal.SIGKILL)
        await seen.shows("○ trainer gone", "The trainer was ended by SIGKILL.", "space starts it again")
        assert "start again" in seen.footer
        await seen.press("W")
        await seen.shows("the trainer is gone")
        await seen.press("space")
        await seen.trains()
        await seen.until(lambda: "SIGKILL" not in seen.text(), "an end of the trouble")


async def test_a_trainer_that_cannot_start_is_told_with_its_last_words(new_run: NewRun) -> None:
    folder = new_run(start=False, device="cuda:7")
    start_trainer(folder)
    async with watch(folder) as seen:
        await seen.shows(
            "○ trainer gone", "The trainer ended with exit status", "cuda", "space starts it again · r starts"
        )
        await seen.press("escape")
        await seen.until(lambda: "exit status" not in seen.text(), "the panel's end")


async def test_a_loss_that_is_not_finite_pauses_and_says_what_can_be_done(new_run: NewRun) -> None:
    folder = new_run(activation="quadratic", depth=3)
    async with watch(folder) as seen:
        await seen.trains()
        seen.screen.run_control.want({"lr": 10.0, "weight_decay": 1000.0})
        await seen.until(lambda: seen.app.link.state == "diverged", "a loss that is not finite")
        await seen.shows("✕ diverged", "learning rate")
        seen.screen.run_control.want({"lr": 1e-4, "weight_decay": 0.0})
        await seen.until(lambda: seen.app.link.history.config.lr == 1e-4, "the change")


async def test_a_damaged_log_is_told_and_what_was_read_stays(new_run: NewRun) -> None:
    folder = new_run(start=False)
    folder.log_path.write_text("this is no record\n")
    async with watch(folder) as seen:
        await seen.shows("line 1 of", "damaged")


@pytest.mark.usefixtures("remarks_stay")
async def test_a_broken_theme_of_the_user_gives_a_message_and_the_default(new_run: NewRun, tmp_path: Path) -> None:
    themes = tmp_path / "config" / "grokterm" / "themes"
    themes.mkdir(parents=True)
    (themes / "mine.toml").write_text("dark = maybe")
    # As wide as the path of the file is long, which is that of temporary files.
    view, size = ViewOptions(theme="mine", color="truecolor"), (len(str(themes)) + 120, 40)
    async with watch(new_run(start=False), size, view) as seen:
        assert seen.app.theme == "dusk"
        await seen.shows("mine.toml")


def test_a_crash_keeps_the_details_in_the_run_folder(new_run: NewRun) -> None:
    folder = new_run(start=False)

    class Broken(GrokApp):
        def tick(self) -> None:
            raise ValueError("of no use")

    outcome = Broken(folder, ViewOptions()).run(headless=True)
    assert outcome.left == "crashed"
    assert outcome.exit_status == 1
    assert "\n" not in outcome.words()
    assert "ValueError: of no use" in outcome.words()
    assert str(folder.path / "viewer.log") in outcome.words()
    assert "Traceback" in (folder.path / "viewer.log").read_text()


async def test_a_suspended_trainer_is_said_not_to_answer_until_it_goes_on(new_run: NewRun) -> None:
    folder = new_run()
    async with watch(folder) as seen:
        await seen.trains()
        trainer = trainer_of(folder)
        assert trainer is not None
        os.kill(trainer.pid, signal.SIGSTOP)
        await seen.shows("◌ not answering", f"process {trainer.pid}, is suspended", f"kill -CONT {trainer.pid}")
        await seen.press("space")
        await seen.shows("the trainer does not answer")
        os.kill(trainer.pid, signal.SIGCONT)
        await seen.trains()
        await seen.until(lambda: "kill -CONT" not in seen.text(), "an end of the trouble")
        assert seen.app.link.status is not None
        step = seen.app.link.status.step
        await seen.until(lambda: seen.app.link.status and seen.app.link.status.step > step, "further steps")
