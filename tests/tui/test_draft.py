from __future__ import annotations

import pytest
import torch

from grokterm.config import Config
from grokterm.lab.models import build
from grokterm.tui.dialogs.carrying import carried, keeps
from grokterm.tui.dialogs.draft import Draft


def draft(**texts: str) -> Draft:
    made = Draft(Config())
    for name, text in texts.items():
        made.type(name, text)
    return made


def test_only_what_differs_is_a_change() -> None:
    assert draft(lr="0.005", weight_decay="3").values == {"weight_decay": 3.0}
    assert draft(lr="5e-3").told(False) == "Nothing is changed yet."


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        ({"lr": "fast"}, "--lr must be a number"),
        ({"p": "1"}, "--p must be a whole number"),
        ({"weight_decay": "-1"}, "--weight-decay"),
        ({"weight_decay": "nan"}, "--weight-decay"),
        ({"p": "98", "op": "divide"}, "divide needs a prime p"),
        ({"arch": "transformer", "heads": "3"}, "--heads 3 does not divide"),
        ({"train_fraction": "0.00001"}, "leaves no train pair"),
        ({"device": "abacus"}, "unknown device"),
    ],
)
def test_what_no_run_can_have_is_said_as_it_is_typed(texts: dict[str, str], says: str) -> None:
    assert says in draft(**texts).problem


def test_how_a_change_acts() -> None:
    at_once, rebuilt, new = draft(lr="0.01"), draft(lr="0.01", arch="transformer"), draft(arch="transformer", p="113")
    assert (at_once.rebuilds, at_once.new_run) == (False, False)
    assert "Acts from the next step on." in at_once.told(False)
    assert (rebuilt.rebuilds, rebuilt.new_run) == (True, False)
    assert "architecture mlp → transformer" in rebuilt.told(False)
    assert (new.rebuilds, new.new_run) == (False, True)
    assert "p 97 → 113" in new.told(False)
    assert "new run" in new.told(False)


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ({}, {"depth": 2}, ["embedding", "read-out"]),
        ({}, {"width": 256}, []),
        ({}, {"arch": "embed-mlp"}, ["read-out"]),
        ({"arch": "embed-mlp"}, {"width": 256}, ["embedding"]),
        ({}, {"arch": "transformer"}, []),
        ({"arch": "transformer"}, {"width": 256}, ["embedding", "read-out"]),
        ({"arch": "transformer"}, {"d_model": 64}, []),
        ({"arch": "transformer"}, {"classes": "p+1"}, ["embedding"]),
        ({"classes": "p+1"}, {"depth": 2}, ["embedding", "read-out"]),
        ({"arch": "transformer"}, {"tied": "on"}, ["embedding"]),
        ({"arch": "transformer"}, {"bias": "all", "depth": 8}, ["embedding", "read-out"]),
        ({"arch": "embed-mlp"}, {"tied": "on"}, ["embedding", "read-out"]),
        ({"arch": "embed-mlp"}, {"arch": "residual-mlp"}, ["embedding"]),
        ({"arch": "residual-mlp"}, {"arch": "transformer"}, ["read-out"]),
    ],
)
def test_the_words_on_what_is_kept_agree_with_the_models(
    old: dict[str, str], new: dict[str, str | int], parts: list[str]
) -> None:
    before = Config(p=7).changed(old)
    after = before.changed(new)
    assert carried(before, after) == parts
    shapes = []
    for config in (before, after):
        model = build(config)
        parameters = model.init(torch.Generator())
        shapes.append({name: parameters[name].shape for name in model.transferable})
    agree = {name for name in shapes[0].keys() & shapes[1].keys() if shapes[0][name] == shapes[1][name]}
    assert ("embedding" in parts) == bool(agree & {"W_a", "E_a", "W_E"})
    assert ("read-out" in parts) == bool(agree & {"W_out", "W_U"})


def test_what_is_kept_in_words() -> None:
    config = Config()
    deeper = config.changed({"depth": 2})
    assert "can be carried over" in keeps(config, deeper, keep=False)
    assert "and the weights of embedding and read-out" in keeps(config, deeper, keep=True)
    assert "all are fresh" in keeps(config, config.changed({"arch": "transformer"}), keep=True)
