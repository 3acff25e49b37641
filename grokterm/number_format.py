"""How numbers are written for people: settings, shares, times, rates, ages and sizes."""

from __future__ import annotations

import time
from typing import Final

_AGES: Final = (("d", 86400), ("h", 3600), ("min", 60))
_SIZES: Final = ("B", "KB", "MB", "GB", "TB")


def number(value: float, digits: int = 4) -> str:
    """A number as short as it goes, in so many digits where it has a fraction: 1e-3, 0.05, 2, 1,000."""
    if abs(value) < 1e15 and value == int(value):
        return f"{int(value):,}"
    if abs(value) < 0.01:
        mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
        return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"
    return f"{value:,.0f}" if abs(value) >= 10 ** (digits - 1) else f"{value:,.{digits}g}"


def spelled(value: float | str, digits: int = 6) -> str:
    """A setting's value as people write it: 1e-3, 0.05, 2, 1,000, max."""
    return value if isinstance(value, str) else number(value, digits)


def typed(value: float | str) -> str:
    """The value of a setting as a person would type it, without losing a digit."""
    return f"{value:g}" if isinstance(value, float) and float(f"{value:g}") == value else str(value)


def percent(share: float | None) -> str:
    """A share as 34.2 %, never rounded up to 100.0 %; empty where it is not known."""
    if share is None:
        return ""
    tenths = min(int(share * 1000 + 0.5), 1000)
    return f"{(999 if tenths == 1000 and share < 1 else tenths) / 10:.1f} %"


def clock(seconds: float) -> str:
    """A time as 0:07 or 1:02:03."""
    minutes, left = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def rate(steps_per_second: float) -> str:
    """Steps a second: 7.3/s, 212/s, 12,400/s; nothing while no steps are taken."""
    if steps_per_second <= 0:
        return ""
    return f"{steps_per_second:.1f}/s" if steps_per_second < 10 else f"{steps_per_second:,.0f}/s"


def counted(count: int, noun: str) -> str:
    """Several things of a kind, or one: 1 line, 2,000 lines."""
    return f"{count:,} {noun}{'s' * (count != 1)}"


def count(steps: int) -> str:
    """Steps where there is little room: 1,420, 12.3k, 4.56M."""
    if steps < 10_000:
        return f"{steps:,}"
    return f"{steps / 1e3:.3g}k" if steps < 999_500 else f"{steps / 1e6:.3g}M"


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
