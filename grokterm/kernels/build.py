"""Compiling the kernels for this machine, once; whoever has no compiler trains with torch alone."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import platformdirs

FOLDER: Final = Path(__file__).parent
IN_FLOAT32: Final = ("pairs_in_float32.c",)
IN_BFLOAT16: Final = ("pairs.c", "product.c")
FLAGS: Final = ("-O3", "-march=native", "-fno-math-errno", "-fopenmp", "-shared", "-fPIC")
OFF: Final = "GROKTERM_KERNELS"
"""Environment variable that keeps the kernels from being used when it is 0."""
_PATIENCE: Final = 60.0


def build(folder: Path | None = None) -> Path | None:
    """The compiled kernels, in `folder` or the user's cache; None where they cannot be had, without a word.

    They are kept under a name made from source, compiler and processor, so that none is ever out of date.
    """
    compiler = shutil.which(os.environ.get("CC", "cc")) or shutil.which("gcc")
    if os.environ.get(OFF) == "0" or compiler is None or not (sources := _sources()):
        return None
    folder = folder or platformdirs.user_cache_path("grokterm")
    read = (file.read_text() for file in sorted(FOLDER.glob("*.[ch]")))
    made_from = "\n".join((*read, compiler, *FLAGS, _processor()))
    library = folder / f"kernels-{hashlib.blake2b(made_from.encode(), digest_size=8).hexdigest()}.so"
    return library if library.exists() or _compile(compiler, sources, library) else None


def _compile(compiler: str, sources: Sequence[Path], library: Path) -> bool:
    """Compile beside and rename, so that two processes may do it at once."""
    try:
        library.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=library.parent) as aside:
            made = Path(aside) / library.name
            command = [compiler, *FLAGS, *map(str, sources), "-o", str(made), "-lm"]
            subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=_PATIENCE)
            made.replace(library)
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def _sources() -> list[Path]:
    """What this processor can run: steps in float32 with AVX-512, and in bfloat16 with AMX too."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return []
    has = set(_processor().split())
    names = [*IN_FLOAT32] if "avx512f" in has else []
    names += IN_BFLOAT16 if {"avx512f", "amx_bf16", "avx512_bf16", "avx512bw", "avx512vl"} <= has else ()
    return [FOLDER / name for name in names]


def _processor() -> str:
    """The processor's features as the kernel tells them."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return ""
    return next((line for line in lines if line.startswith("flags")), "")
