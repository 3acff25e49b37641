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
from tests.own import sha256, write, write_examples
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
    assert (listed["phase"], listed["test_accuracy"] > 0) == ("generalizing", True)
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
    assert [record.step for record in records] == [0, 20, 40]
    assert all(list(record.values) == ["largest_weight"] for record in records)
    assert [r.step for r in LogReader(folder.log_path).read() if isinstance(r, Scalars)][-1] == 40
    done = run_here("plot", "1", "largest_weight", "--plugin", str(path))
    assert done.returncode == 0, done.stderr
    assert "largest_weight over steps" in done.stdout
    unload_all()
    run = open_run("1", allow_plugin=[sha256(path)[:12]])
    assert run.plugin_measures["step"].tolist() == [0, 20, 40]
    assert run.plugin_measures["largest_weight"].tolist() == [record.values["largest_weight"] for record in records]
    snapshot = run.at(20)
    largest = max(float(abs(array).max()) for array in snapshot.parameters.values())
    assert snapshot.measures()["largest_weight"] == largest
    assert records[1].values["largest_weight"] == float(f"{largest:.5g}")


OF_THREE = """from grokterm import plugins

@plugins.operation("middle", shown="the middle one of a, b, c", inputs=3)
def middle(a, b, c, p):
    return a + b + c - np.minimum(np.minimum(a, b), c) - np.maximum(np.maximum(a, b), c)

import numpy as np

@plugins.measure("right_share", words="the share of all examples that are answered rightly")
def right_share(model):
    return (model.logits.argmax(-1) == model.labels).double().mean()
"""


def test_an_operation_of_three_inputs_is_learned_and_measured(tmp_path: Path) -> None:
    path = write(tmp_path / "middle.py", OF_THREE)
    assert run_here("train", *SMALL, "--plugin", str(path), "--op", "middle", "--until", "40").returncode == 0
    (folder,) = list_runs(runs_home())
    assert json.loads(run_here("runs", "--json", "--plugin", str(path)).stdout)[0]["task"] == (
        "the middle one of a, b, c mod 11"
    )
    records = LogReader(folder.log_path).read()
    shares = {r.step: r.values["right_share"] for r in records if isinstance(r, PluginMeasures)}
    scalars = {r.step: r for r in records if isinstance(r, Scalars)}
    for step, share in shares.items():
        right = scalars[step].train_accuracy * 665 + scalars[step].test_accuracy * 666
        assert share == float(f"{right / 11**3:.5g}")
    done = run_here("replay", "1", "--plugin", str(path), "--json")
    assert (done.returncode, json.loads(done.stdout)["agrees"]) == (0, True), done.stderr
    assert "takes two inputs, and this task has 3" in refused(
        "train", *SMALL, "--plugin", str(path), "--plugin", str(write_examples(tmp_path)["bilinear.py"]),
        "--op", "middle", "--arch", "bilinear",
    )  # fmt: skip


TASKS = """from grokterm import plugins

@plugins.task("majority", shown="majority of {n}", words="whether most of the n coordinates are −1")
def majority(points, config):
    return 2 * points.sum(-1) > config.n

@plugins.task("all-of", shown="all {k} of {n}", words="whether all of k secret coordinates are −1", secret=True)
def all_of(points, config):
    from grokterm.lab.tuples import secret_coordinates

    return points[:, secret_coordinates(config)].all(-1)

@plugins.task("wrong", shown="{n} wrong", words="answers with twos")
def wrong(points, config):
    return points.sum(-1)
"""
POINTS = ("--n", "9", "--k", "2", "--train-size", "60", "--width", "32", "--log-every", "5", "--device", "cpu")


