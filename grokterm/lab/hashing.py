"""Random bits by a hash of where they are wanted: the same on every device, in any order, inside a captured step."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

from grokterm.lab.seeds import number

_FIRST: Final = 0x7FEB352D
_SECOND: Final = 0x846CA68B - 2**32
"""The multipliers of `lowbias32` (Wellons 2018, nullprogram.com/blog/2018/07/31), as int32 has them."""


def key_of(seed: int, purpose: str) -> int:
    """A key, int32, of its own for each seed and purpose."""
    return number(seed, purpose) % 2**32 - 2**31


def random_bits(key: Tensor, step: Tensor, layer: int, rows: Tensor, columns: int) -> Tensor:
    """Bits as int32 [..., n, columns], each a hash of key, step, layer, row and column.

    `key` is int32 [] or [..., 1] with the replica axes, `step` and `rows` are int64 [] and [n].
    """
    at = _mix(_mix(key ^ _low(step)) ^ _low(step >> 31))
    at = _mix(at ^ layer)
    of_rows = _mix(at[..., None] ^ _low(rows)[:, None])
    of_columns = _mix(torch.arange(columns, dtype=torch.int32, device=rows.device))
    return _mix(of_rows ^ of_columns)


def _low(x: Tensor) -> Tensor:
    return (x & (2**31 - 1)).int()


def _mix(x: Tensor) -> Tensor:
    """A bijection of int32 in which every bit of x changes half of the bits."""
    x = (x ^ ((x >> 16) & 0xFFFF)) * _FIRST
    x = (x ^ ((x >> 15) & 0x1FFFF)) * _SECOND
    return x ^ ((x >> 16) & 0xFFFF)
