"""The instruction sets that the kernels are compiled for, and which of them this machine and the environment allow."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from grokterm.errors import ConfigError
from grokterm.spelling import unknown

VARIABLE: Final = "GROKTERM_KERNELS"
"""Environment variable that limits the kernels to an instruction set, or leaves them out with 0."""
NONE: Final = "0"

_IN_FLOAT32: Final = ("pairs.c", "team.c")
_IN_BFLOAT16: Final = ("pairs_in_bfloat16.c", "product.c")
_X86: Final = ("x86_64", "AMD64")
_ARM: Final = ("aarch64", "arm64")
_SYSCTL_TIMEOUT: Final = 10.0


class InstructionSet(NamedTuple):
    """What a processor has to have, and how the kernels are compiled for it."""

    name: str
    machines: tuple[str, ...]
    """Values of `platform.machine()`; any where there are none."""
    features: frozenset[str]
    """As the system names them."""
    flags: tuple[str, ...]
    sources: tuple[str, ...]
    systems: tuple[str, ...] = ()
    """Values of `platform.system()`; any where there are none."""


_AVX512_FLAGS: Final = ("-mavx512f", "-mfma")
SETS: Final = (
    InstructionSet(
        "amx",
        _X86,
        frozenset({"avx512f", "avx512bw", "avx512vl", "avx512_bf16", "amx_tile", "amx_bf16"}),
        (*_AVX512_FLAGS, "-mavx512bw", "-mavx512vl", "-mavx512bf16", "-mamx-tile", "-mamx-bf16"),
        (*_IN_FLOAT32, *_IN_BFLOAT16),
        ("Linux",),  # which asks a process to ask for the tiles
    ),
    InstructionSet("avx512", _X86, frozenset({"avx512f"}), _AVX512_FLAGS, _IN_FLOAT32),
    InstructionSet("avx2", _X86, frozenset({"avx2", "fma"}), ("-mavx2", "-mfma"), _IN_FLOAT32),
    InstructionSet("neon", _ARM, frozenset(), (), _IN_FLOAT32),
    InstructionSet("portable", (), frozenset(), ("-DPORTABLE",), _IN_FLOAT32),
)
"""The widest first; the last runs everywhere."""
LIMITS: Final = ("avx512", "avx2", "portable")
"""What the environment can limit the kernels to; NEON is as AVX2."""
TORCH_IS_FASTER: Final[frozenset[tuple[str, str]]] = frozenset()
"""System and machine where torch's library beats the kernels, so that torch computes all steps.

On ("Darwin", "arm64") Accelerate may: this is not measured. `grokterm bench --only step`, with GROKTERM_KERNELS=0 and
without it, tells.
"""


def limit() -> str:
    """What the environment limits the kernels to: 0, an instruction set, or nothing; raises ConfigError."""
    given = os.environ.get(VARIABLE, "")
    if given not in ("", NONE, *LIMITS):
        raise ConfigError(unknown(VARIABLE, given, [NONE, *LIMITS]))
    return given


def instruction_set() -> InstructionSet:
    """The widest that this machine has and the environment allows; raises ConfigError."""
    return next(found for found in allowed() if fits(found, features()))


def allowed() -> Sequence[InstructionSet]:
    """Those no wider than the environment's limit, the widest first; raises ConfigError."""
    names = [found.name for found in SETS]
    return SETS[names.index(limit()) if limit() in names else 0 :]


def fits(wanted: InstructionSet, has: frozenset[str]) -> bool:
    """Whether this machine, whose processor has such features, runs an instruction set."""
    on = not wanted.machines or platform.machine() in wanted.machines
    return on and (not wanted.systems or platform.system() in wanted.systems) and wanted.features <= has


@cache
def features() -> frozenset[str]:
    """The processor's features by Linux's names; none where the system does not list them."""
    if platform.system() == "Darwin":
        words = _sysctl("machdep.cpu.features") + " " + _sysctl("machdep.cpu.leaf7_features")
        return frozenset(words.lower().split())
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return frozenset()
    found = next((line for line in lines if line.lower().startswith(("flags", "features"))), "")
    return frozenset(found.partition(":")[2].split())


def _sysctl(name: str) -> str:
    try:
        asked = subprocess.run(["sysctl", "-n", name], capture_output=True, text=True, timeout=_SYSCTL_TIMEOUT)
    except (OSError, subprocess.SubprocessError):
        return ""
    return asked.stdout
