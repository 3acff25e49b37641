"""Cancelling long computations: they check between their parts whether to go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

Check = Callable[[], None]
"""Returns where the computation may go on, and raises CancelledError where not."""

_check: Final[ContextVar[Check | None]] = ContextVar("check", default=None)


class CancelledError(Exception):
    """A computation was cancelled before its result was there."""


@contextmanager
def cancellable(check: Check) -> Iterator[None]:
    """A context in which `check_cancelled` calls `check`."""
    before = _check.set(check)
    try:
        yield
    finally:
        _check.reset(before)


def check_cancelled() -> None:
    """Called between the parts of a computation: raises CancelledError where it is cancelled."""
    check = _check.get()
    if check is not None:
        check()
