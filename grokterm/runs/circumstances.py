"""On what a run was trained, in few letters: with the same it comes out the same, bit for bit."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

import msgspec

from grokterm.config import Value

_REST: Final = ("strategy", "kernels", "kernels_digest", "torch", "grokterm", "machine")
_DIGITS: Final = 4


class Circumstances(msgspec.Struct, frozen=True, array_like=True):
    """What the sessions of a run say of the process that trained it."""

    device: str
    precision: str
    threads: int
    rest: str
    """The first digits of a SHA-256 of kernels, versions and machine."""


def circumstances_of(about: Mapping[str, Value]) -> Circumstances | None:
    """Those that a session record tells; None where it tells none."""
    device, precision, threads = (about.get(name) for name in ("device", "precision", "threads"))
    if device is None or precision is None or not isinstance(threads, int):
        return None
    rest = hashlib.sha256("\n".join(f"{about.get(name)}" for name in _REST).encode()).hexdigest()
    return Circumstances(str(device), str(precision), threads, rest[:_DIGITS])


def differences(then: Circumstances, now: Circumstances) -> tuple[str, ...]:
    """What is not as it was, each in words: threads (2 then, 4 now)."""
    found = [
        f"{name} ({before} then, {after} now)"
        for name in ("device", "precision", "threads")
        if (before := getattr(then, name)) != (after := getattr(now, name))
    ]
    return (*found, *(["kernels, versions or machine"] if then.rest != now.rest else []))
