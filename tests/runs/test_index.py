"""The index of runs: what is taken from it, what is read anew, and that it may be anything at any time."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs
import pytest

from grokterm.config import Config
from grokterm.runs import index
from grokterm.runs.folder import RunFolder, create_run, list_runs
from grokterm.runs.index import RunIndex, index_path
from grokterm.runs.log import LogWriter
from grokterm.runs.notes import Notes, change_notes
from grokterm.runs.summary import summarize_with_settings
from grokterm.view_options import ViewOptions
from grokterm.wire.records import Event, Session
from tests.measured import measured


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "LEAST", 0)
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda name: str(tmp_path / "cache" / name))


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    folder = create_run(Config(p=53), ViewOptions(), tmp_path)
    append(
        folder, Session(0, "started", "started", 1.0), measured(0), measured(10), Session(10, "stopped", "stopped", 2.0)
    )
    return folder


def append(folder: RunFolder, *records: object) -> None:
    writer = LogWriter(folder.log_path)
    writer.append(*records)  # type: ignore[arg-type]
    writer.close()


def saved(home: Path) -> RunIndex:
    found, folders = RunIndex(home), list_runs(home)
    for folder in folders:
        found.run(folder)
    found.save(folders)
    return RunIndex(home)


def unread(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(folder: RunFolder) -> None:
        raise AssertionError(f"{folder.id} was read")

    monkeypatch.setattr("grokterm.runs.index.summarize_with_settings", read)


def test_what_has_not_changed_is_not_read_again(
    run: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = summarize_with_settings(run)
    kept = saved(tmp_path)
    assert index_path(tmp_path).stat().st_mode & 0o777 == 0o600
    unread(monkeypatch)
    assert kept.run(run) == expected


def test_a_file_that_changed_has_the_run_read_anew(run: RunFolder, tmp_path: Path) -> None:
    saved(tmp_path)
    append(run, Session(10, "resumed", "goes on", 3.0), measured(20), Event(20, "grokked", "grokked"))
    assert RunIndex(tmp_path).run(run) == summarize_with_settings(run)
    assert RunIndex(tmp_path).run(run).summary.step == 20
    saved(tmp_path)
    change_notes(run, lambda _: Notes(("good",), "a note"))
    assert RunIndex(tmp_path).run(run).summary.tags == ("good",)
    saved(tmp_path)
    (run.checkpoint_folder / "new.safetensors").write_bytes(b"12345")
    assert RunIndex(tmp_path).run(run).summary.size == summarize_with_settings(run).summary.size


def test_emergence_is_kept_once_it_was_asked_for(
    run: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = RunIndex(tmp_path)
    expected = found.emergence(run)
    found.save([run])
    monkeypatch.setattr("grokterm.runs.index.read_history", lambda folder: pytest.fail("the log was read"))
    assert RunIndex(tmp_path).emergence(run) == expected


@pytest.mark.parametrize("written", [b"", b"{", b'{"format":"0","runs":{}}', b"\xff\xfe", b"[" * 100_000])
def test_an_index_that_cannot_be_used_is_made_anew(run: RunFolder, tmp_path: Path, written: bytes) -> None:
    index_path(tmp_path).parent.mkdir(parents=True)
    index_path(tmp_path).write_bytes(written)
    assert RunIndex(tmp_path).run(run) == summarize_with_settings(run)
    saved(tmp_path)
    assert index_path(tmp_path).read_bytes() != written


def test_an_index_that_is_no_file_is_left_alone(run: RunFolder, tmp_path: Path) -> None:
    index_path(tmp_path).parent.mkdir(parents=True)
    os.mkfifo(index_path(tmp_path))
    assert RunIndex(tmp_path).run(run) == summarize_with_settings(run)
    index_path(tmp_path).unlink()


def test_a_run_that_was_removed_leaves_the_index(run: RunFolder, tmp_path: Path) -> None:
    saved(tmp_path)
    assert run.id.encode() in index_path(tmp_path).read_bytes()
    RunIndex(tmp_path).save([])
    assert run.id.encode() not in index_path(tmp_path).read_bytes()


def test_of_few_runs_nothing_is_written(run: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "LEAST", 2)
    saved(tmp_path)
    assert not index_path(tmp_path).exists()
