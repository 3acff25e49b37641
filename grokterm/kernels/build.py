"""Compiling the kernels for this machine, once; whoever has no compiler trains with torch alone."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import platformdirs

SOURCES: Final = tuple(sorted(Path(__file__).parent.glob("*.c")))
HEADERS: Final = tuple(sorted(Path(__file__).parent.glob("*.h")))
FLAGS: Final = ("-O3", "-march=native", "-fno-math-errno", "-fopenmp", "-shared", "-fPIC")
OFF: Final = "GROKTERM_KERNELS"
"""Environment variable that keeps the kernels from being used when it is 0."""
_PATIENCE: Final = 60.0


def build(folder: Path | None = None) -> Path | None:
    """The compiled kernels, in `folder` or the user's cache; None where they cannot be had, without a word.

    They are kept under a name made from source, compiler and processor, so that none is ever out of date.
    """
    compiler = shutil.which(os.environ.get("CC", "cc")) or shutil.which("gcc")
    if os.environ.get(OFF) == "0" or compiler is None or not _processor_has_tiles():
        return None
    folder = folder or platformdirs.user_cache_path("grokterm")
    sources = (file.read_text() for file in (*SOURCES, *HEADERS))
    made_from = "\n".join((*sources, compiler, *FLAGS, _processor()))
    library = folder / f"kernels-{hashlib.blake2b(made_from.encode(), digest_size=8).hexdigest()}.so"
    return library if library.exists() or _compile(compiler, library) else None


def _compile(compiler: str, library: Path) -> bool:
    """Compile beside and rename, so that two processes may do it at once."""
    try:
        library.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=library.parent) as aside:
            made = Path(aside) / library.name
            command = [compiler, *FLAGS, *map(str, SOURCES), "-o", str(made), "-lm"]
            subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=_PATIENCE)
            made.replace(library)
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def _processor_has_tiles() -> bool:
    return sys.platform == "linux" and platform.machine() == "x86_64" and " amx_bf16" in _processor()


def _processor() -> str:
    """The processor's features as the kernel tells them."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return ""
    return next((line for line in lines if line.startswith("flags")), "")
