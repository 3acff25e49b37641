"""Links, pipes, sockets and devices in a run folder: refused by name, without waiting, and nothing else is touched."""

from __future__ import annotations

import io
import json
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import pytest

import grokterm
from grokterm.cli import main
from grokterm.errors import RunFolderError
from grokterm.real_files import WrongKindError, open_file, opened_folder, reading
from grokterm.runs.checkpoints import (
    list_checkpoints,
    load_checkpoint,
    quarantine,
    read_info,
    remove_partial,
    save_checkpoint,
)
from grokterm.runs.folder import RunFolder, list_runs
from grokterm.runs.log import LINE_LIMIT, LogReader, LogWriter, read_tail
from grokterm.runs.process import recorded_trainer, start_trainer, trainer_alive
from grokterm.runs.retention import checkpoint_budget, thin
from grokterm.trainer.__main__ import main as train
from grokterm.wire.records import Event, Session, encode_record
from tests.commands import PIPE, start_command
from tests.patience import PATIENCE
from tests.runs.logged import logged
from tests.runs.test_checkpoints import mark
from tests.trainer.running import wait_for

FILES: Final = ("config.toml", "log.jsonl", "trainer.json", "trainer.log", "trainer.part", "viewer.log")
LETTER: Final = "Dear reader,\nthis line has no end"


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    """A file outside, with an unfinished last line."""
    path = tmp_path / "letter.txt"
    path.write_text(LETTER)
    return path


def linked(path: Path, letter: Path) -> None:
    path.symlink_to(letter)


def pipe(path: Path, letter: Path) -> None:
    os.mkfifo(path)


def bound(path: Path, letter: Path) -> None:
    os.chdir(path.parent)
    with socket.socket(socket.AF_UNIX) as stream:
        stream.bind(path.name)


def folder(path: Path, letter: Path) -> None:
    path.mkdir()


