"""`grokterm report`: what it writes, what it refuses, and that nothing is left behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from grokterm.plugins.loading import load_file
from grokterm.runs.folder import RunFolder, create_run
from grokterm.view_options import ViewOptions
from tests.cli.terminals import run_here
from tests.cli.test_export import refused
from tests.export.conftest import _recorded, run
from tests.own import unloading, write_examples
from tests.sweeps.swept import folder_by, plan_of
from tests.trainer.running import TINY

__all__ = ["_recorded", "run"]


def test_it_says_where_and_what(run: RunFolder, tmp_path: Path) -> None:
    done = run_here("report", "last", "--json")
    assert done.returncode == 0
    told = json.loads(done.stdout)
    path = tmp_path / f"{run.id}.html"
    assert told == {
        "run": run.id,
        "kept_steps": [0, 30, 60, 90, 120],
        "undefined": {},
        "path": path.name,
        "bytes": path.stat().st_size,
    }
    assert path.stat().st_mode & 0o077 == 0
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert sorted(each.name for each in tmp_path.iterdir()) == [path.name, "home"]
    assert refused("report", "last") == f"{path} is there already: choose another name with --out"


def test_a_sweep_has_one_too(home: Path, tmp_path: Path) -> None:
    sweep = folder_by(home, plan_of("wd=1,2", seeds=2), lambda run: 500)
    done = run_here("report", "s1", "--out", "a sweep.html")
    assert (done.returncode, done.stderr) == (0, "")
    size = (tmp_path / "a sweep.html").stat().st_size
    assert done.stdout == f"'a sweep.html': 4 runs, {size / 1000:.0f} KB\n"
    assert sweep.id in (tmp_path / "a sweep.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("what", ["file", "folder", "link"])
def test_nothing_is_overwritten(what: str, run: RunFolder, tmp_path: Path) -> None:
    there = tmp_path / "there"
    match what:
        case "file":
            there.write_text("precious")
        case "folder":
            there.mkdir()
        case _:
            there.symlink_to(tmp_path / "elsewhere")
    before = {path: path.lstat().st_mtime_ns for path in tmp_path.iterdir()}
    assert refused("report", "last", "--out", "there") == f"{there} is there already: choose another name with --out"
    assert {path: path.lstat().st_mtime_ns for path in tmp_path.iterdir()} == before


def test_a_place_that_is_not_there_is_told(home: Path, tmp_path: Path) -> None:
    folder_by(home, plan_of("wd=1,2"), lambda run: 500)
    path = tmp_path / "nowhere" / "report.html"
    assert refused("report", "s1", "--out", str(path)) == f"{path} cannot be written: no such file or directory"
    assert not path.parent.exists()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("report", "report needs a run: see grokterm report --help"),
        ("report 7", "there is no run '7'"),
        ("report s7", "there is no sweep in "),
        ("report last --out", "--out needs a value: see grokterm report --help"),
        ("report last --step 60", "unknown option '--step'"),
    ],
)
def test_what_is_refused(line: str, words: str, run: RunFolder, tmp_path: Path) -> None:
    assert words in refused(*line.split())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home"]


def test_a_damaged_run_leaves_nothing(run: RunFolder, tmp_path: Path) -> None:
    with run.log_path.open("a") as log:
        log.write("{torn\n")
    assert "is damaged" in refused("report", "last")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home"]


def test_a_run_with_a_plugin_asks_for_it(home: Path, tmp_path: Path) -> None:
    plugin = write_examples(tmp_path)["capped.py"]
    with unloading():
        load_file(plugin)
        create_run(TINY.changed({"op": "capped-sum"}), ViewOptions(), home)
    assert "--allow-plugin" in refused("report", "last")
    with unloading():
        done = run_here("report", "last", "--plugin", str(plugin), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["kept_steps"] == [0]
