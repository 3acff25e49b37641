"""Runs with plugins, by the real command: made, replayed, forked, gone on with, and refused."""

from __future__ import annotations

import json
import shutil
import stat
import tomllib
from pathlib import Path

import pytest
import tomli_w

from grokterm import open_run
from grokterm.errors import RunFolderError
from grokterm.plugins.loading import unload_all
from grokterm.runs.folder import RunFolder, list_runs, runs_home
from grokterm.runs.log import LogReader
from grokterm.runs.process import trainer_alive
from grokterm.wire.records import PluginMeasures, Scalars, Session
from tests.cli.terminals import run_here
from tests.own import sha256, write
from tests.trainer.running import wait_for

SMALL = ("--p", "11", "--width", "32", "--log-every", "5", "--measure-every", "20", "--device", "cpu")
CASES = {
    "capped.py": ("--op", "capped-sum"),
    "rmsprop.py": ("--optimizer", "rmsprop", "--lr", "0.002", "--rms-decay", "0.9"),
    "bilinear.py": ("--arch", "bilinear"),
    "own.py": ("--loss", "focal", "--focal-gamma", "1.5", "--filter", "clipped", "--clip-at", "0.5"),
}
"""The files of the guide's page with options that use what they register."""


def made(path: Path, *options: str) -> RunFolder:
    """A run of 40 steps with a plugin."""
    done = run_here("train", *SMALL, "--plugin", str(path), *options, "--until", "40")
    assert done.returncode == 0, done.stderr
    return list_runs(runs_home())[-1]


def refused(*arguments: str) -> str:
    """The one sentence with which a command is refused."""
    done = run_here(*arguments)
    assert done.returncode == 2, done.stdout
    assert done.stderr.startswith("grokterm: ")
    assert done.stderr.count("\n") == 1
    return done.stderr.removeprefix("grokterm: ").strip()


def left_alone(folder: RunFolder) -> None:
    """Waits until a run that trains has come to its end."""
    wait_for(lambda: not trainer_alive(folder), "the end of the trainer")


def started(folder: RunFolder) -> list[Session]:
    return [r for r in LogReader(folder.log_path).read() if isinstance(r, Session) and r.name == "started"]


@pytest.mark.parametrize("name", CASES)
def test_a_worked_example_trains_and_is_replayed_bit_by_bit(name: str, examples: dict[str, Path]) -> None:
    path = examples[name]
    folder = made(path, *CASES[name])
    (copy,) = folder.plugin_folder.iterdir()
    assert copy.read_bytes() == path.read_bytes()
    assert copy.name == f"{path.stem}-{sha256(path)[:12]}.py"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.plugin_folder.stat().st_mode) == 0o700
    assert tomllib.loads(folder.config_path.read_text())["plugins"] == [{"name": path.stem, "sha256": sha256(path)}]
    assert started(folder)[0].about["plugins"] == f"{name} (SHA-256 {sha256(path)[:12]})"
    config = folder.config().as_dict()
    for option, value in zip(CASES[name][::2], CASES[name][1::2], strict=True):
        assert str(config[option.removeprefix("--").replace("-", "_")]) == value
    done = run_here("replay", "1", "--plugin", str(path), "--json")
    assert (done.returncode, done.stdout and json.loads(done.stdout)["agrees"]) == (0, True), done.stderr + done.stdout


def test_a_run_goes_on_and_is_forked_with_its_plugin(examples: dict[str, Path]) -> None:
    path = examples["rmsprop.py"]
    parent = made(path, *CASES["rmsprop.py"])
    allowed = ("--allow-plugin", sha256(path)[:16])
    done = run_here("train", "--resume", "1", "--until", "60", "--rms-decay", "0.8", *allowed)
    assert done.returncode == 0, done.stderr
    assert "rms decay 0.9 → 0.8" in parent.log_path.read_text()
    done = run_here("fork", "1", "--at", "20", "--rms-decay", "0.5", "--until", "30", "--detach", *allowed)
    assert done.returncode == 0, done.stderr
    fork = list_runs(runs_home())[-1]
    left_alone(fork)
    assert [one.read_bytes() for one in fork.plugin_folder.iterdir()] == [path.read_bytes()]
    done = run_here("train", "--resume", "2", "--until", "40", *allowed)
    assert done.returncode == 0, done.stderr
    for run in ("1", "2"):
        done = run_here("replay", run, *allowed, "--json")
        assert (done.returncode, json.loads(done.stdout)["agrees"]) == (0, True), done.stderr