def test_a_task_is_learned_from_its_points_and_replayed(tmp_path: Path) -> None:
    plugin = ("--plugin", str(write(tmp_path / "tasks.py", TASKS)))
    done = run_here("train", *POINTS, *plugin, "--task", "majority", "--until", "200")
    assert done.returncode == 0, done.stderr
    done = run_here("train", *POINTS, *plugin, "--task", "all-of", "--corrupt", "0.1", "--until", "60")
    assert done.returncode == 0, done.stderr
    assert [folder.id for folder in list_runs(runs_home())] == ["0001-majority-9-mlp", "0002-all-of-9-mlp"]
    for run in ("1", "2"):
        done = run_here("replay", run, *plugin, "--json")
        assert (done.returncode, json.loads(done.stdout)["agrees"]) == (0, True), done.stderr
    majority, all_of = (open_run(run, plugin=plugin[1:]).at(60) for run in ("1", "2"))
    assert majority.tokens is not None
    assert majority.labels.tolist() == [int(2 * sum(point) > 9) for point in majority.tokens.tolist()]
    assert majority.coordinates().secret.tolist() == []
    secret = all_of.coordinates().secret - 1
    assert all_of.tokens is not None
    assert all_of.labels.tolist() == all_of.tokens[:, secret].all(-1).astype(int).tolist()
    listed = [run["task"] for run in json.loads(run_here("runs", "--json").stdout)]
    assert listed == ["majority", "all-of"]
    listed = [run["task"] for run in json.loads(run_here("runs", "--json", *plugin).stdout)]
    assert listed == ["majority of 9", "all 2 of 9"]
    done = run_here("train", *POINTS, *plugin, "--task", "wrong")
    assert done.returncode == 1
    assert "the task wrong must give a 0 or a 1 for each of the 316 points" in done.stderr


def test_a_run_with_plugins_is_removed_whole(examples: dict[str, Path]) -> None:
    folder = made(examples["capped.py"], *CASES["capped.py"])
    (folder.plugin_folder / "notes.txt").write_text("mine")
    assert "plugins/notes.txt" in refused("rm", "1", "--yes")
    (folder.plugin_folder / "notes.txt").unlink()
    assert run_here("rm", "1", "--yes").returncode == 0
    assert not folder.path.exists()


FAILING = """from grokterm import plugins

@plugins.optimizer("failing", title="Failing", words="fails at its fifth step")
def failing():
    import torch
    from grokterm.lab.optimizers.rule import Rule
{}
    class Failing(Rule):
        def direction(self, gradient, hyper):
            if int(self.count) == 5:
                {}
            return gradient
    return Failing
"""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (("", "raise ValueError('of \\x1b[31mits own')"), "the plugin failed in lab.py, line 11: ValueError: of "),
        (("", "return gradient[:3]"), "RuntimeError: The size of tensor a"),
        (("", "return gradient * torch.nan"), "the loss is no longer finite"),
        (("    return torch.nn.Linear", ""), "the optimizer failing (lab.py, line 3) must return a Rule"),
        (("    return Rule", ""), "the optimizer failing (lab.py, line 3) has no direction"),
        (("    import nothing_of_this_name", ""), "lab.py, line 7: ModuleNotFoundError"),
    ],
)
def test_a_plugin_that_fails_in_training_ends_it_with_a_sentence(
    tmp_path: Path, text: tuple[str, str], words: str
) -> None:
    path = write(tmp_path / "lab.py", FAILING.format(text[0], text[1] or "pass"))
    done = run_here("train", *SMALL, "--plugin", str(path), "--optimizer", "failing", "--until", "40")
    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert "\x1b" not in done.stderr


def test_what_cannot_be_loaded_ends_the_command(tmp_path: Path) -> None:
    path = write(tmp_path / "lab.py", "x = 1\ny = nothing\n")
    for command in ((), ("train",), ("--help",), ("runs",), ("attach", "1")):
        assert refused(*command, "--plugin", str(path)) == (
            "the plugin cannot be loaded: lab.py, line 2: NameError: name 'nothing' is not defined"
        )
    assert not list_runs(runs_home())
