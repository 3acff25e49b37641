"""`grokterm sweep`: plans, follows, goes on, opens cells, is stopped and removed."""

from __future__ import annotations

import json
import os
import re
import signal
from pathlib import Path

import pytest

from grokterm.runs.folder import list_runs
from grokterm.runs.process import trainer_alive
from grokterm.sweeps.axes import read_axes
from grokterm.sweeps.cells import write_state
from grokterm.sweeps.folder import create_sweep, find_sweep, list_sweeps
from grokterm.sweeps.plan import Plan
from grokterm.wire.swept import SweepState
from tests.cli.terminals import run_here
from tests.commands import PIPE, start_command
from tests.sweeper.sweeps import coordinator, records, sweep
from tests.trainer.running import wait_for

SMALL = (
    *("--p", "7", "--width", "16", "--d-model", "8", "--max-steps", "40", "--measure-every", "20"),
    *("--device", "cpu", "--precision", "float32", "--workers", "1"),
)


def refused(*arguments: str) -> str:
    """The one sentence with which a sweep is refused, and nothing is made."""
    done = run_here("sweep", *arguments)
    assert done.returncode == 2, done.stdout
    assert done.stderr.startswith("grokterm: ")
    assert done.stderr.count("\n") == 1
    return done.stderr.removeprefix("grokterm: ").strip()


def test_it_trains_every_run_and_tells_what_came_out(home: Path) -> None:
    done = run_here("sweep", *SMALL, "--over", "wd=0.1,1", "--over", "lr=1e-3:1e-2:log:2", "--seeds", "2", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    folder = find_sweep("last", home)
    assert (told["sweep"], told["folder"], told["runs"], told["failed"]) == (folder.id, str(folder.path), 8, 0)
    assert told["comprehension"] + told["grokking"] + told["memorization"] + told["confusion"] == 8
    assert folder.id == "s0001-add7-mlp-wd-lr"
    assert done.stderr.splitlines()[:4] == [
        f"sweep {folder.id}",
        "4 cells × 2 seeds = 8 runs of a + b mod 7",
        "  over wd 0.1; wd 1",
        "  over lr 0.001; lr 0.01",
    ]
    assert re.fullmatch(r"8 runs: .*", done.stderr.splitlines()[-1])
    listed = run_here("sweep").stdout.splitlines()
    assert listed[0] == f"{folder.id}  8 of 8 runs, finished"
    assert listed[1].startswith("begin one with grokterm sweep --over ")
    again = run_here("sweep", "--resume", "s1", "--workers", "1")
    assert again.returncode == 0
    assert len(records(folder)) == 8


def test_a_dry_run_tells_the_plan_and_makes_nothing(home: Path) -> None:
    done = run_here("sweep", "--over", "frac=0.1:0.9:17", "--preset", "blink", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].startswith("17 cells × 1 seed = 17 runs of ")
    assert done.stdout.splitlines()[1] == (
        "  over frac 0.1; frac 0.15; frac 0.2; frac 0.25; frac 0.3; frac 0.35; …; "
        "frac 0.7; frac 0.75; frac 0.8; frac 0.85; frac 0.9"
    )
    assert not list_sweeps(home)


def test_another_sweep_out_of_an_old_one(home: Path) -> None:
    sweep(home, "wd=0.1,1", "lr=1e-3,1e-2", seeds=3, where="wd>0.5 or lr<1e-2", train_fraction=0.6)
    done = run_here("sweep", "--again", "s1", "--over", "lr=1e-4,2", "--frac", ".7", "--dry-run")
    assert done.stdout.splitlines()[:3] == [
        "3 cells × 3 seeds = 9 runs of a + b mod 7",
        "  over wd 0.1; wd 1",
        "  over lr 0.0001; lr 2",
    ]
    done = run_here("sweep", "--again", "s1", "--wd", "3", "--where", "", "--seeds", "1", "--dry-run")
    assert done.stdout.splitlines()[:2] == ["2 cells × 1 seed = 2 runs of a + b mod 7", "  over lr 0.001; lr 0.01"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("--over wd", "--over must be a setting and its values"),
        ("--over wd=1,2 --seeds 0", "--seeds must be a whole number from 1 to 100,000, not 0"),
        ("--over wd=1,2 --seeds many", "--seeds must be a whole number from 1 to 100,000, not many"),
        ("--over wd=1,2 --workers 0", "--workers must be a whole number from 1 to 1,024, not 0"),
        ("--over wd=1,2 --where wd", "the condition 'wd' cannot be read at character 3"),
        ("--over frac=.001,.5 --p 5", "the cell frac 0.001 cannot be: --train-fraction 0.001 leaves no train pair"),
        ("--over wd=1,2 --lr -1", "--lr must be a number from 0 to 10, not -1"),
        ("--over wd=1,2 --wd 5", "--weight-decay is given, and --over takes it too: leave one out"),
        ("--over wd=1,2 --seed 9223372036854775807 --seeds 3", "--seed must be a whole number"),
        ("--theme dusk", "nothing is swept: give --over SETTING=VALUES or --seeds N"),
        ("--workers 2", "nothing is swept: give --over SETTING=VALUES or --seeds N"),
        ("--preset nanda", "nothing is swept: give --over SETTING=VALUES or --seeds N"),
        ("--again s9 --preset nanda", "--again and --preset exclude each other: give one of them"),
        ("--resume s9 --preset nanda", "--resume goes on with a sweep as it was planned: give no settings beside it"),
        ("--open s9 0 --over wd=1,2", "--open trains a cell as it was planned: give nothing beside it"),
        ("--open s9 0 --p 13", "--open trains a cell as it was planned: give nothing beside it"),
        ("--over wd=1,2 --json --detach", "--detach and --json exclude each other"),
        ("--over wd=1,2 --dask here", "--dask must be the address of a scheduler"),
        ("--over wd=1,2 --dask local:2 --workers 2", "--workers are processes of this machine and --dask has others"),
        ("--resume s9", "there is no sweep in "),
        ("--again s9 --over wd=1", "there is no sweep in "),
        ("--open s9 3", "there is no sweep in "),
        ("--resume s1 --over wd=1,2", "--resume goes on with a sweep as it was planned: give no settings beside it"),
        ("--resume s1 --wd 3", "--resume goes on with a sweep as it was planned: give no settings beside it"),
        ("--open s1", "--open needs a value: see grokterm sweep --help"),
        ("--over wd=1,2 --pace 3", "unknown option '--pace'"),
    ],
)
def test_what_cannot_be_gets_one_sentence_and_nothing_is_made(home: Path, arguments: str, words: str) -> None:
    assert words in refused(*arguments.split())
    assert not list_sweeps(home)


