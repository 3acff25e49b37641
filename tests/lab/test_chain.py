"""Every optimizer, filter, decay and constraint against plain PyTorch over 25 steps, and inside captured steps."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.testing import assert_close

from grokterm.config import Config, choices, settings
from grokterm.config.losses import LOSSES
from grokterm.config.optimizers import FILTERS, OPTIMIZERS
from grokterm.lab.losses import LOSSES as LOSS_FUNCTIONS
from grokterm.lab.models import build
from grokterm.lab.models.layout import Layout
from grokterm.lab.optimizers import Chain, Hyperparameters, Known, Optimizer
from grokterm.lab.optimizers.chain import rules
from grokterm.lab.optimizers.filters import FILTERS as MADE
from tests.lab.captured import Captured
from tests.lab.cuda import only_on_cuda
from tests.lab.examples import random_parameters, small
from tests.lab.fakes import audited, on_fake_cuda
from tests.reference.optimizers import PlainRun

CPU = torch.device("cpu")
STEPS = 25
"""More than two windows of gradients, and than twice the warm-up."""
WINDOW = {"ma_window": 7, "ma_lambda": 3.0}
FILTERED = {"none": {}, "grokfast-ema": {}, "grokfast-ma": WINDOW, "orthograd": {}}
CHAINS: list[dict[str, Any]] = [
    *({"optimizer": optimizer} for optimizer in choices("optimizer")),
    *({"optimizer": optimizer, "decay_to": "init"} for optimizer in choices("optimizer")),
    {"optimizer": "sgd", "nesterov": "on", "momentum": 0.9},
    {"optimizer": "sgd", "momentum": 0.0, "warmup": 0},
    {"optimizer": "muon", "momentum": 0.5, "muon_lr": 0.1},
    *({"filter": name, **values} for name, values in FILTERED.items()),
    *({"filter": name, "optimizer": "adam", **values} for name, values in FILTERED.items()),
    {"filter": "grokfast-ema", "optimizer": "sgd", "ema_alpha": 0.5, "ema_lambda": 0.3},
    {"filter": "orthograd", "optimizer": "muon"},
    {"norm_clamp": 0.8},
    {"norm_clamp": 1.5, "optimizer": "sgd", "decay_to": "init"},
    {"l1": 0.01},
    {"l1": 0.3, "filter": "grokfast-ema", "optimizer": "lion"},
]


def named(values: dict[str, Any]) -> str:
    return "-".join(map(str, values.values())) or "default"


def config_of(values: dict[str, Any]) -> Config:
    return small(arch="mlp", depth=2, weight_decay=0.5).changed(values)


class Run:
    """A chain on the parameters of a small model, with gradients of widely different sizes."""

    def __init__(self, config: Config, replicas: int = 0, device: torch.device = CPU) -> None:
        self.model = build(config)
        self.layout = Layout(self.model.shapes())
        self.start = random_parameters(self.model)
        flat = self.layout.flatten(self.start)
        start = (flat.repeat(replicas, 1) if replicas else flat).to(device)
        self.flat = start.clone()
        self.known = Known(self.layout, self.model.hidden_matrices, start)
        self.hyper = Hyperparameters.of(config, device)
        self.optimizer = self.fresh(config)
        draw = torch.Generator().manual_seed(1)
        sizes = [10.0 ** (i % 5 - 3) for i in range(STEPS)]
        self.gradients = [
            (torch.randn(self.layout.size, generator=draw, dtype=torch.float64) * size).to(device) for size in sizes
        ]

    def fresh(self, config: Config, hyper: Hyperparameters | None = None) -> Optimizer:
        return Optimizer(config.optimizer, self.flat, hyper or self.hyper, "fused", Chain.of(config), self.known)


def test_every_name_is_described_and_made() -> None:
    assert tuple(OPTIMIZERS) == choices("optimizer")
    assert rules().keys() == set(OPTIMIZERS)
    assert tuple(FILTERS) == tuple(MADE) == choices("filter")
    assert tuple(LOSSES) == tuple(LOSS_FUNCTIONS) == choices("loss")
    for described in (*OPTIMIZERS.values(), *FILTERS.values()):
        assert described.uses <= settings().keys()


@pytest.mark.parametrize("values", CHAINS, ids=named)
def test_steps_are_those_of_plain_pytorch(values: dict[str, Any]) -> None:
    config = config_of(values)
    run = Run(config)
    plain = PlainRun(config, run.start, run.model.hidden_matrices)
    for gradient in run.gradients:
        run.optimizer.step(run.flat, gradient)
        plain.step(run.layout.unflatten(gradient))
    for name, tensor in run.layout.unflatten(run.flat).items():
        assert_close(tensor, plain.w[name], rtol=1e-9, atol=1e-9, msg=name)
        assert not torch.equal(tensor, run.start[name])


def test_muon_takes_what_is_neither_embedding_nor_read_out() -> None:
    hidden = {arch: build(small(arch=arch)).hidden_matrices for arch in choices("arch")}
    assert hidden == {
        "one-hot": {"W_a", "W_b"},
        "mlp": {"W_a", "W_b"},
        "residual-mlp": {"0.W_in", "0.W_out"},
        "transformer": {f"0.{name}" for name in ("W_Q", "W_K", "W_V", "W_O", "W_in", "W_out")},
    }


def test_muon_brings_singular_values_near_one() -> None:
    run = Run(config_of({"optimizer": "muon", "momentum": 0.0, "warmup": 0, "weight_decay": 0.0, "muon_lr": 1.0}))
    before = run.flat.clone()
    run.optimizer.step(run.flat, run.gradients[0])
    step = run.layout.unflatten(before - run.flat)
    for name in run.model.hidden_matrices:
        inputs, outputs = step[name].shape
        values = torch.linalg.svdvals(step[name]) / max(1, outputs / inputs) ** 0.5
        assert 0.6 < values.min() <= values.max() < 1.3, name


@pytest.mark.parametrize("values", CHAINS, ids=named)
def test_replicas_are_runs_of_their_own(values: dict[str, Any]) -> None:
    configs = [config_of(values), config_of({**values, "lr": 0.03, "weight_decay": 0.1, "warmup": 3})]
    both = Run(configs[0], replicas=2)
    each = [Hyperparameters.of(config, CPU) for config in configs]
    names = Hyperparameters.__dataclass_fields__
    hyper = Hyperparameters(**{name: torch.stack([getattr(one, name) for one in each])[:, None] for name in names})
    together, alone = both.fresh(configs[0], hyper), [Run(config) for config in configs]
    for gradient in both.gradients[:20]:
        together.step(both.flat, gradient.repeat(2, 1))
        for run in alone:
            run.optimizer.step(run.flat, gradient)
    for replica, run in enumerate(alone):
        assert_close(both.flat[replica], run.flat, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("values", CHAINS, ids=named)
def test_a_change_of_any_number_acts_inside_a_captured_step(values: dict[str, Any]) -> None:
    before = config_of(values)
    numbers: dict[str, Any] = {
        "lr": 0.02,
        "weight_decay": 1.5,
        "beta1": 0.7,
        "beta2": 0.9,
        "epsilon": 1e-4,
        "momentum": 0.6,
    }
    numbers |= {"muon_lr": 0.05, "ema_alpha": 0.6, "ema_lambda": 1.0, "ma_lambda": 1.0, "nesterov": "on"}
    after = before.changed(numbers | ({"norm_clamp": 2.0} if before.norm_clamp else {}))
    after = after.changed({"l1": 0.5} if before.l1 else {})
    captured, plain = Run(before), Run(before)
    # In one pass, numbers are read on the host: what is captured is the chain.
    captured.optimizer = Optimizer(
        before.optimizer, captured.flat, captured.hyper, "chain", Chain.of(before), captured.known
    )
    plain.optimizer = Optimizer(before.optimizer, plain.flat, plain.hyper, "chain", Chain.of(before), plain.known)
    state = {name: tensor.clone() for name, tensor in captured.optimizer.state_dict().items()}

    graph = Captured(lambda gradient: captured.optimizer.step(captured.flat, gradient), captured.gradients[0])
    captured.flat.copy_(plain.flat)
    captured.optimizer.load_state_dict(state)
    for at, gradient in enumerate(plain.gradients[:20]):
        if at == 10:
            captured.optimizer.update(after)
            plain.optimizer.update(after)
        graph(gradient)
        plain.optimizer.step(plain.flat, gradient)
    assert_close(captured.flat, plain.flat, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("values", CHAINS, ids=named)
def test_a_loaded_state_goes_on_with_the_same_bits(values: dict[str, Any]) -> None:
    config = config_of(values)
    run = Run(config)
    for gradient in run.gradients[:15]:
        run.optimizer.step(run.flat, gradient)
    resumed = Run(config)
    resumed.flat.copy_(run.flat)
    resumed.optimizer.load_state_dict({name: tensor.clone() for name, tensor in run.optimizer.state_dict().items()})
    for gradient in run.gradients[15:]:
        run.optimizer.step(run.flat, gradient)
        resumed.optimizer.step(resumed.flat, gradient)
    assert torch.equal(run.flat, resumed.flat)


@pytest.mark.parametrize("values", CHAINS, ids=named)
def test_a_step_may_be_captured_on_cuda(values: dict[str, Any]) -> None:
    config = config_of(values)
    with on_fake_cuda() as device:
        layout = Layout(build(config).shapes())
        flat = torch.zeros(layout.size, device=device)
        known = Known(layout, build(config).hidden_matrices, torch.zeros(layout.size, device=device))
        hyper = Hyperparameters.of(config, device)
        optimizer = Optimizer(config.optimizer, flat, hyper, "planned", Chain.of(config), known)
        optimizer.prepare()
        audit = audited(lambda: optimizer.step(flat, torch.zeros(layout.size, device=device)))
    assert audit.wrong == []


@only_on_cuda
@pytest.mark.parametrize("values", CHAINS, ids=named)
def test_a_step_on_cuda_is_that_on_the_cpu(values: dict[str, Any]) -> None:
    config = config_of(values)
    here, there = Run(config), Run(config, device=torch.device("cuda"))
    for one, other in zip(here.gradients, there.gradients, strict=True):
        here.optimizer.step(here.flat, one)
        there.optimizer.step(there.flat, other)
    assert_close(there.flat.cpu(), here.flat, rtol=1e-9, atol=1e-9)
