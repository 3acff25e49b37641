"""`grokterm export`: what it writes, what it refuses, and that nothing is left behind."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from grokterm.cli import main
from grokterm.export.formats import FORMATS
from grokterm.export.new_files import new_folder
from grokterm.runs.folder import RunFolder, create_run
from grokterm.sweeps.axes import read_axes
from grokterm.sweeps.plan import Plan
from grokterm.view_options import ViewOptions
from tests.cli.terminals import run_here
from tests.export.conftest import _recorded, run
from tests.needs import DISK, PYARROW, TENSORBOARD, WANDB, need
from tests.runs.logged import logged
from tests.sweeps.swept import folder_by
from tests.trainer.running import TINY

__all__ = ["_recorded", "run"]

HERE = [name for name in FORMATS if name != "wandb-offline"]
NEEDS = {
    "parquet": ("pyarrow", PYARROW),
    "tensorboard": ("tensorboard", TENSORBOARD),
    "wandb-offline": ("wandb", WANDB),
}


def check(to: str) -> None:
    """Skips where a format's package is missing."""
    if to in NEEDS:
        package, what = NEEDS[to]
        need(find_spec(package), what)


def refused(*arguments: str) -> str:
    done = run_here(*arguments)
    assert (done.returncode, done.stdout) == (2, ""), done
    assert done.stderr.startswith("grokterm: ")
    assert done.stderr.count("\n") == 1
    return done.stderr.removeprefix("grokterm: ").strip()


@pytest.mark.parametrize("to", HERE)
def test_it_says_where_and_what(to: str, run: RunFolder, tmp_path: Path) -> None:
    check(to)
    done = run_here("export", "last", "--to", to, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    path = Path(told["path"])
    assert (told["format"], path.name) == (to, f"{run.id}{FORMATS[to].ending}")
    assert (tmp_path / path).stat().st_mode & 0o077 == 0
    other = tmp_path / "an other name"
    done = run_here("export", run.id, "--to", to, "--out", str(other))
    assert done.stdout == f"'{other}': {told['holds']}\n"
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("to", FORMATS)
@pytest.mark.parametrize("what", ["file", "folder", "link"])
def test_nothing_is_overwritten(to: str, what: str, run: RunFolder, tmp_path: Path) -> None:
    check(to)
    there = tmp_path / "there"
    match what:
        case "file":
            there.write_text("precious")
        case "folder":
            there.mkdir()
        case _:
            there.symlink_to(tmp_path / "elsewhere")
    before = {path: path.lstat().st_mtime_ns for path in tmp_path.iterdir()}
    said = refused("export", "last", "--to", to, "--out", str(there))
    assert said == f"{there} is there already: choose another name with --out"
    assert {path: path.lstat().st_mtime_ns for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("to", HERE)
def test_a_place_that_is_not_there_is_told(to: str, run: RunFolder, tmp_path: Path) -> None:
    check(to)
    path = tmp_path / "nowhere" / "table"
    assert refused("export", "last", "--to", to, "--out", str(path)) == (
        f"{path} cannot be written: no such file or directory"
    )
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("to", HERE)
def test_a_full_disk_leaves_nothing(to: str, run: RunFolder, tmp_path: Path) -> None:
    check(to)
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", str(place)]
    need(sys.platform == "linux" and subprocess.run(mount, capture_output=True).returncode == 0, DISK)
    (place / "full").write_bytes(bytes(4096))
    try:
        assert "no space left on device" in refused("export", "last", "--to", to, "--out", str(place / "table"))
        assert [path.name for path in place.iterdir()] == ["full"]
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_folder_that_is_interrupted_leaves_nothing(tmp_path: Path) -> None:
    def interrupted() -> None:
        with new_folder(tmp_path / "made", "") as made:
            (made / "half").write_text("x")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.glob("*made*")) == []


@pytest.mark.parametrize(
    ("to", "module"), [("parquet", "pyarrow"), ("tensorboard", "tensorboard"), ("wandb-offline", "wandb")]
)
def test_a_package_that_is_missing_is_named(
    to: str, module: str, run: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = NEEDS[to][0]
    for name in [name for name in sys.modules if name.startswith(f"{module}.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    said = refused("export", "last", "--to", to)
    extra = {"pyarrow": "parquet"}.get(module, module)
    assert f"{module}, which is not installed: pip install 'grokterm[{extra}]', or " in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            "export last",
            "export needs a format: give --to csv, parquet, jsonl, tensorboard, wandb-offline, ",
        ),
        ("export last --to cvs", "unknown format 'cvs': choose csv, parquet, "),
        ("export last --to", "--to needs a value: see grokterm export --help"),
        ("export --to csv", "export needs a run: see grokterm export --help"),
        ("export 7 --to csv", "there is no run '7'"),
        ("export last --to csv --step 60", "--step is for weights, and csv holds all steps: leave it out"),
        ("export last --to npz --step 61", "has no checkpoint at step 61: the nearest are 30, 60, 90"),
        ("export last --to npz --step soon", "--step must be a step, 0 or above, not soon"),
        ("export last --to npz --pace 3", "unknown option '--pace'"),
    ],
)
def test_what_is_refused(line: str, words: str, run: RunFolder, tmp_path: Path) -> None:
    assert words in refused(*line.split())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home"]


def test_a_run_without_records_has_nothing_to_export(home: Path) -> None:
    folder = create_run(TINY, ViewOptions(), home)
    for to in ("csv", "npz"):
        assert folder.id in refused("export", "last", "--to", to)
    damaged = logged(home)
    with damaged.log_path.open("a") as log:
        log.write("{torn\n")
    assert "is damaged" in refused("export", damaged.id, "--to", "csv")


def test_the_weights_of_a_step_are_asked_for_by_it(run: RunFolder) -> None:
    assert main(["export", "last", "--to", "safetensors", "--step", "60"]) == 0
    done = run_here("export", "last", "--to", "nanda", "--step", "60")
    assert "this run is mlp on a + b mod 11" in done.stderr


def test_a_sweep_is_a_table_of_its_runs(tmp_path: Path, home: Path) -> None:
    folder_by(home, Plan({"p": 7}, read_axes(["wd=0.5,1"], []), 2), lambda run: 1000 + run.seed)
    done = run_here("export", "s1", "--to", "csv", "--out", "sweep.csv")
    assert (done.returncode, done.stderr) == (0, "")
    lines = (tmp_path / "sweep.csv").read_text().splitlines()
    assert lines[0].startswith("run,cell,seed,weight_decay,step,")
    assert len(lines) == 5
    assert done.stdout == f"sweep.csv: {lines[0].count(',') + 1} columns of 4 runs\n"
    assert refused("export", "s1", "--to", "npz") == "a sweep is exported as csv, parquet, jsonl, not as npz"
    assert refused("export", "s1", "--to", "csv", "--out", "sweep.csv").endswith("choose another name with --out")
