"""What goes over all pairs can be ended between its parts."""

from __future__ import annotations

import pytest
import torch

from grokterm.analysis.cancellation import CancelledError, cancellable, check_cancelled
from grokterm.analysis.model_at_step import ModelAtStep
from grokterm.config import Config
from grokterm.lab.models import build
from grokterm.lab.seeds import generator
from grokterm.lab.tasks import make_task
from grokterm.surgery import Ablation
from tests.analysis.pictures.subjects import picture

LONG = (
    "logit_spectrum", "neuron_spectrum", "attention", "attention_map", "activations", "contribution", "groups",
    "restricted", "correct_logit", "losses", "path", "probes", "ablation", "table",
)  # fmt: skip


def subject() -> ModelAtStep:
    config = Config(p=11, arch="transformer", width=8, d_model=8, heads=2, device="cpu")
    task, train = make_task(config), torch.zeros(121, dtype=torch.bool)
    train[task.train] = True
    return ModelAtStep(
        step=0,
        config=config,
        parameters=build(config).init(generator(0, "parameters", 0)),
        labels=task.labels,
        train=train.view(11, 11),
        ablation=Ablation((1,)),
    )


def refuse() -> None:
    raise CancelledError


@pytest.mark.parametrize("name", LONG)
def test_a_long_picture_can_be_given_up(name: str) -> None:
    asked: list[str] = []
    with cancellable(lambda: asked.append(name)):
        assert picture(name, subject(), {}).arrays
    assert asked
    with cancellable(refuse), pytest.raises(CancelledError):
        picture(name, subject(), {})


def test_nobody_asks_where_nobody_waits() -> None:
    with cancellable(refuse):
        pass
    check_cancelled()
