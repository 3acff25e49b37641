from __future__ import annotations

import pytest
import torch

from grokterm.analysis.ablation import score
from grokterm.analysis.angles import angles_of
from grokterm.analysis.measures import angle_means, variance_share
from grokterm.analysis.pairs import logits_from_table
from grokterm.config import Config
from grokterm.errors import ConfigError
from grokterm.lab.models import Parameters, build
from grokterm.lab.models.closed_form import closed_form
from tests.analysis.models import OPERATIONS, make_engine, sample, small


def quadratic(op: str, p: int, width: int, **values: float) -> Config:
    return small("one-hot", op, p, width=width, activation="quadratic", **values).changed({"init": "closed-form"})


def solution(config: Config, generator: torch.Generator | None = None) -> Parameters:
    return closed_form(config, build(config).shapes(), generator)


@pytest.mark.parametrize("op", OPERATIONS)
@pytest.mark.parametrize(("p", "width"), [(5, 8), (23, 8), (23, 512), (97, 8), (97, 512)])
def test_every_pair_is_answered_without_training(op: str, p: int, width: int) -> None:
    config = quadratic(op, p, width)
    found = sample(config, solution(config), (1,))
    got = score(logits_from_table(found.logits), found.labels, found.train)
    assert float(got.train_accuracy) == float(got.test_accuracy) == 1


@pytest.mark.parametrize("p", [23, 97])
def test_random_phases_are_right_for_wide_nets(p: int) -> None:
    config = quadratic("add", p, 2048)
    found = sample(config, solution(config, torch.Generator().manual_seed(0)), (1,))
    got = score(logits_from_table(found.logits), found.labels, found.train)
    assert float(got.test_accuracy) == 1


def test_even_phases_leave_nothing_but_cosines_of_the_sum() -> None:
    config = quadratic("add", 23, 7 * 11)
    found = sample(config, {name: value.double() for name, value in solution(config).items()}, (1,))
    angles = angles_of("add", 23)
    assert angles is not None
    means = angle_means(logits_from_table(found.logits), angles)
    assert float(variance_share(means, angles, range(1, 12))) == pytest.approx(1, rel=1e-10)
    correct = found.logits.gather(-1, found.labels[..., None])
    torch.testing.assert_close(
        correct[..., 0] - found.logits.mean(-1), torch.full((23, 23), 20.0, dtype=torch.float64), rtol=1e-5, atol=1e-5
    )


@pytest.mark.parametrize("weight_decay", [0.1, 1.0])
def test_training_keeps_the_solution(weight_decay: float) -> None:
    engine = make_engine(quadratic("add", 23, 154, lr=1e-3, weight_decay=weight_decay))
    for _ in range(4):
        measures = engine.measure()
        assert measures.train_accuracy == measures.test_accuracy == 1
        engine.advance(50)


def test_a_rebuilt_model_begins_at_the_solution_whatever_is_to_be_kept() -> None:
    random = quadratic("multiply", 23, 154).changed({"init": "random"})
    engine = make_engine(random)
    engine.advance(3)
    assert engine.measure().test_accuracy < 0.5
    engine.rebuild(random.changed({"init": "closed-form"}), keep=True)
    assert (engine.step, engine.measure().test_accuracy) == (3, 1)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"activation": "relu"}, "--activation quadratic"),
        ({"depth": 2}, "--depth 1"),
        ({"arch": "mlp"}, "--arch one-hot"),
        ({"op": "x2+y2"}, "x2\\+y2 mod 23: it is no sum of angles"),
        ({"op": "multiply", "p": 22}, "multiply mod 22: it is no sum of angles"),
        ({"width": 6}, "--width 7 or more, not 6"),
        ({"op": "divide", "width": 7}, "--width 8 or more, not 7"),
    ],
)
def test_what_has_no_closed_form_says_why(values: dict[str, int | str], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        quadratic("add", 23, 64).changed(values)
