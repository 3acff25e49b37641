"""How the steps of replicas are computed: by the kernels one beside another, or as one tensor program."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor

from grokterm.config import Config
from grokterm.lab import native
from grokterm.lab.batches import Batches
from grokterm.lab.examples import Examples
from grokterm.lab.models import Model, Network, Parameters, build_any
from grokterm.lab.models.layout import Layout
from grokterm.lab.models.small_products import aligned
from grokterm.lab.objective import Objective
from grokterm.lab.padded import PaddedExamples, padded
from grokterm.lab.seeds import generator
from grokterm.lab.strategies import KernelStrategy
from grokterm.lab.tasks import pairs_of
from grokterm.lab.tuples import make_data

Scores = list[tuple[float, int]]
"""Of the training set and of the test set: the loss summed over the examples, and how many get their label."""


@dataclass
class Run:
    """What is a replica's own."""

    config: Config
    start: Tensor
    """Its initial parameters, [size]."""
    batches: Batches
    train: Examples
    test: Examples

    @classmethod
    def of(cls, config: Config, layout: Layout, dtype: torch.dtype) -> Run:
        """That of a configuration, on the CPU."""
        data = make_data(config)
        batches = Batches(data, config.seed)
        start = layout.flatten(build_any(config).start(generator(config.seed, "parameters"))).to(dtype)
        return cls(config, start, batches, batches.all, data.examples(data.test))


class Shared(NamedTuple):
    """What replicas have in common."""

    network: Network
    layout: Layout
    objective: Objective
    device: torch.device
    dtype: torch.dtype
    chunk_floats: int
    """Largest tensor over examples that a pass holds, in floats."""


class ReplicaStrategy(ABC):
    """Loss, gradient and scores of replicas whose flat parameters [replicas, size] are changed in place alone."""

    name: ClassVar[str]
    reason: ClassVar[str]
    alike: ClassVar[bool]
    """Whether the bits of each are those of the same run alone."""
    flat: Tensor

    def __init__(self, shared: Shared, runs: Sequence[Run]) -> None:
        self.shared, self.runs = shared, list(runs)

    @abstractmethod
    def next_examples(self) -> Any:
        """What the next step of every replica trains on."""

    @abstractmethod
    def loss_and_gradient(self, examples: Any) -> tuple[Tensor, Tensor]:
        """Mean loss [replicas] of what `next_examples` gave, and its gradient [replicas, size]."""

    @abstractmethod
    def scores(self) -> list[Scores]:
        """Those of every replica."""

    def put(self, replica: int, run: Run) -> None:
        """Have another run in the place of one; its parameters are the caller's."""
        self.runs[replica] = run

    def threads(self) -> AbstractContextManager[None]:
        """See `Strategy`."""
        return nullcontext()


class KernelsOfReplicas(ReplicaStrategy):
    """Steps by the kernels in C, of small models one beside another; what is around them is as of a run alone."""

    name = "kernels, replicas together"
    reason = "the kernels take replicas with pairs of their own, each with the sums of a run alone"
    alike = True

    def __init__(self, shared: Shared, runs: Sequence[Run]) -> None:
        super().__init__(shared, runs)
        network, layout = shared.network, shared.layout
        assert isinstance(network, Model)
        self._model = network
        like = torch.empty(0, dtype=shared.dtype)
        self.flat, self._gradient = (aligned(like, len(runs), layout.size) for _ in range(2))
        self._parameters, self._gradients = layout.unflatten(self.flat), layout.unflatten(self._gradient)
        self._alone = [KernelStrategy(network, layout, row, 1, shared.objective) for row in self.flat]

    def next_examples(self) -> list[Examples]:
        """See `ReplicaStrategy`."""
        return [run.batches.next(run.config.batch_size) for run in self.runs]

    def loss_and_gradient(self, examples: list[Examples]) -> tuple[Tensor, Tensor]:
        """See `ReplicaStrategy`; raises MemoryError."""
        pairs, loss = [pairs_of(own) for own in examples], self.shared.objective.parts.loss
        scores = self._model.kernel_step(self._parameters, pairs, self._gradients, loss)
        means = [total / len(own) for (total, _), own in zip(scores, pairs, strict=True)]
        return self.flat.new_tensor(means), self._gradient

    def scores(self) -> list[Scores]:
        """See `ReplicaStrategy`; raises MemoryError."""
        each = zip(self._alone, self.runs, strict=True)
        return [strategy.scores(run.train, run.test) for strategy, run in each]

    def threads(self) -> AbstractContextManager[None]:
        """One for torch."""
        return native.torch_on_one_thread()


