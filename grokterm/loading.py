"""Loading large libraries."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """Within it no garbage is collected, and what is there at the end is never looked at again.

    Torch makes some 170,000 objects, of which none is garbage: looking through them takes an eighth of the time of
    loading it, and later, in the middle of a step, as long as many steps.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
