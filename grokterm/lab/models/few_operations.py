"""Forward and backward of a model with one layer in few operations: on a GPU each is a kernel launch.

Scatter-adds over pairs are products with one-hot vectors, which sum in a fixed order, unlike scatter-adds on CUDA.
`d_x` is the gradient by x.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.nn import functional

from grokterm.config import Config
from grokterm.config.model import Activation
from grokterm.lab.models.layout import Layout
from grokterm.lab.models.model import Parameters
from grokterm.lab.models.sublayers import ACTIVATIONS
from grokterm.lab.precision import Product, bfloat16_product
from grokterm.lab.tasks import Pairs


class StepInputs:
    """What a step reads of pairs: their rows in a table of 2p + 1, whose last row is shared by all pairs."""

    def __init__(self, pairs: Pairs, dtype: torch.dtype) -> None:
        p, n = pairs.p, len(pairs)
        self.rows = functional.pad(torch.stack((pairs.a, pairs.b + p), 1), (0, 1), value=2 * p)
        """int64 [n, 3]."""
        self.one_hot = torch.zeros(n, 2 * p + 1, dtype=dtype, device=pairs.a.device).scatter_(1, self.rows, 1)
        self.ones = self.one_hot[:, -1]
        """[n]."""
        self.labels = pairs.labels[:, None]
        self.starts = starts(self.rows)
        self._of_heads: tuple[Tensor, Tensor] | None = None

    def of_heads(self, head: Tensor) -> tuple[Tensor, Tensor]:
        """The same rows for each of the heads 0 … h − 1, int64 [h, 1], of a table by heads: int64 [n · h, 3].

        With where each three begin.
        """
        if self._of_heads is None:
            rows = (self.rows[:, None] * len(head) + head).flatten(0, 1)
            self._of_heads = (rows, starts(rows))
        return self._of_heads


def starts(rows: Tensor) -> Tensor:
    """Where the rows of each sum begin, int64 [n], for rows [n, k] flattened."""
    return torch.arange(0, rows.numel(), rows.shape[1], device=rows.device)


def gather_sums(table: Tensor, rows: Tensor, starts: Tensor, weights: Tensor | None = None) -> Tensor:
    """Σ_j weights[i, j] · table[rows[i, j]], [n, d]; with `starts` given it is one launch."""
    given = None if weights is None else weights.flatten()
    return functional.embedding_bag(rows.flatten(), table, starts, mode="sum", per_sample_weights=given)


class FewOperations(ABC):
    """Loss and gradient of one model, whose flat parameters and gradient [size] stay where they are."""

    def __init__(self, config: Config, product: Product, layout: Layout, flat: Tensor, gradient: Tensor) -> None:
        self.config = config
        self.rounds = product is bfloat16_product
        """Whether the factors of products are rounded to bfloat16."""
        self.of: Parameters = layout.unflatten(flat)
        self.d: Parameters = layout.unflatten(gradient)
        self._minus_ones = flat.new_full((config.class_count, 1), -1)

    @abstractmethod
    def step(self, inputs: StepInputs, share: float) -> Tensor:
        """`share` times the cross-entropy in nats summed over the pairs, [1]; its gradient is written over the last."""

    def errors(self, logits: Tensor, inputs: StepInputs, share: float) -> tuple[Tensor, Tensor]:
        """`share` times the summed cross-entropy, [1], and softmax − one-hot, [n, classes], as `lab.losses` has them.

        Of a model that is sure, the loss is as exact as a logarithm near 0 can be, and the errors are exact.
        """
        logs = functional.log_softmax(logits, -1)
        loss = logits.new_empty(1).addmv_(logs.gather(1, inputs.labels).mT, inputs.ones, beta=0, alpha=-share)
        errors = logs.exp_().scatter_(1, inputs.labels, 0)
        return loss, errors.scatter_(1, inputs.labels, torch.mm(errors, self._minus_ones))

    def rounded(self, x: Tensor) -> Tensor:
        """x as a factor of a product."""
        return x.bfloat16().float() if self.rounds else x

    @contextmanager
    def products(self) -> Iterator[None]:
        """A context in which products of rounded float32 may use TF32, which holds every bfloat16."""
        before = torch.get_float32_matmul_precision()
        torch.set_float32_matmul_precision("high" if self.rounds else before)
        try:
            yield
        finally:
            torch.set_float32_matmul_precision(before)


def activate(activation: Activation, hidden: Tensor) -> Tensor:
    """f(hidden), for a relu written over it."""
    return hidden.relu_() if activation == "relu" else ACTIVATIONS[activation](hidden)


def activation_backward(activation: Activation, hidden: Tensor, gradient: Tensor) -> Tensor:
    """`gradient` times f'(hidden), or for a relu at f(hidden)."""
    match activation:
        case "relu":
            product: Tensor = torch.ops.aten.threshold_backward(gradient, hidden, 0)
        case "gelu":
            product = torch.ops.aten.gelu_backward(gradient, hidden)
        case "quadratic":
            product = gradient.mul_(hidden).mul_(2)
    return product


