"""What the C library does with memory that the viewer gives back."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

_MMAP_THRESHOLD: Final = -3
"""glibc's number for `M_MMAP_THRESHOLD`, from malloc.h."""
_LEAST: Final = 2**16


def give_back_early() -> None:
    """Has arrays of 64 KiB and more taken from the system one by one, so that each goes back when it is freed.

    glibc raises that limit to the largest array freed, and the columns of a long run would leave holes behind as
    they grow. Other C libraries do as they like.
    """
    import ctypes  # the first screen does not wait for it

    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, _LEAST)
