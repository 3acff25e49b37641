"""What some tests need that not every machine has: they are skipped for these reasons and no others."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pytest

from grokterm.kernels import build as building
from grokterm.kernels.instruction_sets import NONE, VARIABLE, limit

CUDA: Final = "CUDA"
NO_MPS: Final = "a machine without mps"
LINUX: Final = "Linux"
DISK: Final = "Linux and root, to mount a small disk"
NAMESPACES: Final = "mount namespaces"
FULL_DEVICE: Final = "/dev/full"
NO_ROOT: Final = "a user who is not root"
LINTER: Final = "import-linter"
COMPILER: Final = "a C compiler"
WHEEL: Final = "the package ziglang"
BUILDER: Final = "the package hatchling"
OTHER_COMPILER: Final = "a second C compiler"
INSTRUCTIONS: Final = "another processor, or a cross-compiler and qemu for it"
KERNELS: Final = f"kernels, which {VARIABLE} leaves out"
AMX: Final = "a processor with AMX"
BFLOAT16: Final = "a processor that multiplies bfloat16"
PANDAS: Final = "pandas"
MATPLOTLIB: Final = "matplotlib"
PYARROW: Final = "pyarrow"
TENSORBOARD: Final = "tensorboard"
TRANSFORMER_LENS: Final = "transformer_lens before 4"
WANDB: Final = "wandb"
CHROMIUM: Final = "Chromium"

only_on_linux = pytest.mark.skipif(sys.platform != "linux", reason=LINUX)
only_with_full_device = pytest.mark.skipif(not Path("/dev/full").exists(), reason=FULL_DEVICE)
only_without_root = pytest.mark.skipif(os.geteuid() == 0, reason=NO_ROOT)


def need(there: object, what: str) -> None:
    """Skips the test unless what it needs is there."""
    if not there:
        pytest.skip(what)


def library() -> Path:
    """The compiled kernels; skips where this machine cannot have them, and fails where its compiler does."""
    built = building.build_or_explain()
    if built.library is None:
        need(limit() != NONE, KERNELS)
        need(built.reason != building.NO_COMPILER, COMPILER)
        pytest.fail(built.reason)
    return built.library


def told(skipped: Iterable[str]) -> str:
    """How many tests were skipped for which need, in one line."""
    found = Counter(skipped).most_common()
    counts = [f"{count} {what}" for what, count in found]
    if counts:
        what, count = found[0]
        counts[0] = f"{count} need{'s' * (count == 1)} {what}"
    return f"skipped: {', '.join(counts)}"
