"""What a model of pairs is: a network from which traces, tables and kernels follow."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Final

import torch
from torch import Tensor

from grokterm.config.losses import Loss
from grokterm.lab import native
from grokterm.lab.examples import Examples
from grokterm.lab.models.network import Drop, LossSum, Network, Parameters, Shapes
from grokterm.lab.tasks import Pairs, pairs_of

__all__ = ["LOGITS", "Drop", "LossSum", "Model", "Parameters", "Shapes", "Tables"]

Tables = tuple[Tensor, Tensor]
"""Rows of a and of b, [..., p, features] each."""
LOGITS: Final = "logits"
"""The last layer of every trace."""


class Model(Network):
    """A network of pairs of residues: pure functions, `init`, `logits` and `trace`, and the names of its parts.

    What is abstract here is all that an architecture has to have. Kernels and attention are for those that have them.
    """

    @abstractmethod
    def logits(self, parameters: Mapping[str, Tensor], a: Tensor, b: Tensor, drop: Drop | None = None) -> Tensor:
        """Logits [..., n, classes] of the pairs a, b (int64 [n] each); replica axes of the parameters lead.

        `drop` is given the active neurons of every layer.
        """

    @abstractmethod
    def inputs(self, parameters: Mapping[str, Tensor], a: Tensor, b: Tensor) -> Tensor:
        """What the pairs are to the first layer, [..., n, features]: one-hot vectors, or embeddings, side by side."""

    def logits_of(self, parameters: Mapping[str, Tensor], examples: Examples, drop: Drop | None = None) -> Tensor:
        """See `Network`."""
        pairs = pairs_of(examples)
        return self.logits(parameters, pairs.a, pairs.b, drop)

    def inputs_of(self, parameters: Mapping[str, Tensor], examples: Examples) -> Tensor:
        """See `Network`."""
        pairs = pairs_of(examples)
        return self.inputs(parameters, pairs.a, pairs.b)

    @abstractmethod
    def trace(
        self, parameters: Mapping[str, Tensor], a: Tensor, b: Tensor, tables: Tables | None = None, last: str = LOGITS
    ) -> Parameters:
        """Activations by layer, [..., m, features] for m pairs a, b (int64 [m]), in the order in which they arise.

        The last are the `logits` of the residues: that of "=" is dropped. `tables` stand in for `residue_tables`, and
        a, b index their rows. Nothing is computed beyond the layer `last`.
        """

    def trace_grid(self, parameters: Mapping[str, Tensor], a: Tensor, b: Tensor, last: str) -> Parameters:
        """The same for each of a (int64 [m]) with each of b (int64 [n]), [..., m · n, features]."""
        return self.trace(parameters, a.repeat_interleave(len(b)), b.repeat(len(a)), last=last)

    @property
    @abstractmethod
    def neuron_layers(self) -> list[str]:
        """The names of the layers of neurons in `trace`, first to last."""

    @abstractmethod
    def outgoing(self, layer: int) -> str:
        """The matrix whose rows are what the neurons of a layer, from 0, write."""

    def only_neurons(self, parameters: Mapping[str, Tensor], neurons: Tensor, layer: int) -> Parameters | None:
        """Parameters in which a layer, from 0, has the chosen neurons (int64) alone; None where it needs all."""
        return None

    @abstractmethod
    def neuron_inputs(self, parameters: Mapping[str, Tensor]) -> Tables:
        """What each residue as a and as b adds to each neuron of the first layer, [..., p, width] each."""

    @property
    def reads_alike(self) -> bool:
        """Whether `neuron_inputs` of a and of b are one."""
        return False

    @abstractmethod
    def neuron_logit_map(self, parameters: Mapping[str, Tensor]) -> Tensor:
        """W_L [..., width, p]: from the last neurons to the logits of the residues (Nanda et al. 2023, section 4.2).

        A LayerNorm between them is passed over.
        """

    def only_classes(self, parameters: Mapping[str, Tensor], classes: Tensor) -> Parameters:
        """Parameters that answer with the logits of the chosen classes (int64) alone, fewer than p."""
        names = [name for name in self.config.architecture.read_out.parameters if name in parameters]
        return {**parameters, **{name: parameters[name].index_select(-1, classes) for name in names}}

    def attention(
        self, parameters: Mapping[str, Tensor], a: Tensor, b: Tensor, block: int, every: bool = False
    ) -> Tensor:
        """How the last token of each pair attends to all, [..., m, heads, tokens]; or `every` one, the one from first.

        Then it is [..., m, heads, tokens (from), tokens (to)]. Defined where there are heads.
        """
        raise NotImplementedError(f"{self.config.arch} has no attention")

    def head_writes(self, block: int) -> str:
        """The matrix whose rows, of the heads in turn, are what the heads of a block write. Defined likewise."""
        raise NotImplementedError(f"{self.config.arch} has no attention")

    def has_kernel(self, parameters: Mapping[str, Tensor]) -> bool:
        """Whether the kernels support this model and these parameters; else `kernel_inputs` and `kernel_step` raise."""
        return not self.why_not_by_kernels and self.layers_have_kernel(parameters)

    @property
    def why_not_by_kernels(self) -> str:
        """What the kernels do not know of it, whatever its layers, in words; empty where they know all.

        The kernels have as many classes as residues: with "=" as a class, steps are taken in torch.
        """
        return "" if self.config.classes == "p" else "the kernels know p classes alone"

    def layers_have_kernel(self, parameters: Mapping[str, Tensor]) -> bool:
        """Whether the kernels support its layers, whatever `why_not_by_kernels` says."""
        return False

    @torch.no_grad()
    def residue_logits(self, parameters: Mapping[str, Tensor], a: Tensor, b: Tensor) -> Tensor:
        """Logits [..., n, p] of the residues alone, without autograd: by the kernels where they support the model."""
        if self.has_kernel(parameters):
            return native.logits(self.product, self.config.activation, a, b, self.kernel_inputs(parameters))
        return self.logits(parameters, a, b)[..., : self.config.p].contiguous()

    def kernel_inputs(self, parameters: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """The tensors that the kernels compute logits from (`lab.native`), without autograd."""
        raise NotImplementedError(f"{self.config.arch} has no kernel")

    def kernel_step(
        self,
        parameters: Mapping[str, Tensor],
        pairs: Pairs | Sequence[Pairs],
        gradient: Mapping[str, Tensor],
        loss: Loss = "cross-entropy",
    ) -> list[tuple[float, int]]:
        """A loss that the kernels know, summed over the pairs, and how many of them get their label.

        They are of each replica along a leading axis, or of the only one. The gradient of its mean is written into
        `gradient`. Replicas may have pairs of their own. Memory does not grow with the number of pairs. Raises
        MemoryError.
        """
        raise NotImplementedError(f"{self.config.arch} has no kernel")

    def input_tables(self, parameters: Mapping[str, Tensor]) -> list[Tensor]:
        """The tables [..., p, features] in which residues are looked up, one for each position that has its own."""
        return [parameters[name][..., : self.config.p, :] for name in self.embeddings]

    def residue_tables(self, parameters: Mapping[str, Tensor]) -> Tables:
        """The rows [..., p, features] that a and b are looked up in; both are one where they have no table each."""
        tables = self.input_tables(parameters)
        return tables[0], tables[-1]

    def product_sizes(self, pairs: int) -> list[tuple[int, int, int]]:
        """Rows, inner and columns of the matrix products without which there are no logits of so many pairs.

        Those of every matrix behind the embedding, where nothing is known to be shared among pairs.
        """
        behind = [shape for name, shape in self.shapes().items() if len(shape) == 2 and name not in self.embeddings]
        return [(pairs, rows, columns) for rows, columns in behind]
