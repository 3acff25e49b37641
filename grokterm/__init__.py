"""grokterm: watch a network grok, live, in a terminal."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from grokterm.version import __version__

if TYPE_CHECKING:
    from grokterm.notebook import open_run
    from grokterm.sweep_notebook import open_sweep
    from grokterm.sweep_training import sweep

__all__ = ["__version__", "open_run", "open_sweep", "sweep"]

_FROM = {
    "open_run": "grokterm.notebook",
    "open_sweep": "grokterm.sweep_notebook",
    "sweep": "grokterm.sweep_training",
}


def __getattr__(name: str) -> Any:
    """What notebooks use, loaded when it is asked for: the command line starts without numpy."""
    if name in _FROM:
        return getattr(import_module(_FROM[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
