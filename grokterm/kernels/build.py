"""Compiling the kernels for this machine, once, or the reason why not: then torch trains alone."""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final, NamedTuple

import platformdirs

from grokterm import durable
from grokterm.kernels.instruction_sets import (
    NONE,
    TORCH_IS_FASTER,
    VARIABLE,
    InstructionSet,
    features,
    instruction_set,
    limit,
)

FOLDER: Final = Path(__file__).parent
PEAK: Final = ("peak.c",)
FLAGS: Final = ("-O3", "-fno-math-errno", "-ffp-contract=off", "-pthread", "-shared", "-fPIC")
NO_COMPILER: Final = "there is no C compiler"
_TIMEOUT: Final = 60.0


class _CompilerError(Exception):
    """Why the compiler gave nothing."""


class Built(NamedTuple):
    """The kernels as a library that can be loaded, or why there are none."""

    library: Path | None
    reason: str = ""


def build(folder: Path | None = None) -> Path | None:
    """The compiled kernels, in `folder` or the user's cache; None where there are none; raises ConfigError."""
    return build_or_explain(folder).library


def build_or_explain(folder: Path | None = None) -> Built:
    """The same, with the reason where there are none; raises ConfigError where the environment's limit is none.

    They are kept under a name made from source, compiler and its version, flags and processor, so that none is ever
    out of date.
    """
    if limit() == NONE:
        return Built(None, f"turned off by {VARIABLE}={NONE}")
    if (platform.system(), platform.machine()) in TORCH_IS_FASTER:
        return Built(None, "torch is faster on this machine")
    return _built("kernels", instruction_set(), folder)


def build_peak(folder: Path | None = None) -> Built:
    """The loops of multiply-adds that measure this processor's peak, in `folder` or the user's cache, or why not."""
    return _built("peak", instruction_set()._replace(sources=PEAK), folder)


def find_compiler() -> tuple[str, ...]:
    """The command of the C compiler: that of CC or the system's, else that of the package ziglang; empty for none."""
    found = shutil.which(os.environ.get("CC", "cc")) or shutil.which("gcc") or shutil.which("clang")
    if found is not None:
        return (found,)
    return (sys.executable, "-m", "ziglang", "cc") if find_spec("ziglang") else ()


def _built(stem: str, wanted: InstructionSet, folder: Path | None) -> Built:
    compiler = find_compiler()
    if not compiler:
        return Built(None, NO_COMPILER)
    folder = folder or platformdirs.user_cache_path("grokterm")
    try:
        library = folder / _name(compiler, wanted, stem)
        if not library.exists():
            _compile(compiler, wanted, library)
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


def _name(compiler: Sequence[str], wanted: InstructionSet, stem: str = "kernels") -> str:
    """The library's name: an upgraded compiler has another one, since it may make other bits of the same source."""
    read = (file.read_text() for file in sorted(FOLDER.glob("*.[ch]")))
    processor = (platform.system(), platform.machine(), *sorted(features()))
    made_from = "\n".join((*read, *compiler, _run(*compiler, "--version"), *FLAGS, *wanted.flags, *processor))
    return f"{stem}-{wanted.name}-{hashlib.blake2b(made_from.encode(), digest_size=8).hexdigest()}.so"


def _compile(compiler: Sequence[str], wanted: InstructionSet, library: Path) -> None:
    """Compile beside and rename, so that two processes may do it at once; raises _CompilerError, OSError."""
    library.parent.mkdir(parents=True, exist_ok=True)
    made = library.with_suffix(f".{os.getpid()}.part")
    sources = [str(FOLDER / name) for name in wanted.sources]
    try:
        _run(*compiler, *FLAGS, *wanted.flags, *sources, "-o", str(made), "-lm")
        durable.publish(made, library)
    finally:
        made.unlink(missing_ok=True)


def _run(*words: str) -> str:
    """What the compiler prints; raises _CompilerError, OSError."""
    name = " ".join(word for word in words[: 1 if words[1] != "-m" else 4])
    try:
        done = subprocess.run(
            words,
            check=True,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            timeout=_TIMEOUT,
        )
    except subprocess.TimeoutExpired:
        raise _CompilerError(f"{name} took longer than {_TIMEOUT:.0f} seconds") from None
    except subprocess.CalledProcessError as error:
        lines = [line for line in error.stderr.splitlines() if "error" in line] or error.stderr.splitlines()
        raise _CompilerError(f"{name} failed: {lines[0] if lines else f'exit status {error.returncode}'}") from None
    return done.stdout