def test_a_run_without_its_plugin_may_take_one_on_in_a_fork(examples: dict[str, Path]) -> None:
    assert run_here("train", *SMALL, "--until", "30").returncode == 0
    own, optimizer = (("--plugin", str(examples[name])) for name in ("own.py", "rmsprop.py"))
    assert "measures are of a whole run: start a new run" in refused("fork", "1", "--detach", *own)
    assert "was made without the plugin rmsprop.py" in refused("replay", "1", *optimizer)
    done = run_here("fork", "1", "--at", "20", "--optimizer", "rmsprop", "--until", "40", "--detach", *optimizer)
    assert done.returncode == 0, done.stderr
    left_alone(list_runs(runs_home())[-1])
    assert run_here("train", "--resume", "2", "--until", "50", *optimizer).returncode == 0
    done = run_here("replay", "2", "--json", *optimizer)
    assert (done.returncode, json.loads(done.stdout)["agrees"]) == (0, True), done.stderr


def test_code_from_a_run_folder_is_executed_only_where_its_hash_is_named(examples: dict[str, Path]) -> None:
    mark = examples["capped.py"].parent / "executed"
    text = examples["capped.py"].read_text() + f"\nopen({str(mark)!r}, 'a').close()\n"
    path = write(examples["capped.py"], text)
    folder = made(path, *CASES["capped.py"])
    mark.unlink()
    (copy,) = folder.plugin_folder.iterdir()
    needed = (
        f"{folder.id} was made with the plugin capped.py, which is not executed unasked: read {copy}, "
        f"then give --allow-plugin {sha256(path)}, or --plugin and the same file"
    )
    commands = ("replay 1", "plot 1", "fork 1 --detach", "train --resume 1 --until 50", "plot 1 largest_weight")
    for command in commands:
        assert refused(*command.split()) == needed
        assert refused(*command.split(), "--allow-plugin", "0" * 64) == needed
    assert "must be the SHA-256 of a plugin's file" in refused("replay", "1", "--allow-plugin", sha256(path)[:11])
    with pytest.raises(RunFolderError, match="which is not executed unasked"):
        open_run("1")
    assert not mark.exists()
    listed = json.loads(run_here("runs", "--json").stdout)[0]
    assert (listed["state"], listed["step"], listed["task"]) == ("finished", 40, "capped-sum mod 11")
    assert (listed["phase"], listed["test_accuracy"] > 0) == ("memorizing", True)
    assert not mark.exists()
    done = run_here("plot", "1", "--allow-plugin", sha256(path)[:12])
    assert done.returncode == 0, done.stderr
    assert mark.exists()
    listed = json.loads(run_here("runs", "--json", "--plugin", str(path)).stdout)[0]
    assert listed["task"] == "min(a + b, p − 1) mod 11"


def test_a_copy_that_was_changed_is_refused(examples: dict[str, Path]) -> None:
    path = examples["capped.py"]
    folder = made(path, *CASES["capped.py"])
    (copy,) = folder.plugin_folder.iterdir()
    mark = path.parent / "executed"
    copy.write_text(copy.read_text() + f"open({str(mark)!r}, 'w').close()\n")
    sentence = refused("replay", "1", "--allow-plugin", sha256(path))
    assert sentence == f"{copy} was changed: it is not the plugin that {folder.id} was made with"
    # Who changes config.toml too has another hash, which nobody has allowed.
    folder.config_path.write_text(folder.config_path.read_text().replace(sha256(path), sha256(copy)))
    copy = copy.rename(copy.with_name(f"capped-{sha256(copy)[:12]}.py"))
    assert "which is not executed unasked" in refused("replay", "1", "--allow-plugin", sha256(path))
    assert "and what is given is capped.py" in refused("replay", "1", "--plugin", str(path))
    assert not mark.exists()
    allowed = ("--allow-plugin", sha256(copy))
    shutil.rmtree(folder.plugin_folder)
    assert "cannot be read: no such file or directory" in refused("replay", "1", *allowed)
    folder.plugin_folder.symlink_to(path.parent)
    assert "it is a link, not a folder" in refused("replay", "1", *allowed)


