"""Files written whole: what reaches the disk in which order, and what is left where it cannot be written."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from grokterm import durable
from grokterm.errors import RunFolderError
from grokterm.runs.checkpoints import checkpoint_path, save_checkpoint
from grokterm.runs.folder import create_run
from grokterm.runs.log import LogWriter
from grokterm.trainer.opening import open_run
from grokterm.view_options import ViewOptions
from tests.runs.test_checkpoints import mark
from tests.trainer.running import TINY


@pytest.fixture
def happened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is synced and renamed, in order, by name; all of it is really done."""
    found: list[str] = []
    sync, rename = os.fsync, os.rename

    def noted_sync(file: int) -> None:
        about = os.fstat(file)
        kind = "folder" if stat.S_ISDIR(about.st_mode) else f"{about.st_size} bytes"
        found.append(f"sync {kind} {about.st_ino}")
        sync(file)

    def noted_rename(old: str, new: str, *, src_dir_fd: int, dst_dir_fd: int) -> None:
        rename(old, new, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)
        found.append(f"name {new} {os.stat(new, dir_fd=dst_dir_fd).st_ino}")

    monkeypatch.setattr(os, "fsync", noted_sync)
    monkeypatch.setattr(os, "rename", noted_rename)
    return found


def order(path: Path) -> list[str]:
    """What must have happened to a file for it to be there after the power has failed."""
    inode, size = path.stat().st_ino, path.stat().st_size
    return [f"sync {size} bytes {inode}", f"name {path.name} {inode}", f"sync folder {path.parent.stat().st_ino}"]


def test_a_file_is_synced_before_it_is_named_and_its_folder_after(tmp_path: Path, happened: list[str]) -> None:
    path, aside = tmp_path / "file", tmp_path / "file.part"
    path.write_text("before")
    aside.write_text("left by a process that died")
    durable.write(path, b"after", aside)
    assert path.read_bytes() == b"after"
    assert happened == order(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["file"]


def test_a_checkpoint_is_on_the_disk_with_its_name(tmp_path: Path, happened: list[str]) -> None:
    assert order(save_checkpoint(tmp_path / "checkpoints", mark(), {"w": np.ones(3)})) == happened


def test_a_run_is_on_the_disk_before_its_first_step_and_nobody_waits_for_that_before(
    tmp_path: Path, happened: list[str]
) -> None:
    folder = create_run(TINY, ViewOptions(), tmp_path)
    written, named, synced = order(folder.config_path)
    assert happened == [named]
    happened.clear()
    open_run(folder)
    assert happened == [written, synced, f"sync folder {tmp_path.stat().st_ino}", synced]  # the last one for its log
    happened.clear()
    LogWriter(folder.log_path).close()
    assert happened == [synced]


def test_what_lies_aside_as_a_link_is_not_written_through(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("of somebody else")
    (tmp_path / "file.part").symlink_to(other)
    durable.write(tmp_path / "file", b"new", tmp_path / "file.part")
    assert other.read_text() == "of somebody else"
    assert not (tmp_path / "file").is_symlink()


def failing(number: int, only: Callable[[int], bool]) -> Callable[[int], None]:
    def sync(file: int) -> None:
        if only(os.fstat(file).st_mode):
            raise OSError(number, os.strerror(number))

    return sync


def test_a_disk_that_is_full_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save_checkpoint(tmp_path, mark(), {"w": np.ones(3)})
    written = path.read_bytes()
    monkeypatch.setattr(os, "fsync", failing(errno.ENOSPC, stat.S_ISREG))
    with pytest.raises(RunFolderError, match="no space left on device"):
        save_checkpoint(tmp_path, mark(), {"w": np.zeros(3)})
    assert os.listdir(tmp_path) == [path.name]
    assert path.read_bytes() == written


def test_a_file_system_that_knows_no_sync_of_folders_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", failing(errno.EINVAL, stat.S_ISDIR))
    save_checkpoint(tmp_path, mark(), {"w": np.ones(3)})
    monkeypatch.setattr(os, "fsync", failing(errno.EIO, stat.S_ISDIR))
    with pytest.raises(RunFolderError, match="input/output error"):
        save_checkpoint(tmp_path, mark(step=20), {"w": np.ones(3)})
    assert checkpoint_path(tmp_path, mark()).exists()
