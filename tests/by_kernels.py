"""Steps as a trainer takes them: by kernels, where there are any."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from grokterm.kernels.build import build
from grokterm.lab import native


@contextmanager
def by_kernels() -> Iterator[None]:
    """Within it engines of this process take them."""
    native.load(build())
    try:
        yield
    finally:
        native.load(None)


@pytest.fixture(autouse=True, scope="module")
def steps_by_kernels() -> Iterator[None]:
    """So do those of all tests of a module, or of a folder, that imports this."""
    with by_kernels():
        yield
