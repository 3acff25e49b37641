from __future__ import annotations

import pytest
import torch

from grokterm.analysis.activations import activations, input_tables, neuron_layers
from grokterm.config import choices
from grokterm.lab.models import build
from tests.analysis.models import small


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("layer_norm", ["none", "pre", "post"])
@pytest.mark.parametrize("arch", choices("arch"))
def test_the_opened_forward_pass_ends_in_the_logits_of_the_model(arch: str, layer_norm: str, depth: int) -> None:
    config = small(arch, "add", 7, depth=depth, layer_norm=layer_norm, width=12, d_model=8, activation="gelu")
    model, generator = build(config), torch.Generator().manual_seed(0)
    fresh = model.init(generator)
    parameters = {
        name: torch.stack([value, 2 * value]).double() + 0.1 * torch.randn(2, *value.shape, generator=generator)
        for name, value in fresh.items()
    }
    a, b = torch.arange(7).repeat_interleave(7), torch.arange(7).repeat(7)
    found = activations(config, parameters, a, b)
    torch.testing.assert_close(found["logits"], model.logits(parameters, a, b), rtol=1e-9, atol=1e-9)
    assert all(found[name].shape == (2, 49, 12) for name in neuron_layers(config))


@pytest.mark.parametrize("arch", choices("arch"))
def test_given_tables_stand_in_for_the_embedding(arch: str) -> None:
    config = small(arch, "add", 5, width=6, d_model=4)
    parameters = build(config).init(torch.Generator().manual_seed(0))
    a, b = torch.tensor([1, 4, 2]), torch.tensor([3, 0, 2])
    of_a, of_b = input_tables(config, parameters)
    row = torch.arange(3)
    given = activations(config, parameters, row, row, (of_a[a], of_b[b]))
    torch.testing.assert_close(given["logits"], build(config).logits(parameters, a, b))
