"""Compiling the kernels for this machine, once, or saying why not: then torch trains alone."""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import platformdirs

FOLDER: Final = Path(__file__).parent
IN_FLOAT32: Final = ("pairs_in_float32.c",)
IN_BFLOAT16: Final = ("pairs.c", "product.c")
FLAGS: Final = ("-O3", "-march=native", "-fno-math-errno", "-fopenmp", "-shared", "-fPIC")
OFF: Final = "GROKTERM_KERNELS"
"""Environment variable that keeps the kernels from being used when it is 0."""
NO_COMPILER: Final = "there is no C compiler"
_PATIENCE: Final = 60.0


class Built(NamedTuple):
    """The kernels as a library that can be loaded, or why there are none."""

    library: Path | None
    why_not: str = ""


def build(folder: Path | None = None) -> Path | None:
    """The compiled kernels, in `folder` or the user's cache; None where they cannot be had."""
    return build_or_say(folder).library


def build_or_say(folder: Path | None = None) -> Built:
    """The same, with the reason where they cannot be had.

    They are kept under a name made from source, compiler and processor, so that none is ever out of date.
    """
    compiler = shutil.which(os.environ.get("CC", "cc")) or shutil.which("gcc")
    if os.environ.get(OFF) == "0":
        return Built(None, f"turned off by {OFF}=0")
    if not (sources := _sources()):
        return Built(None, "they need Linux and an x86-64 processor with AVX-512")
    if compiler is None:
        return Built(None, NO_COMPILER)
    folder = folder or platformdirs.user_cache_path("grokterm")
    read = (file.read_text() for file in sorted(FOLDER.glob("*.[ch]")))
    made_from = "\n".join((*read, compiler, *FLAGS, _processor()))
    library = folder / f"kernels-{hashlib.blake2b(made_from.encode(), digest_size=8).hexdigest()}.so"
    why_not = "" if library.exists() else _compile(compiler, sources, library)
    return Built(None, why_not) if why_not else Built(library)


def products(library: Path) -> tuple[str, ...]:
    """The precisions in which the kernels of a library can multiply here; none where it cannot be loaded."""
    try:
        loaded = ctypes.CDLL(str(library))
    except OSError:
        return ()
    tiles = hasattr(loaded, "take_step") and loaded.may_use_tiles()
    return ("float32", "bfloat16") if tiles else ("float32",)


def _compile(compiler: str, sources: Sequence[Path], library: Path) -> str:
    """Compile beside and rename, so that two processes may do it at once; says what went wrong, if anything."""
    try:
        library.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=library.parent) as aside:
            made = Path(aside) / library.name
            command = [compiler, *FLAGS, *map(str, sources), "-o", str(made), "-lm"]
            subprocess.run(
                command, check=True, capture_output=True, stdin=subprocess.DEVNULL, text=True, timeout=_PATIENCE
            )
            made.replace(library)
    except subprocess.TimeoutExpired:
        return f"{compiler} took longer than {_PATIENCE:.0f} seconds"
    except subprocess.CalledProcessError as error:
        said = [line for line in error.stderr.splitlines() if "error" in line] or error.stderr.splitlines()
        return f"{compiler} failed: {said[0] if said else f'exit status {error.returncode}'}"
    except OSError as error:
        return f"they cannot be compiled in {library.parent}: {error.strerror or error}"
    return ""


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
