"""`grokterm sweep --open SWEEP CELL`: a run of a sweep, trained as a full run with every view."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence

from grokterm.cli.options import Values, view
from grokterm.cli.sanitize import sanitize
from grokterm.config import Config
from grokterm.errors import ConfigError
from grokterm.runs.folder import RunFolder, create_run, home_path, runs_home
from grokterm.runs.history import History, read_history
from grokterm.runs.log import LogReader
from grokterm.runs.process import start_trainer
from grokterm.sweeps.cells import CellsReader
from grokterm.sweeps.comparison import compared
from grokterm.sweeps.folder import SweepFolder, find_sweep
from grokterm.sweeps.plan import Plan, PlannedRun
from grokterm.wire.records import Event
from grokterm.wire.swept import SweptRun


def open_cell(names: Sequence[str], values: Values, as_json: bool) -> int:
    """Trains the run of a cell that is named, as a run of its own; raises GroktermError before anything was made."""
    sweep = find_sweep(names[0], home_path(values.get("runs")))
    plan = sweep.plan()
    planned = _run_named(plan, names[1])
    status, words = open_run(sweep, plan, planned, values, as_json)
    if words:
        print(sanitize(words), file=sys.stderr if as_json else sys.stdout)
    return status


def open_run(
    sweep: SweepFolder, plan: Plan, planned: PlannedRun, values: Values, as_json: bool = False
) -> tuple[int, str]:
    """Trains a run of a sweep as a run of its own: the exit status, and whether it comes out the same, in words.

    The words are empty where it had not ended in the sweep.
    """
    swept = next((run for run in CellsReader(sweep.cells_path).read() if run.run == planned.number), None)
    config, options = plan.config(planned), view(values)
    on_screen = not as_json and sys.stdout.isatty() and sys.stdin.isatty()
    if on_screen:
        from grokterm.cli.terminal import check_terminal
        from grokterm.cli.watch import prepare

        check_terminal()
        prepare(options)
    folder = create_run(config, options, runs_home(values.get("runs")))
    start_trainer(folder, threads=_threads(swept))
    if on_screen:
        from grokterm.cli.watch import show

        status = show(folder, options, values)
    else:
        status = _follow(folder, config, as_json)
    return status, compared(swept, read_history(folder)) if swept is not None else ""


def _follow(folder: RunFolder, config: Config, as_json: bool) -> int:
    from grokterm.cli.progress import progress_to
    from grokterm.cli.train import TrainingError, check_end, follow, print_result, stopping_when_interrupted

    history, out = History(config), sys.stderr if as_json else sys.stdout
    with stopping_when_interrupted(folder), progress_to(out, folder.id) as line:
        end = follow(folder, history, LogReader(folder.log_path), line)
    try:
        check_end(folder, end, history)
    except TrainingError as error:
        if not isinstance(end, Event):
            raise
        print(f"grokterm: {sanitize(str(error))}", file=sys.stderr)
        return print_result(folder, history, as_json, error.exit_status)
    return print_result(folder, history, as_json)


def _run_named(plan: Plan, text: str) -> PlannedRun:
    """The run of a cell by its number, or cell/seed; raises ConfigError."""
    found = re.fullmatch(r"(\d{1,9})(?:/(\d{1,9}))?", text.strip())
    if found is None:
        raise ConfigError(f"a cell is named by its number, or by number/seed as 12/3, not {text or 'nothing'}")
    cell, seed = int(found[1]), int(found[2]) if found[2] else plan.base.seed
    if cell >= len(plan.cells):
        raise ConfigError(f"the sweep has cells 0 to {len(plan.cells) - 1:,}, not {cell:,}")
    if not 0 <= seed - plan.base.seed < plan.seeds:
        last = plan.base.seed + plan.seeds - 1
        raise ConfigError(f"the sweep has seeds {plan.base.seed} to {last}, not {seed}")
    return plan.run(cell * plan.seeds + seed - plan.base.seed)


def _threads(swept: SweptRun | None) -> int | None:
    """The threads of the processor on which a run was trained; None where that is not known."""
    found = re.search(r"on (\d{1,4}) threads?", swept.strategy) if swept else None
    return int(found[1]) if found else None
