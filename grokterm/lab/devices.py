"""The devices of this machine and their features; `python -m grokterm.lab.devices [DEVICE]` prints it as JSON."""

from __future__ import annotations

import ctypes
import json
import os
import sys
from functools import cache
from typing import Final

import torch

from grokterm.config import Config
from grokterm.errors import ConfigError
from grokterm.lab.precision import cpu_has_fast_bfloat16, has_amx

M_TRIM_THRESHOLD: Final = -1
M_MMAP_THRESHOLD: Final = -3
"""glibc's mallopt parameters."""


def available() -> list[str]:
    """The devices of this machine by name, the best for small models first."""
    cuda = [f"cuda:{i}" for i in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    mps = ["mps"] if torch.backends.mps.is_available() else []
    return [*cuda, "cpu", *mps]


def find(name: str) -> torch.device:
    """The device of a `--device` value; raises ConfigError naming those that are there.

    auto takes CUDA where it is and the CPU elsewhere: on mps, models this small wait for every launch.
    """
    there = available()
    if name == "auto":
        return torch.device(there[0])
    device = torch.device(name)
    wanted = "cuda:0" if name == "cuda" else name
    if wanted not in there:
        raise ConfigError(f"device {name} is not on this machine: choose {' or '.join(['auto', *there])}")
    return torch.device(wanted) if device.type == "cuda" else device


def resolve(config: Config) -> tuple[torch.device, str]:
    """The device and the precision in use: float32, bfloat16 or float64; raises ConfigError.

    On a CPU auto takes float32 where the task is not of pairs: its steps are many small products by autograd, and
    rounding what goes into each takes longer than is gained.
    """
    device = find(config.device)
    if config.precision == "float64" and device.type == "mps":
        raise ConfigError("device mps has no float64: choose float32 or bfloat16, or --device cpu")
    if config.precision != "auto":
        return device, config.precision
    small = not config.of_pairs and device.type == "cpu"
    return device, "bfloat16" if has_fast_bfloat16(device) and not small else "float32"


def has_fast_bfloat16(device: torch.device) -> bool:
    """Whether matrix products in bfloat16 are done in hardware: AMX, CUDA from capability 8."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device)[0] >= 8
    return device.type == "cpu" and cpu_has_fast_bfloat16()


@cache
def prepare() -> None:
    """Set this process up for training: same bits every time, no denormals, memory kept between steps."""
    torch.set_flush_denormal(True)
    # With more threads than the system allows, oneDNN skips the work of the missing ones.
    limit = os.environ.get("OMP_THREAD_LIMIT", "")
    if limit.isdecimal() and 0 < int(limit) < torch.get_num_threads():
        torch.set_num_threads(int(limit))
    # cuBLAS is free to sum in another order unless its workspace is given, before its first product.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.backends.cuda.matmul.allow_tf32 = False
    # MKL's vector functions, when several threads are the first to call them, may give one thread's share
    # in low accuracy (a relative error of 3e-4 was seen in sqrt): so one thread calls them first.
    for function in (torch.sqrt, torch.exp, torch.log, torch.erf, torch.tanh, torch.sin, torch.cos):
        for dtype in (torch.float32, torch.float64):
            function(torch.ones(8, dtype=dtype))
    if sys.platform == "linux":
        # Else every step's activations are fresh pages from the kernel, which takes as long as the arithmetic.
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            mallopt(M_MMAP_THRESHOLD, 1 << 30)
            mallopt(M_TRIM_THRESHOLD, (1 << 31) - 1)


def describe() -> dict[str, object]:
    """What decides how a run trains here: torch, devices, CPU features and threads."""
    return {
        "torch": torch.__version__,
        "devices": available(),
        "default": str(find("auto")),
        "precision": resolve(Config())[1],
        "cpu": torch.backends.cpu.get_cpu_capability(),
        "cpu_features": ["amx_bf16"] if has_amx() else [],
        "threads": torch.get_num_threads(),
        "cuda": [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())],
    }


def main(arguments: list[str]) -> int:
    """Print `describe()` as one line of JSON; a DEVICE that is not there gives a sentence and status 2."""
    try:
        for name in arguments:
            find(Config(device=name).device)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    print(json.dumps(describe()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
