"""sweep: runs an hour of a sweep beside a shell loop over `grokterm train`, both by the real command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from grokterm.bench.row import Bench, Goal, Row
from grokterm.lab import devices

WEIGHT_DECAYS: Final = ("0.1", "0.3", "1", "3")
SEEDS: Final = 12
QUICK_SEEDS: Final = 6
MODEL: Final = ("--p", "31", "--arch", "one-hot", "--width", "64", "--lr", "0.01", "--max-steps", "2000")
TIMES: Final = 4
"""How many times as fast as the loop a sweep has to be on a CPU."""
TIMES_ON_CUDA: Final = 25


def rows(bench: Bench) -> Iterator[Row]:
    """Of a sweep over weight decays and seeds, and of the first seed of each weight decay in a loop."""
    seeds = QUICK_SEEDS if bench.quick else SEEDS
    device, _ = devices.resolve(bench.config())
    model = [*MODEL, "--device", bench.device, "--precision", bench.precision]
    with tempfile.TemporaryDirectory(prefix="grokterm-bench-") as home:
        bench.say(f"sweep: {len(WEIGHT_DECAYS) * seeds} runs")
        over = ["--over", f"wd={','.join(WEIGHT_DECAYS)}", "--seeds", str(seeds), "--json"]
        swept, counted = _timed(["sweep", *model, *over], Path(home))
        alone = 0.0
        for decay in WEIGHT_DECAYS:
            bench.budget.check()
            bench.say(f"sweep: a run alone at weight decay {decay}")
            alone += _timed(["train", *model, "--wd", decay, "--json"], Path(home))[0]
    ours, other = 3600 * counted["runs"] / swept, 3600 * len(WEIGHT_DECAYS) / alone
    least = TIMES_ON_CUDA if device.type == "cuda" else TIMES
    what = f"runs an hour of p 31, width 64, {len(WEIGHT_DECAYS)} weight decays × {seeds} seeds; a loop over train"
    more = {"phases": ", ".join(f"{counted[name]} {name}" for name in ("comprehension", "grokking", "memorization"))}
    yield Row("sweep", what, "runs/h", ours, other, ours / other, Goal(f"≥ {least}×", least=least), more=more)


def _timed(arguments: list[str], home: Path) -> tuple[float, dict[str, int]]:
    """Seconds that a command takes from its start to its end, and what it prints."""
    environment = {**os.environ, "GROKTERM_HOME": str(home)}
    command = [sys.executable, "-P", "-m", "grokterm", *arguments]
    began = time.perf_counter()
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment)
    seconds = time.perf_counter() - began
    if not done.stdout.strip():
        raise TimeoutError(f"grokterm {arguments[0]} failed: {done.stderr.strip().splitlines()[-1:]}")
    found: dict[str, int] = json.loads(done.stdout)
    return seconds, found


ROWS: Final[dict[str, Callable[[Bench], Iterator[Row]]]] = {"sweep": rows}
