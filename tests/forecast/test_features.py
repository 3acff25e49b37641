"""What forecasts are made from, against exact values."""

from __future__ import annotations

import math

import numpy as np
import pytest

from grokterm.config import Config
from grokterm.forecast.features import LEAST_RECORDS, MEASURES, NAMES, features
from grokterm.sweeps.curves import COLUMNS
from tests.forecast.runs import made


def columns(count: int = 101) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float64]]]:
    """Steps 0 … 10(n − 1); every measure a power or a straight line of the logarithm of the step."""
    steps = 10.0 * np.arange(count)
    log = np.log(np.maximum(steps, 1))
    return {
        "step": steps,
        "train_loss": np.exp(-2 * log),
        "test_loss": 9 * np.exp(-0.5 * log),
        "test_accuracy": 0.1 * log,
        "sum_squared_weights": 50 * np.exp(0.25 * log),
        "embedding_gini": np.where(np.arange(count) % 5 == 0, 0.05 * log, np.nan),
    }


def test_every_feature_is_what_its_name_says() -> None:
    config = Config.starting({"p": 31, "train_fraction": 0.5, "lr": 0.01, "weight_decay": 2.0, "width": 100})
    found = dict(zip(NAMES, features(config, 200, columns()), strict=True))  # type: ignore[arg-type]
    log = math.log(1000)
    assert found == {
        "log step": pytest.approx(3),
        "log memorized step": pytest.approx(math.log10(200)),
        "log of step over memorized step": pytest.approx(math.log10(5)),
        "log lr": pytest.approx(-2),
        "log weight decay": pytest.approx(math.log10(2)),
        "no weight decay": 0,
        "log of lr x weight decay x step": pytest.approx(math.log10(20)),
        "train fraction": 0.5,
        "log p": pytest.approx(math.log10(31)),
        "log of training pairs over p ln p": pytest.approx(math.log10(15.5 / math.log(31))),
        "corrupt": 0,
        "embedding": 1,
        "attention": 0,
        "log width": pytest.approx(2),
        "log epsilon": pytest.approx(math.log10(config.epsilon)),
        "log train loss": pytest.approx(-6),
        "test loss over ln p": pytest.approx(9 * math.exp(-0.5 * log) / math.log(31)),
        "log of test loss over its highest": pytest.approx(-1.5),
        "test accuracy": pytest.approx(0.1 * log),
        "log of squared weights over the first": pytest.approx(0.75),
        "log of squared weights over their highest": 0,
        "gini": pytest.approx(0.05 * log),
        "gini over the first": pytest.approx(0.05 * log),
        "slope of log train loss": pytest.approx(-2 * math.log10(math.e)),
        "slope of log test loss": pytest.approx(-0.5 * math.log10(math.e)),
        "slope of test accuracy": pytest.approx(0.1),
        "slope of log squared weights": pytest.approx(0.25 * math.log10(math.e)),
        "slope of gini": pytest.approx(0.05),
    }


def test_without_weight_decay_nothing_is_infinite() -> None:
    found = features(Config.starting({"weight_decay": 0.0}), 200, columns())
    assert found is not None
    assert np.isfinite(found).all()
    assert found[NAMES.index("no weight decay")] == 1


@pytest.mark.parametrize(
    ("memorized", "count"), [(0, 101), (2000, 101), (10, LEAST_RECORDS - 1), (10, 0)]
)  # fmt: skip
def test_before_memorization_and_with_too_few_records_there_are_none(memorized: int, count: int) -> None:
    assert features(Config(), memorized, {name: column[:count] for name, column in columns().items()}) is None


@pytest.mark.parametrize("name", [name for name in MEASURES if name != "embedding_gini"])
def test_what_is_not_finite_gives_none(name: str) -> None:
    given = columns()
    given[name][-1] = np.nan
    assert features(Config(), 200, given) is None


def test_without_any_gini_there_are_none() -> None:
    given = columns()
    given["embedding_gini"][:] = np.nan
    assert features(Config(), 200, given) is None


def test_they_know_nothing_of_what_comes_later() -> None:
    run = made()
    for count in (20, 60, 150):
        given = {name: run.curve[COLUMNS.index(name)] for name in ("step", *MEASURES)}
        early = {name: column[:count] for name, column in given.items()}
        changed = {name: np.concatenate([column[:count], 0 * column[count:] + 7]) for name, column in given.items()}
        ours, other = (
            features(run.config, 100, early),
            features(run.config, 100, {n: c[:count] for n, c in changed.items()}),
        )
        assert ours is not None
        assert other is not None
        assert (ours == other).all()
