"""All views by number; their modules are read when one is first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from grokterm.tui.views.view import ViewPane

_MODULES: Final = ("training", "fourier", "attention", "embedding", "weights", "neurons", "logits", "paths", "ablation")


@cache
def views() -> Mapping[int, type[ViewPane]]:
    """Every view by its number, in order."""
    found: list[type[ViewPane]] = []
    for name in _MODULES:
        found += import_module(f"grokterm.tui.views.{name}").VIEWS
    return {view.number: view for view in sorted(found, key=lambda view: view.number)}


def number_of(name: str) -> int:
    """The number of the view called `name`; raises KeyError where there is none."""
    return {view.name: number for number, view in views().items()}[name]
