"""The step that CUDA captures, without a GPU: on which device, in which order, with how many operations.

Steps by hand run on fakes of a CUDA device, those by autograd on `meta`, for autograd asks for a device that is there.
Both raise where a number is read on the host; fakes raise where devices meet, and the audit lists it on `meta`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import pytest
import torch
from torch import Tensor

from grokterm.config import Config, choices
from grokterm.lab.cuda_graphs import StepBatch
from grokterm.lab.models import build
from grokterm.lab.models.layout import Layout
from grokterm.lab.objective import Objective
from grokterm.lab.optimizers import Chain, Hyperparameters, Known, Optimizer, implementation_for
from grokterm.lab.precision import product_for
from grokterm.lab.replica_steps import ReplicaSteps
from grokterm.lab.replica_strategies import Run, Shared, TensorProgram
from grokterm.lab.strategies import Strategy, choose_strategy
from grokterm.lab.tasks import Pairs
from tests.lab.examples import ARCHITECTURES
from tests.lab.fakes import Audit, audited, on_fake_cuda
from tests.lab.options import OPTIONS

WAY: Final = implementation_for(torch.device("cuda"))
FULL: Final = {"one-hot": 30, "mlp": 35, "transformer": 60}
"""Operations of a step on all pairs in float32."""
ROUNDED: Final = {"one-hot": 36, "mlp": 47, "transformer": 90}
"""The same where the factors of every product are rounded to bfloat16."""
OF_A_BATCH: Final = 9
"""Operations more at most for pairs that are others at every step."""
BY_AUTOGRAD: Final = {"one-hot": (67, 82, 97), "mlp": (73, 88, 103), "transformer": (208, 533, 838)}
"""Operations of a step by autograd at most, with one, two and three layers."""


def taken(config: Config, device: torch.device, n: int, replicas: tuple[int, ...] = ()) -> tuple[Strategy, Audit]:
    """A step of a burst on `n` pairs that last, or are a batch where n is the size of one: the second, where the first
    keeps something of them.
    """
    model = build(config, product_for(config.precision))
    layout = Layout(model.shapes())
    flat = torch.zeros(*replicas, layout.size, device=device)
    a, b, labels = (torch.zeros(n, dtype=torch.int64, device=device) for _ in range(3))
    pairs = Pairs(a, b, labels, config.p, reused=n != config.batch_size)
    optimizer = Optimizer(config.optimizer, flat, Hyperparameters.of(config, device), WAY)
    strategy = choose_strategy(model, layout, flat, 3000)
    burst = StepBatch(strategy, optimizer)
    optimizer.prepare()
    if pairs.reused and strategy.name != "autograd":
        burst._step(pairs)
    return strategy, audited(lambda: burst._step(pairs))


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize(("arch", "activation"), list(itertools.product(ARCHITECTURES, choices("activation"))))
def test_a_step_by_hand_is_few_operations_that_may_be_captured(arch: str, activation: str, precision: str) -> None:
    """On all pairs or on a batch: both with every architecture, activation and precision."""
    batch_size = ("full", 512)[(choices("activation").index(activation) + (precision == "bfloat16")) % 2]
    config = Config().changed(
        {"arch": arch, "activation": activation, "precision": precision, "batch_size": batch_size}
    )
    with on_fake_cuda() as device:
        strategy, audit = taken(config, device, 512 if batch_size == 512 else 3000)
    assert strategy.name == "by hand in few operations"
    assert audit.wrong == []
    most = FULL[arch] if precision == "float32" else ROUNDED[arch]
    most += OF_A_BATCH * (batch_size != "full") + (activation == "quadratic")
    assert audit.launches.total() <= most, audit.launches


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_a_step_in_parts_has_as_many_operations_for_each(arch: str) -> None:
    config = Config(precision="float32", classes="p+1").changed({"arch": arch})
    with on_fake_cuda() as device:
        _, whole = taken(config, device, 3000)
        _, parts = taken(config, device, 3001)
    assert parts.wrong == []
    assert whole.launches.total() < parts.launches.total() <= 2 * whole.launches.total()


@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("layer_norm", choices("layer_norm"))
def test_a_step_by_autograd_may_be_captured(arch: str, depth: int, layer_norm: str) -> None:
    """Of one run, of replicas and of batches: each with every architecture, depth and norm."""
    ways: list[tuple[tuple[int, ...], int | str]] = [((), "full"), ((8,), "full"), ((2, 3), 512)]
    replicas, batch_size = ways[(ARCHITECTURES.index(arch) + depth + choices("layer_norm").index(layer_norm)) % 3]
    config = Config(precision="float32").changed(
        {"arch": arch, "depth": depth, "layer_norm": layer_norm, "batch_size": batch_size}
    )
    strategy, audit = taken(config, torch.device("meta"), 512 if batch_size == 512 else 3000, replicas)
    assert strategy.name == "autograd"
    assert audit.wrong == []
    assert audit.launches.total() <= BY_AUTOGRAD[arch][depth - 1], audit.launches


@pytest.mark.parametrize(
    "chain", [{}, {"filter": "grokfast-ma", "ma_window": 3}, {"norm_clamp": 1.0, "l1": 0.1}], ids=str
)
@pytest.mark.parametrize("arch", choices("arch"))
def test_a_step_of_replicas_with_examples_of_their_own_may_be_captured(arch: str, chain: dict[str, Any]) -> None:
    config = Config(precision="float32", p=11).changed({"arch": arch, **chain})
    counts = []
    for count in (2, 7):
        network, device = build(config), torch.device("meta")
        layout, dtype = Layout(network.shapes()), torch.float32
        shared = Shared(network, layout, Objective(config, device), device, dtype, 1 << 20)
        configs = [config.changed({"seed": i, "train_fraction": 0.3 + i / 20}) for i in range(count)]
        strategy = TensorProgram(shared, [Run.of(each, layout, dtype) for each in configs])
        known = Known(layout, network.hidden_matrices, torch.zeros_like(strategy.flat))
        hyper = Hyperparameters.of_each(configs, device)
        optimizer = Optimizer(config.optimizer, strategy.flat, hyper, WAY, Chain.of(config), known)
        steps, examples = ReplicaSteps(strategy, optimizer), strategy.next_examples()
        optimizer.prepare()
        audit = audited(partial(steps._step, examples))
        assert audit.wrong == []
        counts.append(audit.launches.total())
    assert counts[0] == counts[1]


@pytest.mark.parametrize("values", OPTIONS, ids=str)
def test_a_step_of_every_option_may_be_captured(values: dict[str, Any]) -> None:
    config = Config(precision="float32").changed({**values, "depth": 2})  # the last layer, and one before it
    strategy, audit = taken(config, torch.device("meta"), 3000)
    assert strategy.name == "autograd"
    assert audit.wrong == []


@pytest.mark.parametrize("values", OPTIONS, ids=str)
def test_few_operations_know_what_is_read_where_all_of_it_is_trained(values: dict[str, Any]) -> None:
    model = build(Config().changed(values))
    layout = Layout(model.shapes())
    with on_fake_cuda() as device:
        found = choose_strategy(model, layout, torch.zeros(layout.size, device=device), 3000).name
    known = [
        {"arch": "transformer", "causal": "off"},
        {"arch": "one-hot", "bias": "all"},
        {"arch": "mlp", "bias": "all"},
    ]
    assert found == ("by hand in few operations" if values in known else "autograd")


def test_what_is_planned_ahead_waits_for_nothing() -> None:
    with on_fake_cuda() as device:
        flat = torch.zeros(10, device=device)
        optimizer = Optimizer("adamw", flat, Hyperparameters.of(Config(), device), WAY)
        audit = audited(optimizer.prepare)
    assert audit.wrong == []


def raised_or_listed(step: Callable[[], object]) -> bool:
    try:
        return bool(audited(step).wrong)
    except (RuntimeError, NotImplementedError):
        return True


FAULTS: dict[str, Callable[[Tensor], Any]] = {
    "a number": lambda x: x.sum().item(),
    "a float": lambda x: float(x.sum()),
    "a truth": lambda x: bool((x > 0).any()),
    "places": lambda x: (x > 0).nonzero(),
    "a copy": lambda x: x.cpu(),
    "a tensor of the CPU": lambda x: x + torch.zeros(4),
    "a number of the CPU": lambda x: x * torch.zeros(()),
    "a product": lambda x: x.unsqueeze(0) @ torch.zeros(4, 2),
    "scatter_add": lambda x: x.scatter_add(0, torch.zeros_like(x, dtype=torch.int64), x),
    "index_add": lambda x: x.index_add(0, torch.zeros_like(x, dtype=torch.int64), x),
    "index_put": lambda x: x.index_put_((torch.zeros_like(x, dtype=torch.int64),), x, accumulate=True),
    "cumsum": lambda x: x.cumsum(0),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_may_not_be_captured_is_seen(fault: str) -> None:
    with on_fake_cuda() as device:
        assert raised_or_listed(lambda: FAULTS[fault](torch.zeros(4, device=device)))
    assert raised_or_listed(lambda: FAULTS[fault](torch.zeros(4, device="meta")))
