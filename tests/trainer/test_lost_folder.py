"""A run folder that vanishes under its trainer, or can no longer be read: everybody ends with a sentence."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from grokterm.runs.folder import RunFolder, create_run
from grokterm.runs.log import LogReader
from grokterm.runs.presence import FolderWatch
from grokterm.runs.process import exit_status
from grokterm.view_options import ViewOptions
from grokterm.wire.records import Session
from tests import needs
from tests.commands import DEVNULL, PIPE, start_command
from tests.nursery import start_afresh
from tests.patience import PATIENCE
from tests.trainer.claiming import held, holding
from tests.trainer.conftest import NewRun
from tests.trainer.running import TINY, wait_for


def remove(run: RunFolder) -> str:
    def gone() -> bool:
        subprocess.run(["rm", "-rf", run.path], check=False, stderr=subprocess.DEVNULL)
        return not run.path.exists()

    wait_for(gone, "the end of the folder")
    return f"the run folder {run.path} is gone: it was removed or moved, or its disk is no longer there"


def move(run: RunFolder) -> str:
    run.path.rename(run.path.with_name("elsewhere"))
    return f"the run folder {run.path} is gone"


def replace(run: RunFolder) -> str:
    move(run)
    shutil.copytree(run.path.with_name("elsewhere"), run.path, ignore=shutil.ignore_patterns("socket"))
    return f"another folder is in the place of the run folder {run.path}"


def replace_log(run: RunFolder) -> str:
    aside = run.path / "aside"
    shutil.copy(run.log_path, aside)
    aside.rename(run.log_path)
    return f"another file is in the place of the log {run.log_path}"


def make_unreadable(run: RunFolder) -> str:
    """As a home without permissions, for root too: a link that leads to itself."""
    move(run)
    run.path.symlink_to(run.path)
    return f"the run folder {run.path} cannot be read any more: too many levels of symbolic links"


@pytest.fixture
def run(folders: Path) -> RunFolder:
    folders.mkdir()
    return create_run(TINY, ViewOptions(), folders)


@pytest.mark.parametrize("lose", [remove, move, replace, replace_log, make_unreadable])
def test_a_process_lets_go_of_a_lost_folder(run: RunFolder, lose: Callable[[RunFolder], str]) -> None:
    run.log_path.write_bytes(b"")
    with held(run, looks=True) as trainer:
        words = lose(run)
        files = contents(run.path)
        assert trainer.stdout
        told = trainer.stdout.read()
        assert (trainer.wait(20), told.count("\n")) == (2, 1)
    assert told.startswith(words)
    if lose is not replace_log:
        assert contents(run.path) == files
    if lose in (move, make_unreadable):
        # In the folder that was its own it clears away what it made.
        assert names(run.path.with_name("elsewhere")) == ["checkpoints", "config.toml", "log.jsonl"]


@pytest.mark.parametrize(("lose", "paused"), [(remove, False), (move, True)])
def test_a_trainer_ends_with_its_folder(new_run: NewRun, lose: Callable[[RunFolder], str], paused: bool) -> None:
    run = new_run(log_every=100).start(paused)
    run.status()
    if not paused:
        run.reaches(200)
    with run.folder.trainer_log_path.open() as printed:
        words = lose(run.folder)
        wait_for(lambda: exit_status(run.folder) is not None, "the end of the trainer", 15)
        assert exit_status(run.folder) == 2
        assert printed.read().startswith(words)
    elsewhere = RunFolder(run.folder.path.with_name("elsewhere"))
    if elsewhere.path.exists():
        last = LogReader(elsewhere.log_path).read()[-1]
        assert isinstance(last, Session)
        assert last.name == "failed"
        assert last.words.startswith(words)
        assert names(elsewhere.path) == ["checkpoints", "config.toml", "log.jsonl", "trainer.log"]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_an_unmounted_disk_ends_who_holds_a_folder_on_it(run: RunFolder, tmp_path: Path) -> None:
    """In a mount namespace of its own, where the system lets one be made."""
    alone = ["unshare", "--user", "--map-root-user", "--mount"]
    if not shutil.which("unshare") or subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        needs.need(False, needs.NAMESPACES)
    disk = tmp_path / "disk"
    disk.mkdir()
    script = (
        'disk=$1 run=$2; shift 2; mount -t tmpfs none "$disk" && cp -r "$run" "$disk/run" || exit 99; '
        '{ read -r held && umount --lazy "$disk" && cat; } < "$disk.told" & '
        'exec "$@" > "$disk.told"'
    )
    os.mkfifo(f"{disk}.told")
    command = [*alone, "sh", "-c", script, "sh", str(disk), str(run.path), *holding(disk / "run", looks=True)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        told = process.stdout.read()
        assert process.wait(20) == 2
    assert told.startswith(f"the run folder {disk / 'run'} is gone")


def test_a_folder_that_is_away_for_a_moment_is_not_lost(new_run: NewRun) -> None:
    run = new_run()
    presence = FolderWatch(run.folder)
    path, elsewhere = run.folder.path, run.folder.path.with_name("elsewhere")
    path.rename(elsewhere)
    path.symlink_to(path)
    assert presence.why_lost(check_now=True) == ""
    path.unlink()
    elsewhere.rename(path)
    assert presence.why_lost(check_now=True) == ""
    path.rename(elsewhere)
    path.symlink_to(path)
    wait_for(lambda: presence.why_lost(check_now=True), "its loss")


def test_a_folder_that_goes_while_torch_loads_is_not_written_to(new_run: NewRun) -> None:
    run = new_run()
    run.pid = start_afresh(run.folder)
    wait_for(lambda: run.folder.trainer_path.exists(), "a trainer")
    replace(run.folder)
    files = contents(run.folder.path)
    wait_for(lambda: exit_status(run.folder) is not None, "the end of the trainer")
    assert exit_status(run.folder) == 2
    assert contents(run.folder.path) == files


def test_train_ends_with_its_folder(folders: Path) -> None:
    arguments = ["train", "--p", "7", "--width", "16", "--until", "forever", "--log-every", "100"]
    with start_command(arguments, (None, DEVNULL, PIPE), text=True) as process:
        folder = RunFolder(folders / "0001-add7-mlp")
        wait_for(lambda: folder.log_path.exists() and len(LogReader(folder.log_path).read()) > 2, "a log")
        words = remove(folder)
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    ended = "grokterm: training of 0001-add7-mlp ended (at step [0-9,]+|before its first step): "
    assert re.sub(ended, "", errors) == f"{words}\n"
