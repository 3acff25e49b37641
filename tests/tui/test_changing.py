"""The form of all settings, and new runs."""

from __future__ import annotations

import os
import signal

import pytest
from textual.widgets import Input

from grokterm.config import settings
from grokterm.runs.checkpoints import list_checkpoints
from grokterm.runs.folder import RunFolder, list_runs
from grokterm.runs.process import trainer_alive, trainer_of
from grokterm.tui.dialogs.change import ChangeDialog
from grokterm.tui.dialogs.choice import Choice
from tests.tui.conftest import NewRun
from tests.tui.watching import Watching, watch


async def fill(seen: Watching, name: str, text: str) -> None:
    """Types into a field of the form, in place of what is there."""
    field = seen.app.screen.query_one(f"#{name}")
    field.focus()
    await seen.until(lambda: field.has_focus, "the focus")
    if isinstance(field, Input):
        field.value = ""
        await seen.type(text)
    else:
        assert isinstance(field, Choice)
        while field.value != text:
            await seen.press("right")


async def test_the_form_has_every_setting_and_says_how_it_acts(trained: RunFolder) -> None:
    async with watch(trained) as seen:
        await seen.press("c")
        form = seen.app.screen
        assert isinstance(form, ChangeDialog)
        assert all(form.query(f"#{name}") for name in settings())
        await seen.shows("● at once", "◆ rebuilds the model", "▲ starts a new run", "Learning rate, 0 to 10.")
        await seen.press("escape")
        assert seen.app.screen is seen.screen


@pytest.mark.parametrize("size", [(80, 24), (120, 60)])
async def test_arrows_go_from_field_to_field_whether_or_not_the_form_scrolls(
    trained: RunFolder, size: tuple[int, int]
) -> None:
    async with watch(trained, size) as seen:
        await seen.press("c")
        form = seen.app.screen
        for key, field in (("down", "weight_decay"), ("up", "lr"), ("up", "optimizer")):
            await seen.press(key)
            await seen.until(lambda name=field: form.focused and form.focused.id == name, field)  # type: ignore[misc]


async def test_what_cannot_be_is_said_as_it_is_typed_and_not_taken(trained: RunFolder) -> None:
    async with watch(trained) as seen:
        await seen.trains()
        made = len(seen.changes())
        await seen.press("c")
        await fill(seen, "lr", "quick")
        await seen.shows("--lr must be a number from 0 to 10, not quick")
        await seen.press("enter")
        assert isinstance(seen.app.screen, ChangeDialog)
        await fill(seen, "lr", "0.002")
        await fill(seen, "heads", "3")
        await fill(seen, "arch", "transformer")
        await seen.shows("--heads 3 does not divide --d-model 8")
        await seen.press("enter")
        assert isinstance(seen.app.screen, ChangeDialog)
        await seen.press("escape")
        assert len(seen.changes()) == made


async def test_settings_that_act_at_once_are_changed_together(trained: RunFolder) -> None:
    async with watch(trained) as seen:
        await seen.trains()
        await seen.press("c")
        await fill(seen, "weight_decay", "0.5")
        await fill(seen, "batch_size", "32")
        await seen.shows("weight decay 1 → 0.5", "batch size full → 32", "Acts from the next step on.")
        await seen.press("enter")
        await seen.until(lambda: seen.app.link.history.config.batch_size == 32, "the change")
        change = seen.changes()[-1]
        assert change.values == {"weight_decay": 0.5, "batch_size": 32}
        assert not change.rebuilt
        seen.screen.run_control.want({"weight_decay": 1.0, "batch_size": "full"})
        await seen.until(lambda: seen.app.link.history.config.batch_size == "full", "the change back")


async def test_a_rebuilt_model_may_keep_weights(trained: RunFolder) -> None:
    async with watch(trained) as seen:
        await seen.trains()
        await seen.press("c")
        assert not seen.app.screen.query_one("#keep-row").display
        await fill(seen, "activation", "gelu")
        await seen.until(lambda: seen.app.screen.query_one("#keep-row").display, "the offer to keep weights")
        await fill(seen, "keep", "carried over")
        await seen.shows("the weights of embedding and read-out")
        await seen.press("enter")
        await seen.until(lambda: seen.app.link.history.config.activation == "gelu", "the change")
        change = seen.changes()[-1]
        assert (change.rebuilt, change.keep) == (True, True)


