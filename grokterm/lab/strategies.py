"""The strategy by which a model's steps are computed, chosen once when the model is built."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import ClassVar, Final, NamedTuple

import torch
from torch import Tensor

from grokterm.lab import native
from grokterm.lab.examples import Examples
from grokterm.lab.models import Model, Network, Parameters
from grokterm.lab.models.few_operations import StepInputs
from grokterm.lab.models.fused_pairs import FusedPairsModel
from grokterm.lab.models.layout import Layout
from grokterm.lab.objective import Objective
from grokterm.lab.tasks import Pairs, pairs_of

CACHED_FLOATS: Final = 1 << 28
"""One-hot vectors that are cached from one step to the next, in floats: 1 GiB."""


class Strategy(ABC):
    """Loss, gradient and score of a model whose flat parameters [..., size] are changed in place alone."""

    name: ClassVar[str]

    def __init__(self, model: Network, layout: Layout, flat: Tensor, chunk_size: int, objective: Objective) -> None:
        """Without kernels, at most `chunk_size` examples are held at a time."""
        self.model, self.layout, self.flat, self.chunk_size = model, layout, flat, chunk_size
        self.objective = objective

    @abstractmethod
    def loss_and_gradient(self, examples: Examples) -> tuple[Tensor, Tensor]:
        """Mean loss [...] of the examples and its gradient [..., size] by the flat parameters.

        The order of the examples is fixed, so the sums are the same bits every time. The gradient may be written over
        by the next call.
        """

    @abstractmethod
    def scores(self, *sets: Examples) -> list[tuple[float, int]]:
        """Of one replica, for each set: the loss summed over its examples, and how many get their label."""

    def threads(self) -> AbstractContextManager[None]:
        """A context that limits torch to the threads that its share of a step is worth."""
        return nullcontext()


class KernelStrategy(Strategy):
    """Steps by the kernels in C (`lab.native`), which hold no tensor over pairs.

    They take one replica after another; what is done in torch is done of all of them at once. Scores of what the last
    step trained on are taken with their gradient, which the next step takes as it is.
    """

    name = "kernels"

    def __init__(self, model: Model, layout: Layout, flat: Tensor, chunk_size: int, objective: Objective) -> None:
        super().__init__(model, layout, flat, chunk_size, objective)
        self._of_pairs = model
        self._gradient = torch.empty_like(flat)
        one_axis = (-1, layout.size) if flat.ndim > 1 else (-1,)
        self._parameters, self._gradients = (layout.unflatten(each.view(one_axis)) for each in (flat, self._gradient))
        self._trained_on: Examples | None = None
        self._ahead: _Ahead | None = None

    def loss_and_gradient(self, examples: Examples) -> tuple[Tensor, Tensor]:
        """See `Strategy`; raises MemoryError."""
        ahead, self._ahead, self._trained_on = self._ahead, None, examples
        known = ahead is not None and ahead.is_of(examples, self.flat)
        scores = ahead.scores if ahead is not None and known else self._step(examples)
        means = self.flat.new_tensor([loss / len(examples) for loss, _ in scores])
        return means.view(self.flat.shape[:-1]), self._gradient

    def scores(self, *sets: Examples) -> list[tuple[float, int]]:
        """See `Strategy`; raises MemoryError."""
        model, loss = self._of_pairs, self.objective.parts.loss
        inputs, activation = model.kernel_inputs(self._parameters), model.config.activation

        def score(examples: Examples) -> tuple[float, int]:
            if examples is self._trained_on:
                self._ahead = _Ahead(self._step(examples), examples, self.flat.clone())
                return self._ahead.scores[0]
            return native.score(model.product, activation, pairs_of(examples), inputs, loss)

        return [score(examples) for examples in sets]

    def _step(self, examples: Examples) -> list[tuple[float, int]]:
        """Summed losses and right answers of each replica; the gradients of the mean losses go into `_gradient`."""
        self._ahead = None
        loss = self.objective.parts.loss
        return self._of_pairs.kernel_step(self._parameters, pairs_of(examples), self._gradients, loss)

    def threads(self) -> AbstractContextManager[None]:
        """One for torch."""
        return native.torch_on_one_thread()


class _Ahead(NamedTuple):
    """A step that was taken ahead, but for the update."""

    scores: list[tuple[float, int]]
    examples: Examples
    flat: Tensor
    """A copy of the parameters."""

    def is_of(self, examples: Examples, flat: Tensor) -> bool:
        """Whether it is that of the same examples and of parameters of the same bits."""
        return self.examples is examples and torch.equal(self.flat.view(torch.int32), flat.view(torch.int32))


class AutogradStrategy(Strategy):
    """Steps by autograd from the logits, on any device and with any replica axes."""

    name = "autograd"

    def loss_and_gradient(self, examples: Examples) -> tuple[Tensor, Tensor]:
        """See `Strategy`."""
        leaf = self.flat.detach().requires_grad_()
        loss, gradient = torch.zeros_like(self.flat[..., 0]), torch.Tensor()
        for part in examples.chunks(self.chunk_size):
            share = self._loss(self.layout.unflatten(leaf), part) / len(examples)
            (of_part,) = torch.autograd.grad(share.sum(), leaf)
            loss = loss + share.detach()
            gradient = gradient.add_(of_part) if gradient.numel() else of_part
        return loss, gradient

    @torch.no_grad()
    def scores(self, *sets: Examples) -> list[tuple[float, int]]:
        """See `Strategy`."""
        score, found = self._scorer(self.layout.unflatten(self.flat)), []
        for examples in sets:
            of_parts = [score(part) for part in examples.chunks(self.chunk_size)]
            found.append((sum(loss for loss, _ in of_parts), sum(right for _, right in of_parts)))
        return found

    def _loss(self, parameters: Parameters, examples: Examples) -> Tensor:
        """What a step lowers, summed over the examples, [...]."""
        return self.objective.training_loss_sum(self.model, parameters, examples)

    def _scorer(self, parameters: Parameters) -> Callable[[Examples], tuple[float, int]]:
        """A function that scores a chunk of the examples."""
        return partial(self.model.score, parameters, loss_sum=self.objective.loss_sum)


class FusedPairsStrategy(AutogradStrategy):
    """Steps with manual gradients for what is computed per pair, and autograd for what is computed per residue."""

    name = "by hand in torch"

    def __init__(
        self, model: FusedPairsModel, layout: Layout, flat: Tensor, chunk_size: int, objective: Objective
    ) -> None:
        super().__init__(model, layout, flat, chunk_size, objective)
        self._fused = model

    def _loss(self, parameters: Parameters, examples: Examples) -> Tensor:
        return self._fused.fused_loss(parameters, pairs_of(examples), self.objective.errors)

    def _scorer(self, parameters: Parameters) -> Callable[[Examples], tuple[float, int]]:
        inputs, loss_sum = self._fused.fused_inputs(parameters), self.objective.loss_sum
        return lambda examples: self._fused.fused_score(inputs, pairs_of(examples), loss_sum=loss_sum)


class FewOperationsStrategy(AutogradStrategy):
    """Steps of one replica with manual gradients in few operations, each of which is a launch on a GPU."""

    name = "by hand in few operations"

    def __init__(
        self, model: FusedPairsModel, layout: Layout, flat: Tensor, chunk_size: int, objective: Objective
    ) -> None:
        """The one-hot vectors of `chunk_size` pairs are held, or of fewer where they are the widest tensor."""
        super().__init__(model, layout, flat, chunk_size, objective)
        self._widest = 2 * model.config.p + 1
        self._chunk_size = max(1, chunk_size * model.floats_per_example // max(model.floats_per_example, self._widest))
        self._gradient = torch.empty_like(flat)
        self._few = model.few_operations(model.config, model.product, layout, flat, self._gradient)

    def loss_and_gradient(self, examples: Examples) -> tuple[Tensor, Tensor]:
        """See `Strategy`."""
        share, loss, total = 1 / len(examples), None, None
        for inputs in self._inputs(pairs_of(examples)):
            if loss is None:
                loss = self._few.step(inputs, share)
                continue
            total = self._gradient.clone() if total is None else total.add_(self._gradient)
            loss.add_(self._few.step(inputs, share))
        assert loss is not None
        return loss[0], self._gradient if total is None else self._gradient.add_(total)

    def _inputs(self, pairs: Pairs) -> Iterable[StepInputs]:
        """The inputs of each chunk of the pairs, cached for reused pairs."""
        found = (StepInputs(part, self.flat.dtype) for part in pairs.chunks(self._chunk_size))
        if not pairs.reused or len(pairs) * self._widest > CACHED_FLOATS:
            return found
        key = (StepInputs, self.flat.dtype, self._chunk_size)
        if key not in pairs.cache:
            pairs.cache[key] = list(found)
        inputs: list[StepInputs] = pairs.cache[key]
        return inputs


def choose_strategy(
    model: Network, layout: Layout, flat: Tensor, chunk_size: int, objective: Objective | None = None
) -> Strategy:
    """The fastest strategy for a model with flat parameters [..., size] and an objective on this machine.

    The objective is that of the model's configuration where none is given.
    """
    objective = objective or Objective(model.config, flat.device)
    given, parts = (layout, flat, chunk_size, objective), objective.parts
    one = layout.unflatten(flat.view(-1, layout.size)[0])
    by_kernels = not parts.why_not_by_kernels
    if by_kernels and isinstance(model, Model) and model.has_kernel(one):
        return KernelStrategy(model, *given)
    whole = not (parts.drops or parts.aligns)
    if whole and flat.ndim == 1 and isinstance(model, FusedPairsModel) and model.is_single_layer:
        few = by_kernels and parts.loss == "cross-entropy" and model.has_few_operations
        if flat.device.type == "cuda" and few:
            return FewOperationsStrategy(model, *given)
        if model.has_fused_pairs(one):
            return FusedPairsStrategy(model, *given)
    return AutogradStrategy(model, *given)


def finite_check(loss: Tensor, gradient: Tensor, flat: Tensor, out: Tensor | None = None) -> Tensor:
    """Loss [...], Σg² and Σθ² as [3, ...], which may fill `out`: a step is taken only where all are finite.

    Σθ² overflows long before a weight does, so weights that run away are caught while they are finite.
    """
    return torch.stack([loss, torch.linalg.vecdot(gradient, gradient), torch.linalg.vecdot(flat, flat)], out=out)
