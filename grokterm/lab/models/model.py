"""What a model is: pure functions of a dict of tensors."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from grokterm.config import Config
from grokterm.lab import native
from grokterm.lab.losses import cross_entropy_sum
from grokterm.lab.precision import Product
from grokterm.lab.tasks import Pairs

Parameters = dict[str, Tensor]
"""Tensors by name; each may carry leading replica axes, the same for all."""
Shapes = dict[str, tuple[int, ...]]
Drop = Callable[[int, Tensor], Tensor]
"""Leaves out some of a layer's neurons: the layer's number, from 1, and the neurons [..., n, width] give as many."""
LossSum = Callable[[Tensor, Tensor], Tensor]
"""A loss summed over pairs: logits [..., n, classes] and labels int64 [n] give [...]."""


class Model(ABC):
    """Two pure functions, `init` and `logits`, and the names by which parts of a model are known."""

    transferable: tuple[str, ...] = ()
    """Parameters of the embedding and the output layer, which a rebuilt model may carry over."""

    def __init__(self, config: Config, product: Product = torch.matmul) -> None:
        self.config = config
        self.product = product

    @abstractmethod
    def shapes(self) -> Shapes:
        """The shape of every parameter by name, without replica axes, in order."""

    @abstractmethod
    def init(self, generator: torch.Generator) -> Parameters:
        """Fresh float32 parameters on the CPU, in the order of `shapes`."""

    @abstractmethod
    def logits(self, parameters: Mapping[str, Tensor], a: Tensor, b: Tensor, drop: Drop | None = None) -> Tensor:
        """Logits [..., n, classes] of the pairs a, b (int64 [n] each); replica axes of the parameters lead.

        `drop` is given the active neurons of every layer.
        """

    @abstractmethod
    def inputs(self, parameters: Mapping[str, Tensor], a: Tensor, b: Tensor) -> Tensor:
        """What the pairs are to the first layer, [..., n, features]: one-hot vectors, or embeddings, side by side."""

    @abstractmethod
    def logits_of_inputs(self, parameters: Mapping[str, Tensor], inputs: Tensor) -> Tensor:
        """Logits [..., n, classes] of any `inputs` [..., n, features], with nothing shared among pairs."""

    @property
    def hidden_matrices(self) -> frozenset[str]:
        """The matrices that are neither embedding nor read-out."""
        return frozenset(n for n, shape in self.shapes().items() if len(shape) == 2 and n not in self.transferable)

    def has_kernel(self, parameters: Mapping[str, Tensor]) -> bool:
        """Whether the kernels support this model and these parameters; else `kernel_inputs` and `kernel_step` raise.

        The kernels have as many classes as residues: with "=" as a class, steps are taken in torch.
        """
        return self.config.classes == "p" and self.layers_have_kernel(parameters)

    @abstractmethod
    def layers_have_kernel(self, parameters: Mapping[str, Tensor]) -> bool:
        """Whether the kernels support its layers, whatever its classes."""

    @torch.no_grad()
    def residue_logits(self, parameters: Mapping[str, Tensor], a: Tensor, b: Tensor) -> Tensor:
        """Logits [..., n, p] of the residues alone, without autograd: by the kernels where they support the model."""
        if self.has_kernel(parameters):
            return native.logits(self.product, self.config.activation, a, b, self.kernel_inputs(parameters))
        return self.logits(parameters, a, b)[..., : self.config.p].contiguous()

    @abstractmethod
    def kernel_inputs(self, parameters: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """The tensors that the kernels compute logits from (`lab.native`), without autograd."""

    @abstractmethod
    def kernel_step(
        self, parameters: Mapping[str, Tensor], pairs: Pairs, gradient: Mapping[str, Tensor]
    ) -> list[float]:
        """Cross-entropy in nats summed over the pairs, of each replica along a leading axis, or of the only one.

        The gradient of its mean is written into `gradient`. Memory does not grow with the number of pairs. Raises
        MemoryError.
        """

    def score(
        self, parameters: Mapping[str, Tensor], pairs: Pairs, loss_sum: LossSum = cross_entropy_sum
    ) -> tuple[float, int]:
        """The loss summed over the pairs, and how many have their label as a residue's largest logit."""
        return self._score_of(self.logits(parameters, pairs.a, pairs.b), pairs.labels, loss_sum)

    @abstractmethod
    def input_tables(self, parameters: Mapping[str, Tensor]) -> list[Tensor]:
        """The tables [..., p, features] in which residues are looked up, one for each position that has its own."""

    @property
    @abstractmethod
    def floats_per_pair(self) -> int:
        """Width of the largest tensor that `logits` holds for each pair."""

    def _score_of(self, logits: Tensor, labels: Tensor, loss_sum: LossSum) -> tuple[float, int]:
        right = int((logits[..., : self.config.p].max(-1).indices == labels).sum())
        return float(loss_sum(logits, labels)), right
