"""A fork goes on from a step of its parent exactly as its parent did, or as the parent would have with its changes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from grokterm.config import Value
from grokterm.errors import ConfigError, GroktermError, RunFolderError
from grokterm.runs.checkpoints import REGULAR, list_checkpoints, load_checkpoint
from grokterm.runs.folder import RunFolder, create_run, list_runs
from grokterm.runs.fork import fork_run
from grokterm.runs.log import LogReader
from grokterm.runs.summary import summarize
from grokterm.trainer.opening import open_run
from grokterm.trainer.session import TrainingSession
from grokterm.view_options import ViewOptions
from grokterm.wire.records import Change, Session, TrainingRecord
from tests.by_kernels import steps_by_kernels
from tests.trainer.running import TINY, Running, change

__all__ = ["steps_by_kernels"]

NewRun = Callable[..., Running]
CHANGING = TINY.changed({"p": 11, "width": 64, "lr": 0.02, "train_fraction": 0.8, "until": 200})
"""A run with events on its way."""


def opened(folder: RunFolder) -> TrainingSession:
    """The run in this process, with the log caught up with."""
    found = open_run(folder)
    session = found.session
    session.begin()
    while session.catching_up:
        session.advance(1000)
    session.goal_open = found.goal_open
    session.check_goal()
    return session


def advance_to(session: TrainingSession, step: int) -> None:
    while session.step < step:
        session.advance(step - session.step)


def trained(run: Running, to: int = 200) -> TrainingSession:
    """The run through two changes, with checkpoints on the way."""
    session = opened(run.folder)
    changes: dict[int, dict[str, Value]] = {33: {"lr": 3e-3}, 70: {"width": 24, "activation": "gelu"}}
    for stop, values in changes.items():
        advance_to(session, min(stop, to))
        if stop <= to:
            plan = session.change(values, keep=False, by="")
            session.after_change(plan)
    advance_to(session, min(100, to))
    session.save(REGULAR)
    advance_to(session, to)
    session.save("finished")
    return session


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """The run that most tests fork."""
    run = Running(tmp_path_factory.mktemp("recorded"), CHANGING)
    trained(run)
    return run.folder


@pytest.fixture
def parent(new_run: NewRun, recorded: RunFolder) -> Running:
    """A copy of it as this test's own."""
    run = new_run(CHANGING)
    shutil.rmtree(run.folder.path)
    shutil.copytree(recorded.path, run.folder.path)
    return run


def training_of(folder: RunFolder) -> list[TrainingRecord]:
    """The log less sessions and times."""
    run = Running.__new__(Running)
    run.folder = folder
    return run.training_records()


def final(folder: RunFolder) -> dict[str, bytes]:
    return {
        name: array.tobytes()
        for name, array in load_checkpoint(list_checkpoints(folder.checkpoint_folder)[-1])[1].items()
    }


@pytest.mark.parametrize("step", [0, 33, 69, 70, 100, 137, 200])
def test_a_fork_without_changes_goes_on_as_its_parent_did(parent: Running, folders: Path, step: int) -> None:
    fork = fork_run(parent.folder, folders, step)
    assert (fork.step, fork.words, fork.complaints) == (step, f"forked from {parent.folder.id} at step {step:,}", ())
    assert fork.folder.config() == parent.folder.config()
    found = fork.folder.parent()
    assert found is not None
    assert (found.run, found.path, found.step) == (parent.folder.id, str(parent.folder.path), step)
    session = opened(fork.folder)
    assert session.step == step
    # What the parent changed at its last step of all is no part of the steps up to there: it is made again.
    for made in parent.history().changes:
        if made.step > step:
            advance_to(session, made.step)
            session.after_change(session.change(made.values, made.keep, ""))
    advance_to(session, 200)
    session.save("finished")
    assert training_of(fork.folder) == parent.training_records()
    assert final(fork.folder) == parent.final_tensors()


@pytest.mark.parametrize("values", [{"weight_decay": 3}, {"arch": "mlp", "width": 20}])
def test_a_fork_with_changes_is_the_parent_changed_there(
    parent: Running,
    new_run: NewRun,
    folders: Path,
    values: dict[str, Value],
) -> None:
    changed = new_run(CHANGING)
    session = trained(changed, to=87)
    session.change(values, keep=True, by="")
    advance_to(session, 160)
    session.save("finished")
    fork = fork_run(parent.folder, folders, 87, values, keep=True, by="me")
    assert fork.folder.id.endswith("mlp" if "arch" in values else "-mlp")
    session = opened(fork.folder)
    assert session.step == 87
    advance_to(session, 160)
    session.save("finished")
    assert [record for record in training_of(fork.folder) if isinstance(record, Change)][-1].by == "me"
    mine = [r if not isinstance(r, Change) else (r.step, r.values, r.old, r.words) for r in training_of(fork.folder)]
    theirs = [
        r if not isinstance(r, Change) else (r.step, r.values, r.old, r.words) for r in training_of(changed.folder)
    ]
    assert mine == theirs
    assert final(fork.folder) == final(changed.folder)


