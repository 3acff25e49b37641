"""The transformer of Nanda et al. (2023, arXiv:2301.05217) on a, b, "=", with or without more constant tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

import torch
from torch import Tensor

from grokterm.config.architectures import Architecture
from grokterm.config.losses import Loss
from grokterm.lab import native
from grokterm.lab.models import transformer_kernel_step, transformer_trace
from grokterm.lab.models.attention import Stream, attend, once_a_residue, project, shared_index
from grokterm.lab.models.fused_pairs import FusedPairsModel, OutputLayer, supports_fusion
from grokterm.lab.models.model import LOGITS, Drop, Model, Parameters, Shapes, Tables
from grokterm.lab.models.partly_trained import StandIn
from grokterm.lab.models.residual_stream import ATTENTION_AXES, BLOCK_AXES, ResidualStreamModel
from grokterm.lab.models.single_block import attended, folded, scores_and_values
from grokterm.lab.models.sublayers import (
    ACTIVATIONS,
    affine,
    gather_rows,
    layer_norm,
    read_out,
    with_one,
)
from grokterm.lab.models.transformer_in_few_operations import TransformerInFewOperations
from grokterm.lab.models.transformer_parameters import (
    all_shapes,
    constants,
    initial,
    product_sizes,
    stand_ins,
)
from grokterm.lab.precision import cast_input
from grokterm.lab.row_sums import head_row_sums, pair_row_sums
from grokterm.lab.tasks import Pairs


class Transformer(ResidualStreamModel, FusedPairsModel):
    """Positions, attention, an MLP, read at "=" by W_U.

    As Nanda et al. have it, positions are learned, attention is causal and has no biases, the MLP has, and W_U is
    not tied to the embedding: the settings `positional`, `causal`, `attention_rate`, `bias` and `tied` change that, and
    `sequence` has the constant tokens of Power et al.'s code (2022, arXiv:2201.02177) read as well.

    Its vocabulary is the p residues, "=" (row p of `W_E`), and behind them the other constant tokens. `W_U` has the p
    residues alone, since "=" is never an answer, or with p+1 classes a last column for "=" too: that takes part in the
    softmax of the loss, as in the code of Nanda et al., and is dropped in accuracy and every measure. Heads lie side by
    side in the columns of `W_Q`, `W_K`, `W_V` and in the rows of `W_O`. LayerNorm `pre` normalises the input of every
    sublayer and of `W_U` (as GPT-2), `post` the stream after every sublayer (as Vaswani et al.).

    What sees a alone, beside constant tokens, stays p rows in every block, and what sees constant tokens alone
    one; b is p rows before the first block; "=" is one row there, and in the last block it is the only position
    computed.
    """

    few_operations = TransformerInFewOperations
    embeddings = ("W_E",)
    matrix_axes: ClassVar = {
        **ATTENTION_AXES,
        **BLOCK_AXES,
    }

    def axes(self, name: str) -> tuple[str, str]:
        """See `Network`; rows of the embedding and of the positions are those of the sequence."""
        rows = {
            "W_E": f"residue, last {' '.join(constants(self.config))}",
            "W_pos": f"position {' '.join(self.config.sequence_tokens)}",
        }
        return (rows[name], "dimension") if name in rows else super().axes(name)

    @property
    def is_single_layer(self) -> bool:
        """See `FusedPairsModel`; biases in attention would stand between, and three tokens alone are known."""
        three = len(self.config.sequence_tokens) == 3
        return super().is_single_layer and self.config.bias != "all" and three

    def all_shapes(self) -> Shapes:
        """The shape of every parameter; those of block i are named `i.…`, from 0."""
        return all_shapes(self.config)

    def stand_ins(self) -> dict[str, StandIn]:
        """With tied weights W_E of the classes, transposed, for W_U; and positions that are constant."""
        constant = {"W_pos": self.constant("W_pos")} if self.config.positional == "none" else {}
        return super().stand_ins() | constant | stand_ins(self.config)

    def init(self, generator: torch.Generator) -> Parameters:
        """Weights ~ N(0, 1)/√d_model, W_U ~ N(0, 1)/√(p + 1), biases 0, as in Nanda et al.'s code."""
        return initial(self.config, self.shapes(), generator)

    def logits(self, parameters: Mapping[str, Tensor], a: Tensor, b: Tensor, drop: Drop | None = None) -> Tensor:
        """Logits [..., n, classes] of the pairs a, b (int64 [n] each).

        Of several blocks, neurons at a position that sees one residue are left out for a residue, not for a pair.
        """
        parameters = self.complete(parameters)
        if self.is_single_layer:  # nothing stands between the products of the one block: they are multiplied first
            mixed = self._mixed_of_pairs(parameters, a, b)
            to_hidden, to_logits, of_neurons = folded(self.config, self.product, parameters)
            neurons = ACTIVATIONS[self.config.activation](self.product(mixed, to_hidden))
            neurons = neurons if drop is None else drop(1, neurons)
            return self.product(mixed, to_logits) + self.product(neurons, of_neurons)
        return self._logits_of_streams(parameters, self._embed(parameters, a, b), drop)

    def inputs(self, parameters: Mapping[str, Tensor], a: Tensor, b: Tensor) -> Tensor:
        """The embeddings of a and b side by side, [..., n, 2 · d_model]."""
        return torch.cat([gather_rows(parameters["W_E"], n) for n in (a, b)], -1)

    def logits_of_inputs(self, parameters: Mapping[str, Tensor], inputs: Tensor) -> Tensor:
        """Logits [..., n, classes] of what `inputs` gives."""
        parameters = self.complete(parameters)
        a, b = inputs.chunk(2, -1)
        return self._logits_of_streams(parameters, self._embed(parameters, None, None, (a, b)), None)

    def _logits_of_streams(self, parameters: Mapping[str, Tensor], streams: list[Stream], drop: Drop | None) -> Tensor:
        """The logits, read at "=", of the positions before the first block."""
        for block in range(self.config.depth - 1):
            streams = [self._block(parameters, block, streams, at, drop) for at in range(len(streams))]
        answer = self._block(parameters, self.config.depth - 1, streams, len(streams) - 1, drop).rows
        if self.config.layer_norm == "pre":
            answer = layer_norm(parameters, "norm_out", answer)
        return read_out(self.product, parameters, answer)

    def trace(
        self, parameters: Mapping[str, Tensor], a: Tensor, b: Tensor, tables: Tables | None = None, last: str = LOGITS
    ) -> Parameters:
        """At "=", of block i: `i.attention` (the stream after attention), `i.neurons`, `i.residual`; then `logits`."""
        parameters = self.complete(parameters)
        return transformer_trace.trace(self.config, parameters, self._embed(parameters, a, b, tables), last)

    def attention(
        self, parameters: Mapping[str, Tensor], a: Tensor, b: Tensor, block: int, every: bool = False
    ) -> Tensor:
        """What "=", or every position, attends to: the tokens of the sequence, a, b and itself among them."""
        parameters = self.complete(parameters)
        return transformer_trace.attention(self.config, parameters, block, self._embed(parameters, a, b), every)

    def head_writes(self, block: int) -> str:
        """W_O of the block."""
        return f"{block}.W_O"

    def neuron_inputs(self, parameters: Mapping[str, Tensor]) -> Tables:
        """What passes by attention, were it to look at that position alone: W_E W_V W_O W_in, the same for both."""
        way = parameters["0.W_V"] @ parameters["0.W_O"] @ parameters["0.W_in"]
        rows = self.residue_tables(parameters)[0] @ way
        return rows, rows

    @property
    def reads_alike(self) -> bool:
        """They are."""
        return True

    @property
    def why_not_by_kernels(self) -> str:
        """See `Model`."""
        if self.config.attention_rate != 1:
            return "the kernels know an attention rate of 1 alone"
        if self.config.bias == "all":
            return "the kernels know no biases in attention"
        if len(self.config.sequence_tokens) != 3:
            return 'the kernels know the three tokens a, b, "=" alone'
        return super().why_not_by_kernels

    @property
    def has_few_operations(self) -> bool:
        """See `FusedPairsModel`; they know softmax attention alone."""
        return super().has_few_operations and self.config.attention_rate == 1

    def layers_have_kernel(self, parameters: Mapping[str, Tensor]) -> bool:
        """Whether there is one block without LayerNorm, of widths and heads that the kernels support."""
        width, d_model, heads = self.config.width, self.config.d_model, self.config.heads
        activation = self.config.activation
        supported = native.supports(self.product, activation, parameters["W_E"], width, d_model)
        return super().is_single_layer and supported and native.supports_heads(d_model, heads)

    @torch.no_grad()
    def kernel_inputs(self, parameters: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """Scores and values of the tokens, and the folded products."""
        return transformer_kernel_step.kernel_inputs(self.config, self.product, self.complete(parameters))

    def fused_inputs(self, parameters: Mapping[str, Tensor]) -> tuple[Tensor, ...]:
        """Scores and values of the tokens, and the folded products."""
        given = (self.config, self.product, self.complete(parameters))
        return *scores_and_values(*given), *folded(*given)

    def output_layer(self, inputs: tuple[Tensor, ...], pairs: Pairs, cast_inputs: bool) -> OutputLayer:
        """What "=" attends to, times the folded products."""
        scores, values, to_hidden, to_logits, of_neurons = inputs
        mixed = with_one(attended(self.config, scores, values, pairs.row_sums, pairs.head_row_sums(self.config.heads)))
        if cast_inputs:
            hidden = cast_input(self.product, mixed) @ cast_input(self.product, to_hidden)
        else:
            hidden = self.product(mixed, to_hidden)
        return OutputLayer(hidden, of_neurons, self.product(mixed, to_logits))

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
        scores = transformer_kernel_step.step(self.config, self.product, parameters, pairs, gradient, loss)
        if self.config.tied == "on":
            gradient["W_E"][..., : self.config.class_count, :] += gradient["W_U"].mT
        return scores

    def product_sizes(self, pairs: int) -> list[tuple[int, int, int]]:
        """Those of one block: over the pairs, of the weights that `folded` multiplies, and over the tokens."""
        config = self.config
        terms = self.is_single_layer and native.takes_terms(self.product, config.p, config.width, config.heads)
        return product_sizes(config, pairs, terms)

    @property
    def floats_per_example(self) -> int:
        """The largest of MLP width, residual stream and classes."""
        return max(self.config.width, self.config.d_model, self.config.class_count)

    def _embed(
        self, parameters: Mapping[str, Tensor], a: Tensor | None, b: Tensor | None, tables: Tables | None = None
    ) -> list[Stream]:
        """The positions before the first block; `tables` stand in for the rows of a and of b.

        Without a and b the tables have a row for each pair.
        """
        sequence, constant = self.config.sequence_tokens, constants(self.config)
        residues, *rows = parameters["W_E"].split_with_sizes([self.config.p, *[1] * len(constant)], -2)
        positions = parameters["W_pos"].split_with_sizes([1] * len(sequence), -2)
        rows_a, rows_b = tables or (residues, residues)
        if b is not None and b is a:
            b = b.view_as(b)  # indices tell what depends on a from what depends on b
        found = {"a": Stream(rows_a, a), "b": Stream(rows_b, b)}
        found |= {token: Stream(row, None, True) for token, row in zip(constant, rows, strict=True)}
        return [
            found[token]._replace(rows=found[token].rows + at) for token, at in zip(sequence, positions, strict=True)
        ]

    def _block(
        self, parameters: Mapping[str, Tensor], block: int, streams: list[Stream], at: int, drop: Drop | None
    ) -> Stream:
        """One of the positions after the block, which sees those up to itself, or all without a causal mask."""
        mixed = self._mixed(parameters, block, streams, at)
        x = streams[at]
        attended = project(self.product, parameters, block, "O", mixed.rows)
        rows = x.rows if x.row_index is mixed.row_index else x.gathered()
        x = mixed._replace(rows=self._after(parameters, f"{block}.norm_attention", rows + attended))
        hidden = affine(
            self.product,
            self._before(parameters, f"{block}.norm_mlp", x.rows),
            parameters[f"{block}.W_in"],
            parameters[f"{block}.b_in"],
        )
        hidden = ACTIVATIONS[self.config.activation](hidden)
        if drop is not None:
            hidden = drop(2 + block * len(streams) + at, hidden)
        out = affine(self.product, hidden, parameters[f"{block}.W_out"], parameters[f"{block}.b_out"])
        return x.map(lambda rows: self._after(parameters, f"{block}.norm_mlp", rows + out))

    def _mixed(self, parameters: Mapping[str, Tensor], block: int, streams: list[Stream], at: int) -> Stream:
        """The attention output of one position, before W_O."""

        def projected(stream: Stream, to: str) -> Stream:
            return stream.map(lambda rows: project(self.product, parameters, block, to, rows))

        visible = streams[: at + 1] if self.config.causal == "on" else streams
        index, constant = shared_index(visible), all(s.constant for s in visible)
        seen = [
            s.map(lambda rows: self._before(parameters, f"{block}.norm_attention", rows))
            for s in once_a_residue(visible)
        ]
        values = [projected(s, "V") for s in seen]
        if len(seen) == 1:
            return Stream(values[0].rows, index, constant)  # the first position sees itself alone: its pattern is 1
        keys, query = [projected(s, "K") for s in seen], projected(seen[at], "Q")
        rows = attend(query, keys, values, self.config.heads, self.config.attention_rate)
        return Stream(rows, index, constant)

    def _mixed_of_pairs(self, parameters: Mapping[str, Tensor], a: Tensor, b: Tensor) -> Tensor:
        """The attention output at "=", and a last feature of 1, [..., n, d_model + 1]."""
        if supports_fusion(parameters["W_E"]):
            row_sums = pair_row_sums(a, b, self.config.p)
            of_heads = head_row_sums(row_sums, self.config.heads)
            given = scores_and_values(self.config, self.product, parameters)
            return with_one(attended(self.config, *given, row_sums, of_heads))
        streams = self._embed(parameters, a, b)
        return with_one(self._mixed(parameters, 0, streams, len(streams) - 1).rows)

    def _before(self, parameters: Mapping[str, Tensor], name: str, x: Tensor) -> Tensor:
        return layer_norm(parameters, name, x) if self.config.layer_norm == "pre" else x

    def _after(self, parameters: Mapping[str, Tensor], name: str, x: Tensor) -> Tensor:
        return layer_norm(parameters, name, x) if self.config.layer_norm == "post" else x


MODELS: Final[dict[Architecture, type[Model]]] = {"transformer": Transformer}
"""The architecture of this file by its name."""
