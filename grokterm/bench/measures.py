"""measures/… : training with progress measures in the log beside training without them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from grokterm.bench.recorded import Recorded, whole_round
from grokterm.bench.row import Bench, Goal, Row
from grokterm.bench.steps import SET_UPS

ALL_THERE_IS: Final = 0.9
"""Share of the training rate that is to be left with measures."""


def measures_rows(set_up: str, bench: Bench) -> Iterator[Row]:
    """Steps a second over a whole round of measures, with accuracies and losses logged on both sides."""
    config = bench.config(SET_UPS[set_up])
    sides = {"with": Recorded(config), "without": Recorded(config.changed({"measure_every": 0}))}
    steps = whole_round(config)
    taken = bench.medians(f"measures/{set_up}", {name: partial(run.advance, steps) for name, run in sides.items()})
    what = f"training with measures every {config.measure_every} steps, p {config.p}, {config.arch}; without"
    rate, alone = steps / taken["with"], steps / taken["without"]
    goal = Goal(f"≥ {ALL_THERE_IS:g}×", least=ALL_THERE_IS)
    yield Row(f"measures/{set_up}", what, "steps/s", rate, alone, rate / alone, goal)


ROWS: Final[dict[str, Callable[[Bench], Iterator[Row]]]] = {
    f"measures/{name}": partial(measures_rows, name) for name in ("mlp", "embed-mlp", "transformer")
}
