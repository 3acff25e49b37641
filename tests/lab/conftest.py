"""Kernels for the tests of the lab that ask for them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from grokterm.lab import native
from grokterm.lab.precision import bfloat16_product
from tests import needs


@pytest.fixture(scope="session")
def library() -> Path:
    return needs.library()


@pytest.fixture
def kernels(library: Path) -> Iterator[None]:
    assert native.load(library)
    yield
    native.load(None)


@pytest.fixture
def tiles(kernels: None) -> None:
    """Kernels in bfloat16, too."""
    needs.need(native.has_product(bfloat16_product), needs.AMX)
