from __future__ import annotations

import math

import pytest
import torch

from grokterm.analysis.attention import average_pattern, equals_pattern
from grokterm.config import choices
from grokterm.lab.models import build
from tests.analysis.models import small


@pytest.mark.parametrize("sequence", choices("sequence"))
@pytest.mark.parametrize(("depth", "layer_norm"), [(1, "none"), (2, "pre"), (3, "post")])
def test_patterns_against_full_attention_over_all_tokens(depth: int, layer_norm: str, sequence: str) -> None:
    p, d, heads = 5, 8, 2
    config = small("transformer", "add", p, depth=depth, layer_norm=layer_norm, sequence=sequence, width=12, d_model=d)
    fresh = build(config).init(torch.Generator().manual_seed(0))
    parameters = {name: value.double() for name, value in fresh.items()}
    pairs = torch.arange(p * p)
    a, b, (equals, eos, op) = pairs // p, pairs % p, (torch.full_like(pairs, p + i) for i in range(3))
    read = [a, b, equals] if sequence == "a-b-equals" else [eos, a, op, b, equals]
    tokens, count = torch.stack(read, -1), len(read)
    x = parameters["W_E"][tokens] + parameters["W_pos"]

    def norm(x: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.layer_norm(x, (d,))

    for block in range(depth):
        at = norm(x) if layer_norm == "pre" else x
        q, k, v = (
            (at @ parameters[f"{block}.{name}"]).view(p * p, count, heads, d // heads) for name in ("W_Q", "W_K", "W_V")
        )
        scores = torch.einsum("nihd,njhd->nhij", q, k) / math.sqrt(d // heads)
        pattern = scores.masked_fill(torch.ones(count, count, dtype=torch.bool).triu(1), -math.inf).softmax(-1)
        for chosen in (pairs >= 0, pairs % 3 == 1, pairs == 7):
            got = average_pattern(config, parameters, block, chosen.view(p, p))
            torch.testing.assert_close(got, pattern[chosen].mean(0), rtol=1e-9, atol=1e-12)
        last = pattern[:, :, -1].permute(1, 2, 0).reshape(heads, count, p, p)
        torch.testing.assert_close(equals_pattern(config, parameters, block), last, rtol=1e-9, atol=1e-12)
        mixed = torch.einsum("nhij,njhd->nihd", pattern, v).flatten(-2)
        x = x + mixed @ parameters[f"{block}.W_O"]
        x = norm(x) if layer_norm == "post" else x
        at = norm(x) if layer_norm == "pre" else x
        hidden = (at @ parameters[f"{block}.W_in"] + parameters[f"{block}.b_in"]).relu()
        x = x + hidden @ parameters[f"{block}.W_out"] + parameters[f"{block}.b_out"]
        x = norm(x) if layer_norm == "post" else x


def test_averages_and_the_last_query_add_up_to_one() -> None:
    config = small("transformer", "add", 7, width=12, d_model=8)
    fresh = build(config).init(torch.Generator().manual_seed(0))
    replicas = {name: torch.stack([value, 3 * value]) for name, value in fresh.items()}
    average = average_pattern(config, replicas)
    assert average.shape == (2, 2, 3, 3)
    torch.testing.assert_close(average.sum(-1), torch.ones(2, 2, 3))
    last = equals_pattern(config, replicas)
    assert last.shape == (2, 2, 3, 7, 7)
    torch.testing.assert_close(last.sum(-3), torch.ones(2, 2, 7, 7))
    torch.testing.assert_close(last[0], equals_pattern(config, fresh))


def test_other_architectures_have_no_attention() -> None:
    config = small("one-hot", "add", 5)
    with pytest.raises(ValueError, match="only a transformer"):
        average_pattern(config, build(config).init(torch.Generator().manual_seed(0)))
    config = small("transformer", "add", 5, d_model=8)
    with pytest.raises(ValueError, match="no block 1"):
        average_pattern(config, build(config).init(torch.Generator().manual_seed(0)), 1)


def test_weights_that_are_not_finite_raise_nothing() -> None:
    config = small("transformer", "add", 5, d_model=8, width=8)
    fresh = build(config).init(torch.Generator().manual_seed(0))
    assert equals_pattern(config, {name: value * math.nan for name, value in fresh.items()}).isnan().all()
