"""The preset of the paper against its network and training loop, written down on their own."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from grokterm.config import Config
from grokterm.lab.engine import Engine
from grokterm.presets import PRESETS
from tests.lab.predictions import predictions
from tests.reference.paper import Network, train

STEPS = 20
SMALL = {"p": 13, "d_model": 16, "width": 40, "device": "cpu", "precision": "float64"}


def as_in_the_paper(config: Config, parameters: dict[str, Tensor]) -> dict[str, Tensor]:
    """Weights as the paper's code has them: of most, the transpose; of attention, a matrix a head."""
    heads = config.heads
    found = {"W_E": parameters["W_E"].T, "W_pos": parameters["W_pos"], "W_U": parameters["W_U"]}
    for name in ("W_Q", "W_K", "W_V"):
        found[name] = parameters[f"0.{name}"].T.reshape(heads, -1, config.d_model)
    found |= {name: parameters[f"0.{name}"].T for name in ("W_O", "W_in", "W_out")}
    return found | {name: parameters[f"0.{name}"] for name in ("b_in", "b_out")}


def both(steps: int, **values: object) -> tuple[Engine, Network, list[float], list[float]]:
    """The engine and the paper's network after so many steps from the same weights, and their losses before each."""
    config = Config().changed({**PRESETS["nanda"].values, **SMALL, **values})
    engine = Engine(config)
    network = Network(as_in_the_paper(config, engine.parameters))
    task = engine.task
    pairs = torch.stack([task.train // config.p, task.train % config.p], 1)
    theirs = train(network, pairs, task.labels.flatten()[task.train], config.p, steps, config.lr, config.weight_decay)
    ours = []
    for _ in range(steps):
        ours.append(number(engine.measure().train_loss))
        engine.advance(1)
    return engine, network, ours, theirs


def number(loss: float | None) -> float:
    assert loss is not None
    return loss


def test_twenty_steps_of_the_preset_are_those_of_the_paper() -> None:
    engine, network, ours, theirs = both(STEPS)
    assert ours == pytest.approx(theirs, rel=1e-12)
    assert ours[1] == ours[0] > ours[-1]  # the first step has rate 0
    expected = as_in_the_paper(engine.config, engine.parameters)
    for name, weight in network.weights.items():
        assert_close(weight.detach(), expected[name], rtol=0, atol=1e-12, msg=name)


def test_the_closed_form_answers_with_equals_as_a_class_too() -> None:
    closed = {
        "arch": "one-hot",
        "p": 11,
        "width": 64,
        "activation": "quadratic",
        "init": "closed-form",
        "classes": "p+1",
        "device": "cpu",
    }
    measures = Engine(Config().changed(closed)).measure()
    assert (measures.train_accuracy, measures.test_accuracy) == (1.0, 1.0)
    assert number(measures.test_loss) < 1e-3


def test_by_default_the_first_step_has_a_rate() -> None:
    _, _, ours, theirs = both(3, warmup_from=1)
    assert ours[0] == pytest.approx(theirs[0], rel=1e-12)
    assert ours[1] < theirs[1] == theirs[0]


def test_equals_takes_part_in_the_loss_and_in_nothing_else() -> None:
    engine, network, _, _ = both(STEPS)
    p, task = engine.config.p, engine.task
    tokens = torch.cartesian_prod(torch.arange(p), torch.arange(p), torch.tensor([p]))
    with torch.no_grad():
        logits = network.logits(tokens)
    logits[:, p] = 1e3  # were it an answer, it would be the one
    engine.parameters["W_U"][:, p] *= 1e3
    classes, chances = predictions(engine)
    assert classes.shape == (p, p)
    assert torch.equal(classes.flatten(), logits[:, :p].argmax(-1))
    assert_close(chances.flatten().double(), logits[:, :p].softmax(-1).amax(-1), rtol=1e-6, atol=1e-6)
    right = (logits[task.test, :p].argmax(-1) == task.labels.flatten()[task.test]).double().mean()
    assert engine.measure().test_accuracy == float(right)
    assert max(c for c, _ in engine.top_classes(1, 2, p + 1)) < p
    assert engine.model.residue_logits(engine.parameters, torch.tensor([1]), torch.tensor([2])).shape == (1, p)
