"""step/… : one training step beside the plain loop's; floor/… : beside its matrix products alone; scale/p."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

import torch
from torch import Tensor

from grokterm.bench.plain import PlainLoop
from grokterm.bench.recorded import Recorded, whole_round
from grokterm.bench.row import Bench, Goal, Row
from grokterm.config import Config
from grokterm.lab.engine import Engine

SET_UPS: Final[dict[str, Config]] = {
    "mlp": Config(arch="mlp"),
    "embed-mlp": Config(arch="embed-mlp"),
    "transformer": Config(arch="transformer"),
    "nanda": Config(arch="transformer", p=113, train_fraction=0.3),
}
RATIOS: Final = {"mlp": 10, "embed-mlp": 10, "transformer": 20, "nanda": 20}
"""Times as fast as the plain loop with bfloat16 products; half of it without."""
FLOORS: Final = {"mlp": 2.5, "embed-mlp": 2.5, "transformer": 3.0, "nanda": 3.0}
"""Times as long as the matrix products alone, at most."""
SCALES: Final = (53, 97, 193, 389, 769)
QUICK_SCALES: Final = (53, 97, 193)
PLAIN_STEPS: Final = 2


def step_rows(set_up: str, bench: Bench) -> Iterator[Row]:
    """Our step with all records of the log beside the plain loop's step, which evaluates after each."""
    config = bench.config(SET_UPS[set_up])
    recorded, loop = Recorded(config), PlainLoop(config)
    block = whole_round(config)

    def ours() -> None:
        recorded.advance(block)

    def plain() -> None:
        for _ in range(PLAIN_STEPS):
            loop.epoch()

    taken = bench.medians(f"step/{set_up}", {"ours": ours, "plain": plain})
    least = RATIOS[set_up] / (1 if recorded.engine.precision == "bfloat16" else 2)
    per_step, other = 1e3 * taken["ours"] / block, 1e3 * taken["plain"] / PLAIN_STEPS
    what = f"a step with logging and measures, p {config.p}, {config.arch}; the plain loop's"
    ratio = other / per_step
    yield Row(f"step/{set_up}", what, "ms", per_step, other, ratio, Goal(f"≥ {least:g}×", least=least))


def floor_rows(set_up: str, bench: Bench) -> Iterator[Row]:
    """Our step beside the matrix products that it cannot do without."""
    config = bench.config(SET_UPS[set_up])
    engine = Engine(config)
    products = matrix_products(engine)

    def ours() -> None:
        engine.advance(5)
        synchronize(engine.device)

    def floor() -> None:
        for _ in range(5):
            for x, w in products:
                x @ w
        synchronize(engine.device)

    taken = bench.medians(f"floor/{set_up}", {"ours": ours, "floor": floor})
    most = FLOORS[set_up]
    what = f"a step, p {config.p}, {config.arch}; its matrix products alone"
    ratio = taken["ours"] / taken["floor"]
    goal = Goal(f"≤ {most:g}×", most=most)
    yield Row(f"floor/{set_up}", what, "ms", taken["ours"] / 5 * 1e3, taken["floor"] / 5 * 1e3, ratio, goal)


def matrix_products(engine: Engine) -> list[tuple[Tensor, Tensor]]:
    """Operands of all products of a step, forward and backward, at the precision in use."""
    config, n = engine.config, len(engine.task.train)
    p, d, w = config.p, config.d_model, config.width
    match config.arch:
        case "mlp":
            shapes = [(n, w, p)]
        case "embed-mlp":
            shapes = [(n, w, p), (p, d, w), (p, d, w)]
        case "transformer":
            rows = [(2 * p + 1, d, d)] * 2 + [(1, d, d), (1, d, w), (1, d, p)]
            shapes = [(n, d, w), (n, w, p), (n, d, p), (d, d, w), (d, d, p), (w, d, p), *rows]
    dtypes = {"bfloat16": torch.bfloat16, "float32": torch.float32, "float64": torch.float64}
    drawn = partial(torch.randn, dtype=dtypes[engine.precision], device=engine.device)
    products = []
    for i, j, k in shapes:
        x, weight, gradient = drawn(i, j), drawn(j, k), drawn(i, k)
        products += [(x, weight), (gradient, weight.mT), (x.mT, gradient)]
    return products


def scale_rows(bench: Bench) -> Iterator[Row]:
    """Milliseconds a step as p grows, and the exponent against the number of pairs."""
    sizes = QUICK_SCALES if bench.quick else SCALES
    milliseconds: list[float] = []
    for p in sizes:
        engine = Engine(bench.config(Config(p=p)))
        steps = max(1, 97**2 // p**2)

        def ours(engine: Engine = engine, steps: int = steps) -> None:
            engine.advance(steps)
            synchronize(engine.device)

        taken = bench.medians(f"scale/{p}", {"ours": ours})
        milliseconds.append(1e3 * taken["ours"] / steps)
        yield Row(f"scale/{p}", f"a step of the MLP, p {p}, {p * p // 2:,} pairs", "ms", milliseconds[-1])
    growth = math.log(milliseconds[-1] / milliseconds[0]) / math.log(sizes[-1] ** 2 / sizes[0] ** 2)
    what = f"exponent of a step's time against p² from p {sizes[0]} to {sizes[-1]}"
    yield Row("scale/exponent", what, "", growth)


def synchronize(device: torch.device) -> None:
    """Wait until the device has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


ROWS: Final[dict[str, Callable[[Bench], Iterator[Row]]]] = {
    **{f"step/{name}": partial(step_rows, name) for name in SET_UPS},
    **{f"floor/{name}": partial(floor_rows, name) for name in SET_UPS},
    "scale": scale_rows,
}
