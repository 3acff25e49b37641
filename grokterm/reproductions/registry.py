"""All reproductions by the preset that they are of."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Final

from grokterm.errors import ConfigError
from grokterm.reproductions.claims import Reproduction
from grokterm.spelling import unknown

MODULES: Final = (
    "nanda", "replication", "chapter", "playground", "kitouni", "power", "gauges", "undecayed", "ungrok", "speedups",
    "groups", "parity", "systematic", "controls",
)  # fmt: skip
"""Modules of `papers`, in the order in which they are listed."""


@cache
def reproductions() -> Mapping[str, Reproduction]:
    """All of them, in order."""
    found: dict[str, Reproduction] = {}
    for name in MODULES:
        module = import_module(f"grokterm.reproductions.papers.{name}")
        for one in getattr(module, "REPRODUCTIONS", None) or (module.REPRODUCTION,):
            found[one.preset] = one
    return found


def reproduction(name: str) -> Reproduction:
    """One by its name; raises ConfigError."""
    found = reproductions()
    if name not in found:
        raise ConfigError(unknown("reproduction", name, list(found)))
    return found[name]
