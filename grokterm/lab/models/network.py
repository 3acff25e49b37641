"""What every model is, of however many inputs: pure functions of a dict of tensors."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import ClassVar

import torch
from torch import Tensor

from grokterm.config import Config
from grokterm.lab.examples import Examples
from grokterm.lab.losses import cross_entropy_sum
from grokterm.lab.precision import Product

Parameters = dict[str, Tensor]
"""Tensors by name; each may carry leading replica axes, the same for all."""
Shapes = dict[str, tuple[int, ...]]
Drop = Callable[[int, Tensor], Tensor]
"""Leaves out some of a layer's neurons: the layer's number, from 1, and the neurons [..., n, width] give as many."""
LossSum = Callable[[Tensor, Tensor], Tensor]
"""A loss summed over examples: logits [..., n, classes] and labels int64 [n] give [...]."""


class Network(ABC):
    """Pure functions, `init` and `logits_of`, and the names by which parts of a model are known.

    What is abstract here is all that training needs. `Model` adds what is read from models of pairs.
    """

    matrix_axes: ClassVar[Mapping[str, tuple[str, str]]] = {}
    """What rows and columns of a matrix count, by the last part of its name."""

    def __init__(self, config: Config, product: Product = torch.matmul) -> None:
        self.config = config
        self.product = product

    def axes(self, name: str) -> tuple[str, str]:
        """What rows and columns of one of its matrices count."""
        return self.matrix_axes.get(name.rpartition(".")[2], ("row", "column"))

    @property
    def transferable(self) -> tuple[str, ...]:
        """Parameters of the embedding and the output layer, which a rebuilt model may carry over."""
        shapes = self.shapes()
        return tuple(name for name in self.ends if name in shapes)

    @property
    def ends(self) -> tuple[str, ...]:
        """The same and those that `complete` makes of them."""
        return self.config.architecture.transferable

    @property
    def embeddings(self) -> tuple[str, ...]:
        """Parameters whose first rows tokens are looked up in: one for all inputs, or one for each."""
        return self.config.architecture.embedding.parameters

    @property
    def first_layer(self) -> str:
        """The parameter that inputs are multiplied with, or looked up in, first."""
        return self.embeddings[0]

    @abstractmethod
    def shapes(self) -> Shapes:
        """The shape of every parameter by name, without replica axes, in order."""

    @abstractmethod
    def init(self, generator: torch.Generator) -> Parameters:
        """Fresh float32 parameters on the CPU, in the order of `shapes`."""

    def start(self, generator: torch.Generator) -> Parameters:
        """What a run begins with: fresh parameters, all of them times the initial scale (Liu et al. 2023, Omnigrok)."""
        scale = self.config.init_scale
        return {name: tensor if scale == 1 else scale * tensor for name, tensor in self.init(generator).items()}

    def complete(self, parameters: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """All parameters that the forward pass reads, of those that are trained; what is given stays as it is."""
        return parameters

    @abstractmethod
    def logits_of(self, parameters: Mapping[str, Tensor], examples: Examples, drop: Drop | None = None) -> Tensor:
        """Logits [..., n, classes] of the examples; replica axes of the parameters lead.

        `drop` is given the active neurons of every layer.
        """

    @abstractmethod
    def inputs_of(self, parameters: Mapping[str, Tensor], examples: Examples) -> Tensor:
        """What the examples are to the first layer, [..., n, features]: coordinates, one-hot vectors or embeddings."""

    @abstractmethod
    def logits_of_inputs(self, parameters: Mapping[str, Tensor], inputs: Tensor) -> Tensor:
        """Logits [..., n, classes] of any `inputs` [..., n, features], with nothing shared among examples."""

    @abstractmethod
    def input_tables(self, parameters: Mapping[str, Tensor]) -> list[Tensor]:
        """The tables [..., tokens, features] in which tokens are looked up, one for each place that has its own."""

    def coordinate_rows(self, parameters: Mapping[str, Tensor]) -> Tensor | None:
        """What each coordinate of a parity adds to the first layer where it is 1, [..., n, width].

        About what it adds on average; None where coordinates have no weights of their own.
        """
        return None

    def tables_in(self, name: str) -> int:
        """How many of the `input_tables` one of the `embeddings` holds."""
        return 1

    @property
    def normalizes_output(self) -> bool:
        """Whether a LayerNorm is between the last neurons and the logits."""
        return self.config.layer_norm == "post"

    @property
    def hidden_matrices(self) -> frozenset[str]:
        """The matrices that are neither embedding nor read-out."""
        ends = self.transferable
        return frozenset(n for n, shape in self.shapes().items() if len(shape) == 2 and n not in ends)

    def score(
        self, parameters: Mapping[str, Tensor], examples: Examples, loss_sum: LossSum = cross_entropy_sum
    ) -> tuple[float, int]:
        """The loss summed over the examples, and how many have their label as an answer's largest logit."""
        return self._score_of(self.logits_of(parameters, examples), examples.labels, loss_sum)

    @property
    @abstractmethod
    def floats_per_example(self) -> int:
        """Width of the largest tensor that `logits_of` holds for each example."""

    def _score_of(self, logits: Tensor, labels: Tensor, loss_sum: LossSum) -> tuple[float, int]:
        right = int((logits[..., : self.config.shape.answers].max(-1).indices == labels).sum())
        return float(loss_sum(logits, labels)), right