def test_its_files_are_its_own_and_the_parents_stay_as_they_were(parent: Running, folders: Path) -> None:
    before = {path: path.read_bytes() for path in parent.folder.path.rglob("*") if path.is_file()}
    fork = fork_run(parent.folder, folders, 120)
    shared = list_checkpoints(fork.folder.checkpoint_folder)
    assert [path.name for path in shared] == [p.name for p in list_checkpoints(parent.folder.checkpoint_folder)][
        : len(shared)
    ]
    assert shared[0].samefile(parent.folder.checkpoint_folder / shared[0].name)
    advance_to(opened(fork.folder), 200)
    for path in shared:
        path.unlink()
    assert {path: path.read_bytes() for path in parent.folder.path.rglob("*") if path.is_file()} == before
    assert fork.folder.path.stat().st_mode & 0o777 == 0o700
    assert fork.folder.log_path.stat().st_mode & 0o777 == 0o600


def test_a_fork_from_a_checkpoint_behind_the_last_record(new_run: NewRun, folders: Path) -> None:
    parent = new_run(CHANGING)
    session = opened(parent.folder)
    advance_to(session, 57)
    session.save(REGULAR)
    fork = fork_run(parent.folder, folders)
    assert fork.step == 57
    assert opened(fork.folder).step == 57


def test_a_fork_of_a_fork_and_how_it_is_listed(parent: Running, folders: Path) -> None:
    first = fork_run(parent.folder, folders, 150, {"weight_decay": 2.0})
    second = fork_run(first.folder, folders, 90)
    sessions = [record for record in LogReader(second.folder.log_path).read() if isinstance(record, Session)]
    assert sessions[-1].words == f"forked from {first.folder.id} at step 90"
    assert sessions[-1].about["parent"] == first.folder.id
    told = summarize(second.folder)
    assert (told.state, told.step, told.parent) == ("new", 90, second.folder.parent())
    assert opened(second.folder).step == 90


def test_a_fork_from_a_reached_goal_goes_beyond_it(new_run: NewRun, folders: Path) -> None:
    parent = new_run(CHANGING, until=60).start()
    parent.ends()
    session = opened(fork_run(parent.folder, folders).folder)
    assert (session.step, session.reached) == (60, "")
    session = opened(fork_run(parent.folder, folders, values={"until": 90}).folder)
    assert session.goal_open
    advance_to(session, 90)
    assert session.reached == "step 90 reached"
    assert opened(fork_run(parent.folder, folders, 50).folder).goal_open


def test_a_run_is_forked_while_it_trains(new_run: NewRun, folders: Path) -> None:
    parent = new_run(pace=2000).start()
    parent.command(change(weight_decay=2.0))
    parent.logs(50)
    fork = fork_run(parent.folder, folders)
    parent.logs(fork.step + 200)
    parent.terminate()
    session = opened(fork.folder)
    assert session.step == fork.step
    advance_to(session, parent.records()[-1].step)
    assert training_of(fork.folder) == parent.training_records()


@pytest.mark.parametrize(
    ("step", "values", "words"),
    [
        (201, {}, "has steps 0 to 200: it cannot be forked at step 201"),
        (-1, {}, "it cannot be forked at step -1"),
        (5, {"p": 13}, "p 11 stays in a fork: start a new run with --p 13"),
        (5, {"op": "subtract"}, "operation add stays in a fork"),
        (5, {"heads": 4}, "heads does nothing in mlp"),
        (50, {"until": 40}, "until 40 is behind"),
        (5, {"lr": 99.0}, "--lr must be a number from 0 to 10"),
    ],
)
def test_what_cannot_be_forked(
    parent: Running,
    folders: Path,
    step: int,
    values: dict[str, Value],
    words: str,
) -> None:
    with pytest.raises(GroktermError) as error:
        fork_run(parent.folder, folders, step, values)
    assert words in str(error.value)
    assert list_runs(folders) == [parent.folder]
    assert [path.name for path in folders.iterdir() if path.is_dir()] == [parent.folder.id]


def test_a_run_that_never_began_cannot_be_forked(folders: Path) -> None:
    folders.mkdir()
    parent = create_run(TINY, ViewOptions(), folders)
    with pytest.raises(RunFolderError, match="has not begun to train"):
        fork_run(parent, folders)
    parent.log_path.write_bytes(b'{"kind":"scalars","step":')
    with pytest.raises(RunFolderError, match="has not begun to train"):
        fork_run(parent, folders)
    parent.log_path.write_bytes(b"{}\n")
    with pytest.raises(RunFolderError, match=r"line 1 of .* is damaged"):
        fork_run(parent, folders)


def test_damaged_checkpoints_are_named_and_left_behind(parent: Running, folders: Path) -> None:
    newest = list_checkpoints(parent.folder.checkpoint_folder)[-1]
    newest.write_bytes(newest.read_bytes()[:50])
    fork = fork_run(parent.folder, folders)
    assert len(fork.complaints) == 1
    assert newest.name in fork.complaints[0]
    assert not (fork.folder.checkpoint_folder / newest.name).exists()
    session = opened(fork.folder)
    assert session.step == 200
    with pytest.raises(ConfigError):
        fork_run(parent.folder, folders, 100, {"nothing": 1})
