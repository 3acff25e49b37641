"""What a forecast is made from: the setting of a run, and how its measures stand and move."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np

from grokterm.config import Config

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.floating]

MEASURES: Final = ("train_loss", "test_loss", "test_accuracy", "sum_squared_weights", "embedding_gini")
"""The columns that are looked at, beside the steps."""
WINDOW: Final = 1.25
"""Slopes are taken from the step so many times smaller …"""
LEAST_RECORDS: Final = 4
"""… with so many records at least."""
NAMES: Final = (
    "log step",
    "log memorized step",
    "log of step over memorized step",
    "log lr",
    "log weight decay",
    "no weight decay",
    "log of lr x weight decay x step",
    "train fraction",
    "log p",
    "log of training pairs over p ln p",
    "corrupt",
    "embedding",
    "attention",
    "log width",
    "log epsilon",
    "log train loss",
    "test loss over ln p",
    "log of test loss over its highest",
    "test accuracy",
    "log of squared weights over the first",
    "log of squared weights over their highest",
    "gini",
    "gini over the first",
    "slope of log train loss",
    "slope of log test loss",
    "slope of test accuracy",
    "slope of log squared weights",
    "slope of gini",
)
"""The features in order; logarithms are to base 10, slopes per e-fold of steps."""


def features(config: Config, memorized_step: int, columns: Mapping[str, Floats]) -> npt.NDArray[np.float64] | None:
    """The features [28] after the last record of `columns` ("step" and `MEASURES`, [n] each), or None for too few.

    Gini may be NaN at steps at which it was not measured; other numbers that are not finite give None.
    """
    steps = np.asarray(columns["step"], dtype=np.float64)
    now = float(steps[-1]) if len(steps) else 0.0
    if len(steps) < LEAST_RECORDS or memorized_step <= 0 or now < memorized_step:
        return None
    begin = min(int(np.searchsorted(steps, now / WINDOW)), len(steps) - LEAST_RECORDS)
    test_loss, squares = columns["test_loss"], columns["sum_squared_weights"]
    gini_steps, gini = _known(steps, columns["embedding_gini"])
    if not len(gini):
        return None
    logs = np.log10(np.maximum(np.stack([columns["train_loss"], test_loss, squares]), 1e-8))
    log_steps = np.log(np.maximum(steps, 1.0))
    gini_begin = max(0, min(int(np.searchsorted(gini_steps, now / WINDOW)), len(gini) - LEAST_RECORDS))
    found = np.array([
        *_of_setting(config, memorized_step, now),
        max(float(logs[0, -1]), -7.0),
        float(test_loss[-1]) / math.log(config.p),
        float(logs[1, -1] - np.max(logs[1])),
        float(columns["test_accuracy"][-1]),
        float(logs[2, -1] - logs[2, 0]),
        float(logs[2, -1] - np.max(logs[2])),
        float(gini[-1]),
        float(gini[-1] - gini[0]),
        *(_slope(log_steps[begin:], row[begin:]) for row in logs[:2]),
        _slope(log_steps[begin:], np.asarray(columns["test_accuracy"][begin:])),
        _slope(log_steps[begin:], logs[2, begin:]),
        _slope(np.log(np.maximum(gini_steps[gini_begin:], 1.0)), gini[gini_begin:]),
    ])  # fmt: skip
    return found if bool(np.isfinite(found).all()) else None


def _of_setting(config: Config, memorized_step: int, now: float) -> tuple[float, ...]:
    """Those that do not follow from the measures, but from the configuration and the time."""
    pairs = config.train_fraction * config.p**2
    width = float(config.width)
    return (
        math.log10(now),
        math.log10(memorized_step),
        math.log10(now / memorized_step),
        math.log10(config.lr),
        math.log10(max(config.weight_decay, 0.01)),
        float(config.weight_decay == 0),
        math.log10(max(config.lr * config.weight_decay * now, 1e-4)),
        config.train_fraction,
        math.log10(config.p),
        math.log10(pairs / (config.p * math.log(config.p))),
        config.corrupt,
        float(not config.architecture.one_hot),
        float("heads" in config.architecture.uses),
        math.log10(width),
        math.log10(max(config.epsilon, 1e-10)),
    )


def _known(steps: Floats, values: Floats) -> tuple[Floats, Floats]:
    known = np.isfinite(values)
    return steps[known], np.asarray(values)[known]


def _slope(x: Floats, y: Floats) -> float:
    """Of the straight line of least squares; 0 for one point."""
    if len(x) < 2:
        return 0.0
    centred = x - np.mean(x)
    below = float(centred @ centred)
    return float(centred @ (y - np.mean(y))) / below if below > 0 else 0.0
