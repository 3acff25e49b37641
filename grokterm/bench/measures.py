"""measures/… : training with progress measures in the log beside training without them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from grokterm.bench.budget import LeftOutError
from grokterm.bench.recorded import Recorded, parts, seconds_a_step, steps_at_once, whole_round
from grokterm.bench.row import Bench, Goal, Row
from grokterm.bench.steps import COUNTED, QUICK_STEPS, SET_UPS
from grokterm.errors import GroktermError

LEAST_SHARE: Final = 0.9
"""Share of the training rate that is to be left with measures."""
_WAITING: Final = "OMP_WAIT_POLICY"


def measures_rows(set_up: str, bench: Bench) -> Iterator[Row]:
    """Steps a second over a whole round of measures, with accuracies and losses logged on both sides.

    Raises GroktermError where the process that measures them fails, LeftOutError where its time ran out.
    """
    name, config = f"measures/{set_up}", bench.config(SET_UPS[set_up])
    every = f"every {config.log_every} and {config.measure_every} steps"
    counted = f" ({COUNTED})" if bench.quick else ""
    what = f"training with measures {every}{counted}, p {config.p}, {config.arch}; without"
    rate, alone, count = _rates(set_up, bench) if _WAITING in os.environ else _rates_asleep(name, bench)
    goal = Goal(f"≥ {LEAST_SHARE:g}×", least=LEAST_SHARE)
    yield Row(name, what, "steps/s", rate, alone, rate / alone, goal, repetitions=count)


def _rates(set_up: str, bench: Bench) -> tuple[float, float, int]:
    """Steps a second with measures and without, and of how many repetitions they are medians."""
    name, config = f"measures/{set_up}", bench.config(SET_UPS[set_up])
    run, without = Recorded(config), Recorded(config.changed({"measure_every": 0}))
    if bench.quick:
        steps = steps_at_once(run.engine, QUICK_STEPS)
        due = {"accuracies": partial(without.record, config.log_every)}
        taken = bench.medians(name, {**parts(run, steps), **due})
        alone = taken["steps"] / steps + taken["accuracies"] / config.log_every
        return 1 / seconds_a_step(config, steps, taken), 1 / alone, taken.repetitions
    steps, at_once = whole_round(config), config.measure_every
    sides = {"with": partial(run.advance, at_once), "without": partial(without.advance, at_once)}
    taken = bench.medians(name, sides, parts=steps // at_once)
    return steps / taken["with"], steps / taken["without"], taken.repetitions


def _rates_asleep(name: str, bench: Bench) -> tuple[float, float, int]:
    """The same, of a process whose threads sleep while they wait, as those of a trainer do."""
    command = [sys.executable, "-P", "-m", "grokterm.bench", "--only", name, "--json"]
    command += ["--device", bench.device, "--precision", bench.precision]
    if bench.quick:
        command += ["--quick", "--seconds", f"{bench.budget.left() / 2:.3f}"]  # the other half to import torch
    environment = {**os.environ, _WAITING: "PASSIVE"}
    bench.say(f"{name}: in a process whose threads sleep")
    done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, env=environment, text=True)
    if not done.stdout:
        why = done.stderr.strip().rpartition("\n")[-1] or f"its process ended with status {done.returncode}"
        raise GroktermError(f"{name} was not measured: {why}")
    row = json.loads(done.stdout.splitlines()[-1])
    if row["ours"] is None:
        raise LeftOutError(row["left_out"])
    return row["ours"], row["other"], row["repetitions"]


ROWS: Final[dict[str, Callable[[Bench], Iterator[Row]]]] = {
    f"measures/{name}": partial(measures_rows, name) for name in ("one-hot", "mlp", "transformer")
}
