"""Private names of torch that the lab uses: all are known, each stands in one module, and it does without them."""

from __future__ import annotations

import ast
import inspect
import re
from collections import defaultdict
from pathlib import Path
from typing import Final

import pytest
import torch

import grokterm
from grokterm.config import Config
from grokterm.lab.engine import Engine
from grokterm.lab.optimizers import implementation_for
from grokterm.lab.precision import cpu_has_fast_bfloat16

FOLDER: Final = Path(grokterm.__file__).parent
USED: Final = {"_fused_adamw_": "lab/optimizers/adam.py", "_is_amx_tile_supported": "lab/precision.py"}
"""Where each stands."""


def test_each_private_name_stands_in_one_module() -> None:
    found: dict[str, set[str]] = defaultdict(set)
    for path in FOLDER.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if not any(name in text for name in ("torch", *USED)):
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Attribute):
                name = node.attr
                wanted = bool(re.fullmatch(r"_[a-z]\w+", name) and re.match(r"torch\b", ast.unparse(node.value)))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                name = node.value
                wanted = name in USED
            else:
                continue
            if wanted:
                found[name].add(path.relative_to(FOLDER).as_posix())
    assert found == {name: {place} for name, place in USED.items()}


def test_torch_has_a_fused_step_with_the_arguments_that_it_is_given() -> None:
    assert implementation_for(torch.device("cpu")) == "fused"
    one, slope, mean, square = (torch.ones(3) for _ in range(4))
    count = torch.tensor(1.0)
    numbers = {"lr": 0.5, "beta1": 0.9, "beta2": 0.9, "weight_decay": 0.0, "eps": 0.0}
    step = getattr(torch, "_fused_adamw_")  # noqa: B009
    step([one], [slope], [mean], [square], [], [count], **numbers, amsgrad=False, maximize=False)
    # Moments of 1 with bias corrections of 1 − 0.9: m̂ = v̂ = 10, and the step is lr·√10.
    torch.testing.assert_close(one, torch.full((3,), 1 - 0.5 * 10**0.5))


def test_a_torch_without_it_trains_the_same_up_to_rounding(monkeypatch: pytest.MonkeyPatch) -> None:
    config = Config(p=11, width=16, precision="float32")
    fused = Engine(config)
    fused.advance(20)
    monkeypatch.delattr(torch, "_fused_adamw_")
    assert implementation_for(torch.device("cpu")) == "chain"
    chained = Engine(config)
    chained.advance(20)
    for name, tensor in chained.parameters.items():
        torch.testing.assert_close(tensor, fused.parameters[name], rtol=1e-4, atol=1e-5)


def test_a_torch_that_cannot_say_whether_there_is_amx_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    if hasattr(torch.cpu, "_is_amx_tile_supported"):
        assert isinstance(torch.cpu._is_amx_tile_supported(), bool)
        assert not inspect.signature(torch.cpu._is_amx_tile_supported).parameters
        monkeypatch.delattr(torch.cpu, "_is_amx_tile_supported")
    assert not cpu_has_fast_bfloat16.__wrapped__()
