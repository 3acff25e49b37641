"""grokterm: watch a network grok, live, in a terminal."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from grokterm.version import __version__

if TYPE_CHECKING:
    from grokterm.notebook import open_run

__all__ = ["__version__", "open_run"]


def __getattr__(name: str) -> Any:
    """`open_run`, loaded when it is asked for: the command line starts without numpy."""
    if name == "open_run":
        return getattr(import_module("grokterm.notebook"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
