"""Which GPUs of this machine train a sweep: one batch each, instead of all on one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from grokterm.config import Config
from grokterm.errors import GroktermError
from grokterm.runs.devices import describe_devices

VISIBLE: Final = "CUDA_VISIBLE_DEVICES"
_DRIVER: Final = ("/dev/nvidia0", "/dev/nvidiactl", "/dev/dxg", "/dev/kfd")
"""What is there where a driver of GPUs is."""


def gpus_for(config: Config) -> tuple[str, ...]:
    """The GPUs that this process sees, as CUDA_VISIBLE_DEVICES names each, where a configuration leaves the choice.

    Torch is asked in a process of its own, and only on a machine with a driver.
    """
    if config.device not in ("auto", "cuda") or not any(Path(path).exists() for path in _DRIVER):
        return ()
    try:
        count = len(describe_devices()["cuda"])
    except GroktermError:
        return ()
    return named(count, os.environ.get(VISIBLE, ""))


def named(count: int, visible: str) -> tuple[str, ...]:
    """So many GPUs by the names that CUDA_VISIBLE_DEVICES gives them, or by their numbers where it gives none."""
    names: Sequence[str] = [name.strip() for name in visible.split(",") if name.strip()]
    return tuple(names[:count]) if names else tuple(map(str, range(count)))
