"""Small runs that really grok."""

from __future__ import annotations

import pytest

from grokterm.config import Config
from grokterm.lab.engine import Engine
from grokterm.milestones import GROKKED, MEMORIZED
from tests.by_kernels import by_kernels
from tests.lab.examples import ARCHITECTURES

SMALL = Config(p=53, train_fraction=0.7, width=128, d_model=64, device="cpu")


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_a_quick_run_memorizes_first_and_groks_later(arch: str) -> None:
    more = {"lr": 0.01, "train_fraction": 0.6} if arch == "transformer" else {"lr": 0.02}
    memorized = grokked = None
    with by_kernels():
        engine = Engine(SMALL.changed({"arch": arch, **more}))
        while grokked is None and engine.step < 1500:
            engine.advance(25)
            measures = engine.measure()
            if memorized is None and MEMORIZED.reached(measures.train_accuracy):
                memorized = engine.step
            if GROKKED.reached(measures.test_accuracy):
                grokked = engine.step
    assert memorized is not None
    assert grokked is not None
    assert memorized < grokked
