"""Kernels on processors without AMX, such as Zen 4, Zen 2 or older ones: in float32 alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from grokterm.config import Config
from grokterm.config.architectures import Architecture
from grokterm.config.losses import Loss
from grokterm.config.run import Precision
from grokterm.kernels.build import products
from grokterm.kernels.instruction_sets import LIMITS, NONE, VARIABLE, limit
from grokterm.lab import native
from grokterm.lab.engine import Engine
from grokterm.lab.precision import bfloat16_product
from tests import needs
from tests.lab.examples import ARCHITECTURES
from tests.lab.test_engine import assert_same_state


@pytest.fixture(autouse=True, params=LIMITS)
def _without_amx(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if limit() != NONE:
        monkeypatch.setenv(VARIABLE, request.param)
    library = needs.library()
    assert products(library) == ("float32",)
    assert native.load(library)
    yield
    native.load(None)


def engine(arch: Architecture, precision: Precision, loss: Loss = "cross-entropy") -> Engine:
    return Engine(Config(p=31, arch=arch, width=64, d_model=32, heads=2, precision=precision, loss=loss, device="cpu"))


def test_they_know_products_in_float32_alone() -> None:
    rows = torch.zeros(5, 64)
    assert native.has_product(torch.matmul)
    assert native.supports(torch.matmul, "relu", rows, 64)
    assert not native.has_product(bfloat16_product)
    assert not native.supports(bfloat16_product, "relu", rows, 64)


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_torch_takes_the_steps_in_bfloat16(arch: Architecture) -> None:
    run = engine(arch, "bfloat16")
    assert not run.model.has_kernel(run.parameters)
    run.advance(20)
    measured = run.measure()
    native.load(None)
    plain = engine(arch, "bfloat16")
    plain.advance(20)
    assert measured == plain.measure()
    assert_same_state(run.state_dict(), plain.state_dict())


@pytest.mark.parametrize("loss", native.LOSSES)
@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_kernels_take_the_steps_in_float32(arch: Architecture, loss: Loss) -> None:
    run = engine(arch, "float32", loss)
    assert run.model.has_kernel(run.parameters)
    run.advance(20)
    trained = run.measure().train_loss
    native.load(None)
    plain = engine(arch, "float32", loss)
    assert not plain.model.has_kernel(plain.parameters)
    plain.advance(20)
    assert trained == pytest.approx(plain.measure().train_loss, rel=1e-4)
