"""Amounts in words: shares, ages and sizes."""

from __future__ import annotations

import time
from typing import Final

_AGES: Final = (("d", 86400), ("h", 3600), ("min", 60))
_SIZES: Final = ("B", "KB", "MB", "GB", "TB")


def percent(share: float | None) -> str:
    """A share as a percentage; empty where it is not known."""
    return "" if share is None else f"{100 * share:.1f} %"


def age(when: float) -> str:
    """How long ago a time is that is given in seconds since 1970."""
    seconds = max(0, int(time.time() - when))
    unit, length = next(((unit, length) for unit, length in _AGES if seconds >= length), ("s", 1))
    return f"{seconds // length} {unit} ago"


def size(count: float) -> str:
    """A number of bytes in the unit that suits it."""
    for unit in _SIZES:
        if count < 1000 or unit == _SIZES[-1]:
            break
        count /= 1000
    return f"{count:.0f} {unit}" if unit == "B" or count >= 9.95 else f"{count:.1f} {unit}"
