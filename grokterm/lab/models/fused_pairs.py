"""Fused operations over pairs on a CPU, with manual gradients: fewer passes over the pairs than autograd makes.

Operations per residue are left to autograd: they have p rows, not p².
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor

from grokterm.config.model import Activation
from grokterm.lab.losses import cross_entropy_and_gradient, cross_entropy_sum
from grokterm.lab.models.few_operations import FewOperations
from grokterm.lab.models.model import LossSum
from grokterm.lab.models.partly_trained import PartlyTrainedModel
from grokterm.lab.models.sublayers import ACTIVATIONS
from grokterm.lab.precision import Product, cast_input
from grokterm.lab.row_sums import RowSums
from grokterm.lab.tasks import Pairs

Errors = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
"""Losses [n] and their gradient by the logits, of logits [n, classes] and labels int64 [n]."""


class OutputLayer(NamedTuple):
    """The inputs of the output layer: logits are f(hidden) @ weight + direct, for the activation f."""

    hidden: Tensor
    """[n, width], overwritten."""
    weight: Tensor
    """[width, classes]."""
    direct: Tensor
    """[n, classes], or [1, classes] where it is the same for all."""


class FusedPairsModel(PartlyTrainedModel):
    """A model whose operations over pairs can be fused, where it has one hidden layer."""

    few_operations: ClassVar[type[FewOperations]]
    """Its steps in few operations, for a GPU."""

    def has_fused_pairs(self, parameters: Mapping[str, Tensor]) -> bool:
        """Whether they can be for these parameters."""
        return self.is_single_layer and supports_fusion(next(iter(parameters.values())))

    @property
    def has_few_operations(self) -> bool:
        """Whether `few_operations` knows it: all that is read is trained."""
        return self.shapes() == self.all_shapes()

    @property
    def is_single_layer(self) -> bool:
        """Whether there is one layer of neurons, and only its activation before the output layer."""
        return self.config.depth == 1 and self.config.layer_norm == "none"

    @abstractmethod
    def fused_inputs(self, parameters: Mapping[str, Tensor]) -> tuple[Tensor, ...]:
        """What is computed per residue or shared by all pairs, for `output_layer`."""

    @abstractmethod
    def output_layer(self, inputs: tuple[Tensor, ...], pairs: Pairs, cast_inputs: bool) -> OutputLayer:
        """The inputs of the output layer for the pairs; with `cast_inputs` in the dtype that a step's products read."""

    def fused_loss(
        self, parameters: Mapping[str, Tensor], pairs: Pairs, errors: Errors = cross_entropy_and_gradient
    ) -> Tensor:
        """The loss of one replica summed over the pairs, in fewer passes over them."""
        output_layer = self.output_layer(self.fused_inputs(parameters), pairs, cast_inputs=True)
        return output_loss(self.product, self.config.activation, errors, *output_layer, pairs.labels)

    def fused_score(
        self, inputs: tuple[Tensor, ...], pairs: Pairs, loss_sum: LossSum = cross_entropy_sum
    ) -> tuple[float, int]:
        """The same as `score`, without autograd, of what `fused_inputs` gave."""
        hidden, weight, direct = self.output_layer(inputs, pairs, cast_inputs=False)
        active = _activate(self.config.activation, hidden)
        return self._score_of(self.product(active, weight).add_(direct), pairs.labels, loss_sum)


def supports_fusion(rows: Tensor) -> bool:
    """Whether the functions here accept parameters like these: without replica axes, on a CPU."""
    return rows.ndim == 2 and rows.device.type == "cpu"


def pair_sum(of_a: Tensor, of_b: Tensor, row_sums: RowSums, product: Product = torch.matmul) -> Tensor:
    """of_a[a] + of_b[b] of each pair: [p, d] each give [n, d], in the dtype that `product` reads.

    It is rounded once summed: rounded before, a sum near 0 could change its sign, and a relu its slope.
    """
    return _PairSum.apply(of_a, of_b, row_sums, product)  # type: ignore[no-any-return,no-untyped-call]


def pair_attention(scores: Tensor, values: Tensor, row_sums: RowSums) -> Tensor:
    """The values of a, b and "=" weighted by the softmax of their scores, heads side by side: [n, heads · e].

    Scores [2p + 1, heads] and values [2p + 1, heads · e] are those of the residues as a, as b, and of "=".
    """
    return _PairAttention.apply(scores, values, row_sums)  # type: ignore[no-any-return,no-untyped-call]


