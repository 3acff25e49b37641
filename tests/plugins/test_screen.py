"""Plugins on the screen: the form and the choosers list them, words are never markup, and failures are sentences."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import OptionList

from grokterm.config import Config, Value, settings
from grokterm.plugins.loading import load_file
from grokterm.runs.folder import RunFolder, create_run, list_runs
from grokterm.runs.process import start_trainer
from grokterm.tui.dialogs.architecture import ArchitectureDialog
from grokterm.tui.dialogs.change import ChangeDialog
from grokterm.tui.dialogs.optimizer import OptimizerDialog
from grokterm.view_options import ViewOptions
from tests.own import unloading, write
from tests.plugins.test_tasks import FAILING
from tests.tui.test_changing import fill
from tests.tui.watching import TINY, watch

LOUD = """from grokterm import plugins

RATE = plugins.Number(default=2, words="[bold red]rate[/] of all", label="[b]rate[/b]", ge=1, le=5)

@plugins.optimizer("loud", title="[red]Loud[/red]", words="[link=x]shouts[/link] {lr}", settings={"loud_rate": RATE})
def loud():
    from grokterm.lab.optimizers.rule import Rule

    class Loud(Rule):
        def direction(self, gradient, hyper):
            return gradient * hyper.loud_rate.to(gradient.dtype)
    return Loud

SPEC = plugins.ArchitectureSpec(
    brief="[i]brief[/i]", words="[u]{width}[/u] of {loud_rate} → {outputs}", size="[{width}]", short="[{width}]",
    embedding=plugins.Part(("W",), "width"), read_out=plugins.Part(("V",), "width"), uses=frozenset({"heads"}),
)

@plugins.architecture("loud-net", SPEC)
def loud_net():
    raise ValueError("[blink]never[/blink] built")
"""


def home(folders: Path) -> Path:
    folders.mkdir(mode=0o700, exist_ok=True)
    return folders


def tiny(**values: Value) -> Config:
    """A tiny run, with the numbers of the plugins that are loaded now."""
    return Config().changed({**TINY.as_dict(), **values})


def new_run(folders: Path, **values: Value) -> RunFolder:
    """A run that trains."""
    folder = create_run(tiny(**values), ViewOptions(), home(folders))
    start_trainer(folder)
    return folder


async def test_form_and_choosers_list_them_and_change_to_them_live(folders: Path, examples: dict[str, Path]) -> None:
    for path in examples.values():
        load_file(path)
    async with watch(new_run(folders), size=(120, 48)) as seen:
        await seen.trains()
        await seen.press("c")
        form = seen.app.screen
        assert isinstance(form, ChangeDialog)
        assert all(form.query(f"#{name}") for name in settings())
        assert seen.text().count("Training  ") == 1  # no second group of that name
        await fill(seen, "rms_decay", "2")
        await seen.shows("rms decay", "--rms-decay must be a number from 0 to below 1, not 2")
        await fill(seen, "rms_decay", "0.5")
        await fill(seen, "optimizer", "rmsprop")
        await seen.shows("Of plugins: rmsprop: g/√v,", "v a mean of g².")
        await seen.press("enter")
        await seen.shows("optimizer adamw → rmsprop")
        await seen.until(lambda: seen.changes(), "the change in the log")
        assert seen.changes()[0].values == {"optimizer": "rmsprop", "rms_decay": 0.5}
        await seen.press("o")
        assert isinstance(seen.app.screen, OptimizerDialog)
        await seen.shows(
            "● rmsprop", "g/√v, v a mean of g²", "With epsilon 1e-8, rms decay 0.5", "clipped", "no larger than clip_at"
        )
        await seen.press("escape", "a")
        assert isinstance(seen.app.screen, ArchitectureDialog)
        await seen.shows("bilinear", "one-hot a and b → 32 products → 11 logits")
        choices = seen.app.screen.query_one(OptionList)
        while choices.highlighted_option is None or choices.highlighted_option.id != "bilinear":
            await seen.press("down")
        await seen.press("enter")
        await seen.until(lambda: len(seen.changes()) == 2, "the change of the architecture")
        assert (seen.changes()[1].values, seen.changes()[1].rebuilt) == ({"arch": "bilinear"}, True)
        await seen.until(lambda: "bilinear" in seen.header and "RMSprop" in seen.text(), "the header")
        await seen.press("r")  # a new run has the plugins too
        await seen.until(lambda: len(list_runs(folders)) == 2, "a new run")
        assert len(list(list_runs(folders)[1].plugin_folder.iterdir())) == len(examples)
        await seen.until(lambda: seen.app.link.folder == list_runs(folders)[1] and seen.app.link.state == "training")


async def test_what_plugins_say_is_never_markup(folders: Path, tmp_path: Path) -> None:
    load_file(write(tmp_path / "loud.py", LOUD))
    async with watch(new_run(folders, optimizer="loud"), size=(130, 48)) as seen:
        await seen.trains()
        await seen.shows("[red]Loud[/red]")
        await seen.press("o")
        await seen.shows("[link=x]shouts[/link] {lr}", "[b]rate[/b] 2")
        await seen.press("escape", "c")
        await fill(seen, "loud_rate", "9")
        await seen.shows(
            "[bold red]rate[/] of all, from 1 to 5.", "--loud-rate must be a whole number from 1 to 5, not 9"
        )
        await seen.press("escape", "a")
        await seen.shows("loud-net", "[u]32[/u] of 2 → 11")
        choices = seen.app.screen.query_one(OptionList)
        while choices.highlighted_option is None or choices.highlighted_option.id != "loud-net":
            await seen.press("down")
        await seen.press("enter")  # its model cannot be made: the run goes on as it was
        await seen.shows("the plugin failed in loud.py, line 21: ValueError: [blink]never[/blink] built")
        assert "Traceback" not in seen.text()
        step = seen.app.state.status.step if seen.app.state.status else 0
        await seen.until(lambda: seen.app.state.status and seen.app.state.status.step > step, "further steps")
        assert not seen.changes()


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("raise RuntimeError('it had enough')", "the plugin failed in lab.py, line 11: RuntimeError: it had enough"),
        ("return gradient * torch.nan", "the loss is no longer finite"),
    ],
)
async def test_a_rule_that_fails_is_told_of_without_a_traceback(
    folders: Path, tmp_path: Path, fault: str, said: str
) -> None:
    load_file(write(tmp_path / "lab.py", FAILING.format("", fault)))
    async with watch(new_run(folders, optimizer="failing")) as seen:
        await seen.shows(said)
        assert "Traceback" not in seen.text()


async def test_a_plugin_that_is_not_loaded_is_told_of_where_runs_are_compared(
    folders: Path, examples: dict[str, Path]
) -> None:
    with unloading():
        load_file(examples["capped.py"])
        create_run(tiny(op="capped-sum"), ViewOptions(), home(folders))
    async with watch(new_run(folders), size=(160, 40)) as seen:
        await seen.trains()
        await seen.press("C")
        await seen.shows("0001-capped-sum-11-mlp")
        await seen.press("space", "enter")
        await seen.shows("was made with the plugin capped.py, which is not executed unasked")