def test_a_cell_is_trained_as_a_full_run(home: Path) -> None:
    folder = sweep(home, "wd=0.1,1", seeds=2, seed=5)
    coordinator(folder).run()
    done = run_here("sweep", "--open", "s1", "1/6")
    assert done.returncode == 3, done.stderr  # its budget came first
    assert done.stdout.splitlines()[-1] in ("the same as in the sweep: at step 40 both losses agree in every digit",)
    (run,) = list_runs(home)
    assert (run.config().weight_decay, run.config().seed, run.config().max_steps) == (1.0, 6, 40)
    for cell, words in {
        "2": "the sweep has cells 0 to 1, not 2",
        "1/7": "the sweep has seeds 5 to 6, not 7",
        "one": "a cell is named by its number, or by number/seed as 12/3, not one",
    }.items():
        assert refused("--open", "s1", cell) == words
    assert len(list_runs(home)) == 1


def test_it_is_interrupted_stopped_and_gone_on_with(home: Path) -> None:
    small = ["400" if word == "40" else word for word in SMALL]
    arguments = ["sweep", *small, "--over", "wd=0.1,1", "--seeds", "1000"]
    process = start_command(arguments, (None, PIPE, PIPE), text=True)
    folder = wait_for(lambda: next(iter(list_sweeps(home)), None), "a sweep")
    wait_for(lambda: records(folder), "a record")
    os.kill(process.pid, signal.SIGINT)
    process.communicate()
    assert process.returncode == 130
    assert not trainer_alive(folder.process_folder)
    known = len(records(folder))
    assert 0 < known < 2000
    done = run_here("sweep", "--resume", "s1", "--workers", "1", "--detach")
    assert done.stdout == f"{folder.id} trains; watch it with: grokterm attach s1\n"
    wait_for(lambda: len(records(folder)) > known, "more records")
    done = run_here("rm", "s1", "--yes")
    assert done.stderr == f"grokterm: {folder.id} trains: stop it first with grokterm stop {folder.id}\n"
    done = run_here("stop", "s1")
    assert done.stdout == f"{folder.id} is stopped, the runs that have ended are kept\n"
    assert len({run.run for run in records(folder)}) == len(folder.cells_path.read_text().splitlines())
    assert run_here("stop", "s1").stdout == f"{folder.id} does not train\n"
    (folder.path / "mine.txt").write_text("mine")
    assert "holds what is no part of a sweep (mine.txt)" in run_here("rm", "s1", "--yes").stderr
    (folder.path / "mine.txt").unlink()
    assert run_here("rm", "s1", "--yes").stdout == f"{folder.id} is removed\n"
    assert not folder.path.exists()


