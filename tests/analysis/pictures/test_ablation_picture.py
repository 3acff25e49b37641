"""The picture of ablation: what it says of the intact model and of the ghost, and that nothing is touched."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from grokterm.config import Config
from grokterm.lab.engine import Engine
from grokterm.picture import Picture, PictureRequest
from grokterm.runs.folder import RunFolder
from grokterm.surgery import Ablation
from grokterm.trainer.pictures import PictureMaker
from grokterm.training.checkpoint_series import CheckpointSeries
from grokterm.wire.messages import Look
from tests.lab.predictions import predictions

SMALL = Config(p=13, width=24, d_model=16, heads=2, precision="float32", device="cpu", lr=1e-2)
LARGE = SMALL.changed({"p": 256, "width": 8, "corrupt": 0.2})
"""More residues than a table shows, and a stride of 2 would meet the even ones alone."""
SOLVED = SMALL.changed({"arch": "one-hot", "width": 21, "activation": "quadratic", "init": "closed-form"})


def pictured(folder: Path, engine: Engine, ablation: Ablation, groups: bool = False) -> Picture:
    request = PictureRequest("ablation", {"neurons": 1} if groups else {}, ablation)
    [made] = PictureMaker(CheckpointSeries(RunFolder(folder))).make(Look(0, (request,)), engine, 0)
    return made


def arrays(made: Picture) -> dict[str, npt.NDArray[np.generic]]:
    assert made.arrays, made.summary
    return made.arrays


@pytest.mark.parametrize("arch", ["one-hot", "mlp", "transformer"])
@pytest.mark.parametrize("op", ["add", "divide"])
def test_a_ghost_leaves_every_bit_of_the_engine_as_it_was(tmp_path: Path, arch: str, op: str) -> None:
    engine = Engine(SMALL.changed({"arch": arch, "op": op, "corrupt": 0.2}))
    engine.advance(10)
    before = {name: tensor.numpy().tobytes() for name, tensor in engine.state_dict().items()}
    for ablation in (Ablation((1, 2)), Ablation((1,), only=True), Ablation(neurons=(0, 7)), Ablation()):
        assert arrays(pictured(tmp_path, engine, ablation, groups=True))["scores"].shape == (2, 4)
    assert {name: tensor.numpy().tobytes() for name, tensor in engine.state_dict().items()} == before


def test_the_intact_side_is_what_the_engine_measures(tmp_path: Path) -> None:
    engine = Engine(SMALL.changed({"corrupt": 0.2, "op": "divide"}))
    engine.advance(60)
    found, measures = arrays(pictured(tmp_path, engine, Ablation((3,)))), engine.measure()
    expected = [measures.train_loss, measures.test_loss, measures.train_accuracy, measures.test_accuracy]
    np.testing.assert_allclose(found["scores"][0], np.array(expected, float), rtol=1e-5)
    states, (prediction, confidence) = found["states"][0], predictions(engine)
    right = (prediction == engine.task.labels).numpy()
    sure = (confidence >= 0.5).numpy()
    trained = engine.task.train_mask.numpy()
    kinds = np.where(sure, np.where(right, 1, 2), 3) + 3 * trained
    np.testing.assert_array_equal(states[:, 1:], kinds[:, 1:])
    assert not states[:, 0].any()


def test_a_ghost_is_worse_without_what_it_needs(tmp_path: Path) -> None:
    engine = Engine(SOLVED)
    found = arrays(pictured(tmp_path, engine, Ablation(), groups=True))
    np.testing.assert_array_equal(found["scores"][0], found["scores"][1])
    np.testing.assert_array_equal(found["states"][0], found["states"][1])
    keys = tuple(int(k) for k in found["keys"])
    assert len(keys) == 3
    without = arrays(pictured(tmp_path, engine, Ablation(keys)))
    assert without["scores"][0, 3] == 1
    assert without["scores"][1, 3] < 0.2
    only = arrays(pictured(tmp_path, engine, Ablation(keys, only=True)))
    assert only["scores"][1, 3] == 1
    of_neurons = arrays(pictured(tmp_path, engine, Ablation(neurons=tuple(range(7)))))["scores"][1]
    of_frequency = arrays(pictured(tmp_path, engine, Ablation((1,))))["scores"][1]
    np.testing.assert_allclose(of_neurons, of_frequency, rtol=1e-3)


def test_neurons_are_grouped_by_the_frequency_that_explains_them(tmp_path: Path) -> None:
    engine = Engine(SMALL.changed({"arch": "one-hot"}))
    frequency = np.repeat([2, 5, 0], 8)
    for name in ("W_a", "W_b"):
        waves = np.cos(2 * np.pi * np.arange(13)[:, None] * frequency / 13) * (frequency > 0)
        engine.parameters[name][:] = engine.parameters[name].new_tensor(waves)
    groups = arrays(pictured(tmp_path, engine, Ablation(), groups=True))["groups"]
    np.testing.assert_array_equal(groups, frequency)


def test_a_head_that_is_taken_out_is_missed(tmp_path: Path) -> None:
    engine = Engine(SMALL.changed({"arch": "transformer", "depth": 2}))
    engine.advance(30)
    found = arrays(pictured(tmp_path, engine, Ablation(heads=(3,))))
    assert found["heads"].shape == (4,)
    assert found["scores"][0, 0] != found["scores"][1, 0]


@pytest.mark.parametrize(
    ("values", "ablation", "words"),
    [
        ({"op": "x3+xy"}, Ablation((1,)), "frequencies are not defined for x3+xy mod 13"),
        ({}, Ablation(heads=(0,)), "mlp has no heads: only transformer has them"),
    ],
)
def test_what_is_not_there_is_said(tmp_path: Path, values: dict[str, str], ablation: Ablation, words: str) -> None:
    made = pictured(tmp_path, Engine(SMALL.changed(values)), ablation)
    assert not made.arrays
    assert made.summary == words


def test_without_frequencies_there_are_neurons_still(tmp_path: Path) -> None:
    found = arrays(pictured(tmp_path, Engine(SMALL.changed({"op": "x3+xy"})), Ablation(neurons=(1,)), groups=True))
    assert {"norms", "keys", "groups"}.isdisjoint(found)


def test_of_many_residues_some_stand_for_all(tmp_path: Path) -> None:
    engine = Engine(LARGE)
    found = arrays(pictured(tmp_path, engine, Ablation((3,))))
    assert found["stride"] == 3
    assert found["states"].shape == (2, 86, 86)
    prediction, _ = predictions(engine)
    task = engine.task
    right, trained = ((table)[::3, ::3] for table in (prediction == task.noisy_labels, task.train_mask))
    shares = [right[trained].float().mean(), right[~trained].float().mean()]
    np.testing.assert_allclose(found["scores"].tolist()[0][2:], shares, rtol=1e-6)
    np.testing.assert_array_equal(found["states"][0] > 3, trained)
