"""The library of runs that forecasts are fitted on: which they are, and how they are trained and kept."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zipfile import BadZipFile

import numpy as np

from grokterm.config import Config, Value
from grokterm.errors import RunFolderError, reason_of
from grokterm.milestones import GROKKED
from grokterm.sweeps.batch import Batch, BatchResult, Outcome

if TYPE_CHECKING:
    from grokterm.sweeper.workers import LocalWorkers
    from grokterm.sweeps.curves import Curve

POINTS: Final = 4096
"""Of a curve at most: a record every 10 steps up to step 40,000."""
TOGETHER: Final = 8
"""Runs of one shape that a worker is given at once."""
_OPS: Final = ("add", "add", "add", "subtract", "multiply", "divide")


@dataclass(frozen=True)
class Shape:
    """A model and a modulus, and how many steps its runs may take."""

    values: dict[str, Value]
    max_steps: int


LIBRARY: Final = (
    Shape({"arch": "mlp", "p": 23, "width": 64}, 20_000),
    Shape({"arch": "mlp", "p": 31, "width": 128}, 12_000),
    Shape({"arch": "mlp", "p": 47, "width": 128}, 8_000),
    Shape({"arch": "mlp", "p": 59, "width": 256}, 5_000),
    Shape({"arch": "mlp", "p": 97, "width": 512}, 2_000),
    Shape({"arch": "one-hot", "p": 23, "width": 64}, 20_000),
    Shape({"arch": "one-hot", "p": 31, "width": 128}, 12_000),
    Shape({"arch": "one-hot", "p": 47, "width": 128}, 8_000),
    Shape({"arch": "one-hot", "p": 59, "width": 256}, 5_000),
    Shape({"arch": "one-hot", "p": 97, "width": 256}, 2_000),
    Shape({"arch": "transformer", "p": 23, "width": 128, "d_model": 32, "heads": 2}, 20_000),
    Shape({"arch": "transformer", "p": 31, "width": 128, "d_model": 32, "heads": 2}, 12_000),
    Shape({"arch": "transformer", "p": 47, "width": 128, "d_model": 64, "heads": 4}, 8_000),
    Shape({"arch": "transformer", "p": 59, "width": 256, "d_model": 64, "heads": 4}, 5_000),
)
"""Those that forecasts are fitted on."""
HELD_OUT: Final = (
    Shape({"arch": "mlp", "p": 29, "width": 96}, 12_000),
    Shape({"arch": "mlp", "p": 41, "width": 192}, 8_000),
    Shape({"arch": "mlp", "p": 67, "width": 128}, 6_000),
    Shape({"arch": "one-hot", "p": 29, "width": 96}, 12_000),
    Shape({"arch": "one-hot", "p": 43, "width": 192}, 8_000),
    Shape({"arch": "one-hot", "p": 67, "width": 128}, 6_000),
    Shape({"arch": "transformer", "p": 29, "width": 96, "d_model": 64, "heads": 4}, 8_000),
    Shape({"arch": "transformer", "p": 37, "width": 128, "d_model": 32, "heads": 4}, 6_000),
)
"""Those that forecasts are judged on: other moduli and other sizes."""


@dataclass(frozen=True)
class LibraryRun:
    """One run: its configuration, its curve, and when it reached what."""

    config: Config
    curve: Curve
    """float32 [columns, points], see `sweeps.curves`."""
    memorized_step: int | None
    grokked_step: int | None
    last_step: int


def sampled(shapes: Sequence[Shape], runs: int, seed: int) -> list[Config]:
    """Configurations at random, as many of each shape; the seed decides all of them.

    Of two runs one is drawn where more of them grok: weight decay log-uniform from .3 to 3, the learning rate from .4
    to 2.5 times that of the architecture, the training fraction from .4 to .8. The other is drawn widely: decay from
    .03 to 5 and 0 in a run of ten, rate from .16 to 3 times, fraction from .2 to .8, and labels that are random or
    wrong in a run of ten. The budget is from .3 times that of the shape to all of it.
    """
    chance = np.random.default_rng(seed)
    return [_sampled(shapes[i % len(shapes)], bool(i // len(shapes) % 2), chance) for i in range(runs)]


def _sampled(shape: Shape, widely: bool, chance: np.random.Generator) -> Config:
    usual = Config.starting(shape.values)
    decay = 10 ** chance.uniform(*((-1.5, 0.7) if widely else (-0.5, 0.5)))
    none, wrong = chance.random(2) < 0.1
    own: dict[str, Value] = {
        "op": str(chance.choice(_OPS)),
        "train_fraction": round(float(chance.uniform(0.2 if widely else 0.4, 0.8)), 2),
        "lr": _rounded(usual.lr * 10 ** chance.uniform(*((-0.8, 0.5) if widely else (-0.4, 0.4)))),
        "weight_decay": 0.0 if widely and none else _rounded(decay),
        "corrupt": float(chance.choice([1.0, 0.3])) if widely and wrong else 0.0,
        "seed": int(chance.integers(1000)),
        "until": "grokked",
        "max_steps": int(shape.max_steps * 10 ** chance.uniform(-0.5, 0)),
        "device": "cpu",
        "log_every": 10,
        "measure_every": 50,
    }
    return Config.starting({**shape.values, **own})


def trained(configs: Sequence[Config], workers: LocalWorkers, say: Callable[[str], None]) -> Iterator[LibraryRun]:
    """Trains them all, those of a shape together, and gives each as it ends; runs that fail are left out."""
    shapes: dict[str, list[tuple[int, Config]]] = defaultdict(list)
    for number, config in enumerate(configs):
        shapes[f"{config.arch} {config.p} {config.width} {config.op}"].append((number, config))
    batches = [
        Batch(tuple(runs[at : at + TOGETHER]), points=POINTS)
        for runs in shapes.values()
        for at in range(0, len(runs), TOGETHER)
    ]
    waiting, done = batches[::-1], 0
    out: list[Future[BatchResult]] = []
    while waiting or out:
        while waiting and len(out) < workers.count:
            out.append(workers.submit(waiting.pop()))
        future = next(as_completed(out))
        out.remove(future)
        for outcome in future.result().outcomes:
            done += 1
            if outcome.state == "finished":
                yield _run(configs[outcome.run], outcome)
        say(f"{done:,} of {len(configs):,} runs")


def _run(config: Config, outcome: Outcome) -> LibraryRun:
    grokked = outcome.grokked_step_99
    assert GROKKED.step_name == "grokked_step_99"
    return LibraryRun(config, outcome.curve, outcome.memorized_step, grokked, outcome.step)


def save(runs: Sequence[LibraryRun], path: Path) -> None:
    """Writes runs to an npz file; raises RunFolderError."""
    about = [
        {
            "config": run.config.as_dict(),
            "memorized": run.memorized_step,
            "grokked": run.grokked_step,
            "last": run.last_step,
        }
        for run in runs
    ]
    curves = {f"curve_{number}": run.curve for number, run in enumerate(runs)}
    try:
        with path.open("wb") as file:
            np.savez_compressed(file, about=np.array(json.dumps(about)), **curves)  # type: ignore[arg-type]
    except OSError as error:
        raise RunFolderError(f"{path} cannot be written: {reason_of(error)}") from None


def read(path: Path) -> list[LibraryRun]:
    """What `save` wrote; raises RunFolderError."""
    try:
        with np.load(path, allow_pickle=False) as file:
            about = json.loads(str(file["about"]))
            return [
                LibraryRun(
                    Config(**one["config"]), file[f"curve_{number}"], one["memorized"], one["grokked"], one["last"]
                )
                for number, one in enumerate(about)
            ]
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise RunFolderError(f"{path} is no library of runs: {error}") from None


def _rounded(number: float) -> float:
    """To three digits, as a person would write it."""
    return float(f"{number:.3g}")
