"""The screen: checks what it needs, starts the trainer, then draws."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from grokterm.cli.defaults import read_defaults
from grokterm.cli.notify import pass_on_notify
from grokterm.cli.options import Values, combined, configuration, read, view
from grokterm.cli.plugins import check_given
from grokterm.cli.sanitize import sanitize
from grokterm.cli.terminal import check_terminal, configure_textual
from grokterm.config import Config
from grokterm.errors import RunFolderError
from grokterm.kernels.instruction_sets import limit
from grokterm.loading import without_garbage_collection
from grokterm.presets import preset_values
from grokterm.runs.devices import check_device
from grokterm.runs.folder import RunFolder, create_run, find_run, home_path, list_runs, name_of, runs_home
from grokterm.runs.process import start_trainer, trainer_alive
from grokterm.view_options import ViewOptions

if TYPE_CHECKING:
    from grokterm.runs.compared import ComparedRun
    from grokterm.tour.tour import Tour


def begin(preset: str | None = None, **given: str | None) -> int:
    """Starts a run from the texts of options, and watches it; raises GroktermError before anything was started."""
    limit()  # a trainer that cannot read it would leave a run of no steps
    return start(combined(combined(read_defaults(), preset_values(preset)), read(given)))


def start(values: Values) -> int:
    """Starts a run and watches it; raises GroktermError before anything was started."""
    return start_run(configuration(values), values)


def start_run(config: Config, values: Values, line: str = "", threads: int | None = None) -> int:
    """Starts a run with this configuration, as `start` does.

    `line` is the shared run that it follows, `threads` those of the processor that it may use.
    """
    options = view(values)
    check_terminal()
    prepare(options)
    check_device(config.device)
    folder = create_run(config, options, runs_home(values.get("runs")), line)
    pass_on_notify(values)
    # The trainer takes longer to start than the screen, so it starts first.
    start_trainer(folder, threads=threads)
    return show(folder, options, values)


def attach(name: str | None, defaults: Values, given: Values, go_on: bool = False) -> int:
    """Watches the run called `name`, or the newest that trains; its trainer is started if it has none.

    It then stays paused where the run had come to, unless the run is to `go_on`. Raises GroktermError.
    """
    check_terminal()
    values = defaults | given
    home = home_path(values.get("runs"))
    folder = find_run(name, home) if name else _newest_alive(list_runs(home))
    check_given(folder)
    folder.config()
    if go_on:
        from grokterm.runs.opened import check_trained_here

        shown = f"grokterm attach {name_of(folder)} shows them"
        check_trained_here(folder, f"they are looked at, and not trained: {shown}")
    options = view(given, folder.view())
    prepare(options)
    pass_on_notify(values)
    if not trainer_alive(folder):
        _check_log(folder)
        start_trainer(folder, paused=not go_on, beyond=go_on)
    elif go_on:
        from grokterm.cli.requests import send_request
        from grokterm.wire.messages import Go

        send_request(folder, Go(0))
    return show(folder, options, values)


def compare(names: Sequence[str], defaults: Values, given: Values) -> int:
    """Shows several runs on the same axes; no trainer is started. Raises GroktermError."""
    from grokterm.runs.compared import check_count
    from grokterm.runs.compared import compare as compared

    check_count(len(names))
    check_terminal()
    values = defaults | given
    home = home_path(values.get("runs"))
    folders = [find_run(name, home) for name in names]
    runs = compared(folders)
    options = view(given, folders[0].view())
    prepare(options)
    return show(folders[0], options, values, runs)


def _check_log(folder: RunFolder) -> None:
    """Makes sure that a trainer can go on from the log; raises RunFolderError, ConfigError."""
    from grokterm.runs.history import read_history

    read_history(folder)


def prepare(options: ViewOptions) -> None:
    """Configures Textual, which reads that when it is imported, and checks the theme; raises ThemeError."""
    configure_textual(options)
    if options.theme != ViewOptions().theme:
        from grokterm.tui.theme import find_theme

        find_theme(options.theme)


def _newest_alive(folders: list[RunFolder]) -> RunFolder:
    alive = next((folder for folder in reversed(folders) if trainer_alive(folder)), None)
    if alive:
        return alive
    if folders:
        raise RunFolderError(f"no run trains now: open the last one with grokterm attach {folders[-1].id}")
    raise RunFolderError("there is no run yet: start one with grokterm")


def runs_option(values: Values) -> str:
    """The option that a command needs to find the runs, where they are not in the default folder."""
    return f" --runs {shlex.quote(str(values['runs']))}" if "runs" in values else ""


def show(
    folder: RunFolder,
    options: ViewOptions,
    values: Values,
    compared: Sequence[ComparedRun] = (),
    tour: Tour | None = None,
) -> int:
    """Draws the run, a comparison of runs, or the tour from this run of it, until it is left; the exit status."""
    from grokterm.tui.terminal.first_paint import first_paint
    from grokterm.tui.terminal.output import write_in_time

    with first_paint(folder.config()):
        with without_garbage_collection():
            from grokterm.tui.app import GrokApp

            if tour is not None:
                from grokterm.tui.tour.app import TourApp

        notify = values.get("notify", "")
        app = TourApp(tour, folder, options, notify) if tour else GrokApp(folder, options, compared, notify)
        outcome = app.run()
        if app.left_early:  # nothing but the first line was drawn, which is taken back here
            raise SystemExit(outcome.exit_status)
    if tour is not None:
        outcome = replace(outcome, back="grokterm tour")
    if outcome.left == "lost":
        raise RunFolderError(outcome.words())
    # After a hang-up nobody reads it, and a terminal that has stalled is not waited for.
    write_in_time(sys.stdout.fileno(), sanitize(outcome.words() + runs_option(values)) + "\n")
    return outcome.exit_status
