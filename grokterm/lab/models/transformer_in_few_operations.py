"""The one-layer transformer without LayerNorm in few operations; see `few_operations` for why and how.

The tokens are the 2p + 1 rows that a pair's a, b and "=" take: the residues as a, as b, and "=".
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from grokterm.config import Config
from grokterm.lab.models.few_operations import (
    FewOperations,
    StepInputs,
    activate,
    activation_backward,
    gather_sums,
    starts,
)
from grokterm.lab.models.layout import Layout
from grokterm.lab.precision import Product


class TransformerInFewOperations(FewOperations):
    """Attention from "=" over three tokens, an MLP behind it, and W_U, one after another for every pair."""

    def __init__(self, config: Config, product: Product, layout: Layout, flat: Tensor, gradient: Tensor) -> None:
        super().__init__(config, product, layout, flat, gradient)
        p, d, tokens = config.p, config.d_model, 2 * config.p + 1
        self._embedding, self._d_embedding = (
            layout.span(each, "W_E", "W_pos").view(-1, d) for each in (flat, gradient)
        )
        self._to_qkv, self._d_to_qkv = (layout.span(each, "0.W_Q", "0.W_V").view(3, d, d) for each in (flat, gradient))
        token = torch.arange(tokens, device=flat.device)
        self._parts = torch.stack((token % p + p * (token // (2 * p)), p + 1 + token // p), 1)
        """int64 [2p + 1, 2]: the rows of W_E over W_pos that a token is the sum of."""
        self._starts = starts(self._parts)
        self._one_hot = flat.new_zeros(tokens, p + 4).scatter_(1, self._parts, 1)
        self._head = torch.arange(config.heads, device=flat.device)[:, None]
        self._scale = 1 / math.sqrt(d // config.heads)
        self._d_qkv = flat.new_zeros(3, tokens, d)
        """Of the queries only that of "=" is ever written, the others stay 0."""

    def step(self, inputs: StepInputs, share: float) -> Tensor:
        """See `FewOperations`."""
        rows = gather_sums(self._embedding, self._parts, self._starts)
        rows_as_factor, to_qkv = self.rounded(rows), self.rounded(self._to_qkv)
        with self.products():
            qkv = torch.bmm(rows_as_factor.expand(3, -1, -1), to_qkv)
        pattern, mixed = self._attend(inputs, qkv)
        loss, d_mixed, d_equals = self._behind_attention(inputs, share, mixed, rows[-1])
        self._back_through_attention(inputs, qkv, pattern, mixed, d_mixed)
        d_qkv = self.rounded(self._d_qkv)
        with self.products():
            torch.bmm(rows_as_factor.mT.expand(3, -1, -1), d_qkv, out=self._d_to_qkv)
            d_rows = torch.bmm(d_qkv, to_qkv.mT).sum(0)
        d_rows[-1].addmv_(d_equals.mT, inputs.ones)
        torch.mm(self._one_hot.mT, d_rows, out=self._d_embedding)
        return loss

    def _attend(self, inputs: StepInputs, qkv: Tensor) -> tuple[Tensor, Tensor]:
        """The weights that every pair and head gives its tokens, [n · heads, 3], and the values mixed, [n, d_model]."""
        heads, tokens = self.config.heads, qkv.shape[1]
        query, keys = qkv[0, -1].view(heads, -1, 1), qkv[1].view(tokens, heads, -1).transpose(0, 1)
        scores = qkv.new_empty(tokens, heads)
        scores.mT[..., None].baddbmm_(keys, query, beta=0, alpha=self._scale)
        rows, begin = inputs.of_heads(self._head)
        pattern = scores.view(-1).index_select(0, rows.view(-1)).view(-1, 3).softmax(-1)
        values = qkv[2].reshape(tokens * heads, -1)
        mixed = gather_sums(values, rows, begin, pattern)
        return pattern, mixed.view(len(inputs.rows), -1)

    def _behind_attention(
        self, inputs: StepInputs, share: float, mixed: Tensor, equals: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The loss [1], and the gradients [n, d_model] by the mixed values and by what "=" adds to every pair."""
        of, d, activation = self.of, self.d, self.config.activation
        w_o, w_in, w_out, w_u = (self.rounded(of[name]) for name in ("0.W_O", "0.W_in", "0.W_out", "W_U"))
        gathered = self.rounded(mixed)
        with self.products():
            between = torch.addmm(equals, gathered, w_o)
            seen = self.rounded(between)
            hidden = torch.addmm(of["0.b_in"], seen, w_in)
            active = activate(activation, hidden)
            neurons = self.rounded(active)
            answer = self.rounded(torch.addmm(between, neurons, w_out).add_(of["0.b_out"]))
            logits = torch.mm(answer, w_u)
        loss, errors = self.errors(logits, inputs, share)
        errors = self.rounded(errors)
        with self.products():
            d["W_U"].addmm_(answer.mT, errors, beta=0, alpha=share)
            d_answer = torch.empty_like(between).addmm_(errors, w_u.mT, beta=0, alpha=share)
            given = self.rounded(d_answer)
            torch.sum(d_answer, 0, out=d["0.b_out"])
            torch.mm(neurons.mT, given, out=d["0.W_out"])
            d_hidden = activation_backward(activation, hidden, torch.mm(given, w_out.mT))
            torch.sum(d_hidden, 0, out=d["0.b_in"])
            d_hidden = self.rounded(d_hidden)
            torch.mm(seen.mT, d_hidden, out=d["0.W_in"])
            d_between = d_answer.addmm_(d_hidden, w_in.mT)
            given = self.rounded(d_between)
            torch.mm(gathered.mT, given, out=d["0.W_O"])
            return loss, torch.mm(given, w_o.mT), d_between

    def _back_through_attention(
        self, inputs: StepInputs, qkv: Tensor, pattern: Tensor, mixed: Tensor, d_mixed: Tensor
    ) -> None:
        """Write the gradients by keys, values and the query of "=".

        By the score s_j of a token, w_j (g·v_j − g·Σ_k w_k v_k). Summed over the pairs that took token j, the first
        term is v_j · Σ w_j g, and Σ w_j g is the gradient by v_j.
        """
        (_, tokens, _), heads, p, n = qkv.shape, self.config.heads, self.config.p, len(mixed)
        given = d_mixed.view(n, heads, -1)
        common = (given * mixed.view(n, heads, -1)).sum(-1, keepdim=True)
        given = torch.cat((given, common), -1)
        weighted = torch.empty(n, 3, *given.shape[1:], dtype=given.dtype, device=given.device)
        torch.mul(pattern.view(n, heads, 3).transpose(1, 2)[..., None], given[:, None], out=weighted)
        summed = given.new_empty(tokens, *given.shape[1:])
        one_hot = inputs.one_hot[:, :-1].view(n, 2, p).permute(1, 2, 0)
        torch.bmm(one_hot, weighted[:, :2].flatten(2).transpose(0, 1), out=summed[:-1].view(2, p, -1))
        torch.sum(weighted[:, 2], 0, out=summed[-1])
        of_values, taken = summed.split_with_sizes([given.shape[-1] - 1, 1], -1)
        each = (tokens * heads, 1, -1)
        of_scores = torch.baddbmm(
            taken.view(each), qkv[2].reshape(each), of_values.flatten(0, 1)[..., None], beta=-1
        ).view(tokens, heads, 1)
        self._d_qkv[2].view_as(of_values).copy_(of_values)
        by_head = of_scores.transpose(0, 1)
        keys, query = qkv[1].view(tokens, heads, -1).transpose(0, 1), qkv[0, -1].view(heads, 1, -1)
        d_keys = self._d_qkv[1].view(tokens, heads, -1).transpose(0, 1)
        d_keys.baddbmm_(by_head, query, beta=0, alpha=self._scale)
        d_query = self._d_qkv[0, -1].view(heads, 1, -1)
        d_query.baddbmm_(by_head.mT, keys, beta=0, alpha=self._scale)
