"""Small runs that really grok."""

from __future__ import annotations

import pytest

from grokterm.config import Config
from grokterm.lab.engine import Engine
from grokterm.milestones import GROKKED, MEMORIZED
from tests.lab.examples import ARCHITECTURES


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_a_quick_run_memorizes_first_and_groks_later(arch: str) -> None:
    engine = Engine(Config(p=59, arch=arch, train_fraction=0.6, lr=0.01, width=256, device="cpu"))  # type: ignore[arg-type]
    memorized = grokked = None
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
