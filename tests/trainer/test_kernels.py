"""What a trainer says of the kernels when it starts."""

from __future__ import annotations

import pytest

from grokterm.config import Config
from grokterm.lab import native
from grokterm.lab.engine import Engine
from grokterm.trainer.process_log import _strategy_words


@pytest.mark.parametrize("arch", ["one-hot", "mlp", "transformer"])
def test_with_equals_as_a_class_steps_are_taken_in_torch_and_the_log_says_why(arch: str) -> None:
    plain = Config(p=11, width=32, d_model=32, heads=2, device="cpu").changed({"arch": arch})
    kernel_step, in_torch = Engine(plain), Engine(plain.changed({"classes": "p+1"}))
    fits = kernel_step.model.has_kernel(kernel_step.parameters)
    assert fits or not native.has_product(kernel_step.model.product)
    assert not in_torch.model.has_kernel(in_torch.parameters)
    assert in_torch.model.layers_have_kernel(in_torch.parameters) is fits
    assert in_torch.strategy.name == "by hand in torch"
    assert _strategy_words(kernel_step) == (" by kernels" if fits else "")
    assert _strategy_words(in_torch) == (" in torch, for the kernels know p classes alone" if fits else "")
    assert in_torch.advance(3) == 3


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"loss": "hinge"}, "the kernels know cross-entropy and MSE, and the loss is hinge"),
        ({"temperature": 2.0}, "the kernels know a temperature of 1 alone"),
        ({"dropout": 0.1}, "the kernels know no dropout"),
        ({"jacobian": 0.1}, "the kernels know no penalty of the Jacobian"),
    ],
)
def test_what_the_kernels_do_not_know_is_taken_in_torch_and_the_log_says_why(
    values: dict[str, int | float | str], why: str
) -> None:
    engine = Engine(Config(p=11, width=32, device="cpu"))
    before = _strategy_words(engine)
    engine.apply_settings(engine.config.changed(values))
    assert _strategy_words(engine) == (f" in torch, for {why}" if before else "")
    assert engine.advance(3) == 3
    engine.apply_settings(Config(p=11, width=32, device="cpu"))
    assert _strategy_words(engine) == before
