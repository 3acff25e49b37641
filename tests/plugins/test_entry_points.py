"""Plugins of installed distributions: loaded by their names alone, and only in the version a run was made with."""

from __future__ import annotations

import json
import os
import sys
import tomllib
from pathlib import Path

import pytest

from grokterm.config.plugins import loaded
from grokterm.plugins.items import PluginError
from grokterm.plugins.loading import load, unload_all
from grokterm.plugins.registry import items
from grokterm.runs.folder import list_runs
from tests.cli.terminals import run_here
from tests.plugins.test_runs import SMALL, refused, started

MODULE = "grokterm_test_lab"


def install(site: Path, text: str, version: str = "1.0", name: str = "my-lab") -> None:
    """A distribution in a folder of sys.path, as an installer leaves it."""
    site.mkdir(exist_ok=True)
    (site / f"{MODULE}.py").write_text(text)
    for old in site.glob("*.dist-info"):
        (old / "METADATA").unlink()
        (old / "entry_points.txt").unlink()
        old.rmdir()
    about = site / f"{MODULE}-{version}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: test-lab\nVersion: {version}\n")
    (about / "entry_points.txt").write_text(f"[grokterm.plugins]\n{name} = {MODULE}\n")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, examples: dict[str, Path]) -> Path:
    """A folder on sys.path, of the processes that are started too, with the optimizer of the guide installed."""
    folder = tmp_path / "site"
    install(folder, examples["rmsprop.py"].read_text())
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.delitem(sys.modules, MODULE, raising=False)
    return folder


def test_it_is_loaded_by_its_name_alone(site: Path) -> None:
    assert run_here("runs").returncode == 0
    assert MODULE not in sys.modules
    load("my-lab")
    assert [item.name for item in items("optimizer")] == ["rmsprop"]
    assert loaded()[0].words == "my-lab (entry point of test-lab 1.0)"
    unload_all()
    load("my-lab")  # the module is there already
    assert [item.name for item in items("optimizer")] == ["rmsprop"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = 1\n", "the plugin my-lab (entry point of test-lab 1.0) registers nothing"),
        ("\nx = 1 / 0\n", f"the plugin cannot be loaded: {MODULE}.py, line 2: ZeroDivisionError: division by zero"),
        ("from grokterm import plugins\nplugins.Number(default=1, words='')\n", f"{MODULE}.py, line 2: a number needs"),
    ],
)
def test_what_cannot_be_loaded_is_told_of(site: Path, text: str, words: str) -> None:
    install(site, text)
    with pytest.raises(PluginError) as error:
        load("my-lab")
    assert words in str(error.value)


def test_an_entry_point_names_a_module(site: Path) -> None:
    install(site, "x = 1\n", name=f"of-one = {MODULE}:x\nmy-lab")
    with pytest.raises(PluginError, match=rf"of-one .* must be a module, and {MODULE}:x is none"):
        load("of-one")


def test_an_unknown_name_is_told_with_what_is_installed(site: Path) -> None:
    with pytest.raises(PluginError, match="unknown plugin 'my-lap': choose my-lab; did you mean my-lab"):
        load("my-lap")


def test_a_run_needs_the_version_it_was_made_with(site: Path) -> None:
    options = ("--optimizer", "rmsprop", "--rms-decay", "0.9", "--until", "20")
    done = run_here("train", *SMALL, "--plugin", "my-lab", *options)
    assert done.returncode == 0, done.stderr
    (folder,) = list_runs(Path(os.environ["GROKTERM_HOME"]))
    written = tomllib.loads(folder.config_path.read_text())
    assert written["plugins"] == [{"name": "my-lab", "distribution": "test-lab", "version": "1.0"}]
    assert not folder.plugin_folder.exists()
    assert started(folder)[0].about["plugins"] == "my-lab (entry point of test-lab 1.0)"
    made_with = f"{folder.id} was made with the plugin my-lab (entry point of test-lab 1.0)"
    assert refused("replay", "1") == f"{made_with}: give --plugin my-lab to load it"
    done = run_here("replay", "1", "--plugin", "my-lab", "--json")
    assert (done.returncode, json.loads(done.stdout)["agrees"]) == (0, True), done.stderr
    install(site, (site / f"{MODULE}.py").read_text(), version="1.1")
    assert "(entry point of test-lab 1.0), and what is given is my-lab (entry point of test-lab 1.1)" in refused(
        "replay", "1", "--plugin", "my-lab"
    )
    assert refused("plot", "1") == f"{made_with}, and installed is my-lab (entry point of test-lab 1.1)"
