"""Sweeps on a real scheduler with real worker processes on the loopback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from grokterm.errors import ConfigError
from grokterm.sweeper.coordinator import Coordinator
from grokterm.sweeper.dask_workers import dask_workers
from grokterm.sweeps.dask_address import check_dask
from tests.sweeper.sweeps import came_out, coordinator, never, records, sweep
from tests.trainer.running import wait_for

pytestmark = pytest.mark.first
SCHEDULER = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0"]
WORKER = [sys.executable, "-m", "distributed.cli.dask_worker", "--nthreads", "1", "--no-dashboard", "--nanny"]


@pytest.fixture(autouse=True)
def _environment() -> Iterator[None]:
    """A cluster leaves threads of one in the environment of who starts it; what is tested later may have more."""
    kept = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(kept)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """The address of a scheduler, and its two workers."""
    file = tmp_path / "scheduler.json"
    with (tmp_path / "dask.log").open("wb") as log:
        options: dict[str, Any] = {"stdout": log, "stderr": log, "cwd": tmp_path}
        scheduler = subprocess.Popen([*SCHEDULER, "--no-dashboard", "--scheduler-file", str(file)], **options)
        wait_for(file.exists, "a scheduler")
        workers = [subprocess.Popen([*WORKER, "--scheduler-file", str(file)], **options) for _ in range(2)]
        import json

        try:
            yield json.loads(file.read_text())["address"], workers
        finally:
            everybody = [p for process in (*workers, scheduler) for p in _family(process.pid)]
            for process in everybody:
                process.kill()
            for process in (*workers, scheduler):
                process.wait()


def _family(pid: int) -> list[psutil.Process]:
    try:
        return [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def test_a_lost_workers_batch_is_trained_by_another_and_results_arrive_once(
    home: Path, cluster: tuple[str, list[subprocess.Popen[bytes]]]
) -> None:
    whole, folder = (sweep(home, "wd=0.1,1", "frac=0.4,0.6", seeds=3, max_steps=300) for _ in range(2))
    coordinator(whole).run()
    address, processes = cluster
    killed: list[int] = []

    def kill_one() -> None:
        """Once there are records: a worker, and who would start another."""
        if not killed and records(folder):
            for process in _family(processes[0].pid):
                os.kill(process.pid, signal.SIGKILL)
                killed.append(process.pid)

    with dask_workers(address) as workers:
        wait_for(lambda: workers.count == 2, "two workers")
        assert Coordinator(folder, folder.plan(), workers, never, kill_one).run() == "finished"
    assert killed
    assert len(folder.cells_path.read_text().splitlines()) == 12
    assert came_out(records(folder)) == came_out(records(whole))


def test_processes_of_this_machine_are_a_cluster(home: Path) -> None:
    folder = sweep(home, "wd=0.1,1")
    with dask_workers("local:1") as workers:
        assert Coordinator(folder, folder.plan(), workers, never, lambda: None).run() == "finished"
    assert len(records(folder)) == 2


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("local:0", "--dask local:N needs 1 to 1,024 processes, not 0"),
        ("local:", "--dask local:N needs 1 to 1,024 processes, not nothing"),
        (
            "localhost",
            "--dask must be the address of a scheduler, such as tcp://10.0.0.1:8786, or local:4, not localhost",
        ),
    ],
)
def test_what_is_no_address_gets_one_sentence(address: str, words: str) -> None:
    with pytest.raises(ConfigError) as refused:
        check_dask(address)
    assert str(refused.value) == words


def test_a_scheduler_that_does_not_answer_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grokterm.sweeper.dask_workers._CONNECT", 0.5)
    with (
        pytest.raises(ConfigError, match=r"the Dask scheduler tcp://127\.0\.0\.1:9 cannot be reached: "),
        dask_workers("tcp://127.0.0.1:9"),
    ):
        pass
