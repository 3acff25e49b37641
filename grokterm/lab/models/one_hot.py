"""The one-hot MLP: a and b as one-hot vectors side by side, one to eight hidden layers, p classes or one more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

import torch
from torch import Tensor
from torch.nn import functional

from grokterm.config.architectures import Architecture
from grokterm.config.losses import Loss
from grokterm.lab import native
from grokterm.lab.models.closed_form import closed_form
from grokterm.lab.models.few_operations import OneHotInFewOperations
from grokterm.lab.models.fused_pairs import FusedPairsModel, OutputLayer, pair_sum, supports_fusion
from grokterm.lab.models.hidden_layers import MATRIX_AXES, hidden_shapes, layers, logits_of_hidden, neurons
from grokterm.lab.models.model import LOGITS, Drop, Model, Parameters, Shapes, Tables
from grokterm.lab.models.small_products import small_product
from grokterm.lab.models.sublayers import (
    affine,
    gather_rows,
    layer_norm_init,
    linear_init,
)
from grokterm.lab.precision import Product
from grokterm.lab.row_sums import pair_row_sums
from grokterm.lab.tasks import Pairs


class OneHotMlp(FusedPairsModel):
    """One-hot pair → width (depth times) → classes, with biases and the initial weights of torch.nn.Linear.

    The first layer of a one-hot pair is a row of `W_a` plus a row of `W_b`: a sum of two of 2p rows,
    not a product of n. LayerNorm acts on the activations of each hidden layer: with `pre` a layer is
    f(LN(xW + b)), with `post` it is LN(f(xW + b)), for the activation f.
    """

    few_operations = OneHotInFewOperations
    matrix_axes: ClassVar = {
        "W_a": ("residue a", "neuron"),
        "W_b": ("residue b", "neuron"),
        **MATRIX_AXES,
    }

    def all_shapes(self) -> Shapes:
        """The shape of every parameter: W_a, W_b, b_1, then W_i, b_i a further layer, then W_out, b_out."""
        return {**self._input_shapes(), "b_1": (self.config.width,), **hidden_shapes(self.config)}

    def init(self, generator: torch.Generator) -> Parameters:
        """Uniform within ±1/√fan_in for weights and biases, as torch.nn.Linear; LayerNorm gain 1, shift 0.

        With `init` closed-form, the solution of Gromov 2023.
        """
        if self.config.init == "closed-form":
            return closed_form(self.config, self.shapes())
        width = self.config.width
        parameters = self._input_init(generator)
        for name, shape in self.shapes().items():
            if name.startswith("norm_"):
                parameters |= layer_norm_init(name.rpartition(".")[0], width)
            elif name not in parameters:
                fan_in = self._input_size() if name == "b_1" else width
                parameters[name] = linear_init(shape, fan_in, generator)
        return {name: parameters[name] for name in self.shapes()}

    def logits(self, parameters: Mapping[str, Tensor], a: Tensor, b: Tensor, drop: Drop | None = None) -> Tensor:
        """Logits [..., n, classes] of the pairs a, b (int64 [n] each)."""
        parameters = self.complete(parameters)
        of_a, of_b = self._input_rows(parameters, self.product)
        of_a = of_a + parameters["b_1"][..., None, :]
        if supports_fusion(of_a):
            x = pair_sum(of_a, of_b, pair_row_sums(a, b, self.config.p))
        else:
            x = gather_rows(of_a, a) + gather_rows(of_b, b)
        return logits_of_hidden(self.config, self.product, parameters, x, drop)

    def inputs(self, parameters: Mapping[str, Tensor], a: Tensor, b: Tensor) -> Tensor:
        """Two one-hot vectors side by side, [..., n, 2p]."""
        bias = self.complete(parameters)["b_1"]
        one_hot = torch.cat([functional.one_hot(n, self.config.p) for n in (a, b)], -1).to(bias.dtype)
        return one_hot.expand(*bias.shape[:-1], *one_hot.shape)

    def logits_of_inputs(self, parameters: Mapping[str, Tensor], inputs: Tensor) -> Tensor:
        """Logits [..., n, classes] of what `inputs` gives."""
        parameters = self.complete(parameters)
        weight = torch.cat((parameters["W_a"], parameters["W_b"]), -2)
        x = affine(self.product, inputs, weight, parameters["b_1"])
        return logits_of_hidden(self.config, self.product, parameters, x, None)

    def trace(
        self, parameters: Mapping[str, Tensor], a: Tensor, b: Tensor, tables: Tables | None = None, last: str = LOGITS
    ) -> Parameters:
        """`sum` (what a and b add up to, before the first activation), `neurons_1` …, `logits`."""
        names = self.config.architecture.embedding.parameters
        given = {} if tables is None else dict(zip(names, tables, strict=True))
        parameters = self.complete({**parameters, **given})
        of_a, of_b = self._rows_with_bias(parameters)
        return self._trace_of_sum(parameters, of_a.index_select(-2, a) + of_b.index_select(-2, b), last)

    def trace_grid(self, parameters: Mapping[str, Tensor], a: Tensor, b: Tensor, last: str) -> Parameters:
        """The same for each of a with each of b, whose rows are taken once."""
        parameters = self.complete(parameters)
        of_a, of_b = self._rows_with_bias(parameters)
        x = of_a.index_select(-2, a).unsqueeze(-2) + of_b.index_select(-2, b).unsqueeze(-3)
        return self._trace_of_sum(parameters, x.flatten(-3, -2), last)

    def _rows_with_bias(self, parameters: Mapping[str, Tensor]) -> Tables:
        """What a and b each add to the first sum, [..., p, width]; the bias is with b."""
        of_a, of_b = self.neuron_inputs(parameters)
        return of_a, of_b + parameters["b_1"][..., None, :]

    def _trace_of_sum(self, parameters: Mapping[str, Tensor], x: Tensor, last: str) -> Parameters:
        seen = {"sum": x}
        for layer in layers(self.config):
            x = neurons(self.config, self.product, parameters, layer, x)
            seen[f"neurons_{layer}"] = x
            if last in seen:
                return seen
        seen[LOGITS] = affine(self.product, x, parameters["W_out"], parameters["b_out"])[..., : self.config.p]
        return seen

    @property
    def neuron_layers(self) -> list[str]:
        """`neurons_1` …, as in `trace`."""
        return [f"neurons_{layer}" for layer in layers(self.config)]

    def outgoing(self, layer: int) -> str:
        """The weights of the layer behind it."""
        return "W_out" if layer == self.config.depth - 1 else f"W_{layer + 2}"

    def only_neurons(self, parameters: Mapping[str, Tensor], neurons: Tensor, layer: int) -> Parameters | None:
        """Of a single layer, their columns of the first weights and rows of the last; else None."""
        if not self.is_single_layer:
            return None
        parameters = self.complete(parameters)
        found = {name: parameters[name].index_select(-1, neurons) for name in ("W_a", "W_b", "b_1")}
        return {**parameters, **found, "W_out": parameters["W_out"].index_select(-2, neurons)}

    def neuron_inputs(self, parameters: Mapping[str, Tensor]) -> Tables:
        """What each residue as a and as b adds to the first hidden layer, [..., p, width] each."""
        return self._input_rows(self.complete(parameters), self.product)

    def neuron_logit_map(self, parameters: Mapping[str, Tensor]) -> Tensor:
        """W_out of the residues, [..., width, p]."""
        return parameters["W_out"][..., : self.config.p]

    @property
    def hidden_matrices(self) -> frozenset[str]:
        """Every layer but the last; of one-hot vectors that is the first as well, for there is no embedding."""
        return super().hidden_matrices | {"W_a", "W_b"}

    def layers_have_kernel(self, parameters: Mapping[str, Tensor]) -> bool:
        """Whether only an activation that the kernels support is between the sum of two rows and the output layer."""
        width, activation = self.config.width, self.config.activation
        return self.is_single_layer and native.supports(self.product, activation, parameters["W_out"], width)

    @torch.no_grad()
    def kernel_inputs(self, parameters: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """The rows of both residues, the first with b_1, and the output layer."""
        parameters = self.complete(parameters)
        of_a, of_b = self._input_rows(parameters, small_product(self.product, parameters["W_out"]))
        of_a, w_out, b_out = of_a + parameters["b_1"][..., None, :], parameters["W_out"], parameters["b_out"]
        return {"of_a": of_a, "of_b": of_b, "w_out": w_out, "b_out": b_out}

    def fused_inputs(self, parameters: Mapping[str, Tensor]) -> tuple[Tensor, ...]:
        """The rows of both residues, the first with b_1, and the output layer."""
        parameters = self.complete(parameters)
        of_a, of_b = self._input_rows(parameters, self.product)
        return of_a + parameters["b_1"], of_b, parameters["W_out"], parameters["b_out"][None]

    def output_layer(self, inputs: tuple[Tensor, ...], pairs: Pairs, cast_inputs: bool) -> OutputLayer:
        """The sum of two rows, W_out and b_out."""
        of_a, of_b, weight, bias = inputs
        return OutputLayer(
            pair_sum(of_a, of_b, pairs.row_sums, self.product if cast_inputs else torch.matmul), weight, bias
        )

    @torch.no_grad()
    def kernel_step(
        self,
        parameters: Mapping[str, Tensor],
        pairs: Pairs | Sequence[Pairs],
        gradient: Mapping[str, Tensor],
        loss: Loss = "cross-entropy",
    ) -> list[tuple[float, int]]:
        """Summed losses, right answers, and the gradient of the mean losses."""
        parameters, gradient = self.complete(parameters), self.complete_gradient(gradient)
        inputs = self.kernel_inputs(parameters)
        d_of_a, d_of_b = self._gradient_rows(gradient)
        into = {"of_a": d_of_a, "of_b": d_of_b, "w_out": gradient["W_out"], "b_out": gradient["b_out"]}
        scores = native.scores_and_gradients(self.product, self.config.activation, pairs, inputs, into, loss)
        torch.sum(d_of_a, -2, out=gradient["b_1"])
        self._pass_on(parameters, d_of_a, d_of_b, gradient)
        return scores

    def product_sizes(self, pairs: int) -> list[tuple[int, int, int]]:
        """Those of the layers behind the first, which is a sum of rows."""
        width, between = self.config.width, self.config.depth - 1
        return [(pairs, width, self.config.class_count), *[(pairs, width, width)] * between]

    @property
    def floats_per_example(self) -> int:
        """The width, or the classes where they are more."""
        return max(self.config.width, self.config.class_count)

    def _input_size(self) -> int:
        return 2 * self.config.p

    def _input_shapes(self) -> Shapes:
        return dict.fromkeys(("W_a", "W_b"), (self.config.p, self.config.width))

    def _input_init(self, generator: torch.Generator) -> Parameters:
        return {name: linear_init(shape, self._input_size(), generator) for name, shape in self._input_shapes().items()}

    def _input_rows(self, parameters: Mapping[str, Tensor], product: Product) -> Tables:
        """The contribution of each residue, as a and as b, to the first hidden layer: [..., p, width] each."""
        return parameters["W_a"], parameters["W_b"]

    def _gradient_rows(self, gradient: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Where the gradients by `_input_rows` are to be written."""
        return gradient["W_a"], gradient["W_b"]

    def _pass_on(
        self, parameters: Mapping[str, Tensor], d_of_a: Tensor, d_of_b: Tensor, gradient: Mapping[str, Tensor]
    ) -> None:
        """Write the gradients of what `_input_rows` is computed from; here the rows are parameters."""


MODELS: Final[dict[Architecture, type[Model]]] = {"one-hot": OneHotMlp}
"""The architecture of this file by its name."""
