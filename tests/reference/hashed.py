"""The hash that dropout and projections take their bits from, in whole numbers of Python."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

_ALL: Final = 2**32 - 1


def mix(x: int) -> int:
    """`lowbias32` (Wellons 2018)."""
    x &= _ALL
    x = ((x ^ (x >> 16)) * 0x7FEB352D) & _ALL
    x = ((x ^ (x >> 15)) * 0x846CA68B) & _ALL
    return x ^ (x >> 16)


def bits(key: int, step: int, layer: int, row: int, column: int) -> int:
    """A number from −2³¹ to 2³¹ − 1."""
    found = mix(_of_row(key, step, layer, row) ^ mix(column))
    return found - 2**32 if found >= 2**31 else found


@lru_cache(1)  # columns are asked for one after another
def _of_row(key: int, step: int, layer: int, row: int) -> int:
    at = mix(mix(mix(key ^ (step % 2**31)) ^ (step >> 31)) ^ (layer & _ALL))
    return mix(at ^ row)
