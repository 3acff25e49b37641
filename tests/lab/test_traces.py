"""What every architecture says of its own insides, against its logits and its trace, in float64."""

from __future__ import annotations

import ast
import itertools
from pathlib import Path

import pytest
import torch
from torch.testing import assert_close

import grokterm
from grokterm.config import Config, choices
from grokterm.config.architectures import ARCHITECTURES
from grokterm.lab.models import build
from tests.lab.examples import all_pairs, random_parameters, small

VARIANTS = list(itertools.product(choices("arch"), (1, 2, 3), choices("layer_norm")))


def test_every_architecture_is_described() -> None:
    assert tuple(ARCHITECTURES) == choices("arch")


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_words_name_settings_that_it_reads(arch: str) -> None:
    spec, config = Config().changed({"arch": arch}).architecture, Config().as_dict()
    every = {name for one in ARCHITECTURES.values() for name in one.uses}
    read = {name: value for name, value in config.items() if name in spec.uses or name not in every}
    assert all(text.format(**read, outputs=97) for text in (spec.words, spec.size, spec.short))
    assert {spec.embedding.size, spec.read_out.size} <= read.keys()


@pytest.mark.parametrize(("arch", "depth", "layer_norm"), VARIANTS)
@pytest.mark.parametrize("classes", choices("classes"))
def test_parts_are_where_the_architecture_says(arch: str, depth: int, layer_norm: str, classes: str) -> None:
    config = small(arch=arch, depth=depth, layer_norm=layer_norm, classes=classes)
    model, spec = build(config), config.architecture
    shapes, parameters = model.shapes(), random_parameters(build(config), replicas=(2,))
    assert all(shapes[name][0] >= config.p for name in model.embeddings)
    assert set(model.embeddings) <= set(spec.embedding.parameters)
    read_out = [name for name in spec.read_out.parameters if name in shapes]
    assert read_out
    assert all(shapes[name][-1] == config.class_count for name in read_out)
    assert len(model.neuron_layers) == depth
    assert all(shapes[model.outgoing(layer)][0] == config.width for layer in range(depth))
    assert model.neuron_logit_map(parameters).shape == (2, config.width, config.p)
    assert all(rows.shape == (2, config.p, config.width) for rows in model.neuron_inputs(parameters))
    assert all(rows.shape[:2] == (2, config.p) for rows in model.residue_tables(parameters))


@pytest.mark.parametrize(("arch", "depth", "layer_norm"), VARIANTS)
def test_a_part_of_a_trace_is_that_of_the_whole(arch: str, depth: int, layer_norm: str) -> None:
    config = small(arch=arch, depth=depth, layer_norm=layer_norm, activation="gelu")
    model, (a, b) = build(config), all_pairs(config.p)
    parameters = random_parameters(model)
    whole = model.trace(parameters, a, b)
    some, rest = torch.tensor([3, 0, 4]), torch.tensor([1, 2])
    of_grid = model.trace_grid(parameters, some, rest, "logits")["logits"].view(3, 2, -1)
    assert_close(of_grid, whole["logits"].view(config.p, config.p, -1)[some][:, rest])
    few = model.trace(model.only_classes(parameters, some), a, b)["logits"]
    assert_close(few, whole["logits"][:, some])
    for layer, name in enumerate(model.neuron_layers):
        assert list(model.trace(parameters, a, b, last=name))[-1] == name
        chosen = model.only_neurons(parameters, some, layer)
        if chosen is not None:
            assert_close(model.trace(chosen, a, b, last=name)[name], whole[name][:, some])


@pytest.mark.parametrize(("arch", "depth", "layer_norm"), VARIANTS)
def test_what_neurons_write_is_in_their_outgoing_weights(arch: str, depth: int, layer_norm: str) -> None:
    config = small(arch=arch, depth=depth, layer_norm=layer_norm)
    model, (a, b) = build(config), all_pairs(config.p)
    parameters = random_parameters(model)
    for layer, name in enumerate(model.neuron_layers):
        silent = {**parameters, model.outgoing(layer): torch.zeros_like(parameters[model.outgoing(layer)])}
        seen = model.trace(silent, a, b)
        assert_close(seen[name], model.trace(parameters, a, b)[name], rtol=0, atol=0)
        assert not torch.equal(seen["logits"], model.trace(parameters, a, b)["logits"])
    if layer_norm == "none":
        last, neurons = model.outgoing(depth - 1), model.neuron_layers[-1]
        whole = model.trace(parameters, a, b)
        without = model.trace({**parameters, last: torch.zeros_like(parameters[last])}, a, b)["logits"]
        assert_close(whole["logits"] - without, whole[neurons] @ model.neuron_logit_map(parameters))


def test_nothing_asks_for_an_architecture_by_its_name() -> None:
    """What differs between architectures is in their description and their model, lest a new one be forgotten."""
    asking = []
    for file in sorted(Path(grokterm.__file__).parent.rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        if not any(name in text for name in ARCHITECTURES):
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Compare | ast.match_case):
                words = {repr(each.value) for each in ast.walk(node) if isinstance(each, ast.Constant)}
                asking += [f"{file.name}: {name}" for name in words & set(map(repr, ARCHITECTURES))]
    assert asking == []
