"""Loading large libraries: in one go, or only when something of them is needed."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec, module_from_spec
from threading import RLock
from types import ModuleType
from typing import Any, Final


def let_threads_sleep() -> None:
    """Let threads sleep while they wait, unless the environment says otherwise; to be called before torch is imported.

    By themselves they spin, which takes the processor from the very thread they wait for as soon as anything else
    runs: the viewer, say. Asleep they cost next to nothing.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Within it no garbage is collected, and what is there at the end is never looked at again.

    Torch makes some 170,000 objects, of which none is garbage: looking through them takes an eighth of the time of
    loading it, and later, in the middle of a step, as long as many steps.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def import_lazily(name: str) -> None:
    """Has `import name` give a module, of the top level, that loads when something of it is first asked for.

    Nothing happens where it is loaded already; where it is not there, importing it fails as ever. LazyLoader of the
    standard library would load it at the next import statement, which asks every module for its `__spec__`.
    """
    if name in sys.modules or (spec := find_spec(name)) is None:
        return
    module = module_from_spec(spec)
    module.__dict__.pop("__path__", None)  # so that importing a submodule asks for it
    module.__class__ = _LazyModule
    sys.modules[name] = module


def load_now(name: str) -> None:
    """Loads a module that was put off, unless it is loaded by now; raises what importing it raises."""
    module = sys.modules.get(name)
    if isinstance(module, _LazyModule):
        _load(module)


_LOCK: Final = RLock()
"""Held while a module that was put off loads: other threads wait for it."""
_being_loaded: set[str] = set()


class _LazyModule(ModuleType):
    """A module that is not loaded yet."""

    def __getattr__(self, name: str) -> Any:
        """An attribute that is not there yet, for which the module is loaded."""
        with _LOCK:
            if self.__name__ in _being_loaded:  # by this thread: the others wait
                raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
            _load(self)
        return getattr(self, name)


def _load(module: ModuleType) -> None:
    """Runs a module that was put off; no method, whose name the module could have for something of its own."""
    with _LOCK:
        spec, waits = module.__spec__, type(module) is _LazyModule
        if not waits or spec is None or spec.loader is None:
            return
        if spec.submodule_search_locations is not None:
            module.__path__ = spec.submodule_search_locations
        _being_loaded.add(spec.name)
        try:
            spec.loader.exec_module(module)
        finally:
            _being_loaded.discard(spec.name)
        module.__class__ = ModuleType
