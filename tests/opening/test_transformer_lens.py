"""State dicts of the real TransformerLens."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from grokterm.config import Config
from tests.export.test_weights import tokens, transformer_lens
from tests.opening.conftest import logits_of, opened


@pytest.mark.parametrize(
    ("settings", "asked"),
    [
        ({}, {}),
        ({"normalization_type": "LN", "n_layers": 2, "act_fn": "gelu"}, {"activation": "gelu"}),
        ({"normalization_type": "LNPre"}, {"layer_norm": "pre"}),
        ({"n_layers": 2, "attention_dir": "bidirectional"}, {"causal": "off"}),
    ],
    ids=["plain", "LN", "LNPre", "bidirectional"],
)
def test_a_hooked_transformer_is_opened_with_its_logits(settings: dict[str, Any], asked: dict[str, Any]) -> None:
    lens = transformer_lens()
    size = {"n_layers": 1, "d_model": 16, "n_ctx": 3, "n_heads": 2, "d_head": 8, "d_mlp": 40}
    more = {"d_vocab": 12, "d_vocab_out": 11, "act_fn": "relu", "normalization_type": None, "seed": 0}
    network = lens.HookedTransformer(lens.HookedTransformerConfig(**(size | more | settings)))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter += 0.2 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(parameter.numel()))
        expected = network(tokens(Config(p=11, arch="transformer")))[:, -1]
    model = opened(network.state_dict(), **asked)
    torch.testing.assert_close(logits_of(model), expected, rtol=0, atol=1e-5)
