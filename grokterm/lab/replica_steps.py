"""Steps of replicas of which each stops alone, before one that is not finite; on CUDA they are a captured graph."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from grokterm.lab.cuda_graphs import Graph
from grokterm.lab.optimizers import Optimizer
from grokterm.lab.optimizers.one_by_one import OneByOne
from grokterm.lab.replica_strategies import ReplicaStrategy
from grokterm.lab.strategies import finite_check


class ReplicaSteps:
    """Takes steps of replicas in place, and counts those of each."""

    def __init__(self, strategy: ReplicaStrategy, optimizer: Optimizer | OneByOne) -> None:
        self._strategy, self._optimizer, self._flat = strategy, optimizer, strategy.flat
        count, device = len(self._flat), self._flat.device
        self.finite = torch.ones(count, dtype=torch.bool, device=device)
        """Whether every step of a replica was finite; where one was not, it was not taken, nor was one after it."""
        self.taken = torch.zeros(count, dtype=torch.int64, device=device)
        self.squared_gradients = torch.zeros_like(self._flat[:, 0])
        """Σg² of the last steps taken, before filters."""
        self._gradient = torch.empty(0)
        self._kept = torch.empty_like(self._flat)
        self._graph: Graph | None = None
        self._captured_for: tuple[object, ...] = ()

    @property
    def of_each(self) -> tuple[Tensor, ...]:
        """What has a number a replica."""
        return self.finite, self.taken, self.squared_gradients

    def begin_anew(self, replica: int) -> None:
        """Have a replica be at its step 0."""
        for tensor, value in zip(self.of_each, (True, 0, 0), strict=True):
            tensor[replica] = value

    def step(self) -> None:
        """One step of every replica that is finite."""
        examples = self._strategy.next_examples()
        if self._flat.device.type != "cuda":
            self._optimizer.prepare()
            self._step(examples)
            return
        key = (examples.reused and id(examples.labels), examples.labels.shape)
        if self._graph is None or key != self._captured_for:
            self._capture(examples)
            self._captured_for = key
        else:
            self._optimizer.prepare()
        assert self._graph is not None
        self._graph.replay(examples)

    def keep_squares_as_alone(self) -> None:
        """Sum the squares of the last gradients in the order of a run alone."""
        for i in self.finite.nonzero().flatten().tolist():
            self.squared_gradients[i] = torch.linalg.vecdot(self._gradient[i], self._gradient[i])

    def _capture(self, examples: Any) -> None:
        assert isinstance(self._optimizer, Optimizer)
        self._graph = None  # before another is made: what it holds is given back
        self._optimizer.invalidate_plan()
        self._optimizer.prepare()
        state = self._optimizer.state_dict().values()
        self._graph = Graph(self._step, examples, [self._flat, *state, *self._optimizer.planned, *self.of_each])

    def _step(self, examples: Any) -> None:
        """What is captured: on CUDA it never waits for a number."""
        loss, gradient = self._strategy.loss_and_gradient(examples)
        numbers = finite_check(loss, gradient, self._flat)
        self.finite &= numbers.isfinite().all(0)
        if self._flat.device.type == "cpu" and self.finite.all():
            self._optimizer.step(self._flat, gradient)
        else:
            self._kept.copy_(self._flat)
            self._optimizer.step(self._flat, gradient)
            self._flat.copy_(torch.where(self.finite[:, None], self._flat, self._kept))
        self.squared_gradients.copy_(torch.where(self.finite, numbers[1], self.squared_gradients))
        self.taken += self.finite
        self._gradient = gradient
