"""Runs that are gone on with, forked and replayed from the command line, with real trainers."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from grokterm.cli import main
from grokterm.config import Config
from grokterm.runs.checkpoints import list_checkpoints
from grokterm.runs.folder import RunFolder, create_run, find_run, list_runs
from grokterm.runs.log import LogReader
from grokterm.runs.process import trainer_alive
from grokterm.view_options import ViewOptions
from grokterm.wire.records import Change, Event, Scalars, Session
from tests.cli.terminals import run_here
from tests.commands import run_command
from tests.terminal.conftest import Grokterm
from tests.trainer.running import TINY, wait_for

GOAL = 60


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one run that has reached its goal."""
    home = tmp_path_factory.mktemp("finished")
    # A width that kernels do not take: so small a step of torch has the same bits on two threads as on one.
    create_run(TINY.changed({"until": GOAL, "width": 16}), ViewOptions(), home)
    assert main(["train", "--resume", "1", "--runs", str(home)]) == 0
    return home


@pytest.fixture
def home(finished: Path, folders: Path) -> Path:
    """A copy of it as this test's own home."""
    shutil.copytree(finished, folders)
    return folders


def steps(folder: RunFolder) -> list[int]:
    return [record.step for record in LogReader(folder.log_path).read() if isinstance(record, Scalars)]


def only(home: Path) -> RunFolder:
    (folder,) = list_runs(home)
    return folder


def test_a_run_that_never_trained_is_begun(finished: Path) -> None:
    assert steps(only(finished)) == list(range(0, GOAL + 1, 10))


def test_going_on_to_a_further_goal(home: Path) -> None:
    done = run_here("train", "--resume", "last", "--until", "100", "--wd", "2", "--json")
    assert done.returncode == 0, done.stderr
    place, told = map(json.loads, done.stdout.splitlines())
    assert (place["run"], told["step"]) == (only(home).id, 100)
    assert "target reached at step 100" in done.stderr
    folder = only(home)
    assert not trainer_alive(folder)
    assert steps(folder) == list(range(0, 101, 10))
    (change,) = [record for record in LogReader(folder.log_path).read() if isinstance(record, Change)]
    assert (change.step, change.values) == (GOAL, {"until": 100, "weight_decay": 2.0})
    # The limit that comes first ends it with status 3, also when somebody asks again.
    assert run_here("train", "--resume", "1", "--until", "grokked", "--lr", "0", "--max-steps", "115").returncode == 3
    assert steps(folder)[-1] == 115
    again = run_here("train", "--resume", "1")
    assert (again.returncode, again.stdout) == (3, f"{folder.id} is at its step limit already: nothing to do\n")


