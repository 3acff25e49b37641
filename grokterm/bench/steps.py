"""step/… : one training step beside the plain loop's; floor/… : beside its matrix products alone; scale/p."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

import torch
from torch import Tensor, nn

from grokterm.bench.plain import PlainLoop, PlainMlp, PlainOneHot, PlainTransformer
from grokterm.bench.recorded import Recorded, parts, seconds_a_step, steps_at_once, whole_round
from grokterm.bench.row import Bench, Goal, Row
from grokterm.config import Config
from grokterm.lab.engine import Engine

SET_UPS: Final[dict[str, Config]] = {
    "one-hot": Config(arch="one-hot"),
    "mlp": Config(arch="mlp"),
    "transformer": Config(arch="transformer"),
    "nanda": Config(arch="transformer", p=113, train_fraction=0.3),
}
PLAIN_MODELS: Final[dict[str, type[nn.Module]]] = {
    "one-hot": PlainOneHot,
    "mlp": PlainMlp,
    "transformer": PlainTransformer,
    "nanda": PlainTransformer,
}
RATIOS: Final = {"one-hot": 10, "mlp": 10, "transformer": 20, "nanda": 20}
"""Times as fast as the plain loop with bfloat16 products, at least."""
RATIOS_IN_FLOAT32: Final = {"one-hot": 5, "mlp": 6, "transformer": 12, "nanda": 12}
"""The same with float32 products, the plain loop's own."""
FLOORS: Final = {"one-hot": 2.5, "mlp": 2.5, "transformer": 3.0, "nanda": 3.0}
"""Times as long as the matrix products alone, at most."""
SCALES: Final = (53, 97, 193, 389, 769)
QUICK_SCALES: Final = (53, 97, 193)
PLAIN_STEPS: Final = 2
FLOOR_STEPS: Final = 5
QUICK_STEPS: Final = 3
"""Of ours at a time with `--quick`, at least."""
COUNTED: Final = "steps and each kind of record timed by themselves, counted as often as they come"


def step_rows(set_up: str, bench: Bench) -> Iterator[Row]:
    """Our step with all records of the log beside the plain loop's step, which evaluates after each."""
    config = bench.config(SET_UPS[set_up])
    recorded, loop = Recorded(config), PlainLoop(config, PLAIN_MODELS[set_up])

    def plain(steps: int) -> None:
        for _ in range(steps):
            loop.epoch()

    name, block = f"step/{set_up}", whole_round(config)
    if bench.quick:
        steps = steps_at_once(recorded.engine, QUICK_STEPS)
        taken = bench.medians(name, {**parts(recorded, steps), "plain": partial(plain, 1)})
        per_step, other = 1e3 * seconds_a_step(config, steps, taken), 1e3 * taken["plain"]
        counted = f" ({COUNTED})"
    else:
        taken = bench.medians(name, {"ours": partial(recorded.advance, block), "plain": partial(plain, PLAIN_STEPS)})
        per_step, other = 1e3 * taken["ours"] / block, 1e3 * taken["plain"] / PLAIN_STEPS
        counted = ""
    least = (RATIOS if recorded.engine.precision == "bfloat16" else RATIOS_IN_FLOAT32)[set_up]
    what = f"a step with logging and measures{counted}, p {config.p}, {config.arch}{_size(config)}; the plain loop's"
    ratio, goal = other / per_step, Goal(f"≥ {least:g}×", least=least)
    yield Row(name, what, "ms", per_step, other, ratio, goal, repetitions=taken.repetitions)


def floor_rows(set_up: str, bench: Bench) -> Iterator[Row]:
    """Our step beside the matrix products that it cannot do without."""
    config = bench.config(SET_UPS[set_up])
    engine = Engine(config)
    products, steps = matrix_products(engine), QUICK_STEPS if bench.quick else FLOOR_STEPS

    def ours() -> None:
        engine.advance(steps)
        synchronize(engine.device)

    def floor() -> None:
        for _ in range(steps):
            for x, w in products:
                x @ w
        synchronize(engine.device)

    taken = bench.medians(f"floor/{set_up}", {"ours": ours, "floor": floor})
    most = FLOORS[set_up]
    what = f"a step, p {config.p}, {config.arch}{_size(config)}; its matrix products alone"
    ratio = taken["ours"] / taken["floor"]
    goal = Goal(f"≤ {most:g}×", most=most)
    ours_ms, floor_ms = (1e3 * taken[side] / steps for side in ("ours", "floor"))
    yield Row(f"floor/{set_up}", what, "ms", ours_ms, floor_ms, ratio, goal, repetitions=taken.repetitions)


def _size(config: Config) -> str:
    """The dimensions of an embedding, which are not those with which a new run begins."""
    return f" with {config.d_model} dimensions" if "d_model" in config.architecture.uses else ""


def product_sizes(engine: Engine) -> list[tuple[int, int, int]]:
    """Rows, inner and columns of the matrix products of a forward pass, none of them filled up; two more go back."""
    return engine.model.product_sizes(len(engine.task.train))


def matrix_products(engine: Engine) -> list[tuple[Tensor, Tensor]]:
    """Operands of all products of a step, forward and backward, at the precision in use."""
    dtypes = {"bfloat16": torch.bfloat16, "float32": torch.float32, "float64": torch.float64}
    drawn = partial(torch.randn, dtype=dtypes[engine.precision], device=engine.device)
    products = []
    for i, j, k in product_sizes(engine):
        x, weight, gradient = drawn(i, j), drawn(j, k), drawn(i, k)
        products += [(x, weight), (gradient, weight.mT), (x.mT, gradient)]
    return products


def scale_rows(bench: Bench) -> Iterator[Row]:
    """Milliseconds a step as p grows, and the exponent against the number of pairs."""
    sizes = QUICK_SCALES if bench.quick else SCALES
    milliseconds: list[float] = []
    for done, p in enumerate(sizes):
        engine = Engine(bench.config(Config(arch="one-hot", p=p)))
        steps = max(1, 97**2 // p**2)

        def ours(engine: Engine = engine, steps: int = steps) -> None:
            engine.advance(steps)
            synchronize(engine.device)

        taken = bench.medians(f"scale/{p}", {"ours": ours}, part_of_time=1 / (len(sizes) - done))
        milliseconds.append(1e3 * taken["ours"] / steps)
        what = f"a step of the MLP, p {p}, {p * p // 2:,} pairs"
        yield Row(f"scale/{p}", what, "ms", milliseconds[-1], repetitions=taken.repetitions)
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
