"""What goes to a worker of a sweep and what comes back: all that can be pickled, and nothing else is shared."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, ClassVar

from grokterm.config import Config, Value
from grokterm.config.plugins import Plugin, loaded
from grokterm.sweeps.curves import POINTS
from grokterm.version import __version__
from grokterm.wire.swept import RunState, SweptPhase, SweptRun

if TYPE_CHECKING:
    from grokterm.sweeps.curves import Curve


@cache
def _torch_version() -> str:
    """The version of torch that is installed, without what it was built for; torch is not loaded."""
    return version("torch").partition("+")[0]


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions on which what comes out depends."""

    numbers: tuple[str, ...] = field(default_factory=lambda: (__version__, _torch_version()))
    names: ClassVar[tuple[str, ...]] = ("grokterm", "torch")


@dataclass(frozen=True, slots=True)
class Batch:
    """Runs for one device: its number in the plan and the whole configuration of each."""

    runs: tuple[tuple[int, Config], ...]
    versions: Versions = field(default_factory=Versions)
    """Of the coordinator: a worker of others refuses."""
    threads: int = 1
    """Of the processor, for each worker."""
    seconds: float = math.inf
    """After which no further run of it is begun: those come back untrained."""
    points: int = POINTS
    """Of a curve, at most."""
    plugins: tuple[Plugin, ...] = field(default_factory=loaded)
    """That the configurations need: files with their source, entry points by their names."""


@dataclass(frozen=True, slots=True)
class Training:
    """On what a run was trained."""

    seconds: float
    """Spent training: of replicas that trained together, its share."""
    device: str = ""
    precision: str = ""
    strategy: str = ""
    """By which its steps were computed, of how many replicas at once, and on how many threads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one run came to, with its curve; the names are those of `SweptRun`."""

    run: int
    state: RunState
    step: int
    training: Training
    time: float
    curve: Curve
    reason: str = ""
    digest: str = ""
    learned_step: int | None = None
    memorized_step: int | None = None
    grokked_step_90: int | None = None
    grokked_step_95: int | None = None
    grokked_step_99: int | None = None
    train_accuracy: float | None = None
    test_accuracy: float | None = None
    train_loss: float | None = None
    test_loss: float | None = None
    sum_squared_weights: float | None = None
    embedding_gini: float | None = None
    phase: SweptPhase | None = None

    def record(self, cell: int, seed: int, values: dict[str, Value], place: tuple[int, int]) -> SweptRun:
        """Its line of `cells.jsonl`: `values` are its differences from the base, `place` is that of its curve."""
        own = {
            name: getattr(self, name)
            for name in self.__dataclass_fields__
            if name not in ("training", "curve")
        }  # fmt: skip
        training = {name: getattr(self.training, name) for name in self.training.__dataclass_fields__}
        return SweptRun(cell=cell, seed=seed, values=values, curve=place, **own, **training)


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What a worker gives back: outcomes of all runs of a batch, or of those that it had time for."""

    outcomes: tuple[Outcome, ...]
    seconds: float
    """That the batch took, loading left out."""
