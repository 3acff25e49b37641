"""What the machine does: a trainer that works and one that is gone, and a GPU by its driver, or by none."""

from __future__ import annotations

import os
import subprocess
import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from grokterm.config import Config
from grokterm.machine import VISIBLE, GpuSample, MachineProbe, look_at_gpu
from grokterm.runs.history import History
from grokterm.runs.rates import best_rate
from tests.measured import measured
from tests.trainer.running import wait_for


class NVMLError(Exception):
    pass


def driver(**asked: object) -> ModuleType:
    """A driver of three GPUs, the second of which says nothing of its use or power, as a part of one."""
    made = ModuleType("pynvml")
    made.NVMLError, made.NVML_TEMPERATURE_GPU = NVMLError, 0  # type: ignore[attr-defined]

    def refuses(handle: object, *_: object) -> object:
        raise NVMLError("Not Supported")

    def by_index(at: int) -> str:
        if at >= 3:
            raise NVMLError("Invalid Argument")
        return f"GPU-{at}"

    functions = {
        "nvmlInit": lambda: None,
        "nvmlDeviceGetHandleByIndex": by_index,
        "nvmlDeviceGetHandleByUUID": lambda name: name.decode(),
        "nvmlDeviceGetMemoryInfo": lambda handle: SimpleNamespace(used=2e9, total=140e9),
        "nvmlDeviceGetUtilizationRates": lambda h: SimpleNamespace(gpu=87) if h == "GPU-0" else refuses(h),
        "nvmlDeviceGetPowerUsage": lambda handle: 312_400 if handle == "GPU-0" else refuses(handle),
        "nvmlDeviceGetTemperature": lambda handle, kind: 61,
    }
    for name, function in (functions | asked).items():
        setattr(made, name, function)
    return made


def test_a_gpu_is_told_of_by_its_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", driver())
    monkeypatch.delenv(VISIBLE, raising=False)
    assert look_at_gpu("cuda") == GpuSample(0.87, 2_000_000_000, 140_000_000_000, 312.4, 61)
    assert look_at_gpu("cuda:1") == GpuSample(None, 2_000_000_000, 140_000_000_000, None, 61)
    monkeypatch.setenv(VISIBLE, "2,0")
    assert look_at_gpu("cuda:1") == GpuSample(0.87, 2_000_000_000, 140_000_000_000, 312.4, 61)
    monkeypatch.setenv(VISIBLE, "MIG-1234")
    assert look_at_gpu("cuda").use is None  # type: ignore[union-attr]
    monkeypatch.setenv(VISIBLE, "7")
    assert look_at_gpu("cuda") == "GPU n/a: Invalid Argument"


def test_without_its_package_the_line_says_how_to_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert look_at_gpu("cuda") == "GPU n/a: pip install grokterm[gpu]"
    found = MachineProbe().look(os.getpid(), "cuda:0")
    assert (found.gpu, found.gpu_words) == (None, "GPU n/a: pip install grokterm[gpu]")


def test_a_process_is_told_of_by_what_it_used_since_the_last_look() -> None:
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        probe = MachineProbe()
        first = probe.look(busy.pid, "cpu")
        assert first.cpu is None
        assert first.memory
        assert (first.gpu, first.gpu_words) == (None, "")
        wait_for(lambda: (probe.look(busy.pid, "cpu").cpu or 0) > 0, "work of the process")
    finally:
        busy.kill()
        busy.wait()
    gone = probe.look(busy.pid, "cpu")
    assert (gone.cpu, gone.memory) == (None, None)
    assert probe.look(None, "cpu").memory is None


def test_the_best_rate_is_that_of_the_quickest_second() -> None:
    history = History(Config())
    assert best_rate(history) == 0
    history.add(
        [measured(step, seconds) for step, seconds in ((0, 0.0), (100, 1.0), (500, 2.0), (520, 3.0), (530, 3.5))]
    )
    assert best_rate(history) == 400
    generator = np.random.default_rng(0)
    steps, seconds = np.cumsum(generator.integers(1, 50, 200)), np.cumsum(generator.random(200))
    history = History(Config())
    history.add([measured(int(step), float(at)) for step, at in zip(steps, seconds, strict=True)])
    plain = 0.0
    for i in range(200):
        later = next((j for j in range(i, 200) if seconds[j] >= seconds[i] + 1), None)
        if later is not None:
            plain = max(plain, (steps[later] - steps[i]) / (seconds[later] - seconds[i]))
    assert best_rate(history) == pytest.approx(plain)
