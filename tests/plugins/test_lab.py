"""The worked examples against plain PyTorch, and what holds for all of them as for grokterm's own."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from grokterm.analysis.key_frequencies import KeyFrequencies
from grokterm.analysis.model_at_step import ModelAtStep
from grokterm.analysis.pictures import PICTURES, make_picture
from grokterm.analysis.spectrum import feature_count
from grokterm.config import Config
from grokterm.errors import ConfigError
from grokterm.lab import native
from grokterm.lab.engine import Engine
from grokterm.lab.losses import loss_function
from grokterm.lab.models import build
from grokterm.lab.models.layout import Layout
from grokterm.lab.optimizers import Chain, Hyperparameters, Known, Optimizer
from grokterm.lab.replicas import Replicas, why_alone
from grokterm.picture import PictureRequest
from grokterm.plugins.items import PluginError
from grokterm.plugins.loading import load_file
from grokterm.runs.changes import plan_change
from tests import needs
from tests.own import write

CPU = torch.device("cpu")


def config(**values: Any) -> Config:
    few = {"p": 7, "width": 12, "device": "cpu", "precision": "float64", "warmup": 0, "weight_decay": 0.0}
    return Config().changed(few | values)


@pytest.fixture(autouse=True)
def _loaded(examples: dict[str, Path]) -> None:
    for path in examples.values():
        load_file(path)


def gradients(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def test_rmsprop_is_that_of_torch() -> None:
    mine = gradients(30).clone()
    plain = torch.nn.Parameter(mine.clone())
    torchs = torch.optim.RMSprop([plain], lr=0.01, alpha=0.9, eps=1e-6)
    own = config(optimizer="rmsprop", lr=0.01, rms_decay=0.9, epsilon=1e-6)
    optimizer = Optimizer("rmsprop", mine, Hyperparameters.of(own, CPU))  # type: ignore[arg-type]
    for gradient in gradients(50, 30):
        optimizer.prepare()
        optimizer.step(mine, gradient)
        plain.grad = gradient.clone()
        torchs.step()
    assert float((mine - plain.detach()).abs().max()) < 1e-12


def test_its_number_acts_from_the_next_step_on_and_is_its_own_for_every_replica() -> None:
    decays = (0.5, 0.9)
    each = [Hyperparameters.of(config(optimizer="rmsprop", rms_decay=decay), CPU) for decay in decays]
    names = list(vars(each[0]))
    together = type(each[0])(**{name: torch.stack([getattr(one, name) for one in each])[:, None] for name in names})
    start, many = gradients(8), torch.stack([gradients(8)] * 2)
    optimizers = [Optimizer("rmsprop", start, one) for one in each]  # type: ignore[arg-type]
    both = Optimizer("rmsprop", many, together)  # type: ignore[arg-type]
    alone = [start.clone(), start.clone()]
    for gradient in gradients(5, 8):
        for one, optimizer in zip(alone, optimizers, strict=True):
            optimizer.step(one, gradient)
        both.step(many, torch.stack([gradient] * 2))
    assert torch.equal(many, torch.stack(alone))
    optimizers[0].update(config(optimizer="rmsprop", rms_decay=0.9))
    assert float(getattr(optimizers[0].hyper, "rms_decay")) == 0.9  # noqa: B009


def test_replicas_by_kernels_take_rules_of_ones_own_and_tensor_programs_leave_them_alone() -> None:
    own = {"p": 11, "width": 32, "arch": "one-hot", "precision": "float32", "optimizer": "rmsprop", "lr": 0.01}
    configs = [config(**own, rms_decay=decay, seed=i) for i, decay in enumerate((0.5, 0.9))]
    assert why_alone(configs[0]).startswith("the optimizer rmsprop is a plugin's")
    assert why_alone(config(filter="clipped")).startswith("the filter clipped is a plugin's")
    assert why_alone(config(loss="focal")).startswith("the loss focal is a plugin's")
    assert native.load(needs.library())
    try:
        replicas = Replicas(configs)
        replicas.advance(20)
        replicas.enter(0, configs[1])
        replicas.advance(10)
        for i, steps in enumerate((10, 30)):
            engine = Engine(configs[1])
            engine.advance(steps)
            assert all(torch.equal(replicas.parameters(i)[name], x) for name, x in engine.parameters.items())
    finally:
        native.load(None)


def test_a_filter_of_ones_own_comes_before_the_rule() -> None:
    chain, weights = Chain.of(config(filter="clipped")), gradients(6).clone()
    hyper = Hyperparameters.of(config(optimizer="sgd", filter="clipped", clip_at=0.25, momentum=0.0, lr=1.0), CPU)
    optimizer = Optimizer("sgd", weights, hyper, chain=chain, known=Known(Layout({"w": (6,)})))
    gradient, expected = gradients(6) * 3, gradients(6) - gradients(6) * 3 / (gradients(6) * 3).norm() / 4
    optimizer.step(weights, gradient)
    assert torch.allclose(weights, expected, rtol=0, atol=1e-15)
    small, before = torch.full((6,), 1e-3, dtype=torch.float64), weights.clone()
    optimizer.step(weights, small)
    assert torch.allclose(weights, before - small, rtol=0, atol=1e-15)


def test_a_loss_of_ones_own_is_what_is_trained_on_with_its_number() -> None:
    logits, labels = gradients(5, 7), torch.tensor([0, 6, 3, 3, 1])
    likely = functional.softmax(logits, -1).gather(-1, labels[:, None])[:, 0]
    expected = -((1 - likely) ** 3) * likely.log()
    found = loss_function("focal")(logits, labels, focal_gamma=torch.tensor(3.0, dtype=torch.float64))  # type: ignore[arg-type]
    assert torch.allclose(found, expected, rtol=1e-12, atol=0)
    engine = Engine(config(loss="focal", focal_gamma=3.0))
    a, b, right = (getattr(engine.task.pairs(engine.task.train), name) for name in ("a", "b", "labels"))
    likely = functional.softmax(engine.model.logits(engine.parameters, a, b), -1).gather(-1, right[:, None])[:, 0]
    assert engine.measure().train_loss == pytest.approx(float((-((1 - likely) ** 3) * likely.log()).mean()), rel=1e-12)
    engine.apply_settings(engine.config.changed({"focal_gamma": 0.0}))
    assert engine.measure().train_loss == pytest.approx(float(-likely.log().mean()), rel=1e-12)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("logits.sum()", "the loss own (lab.py, line 3) must give [5], not a tensor []"),
        ("logits", "the loss own (lab.py, line 3) must give [5], not a tensor [5, 7]"),
        ("1.0", "the loss own (lab.py, line 3) must give [5], not float"),
        ("logits.detach().sum(-1)", "the loss own (lab.py, line 3) does not depend on the logits"),
    ],
)
def test_a_loss_that_is_none_is_told_of(tmp_path: Path, answer: str, words: str) -> None:
    text = "from grokterm import plugins\n\n@plugins.loss('own', words='', title='', unit='')\n"
    load_file(write(tmp_path / "lab.py", f"{text}def own(logits, labels):\n    return {answer}\n"))
    with pytest.raises(PluginError, match=re.escape(words)):
        loss_function("own")(gradients(5, 7).requires_grad_(), torch.zeros(5, dtype=torch.int64))  # type: ignore[arg-type]


def test_the_bilinear_network_is_a_sum_of_products() -> None:
    model = build(config(arch="bilinear"))
    parameters = {name: gradients(2, *shape) for name, shape in model.shapes().items()}
    a, b = torch.arange(7).repeat_interleave(7), torch.arange(7).repeat(7)
    table = torch.einsum("raw,rbw,rwc->rabc", parameters["W_a"], parameters["W_b"], parameters["W_out"])
    for logits in (
        model.logits(parameters, a, b),
        model.logits_of_inputs(parameters, model.inputs(parameters, a, b)),
        model.trace(parameters, a, b)["logits"],
    ):
        assert torch.allclose(logits, table.flatten(1, 2), rtol=0, atol=1e-12)
    assert not model.has_kernel(parameters)
    assert Engine(config(arch="bilinear")).strategy.name == "autograd"


@pytest.mark.parametrize("p", [7, 31])
def test_every_view_draws_it(p: int) -> None:
    engine = Engine(config(arch="bilinear", p=p, width=16, precision="float32", lr=0.01))
    engine.advance(100)
    here = ModelAtStep(
        step=100,
        config=engine.config,
        parameters=engine.parameters,
        labels=engine.task.labels,
        train=engine.task.train_mask,
        estimate=KeyFrequencies(feature_count(engine.config)).update,
    )
    for name in PICTURES:
        picture = make_picture(PictureRequest(name, {}), here)
        assert picture.arrays or picture.summary, name
        for array in picture.arrays.values():
            assert array.dtype.kind != "f" or not array.size or np.isfinite(array).any(), name


def test_another_optimizer_of_ones_own_is_a_change_as_all_others() -> None:
    engine = Engine(config(lr=0.01))
    engine.advance(3)
    with pytest.raises(ConfigError, match="rms decay does nothing with AdamW: only rmsprop reads it"):
        plan_change(engine.config, 3, {"rms_decay": 0.5})
    with pytest.raises(ConfigError, match="focal gamma does nothing with cross-entropy: only focal reads it"):
        plan_change(engine.config, 3, {"focal_gamma": 0.5})
    plan = plan_change(engine.config, 3, {"optimizer": "rmsprop", "rms_decay": 0.5})
    assert plan.words == "optimizer adamw → rmsprop, rms decay 0.98 → 0.5"
    engine.apply_settings(plan.config)
    engine.advance(3)
    state = engine.state_dict()
    assert {name for name in state if name.startswith("optimizer.square.")} == {
        f"optimizer.square.{name}" for name in engine.parameters
    }
    again = Engine(plan.config)
    again.load_state_dict(state)
    again.advance(2)
    engine.advance(2)
    assert all(torch.equal(again.parameters[name], tensor) for name, tensor in engine.parameters.items())
