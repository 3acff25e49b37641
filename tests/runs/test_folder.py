"""Run folders: made, found, listed, refused."""

from __future__ import annotations

import multiprocessing
import stat
from pathlib import Path

import pytest

from grokterm.config import Config
from grokterm.errors import RunFolderError
from grokterm.runs.folder import RunFolder, create_run, find_run, list_runs, runs_home
from grokterm.view_options import ViewOptions
from tests.needs import only_without_root


def test_what_is_written_is_read_again(folders: Path) -> None:
    config = Config(p=11, batch_size=32, until=5000, pace="max", lr=3e-3, device="cuda:1")
    view = ViewOptions(theme="paper", graph="ascii", fps=4.0)
    run = create_run(config, view, runs_home())
    again = RunFolder(run.path)
    assert (again.config(), again.view()) == (config, view)
    assert run.path.parent == folders
    assert run.id == "0001-add11-mlp"


def test_a_run_is_for_its_owner_alone(folders: Path) -> None:
    run = create_run(Config(), ViewOptions(), runs_home())
    for path in (folders, run.path, run.checkpoint_folder):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert stat.S_IMODE(run.config_path.stat().st_mode) == 0o600


def test_numbers_go_on_above_the_highest(folders: Path) -> None:
    home = runs_home()
    (home / "0041-something").mkdir()
    (home / "notes.txt").touch()
    made = create_run(Config(op="x2+xy+y2", arch="transformer"), ViewOptions(), home)
    assert made.id == "0042-x2+xy+y2-97-transformer"
    assert [run.id for run in list_runs(home)] == [made.id]


def _make(home: Path, arch: str) -> None:
    for _ in range(10):
        create_run(Config().changed({"arch": arch}), ViewOptions(), home)


def test_runs_that_are_made_at_once_have_numbers_of_their_own(folders: Path) -> None:
    home = runs_home()
    fork = multiprocessing.get_context("fork")
    makers = [fork.Process(target=_make, args=(home, arch)) for arch in ("one-hot", "mlp")]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()
    assert [int(run.id[:4]) for run in list_runs(home)] == list(range(1, 21))


@pytest.fixture
def three(folders: Path) -> list[RunFolder]:
    home = runs_home()
    return [create_run(Config(p=p), ViewOptions(), home) for p in (11, 13, 17)]


@pytest.mark.parametrize(
    ("name", "found"),
    [("0002-add13-mlp", 1), ("2", 1), ("0002", 1), ("0002-a", 1), ("last", 2), ("3", 2)],
)
def test_a_run_is_found_by_what_people_type(three: list[RunFolder], name: str, found: int) -> None:
    assert find_run(name, three[0].path.parent) == three[found]


def test_a_run_is_found_by_its_path(three: list[RunFolder], monkeypatch: pytest.MonkeyPatch, folders: Path) -> None:
    assert find_run(str(three[1].path), Path("/")) == three[1]
    monkeypatch.chdir(folders)
    assert find_run(f"./{three[1].id}", Path("/")) == three[1]


@pytest.mark.parametrize(
    ("name", "words"),
    [("000", "fits 3 runs"), ("7", "no run '7'"), ("", "no run ''"), ("./nowhere", "no run: it has no config.toml")],
)
def test_a_run_that_is_not_there(three: list[RunFolder], name: str, words: str) -> None:
    with pytest.raises(RunFolderError, match=words) as error:
        find_run(name, three[0].path.parent)
    assert "\n" not in str(error.value)


def test_no_run_yet(folders: Path) -> None:
    with pytest.raises(RunFolderError, match=r"no run in .* yet"):
        find_run("last", runs_home())


def test_a_home_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(RunFolderError, match="--runs"):
            runs_home(place)
    with pytest.raises(RunFolderError, match="--runs"):
        create_run(Config(), ViewOptions(), tmp_path / "gone")


@only_without_root
def test_a_home_that_is_not_writable(tmp_path: Path) -> None:
    home = tmp_path / "locked"
    home.mkdir(mode=0o500)
    with pytest.raises(RunFolderError, match="--runs"):
        runs_home(home)


@pytest.mark.parametrize(
    "content",
    [
        b"p = 97\nq = 3\n",
        b"p = [97]\n",
        b'p = "many"\n',
        b"p = 4\nop = 'divide'\n",
        b"p = ",
        b"\xff\xfe\x00",
        b"lr = nan\n",
        b"p = 100000000000000000000000000000\n",
        b"p = 97\n[about]\nformat = 'x'\n",
        b"about = 3\n",
        b"a = " + 5000 * b"[" + 5000 * b"]",
    ],
)
def test_a_configuration_that_is_none(folders: Path, content: bytes) -> None:
    run = create_run(Config(), ViewOptions(), runs_home())
    run.config_path.write_bytes(content)
    with pytest.raises(RunFolderError) as error:
        run.config()
    assert str(run.config_path) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_run_of_a_newer_version(folders: Path) -> None:
    run = create_run(Config(), ViewOptions(), runs_home())
    run.config_path.write_text("p = 97\nfuture = 3\n[about]\nformat = 2\n")
    with pytest.raises(RunFolderError, match="newer grokterm"):
        run.config()


@pytest.mark.parametrize("content", ["[view]\nfps = 'many'\n", "[view]\ngraph = 'oil'\n", "view = 3\n"])
def test_view_options_that_are_none(folders: Path, content: str) -> None:
    run = create_run(Config(), ViewOptions(), runs_home())
    run.config_path.write_text(content)
    with pytest.raises(RunFolderError, match=r"\[view\]"):
        run.view()
