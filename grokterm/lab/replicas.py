"""Many runs whose shapes agree, trained as replicas of one tensor program; each may leave, and others enter."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

import torch
from torch import Tensor

from grokterm.config import Config
from grokterm.config.tasks import example_count, test_count
from grokterm.errors import ConfigError
from grokterm.lab import devices
from grokterm.lab.engine import CHUNK_FLOATS, STEPS_PER_CHECK
from grokterm.lab.engine_checks import check_memory
from grokterm.lab.measuring import measures_of, measures_of_squares, squares_of_each
from grokterm.lab.models import build_any
from grokterm.lab.models.layout import Layout
from grokterm.lab.native import SMALL
from grokterm.lab.objective import Objective
from grokterm.lab.optimizers import Chain, Hyperparameters, Known, Optimizer, implementation_for
from grokterm.lab.optimizers.one_by_one import OneByOne
from grokterm.lab.precision import DTYPES, product_for
from grokterm.lab.replica_steps import ReplicaSteps
from grokterm.lab.replica_strategies import KernelsOfReplicas, ReplicaStrategy, Run, Shared, TensorProgram
from grokterm.lab.sharing import by_kernels, has_kernels, together, why_alone
from grokterm.measures import Measures

__all__ = ["Replicas", "floats_of_replica", "together", "why_alone", "worth_batching"]

_STATE: Final = 6
"""Parameters, a copy of them, two gradients and two moments."""
_OF_EXAMPLE: Final = 6
"""Label, number and weight of an example."""


class Replicas:
    """Runs of equal `together`, each at a step of its own: `advance` trains all, `measure` reads all."""

    def __init__(self, configs: Sequence[Config]) -> None:
        """Fresh runs; raises ConfigError as `Engine` does, for runs that cannot share, and without room for so many."""
        devices.prepare()
        self._key = _key_of(configs)
        self.device, self.precision = devices.resolve(configs[0])
        network = build_any(configs[0], product_for(self.precision))
        objective, dtype = Objective(configs[0], self.device), DTYPES[self.precision]
        floats = CHUNK_FLOATS[self.device.type]
        self._shared = Shared(network, Layout(network.shapes()), objective, self.device, dtype, floats)
        self._chain = Chain.of(configs[0])
        kernels = by_kernels(network, self.device, dtype)
        self._kind: type[ReplicaStrategy] = KernelsOfReplicas if kernels else TensorProgram
        with self._room_for(len(configs)):
            runs = [self._run(config) for config in configs]
            self._build(runs)
            self._strategy.flat.copy_(torch.stack([run.start for run in runs]))

    @property
    def strategy_name(self) -> str:
        """How the steps are computed."""
        return self._strategy.name

    @property
    def reason(self) -> str:
        """What that means for the bits of a run."""
        return self._strategy.reason

    @property
    def alike(self) -> bool:
        """Whether a run's bits are those that it has alone, by `Engine` on as many threads."""
        return self._strategy.alike

    @property
    def configs(self) -> list[Config]:
        """Those of all replicas."""
        return [run.config for run in self._strategy.runs]

    @property
    def steps(self) -> list[int]:
        """Steps that each replica took since it entered."""
        taken: list[int] = self._steps.taken.tolist()
        return taken

    def __len__(self) -> int:
        return len(self._strategy.runs)

    def advance(self, steps: int) -> list[bool]:
        """Take so many steps of every replica, and say which are still finite: one that is not stops before it."""
        check = STEPS_PER_CHECK[self.device.type]
        with self._room_for(len(self)), self._strategy.threads():
            for step in range(steps):
                if step % check == 0 and not self._steps.finite.any():
                    break
                self._steps.step()
            if self.alike and steps:
                self._steps.keep_squares_as_alone()
        finite: list[bool] = self._steps.finite.tolist()
        return finite

    def measure(self) -> list[Measures]:
        """What `Engine.measure` gives, of each."""
        with self._room_for(len(self)), self._strategy.threads():
            scores, runs = self._strategy.scores(), self._strategy.runs
            counts = [(len(run.train), len(run.test)) for run in runs]
            taken, squared = self.steps, self._steps.squared_gradients.tolist()
            norms = [math.sqrt(square) if step else None for step, square in zip(taken, squared, strict=True)]
            changes = self._weight_changes()
            if self.alike:
                parameters = [self.parameters(i) for i in range(len(self))]
                each = zip(scores, counts, parameters, norms, changes, strict=True)
                return [measures_of(*own) for own in each]
            named = self._shared.layout.unflatten(self._strategy.flat)
            matrices = frozenset(name for name, tensor in named.items() if tensor.ndim == 3)
            own = zip(scores, counts, squares_of_each(named), norms, changes, strict=True)
            return [measures_of_squares(s, n, squares, matrices, norm, change) for s, n, squares, norm, change in own]

    def parameters(self, i: int) -> Mapping[str, Tensor]:
        """Those of one replica, as views without the replica axis."""
        return self._shared.layout.unflatten(self._strategy.flat[i])

    def enter(self, i: int, config: Config) -> None:
        """Have a fresh run take the place of replica i, at its step 0; raises ConfigError where it cannot share."""
        if _key_of([config]) != self._key:
            raise ConfigError("this run cannot train together with the others: their shapes or optimizers differ")
        with self._room_for(len(self)):
            run = self._run(config)
            self._strategy.put(i, run)
            self._strategy.flat[i].copy_(run.start)
            _take(self._optimizer, [i], self._optimizer_of([run]), [0])
            self._steps.begin_anew(i)

    def leave(self, keep: Sequence[int]) -> None:
        """Go on with these replicas only, in this order; raises ConfigError for none."""
        if not keep:
            raise ConfigError("at least one replica has to go on")
        flat, optimizer, steps = self._strategy.flat, self._optimizer, self._steps
        with self._room_for(len(keep)):
            self._build([self._strategy.runs[i] for i in keep])
            self._strategy.flat.copy_(flat[list(keep)])
            _take(self._optimizer, range(len(keep)), optimizer, keep)
            for own, before in zip(self._steps.of_each, steps.of_each, strict=True):
                own.copy_(before[list(keep)])

    def _run(self, config: Config) -> Run:
        check_memory(config)
        return Run.of(config, self._shared.layout, self._shared.dtype)

    def _build(self, runs: Sequence[Run]) -> None:
        """Strategy, optimizer and steps of these runs, whose parameters are not set."""
        self._strategy = self._kind(self._shared, runs)
        self._optimizer = self._optimizer_of(runs)
        self._steps = ReplicaSteps(self._strategy, self._optimizer)

    def _optimizer_of(self, runs: Sequence[Run]) -> Optimizer | OneByOne:
        """A fresh one of these runs: of all at once where that gives the same bits, or bits are others anyway."""
        configs, flat = [run.config for run in runs], self._strategy.flat
        start = torch.stack([run.start for run in runs]).to(self.device) if self._chain.needs_start else None
        starts: Sequence[Tensor | None] = [None] * len(runs) if start is None else start.unbind()
        each = zip(configs, starts, strict=True)
        alone = (self._optimizer_like(flat[0], Hyperparameters.of(c, self.device), own) for c, own in each)
        first = next(alone)
        plain = first.implementation == "fused" and self._chain.filter == "none" and not self._chain.clamps
        if self.alike and not plain:
            return OneByOne([first, *alone])
        hyper = Hyperparameters.of_each(configs, self.device)
        return self._optimizer_like(flat[:1].expand(len(runs), -1), hyper, start)

    def _optimizer_like(self, flat: Tensor, hyper: Hyperparameters, start: Tensor | None) -> Optimizer:
        network = self._shared.network
        known = Known(self._shared.layout, network.hidden_matrices, start)
        way = implementation_for(self.device)
        return Optimizer(network.config.optimizer, flat, hyper, way, self._chain, known)

    def _weight_changes(self) -> list[float | None]:
        """Σ|θ − θ₀| of the first layers of parities, θ₀ what each run began with."""
        runs, flat = self._strategy.runs, self._strategy.flat
        if not self._shared.network.config.of_points:
            return [None] * len(runs)
        start = torch.stack([run.start for run in runs]).to(flat.device)
        change = self._shared.layout.unflatten(flat - start)[self._shared.network.first_layer]
        changes: list[float | None] = change.abs().flatten(1).sum(1, dtype=torch.float64).tolist()
        return changes

    @contextmanager
    def _room_for(self, count: int) -> Iterator[None]:
        """A context that says in a sentence that memory is not enough for so many replicas."""
        try:
            yield
        except (MemoryError, RuntimeError) as error:
            if not isinstance(error, (MemoryError, torch.OutOfMemoryError)) and "allocate" not in str(error):
                raise
            fewer = f"take {count // 2} at a time" if count > 1 else "choose a smaller model"
            size = self._shared.layout.size
            raise ConfigError(
                f"{self.device} has not enough memory for {count:,} replicas of {size:,} parameters: {fewer}"
            ) from error


