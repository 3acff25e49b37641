"""Random streams: everything drawn in a run comes from its seed."""

from __future__ import annotations

import hashlib

import torch


def generator(seed: int, purpose: str, index: int = 0) -> torch.Generator:
    """A CPU generator of its own for each purpose and index of a run, the same on every device."""
    return torch.Generator().manual_seed(number(seed, purpose, index) >> 1)


def number(seed: int, purpose: str, index: int = 0) -> int:
    """A number below 2⁶⁴ of its own for each purpose and index of a run."""
    digest = hashlib.blake2b(f"{seed} {purpose} {index}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")
