"""A run read from a notebook: the same numbers as training had, and nothing is touched."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest

import grokterm
from grokterm.config import Config
from grokterm.errors import ConfigError, RunFolderError
from grokterm.lab.engine import Engine
from grokterm.notebook import Run
from grokterm.runs.checkpoints import REGULAR, list_checkpoints, load_checkpoint, read_info
from grokterm.runs.emergence import emergence
from grokterm.runs.folder import RunFolder, create_run
from grokterm.trainer.opening import open_run
from grokterm.view_options import ViewOptions
from tests.by_kernels import steps_by_kernels
from tests.lab.predictions import predictions
from tests.trainer.running import TINY

__all__ = ["steps_by_kernels"]

CONFIG = TINY.changed({"arch": "one-hot", "log_every": 5, "measure_every": 50})


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A run of 100 steps that was rebuilt at step 40."""
    made = create_run(CONFIG, ViewOptions(), tmp_path_factory.mktemp("recorded"))
    session = open_run(made).session
    session.begin()
    for stop in (20, 40, 70, 100):
        while session.step < stop:
            session.advance(stop - session.step)
        session.save(REGULAR)
        if stop == 40:
            session.change({"arch": "mlp", "weight_decay": 2.0}, keep=False, by="")
    return made


@pytest.fixture
def folder(recorded: RunFolder, folders: Path) -> RunFolder:
    """A copy of that run as this test's own."""
    shutil.copytree(recorded.path.parent, folders)
    return RunFolder(folders / recorded.path.name)


def snapshot(folder: RunFolder) -> dict[Path, tuple[int, bytes]]:
    files = [path for path in folder.path.rglob("*") if path.is_file()]
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


def trained(step: int) -> Engine:
    """The run trained anew in this process, without its files."""
    engine = Engine(CONFIG)
    engine.advance(min(step, 40))
    if step > 40:
        engine.rebuild(CONFIG.changed({"arch": "mlp", "weight_decay": 2.0}), keep=False)
        engine.advance(step - 40)
    return engine


def test_the_measures_are_columns(folder: RunFolder) -> None:
    run = grokterm.open_run("last")
    assert [*run.progress["step"]] == [0, 50, 100]
    assert run.progress["step"].dtype == np.int64
    assert np.isfinite(run.progress["consensus_loss"]).all()
    assert run.progress.keys() >= {"restricted_loss", "excluded_loss", "key_p_value", "softmax_collapse"}
    assert np.isfinite(run.history["embedding_gini"]).all()
    gap = run.history["train_accuracy"] - run.history["test_accuracy"]
    assert np.array_equal(run.generalization_gap, gap)
    told = emergence(run._history)
    assert (run.acceleration is None) == (told.acceleration_step is None)
    assert run.delay == told.delay
    assert run.generalization_gap[-1] == told.generalization_gap
    squares = run.squared_weights
    assert [*squares["step"]] == [*run.history["step"]]
    assert np.isnan(squares["E_a"][squares["step"] <= 40]).all()
    assert np.isfinite(squares["E_a"][squares["step"] > 40]).all()
    assert (squares["W_out"] < run.history["sum_squared_weights"]).all()
    assert [*run.structure["step"]] == [0]
    assert run.structure["explained_neurons"].shape == (1,)
    steps, norms = run.spectra
    assert ([*steps], norms.shape) == ([0, 50, 100], (3, 3))
    assert run.key_frequencies[0][0] == 0


def test_what_it_tells(folder: RunFolder) -> None:
    run = grokterm.open_run("last")
    assert isinstance(run, Run)
    assert (run.id, run.path, run.last_step, run.parent) == (folder.id, folder.path, 100, None)
    assert run.first_config == CONFIG
    assert run.config == CONFIG.changed({"arch": "mlp", "weight_decay": 2.0})
    assert run.history["step"].tolist() == list(range(0, 101, 5))
    assert run.history["step"].dtype == np.int64
    assert np.isnan(run.history["gradient_norm"][0])
    assert run.history["train_loss"].shape == (21,)
    assert [change.step for change in run.changes] == [40]
    assert run.checkpoints == [20, 40, 70, 100]
    assert repr(run) == f"<run {folder.id}: step 100, memorizing>"


