"""Operations of more inputs and tasks from plugins, and plugins that fail, by the real command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from grokterm import open_run
from grokterm.runs.folder import list_runs, runs_home
from grokterm.runs.log import LogReader
from grokterm.wire.records import PluginMeasures, Scalars
from tests.cli.terminals import run_here
from tests.own import write, write_examples
from tests.plugins.test_runs import CASES, SMALL, made, refused

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

@plugins.task("most-of", shown="most of {k} of {n}", words="whether most of k secret ones are −1", secret=True)
def most_of(points, config):
    from grokterm.lab.tuples import secret_coordinates

    return 2 * points[:, secret_coordinates(config)].sum(-1) > config.k

@plugins.task("all-of", shown="all of {n}", words="whether all coordinates are −1")
def all_of(points, config):
    return points.all(-1)

@plugins.task("wrong", shown="{n} wrong", words="answers with twos")
def wrong(points, config):
    return points.sum(-1)
"""
POINTS = ("--n", "11", "--k", "3", "--train-size", "60", "--width", "32", "--log-every", "5", "--device", "cpu")


def test_a_task_is_learned_from_its_points_and_replayed(tmp_path: Path) -> None:
    plugin = ("--plugin", str(write(tmp_path / "tasks.py", TASKS)))
    done = run_here("train", *POINTS, *plugin, "--task", "majority", "--until", "200")
    assert done.returncode == 0, done.stderr
    done = run_here("train", *POINTS, *plugin, "--task", "most-of", "--corrupt", "0.1", "--until", "60")
    assert done.returncode == 0, done.stderr
    assert [folder.id for folder in list_runs(runs_home())] == ["0001-majority-11-one-hot", "0002-most-of-11-one-hot"]
    for run in ("1", "2"):
        done = run_here("replay", run, *plugin, "--json")
        assert (done.returncode, json.loads(done.stdout)["agrees"]) == (0, True), done.stderr
    majority, most_of = (open_run(run, plugin=plugin[1:]).at(60) for run in ("1", "2"))
    assert majority.tokens is not None
    assert majority.labels.tolist() == [int(2 * sum(point) > 11) for point in majority.tokens.tolist()]
    assert majority.coordinates().secret.tolist() == []
    secret = most_of.coordinates().secret - 1
    assert most_of.tokens is not None
    assert most_of.labels.tolist() == (2 * most_of.tokens[:, secret].sum(-1) > 3).astype(int).tolist()
    listed = [run["task"] for run in json.loads(run_here("runs", "--json").stdout)]
    assert listed == ["majority", "most-of"]
    listed = [run["task"] for run in json.loads(run_here("runs", "--json", *plugin).stdout)]
    assert listed == ["majority of 11", "most of 3 of 11"]
    done = run_here("train", *POINTS, *plugin, "--task", "wrong")
    assert done.returncode == 1
    assert "the task wrong must give a 0 or a 1 for each of the 1,060 points" in done.stderr
    done = run_here("train", *POINTS, *plugin, "--task", "all-of")
    assert done.returncode == 1
    assert "so each answer needs 40% at least" in done.stderr


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
