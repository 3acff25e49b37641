"""cuda/… : steps a second on a CUDA device, beside what is asked of a GPU of the H100 class."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from grokterm.bench.row import Bench, Goal, Row
from grokterm.bench.steps import SET_UPS, synchronize
from grokterm.lab.engine import Engine

RATES: Final = {"one-hot": 10_000, "nanda": 6_000}
"""Steps a second: at the second, the 40,000 epochs of the replication take under 7 seconds."""
STEPS: Final = 2_000


def rate_rows(set_up: str, bench: Bench) -> Iterator[Row]:
    """Steps a second without records, after the first ones."""
    engine = Engine(bench.config(SET_UPS[set_up]))

    def ours() -> None:
        engine.advance(STEPS)
        synchronize(engine.device)

    taken = bench.medians(f"cuda/{set_up}", {"ours": ours})
    rate = STEPS / taken["ours"]
    least = RATES[set_up]
    what = f"steps a second, {set_up}; {least:,}"
    goal = Goal("≥ 1×", least=1)
    yield Row(f"cuda/{set_up}", what, "steps/s", rate, least, rate / least, goal, repetitions=taken.repetitions)


ROWS: Final[dict[str, Callable[[Bench], Iterator[Row]]]] = {f"cuda/{name}": partial(rate_rows, name) for name in RATES}
"""Rows that are there with CUDA only."""