def output_loss(
    product: Product,
    activation: Activation,
    errors: Errors,
    hidden: Tensor,
    weight: Tensor,
    direct: Tensor,
    labels: Tensor,
) -> Tensor:
    """The loss, summed over pairs, of the logits f(hidden) @ weight + direct; `hidden` is overwritten.

    Pre-activations [n, width], `weight` [width, p], `direct` [n, p] or [1, p] and labels int64 [n] give a scalar.
    """
    return _OutputLoss.apply(product, activation, errors, hidden, weight, direct, labels)  # type: ignore[no-any-return,no-untyped-call]


class _PairSum(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, of_a: Tensor, of_b: Tensor, row_sums: RowSums, product: Product) -> Tensor:
        ctx.row_sums, ctx.dtype = row_sums, of_a.dtype
        return cast_input(product, row_sums.gather_sum(torch.cat((of_a, of_b))))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, None, None]:
        of_a, of_b = ctx.row_sums.scatter_sum(gradients[0]).to(ctx.dtype).chunk(2)
        return of_a, of_b, None, None


class _PairAttention(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, scores: Tensor, values: Tensor, row_sums: RowSums) -> Tensor:
        taken = scores.flatten().index_select(0, row_sums.rows.flatten()).view(row_sums.rows.shape)
        # Three scores are too short a row for the softmax of the last axis, which is ten times slower.
        pattern = taken.t().softmax(0).t().contiguous()
        by_head = values.view(row_sums.count, -1)
        mixed = row_sums.gather_sum(by_head, pattern)
        ctx.save_for_backward(pattern, by_head, mixed)
        ctx.row_sums, ctx.heads = row_sums, scores.shape[1]
        return mixed.view(-1, values.shape[1])

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, None]:
        pattern, by_head, mixed = ctx.saved_tensors
        gradient = gradients[0].view(mixed.shape)
        of_values = ctx.row_sums.scatter_sum(gradient, pattern)
        # By the score s_j of one pair, w_j (g·v_j − g·Σ_k w_k v_k). Summed over the pairs that took row j, the
        # first term is v_j · Σ w_j g, and Σ w_j g is the gradient by v_j: no product of pairs is needed for it.
        common = (gradient * mixed).sum(-1, keepdim=True)
        taken = torch.zeros_like(by_head[:, 0]).index_add_(0, ctx.row_sums.rows.flatten(), (pattern * common).flatten())
        of_scores = (by_head * of_values).sum(-1) - taken
        return of_scores.view(-1, ctx.heads), of_values.view(-1, ctx.heads * by_head.shape[1]), None


class _OutputLoss(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        product: Product,
        activation: Activation,
        errors: Errors,
        hidden: Tensor,
        weight: Tensor,
        direct: Tensor,
        labels: Tensor,
    ) -> Tensor:
        active = _activate(activation, hidden)
        losses, error = errors(product(active.to(weight.dtype), weight).add_(direct), labels)
        ctx.save_for_backward(active, hidden, weight, error)
        ctx.product, ctx.activation, ctx.rows = product, activation, len(direct)
        return losses.sum()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[None, None, None, Tensor, Tensor, Tensor, None]:
        active, hidden, weight, error = ctx.saved_tensors
        error = error * gradients[0]
        given = error.to(hidden.dtype)
        of_weight = active.mT @ given
        of_hidden = _activation_backward(ctx.activation, hidden, given @ weight.mT.to(hidden.dtype))
        of_direct = error if ctx.rows == len(error) else error.sum(0, keepdim=True)
        return None, None, None, of_hidden, of_weight.to(weight.dtype), of_direct, None


def _activate(activation: Activation, x: Tensor) -> Tensor:
    """f(x), for a relu written over x."""
    return _relu(x) if activation == "relu" else ACTIVATIONS[activation](x)


def _relu(x: Tensor) -> Tensor:
    """max(x, 0), written over x."""
    if x.dtype == torch.bfloat16:
        # A bfloat16 is negative where its bits, read as an integer, are: four times as fast as by its value.
        x.view(torch.int16).clamp_min_(0)
        return x
    return x.relu_()


def _activation_backward(activation: Activation, x: Tensor, gradient: Tensor) -> Tensor:
    """`gradient`, written over, times the slope of the activation at x, or for a relu at max(x, 0)."""
    match activation:
        case "relu" if x.dtype == torch.bfloat16:
            # −bits >> 15 is all ones where x is above 0, and no bits where it is 0.
            gradient.view(torch.int16).bitwise_and_(x.view(torch.int16).neg().bitwise_right_shift_(15))
        case "relu":
            torch.ops.aten.threshold_backward.grad_input(gradient, x, 0, grad_input=gradient)
        case "gelu":
            torch.ops.aten.gelu_backward.grad_input(gradient, x, grad_input=gradient)
        case "quadratic":
            gradient.mul_(x).mul_(2)
    return gradient
