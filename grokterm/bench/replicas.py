"""replicas/R and replicas/small/R: R runs as one tensor program beside R runs one after another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from grokterm.bench.row import Bench, Goal, Row
from grokterm.bench.steps import synchronize
from grokterm.config import Config
from grokterm.lab.engine import Engine
from grokterm.lab.replicas import Replicas

COUNTS: Final = (1, 8, 64)
QUICK_COUNTS: Final = (1, 8)
TIMES_ON_CUDA: Final = 25
"""How many times as fast as one after another the most replicas have to be on CUDA."""
SMALL: Final = Config(arch="one-hot", p=31, width=64)
"""A model whose step is over before a processor is busy: all that is done once a step counts."""
SMALL_COUNTS: Final = (8, 64)
SMALL_STEPS: Final = 256
"""Steps that are timed at once, over all of them."""
TIMES_OF_SMALL: Final = 1.5
"""How many times as fast as one after another small replicas have to be."""


def rows(bench: Bench) -> Iterator[Row]:
    """Replica-steps a second of the default model, together and one after another."""
    single = Engine(bench.config())
    for count in QUICK_COUNTS if bench.quick else COUNTS:
        judged = single.device.type == "cuda" and count == COUNTS[-1]
        goal = Goal(f"≥ {TIMES_ON_CUDA}×", least=TIMES_ON_CUDA) if judged else None
        yield _row(bench, f"replicas/{count}", single, count, 1, goal)


def small_rows(bench: Bench) -> Iterator[Row]:
    """The same of small models."""
    single = Engine(bench.config(SMALL))
    for count in SMALL_COUNTS:
        goal = Goal(f"≥ {TIMES_OF_SMALL:g}×", least=TIMES_OF_SMALL)
        yield _row(bench, f"replicas/small/{count}", single, count, SMALL_STEPS // count, goal)


def _row(bench: Bench, name: str, single: Engine, count: int, steps: int, goal: Goal | None) -> Row:
    """Of `steps` steps of each replica, which has a seed and a rate of its own."""
    config = single.config
    together = Replicas(
        [config.changed({"seed": config.seed + i, "lr": config.lr * (1 + i / count)}) for i in range(count)]
    )

    def ours() -> None:
        together.advance(steps)
        synchronize(together.device)

    def apart() -> None:
        single.advance(steps * count)
        synchronize(single.device)

    taken = bench.medians(name, {"ours": ours, "apart": apart})
    what = f"steps a second × {count} in one program, p {config.p}, width {config.width}; one after another"
    ours_rate, other = (steps * count / taken[side] for side in ("ours", "apart"))
    return Row(
        name, what, "steps/s", ours_rate, other, taken["apart"] / taken["ours"], goal, repetitions=taken.repetitions
    )


ROWS: Final[dict[str, Callable[[Bench], Iterator[Row]]]] = {"replicas": rows, "replicas/small": small_rows}
