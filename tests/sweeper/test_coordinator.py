"""The coordinator: everything is trained once, whatever happens to workers, disk and process."""

from __future__ import annotations

import errno
import os
from concurrent.futures import BrokenExecutor, Executor, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grokterm.errors import ConfigError, FolderLostError
from grokterm.sweeper import coordinator as coordinating
from grokterm.sweeper.ledger import Ledger
from grokterm.sweeper.work import WorkerError, train_batch
from grokterm.sweeper.workers import LocalWorkers
from grokterm.sweeps.batch import Batch, Versions
from grokterm.sweeps.cells import read_state
from grokterm.sweeps.curves import COLUMNS, read_curve
from tests import needs
from tests.sweeper.sweeps import Scripted, came_out, coordinator, records, sweep


def test_every_run_is_trained_once_and_has_a_curve(home: Path) -> None:
    folder = sweep(home, "wd=0.1,1", "lr=1e-3,1e-2", seeds=2)
    assert coordinator(folder).run() == "finished"
    found = records(folder)
    assert sorted(run.run for run in found) == list(range(8))
    plan = folder.plan()
    for run in found:
        planned = plan.run(run.run)
        assert (run.cell, run.seed, run.values) == (planned.cell.number, planned.seed, plan.differences(planned))
        assert (run.state, run.step, run.device, run.precision) == ("finished", 40, "cpu", "float32")
        assert " on 1 thread" in run.strategy
        curve = read_curve(folder.curves_path, run.curve)
        assert curve[0].tolist() == [0, 10, 20, 30, 40]
        assert curve[COLUMNS.index("test_accuracy")][-1] == np.float32(run.test_accuracy)
        assert np.isfinite(curve[COLUMNS.index("embedding_gini")]).tolist() == [True, False, True, False, True]
    state = read_state(folder)
    assert state is not None
    assert (state.state, state.finished, state.failed, state.total, state.running) == ("finished", 8, 0, 8, ())
    assert coordinator(folder).run() == "finished"
    assert records(folder) == found


def test_a_run_that_fails_is_a_record_with_its_reason_and_the_rest_goes_on(home: Path) -> None:
    folder = sweep(home, "lr=1e-2,10", seeds=2, loss="mse", optimizer="sgd", max_steps=200)
    assert coordinator(folder).run() == "finished"
    failed = [run for run in records(folder) if run.state == "failed"]
    assert {run.cell for run in failed} == {1}
    assert failed[0].reason.startswith("the loss is no longer finite after step ")
    assert failed[0].digest == ""
    assert failed[0].curve[1] > 0
    assert len(records(folder)) == 4


def test_a_device_that_is_not_there_fails_every_run(home: Path) -> None:
    folder = sweep(home, "wd=0.1,1", device="cuda:77")
    assert coordinator(folder).run() == "finished"
    assert {run.reason.split(":")[0] for run in records(folder)} == {"device cuda"}
    assert all(run.phase is None for run in records(folder))


def test_runs_of_a_lost_worker_are_trained_again(home: Path) -> None:
    whole, other = (sweep(home, "wd=0.1,1", seeds=2) for _ in range(2))
    coordinator(whole).run()
    executor = Scripted(BrokenExecutor("killed"), ConnectionError("gone"))
    assert coordinator(other, executor).run() == "finished"
    assert came_out(records(other)) == came_out(records(whole))
    assert executor.batches[:3] == [[0], [0], [0]]
    assert "a worker was lost with 1 runs: gone" in (read_state(other) or pytest.fail("no state")).words


def test_a_run_that_takes_its_workers_with_it_has_failed(home: Path) -> None:
    folder = sweep(home, "wd=0.1,1,10")
    assert coordinator(folder, Scripted(*[BrokenExecutor("killed")] * 3)).run() == "finished"
    by_run = {run.run: run for run in records(folder)}
    assert by_run[0].reason == "its worker was lost 3 times, as when memory runs out"
    assert [by_run[run].state for run in range(3)] == ["failed", "finished", "finished"]


def test_an_error_of_a_worker_is_that_of_its_runs(home: Path) -> None:
    folder = sweep(home, "wd=0.1,1")
    assert coordinator(folder, Scripted(ValueError("of\nlines"))).run() == "finished"
    assert [run.reason for run in records(folder) if run.state == "failed"] == ["ValueError: of"]


def test_a_worker_of_another_version_is_refused(home: Path) -> None:
    folder = sweep(home, "wd=0.1,1")
    plan = folder.plan()
    batch = Batch(((0, plan.config(plan.run(0))),))
    with pytest.raises(WorkerError, match=r"a worker has grokterm .* and the coordinator 0\.0\.1: install the same"):
        train_batch(replace(batch, versions=Versions(("0.0.1", "9.9"))))
    with pytest.raises(WorkerError):
        coordinator(folder, Scripted(WorkerError("a worker has grokterm 3"))).run()
    assert records(folder) == []


def test_a_sweep_that_is_stopped_goes_on_where_it_was(home: Path) -> None:
    whole, folder = (sweep(home, "wd=0.1,1", seeds=3) for _ in range(2))
    coordinator(whole).run()
    asked = iter([False] * 3 + [True] * 100)
    assert coordinator(folder, stop=lambda: next(asked)).run() == "stopped"
    before = records(folder)
    assert 0 < len(before) < 6
    state = read_state(folder)
    assert state is not None
    assert (state.state, state.finished) == ("stopped", len(before))
    assert coordinator(folder).run() == "finished"
    assert records(folder)[: len(before)] == before
    assert came_out(records(folder)) == came_out(records(whole))


