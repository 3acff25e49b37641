"""AdamW against torch's own, in float64, and inside a captured step."""

from __future__ import annotations

from typing import Any, get_args

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from grokterm.config import Config
from grokterm.lab.optimizers import PLAN_STEPS, Hyperparameters, Implementation, Optimizer
from tests.lab.captured import Captured
from tests.lab.cuda import only_on_cuda

CPU = torch.device("cpu")


def gradients(steps: int, size: int) -> list[Tensor]:
    """Gradients of widely different sizes."""
    draw = torch.Generator().manual_seed(1)
    return [torch.randn(size, generator=draw, dtype=torch.float64) * 10.0 ** (i % 5 - 3) for i in range(steps)]


def torch_run(start: Tensor, given: list[Tensor], configs: list[Config]) -> Tensor:
    """The parameters that torch.optim.AdamW reaches with each step's own configuration."""
    parameter = torch.nn.Parameter(start.clone())
    optimizer = torch.optim.AdamW([parameter])
    for count, (gradient, config) in enumerate(zip(given, configs, strict=True), 1):
        t = count - 1 + config.warmup_from
        rate = config.lr * (min(1.0, t / config.warmup) if config.warmup else 1)
        optimizer.param_groups[0].update(
            lr=rate, weight_decay=config.weight_decay, betas=(config.beta1, config.beta2), eps=config.epsilon
        )
        parameter.grad = gradient
        optimizer.step()
    return parameter.detach()


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"warmup": 0},
        {"warmup": 1, "lr": 0.1},
        {"warmup_from": 0},
        {"warmup": 0, "warmup_from": 0},
        {"warmup": 100, "weight_decay": 0.0},
        {"beta1": 0.0, "beta2": 0.999, "epsilon": 1e-3},
        {"beta2": 0.0, "weight_decay": 20.0},
    ],
)
@pytest.mark.parametrize("implementation", get_args(Implementation))
def test_adamw_is_that_of_torch(values: dict[str, Any], implementation: Implementation) -> None:
    config = Config(**values)
    start, given = torch.randn(50, dtype=torch.float64), gradients(40, 50)
    parameters = start.clone()
    optimizer = Optimizer("adamw", parameters, Hyperparameters.of(config, CPU), implementation)
    for gradient in given:
        optimizer.prepare()
        optimizer.step(parameters, gradient)
    assert_close(parameters, torch_run(start, given, [config] * 40), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("implementation", get_args(Implementation))
def test_a_change_acts_from_the_next_step_on(implementation: Implementation) -> None:
    before = Config()
    after = before.changed({"lr": 0.03, "weight_decay": 4.0, "beta1": 0.5, "beta2": 0.9, "epsilon": 1e-5, "warmup": 20})
    start, given = torch.randn(50, dtype=torch.float64), gradients(30, 50)
    parameters = start.clone()
    optimizer = Optimizer("adamw", parameters, Hyperparameters.of(before, CPU), implementation)
    for i, gradient in enumerate(given):
        if i == 15:
            optimizer.update(after)
        optimizer.prepare()
        optimizer.step(parameters, gradient)
    assert_close(parameters, torch_run(start, given, [before] * 15 + [after] * 15), rtol=1e-12, atol=1e-14)


def test_a_change_acts_inside_a_captured_step() -> None:
    """A captured step is a fixed list of operations: a rate kept as a Python number would be frozen in it."""
    before, after = Config(), Config(lr=0.03, weight_decay=4.0, beta1=0.5)
    start, given = torch.randn(50, dtype=torch.float64), gradients(20, 50)
    parameters = start.clone()
    optimizer = Optimizer("adamw", parameters, Hyperparameters.of(before, CPU))
    captured = Captured(lambda gradient: optimizer.step(parameters, gradient), given[0])
    parameters.copy_(start)
    for tensor in optimizer.state_dict().values():
        tensor.zero_()
    for gradient in given[:10]:
        captured(gradient)
    optimizer.hyper.update(after)
    for gradient in given[10:]:
        captured(gradient)
    assert_close(parameters, torch_run(start, given, [before] * 10 + [after] * 10), rtol=1e-12, atol=1e-14)


def test_what_the_host_knows_is_frozen_in_a_captured_step() -> None:
    on_host, on_device, read = [2.0], torch.tensor(2.0), torch.tensor(2.0)
    of_host, of_device, of_read = (torch.zeros(3) for _ in range(3))

    def step(gradient: Tensor) -> None:
        of_host.add_(gradient[1:] * on_host[0])
        of_device.add_(gradient[1:] * on_device)
        of_read.add_(gradient[1:] * read.item())

    captured = Captured(step, torch.ones(4))
    on_host[0] = 5.0
    for tensor in (on_device, read):
        tensor.fill_(5.0)
    captured(torch.tensor([7.0, 1.0, 2.0, 3.0]))
    frozen, followed = [4.0, 6.0, 8.0], [7.0, 12.0, 17.0]
    assert [of_host.tolist(), of_device.tolist(), of_read.tolist()] == [frozen, followed, frozen]


@only_on_cuda
def test_a_change_acts_inside_a_cuda_graph() -> None:
    device = torch.device("cuda")
    before, after = Config(), Config(lr=0.03, weight_decay=4.0)
    start, given = torch.randn(50, dtype=torch.float64), gradients(20, 50)
    parameters, gradient = start.to(device), torch.zeros(50, dtype=torch.float64, device=device)
    optimizer = Optimizer("adamw", parameters, Hyperparameters.of(before, device))
    optimizer.step(parameters, gradient)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        optimizer.step(parameters, gradient)
    parameters.copy_(start)
    for tensor in optimizer.state_dict().values():
        tensor.zero_()
    for i, now in enumerate(given):
        if i == 10:
            optimizer.hyper.update(after)
        gradient.copy_(now)
        graph.replay()
    assert_close(parameters.cpu(), torch_run(start, given, [before] * 10 + [after] * 10), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("implementation", get_args(Implementation))
def test_replicas_may_each_have_hyperparameters_of_their_own(implementation: Implementation) -> None:
    configs = [Config(lr=0.01), Config(weight_decay=5.0), Config(lr=0.1, beta1=0.5, warmup=3)]
    start, given = torch.randn(50, dtype=torch.float64), gradients(20, 50)
    each = [Hyperparameters.of(config, CPU) for config in configs]
    fields = Hyperparameters.__dataclass_fields__
    hyper = Hyperparameters(**{name: torch.stack([getattr(one, name) for one in each])[:, None] for name in fields})
    parameters = start.repeat(3, 1)
    optimizer = Optimizer("adamw", parameters, hyper, implementation)
    for gradient in given:
        optimizer.prepare()
        optimizer.step(parameters, gradient.repeat(3, 1))
    for replica, config in enumerate(configs):
        assert_close(parameters[replica], torch_run(start, given, [config] * 20), rtol=1e-12, atol=1e-14)


def test_a_plan_goes_on_where_it_ends() -> None:
    config, steps = Config(weight_decay=3.0), PLAN_STEPS + 9
    start, given = torch.randn(5, dtype=torch.float64), gradients(steps, 5)
    parameters = start.clone()
    optimizer = Optimizer("adamw", parameters, Hyperparameters.of(config, CPU), "planned")
    for gradient in given:
        optimizer.prepare()
        optimizer.step(parameters, gradient)
    assert_close(parameters, torch_run(start, given, [config] * steps), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("implementation", get_args(Implementation))
def test_a_loaded_state_goes_on_with_the_same_bits(implementation: Implementation) -> None:
    config, given = Config(), gradients(20, 50)
    through = torch.ones(50, dtype=torch.float64)
    optimizer = Optimizer("adamw", through, Hyperparameters.of(config, CPU), implementation)
    for gradient in given[:10]:
        optimizer.prepare()
        optimizer.step(through, gradient)
    resumed = through.clone()
    other = Optimizer("adamw", resumed, Hyperparameters.of(config, CPU), implementation)
    other.load_state_dict(optimizer.state_dict())
    for gradient in given[10:]:
        for one, reached in ((optimizer, through), (other, resumed)):
            one.prepare()
            one.step(reached, gradient)
    assert torch.equal(through, resumed)
