"""What the machine does for a run: the trainer's share of the processor, and its GPU by NVIDIA's driver."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final, TypeVar

import psutil

VISIBLE: Final = "CUDA_VISIBLE_DEVICES"
_Number = TypeVar("_Number")


@dataclass(frozen=True, slots=True)
class GpuSample:
    """A GPU at one moment; None where its driver does not say, as of a part of one (MIG)."""

    use: float | None
    """Share of the time in which it computed, 0 to 1."""
    memory: int | None
    """Bytes that are taken."""
    memory_total: int | None
    power: float | None
    """Watts."""
    temperature: float | None
    """Degrees Celsius."""


@dataclass(frozen=True, slots=True)
class MachineSample:
    """A trainer and its GPU at one moment."""

    cpu: float | None
    """Cores that it kept busy since the last look; None at the first, and where it is gone."""
    memory: int | None
    """Bytes that it has resident."""
    gpu: GpuSample | None = None
    """None where it trains on none."""
    gpu_words: str = ""
    """Why nothing is known of its GPU; empty where something is."""


class MachineProbe:
    """Looks at trainers; the share of the processor is that since the last look at the same one."""

    def __init__(self) -> None:
        self._process: psutil.Process | None = None

    def look(self, pid: int | None, device: str) -> MachineSample:
        """At the trainer with a pid, on a device as its log names it."""
        cpu, memory = self._trainer(pid)
        if not device.startswith("cuda"):
            return MachineSample(cpu, memory)
        gpu = look_at_gpu(device)
        return MachineSample(cpu, memory, *((gpu, "") if isinstance(gpu, GpuSample) else (None, gpu)))

    def _trainer(self, pid: int | None) -> tuple[float | None, int | None]:
        if pid is None:
            self._process = None
            return None, None
        try:
            known = self._process is not None and self._process.pid == pid
            process = self._process if known and self._process is not None else psutil.Process(pid)
            self._process = process
            percent: float = process.cpu_percent()
            return (percent / 100 if known else None), int(process.memory_info().rss)
        except psutil.Error:
            self._process = None
            return None, None


def look_at_gpu(device: str) -> GpuSample | str:
    """The GPU that a process sees as `device`, cuda or cuda:N; a sentence where nothing can be known of it."""
    try:
        driver: Any = import_module("pynvml")
    except ImportError:
        return "GPU n/a: pip install grokterm[gpu]"
    try:
        driver.nvmlInit()
        handle = _handle(driver, device)
    except (driver.NVMLError, ValueError) as error:
        return f"GPU n/a: {error}"
    memory = _asked(driver, lambda: driver.nvmlDeviceGetMemoryInfo(handle))
    return GpuSample(
        use=_asked(driver, lambda: driver.nvmlDeviceGetUtilizationRates(handle).gpu / 100),
        memory=None if memory is None else int(memory.used),
        memory_total=None if memory is None else int(memory.total),
        power=_asked(driver, lambda: driver.nvmlDeviceGetPowerUsage(handle) / 1000),
        temperature=_asked(driver, lambda: float(driver.nvmlDeviceGetTemperature(handle, driver.NVML_TEMPERATURE_GPU))),
    )


def _handle(driver: Any, device: str) -> Any:
    """Of the device that CUDA_VISIBLE_DEVICES puts at this place: a number, or the UUID of a GPU or of a part."""
    at = int(device.partition(":")[2] or 0)
    names = [name.strip() for name in os.environ.get(VISIBLE, "").split(",") if name.strip()]
    if at >= len(names):
        return driver.nvmlDeviceGetHandleByIndex(at)
    if names[at].isdecimal():
        return driver.nvmlDeviceGetHandleByIndex(int(names[at]))
    return driver.nvmlDeviceGetHandleByUUID(names[at].encode())


def _asked(driver: Any, ask: Callable[[], _Number]) -> _Number | None:
    """What the driver says, or None where it does not."""
    with suppress(driver.NVMLError):
        return ask()
    return None
