"""All views by number; their modules are read when one is first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

import grokterm.tui.views as package

if TYPE_CHECKING:
    from grokterm.tui.views.view import ViewPane


@cache
def views() -> Mapping[int, type[ViewPane]]:
    """Every view by its number, in order."""
    found: list[type[ViewPane]] = []
    for module in iter_modules(package.__path__, f"{package.__name__}."):
        found += getattr(import_module(module.name), "VIEWS", ())
    return {view.number: view for view in sorted(found, key=lambda view: view.number)}


def number_of(name: str) -> int:
    """The number of the view called `name`; raises KeyError where there is none."""
    return {view.name: number for number, view in views().items()}[name]
