"""The transformer of one block without LayerNorm: nothing stands between its products, which are multiplied first."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from grokterm.config import Config
from grokterm.lab.models.attention import by_head
from grokterm.lab.models.fused_pairs import pair_attention, pair_sum
from grokterm.lab.precision import Product
from grokterm.lab.row_sums import RowSums


def folded(config: Config, product: Product, parameters: Mapping[str, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    """W_O W_in with b_in, W_O W_U with all that is the same for every pair, and W_out W_U.

    The first two are [..., d_model + 1, ·]: the last feature of what they multiply is 1, so that what is
    added to every pair is a row of the weight, and no pass over the pairs.
    """
    w_o, w_in, w_out, w_u = (parameters[name] for name in ("0.W_O", "0.W_in", "0.W_out", "W_U"))
    equals, b_out = parameters["W_E"][..., -1:, :] + parameters["W_pos"][..., -1:, :], parameters["0.b_out"]
    # One product of all rows with all columns takes a fraction of the time of one for each pair of them.
    rows, columns = torch.cat((w_o, equals, b_out[..., None, :]), -2), torch.cat((w_in, w_u), -1)
    to_hidden, to_logits = product(rows, columns).split_with_sizes([config.width, config.class_count], -1)
    mixed, always, of_bias = to_hidden.split_with_sizes([config.d_model, 1, 1], -2)
    to_hidden = torch.cat((mixed, always + parameters["0.b_in"][..., None, :]), -2)
    mixed, always, of_bias = to_logits.split_with_sizes([config.d_model, 1, 1], -2)
    return to_hidden, torch.cat((mixed, always + of_bias), -2), product(w_out, w_u)


def scores_and_values(config: Config, product: Product, parameters: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
    """The inputs of `attended`, of residues as a, as b, and of "=": [2p + 1, heads] and [2p + 1, d_model]."""
    w_q, w_k, w_v = (parameters[f"0.{name}"] for name in ("W_Q", "W_K", "W_V"))
    at_a, at_b, at_equals = parameters["W_pos"].split_with_sizes([1, 1, 1])
    residues, equals = parameters["W_E"].split_with_sizes([config.p, 1])
    rows = torch.cat((residues + at_a, residues + at_b, equals + at_equals))
    heads, d = config.heads, config.d_model
    queries, keys, values = product(rows, torch.cat((w_q, w_k, w_v), 1)).split_with_sizes([d, d, d], 1)
    return by_head(queries[-1:] * keys, heads).sum(-1) / math.sqrt(d // heads), values.contiguous()


def attended(config: Config, scores: Tensor, values: Tensor, row_sums: RowSums, of_heads: RowSums) -> Tensor:
    """The attention output at "=" before W_O, [n, d_model], at the attention rate, as `attention.attend` has it."""
    rate = config.attention_rate
    if rate == 1:
        return pair_attention(scores, values, of_heads)
    of_a, of_b, of_equals = values.split_with_sizes([config.p, config.p, 1])
    uniform = pair_sum(of_a, of_b, row_sums) + of_equals
    return (1 - rate) * uniform + rate * pair_attention(scores, values, of_heads) if rate else uniform
