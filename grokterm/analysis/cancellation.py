"""Long computations look up between their parts, so that whoever set one going may end it there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

Check = Callable[[], None]
"""Returns where the computation may go on, and raises CancelledError where it may not."""

_check: Final[ContextVar[Check | None]] = ContextVar("check", default=None)


class CancelledError(Exception):
    """A computation was ended before its result was there."""


@contextmanager
def cancellable(check: Check) -> Iterator[None]:
    """Calls `check` between the parts of what is computed within."""
    before = _check.set(check)
    try:
        yield
    finally:
        _check.reset(before)


def check_cancelled() -> None:
    """Where a computation of many parts may end: raises CancelledError if it is to."""
    check = _check.get()
    if check is not None:
        check()