class OneHotInFewOperations(FewOperations):
    """The one-hot MLP: one hidden layer whose pre-activations are W_a[a] + W_b[b] + b_1."""

    def __init__(self, config: Config, product: Product, layout: Layout, flat: Tensor, gradient: Tensor) -> None:
        super().__init__(config, product, layout, flat, gradient)
        self._table, self._d_table = (
            layout.span(each, "W_a", "b_1").view(-1, config.width) for each in (flat, gradient)
        )

    def table(self) -> Tensor:
        """The rows of a, of b and b_1, [2p + 1, width]."""
        return self._table

    def step(self, inputs: StepInputs, share: float) -> Tensor:
        """See `FewOperations`."""
        of, d, activation = self.of, self.d, self.config.activation
        hidden = gather_sums(self.table(), inputs.rows, inputs.starts)
        active = activate(activation, hidden)
        factor, weight = self.rounded(active), self.rounded(of["W_out"])
        with self.products():
            logits = torch.addmm(of["b_out"], factor, weight)
        loss, errors = self.errors(logits, inputs, share)
        d["b_out"].addmv_(errors.mT, inputs.ones, beta=0, alpha=share)
        errors = self.rounded(errors)
        with self.products():
            d["W_out"].addmm_(factor.mT, errors, beta=0, alpha=share)
            d_active = torch.empty_like(active).addmm_(errors, weight.mT, beta=0, alpha=share)
        torch.mm(inputs.one_hot.mT, activation_backward(activation, hidden, d_active), out=self._d_table)
        self.pass_on()
        return loss

    def pass_on(self) -> None:
        """Write the gradients of what the table is computed from; here it consists of parameters."""


class MlpInFewOperations(OneHotInFewOperations):
    """The MLP: the rows of a and of b are E_a W_a and E_b W_b."""

    def __init__(self, config: Config, product: Product, layout: Layout, flat: Tensor, gradient: Tensor) -> None:
        FewOperations.__init__(self, config, product, layout, flat, gradient)
        p, d, width = config.p, config.d_model, config.width
        self._embeddings, self._d_embeddings = (
            layout.span(each, "E_a", "E_b").view(2, p, d) for each in (flat, gradient)
        )
        self._weights, self._d_weights = (
            layout.span(each, "W_a", "W_b").view(2, d, width) for each in (flat, gradient)
        )
        self._table, self._d_table = flat.new_empty(2 * p + 1, width), flat.new_empty(2 * p + 1, width)
        self._factors = (self._embeddings, self._weights)

    def table(self) -> Tensor:
        """The rows of a, of b and b_1, [2p + 1, width]."""
        self._factors = (self.rounded(self._embeddings), self.rounded(self._weights))
        with self.products():
            torch.bmm(*self._factors, out=self._table[:-1].view(2, self.config.p, -1))
        self._table[-1].copy_(self.of["b_1"])
        return self._table

    def pass_on(self) -> None:
        """Write the gradients by embeddings, weights and b_1."""
        embeddings, weights = self._factors
        d_rows = self.rounded(self._d_table[:-1].view(2, self.config.p, -1))
        with self.products():
            torch.bmm(d_rows, weights.mT, out=self._d_embeddings)
            torch.bmm(embeddings.mT, d_rows, out=self._d_weights)
        self.d["b_1"].copy_(self._d_table[-1])