def test_what_was_torn_is_trained_again(home: Path) -> None:
    whole, folder = (sweep(home, "wd=0.1,1", seeds=2) for _ in range(2))
    for each in (whole, folder):
        coordinator(each).run()
    lines = folder.cells_path.read_bytes().splitlines(keepends=True)
    folder.cells_path.write_bytes(b"".join(lines[:2]) + lines[2][:40])
    assert coordinator(folder).run() == "finished"
    assert came_out(records(folder)) == came_out(records(whole))
    for run in records(folder):
        (twin,) = (other for other in records(whole) if other.run == run.run)
        same = read_curve(folder.curves_path, run.curve), read_curve(whole.curves_path, twin.curve)
        assert np.array_equal(*same, equal_nan=True)


def test_a_full_disk_holds_results_until_there_is_room(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = sweep(home, "wd=0.1,1", seeds=2)
    write, refusals = os.pwrite, iter(range(100))

    def full_at_first(file: int, content: bytes, at: int) -> int:
        refused = next(refusals)
        if refused in (0, 3):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(file, content[: len(content) // 2] if refused == 2 else content, at)

    monkeypatch.setattr(os, "pwrite", full_at_first)
    monkeypatch.setattr(coordinating, "_LOOK", 0.01)
    told: list[str] = []
    monkeypatch.setattr(coordinating, "write_state", lambda folder, state: told.append(state.words))
    monkeypatch.setattr(coordinating, "_STATE_EVERY", 0.0)
    assert coordinator(folder).run() == "finished"
    assert any("cannot be written: no space left on device" in words for words in told)
    assert told[-1] == ""
    assert sorted(run.run for run in records(folder)) == [0, 1, 2, 3]
    for run in records(folder):
        assert read_curve(folder.curves_path, run.curve)[0, -1] == run.step


@needs.only_with_full_device
def test_what_is_held_up_takes_no_room_twice(home: Path) -> None:
    """Curves can be written and records cannot: as on a disk of which the last bytes are gone."""
    folder = sweep(home, "wd=0.1,1")
    plan = folder.plan()
    ledger = Ledger(folder, plan)
    with open("/dev/full", "rb+", buffering=0) as full:
        kept, ledger._cells._file = ledger._cells._file, full.fileno()
        outcomes = train_batch(Batch(tuple((run.number, plan.config(run)) for run in plan.runs()))).outcomes
        assert not ledger.write(outcomes)
        size = folder.curves_path.stat().st_size
        for _ in range(3):
            assert not ledger.write([])
        assert folder.curves_path.stat().st_size == size > 0
        assert "cells.jsonl cannot be written: " in ledger.trouble
        ledger._cells._file = kept
    assert ledger.write([])
    assert len(records(folder)) == 2
    assert all(read_curve(folder.curves_path, run.curve)[0, -1] == run.step for run in records(folder))


def test_runs_for_which_a_batch_had_no_time_are_trained_in_another(home: Path) -> None:
    folder = sweep(home, "wd=0.1,1", seeds=3)
    plan = folder.plan()
    runs = tuple((run.number, plan.config(run)) for run in plan.runs())[:3]
    assert len(train_batch(Batch(runs, seconds=0)).outcomes) == 1

    class Hurried(Scripted):
        def submit(self, function: Any, /, *given: Any, **more: Any) -> Any:
            return super().submit(function, replace(given[0], seconds=0), **more)

    executor = Hurried()
    assert coordinator(folder, executor).run() == "finished"
    assert sorted(run.run for run in records(folder)) == list(range(6))


def test_an_executor_that_takes_no_more_ends_it_with_a_sentence(home: Path) -> None:
    class Broken(Executor):
        def submit(self, function: Any, /, *given: Any, **more: Any) -> Any:
            raise BrokenExecutor("its process was killed")

    with pytest.raises(WorkerError, match="no worker takes another batch: its process was killed"):
        coordinator(sweep(home, "wd=0.1,1"), Broken()).run()


@pytest.mark.parametrize("count", [0, -1, 1025, True, "2"])
def test_there_is_a_worker_at_least(count: Any) -> None:
    with pytest.raises(ConfigError, match="workers must be a whole number from 1 to 1,024, not"):
        LocalWorkers(count)


def test_batches_grow_to_their_time_and_leave_work_for_all(home: Path) -> None:
    folder = sweep(home, "wd=0.1,1", seeds=20, max_steps=10)
    executor = Scripted()
    coordinator(folder, executor, count=2).run()
    sizes = [len(batch) for batch in executor.batches]
    assert sizes[0] == 1
    assert max(sizes) > 3
    assert sizes[-2:] == [1, 1]
    assert sorted(run for batch in executor.batches for run in batch) == list(range(40))


def test_a_folder_that_is_lost_ends_it(home: Path) -> None:
    folder = sweep(home, "wd=0.1,1")

    def lost() -> None:
        raise FolderLostError("gone")

    made = coordinator(folder)
    made._check = lost
    with pytest.raises(FolderLostError, match="gone"):
        made.run()


def test_a_sweep_on_threads_is_that_on_one(home: Path) -> None:
    one, two = (sweep(home, "wd=0.1,1", "arch=mlp,one-hot", seeds=2) for _ in range(2))
    coordinator(one).run()
    with ThreadPoolExecutor(3) as executor:
        coordinator(two, executor, count=3).run()
    assert came_out(records(two)) == came_out(records(one))


def test_memory_does_not_grow_with_runs_that_have_ended(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """10,000 runs by an executor that makes their outcomes up: `python -m tests.sweeper.many` measures it."""
    from tests.sweeper.many import measured

    found: dict[str, Any] = measured(home, 10_000)
    assert found["runs"] == 10_000
    assert found["grown"] < 200e6
