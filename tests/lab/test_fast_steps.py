"""What is done by hand for each pair, against what autograd makes of the logits."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from grokterm.config import Config
from grokterm.lab.losses import cross_entropy_sum
from grokterm.lab.models import Model, Parameters, build
from grokterm.lab.models.fused_pairs import FusedPairsModel, pair_attention, pair_sum
from grokterm.lab.models.layout import Layout
from grokterm.lab.optimizers import Hyperparameters, Optimizer
from grokterm.lab.precision import product_for
from grokterm.lab.row_sums import RowSums, head_row_sums, pair_row_sums
from grokterm.lab.seeds import generator
from grokterm.lab.tasks import Pairs, make_task
from tests.lab.examples import ARCHITECTURES, random_parameters
from tests.lab.rounding import check_rounding


def small(**values: object) -> Config:
    return Config(width=24, d_model=8, heads=2).changed(values)


def pairs_of(config: Config, count: int | None) -> Pairs:
    """All train pairs, or `count` of them in a drawn order, with repetitions."""
    task = make_task(config)
    if count is None:
        return task.pairs(task.train)
    return task.pairs(task.train[torch.randint(0, len(task.train), (count,), generator=generator(1, "draw"))])


def of_loss(model: Model, parameters: Parameters, pairs: Pairs) -> tuple[Tensor, Parameters]:
    assert isinstance(model, FusedPairsModel)
    return gradients(model.fused_loss(leaves := as_leaves(parameters), pairs), leaves)


def of_logits(model: Model, parameters: Parameters, pairs: Pairs) -> tuple[Tensor, Parameters]:
    leaves = as_leaves(parameters)
    return gradients(cross_entropy_sum(model.logits(leaves, pairs.a, pairs.b), pairs.labels), leaves)


def as_leaves(parameters: Parameters) -> Parameters:
    return {name: tensor.clone().requires_grad_() for name, tensor in parameters.items()}


def gradients(loss: Tensor, leaves: Parameters) -> tuple[Tensor, Parameters]:
    return loss.detach(), dict(zip(leaves, torch.autograd.grad(loss.sum(), list(leaves.values())), strict=True))


def parameters_of(model: Model, dtype: torch.dtype) -> Parameters:
    return {name: tensor.to(dtype) for name, tensor in random_parameters(model).items()}


@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize("activation", ["relu", "gelu", "quadratic"])
@pytest.mark.parametrize("p", [5, 12, 31])
@pytest.mark.parametrize("count", [None, 1, 40])
def test_loss_and_gradients_are_those_of_the_logits(arch: str, activation: str, p: int, count: int | None) -> None:
    config = small(arch=arch, activation=activation, p=p)
    model, pairs = build(config), pairs_of(config, count)
    parameters = parameters_of(model, torch.float64)
    # One replica is enough to be sent the general way, through the logits and autograd.
    general = {name: tensor[None] for name, tensor in parameters.items()}
    loss, by_hand = of_loss(model, parameters, pairs)
    expected, by_autograd = of_logits(model, general, pairs)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-12)
    for name, gradient in by_hand.items():
        torch.testing.assert_close(gradient, by_autograd[name][0], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_bfloat16_differs_by_its_rounding_and_loss_and_gradients_stay_in_float32(arch: str) -> None:
    config = small(arch=arch, p=31)
    pairs = pairs_of(config, None)
    model = build(config, product_for("bfloat16"))
    parameters = parameters_of(model, torch.float32)
    loss, by_hand = of_loss(model, parameters, pairs)
    assert loss.dtype == torch.float32
    assert all(gradient.dtype == torch.float32 for gradient in by_hand.values())
    check_rounding(config, parameters, pairs, loss, by_hand)


@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_same_bits_twice(arch: str, precision: str) -> None:
    config = small(arch=arch, p=31)
    model = build(config, product_for(precision))
    parameters, pairs = parameters_of(model, torch.float32), pairs_of(config, None)
    layout = Layout(model.shapes())
    loss, by_hand = of_loss(model, parameters, pairs)
    again, once_more = of_loss(model, parameters, pairs_of(config, None))
    assert torch.equal(loss, again)
    assert torch.equal(layout.flatten(by_hand), layout.flatten(once_more))


def test_bags_sum_rows_and_give_them_back() -> None:
    rows = torch.tensor([[0, 3], [2, 2], [3, 0]], dtype=torch.int32)
    sums, table = RowSums(rows, 5), torch.randn(5, 4, dtype=torch.float64)
    weights = torch.randn(3, 2, dtype=torch.float64)
    dense = torch.zeros(3, 5, dtype=torch.float64)
    for i, j in torch.cartesian_prod(torch.arange(3), torch.arange(2)).tolist():
        dense[i, rows[i, j]] += weights[i, j]
    values = torch.randn(3, 4, dtype=torch.float64)
    torch.testing.assert_close(sums.gather_sum(table, weights), dense @ table)
    torch.testing.assert_close(sums.scatter_sum(values, weights), dense.T @ values)
    torch.testing.assert_close(sums.gather_sum(table), table[rows[:, 0]] + table[rows[:, 1]])


def test_gradients_of_the_parts_agree_with_finite_differences() -> None:
    p, heads = 4, 2
    a, b = torch.tensor([0, 1, 3, 3]), torch.tensor([2, 2, 0, 3])
    bags = pair_row_sums(a, b, p)
    rows = [torch.randn(p, 3, dtype=torch.float64, requires_grad=True) for _ in range(2)]
    assert torch.autograd.gradcheck(lambda x, y: pair_sum(x, y, bags), rows)
    scores = torch.randn(2 * p + 1, heads, dtype=torch.float64, requires_grad=True)
    values = torch.randn(2 * p + 1, 3 * heads, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda s, v: pair_attention(s, v, head_row_sums(bags, heads)), (scores, values))


def test_the_fused_step_of_the_optimizer_is_the_chain() -> None:
    config = Config(lr=0.01, weight_decay=0.3, warmup=3)
    start = torch.randn(50, dtype=torch.float64)
    chain, fused = start.clone(), start.clone()
    hyper = Hyperparameters.of(config, start.device)
    one, other = Optimizer("adamw", chain, hyper), Optimizer("adamw", fused, hyper, "fused")
    for step in range(6):
        gradient = torch.randn(50, generator=generator(step, "gradient"), dtype=torch.float64)
        one.step(chain, gradient)
        other.step(fused, gradient)
        torch.testing.assert_close(chain, fused, rtol=1e-12, atol=1e-12)
    for name, tensor in one.state_dict().items():
        torch.testing.assert_close(tensor, other.state_dict()[name], rtol=1e-12, atol=1e-12)
