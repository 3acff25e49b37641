"""Kernels for the tests of the lab that ask for them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from grokterm.kernels.build import build
from grokterm.lab import native


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = build(tmp_path_factory.mktemp("kernels"))
    if built is None:
        pytest.skip("no compiler, or no processor with bfloat16 tiles")
    return built


@pytest.fixture
def kernels(library: Path) -> Iterator[None]:
    if not native.load(library):
        pytest.skip("this kernel does not let processes use tiles")
    yield
    native.load(None)