def floats_of_replica(config: Config) -> int:
    """An estimate of the memory of one replica in numbers of 4 bytes, beside what all share (`CHUNK_FLOATS`, 8 times).

    Parameters, gradient, kept copy and the optimizer's state, and the tokens, labels and weights of its examples.
    """
    chain, network = Chain.of(config), build_any(config)
    size = Layout(network.shapes()).size
    state = _STATE + chain.window * (chain.window > 1) + chain.needs_start
    _, precision = devices.resolve(config)
    width = 2 if precision == "float64" else 1
    if config.of_points:
        examples = config.train_size + test_count(config.n)
    else:
        examples = example_count(config.task, config.op, config.p, config.k)
    return width * state * size + examples * (2 * config.shape.inputs + _OF_EXAMPLE)


def worth_batching(config: Config, device: torch.device) -> bool:
    """Whether 8 runs or more like this one take less time together than one after another.

    On a CPU this is measured: by kernels, 1.0 to 3.2 times the rate at p 31 to 59, with 8 and 32 replicas on one thread
    and on two, and 0.6 to 1.0 times for one replica alone; by autograd 1.1 to 5 times up to `SMALL`, and 0.6 to 1.1
    times beyond. Elsewhere it is expected: what is launched is as many operations for one run as for all.
    """
    if device.type != "cpu" or has_kernels(config):
        return True
    if config.of_points:
        count = config.train_size
    else:
        count = int(config.train_fraction * example_count(config.task, config.op, config.p, config.k))
    count = min(count, config.batch_size) if isinstance(config.batch_size, int) else count
    return count * build_any(config).floats_per_example <= SMALL


def _key_of(configs: Sequence[Config]) -> object:
    """What the configurations have in common; raises ConfigError where they cannot train together."""
    if not configs:
        raise ConfigError("there are no runs to train together")
    for config in configs:
        if why := why_alone(config):
            raise ConfigError(f"this run trains alone: {why}")
    keys = {together(config) for config in configs}
    if len(keys) > 1:
        raise ConfigError("these runs cannot train together: their shapes or optimizers differ")
    return keys.pop()


def _take(optimizer: Optimizer | OneByOne, into: Sequence[int], other: Optimizer | OneByOne, of: Sequence[int]) -> None:
    """`take_replicas` of two optimizers of one kind."""
    if isinstance(optimizer, OneByOne):
        assert isinstance(other, OneByOne)
        optimizer.take_replicas(into, other, of)
    else:
        assert isinstance(other, Optimizer)
        optimizer.take_replicas(into, other, of)