async def test_a_new_run_is_offered_by_the_same_form(new_run: NewRun) -> None:
    first = new_run()
    async with watch(first) as seen:
        await seen.trains()
        await seen.press("c")
        await fill(seen, "p", "13")
        await seen.shows("p 11 → 13", "Enter starts a new run", "stops after a checkpoint")
        await fill(seen, "this-run", "trains on")
        await seen.press("enter")
        await seen.until(lambda: seen.app.link.folder != first, "the new run")
        await seen.trains()
        assert seen.app.link.history.config.p == 13
        await seen.shows("a + b mod 13")
        await seen.until(lambda: (t := seen.app.state.now.get("task")) and t.label.shape == (13, 13), "its table")
        assert trainer_alive(first)


async def test_r_starts_over_with_the_next_seed_and_stops_the_old_run(new_run: NewRun) -> None:
    first = new_run(weight_decay=0.5)
    async with watch(first) as seen:
        await seen.trains()
        await seen.press("W")
        await seen.until(lambda: seen.app.link.history.config.weight_decay == 1, "the change")
        await seen.press("r")
        await seen.until(lambda: seen.app.link.folder != first, "the new run")
        await seen.trains()
        config = seen.app.link.history.config
        assert (config.seed, config.weight_decay) == (1, 1.0)
        await seen.shows("seed 1")
        await seen.until(lambda: not trainer_alive(first), "the end of the old trainer")
        assert list_checkpoints(first.checkpoint_folder)
        assert len(list_runs(first.path.parent)) == 2


async def test_q_stops_the_trainer_after_a_checkpoint(new_run: NewRun) -> None:
    folder = new_run()
    async with watch(folder) as seen:
        await seen.trains()
        await seen.press("q")
        await seen.until(lambda: not seen.app.is_running, "the end")
    outcome = seen.app.return_value
    assert outcome is not None
    assert outcome.left == "quit"
    assert "is stopped; come back with: grokterm attach" in outcome.words()
    assert not trainer_alive(folder)
    assert list_checkpoints(folder.checkpoint_folder)


async def test_q_before_the_trainer_has_answered_stops_it_too(new_run: NewRun) -> None:
    folder = new_run(child=True)
    async with watch(folder) as seen:
        await seen.press("q")
        await seen.until(lambda: not seen.app.is_running, "the end")
        await seen.until(lambda: not trainer_alive(folder), "the end of the trainer")


async def test_keys_behind_a_change_that_keeps_weights_leave_it_so(new_run: NewRun) -> None:
    folder = new_run()
    async with watch(folder) as seen:
        await seen.trains()
        trainer = trainer_of(folder)
        assert trainer is not None
        os.kill(trainer.pid, signal.SIGSTOP)
        try:
            await seen.press("W")
            await seen.until(lambda: seen.app.pending_changes._under_way, "a request in flight")
            seen.screen.run_control.want({"activation": "gelu"}, keep=True)
            await seen.press("W")
        finally:
            os.kill(trainer.pid, signal.SIGCONT)
        await seen.until(lambda: seen.app.link.history.config.activation == "gelu", "the change")
        last = seen.changes()[-1]
        assert last.values == {"activation": "gelu", "weight_decay": 4.0}
        assert (last.rebuilt, last.keep) == (True, True)


@pytest.mark.parametrize(("first", "second", "kept"), [(True, True, True), (True, False, False), (False, True, False)])
async def test_two_rebuilds_together_keep_weights_only_where_both_do(
    trained: RunFolder, first: bool, second: bool, kept: bool
) -> None:
    async with watch(trained) as seen:
        await seen.trains()
        made, width = len(seen.changes()), seen.app.link.history.config.width
        activation = "relu" if seen.app.link.history.config.activation == "gelu" else "gelu"
        seen.screen.run_control.want({"activation": activation}, keep=first)
        seen.screen.run_control.want({"width": 48 - width}, keep=second)
        await seen.until(lambda: len(seen.changes()) > made, "the change")
        assert len(seen.changes()) == made + 1
        assert seen.changes()[-1].keep is kept
        await seen.until(lambda: not seen.app.pending_changes.values, "an answer")
