"""Every key on a run that trains."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.command import CommandPalette
from textual.widgets import OptionList

from grokterm.runs.folder import RunFolder
from grokterm.runs.process import trainer_alive
from grokterm.tui.actions import ACTIONS
from grokterm.tui.dialogs.architecture import ArchitectureDialog
from grokterm.tui.dialogs.optimizer import OptimizerDialog
from grokterm.tui.panes import TryPane
from grokterm.wire.records import Scalars
from tests.tui.watching import TINY, watch


async def test_the_first_paint_does_not_wait_for_the_trainer(trained: RunFolder) -> None:
    async with watch(trained) as seen:
        assert "◌ starting" in seen.header
        assert "a + b mod 11 · mlp 8 → 32" in seen.text()
        await seen.shows("● training")


async def test_steps_accuracies_and_pictures_arrive(trained: RunFolder) -> None:
    async with watch(trained) as seen:
        await seen.trains()
        world = seen.app.state
        await seen.until(lambda: {"table", "spectrum"} <= world.now.keys(), "table and spectrum")
        before = seen.app.link.history.version
        await seen.until(lambda: seen.app.link.history.version > before, "records")
        last = next(r for r in reversed(seen.records()) if isinstance(r, Scalars))
        assert world.history.last is not None
        assert world.history.last.step <= last.step
        await seen.shows("1 Accuracy", "2 Loss", "3 Table", "4 Fourier", "5 Try it", "6 Events", "Memorizing", "right")


async def test_space_pauses_and_goes_on_and_a_dot_takes_one_step(trained: RunFolder) -> None:
    async with watch(trained) as seen:
        await seen.trains()
        await seen.press("space")
        assert "‖ paused" in seen.header
        step = await seen.paused()
        assert "space go on" in seen.footer
        await seen.press("full_stop")
        await seen.until(lambda: seen.app.link.status and seen.app.link.status.step == step + 1, "one step")
        await seen.until(lambda: seen.app.link.state == "paused", "a pause after the step")
        await seen.press("space")
        await seen.trains()


@pytest.mark.parametrize(("up", "down", "name", "short"), [("W", "w", "weight_decay", "wd"), ("L", "l", "lr", "lr")])
async def test_a_rate_is_doubled_and_halved(trained: RunFolder, up: str, down: str, name: str, short: str) -> None:
    async with watch(trained) as seen:
        await seen.trains()
        old = getattr(seen.app.pending_changes.config, name)
        made = len(seen.changes())
        await seen.press(up)
        assert getattr(seen.app.pending_changes.config, name) == 2 * old
        await seen.until(lambda: len(seen.changes()) > made, "a change in the log")
        change = seen.changes()[-1]
        assert change.values == {name: 2 * old}
        await seen.until(lambda: not seen.app.pending_changes.values, "an answer")
        assert change.words in seen.footer
        assert f"{short} " in seen.header
        await seen.press(down)
        await seen.until(lambda: getattr(seen.app.link.history.config, name) == old, "the old rate")


async def test_the_rate_stands_in_the_header_before_it_is_confirmed(trained: RunFolder) -> None:
    async with watch(trained) as seen:
        await seen.trains()
        seen.screen.action_scale("weight_decay", 1)
        assert "wd 1 → 2 …" in seen.header
        await seen.until(lambda: "wd 2 ·" in seen.header, "the confirmed decay")
        seen.screen.action_scale("weight_decay", -1)
        await seen.until(lambda: "wd 1 ·" in seen.header, "the old decay")


async def test_presses_in_a_row_add_up_and_end_at_0(trained: RunFolder) -> None:
    async with watch(trained) as seen:
        await seen.trains()
        await seen.press(*"w" * 12)
        await seen.until(lambda: seen.app.link.history.config.weight_decay == 0, "no decay")
        await seen.press("w")
        assert "as low as it goes" in seen.footer
        await seen.press(*"W" * 11)
        await seen.until(lambda: seen.app.link.history.config.weight_decay > 0.5, "some decay")
        seen.screen.run_control.want({"weight_decay": 1.0})
        await seen.until(lambda: seen.app.link.history.config.weight_decay == 1, "the old decay")


async def test_m_shows_the_machine_and_takes_it_away(trained: RunFolder) -> None:
    async with watch(trained) as seen:
        await seen.trains()
        height = seen.app.watch_screen.pane_control.panes[1].size.height
        await seen.press("M")
        await seen.shows("trainer ", " cores, ", " of its best")
        assert seen.app.watch_screen.pane_control.panes[1].region.y == 1 + seen.app.watch_screen.machine.line.region.y
        await seen.press("M")
        await seen.until(lambda: seen.app.watch_screen.pane_control.panes[1].size.height == height, "the room back")
        assert " of its best" not in seen.text()


async def test_the_pace_goes_down_and_up(trained: RunFolder) -> None:
    async with watch(trained) as seen:
        await seen.trains()
        usual = TINY.pace
        await seen.press("less_than_sign")
        await seen.until(lambda: seen.app.link.history.config.pace < usual, "a slower pace")  # type: ignore[operator]
        seen.screen.run_control.want({"pace": usual})
        await seen.until(lambda: seen.app.link.history.config.pace == usual, "the old pace")
        await seen.press("greater_than_sign")
        await seen.until(lambda: seen.app.link.history.config.pace != usual, "a faster pace")
        seen.screen.run_control.want({"pace": usual})
        await seen.until(lambda: seen.app.link.history.config.pace == usual, "the old pace")


async def test_another_optimizer_and_a_filter_are_chosen_and_keep_the_weights(trained: RunFolder) -> None:
    async with watch(trained) as seen:
        await seen.trains()
        await seen.press("o")
        assert isinstance(seen.app.screen, OptimizerDialog)
        await seen.shows("This is the present optimizer.")
        await seen.press("down", "down")
        await seen.shows("Keeps the weights and the filter")
        await seen.shows("momentum 0.95")
        await seen.press("enter")
        await seen.until(lambda: seen.app.link.history.config.optimizer == "sgd", "SGD")
        assert not seen.changes()[-1].rebuilt
        await seen.press("o", "up", "up", "up")
        await seen.shows("Keeps the weights and the optimizer with its state")
        await seen.press("enter")
        await seen.until(lambda: seen.app.link.history.config.filter == "orthograd", "the filter")
        await seen.press("o", "enter")
        assert seen.app.screen.id == seen.screen.id
        assert seen.changes()[-1].values == {"filter": "orthograd"}
        seen.screen.run_control.want({"beta1": 0.5})
        await seen.shows("does nothing with SGD")


async def test_another_architecture_is_chosen_and_says_what_it_keeps(trained: RunFolder) -> None:
    async with watch(trained) as seen:
        await seen.trains()
        await seen.press("a")
        assert isinstance(seen.app.screen, ArchitectureDialog)
        await seen.shows("This is the present architecture.")
        await seen.press("down")
        await seen.shows("read-out can be")
        await seen.press("k")
        await seen.shows("the weights of read-out")
        await seen.press("enter")
        await seen.until(lambda: seen.app.link.history.config.arch == "one-hot", "the other")
        change = seen.changes()[-1]
        assert (change.rebuilt, change.keep) == (True, True)
        await seen.shows("one-hot 32")
        await seen.press("a", "escape")
        assert seen.app.screen.id == seen.screen.id
        await seen.press("a", "up", "enter")
        await seen.until(lambda: seen.app.link.history.config.arch == "mlp", "the mlp")


async def test_the_model_is_asked_and_keys_in_the_field_are_no_commands(trained: RunFolder) -> None:
    async with watch(trained) as seen:
        await seen.trains()
        await seen.press("t")
        await seen.until(lambda: seen.app.focused is not None, "the field")
        await seen.type("3+4q")
        pane = seen.screen.pane_control.panes[5]
        assert isinstance(pane, TryPane)
        await seen.press("enter")
        await seen.until(lambda: pane.prediction, "an answer")
        assert pane.prediction is not None
        assert (pane.prediction.a, pane.prediction.b, pane.prediction.right) == (3, 4, 7)
        assert seen.app.is_running
        await seen.press("escape")
        await seen.until(lambda: seen.app.focused is None, "no focus")


async def test_panes_are_reached_by_number_and_in_turn(trained: RunFolder) -> None:
    async with watch(trained) as seen:
        for number in range(1, 7):
            await seen.press(str(number))
            await seen.until(lambda n=number: seen.screen.pane_control.focused == n, f"pane {number}")  # type: ignore[misc]
            if number == 5:
                await seen.press("escape")
        await seen.press("tab")
        await seen.until(lambda: seen.screen.pane_control.focused == 1, "the first pane")
        await seen.press("shift+tab")
        await seen.until(lambda: seen.screen.pane_control.focused == 6, "the last pane")
        await seen.press("9")
        assert "there is no pane 9" in seen.footer


async def test_a_pane_is_enlarged_and_put_back(trained: RunFolder) -> None:
    async with watch(trained) as seen:
        await seen.press("4", "z")
        await seen.until(lambda: seen.screen.pane_control.panes[4].size.width > 100, "a large pane")
        assert [pane.number for pane in seen.screen.pane_control.shown] == [4]
        await seen.press("2")
        assert [pane.number for pane in seen.screen.pane_control.shown] == [2]
        await seen.press("z")
        await seen.until(lambda: len(seen.screen.pane_control.shown) == 6, "all panes")


async def test_axes_are_logarithmic_or_not(trained: RunFolder) -> None:
    async with watch(trained) as seen:
        world = seen.app.state
        assert (world.log_x, world.log_y) == (False, True)
        await seen.press("x", "y")
        assert (world.log_x, world.log_y) == (True, False)
        await seen.shows("log x")
        await seen.press("x", "y")
        assert (world.log_x, world.log_y) == (False, True)


async def test_a_picture_is_saved_and_never_over_another(
    trained: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with watch(trained) as seen:
        await seen.trains()
        await seen.paused()
        await seen.press("s", "s")
        saved = sorted(tmp_path.glob("grokterm-*.svg"))
        assert len(saved) == 2
        assert "screenshot saved as" in seen.footer
        assert "Accuracy" in saved[0].read_text()
        await seen.press("space")


async def test_themes_go_round(trained: RunFolder) -> None:
    async with watch(trained) as seen:
        await seen.trains()
        first, names = seen.app.theme, list(seen.app.themes)
        assert len(names) >= 6
        for _ in names:
            await seen.press("T")
            assert seen.app.state.palette == seen.app.themes[seen.app.theme].palette
        assert seen.app.theme == first


async def test_help_names_every_key(trained: RunFolder) -> None:
    async with watch(trained, size=(100, 100)) as seen:
        await seen.press("question_mark")
        assert seen.app.screen.query_one(".box").border_title == "Keys and phases"
        await seen.shows(*(a.words for a in ACTIONS), "test accuracy is above 20%")
        await seen.press("escape")
        assert seen.app.screen is seen.screen


async def test_the_palette_lists_every_key_and_runs_it(trained: RunFolder) -> None:
    async with watch(trained) as seen:
        await seen.press("ctrl+p")
        assert isinstance(seen.app.screen, CommandPalette)
        options = seen.app.screen.query_one(OptionList)
        wanted = {a.words for a in ACTIONS} - {"Find any of these by name", "Go to a pane by its number"}
        await seen.until(lambda: options.option_count >= len(wanted), "all commands")
        listed = "\n".join(str(options.get_option_at_index(i).prompt) for i in range(options.option_count))
        assert all(words in listed for words in wanted)
        await seen.type("logarithmic step")
        await seen.until(lambda: 0 < options.option_count < 5, "what fits")
        await seen.press("enter", "enter")
        await seen.until(lambda: seen.app.state.log_x, "the axis")


async def test_the_list_of_views_begins_at_the_one_that_was_open_last(trained: RunFolder) -> None:
    async with watch(trained) as seen:
        await seen.press("v", *"14", "enter", "escape", "v")
        options = seen.app.screen.query_one(OptionList)
        assert options.highlighted is not None
        assert options.get_option_at_index(options.highlighted).id == "14"


async def test_ctrl_c_tells_how_to_leave(trained: RunFolder) -> None:
    async with watch(trained) as seen:
        await seen.press("ctrl+c")
        assert "q stops the trainer" in seen.footer


async def test_detaching_lets_the_trainer_train(trained: RunFolder) -> None:
    async with watch(trained) as seen:
        await seen.trains()
        await seen.press("d")
        await seen.until(lambda: not seen.app.is_running, "the end")
    outcome = seen.app.return_value
    assert outcome is not None
    assert outcome.left == "detached"
    assert outcome.exit_status == 0
    assert f"{trained.id} trains on; come back with: grokterm attach 1" == outcome.words()
    assert trainer_alive(trained)
