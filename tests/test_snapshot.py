"""A model in a notebook: every view is a method that gives the same numbers as the picture on the screen."""

from __future__ import annotations

import re
import shutil
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch

import grokterm
from grokterm.analysis.key_frequencies import KeyFrequencies
from grokterm.analysis.model_at_step import ModelAtStep
from grokterm.analysis.pictures import PICTURES
from grokterm.analysis.progress import progress
from grokterm.analysis.spectrum import feature_count
from grokterm.errors import ConfigError
from grokterm.lab.engine import Engine
from grokterm.runs.checkpoints import REGULAR
from grokterm.runs.folder import RunFolder, create_run
from grokterm.snapshot import Snapshot
from grokterm.surgery import Ablation
from grokterm.trainer.opening import open_run
from grokterm.training.checkpoint_series import CheckpointSeries
from grokterm.view_options import ViewOptions
from tests.analysis.pictures.subjects import picture
from tests.by_kernels import steps_by_kernels
from tests.trainer.running import TINY

__all__ = ["steps_by_kernels"]

CONFIG = TINY.changed({"p": 11, "arch": "mlp", "log_every": 10, "measure_every": 20})


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A run of 60 steps with a checkpoint every 20."""
    made = create_run(CONFIG, ViewOptions(), tmp_path_factory.mktemp("recorded"))
    session = open_run(made).session
    session.begin()
    while session.step < 60:
        session.advance(20)
        session.save(REGULAR)
    return made


@pytest.fixture
def folder(recorded: RunFolder, folders: Path) -> RunFolder:
    """A copy of that run as this test's own."""
    shutil.copytree(recorded.path.parent, folders)
    return RunFolder(folders / recorded.path.name)


def subject(step: int) -> ModelAtStep:
    """The model trained anew, as the trainer shows it to pictures."""
    engine = Engine(CONFIG)
    engine.advance(step)
    train = torch.zeros(CONFIG.p**2, dtype=torch.bool)
    train[engine.task.train] = True
    return ModelAtStep(
        step=step,
        config=CONFIG,
        parameters=engine.parameters,
        labels=engine.task.labels,
        train=train.view(CONFIG.p, CONFIG.p),
        estimate=KeyFrequencies(feature_count(CONFIG)).update,
    )


@pytest.mark.parametrize("name", PICTURES)
def test_every_view_is_a_method_with_the_numbers_of_its_picture(folder: RunFolder, name: str) -> None:
    model = grokterm.open_run("last").at(50)
    here = subject(50)
    series = CheckpointSeries(folder)
    wanted = picture(name, replace(here, earlier=lambda: series.before(here)), {})
    drawn = getattr(model, name)()
    assert (drawn.name, drawn.step, drawn.summary) == (name, 50, wanted.summary)
    assert dict(drawn.names) == dict(wanted.names)
    assert drawn.arrays.keys() == wanted.arrays.keys()
    for key, tensor in wanted.arrays.items():
        np.testing.assert_array_equal(drawn.arrays[key], tensor.numpy())
        assert getattr(drawn, key) is drawn.arrays[key]
    assert name in dir(model)
    assert repr(drawn).startswith(f"<{name} at step 50: ")


def test_a_later_model_gives_the_key_frequencies(folder: RunFolder) -> None:
    run = grokterm.open_run("last")
    early, late = run.at(10), run.at(60)
    drawn = early.circles(present=late)
    here, there = subject(10), subject(60)
    wanted = picture("circles", replace(here, present=there), {})
    np.testing.assert_array_equal(drawn.circles, wanted.arrays["circles"].numpy())


def test_measures_are_those_of_the_log(folder: RunFolder) -> None:
    run = grokterm.open_run("last")
    measured = run.at(40).measures()
    for logged, names in (
        (run.progress, ("consensus_loss", "consensus_p_value", "softmax_collapse")),
        (run.history, ("embedding_gini", "read_out_gini")),
    ):
        at = int(np.flatnonzero(logged["step"] == 40)[0])
        for name in names:
            assert measured[name] == pytest.approx(logged[name][at], rel=6e-5)
    here = subject(40)
    assert measured["consensus_loss"] == pytest.approx(
        progress(CONFIG, here.logits_fn, here.train, here.train, here.key_frequencies).consensus_loss, rel=6e-5
    )
    assert 0 <= (measured["explained_neurons"] or 0) <= 1
    assert measured["distance_irrelevance"] is None  # test accuracy is far below .9


def test_parts_are_taken_out_of_a_ghost(folder: RunFolder) -> None:
    model = grokterm.open_run("last").at(60)
    before = {name: array.copy() for name, array in model.parameters.items()}
    all_gone = model.ablation(without=Ablation(only=True))  # all but no frequency
    wanted = picture("ablation", replace(subject(60), ablation=Ablation(only=True)), {})
    np.testing.assert_array_equal(all_gone.scores, wanted.arrays["scores"].numpy())
    assert all_gone.scores[0, 0] < all_gone.scores[1, 0]  # the intact model has the lower train loss
    assert all((model.parameters[name] == array).all() for name, array in before.items())


def test_the_example_of_readme_runs(folder: RunFolder) -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    example = re.search(r"```python\n(import grokterm\n\nrun = .*?)```", readme, re.DOTALL)
    assert example is not None
    found: dict[str, object] = {}
    exec(example[1].replace("1234", "50"), found)  # a run of 60 steps has no step 1,234
    assert found["wrong"] == (grokterm.open_run("last").at(50).predictions() != subject(50).labels.numpy()).sum()


def test_no_view_is_hidden_by_something_else_of_a_model() -> None:
    taken = {*vars(Snapshot), *(field.name for field in fields(Snapshot))}
    assert not PICTURES.keys() & taken


def test_what_is_not_there_is_said_in_a_sentence(folder: RunFolder) -> None:
    model = grokterm.open_run("last").at(20)
    with pytest.raises(AttributeError, match=r"a model has no 'circels', and its pictures are .*circles"):
        model.circels()
    with pytest.raises(AttributeError, match=r"circles has no array 'angles': it has circles"):
        _ = model.circles().angles
    with pytest.raises(ConfigError, match="circles has no 'neurn' to choose"):
        model.circles(neurn=3)
    assert model.train.sum() == round(CONFIG.train_fraction * 121)
