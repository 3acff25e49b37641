"""Batches of steps with one check at the end; on CUDA each step is a captured graph, replayed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import torch
from torch import Tensor

from grokterm.lab.examples import Examples
from grokterm.lab.optimizers import Optimizer
from grokterm.lab.strategies import Strategy, finite_check

WARMUP_STEPS: Final = 3
"""Steps on a side stream before one is captured: libraries then have their handles, workspaces and kernels."""
MAX_GRAPHS: Final = 4
"""Captured graphs at most: one for what every step trains on, or one for each number of examples in a batch."""


class StepBatch:
    """Takes steps of a model in place, and restores the state where one of them was not finite."""

    def __init__(self, strategy: Strategy, optimizer: Optimizer) -> None:
        """Steps on the parameters of `strategy`."""
        self._strategy, self._optimizer, self._flat = strategy, optimizer, (flat := strategy.flat)
        self._state = [flat, *optimizer.state_dict().values()]
        self._kept = [torch.empty_like(tensor) for tensor in self._state]
        self._last = flat.new_zeros(3, *flat.shape[:-1])
        self._worst = torch.zeros_like(self._last)
        self._graphs: dict[tuple[bool, int], Graph] = {}

    def run(self, batches: Iterable[Examples]) -> list[float] | None:
        """One step a batch; gives loss, squared gradient norm and Σθ² before the last one, for one replica alone.

        None, with nothing changed, where those of any step were not finite: one synchronization checks all of them.
        """
        for kept, tensor in zip(self._kept, self._state, strict=True):
            kept.copy_(tensor)
        self._worst.zero_()
        for examples in batches:
            self.step(examples)
        worst, last = torch.stack((self._worst, self._last)).cpu()
        if worst.isfinite().all():
            return list(map(float, last.flatten()))
        for kept, tensor in zip(self._kept, self._state, strict=True):
            tensor.copy_(kept)
        self._optimizer.invalidate_plan()
        return None

    def step(self, examples: Examples) -> None:
        """One step on the examples, which the device may not have taken yet on return."""
        if self._flat.device.type != "cuda":
            self._optimizer.prepare()
            self._step(examples)
            return
        key = (examples.reused, id(examples) if examples.reused else len(examples))
        graph = self._graphs.get(key)
        if graph is None:
            if len(self._graphs) == MAX_GRAPHS:
                self._graphs.clear()
            # The warm-up before a capture advances the plan.
            self._optimizer.invalidate_plan()
            self._optimizer.prepare()
            touched = [
                *self._state,
                *self._optimizer.planned,
                *self._strategy.objective.touched,
                self._worst,
                self._last,
            ]
            graph = self._graphs[key] = Graph(self._step, examples, touched)
        else:
            self._optimizer.prepare()
        graph.replay(examples)

    def _step(self, examples: Examples) -> None:
        """What is captured: it reads and writes tensors that stay where they are, and never waits for a number."""
        loss, gradient = self._strategy.loss_and_gradient(examples)
        finite_check(loss, gradient, self._flat, out=self._last)
        torch.maximum(self._worst, self._last, out=self._worst)  # keeps inf and NaN
        self._optimizer.step(self._flat, gradient)
        self._strategy.objective.advance()


class Graph:
    """A step on a given number of examples, captured; hyperparameters are tensors that it reads at every replay."""

    def __init__(self, step: Callable[[Examples], None], examples: Examples, touched: Sequence[Tensor]) -> None:
        """Capture `step`; what its warm-up changes, `touched`, is as before afterwards."""
        self._input = examples if examples.reused else examples.copy()
        self._taken = examples
        before = [tensor.clone() for tensor in touched]
        with torch.cuda.device(examples.labels.device):
            here, aside = torch.cuda.current_stream(), torch.cuda.Stream()  # type: ignore[no-untyped-call]
            aside.wait_stream(here)
            with torch.cuda.stream(aside):
                for _ in range(WARMUP_STEPS):
                    step(self._input)
            here.wait_stream(aside)
            for tensor, value in zip(touched, before, strict=True):
                tensor.copy_(value)
            self._graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self._graph):
                step(self._input)

    def replay(self, examples: Examples) -> None:
        """Take the step on `examples`: those captured, or as many that are not reused."""
        if examples is not self._taken:
            for own, given in zip(self._input.tensors, examples.tensors, strict=True):
                own.copy_(given)
            self._taken = examples
        self._graph.replay()