def test_a_goal_that_is_reached_needs_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = only(home).log_path.read_bytes()
    for goal in ([], ["--until", "60"], ["--until", "40"]):
        assert main(["train", "--resume", "1", *goal]) == 0
        assert capsys.readouterr().out == f"{only(home).id} is at its target already: nothing to do\n"
    assert main(["train", "--resume", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["step"] == GOAL
    assert only(home).log_path.read_bytes() == before


def test_what_a_run_cannot_change_is_refused_before_it_starts(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = only(home).log_path.read_bytes()
    for options, words in {
        "--until 90 --p 13": "p cannot change while a run trains",
        "--until 90 --heads 4": "heads does nothing in mlp",
    }.items():
        assert main(["train", "--resume", "1", *options.split()]) == 2
        assert words in capsys.readouterr().err
    assert only(home).log_path.read_bytes() == before
    assert not trainer_alive(only(home))


def test_a_fork_beside_the_screen(home: Path) -> None:
    forked = run_command("fork", "1", "--at", "43", "--wd", "3", "--until", "80", "--detach")
    assert (forked.returncode, forked.stderr) == (0, "")
    folder = find_run("2", home)
    assert forked.stdout == (
        "0002-add7-mlp trains, forked from 0001-add7-mlp at step 43: weight decay 1 → 3, until 60 → 80; "
        "watch it with: grokterm attach 2\n"
    )
    wait_for(lambda: steps(folder)[-1] == 80 and not trainer_alive(folder))
    assert steps(folder) == list(range(0, 81, 10))
    listed = run_here("runs").stdout.splitlines()
    assert "forked from" in listed[0]
    assert "0001-add7-mlp at 43" in listed[2]
    assert json.loads(run_here("runs", "--json").stdout)[1]["parent"]["step"] == 43
    replayed = run_command("replay", "2")
    assert replayed.returncode == 0, replayed.stdout
    assert "Every record and every checkpoint agrees, bit by bit." in replayed.stdout


@pytest.mark.parametrize("verb", ["attach", "resume"])
def test_the_screen_opens_a_run_without_a_trainer(home: Path, grokterm: Grokterm, verb: str) -> None:
    terminal = grokterm(verb, "1", tiny=False)
    terminal.shows(r"a \+ b mod 7", "■ finished" if verb == "attach" else "● training")
    if verb == "resume":
        terminal.until(lambda: steps(only(home))[-1] > GOAL, "further steps")
    names = [record.name for record in LogReader(only(home).log_path).read() if isinstance(record, Session)]
    assert names.count("resumed") == (2 if verb == "resume" else 1)


def test_the_screen_opens_on_a_fork(home: Path, grokterm: Grokterm) -> None:
    terminal = grokterm("fork", "1", "--at", "43", "--pace", "20", "--until", "5000", tiny=False)
    terminal.shows("forked from 0001-add7-mlp", "● training", "step [4-9]\\d")
    terminal.press("d")
    assert terminal.ends() == 0
    assert "grokterm attach 2" in terminal.text
    assert trainer_alive(find_run("2", home))


def test_a_replay_names_what_differs(home: Path) -> None:
    folder = only(home)
    lines = folder.log_path.read_bytes().splitlines(keepends=True)
    place = next(i for i, line in enumerate(lines) if b'"step":30,' in line)
    record = json.loads(lines[place])
    record["test_loss"] += 0.5
    lines[place] = json.dumps(record).encode() + b"\n"
    folder.log_path.write_bytes(b"".join(lines))
    done = run_command("replay", "last", "--json", OMP_NUM_THREADS="2")
    assert done.returncode == 1
    told = json.loads(done.stdout)
    measured = [r for r in LogReader(folder.log_path).read() if not isinstance(r, Session | Event)]
    assert (told["records"], told["checkpoints"]["differ"]) == ({"compared": len(measured), "differ": 1}, 0)
    assert (told["first"]["step"], told["first"]["name"], told["first"]["by"]) == (30, "test_loss", pytest.approx(0.5))
    assert next(c for c in told["circumstances"] if c["name"] == "threads") == {
        "name": "threads",
        "then": ["1"],
        "now": "2",
    }
    assert run_command("replay", "last", "--to", "20").returncode == 0


def test_a_replay_that_cannot_be(home: Path, folders: Path) -> None:
    beyond = run_command("replay", "1", "--to", "61")
    assert (beyond.returncode, beyond.stdout) == (2, "")
    assert beyond.stderr == "grokterm: 0001-add7-mlp has steps 0 to 60: it cannot be repeated to step 61\n"
    create_run(Config(p=5, width=4), ViewOptions(), folders)
    unbegun = run_command("replay", "last")
    assert unbegun.returncode == 2
    assert "has not begun to train" in unbegun.stderr


def test_a_damaged_checkpoint_is_named_by_a_replay(home: Path) -> None:
    newest = list_checkpoints(only(home).checkpoint_folder)[-1]
    content = bytearray(newest.read_bytes())
    content[-5] ^= 4
    newest.write_bytes(content)
    done = run_command("replay", "1")
    assert done.returncode == 1
    assert f"the checkpoint {newest} cannot be used" in done.stdout
