"""What a change does, and how it is said."""

from __future__ import annotations

import pytest

from grokterm.config import Config, Value
from grokterm.errors import ConfigError
from grokterm.number_format import spelled
from grokterm.runs.changes import plan_change


@pytest.mark.parametrize(
    ("values", "words", "rebuilds", "trains"),
    [
        ({"weight_decay": 2}, "weight decay 1 → 2", False, True),
        ({"lr": 5e-4, "beta2": 0.999}, "learning rate 5e-3 → 5e-4, β₂ 0.98 → 0.999", False, True),
        ({"batch_size": 512}, "batch size full → 512", False, True),
        ({"pace": "max"}, "pace 50 → max", False, False),
        ({"until": "grokked", "log_every": 5}, "until forever → grokked, steps a log record 10 → 5", False, False),
        ({"arch": "transformer", "width": 256}, "architecture mlp → transformer, width 512 → 256", True, True),
        ({"arch": "transformer", "heads": 8}, "architecture mlp → transformer, heads 4 → 8", True, True),
        ({"optimizer": "sgd", "momentum": 0.5}, "optimizer adamw → sgd, momentum 0.95 → 0.5", False, True),
        ({"filter": "orthograd", "loss": "mse"}, "loss cross-entropy → mse, filter none → orthograd", False, True),
        ({"layer_norm": "pre"}, "LayerNorm none → pre", True, True),
        ({"lr": 5e-3, "p": 97}, "", False, False),
    ],
)
def test_changes_and_their_words(values: dict[str, Value], words: str, rebuilds: bool, trains: bool) -> None:
    plan = plan_change(Config(), 10, values)
    assert plan.words == words
    assert (plan.rebuilds, plan.trains) == (rebuilds, trains)
    assert plan.config == Config().changed(plan.values)
    assert plan.old == {name: Config().as_dict()[name] for name in plan.values}


def test_one_value_has_one_form() -> None:
    planned = plan_change(Config(), 0, {"weight_decay": 2, "pace": 60}).values
    assert [type(value) for value in planned.values()] == [float, float]
    assert type(plan_change(Config(), 0, {"until": 60}).values["until"]) is int
    assert plan_change(Config(), 0, {"weight_decay": 1}).values == {}


@pytest.mark.parametrize(
    ("config", "values", "words"),
    [
        (Config(), {"p": 113}, "p cannot change while a run trains: 113 needs a new run"),
        (Config(), {"op": "subtract", "lr": 1e-4}, "operation cannot change"),
        (Config(), {"heads": 2}, "heads does nothing in mlp: only transformer has it"),
        (Config(arch="mlp"), {"heads": 2}, "only transformer has it"),
        (Config(), {"momentum": 0.5}, "momentum does nothing with AdamW: only sgd and muon read it"),
        (Config(optimizer="sgd"), {"beta2": 0.9}, "β₂ does nothing with SGD: only adamw, adam, muon and lion read it"),
        (Config(), {"ema_alpha": 0.5}, "Grokfast-EMA α does nothing with no filter: only grokfast-ema reads it"),
        (Config(filter="grokfast-ma"), {"ema_lambda": 1.0}, "does nothing with Grokfast-MA"),
        (Config(), {"until": 50}, "until 50 is behind: this run is at step 1,000"),
        (Config(), {"max_steps": 1000}, "step limit 1,000 is behind"),
        (Config(), {"weight_decay": -1.0}, "--weight-decay"),
        (Config(), {"inertia": 1.0}, "unknown setting 'inertia'"),
    ],
)
def test_what_cannot_be_changed(config: Config, values: dict[str, Value], words: str) -> None:
    with pytest.raises(ConfigError) as error:
        plan_change(config, 1000, values)
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("value", "text"),
    [(1e-3, "1e-3"), (0.0015, "1.5e-3"), (0.0, "0"), (0.05, "0.05"), (3.0, "3"), (1000, "1,000"), ("max", "max")],
)
def test_values_as_people_write_them(value: Value, text: str) -> None:
    assert spelled(value) == text
