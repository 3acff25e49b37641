"""Workers in this process leave it as they found it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from grokterm.lab import native
from grokterm.sweeper import work


@pytest.fixture(autouse=True)
def _workers_leave_no_kernels() -> Iterator[None]:
    """A worker loads the kernels for good; the next test has none again."""
    work._make_ready.cache_clear()
    yield
    work._make_ready.cache_clear()
    native.load(None)
