"""Sweeps with plugins: planned, trained by processes that load them too, gone on with, opened as runs, and refused."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

import grokterm
from grokterm.errors import PluginNeededError, RunFolderError
from grokterm.plugins.loading import load_file, unload_all
from grokterm.runs.folder import list_runs
from grokterm.sweeper.work import WorkerError, load_plugins
from grokterm.sweeps.folder import SweepFolder, find_sweep
from tests.cli.terminals import run_here
from tests.own import sha256, unloading, write_examples
from tests.sweeper.sweeps import coordinator, records, sweep

SMALL = (
    *("--p", "7", "--width", "32", "--max-steps", "40", "--measure-every", "20"),
    *("--device", "cpu", "--precision", "float32", "--workers", "1"),
)


@pytest.fixture
def executor() -> Iterator[Executor]:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        yield pool


def trained(path: Path, home: Path) -> SweepFolder:
    done = run_here("sweep", "--plugin", str(path), *SMALL, "--over", "optimizer=adamw,rmsprop", "--rms-decay", "0.9")
    assert done.returncode == 0, done.stderr
    return find_sweep("last", home)


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a sweep that was trained."""
    place = tmp_path_factory.mktemp("swept")
    with pytest.MonkeyPatch.context() as patch, unloading():
        patch.setenv("GROKTERM_HOME", str(place / "home"))
        trained(write_examples(place)["rmsprop.py"], place / "home")
    return place / "home"


@pytest.fixture
def swept(once: Path, folders: Path) -> SweepFolder:
    """That sweep in this test's home."""
    shutil.copytree(once, folders)
    return find_sweep("last", folders)


def test_a_sweep_is_trained_with_its_own_copy_of_a_plugin(swept: SweepFolder, examples: dict[str, Path]) -> None:
    path, folder = examples["rmsprop.py"], swept
    (copy,) = (folder.path / "plugins").iterdir()
    assert copy.read_bytes() == path.read_bytes()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert [(run.state, run.values.get("optimizer")) for run in records(folder)] == [
        ("finished", None),
        ("finished", "rmsprop"),
    ]
    path.unlink()
    folder.cells_path.unlink()
    refusal = run_here("sweep", "--resume", "s1", "--workers", "1")
    assert refusal.returncode == 2
    assert f"give --allow-plugin {sha256(copy)}, or --plugin and the same file" in refusal.stderr
    again = run_here("sweep", "--resume", "s1", "--workers", "1", "--allow-plugin", sha256(copy)[:12])
    assert again.returncode == 0, again.stderr
    assert len(records(folder)) == 2


def test_its_cells_are_runs_with_the_plugin(swept: SweepFolder, folders: Path) -> None:
    (copy,) = (swept.path / "plugins").iterdir()
    done = run_here("sweep", "--open", "s1", "1", "--allow-plugin", sha256(copy))
    assert done.returncode == 3, done.stderr  # its goal is to grok, which takes more than 40 steps
    assert done.stdout.splitlines()[-1].startswith("the same as in the sweep: ")
    (run,) = list_runs(folders)
    assert [one.name for one in run.plugins()] == ["rmsprop"]


@pytest.mark.usefixtures("swept")
def test_another_plugin_is_none_of_a_sweep(examples: dict[str, Path]) -> None:
    done = run_here(
        "sweep", "--resume", "s1", "--plugin", str(examples["rmsprop.py"]), "--plugin", str(examples["own.py"])
    )
    assert done.returncode == 2
    assert "s0001-add7-mlp-optimizer was made without the plugin own.py" in done.stderr


def test_workers_of_any_executor_are_given_the_plugin(
    home: Path, examples: dict[str, Path], executor: Executor
) -> None:
    load_file(examples["capped.py"])
    folder = sweep(home, "op=add,capped-sum")
    assert coordinator(folder, executor).run() == "finished"
    assert {run.state for run in records(folder)} == {"finished"}


def test_in_a_notebook_it_is_given_or_allowed(home: Path, examples: dict[str, Path]) -> None:
    given = {"p": 7, "width": 32, "max_steps": 20, "device": "cpu", "precision": "float32"}
    path = examples["capped.py"]
    swept = grokterm.sweep(given, over=["op=add,capped-sum"], plugin=str(path), executor=ThreadPoolExecutor(1))
    assert sorted(swept.table["op"]) == ["add", "capped-sum"]  # in the order in which they ended
    unload_all()
    with pytest.raises(PluginNeededError, match="which is not executed unasked"):
        grokterm.open_sweep("s1").table  # noqa: B018
    assert len(grokterm.open_sweep("s1", allow_plugin=sha256(path)).table["op"]) == 2


def test_a_worker_without_the_entry_point_says_so(examples: dict[str, Path]) -> None:
    from grokterm.config.plugins import Plugin

    with pytest.raises(WorkerError, match=r"a worker cannot load my-lab \(entry point of lab 1\.0\): "):
        load_plugins([Plugin("my-lab", distribution="lab", version="1.0")])


def test_a_torn_table_of_plugins_is_told_of(home: Path, examples: dict[str, Path]) -> None:
    load_file(examples["capped.py"])
    folder = sweep(home, "op=add,capped-sum")
    unload_all()
    folder.plan_path.write_text(folder.plan_path.read_text().replace('sha256 = "', 'sha256 = "x'))
    with pytest.raises(RunFolderError, match=r"the \[plugins\] table of .* cannot be used"):
        folder.plan()