def test_a_changed_file_is_refused_for_an_old_run(examples: dict[str, Path]) -> None:
    path = examples["capped.py"]
    folder, before = made(path, *CASES["capped.py"]), sha256(path)
    write(path, path.read_text().replace("p - 1)", "p - 2)"))
    for command in (("replay", "1"), ("train", "--resume", "1")):
        assert refused(*command, "--plugin", str(path)) == (
            f"{folder.id} was made with capped.py (SHA-256 {before[:12]}), and what is given is capped.py "
            f"(SHA-256 {sha256(path)[:12]}): its own copy is loaded by --allow-plugin {before}"
        )
    made(path, *CASES["capped.py"])
    assert "'capped-sum' is taken" in refused("plot", "1", "2", "--allow-plugin", before, "--plugin", str(path))


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ('plugins = "capped"', "the [plugins] table of"),
        (
            'plugins = [{ name = "../x", sha256 = "' + "0" * 64 + '" }]',
            "names a plugin '../x' without a name",
        ),
        ('plugins = [{ name = "x", sha256 = "../../x" }]', "names a plugin 'x' without a name, or a hash, that can be"),
        ('plugins = [{ name = "x" }]', "names a plugin 'x' without"),
        ('plugins = [{ name = "x", sha256 = "' + "0" * 64 + '", path = "/x.py" }]', "contains unknown field `path`"),
        ('plugins = [{ name = "x", distribution = "nobody", version = "1" }]', "no plugin 'x' is installed"),
    ],
)
def test_a_damaged_table_of_plugins_is_told_of(examples: dict[str, Path], written: str, words: str) -> None:
    folder = made(examples["capped.py"], *CASES["capped.py"])
    table = tomllib.loads(folder.config_path.read_text()) | tomllib.loads(written)
    folder.config_path.write_text(tomli_w.dumps(table))
    assert words in refused("plot", "1", "--allow-plugin", "0" * 64)


def test_its_measures_are_logged_plotted_and_in_notebooks(examples: dict[str, Path]) -> None:
    path = examples["own.py"]
    folder = made(path, *CASES["own.py"])
    records = [r for r in LogReader(folder.log_path).read() if isinstance(r, PluginMeasures)]
    assert {0, 20, 40} <= {record.step for record in records}
    assert all(list(record.values) == ["largest_weight"] for record in records)
    assert [r.step for r in LogReader(folder.log_path).read() if isinstance(r, Scalars)][-1] == 40
    done = run_here("plot", "1", "largest_weight", "--plugin", str(path))
    assert done.returncode == 0, done.stderr
    assert "largest_weight over steps" in done.stdout
    unload_all()
    run = open_run("1", allow_plugin=[sha256(path)[:12]])
    assert run.plugin_measures["step"].tolist() == [record.step for record in records]
    assert run.plugin_measures["largest_weight"].tolist() == [record.values["largest_weight"] for record in records]
    snapshot = run.at(20)
    largest = max(float(abs(array).max()) for array in snapshot.parameters.values())
    assert snapshot.measures()["largest_weight"] == largest
    assert records[1].values["largest_weight"] == float(f"{largest:.5g}")


def test_what_a_plugin_prints_is_no_message(examples: dict[str, Path]) -> None:
    text = "print('read')\n" + examples["own.py"].read_text().replace(
        "    return max(", "    print('measured')\n    return max("
    )
    path = write(examples["own.py"], text)
    made(path, *CASES["own.py"])
    done = run_here("replay", "1", "--json", "--plugin", str(path))
    assert (done.returncode, json.loads(done.stdout)["agrees"]) == (0, True), done.stderr
    assert json.loads(run_here("runs", "--json", "--plugin", str(path)).stdout)[0]["step"] == 40


@pytest.mark.parametrize("value", ["'many'", "10**400", "None", "model.logits"])
def test_a_measure_that_is_no_number_ends_the_run_with_a_sentence(examples: dict[str, Path], value: str) -> None:
    text = examples["own.py"].read_text()
    line = next(line for line in text.splitlines() if "    return max(" in line)
    path = write(examples["own.py"], text.replace(line, f"    return {value}"))
    done = run_here("train", *SMALL, "--plugin", str(path), "--until", "40")
    assert done.returncode == 1
    assert "the measure largest_weight (own.py, line 26) must give a number that a float holds, not " in done.stderr
