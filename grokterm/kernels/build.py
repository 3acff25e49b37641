"""Compiling the kernels for this machine, once, or saying why not: then torch trains alone."""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import platformdirs

from grokterm import durable
from grokterm.kernels.limit import NONE, VARIABLE, allowed, limit

FOLDER: Final = Path(__file__).parent
IN_FLOAT32: Final = ("pairs_in_float32.c",)
IN_BFLOAT16: Final = ("pairs.c", "product.c")
FLAGS: Final = ("-O3", "-march=native", "-fno-math-errno", "-fopenmp", "-shared", "-fPIC")
NO_COMPILER: Final = "there is no C compiler"
_PATIENCE: Final = 60.0


class _CompilerError(Exception):
    """Why the compiler gave nothing."""


class Built(NamedTuple):
    """The kernels as a library that can be loaded, or why there are none."""

    library: Path | None
    why_not: str = ""


def build(folder: Path | None = None) -> Path | None:
    """The compiled kernels, in `folder` or the user's cache; None where they cannot be had; raises ConfigError."""
    return build_or_say(folder).library


def build_or_say(folder: Path | None = None) -> Built:
    """The same, with the reason where they cannot be had; raises ConfigError where the environment's limit is none.

    They are kept under a name made from source, compiler and its version, flags and processor, so that none is ever
    out of date.
    """
    compiler = shutil.which(os.environ.get("CC", "cc")) or shutil.which("gcc")
    if limit() == NONE:
        return Built(None, f"turned off by {VARIABLE}={NONE}")
    if not (sources := _sources()):
        return Built(None, "they need Linux and an x86-64 processor with AVX-512")
    if compiler is None:
        return Built(None, NO_COMPILER)
    folder = folder or platformdirs.user_cache_path("grokterm")
    try:
        library = folder / _name(compiler)
        if not library.exists():
            _compile(compiler, sources, library)
    except _CompilerError as error:
        return Built(None, str(error))
    except OSError as error:
        return Built(None, f"they cannot be compiled in {folder}: {error.strerror or error}")
    return Built(library)


def products(library: Path) -> tuple[str, ...]:
    """The precisions in which the kernels of a library can multiply here; none where it cannot be loaded."""
    try:
        loaded = ctypes.CDLL(str(library))
    except OSError:
        return ()
    tiles = hasattr(loaded, "take_step") and loaded.may_use_tiles()
    return ("float32", "bfloat16") if tiles else ("float32",)


def _name(compiler: str) -> str:
    """The library's name: an upgraded compiler has another one, since it may make other bits of the same source."""
    read = (file.read_text() for file in sorted(FOLDER.glob("*.[ch]")))
    made_from = "\n".join((*read, compiler, _run(compiler, "--version"), *FLAGS, _processor()))
    return f"kernels-{hashlib.blake2b(made_from.encode(), digest_size=8).hexdigest()}.so"


def _compile(compiler: str, sources: Sequence[Path], library: Path) -> None:
    """Compile beside and rename, so that two processes may do it at once; raises _CompilerError, OSError."""
    library.parent.mkdir(parents=True, exist_ok=True)
    made = library.with_suffix(f".{os.getpid()}.part")
    try:
        _run(compiler, *FLAGS, *map(str, sources), "-o", str(made), "-lm")
        durable.name(made, library)
    finally:
        made.unlink(missing_ok=True)


def _run(compiler: str, *words: str) -> str:
    """What the compiler prints; raises _CompilerError, OSError."""
    try:
        done = subprocess.run(
            [compiler, *words],
            check=True,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            timeout=_PATIENCE,
        )
    except subprocess.TimeoutExpired:
        raise _CompilerError(f"{compiler} took longer than {_PATIENCE:.0f} seconds") from None
    except subprocess.CalledProcessError as error:
        said = [line for line in error.stderr.splitlines() if "error" in line] or error.stderr.splitlines()
        raise _CompilerError(f"{compiler} failed: {said[0] if said else f'exit status {error.returncode}'}") from None
    return done.stdout


def _sources() -> list[Path]:
    """What this processor can run: steps in float32 with AVX-512, and in bfloat16 with AMX too."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return []
    has = set(_processor().split())
    names = [*IN_FLOAT32] if "avx512f" in has else []
    names += IN_BFLOAT16 if {"avx512f", "amx_bf16", "avx512_bf16", "avx512bw", "avx512vl"} <= has else ()
    return [FOLDER / name for name in names]


def _processor() -> str:
    """The processor's features as the kernel tells them, less those that the environment masks."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return ""
    flags = next((line for line in lines if line.startswith("flags")), "")
    return " ".join(allowed(flags.split()))