class TensorProgram(ReplicaStrategy):
    """Steps by autograd, of all replicas in every operation; the examples of each are filled up to as many."""

    name = "autograd, replicas together"
    reason = "every operation takes all replicas, whose sums may be in another order than those of a run alone"
    alike = False

    def __init__(self, shared: Shared, runs: Sequence[Run]) -> None:
        super().__init__(shared, runs)
        self.flat = torch.empty(len(runs), shared.layout.size, dtype=shared.dtype, device=shared.device)
        each = shared.chunk_floats // shared.network.floats_per_example // len(runs)
        self._chunk_size = max(1, each)
        self._fill()

    def _fill(self) -> None:
        given = self.shared.device, self.shared.dtype
        self._train = padded([run.train for run in self.runs], *given)
        self._test = padded([run.test for run in self.runs], *given)

    def put(self, replica: int, run: Run) -> None:
        """See `ReplicaStrategy`."""
        super().put(replica, run)
        if not (self._train.put(replica, run.train) and self._test.put(replica, run.test)):
            self._fill()

    def next_examples(self) -> PaddedExamples:
        """See `ReplicaStrategy`."""
        size = self.shared.network.config.batch_size
        if not isinstance(size, int):
            return self._train
        # As many at every step, also at the end of an epoch: a captured step takes no other number.
        most = max(min(size, len(run.train)) for run in self.runs)
        return self._train.chosen([run.batches.next_places(size) for run in self.runs], most)

    def loss_and_gradient(self, examples: PaddedExamples) -> tuple[Tensor, Tensor]:
        """See `ReplicaStrategy`."""
        leaf = self.flat.detach().requires_grad_()
        loss, gradient = torch.zeros_like(self.flat[:, 0]), torch.Tensor()
        for part in examples.chunks(self._chunk_size):
            logits = self._logits(self.shared.layout.unflatten(leaf), part)
            share = (self.shared.objective.losses(logits, part.labels) * part.weights).sum(-1)
            (of_part,) = torch.autograd.grad(share.sum(), leaf)
            loss = loss + share.detach()
            gradient = gradient.add_(of_part) if gradient.numel() else of_part
        return loss, gradient

    @torch.no_grad()
    def scores(self) -> list[Scores]:
        """See `ReplicaStrategy`."""
        of_train, of_test = (self._scores(examples) for examples in (self._train, self._test))
        counts = ([len(run.train), len(run.test)] for run in self.runs)
        found = zip(of_train, of_test, counts, strict=True)
        return [[(loss * n, int(right)) for (loss, right), n in zip(both, own, strict=True)] for *both, own in found]

    def _scores(self, examples: PaddedExamples) -> list[list[float]]:
        """Mean loss and right answers of each replica."""
        parameters, answers = self.shared.layout.unflatten(self.flat), self.shared.network.config.shape.answers
        totals = torch.zeros(2, len(self.runs), dtype=self.flat.dtype, device=self.flat.device)
        for part in examples.chunks(self._chunk_size):
            logits = self._logits(parameters, part)
            totals[0] += (self.shared.objective.losses(logits, part.labels) * part.weights).sum(-1)
            right = (logits[..., :answers].max(-1).indices == part.labels) & (part.weights > 0)
            totals[1] += right.sum(-1)
        found: list[list[float]] = totals.mT.tolist()
        return found

    def _logits(self, parameters: Parameters, examples: PaddedExamples) -> Tensor:
        network = self.shared.network
        if isinstance(network, Model):
            a, b = examples.tokens.unbind(-1)
            return network.logits(parameters, a, b)
        return network.logits_of(parameters, examples)
