"""Training sweeps from a notebook or script: `grokterm.sweep({"p": 31}, over=["wd=0.1,1"], seeds=4)`."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from grokterm.config import Config, setting_name, settings
from grokterm.config.plugins import plugin_arguments
from grokterm.errors import ConfigError, GroktermError, TrainerError
from grokterm.plugins.loading import load_for_notebook
from grokterm.runs.claim import claim
from grokterm.runs.folder import runs_home
from grokterm.runs.process import start_process, stop_trainer, trainer_alive
from grokterm.sweep_notebook import Sweep
from grokterm.sweeps.axes import read_axes
from grokterm.sweeps.cells import read_state
from grokterm.sweeps.folder import SweepFolder, create_sweep
from grokterm.sweeps.plan import Plan

_LOOK: Final = 0.1


def sweep(
    config: Mapping[str, Any] | Config | None = None,
    over: Sequence[str] | Mapping[str, Sequence[Any]] = (),
    *,
    seeds: int = 1,
    zipped: Sequence[str] = (),
    where: str | None = None,
    executor: Executor | None = None,
    workers: int | None = None,
    runs: str | os.PathLike[str] | None = None,
    plugin: str | Sequence[str] = (),
) -> Sweep:
    """Trains a sweep to its end and opens it; raises ConfigError, RunFolderError, TrainerError.

    `config` are the settings of all runs by name, wd or frac too, or a whole configuration; `over` is written as on the
    command line, or gives the values by name. An `executor` of concurrent.futures trains `workers` batches at once, as
    many as this machine has cores where that is not said; without one, a process a core does, and goes on without this
    one: `open_sweep` sees how far it is, an interrupt stops it. `plugin` is what the option of the command line is.
    """
    load_for_notebook(plugin, ())
    if workers is not None and (type(workers) is not int or workers < 1):
        raise ConfigError(f"workers must be a whole number from 1 on, not {workers!s:.40}")
    plan = Plan(_given(config), read_axes(_texts(over), zipped), seeds, where or "")
    plan.check()
    folder = create_sweep(plan, runs_home(Path(runs) if runs is not None else None))
    if executor is None:
        _by_processes(folder, workers)
    else:
        _by_executor(folder, plan, executor, workers)
    return Sweep(folder)


def _texts(over: Sequence[str] | Mapping[str, Sequence[Any]]) -> Sequence[str]:
    """The axes as they are written on the command line."""
    if isinstance(over, Mapping):
        return [f"{name}={','.join(map(str, values))}" for name, values in over.items()]
    return [over] if isinstance(over, str) else over


def _given(config: Mapping[str, Any] | Config | None) -> dict[str, Any]:
    """The settings that are given, by their names; raises ConfigError."""
    if config is None:
        return {}
    if isinstance(config, Config):
        return config.as_dict()
    given = {name if name in settings() else setting_name(name): value for name, value in config.items()}
    if len(given) < len(config):
        raise ConfigError(f"a setting is given twice among {', '.join(config)}")
    return given


def _by_executor(folder: SweepFolder, plan: Plan, executor: Executor, workers: int | None) -> None:
    """Trains it on an executor; raises TrainerError where it is stopped, as by `grokterm stop`."""
    from grokterm.processor import cores
    from grokterm.sweeper.coordinator import Coordinator, tell_failure
    from grokterm.sweeper.workers import ExecutorWorkers

    with claim(folder.process_folder) as claimed, _asked_to_stop() as stop:
        try:
            by = ExecutorWorkers(executor, cores() if workers is None else workers)
            if Coordinator(folder, plan, by, stop, claimed.check).run() == "stopped":
                raise TrainerError(f"the sweep {folder.id} was stopped: grokterm sweep --resume goes on with it")
        except GroktermError as error:
            if not claimed.lost and not stop():
                tell_failure(folder, plan, str(error))
            raise


@contextmanager
def _asked_to_stop() -> Iterator[Callable[[], bool]]:
    """Within it SIGTERM asks to stop, and does not end this process; only the main thread can see to that."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked.is_set
        return
    before = signal.signal(signal.SIGTERM, lambda *_: asked.set())
    try:
        yield asked.is_set
    finally:
        signal.signal(signal.SIGTERM, before)


def _by_processes(folder: SweepFolder, workers: int | None) -> None:
    """Has a coordinator of its own train it, and waits; raises TrainerError where it came to no end."""
    arguments = [] if workers is None else ["--workers", str(workers)]
    start_process(folder.process_folder, "grokterm.sweeper", [*arguments, *plugin_arguments()])
    try:
        while trainer_alive(folder.process_folder):
            time.sleep(_LOOK)
    except KeyboardInterrupt:
        stop_trainer(folder.process_folder)
        raise
    state = read_state(folder)
    if state is None or state.state != "finished":
        why = state.words if state and state.words else f"see {folder.process_folder.trainer_log_path}"
        raise TrainerError(f"the sweep {folder.id} came to no end: {why}")