KINDS: Final[dict[str, Callable[[Path, Path], None]]] = {
    "a link": linked, "a pipe": pipe, "a socket": bound, "a folder": folder,
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("flags", [os.O_RDONLY, os.O_WRONLY | os.O_CREAT | os.O_APPEND, os.O_RDWR | os.O_CREAT])
def test_only_files_are_opened(tmp_path: Path, letter: Path, kind: str, flags: int) -> None:
    KINDS[kind](tmp_path / "it", letter)
    with pytest.raises(WrongKindError) as error:
        open_file(tmp_path / "it", flags)
    assert error.value.strerror == f"it is {kind}, not a file"


@pytest.mark.parametrize("path", ["/dev/null", "/dev/zero", "/dev/tty"])
def test_no_device_is_opened(path: str) -> None:
    with pytest.raises(WrongKindError, match="it is a device, not a file"):
        reading(Path(path))


def test_what_takes_the_place_of_a_file_after_the_look_is_refused_too(
    tmp_path: Path, letter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grokterm.real_files.kind_of", lambda *_: None)
    for kind in ("a link", "a pipe"):
        KINDS[kind](tmp_path / kind, letter)
        with pytest.raises(OSError, match=r"a pipe, not a file|symbolic links"):
            open_file(tmp_path / kind, os.O_RDWR | os.O_CREAT)


def test_a_folder_is_opened_through_a_link_only_where_that_is_allowed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    with opened_folder(tmp_path / "link", through_link=True) as opened:
        assert os.listdir(opened) == ["link"]
    with pytest.raises(WrongKindError, match="link is a link, not a folder"), opened_folder(tmp_path / "link"):
        pass


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", FILES)
def test_every_command_refuses_and_names_it(
    folders: Path, letter: Path, capsys: pytest.CaptureFixture[str], kind: str, name: str
) -> None:
    folders.mkdir()
    run, other = logged(folders), logged(folders)
    (run.path / name).unlink(missing_ok=True)
    KINDS[kind](run.path / name, letter)
    words = f"{run.path / name} cannot be used: it is {kind}, not a file"
    for command in ("train --resume 1", "replay 1", f"fork {run.path} --detach"):
        assert main(command.split()) == 2
        printed = capsys.readouterr()
        assert (printed.out, printed.err) == ("", f"grokterm: {words}\n")
    with pytest.raises(RunFolderError) as error:
        grokterm.open_run("1")
    assert str(run.path / name) in str(error.value)
    assert train([str(run.path)]) == 2
    assert capsys.readouterr().err == f"{words}\n"
    assert main(["stop", "1"]) == 0
    capsys.readouterr()
    assert main(["runs", "--json"]) == 0
    bad, good = json.loads(capsys.readouterr().out)
    assert (bad["id"], bad["state"], bad["step"]) == (run.id, "damaged", None)
    assert str(run.path / name) in bad["words"]
    assert (good["id"], good["state"], good["step"]) == (other.id, "stopped", 100)
    assert main(["runs"]) == 0
    assert f"it is {kind}, not a file" in capsys.readouterr().out
    assert letter.read_text() == LETTER


def test_a_log_that_leads_outside_is_not_written(folders: Path, letter: Path) -> None:
    """Not even by who opens it after all checks."""
    folders.mkdir()
    run = logged(folders)
    for content in (LETTER, "no end of line at all"):
        letter.write_text(content)
        run.log_path.unlink()
        run.log_path.symlink_to(letter)
        for opening in (LogWriter, lambda path: LogReader(path).read(), lambda path: read_tail(path, 100)):
            with pytest.raises(RunFolderError, match=r"log .* cannot be .*: it is a link, not a file"):
                opening(run.log_path)
        assert letter.read_text() == content


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder outside with a checkpoint, a half-written one, and something large."""
    path = save_checkpoint(tmp_path / "outside", mark(), {"w": np.ones(3)})
    path.with_suffix(".part").write_text("half written")
    (path.parent / "large").write_bytes(b"x" * 10_000)
    return path.parent


def test_checkpoints_that_lead_outside_are_left_alone(folders: Path, outside: Path) -> None:
    folders.mkdir()
    run = logged(folders)
    there = sorted(outside.iterdir())
    run.checkpoint_folder.rmdir()
    run.checkpoint_folder.symlink_to(outside)
    checkpoint = run.checkpoint_folder / there[1].name
    assert list_checkpoints(run.checkpoint_folder) == thin(run.checkpoint_folder, 0) == []
    refused: list[Callable[[], object]] = [
        *(
            lambda: save_checkpoint(run.checkpoint_folder, mark(step=7), {"w": np.ones(3)}),
            lambda: load_checkpoint(checkpoint),
        ),
        *(lambda: read_info(checkpoint), lambda: quarantine(checkpoint)),
        lambda: remove_partial(run.checkpoint_folder),
    ]
    for attempt in refused:
        with pytest.raises((OSError, RunFolderError), match="checkpoints is a link, not a folder"):
            attempt()
    with pytest.raises(RunFolderError, match="checkpoints cannot be used: it is a link, not a folder"):
        run.config()
    assert main(["train", "--resume", "1"]) == train([str(run.path)]) == 2
    assert sorted(outside.iterdir()) == there


def test_a_checkpoint_that_is_a_link_is_set_aside_where_it_lies(outside: Path, tmp_path: Path) -> None:
    (there,) = list_checkpoints(outside)
    here = tmp_path / "checkpoints" / there.name
    here.parent.mkdir()
    here.symlink_to(there)
    with pytest.raises(RunFolderError, match="cannot be used: it is a link, not a file"):
        load_checkpoint(here)
    quarantine(here)
    assert load_checkpoint(there)[0] == mark()
    assert checkpoint_budget(here.parent, 1000) == 1000


def test_a_run_folder_that_is_a_link_is_a_run(folders: Path, tmp_path: Path) -> None:
    """And so is a folder of runs: a person made them."""
    folders.mkdir()
    run = logged(folders, 100, log_every=10)
    (tmp_path / "linked").symlink_to(folders)
    (folders / "0002-linked").symlink_to(run.path)
    assert [folder.id for folder in list_runs(tmp_path / "linked")] == [run.id, "0002-linked"]
    assert grokterm.open_run(tmp_path / "linked" / "0002-linked").last_step == 100
    again = RunFolder(folders / "0002-linked")
    start_trainer(again, paused=True)
    # One that stops while it still repeats the log has no checkpoint to write.
    wait_for(lambda: any(isinstance(one, Session) and one.name == "paused" for one in LogReader(again.log_path).read()))
    assert main(["stop", "2"]) == 0
    assert not trainer_alive(again)
    assert [path.name for path in run.checkpoint_folder.iterdir()] != []


def test_pipes_in_the_place_of_every_file_hold_nothing_up(folders: Path) -> None:
    """Their other end is never opened: a command that waited for it would not end, not even by SIGTERM."""
    folders.mkdir()
    for name in FILES:
        run = logged(folders)
        (run.path / name).unlink(missing_ok=True)
        os.mkfifo(run.path / name)
    for arguments in (["runs"], ["train", "--resume", "2"], ["stop", "--all"]):
        with start_command(arguments, (None, PIPE, PIPE)) as process:
            deadline = time.monotonic() + PATIENCE
            while process.poll() is None:
                assert time.monotonic() < deadline, arguments
                time.sleep(0.05)
        assert process.returncode in (0, 2)
    assert recorded_trainer(RunFolder(folders / list_runs(folders)[2].id)) is None


def test_a_line_of_200_megabytes_is_refused_and_stays(folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders.mkdir()
    run = logged(folders)
    good = run.log_path.read_bytes()
    lines = good.count(b"\n")
    for end in (b"", b"\n"):
        run.log_path.write_bytes(good)
        os.truncate(run.log_path, 200 * 10**6)  # a hole: it takes no room
        with run.log_path.open("ab") as file:
            file.write(end)
        size = run.log_path.stat().st_size
        reader = LogReader(run.log_path)
        with pytest.raises(RunFolderError, match=f"line {lines + 1} of .* is longer than 1,048,576 bytes"):
            reader.read()
        assert main(["train", "--resume", "1"]) == 2
        assert f"line {lines + 1} of {run.log_path} is longer than" in capsys.readouterr().err
        assert main(["runs"]) == 0
        assert f"the last line of {run.log_path} is longer than" in capsys.readouterr().out
        assert train([str(run.path)]) == 2
        assert run.log_path.stat().st_size == size
        assert run.log_path.read_bytes()[: len(good)] == good


def test_no_more_is_read_than_tells_that_a_line_is_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "log.jsonl"
    path.touch()
    os.truncate(path, 200 * 10**6)
    taken: list[int] = []

    class Counted(io.FileIO):
        def read(self, size: int | None = -1, /) -> bytes:
            found = super().read(size) or b""
            taken.append(len(found))
            return found

    monkeypatch.setattr("grokterm.runs.log.reading", lambda path: Counted(path))
    with pytest.raises(RunFolderError, match="line 1 of"):
        LogReader(path).read()
    assert LINE_LIMIT < sum(taken) < 2 * LINE_LIMIT


def test_the_longest_line_and_a_torn_one_as_long_are_read(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    short = len(encode_record(Event(1, "grokked", "")))
    longest = Event(1, "grokked", "x" * (LINE_LIMIT + 1 - short))
    LogWriter(path).append(longest)
    assert LogReader(path).read() == read_tail(path, 100) == [longest]
    with path.open("ab") as file:
        file.write(b"x" * LINE_LIMIT)
    assert LogReader(path).read() == [longest]
    LogWriter(path)
    assert path.stat().st_size == LINE_LIMIT + 1
    with path.open("ab") as file:
        file.write(b"x" * (LINE_LIMIT + 1))
    with pytest.raises(RunFolderError, match="its last line is longer than"):
        LogWriter(path)
    with pytest.raises(RunFolderError, match="line 2 of"):
        LogReader(path).read()
