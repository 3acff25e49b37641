"""Axes as people type them."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as some

from grokterm.config import Config
from grokterm.errors import ConfigError
from grokterm.sweeps.axes import read_axes, read_axis


@pytest.mark.parametrize(
    ("text", "name", "values"),
    [
        ("wd=0.1,0.3,1", "weight_decay", [0.1, 0.3, 1.0]),
        (" --weight-decay = 1 , 2", "weight_decay", [1.0, 2.0]),
        ("lr=0.0100001:0.0100009:3", "lr", [0.0100001, 0.0100005, 0.0100009]),
        ("frac=0.2:0.8:7", "train_fraction", [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]),
        ("lr=1e-4:1e-2:log:3", "lr", [1e-4, 1e-3, 1e-2]),
        ("lr=1e-2:1e-4:log:3", "lr", [1e-2, 1e-3, 1e-4]),
        ("p=31,59,97", "p", [31, 59, 97]),
        ("width=64:256:log:3", "width", [64, 128, 256]),
        ("optimizer=adamw,muon", "optimizer", ["adamw", "muon"]),
        ("arch=mlp,embed-mlp", "arch", ["mlp", "mlp"]),
        ("op=add,a*b,a^2 + 3ab", "op", ["add", "multiply", "a^2 + 3ab"]),
        ("batch-size=full,128", "batch_size", ["full", 128]),
    ],
)
def test_an_axis_is_a_setting_and_its_values(text: str, name: str, values: list[object]) -> None:
    axis = read_axis(text)
    assert axis.names == (name,)
    assert [value for (value,) in axis.values] == values
    for (value,) in axis.values:
        Config.starting({name: value})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("wd", "--over must be a setting and its values, such as wd=0.1,0.3,1"),
        ("wd=", "--over must be a setting and its values"),
        ("wdd=1", "unknown setting 'wdd': choose"),
        ("wd=much", "--weight-decay must be a number from 0 to 1,000, not much"),
        ("wd=0.1:1", "--over weight_decay=0.1:1 is no range: write FIRST:LAST:COUNT"),
        ("wd=0.1:1:x", "is no range"),
        ("wd=0.1:1:1", "a range has 2 to 1,000 values, not 1"),
        ("wd=0.1:1:1001", "a range has 2 to 1,000 values, not 1001"),
        ("wd=0:1:log:3", "a log range lies above 0"),
        ("wd=0.1:1:ln:3", "is no range"),
        ("arch=mlp:transformer:3", "a range is of numbers, and mlp is a word"),
        ("arch=mlp,lstm", "unknown arch 'lstm'"),
        ("seed=1,2", "--over cannot take seed: choose --seeds N"),
        ("until=100,200", "it is the budget of all runs"),
        ("device=cpu,cuda", "workers use the device that they have"),
    ],
)
def test_what_is_no_axis_gets_one_sentence(text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(words)) as refused:
        read_axis(text)
    assert "\n" not in str(refused.value)


def test_what_is_given_twice_counts_once_and_only_where_all_that_goes_together_is() -> None:
    (axis,) = read_axes(["lr=.1,.2,.2,.1", "wd=1,1,2,1"], ["lr,wd"])
    assert axis.values == ((0.1, 1.0), (0.2, 1.0), (0.2, 2.0))
    (axis,) = read_axes(["arch=mlp,embed-mlp,one-hot"])
    assert axis.values == (("mlp",), ("one-hot",))


def test_settings_that_go_together_are_one_axis() -> None:
    axes = read_axes(["frac=0.3,0.5", "lr=1e-3,1e-2", "wd=10,1"], ["lr,wd"])
    assert [(axis.names, axis.values) for axis in axes] == [
        (("train_fraction",), ((0.3,), (0.5,))),
        (("lr", "weight_decay"), ((1e-3, 10.0), (1e-2, 1.0))),
    ]


@pytest.mark.parametrize(
    ("over", "zipped", "words"),
    [
        (["wd=1,2", "weight-decay=3"], [], "--over names weight_decay twice"),
        (["wd=1,2", "lr=1,2"], ["wd"], "--zip must name two settings or more"),
        (["wd=1,2", "lr=1,2"], ["wd,p"], "--zip names p, which no --over gives"),
        (
            ["wd=1,2", "lr=1,2,3"],
            ["wd,lr"],
            "as many values of each of its settings, and there are weight_decay 2, lr 3",
        ),
        (["wd=1,2", "lr=1,2", "p=5,7"], ["wd,lr", "lr,p"], "--zip names lr, which no --over gives, or another --zip"),
    ],
)
def test_axes_that_do_not_go_together_get_one_sentence(over: list[str], zipped: list[str], words: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(words)):
        read_axes(over, zipped)


@given(some.floats(1e-4, 1e-1), some.floats(1.5, 100), some.integers(2, 40), some.booleans())
def test_a_range_is_even_and_has_its_ends(first: float, times: float, count: int, log: bool) -> None:
    last = first * times
    values = [float(value) for (value,) in read_axis(f"lr={first!r}:{last!r}:{'log:' if log else ''}{count}").values]
    assert values[0] == first
    assert values[-1] == last
    assert values == sorted(values)
    assert len(values) <= count
    for at, value in enumerate(values[1:-1], 1):
        share = at / (len(values) - 1)
        exact = math.exp(math.log(first) + math.log(times) * share) if log else first + (last - first) * share
        assert len(values) < count or abs(value - exact) <= 1e-3 * exact
