"""The coordinator as a process with worker processes: killed at any moment, stopped, and left alone."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from grokterm.errors import TrainerError
from grokterm.runs.claim import claim
from grokterm.runs.process import exit_status, start_process, stop_trainer, trainer_alive, trainer_of
from grokterm.sweeper.workers import LocalWorkers
from grokterm.sweeps.batch import Batch
from grokterm.sweeps.cells import read_state
from grokterm.sweeps.curves import read_curve
from grokterm.sweeps.folder import SweepFolder
from tests.needs import only_on_linux
from tests.sweeper.sweeps import came_out, coordinator, records, sweep
from tests.trainer.running import wait_for

pytestmark = pytest.mark.first
MOMENTS = {"everybody": (0, 1, 2), "coordinator": (1, 0, 2), "workers": (2, 0, 1)}
"""Who of a coordinator and what it started is killed, each time after how many further runs.

Each victim meets each moment once, one of them as a sweep begins.
"""


def start(folder: SweepFolder, workers: int = 1) -> int:
    return start_process(folder.process_folder, "grokterm.sweeper", ["--workers", str(workers)])


def family(pid: int) -> list[psutil.Process]:
    """A process and all that it started, itself first."""
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def forked(pid: int) -> list[psutil.Process]:
    """The workers of a coordinator, which are forks of a process that it started."""
    return [process for process in family(pid)[1:] if process.ppid() != pid]


def victims(pid: int, victim: str) -> list[psutil.Process]:
    """Those of a coordinator's family that are killed."""
    everybody = family(pid)
    if victim == "workers":
        return forked(pid) if sys.platform == "linux" else everybody[1:]
    return everybody if victim == "everybody" else everybody[:1]


def ended(folder: SweepFolder) -> bool:
    return exit_status(folder.process_folder) is not None


@pytest.mark.parametrize("victim", MOMENTS)
def test_no_kill_loses_or_repeats_a_run_that_has_ended(home: Path, victim: str) -> None:
    whole, folder = (sweep(home, "wd=0.1,1", "frac=0.4,0.6", seeds=2, max_steps=300) for _ in range(2))
    coordinator(whole).run()
    known: dict[int, str] = {}
    for moment in MOMENTS[victim]:
        pid, at_least = start(folder), len(known) + moment
        wait_for(lambda at=at_least: ended(folder) or len(records(folder)) >= at, "records")  # type: ignore[misc]
        for process in victims(pid, victim):
            process.kill()
        found = {run.run: run.digest for run in records(folder)}
        assert found.items() >= known.items()
        known = found
        if trainer_alive(folder.process_folder):  # one whose worker alone was killed goes on
            with suppress(ProcessLookupError):  # those that were killed may be ending
                os.kill(pid, signal.SIGKILL)
        wait_for(lambda: ended(folder), "its end")
    start(folder, workers=2 if victim == "everybody" else 1)
    wait_for(lambda: ended(folder), "the end of the sweep")
    assert exit_status(folder.process_folder) == 0
    lines = folder.cells_path.read_text().splitlines()
    assert len(lines) == len(records(folder)) == 8
    assert came_out(records(folder)) == came_out(records(whole))
    assert all(read_curve(folder.curves_path, run.curve)[0, -1] == run.step for run in records(folder))


def test_workers_end_with_a_coordinator_that_was_killed(home: Path) -> None:
    folder = sweep(home, "wd=0.1,1", seeds=50, max_steps=100_000)
    pid = start(folder)
    workers = wait_for(lambda: forked(pid) if sys.platform == "linux" else family(pid)[1:], "a worker")
    os.kill(pid, signal.SIGKILL)
    psutil.wait_procs(workers, timeout=60)
    assert not any(process.is_running() for process in workers)


@only_on_linux
def test_a_sweep_goes_on_when_the_process_is_killed_that_its_workers_are_forks_of(home: Path) -> None:
    whole, folder = (sweep(home, "wd=0.1,1", "frac=0.4,0.6", seeds=2, max_steps=600) for _ in range(2))
    coordinator(whole).run()
    pid = start(folder, workers=2)
    parent = wait_for(lambda: next((p for p in family(pid)[1:] if len(p.children()) == 2), None), "two workers")
    forks = parent.children()
    parent.kill()
    psutil.wait_procs(forks, timeout=60)
    assert not any(process.is_running() for process in forks)
    wait_for(lambda: ended(folder), "the end of the sweep")
    assert exit_status(folder.process_folder) == 0
    assert came_out(records(folder)) == came_out(records(whole))


def test_a_sweep_that_is_asked_to_stop_keeps_what_has_ended(home: Path) -> None:
    folder = sweep(home, "wd=0.1,1", seeds=1000, max_steps=400)
    pid = start(folder)
    wait_for(lambda: records(folder), "a record")
    everybody = family(pid)
    assert stop_trainer(folder.process_folder)
    state = read_state(folder)
    assert state is not None
    assert (state.state, state.finished) == ("stopped", len(records(folder)))
    psutil.wait_procs(everybody, timeout=60)
    assert not any(process.is_running() for process in everybody)
    assert not (folder.path / "trainer.json").exists()


def test_what_has_ended_within_a_batch_is_kept_when_a_sweep_stops(home: Path) -> None:
    """One after another in one batch, of which the first ends and the second never does."""
    folder = sweep(home, "wd=0.1,1", dropout=0.1, until=1000, max_steps=10**9)
    plan = folder.plan()
    workers = LocalWorkers(1)
    first, endless = plan.config(plan.run(0)), replace(plan.config(plan.run(1)), until="forever")
    future = workers.submit(Batch(((0, first), (1, endless))))
    wait_for(future.running, "a worker")
    (worker,) = multiprocessing.active_children()
    assert worker.pid is not None
    process = psutil.Process(worker.pid)
    wait_for(lambda: process.cpu_times().user > 1 or future.done(), "torch in it")
    workers.end_soon()
    assert [outcome.run for outcome in future.result(120).outcomes] == [0]
    workers.close(at_once=True)


def test_a_hang_up_ends_nothing(home: Path) -> None:
    folder = sweep(home, "wd=0.1,1", seeds=2, max_steps=300)
    pid = start(folder)
    wait_for(lambda: trainer_of(folder.process_folder), "its process")
    os.kill(pid, signal.SIGHUP)
    wait_for(lambda: ended(folder), "the end of the sweep")
    assert len(records(folder)) == 4


def test_a_sweep_has_one_coordinator(home: Path) -> None:
    folder = sweep(home, "wd=0.1,1")
    with claim(folder.process_folder):
        with pytest.raises(TrainerError, match="has a trainer already"), claim(folder.process_folder):
            pass
        command = [sys.executable, "-m", "grokterm.sweeper", str(folder.path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == f"{folder.id} has a trainer already\n"


def test_a_plan_that_cannot_be_read_is_told_of(home: Path) -> None:
    folder = sweep(home, "wd=0.1,1")
    folder.plan_path.write_text("seeds = ")
    start(folder)
    wait_for(lambda: ended(folder), "its end")
    assert exit_status(folder.process_folder) == 2
    assert "cannot be read" in folder.process_folder.trainer_log_path.read_text()
