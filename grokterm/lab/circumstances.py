"""On what a run is trained: with the same circumstances it comes out the same, bit for bit."""

from __future__ import annotations

import platform

import torch

from grokterm.config import Value
from grokterm.lab import native
from grokterm.lab.engine import Engine
from grokterm.plugins.registry import sources
from grokterm.version import __version__


def circumstances(engine: Engine) -> dict[str, Value]:
    """Device, precision, threads, versions and machine by name: what is needed to repeat a run."""
    own: dict[str, Value] = {"plugins": ", ".join(sources())} if sources() else {}
    found: dict[str, Value] = {
        "device": str(engine.device),
        "precision": engine.precision,
        "strategy": engine.strategy.name,
        "kernels": "compiled" if native.loaded() else "none",
        "kernels_digest": native.loaded_digest() or "none",
        "threads": torch.get_num_threads(),
        "torch": str(torch.__version__),
        "grokterm": __version__,
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
    }
    return found | own
