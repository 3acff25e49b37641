"""What is removed is a run and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from grokterm.config import Config
from grokterm.errors import RunFolderError
from grokterm.runs.folder import RunFolder, create_run, find_run, list_runs
from grokterm.runs.process import trainer_alive
from grokterm.runs.removal import check_removable, remove_run
from grokterm.view_options import ViewOptions
from tests.needs import only_without_root
from tests.nursery import start_afresh
from tests.trainer.conftest import NewRun


@pytest.fixture
def run(folders: Path) -> RunFolder:
    folders.mkdir(exist_ok=True)
    return create_run(Config(p=5, width=4), ViewOptions(), folders)


def refused(folder: RunFolder, words: str) -> None:
    before = sorted(folder.path.rglob("*"))
    with pytest.raises(RunFolderError) as error:
        remove_run(folder)
    assert words in str(error.value)
    assert sorted(folder.path.rglob("*")) == before


def test_everything_a_trainer_leaves_is_removed(new_run: NewRun, folders: Path) -> None:
    running = new_run(until=20)
    running.start().ends()
    folder = running.folder
    (folder.path / "viewer.log").write_text("")
    (folder.path / "config.toml.part").write_text("")
    (folder.checkpoint_folder / "000000000010-000-regular.safetensors.unusable").write_text("")
    (folder.checkpoint_folder / "000000000010-000-regular.part").write_text("")
    remove_run(folder)
    assert list_runs(folders) == []
    assert not folder.path.exists()


def test_a_damaged_run_is_removed(run: RunFolder) -> None:
    run.config_path.write_text("p = ")
    run.log_path.write_bytes(b"\xff\n")
    remove_run(run)
    assert not run.path.exists()


def test_a_run_with_a_trainer_stays(new_run: NewRun) -> None:
    running = new_run()
    running.start()
    with pytest.raises(RunFolderError, match=f"stop it first with grokterm stop {running.folder.id}"):
        remove_run(running.folder)
    running.status()
    assert trainer_alive(running.folder)


def test_what_is_no_run_stays(run: RunFolder, tmp_path: Path) -> None:
    other = RunFolder(tmp_path / "elsewhere")
    other.path.mkdir()
    refused(other, "is no run: it has no config.toml")
    other.config_path.write_text("theme = 'dusk'\n")
    refused(other, "is no run: it has no folder of checkpoints")
    refused(RunFolder(tmp_path), "is no run: it has no config.toml")


@pytest.mark.parametrize("name", ["notes.md", "checkpoints/mine.txt", "checkpoints/x.safetensors", "log.jsonl.bak"])
def test_files_of_a_person_stay_and_are_named(run: RunFolder, name: str) -> None:
    (run.path / name).write_text("mine")
    refused(run, name)
    with pytest.raises(RunFolderError, match="move that elsewhere first"):
        check_removable(run)


def test_folders_within_stay(run: RunFolder) -> None:
    for inner in ("trainer.log", "checkpoints/000000000010-000-regular.safetensors"):
        (run.path / inner).mkdir()
        refused(run, inner)
        (run.path / inner).rmdir()


def test_links_are_never_followed(run: RunFolder, tmp_path: Path, folders: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "000000000010-000-regular.safetensors").write_text("precious")
    linked = folders / "0009-linked"
    linked.symlink_to(run.path)
    refused(find_run("9", folders), "is a link")
    run.checkpoint_folder.rmdir()
    run.checkpoint_folder.symlink_to(outside)
    refused(run, "checkpoints")
    run.checkpoint_folder.unlink()
    run.checkpoint_folder.mkdir()
    (run.checkpoint_folder / "000000000010-000-regular.safetensors").symlink_to(
        outside / "000000000010-000-regular.safetensors"
    )
    run.log_path.symlink_to(outside / "000000000010-000-regular.safetensors")
    remove_run(run)
    assert not run.path.exists()
    assert [path.read_text() for path in outside.iterdir()] == ["precious"]


@only_without_root
def test_a_folder_that_cannot_be_written_to(run: RunFolder) -> None:
    run.path.chmod(0o500)
    refused(run, "cannot be removed")
    run.path.chmod(0o700)


def test_a_trainer_that_only_just_starts_keeps_its_run(new_run: NewRun) -> None:
    running = new_run()
    running.pid = start_afresh(running.folder, paused=True)
    with pytest.raises(RunFolderError, match="has a trainer"):
        remove_run(running.folder)