def test_what_goes_together_in_an_old_sweep_is_given_anew_or_kept(home: Path) -> None:
    create_sweep(Plan({"p": 7}, read_axes(["lr=.1,.2", "wd=1,2"], ["lr,wd"])), home)
    words = "lr and weight_decay go together in s0001-add7-mlp-lr-wd: give them all anew, or none"
    assert refused("--again", "s1", "--over", "lr=.3,.4", "--dry-run") == words
    assert refused("--again", "s1", "--wd", "1", "--dry-run") == words
    done = run_here("sweep", "--again", "s1", "--wd", "1", "--lr", ".1", "--seeds", "2", "--dry-run")
    assert done.stdout.splitlines()[0] == "1 cell × 2 seeds = 2 runs of a + b mod 7"


def test_a_task_that_is_swept_is_not_named(home: Path) -> None:
    done = run_here("sweep", "--over", "p=11,13", "--over", "arch=mlp,one-hot", "--dry-run")
    assert done.stdout.splitlines()[0] == "4 cells × 1 seed = 4 runs"
    create_sweep(Plan({}, read_axes(["p=11,13", "arch=mlp,one-hot"])), home)
    assert list_sweeps(home)[0].id == "s0001-p-arch"


def test_impossible_cells_are_left_out_by_a_condition(home: Path) -> None:
    heads = ["--arch", "transformer", "--over", "heads=2,3", "--over", "d_model=32,64", "--where", "heads==2"]
    assert run_here("sweep", *heads, "--dry-run").stdout.startswith("2 cells × 1 seed = 2 runs of ")
    ops = ["--over", "op=divide,add", "--over", "p=11,12", "--where", "op!=divide or p==11", "--dry-run"]
    assert run_here("sweep", *ops).stdout.startswith("3 cells × 1 seed = 3 runs\n")


def test_what_was_running_without_a_coordinator_was_interrupted(home: Path) -> None:
    folder = sweep(home, "wd=0.1,1")
    write_state(folder, SweepState(state="running", finished=1, total=2))
    assert run_here("sweep").stdout.splitlines()[0] == f"{folder.id}  1 of 2 runs, interrupted"
    listed = json.loads(run_here("sweep", "--json").stdout)
    assert listed == [
        {"sweep": folder.id, "folder": str(folder.path), "state": "interrupted", "runs": 1, "failed": 0, "total": 2}
    ]


def test_a_failed_cell_fails_again(home: Path) -> None:
    folder = sweep(home, "lr=1e-2,10", loss="mse", optimizer="sgd", max_steps=200)
    coordinator(folder).run()
    (failed,) = [run for run in records(folder) if run.state == "failed"]
    assert failed.reason == f"the loss is no longer finite after step {failed.step:,}"
    done = run_here("sweep", "--open", "s1", "1")
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == f"the same as in the sweep, where it failed too: {failed.reason}"
    assert "diverged after step" in done.stderr


def test_records_that_do_not_fit_the_plan_are_refused(home: Path) -> None:
    folder = sweep(home, "wd=0.1,1")
    coordinator(folder).run()
    text = folder.cells_path.read_text()
    for wrong in ('"run":999,"cell":0', '"run":9223372036854775808,"cell":0', '"run":0,"cell":1'):
        folder.cells_path.write_text(text.replace('"run":0,"cell":0', wrong, 1))
        done = run_here("sweep", "--resume", "s1")
        assert done.returncode == 1
        assert "does not fit the plan: " in done.stderr


def test_a_sweep_that_cannot_be_trained_says_why(home: Path) -> None:
    folder = sweep(home, "wd=0.1,1")
    (folder.path / "curves.f32").mkdir()
    done = run_here("sweep", "--resume", "s1")
    assert done.returncode == 1
    assert "curves.f32 cannot be opened: it is a folder, not a file" in done.stderr
