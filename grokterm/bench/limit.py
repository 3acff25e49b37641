"""limit/… : the operations a second that a step reaches, beside this processor's own peak in registers."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Final

import torch

from grokterm.bench.budget import LeftOutError
from grokterm.bench.row import Bench, Goal, Row
from grokterm.bench.steps import FLOOR_STEPS, QUICK_STEPS, SET_UPS, product_sizes, synchronize
from grokterm.kernels.build import build_peak
from grokterm.lab.engine import Engine

SHARES: Final = {"one-hot": 0.55, "mlp": 0.55, "transformer": 0.45, "nanda": 0.45}
"""Share of the peak that a step is to reach."""
LOOPS: Final = {"float32": "measure_peak", "bfloat16": "measure_tile_peak"}
"""The loop of peak.c that multiplies in a precision."""
SECONDS_AT_LEAST: Final = 0.02
"""Of a measurement of the peak: long beside what starting its threads takes."""


class Peak:
    """A loop of multiply-adds on several threads at once."""

    def __init__(self, precision: str, threads: int, folder: Path | None = None) -> None:
        """Compiles it, in `folder` or the user's cache, and finds how long it has to be; raises LeftOutError."""
        built = build_peak(folder)
        if built.library is None:
            raise LeftOutError(f"the processor's peak was not measured: {built.reason}")
        name = LOOPS.get(precision, "")
        loop = getattr(ctypes.CDLL(str(built.library)), name, None) if name else None
        if loop is not None:
            loop.argtypes, loop.restype = (ctypes.c_int64,), ctypes.c_double
        if loop is None or not loop(1):
            raise LeftOutError(f"there is no loop that measures the peak of products in {precision} on this processor")
        self._loop: Callable[[int], float] = loop
        self._threads = ThreadPoolExecutor(threads)
        self._each, self._count = 1000, threads
        self.operations = 0.0
        """Floating-point operations of a run, all threads together."""
        taken = 0.0
        while taken < SECONDS_AT_LEAST:
            self._each *= 2
            start = perf_counter()
            self.run()
            taken = perf_counter() - start

    def run(self) -> None:
        """The loop on every thread, until the last one has ended."""
        self.operations = sum(self._threads.map(self._loop, [self._each] * self._count))

    def close(self) -> None:
        """Ends the threads."""
        self._threads.shutdown()


def operations(sizes: list[tuple[int, int, int]]) -> int:
    """Floating-point operations of products of these sizes and of the two of each that go back."""
    return sum(3 * 2 * rows * inner * columns for rows, inner, columns in sizes)


def limit_rows(set_up: str, bench: Bench) -> Iterator[Row]:
    """What a step reaches of the peak, both on as many threads; raises LeftOutError."""
    name, config = f"limit/{set_up}", bench.config(SET_UPS[set_up])
    engine = Engine(config)
    if engine.device.type != "cpu":
        raise LeftOutError("the peak of a CPU alone is measured")
    peak, steps = Peak(engine.precision, torch.get_num_threads()), QUICK_STEPS if bench.quick else FLOOR_STEPS

    def ours() -> None:
        engine.advance(steps)
        synchronize(engine.device)

    try:
        taken = bench.medians(name, {"ours": ours, "peak": peak.run})
    finally:
        peak.close()
    reached = steps * operations(product_sizes(engine)) / taken["ours"] / 1e9
    most = peak.operations / taken["peak"] / 1e9
    counted = "its products, forward and backward, none filled up, a multiply-add as 2"
    what = f"operations of a step, p {config.p}, {config.arch} ({counted}); multiply-adds in registers, as many threads"
    share, least = reached / most, SHARES[set_up]
    goal = Goal(f"≥ {least:g}×", least=least)
    yield Row(name, what, "GFLOP/s", reached, most, share, goal, repetitions=taken.repetitions)


ROWS: Final[dict[str, Callable[[Bench], Iterator[Row]]]] = {
    f"limit/{name}": partial(limit_rows, name) for name in SET_UPS
}
