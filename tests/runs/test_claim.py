"""What trainer.json says is a claim: only the process that trains this very folder is taken for its trainer."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from grokterm.cli import main
from grokterm.config import Config
from grokterm.errors import RunFolderError, TrainerError
from grokterm.runs.claim import claim
from grokterm.runs.folder import RunFolder, create_run
from grokterm.runs.presence import identity
from grokterm.runs.process import (
    TrainerProcess,
    recorded_trainer,
    socket_of,
    start_time,
    trainer_alive,
    trainer_doubt,
    trainer_of,
    unrelated_process,
)
from grokterm.runs.removal import remove_run
from grokterm.runs.sockets import PATH_LIMIT
from grokterm.view_options import ViewOptions
from tests.trainer.claiming import held
from tests.trainer.running import wait_for


@pytest.fixture
def run(folders: Path) -> RunFolder:
    folders.mkdir()
    return create_run(Config(p=5, width=4), ViewOptions(), folders)


@pytest.fixture
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    """A process that has nothing to do with grokterm."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        assert process.poll() is None, "the bystander was ended"
        process.kill()


def name_in(folder: RunFolder, process: subprocess.Popen[bytes], locked: bool, where: str = "socket") -> None:
    """A trainer.json that is right in all that can be copied and guessed."""
    started = start_time(process.pid)
    assert started is not None
    told = TrainerProcess(process.pid, started, str(folder.path / where), identity(folder.path.stat()), locked)
    folder.trainer_path.write_bytes(msgspec.json.encode(told))