@pytest.mark.parametrize("step", [0, 20, 33, 40, 41, 70, 99, 100])
def test_the_model_at_any_step_is_the_one_that_was_trained(folder: RunFolder, step: int) -> None:
    run = grokterm.open_run(folder.path)
    model = run.at(step)
    engine = trained(step)
    assert (model.step, model.config) == (step, engine.config)
    assert model.parameters.keys() == engine.parameters.keys()
    for name, tensor in engine.parameters.items():
        assert model.parameters[name].tobytes() == tensor.numpy().tobytes()
    classes, _ = predictions(engine)
    assert model.predictions().tolist() == classes.tolist()
    assert model.logits().shape == (7, 7, 7)
    assert model.logits().argmax(-1).tolist() == classes.tolist()
    assert model.labels[2, 6] == 1


def test_steps_may_be_asked_for_in_any_order(folder: RunFolder) -> None:
    run = grokterm.open_run("1")
    steps = [33, 35, 90, 10, 40, 41, 40, 100]
    found = {step: run.at(step).parameters for step in steps}
    for step in steps:
        fresh = grokterm.open_run("1").at(step).parameters
        assert all(found[step][name].tobytes() == array.tobytes() for name, array in fresh.items())
    # What was given out stays as it was.
    assert all((found[33][name] != found[35][name]).any() for name in found[33] if found[33][name].ndim == 2)


def test_nothing_is_touched(folder: RunFolder, folders: Path) -> None:
    before, entries = snapshot(folder), sorted(folders.rglob("*"))
    run = grokterm.open_run(runs=folders)
    run.at(55).logits()
    assert snapshot(folder) == before
    assert sorted(folders.rglob("*")) == entries


def test_a_damaged_checkpoint_is_warned_of_and_an_older_one_taken(folder: RunFolder) -> None:
    newest = list_checkpoints(folder.checkpoint_folder)[-1]
    exact = load_checkpoint(newest)[1]
    newest.write_bytes(newest.read_bytes()[:-9])
    assert read_info(newest).step == 100
    run = grokterm.open_run("last")
    with pytest.warns(UserWarning, match=newest.name):
        parameters = run.at(100).parameters
    assert all(exact[f"parameters.{name}"].tobytes() == array.tobytes() for name, array in parameters.items())
    assert newest.exists()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run.at(71)


def test_what_is_not_there_is_said_in_a_sentence(folder: RunFolder, folders: Path, tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="has steps 0 to 100, and 101 is none of them"):
        grokterm.open_run("last").at(101)
    with pytest.raises(RunFolderError, match="none of them"):
        grokterm.open_run("last").at(-1)
    with pytest.raises(ConfigError, match="device cuda:99 is not on this machine"):
        grokterm.open_run("last").at(3, device="cuda:99")
    with pytest.raises(RunFolderError, match="there is no run 'nothing'"):
        grokterm.open_run("nothing")
    with pytest.raises(RunFolderError, match="there is no run in"):
        grokterm.open_run("last", runs=tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()
    with pytest.raises(RunFolderError, match=r"is no run: it has no config\.toml"):
        grokterm.open_run(tmp_path)
    with pytest.raises(AttributeError, match="no attribute 'close_run'"):
        _ = grokterm.close_run


def test_a_run_that_has_not_begun_has_its_first_model(folders: Path) -> None:
    folders.mkdir()
    create_run(Config(p=5, width=4, device="cpu"), ViewOptions(), folders)
    run = grokterm.open_run("last")
    assert (run.history["step"].size, run.checkpoints) == (0, [])
    assert run.at(0).logits().shape == (5, 5, 5)