def listen(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    return listener


def test_a_process_that_only_trainer_json_names_is_let_alone(
    run: RunFolder, bystander: subprocess.Popen[bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    name_in(run, bystander, locked=True)
    assert (trainer_of(run), socket_of(run), trainer_doubt(run)) == (None, None, "")
    assert unrelated_process(run) == bystander.pid
    assert main(["stop", "1"]) == 0
    assert capsys.readouterr().out == (
        f"0001-add5-mlp does not train: process {bystander.pid}, which its trainer.json names, is not its trainer\n"
    )
    assert main(["stop", "--all"]) == 0
    assert capsys.readouterr().out == "no run trains\n"
    with held(run) as trainer:
        found = trainer_of(run)
        assert found is not None
        assert found.pid == trainer.pid
    assert main(["rm", "1", "--yes"]) == 0


def test_without_locks_a_process_is_asked_for_on_the_socket_and_else_let_alone(
    run: RunFolder, bystander: subprocess.Popen[bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    name_in(run, bystander, locked=False)
    with listen(run.path / "socket"):
        assert trainer_of(run) is None
        assert main(["stop", "1"]) == 2
        said = capsys.readouterr().err
        assert said.startswith(f"grokterm: 0001-add5-mlp is not stopped: {run.trainer_path} names process")
        assert said.endswith("and the process does not listen on the socket of the run\n")
        assert said.count("\n") == 1
        with pytest.raises(RunFolderError, match="may have a trainer: "):
            remove_run(run)
        with pytest.raises(TrainerError, match="may have a trainer already: "), claim(run):
            pass
    run.trainer_path.unlink()
    with held(run) as trainer:
        found = recorded_trainer(run)
        assert found is not None
        # In another file, which nobody has locked.
        run.trainer_path.unlink()
        run.trainer_path.write_bytes(msgspec.json.encode(msgspec.structs.replace(found, locked=False)))
        found = trainer_of(run)
        assert found is not None
        assert found.pid == trainer.pid


def test_a_lock_of_a_process_that_is_not_named_stops_nobody(
    run: RunFolder, bystander: subprocess.Popen[bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    with held(run) as trainer:
        before = run.trainer_path.read_bytes()
        name_in(run, bystander, locked=True)  # into the file that the trainer has locked
        assert main(["stop", "1"]) == 2
        assert capsys.readouterr().err == (
            f"grokterm: 0001-add5-mlp is not stopped: {run.trainer_path} is locked by process {trainer.pid}, "
            "which it does not name\n"
        )
        assert trainer.poll() is None
        run.trainer_path.write_bytes(before)
        assert main(["stop", "1"]) == 0
        assert trainer.wait(20) == -signal.SIGTERM


@pytest.mark.parametrize("how", ["-r", "-al"], ids=["copied", "linked"])
@pytest.mark.parametrize("deep", [False, True], ids=["own socket", "private socket"])
def test_a_copy_of_a_live_run_claims_nothing_of_it(
    run: RunFolder, folders: Path, how: str, deep: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    home = folders / ("deep" * 40) if deep else folders
    home.mkdir(exist_ok=True)
    original = create_run(Config(p=5, width=4), ViewOptions(), home)
    with held(original) as trainer:
        copy = RunFolder(home / "0007-copy")
        subprocess.run(["cp", how, original.path, copy.path], check=True)
        assert copy.trainer_path.read_bytes() == original.trainer_path.read_bytes()
        listens = socket_of(original)
        assert listens is not None
        assert listens.is_relative_to(original.path) is (len(str(original.path / "socket")) <= PATH_LIMIT)
        assert (trainer_of(copy), socket_of(copy), trainer_doubt(copy)) == (None, None, "")
        assert main(["stop", str(copy.path)]) == 0
        assert "0007-copy does not train" in capsys.readouterr().out
        with held(copy) as other:
            found = trainer_of(copy)
            assert found is not None
            assert found.pid == other.pid
        remove_run(copy)
        found = trainer_of(original)
        assert found is not None
        assert found.pid == trainer.pid
        assert socket_of(original) == listens


def test_a_socket_elsewhere_stays_whatever_trainer_json_says(
    run: RunFolder, tmp_path: Path, bystander: subprocess.Popen[bytes]
) -> None:
    private = tmp_path / "grokterm-notes"
    private.mkdir(mode=0o700)
    with listen(private / "socket"):
        name_in(run, bystander, locked=True, where=str(private / "socket"))
        with held(run):
            assert (private / "socket").exists()
        name_in(run, bystander, locked=True, where=str(private / "socket"))
        remove_run(run)
        assert (private / "socket").exists()


def test_a_suspended_trainer_is_asked_and_told_of(run: RunFolder, capsys: pytest.CaptureFixture[str]) -> None:
    with held(run) as trainer:
        trainer.send_signal(signal.SIGSTOP)
        os.waitpid(trainer.pid, os.WUNTRACED)
        assert trainer_alive(run)
        assert main(["stop"]) == 2
        assert capsys.readouterr().err == (
            f"grokterm: the trainer of 0001-add5-mlp is suspended: "
            f"kill -CONT {trainer.pid} lets it write its last checkpoint and end\n"
        )
        with pytest.raises(TrainerError, match="has a trainer already"), claim(run):
            pass
        trainer.send_signal(signal.SIGCONT)
        assert trainer.wait(20) == -signal.SIGTERM


def test_nobody_else_may_reach_in(folders: Path) -> None:
    before = os.umask(0)
    try:
        home = folders / ("deep" * 40)
        home.mkdir(parents=True)
        runs = [create_run(Config(p=5, width=4), ViewOptions(), place) for place in (folders, home)]
        modes = []
        for folder in runs:
            with claim(folder):
                listens = recorded_trainer(folder)
                assert listens is not None
                path = Path(listens.socket)
                private = [folder.path, folder.checkpoint_folder, path.parent, path, folder.trainer_path]
                modes.append([stat.S_IMODE(one.lstat().st_mode) for one in private])
            assert not path.exists()
        assert not path.parent.exists()
    finally:
        os.umask(before)
    assert modes == [[0o700, 0o700, 0o700, 0o600, 0o600]] * 2


def test_trainer_json_is_written_anew_where_it_was_removed_or_changed(run: RunFolder) -> None:
    path = run.trainer_path
    with held(run, looks=True) as trainer:
        before = path.read_bytes()
        for change in (path.unlink, lambda: path.write_bytes(b"{}"), lambda: path.write_bytes(before[:-1] + b" ")):
            change()
            wait_for(lambda: trainer_of(run), "a new trainer.json")
            assert path.read_bytes() == before
        assert trainer.poll() is None
    assert not path.exists()
