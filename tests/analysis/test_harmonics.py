"""Measures of groups: the isotypic projectors in place of frequencies, with exact values."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from grokterm.analysis.ablation import weights_without_frequencies
from grokterm.analysis.angles import angles_of
from grokterm.analysis.consensus import consensus, held_out
from grokterm.analysis.fourier import fourier_norms
from grokterm.analysis.harmonics import GroupAngles, component_norms, harmonics_of
from grokterm.analysis.measures import angle_means, cross_entropy, excluded_loss, restricted_loss, variance_share
from grokterm.analysis.pairs import logits_from_table
from grokterm.analysis.progress import progress
from grokterm.analysis.spectrum import spectrum
from grokterm.config import Config
from grokterm.lab.models import build
from grokterm.lab.seeds import generator
from grokterm.lab.tasks import operation_table
from grokterm.surgery import Ablation, frequency_count
from grokterm.tasks.groups import finite_group
from grokterm.tasks.representations import representations


def harmonics(name: str) -> GroupAngles:
    found = harmonics_of(name, finite_group(name).order)
    assert isinstance(found, GroupAngles)
    return found


def trace_logits(name: str, keys: list[int], scale: float = 20) -> Tensor:
    """Σ_k tr ρ_k(abc⁻¹) of all triples, [n, n, n], by a loop over the elements."""
    group = finite_group(name)
    n, table, inverse = group.order, group.table, group.inverse
    characters = np.sum([representations(name)[k - 1].character for k in keys], 0)
    logits = torch.zeros(n, n, n, dtype=torch.float64)
    for a in range(n):
        for b in range(n):
            for c in range(n):
                logits[a, b, c] = scale * float(characters[table[table[a][b]][inverse[c]]])
    return logits


@pytest.mark.parametrize(("name", "keys"), [("s3", [2]), ("s4", [3, 4]), ("d5", [2, 3]), ("q8", [4]), ("a4", [1, 2])])
def test_logits_of_a_trace_are_all_restricted_and_leave_nothing_when_excluded(name: str, keys: list[int]) -> None:
    group, logits = harmonics(name), trace_logits(name, keys)
    n = group.n
    labels = operation_table(n, name)
    train = torch.rand(n, n, generator=torch.Generator().manual_seed(0)) < 0.5
    logits_fn = logits_from_table(logits)
    means = angle_means(logits_fn, group)
    loss = cross_entropy(logits, labels)
    restricted = restricted_loss(means.mean, group, keys, train)
    torch.testing.assert_close(restricted.all, loss.mean())
    torch.testing.assert_close(restricted.train, loss[train].mean())
    torch.testing.assert_close(restricted.test, loss[~train].mean())
    excluded = excluded_loss(logits_fn, means.mean, group, [keys], train)
    torch.testing.assert_close(excluded, torch.tensor([math.log(n)], dtype=torch.float64))
    torch.testing.assert_close(variance_share(means, group, keys), torch.ones((), dtype=torch.float64))
    others = [k for k in range(1, group.frequencies + 1) if k not in keys]
    assert float(variance_share(means, group, others)) == pytest.approx(0, abs=1e-9)


def test_a_cycle_is_the_special_case() -> None:
    n = 7
    group, angles = harmonics("z7"), angles_of("add", n)
    assert angles is not None
    assert torch.equal(group.sums(), angles.sums())
    assert torch.equal(group.quotients(), angles.quotients())
    assert torch.equal(group.by_sum(), angles.by_sum())
    assert group.sizes == angles.sizes
    assert group.commutes
    rows = torch.randn(n, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    order = [angles.class_functions(rows).matmul(row).abs().argmax() for row in group.class_functions(rows)]
    torch.testing.assert_close(component_norms(rows, group), fourier_norms(rows)[torch.stack(order)])
    torch.testing.assert_close(component_norms(rows, angles), fourier_norms(rows))


@pytest.mark.parametrize("name", ["s3", "s4", "d4", "q8", "z2xz4"])
def test_pairs_are_ordered_by_their_product(name: str) -> None:
    group = harmonics(name)
    n, table = group.n, finite_group(name).table
    pairs = group.by_sum().view(n, n)
    for s in range(n):
        assert sorted(pairs[s].tolist()) == sorted(a * n + b for a in range(n) for b in range(n) if table[a][b] == s)
    assert all(table[d][group.quotients()[s, d]] == s for s in range(n) for d in range(n))
    assert group.commutes == all(table[a][b] == table[b][a] for a in range(n) for b in range(n))


def test_random_weights_have_equal_norms_whatever_the_size_of_a_component() -> None:
    rows = torch.randn(120, 4000, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    norms = component_norms(rows, harmonics("s5"))
    assert float(norms.max() / norms.min()) < 1.05
    assert float(norms[1]) == pytest.approx(math.sqrt(2 * 4000), rel=0.05)


def test_a_representation_is_taken_out_of_the_embeddings_and_no_other() -> None:
    config = Config(op="s4", arch="mlp", d_model=8, width=16)
    parameters = build(config).init(generator(0, "parameters"))
    group = harmonics("s4")
    without = weights_without_frequencies(config, parameters, group, [3])
    for name in ("E_a", "E_b"):
        before, after = (component_norms(table[name], group) for table in (parameters, without))
        assert float(after[2]) == pytest.approx(0, abs=1e-4)
        torch.testing.assert_close(after[[0, 1, 3]], before[[0, 1, 3]], rtol=1e-4, atol=1e-5)
    assert frequency_count(config) == 4
    assert Ablation(frequencies=(3, 1)).words(config) == "[1⁴] 1, [3,1] 3"


def test_what_is_memorized_has_no_consensus_and_a_trace_has_one() -> None:
    name = "s4"
    group = harmonics(name)
    n, labels = group.n, operation_table(24, name)
    train = torch.rand(n, n, generator=torch.Generator().manual_seed(3)) < 0.5
    memorized = 20 * torch.nn.functional.one_hot(labels, n).double() * train[..., None]
    for logits, there in ((memorized, False), (trace_logits(name, [3]), True)):
        means = angle_means(logits_from_table(logits), group, mask=held_out(group, train))
        found = consensus(means.masked_mean, group, means.counts, [3])
        assert found.key_loss is not None
        assert found.key_p_value is not None
        if there:
            assert found.loss < 0.1
            assert found.key_loss < 0.1
            assert found.p_value == found.key_p_value == 0.001
        else:
            assert found.loss == pytest.approx(math.log(n))
            assert found.key_loss == pytest.approx(math.log(n))
            assert found.p_value == found.key_p_value == 1


@pytest.mark.parametrize("op", ["s3-conjugate", "s3-aba"])
def test_what_is_no_product_of_both_has_no_representations(op: str) -> None:
    assert harmonics_of(op, 6) is None
    config = Config(op=op, width=8)
    model = build(config)
    norms, basis, words = spectrum(model, model.init(generator(0, "parameters")), config)
    assert (len(norms), basis) == (0, "none")
    assert "has no angles" in words


def test_the_measures_of_a_group_are_defined() -> None:
    config = Config(arch="one-hot", op="d5", width=8)
    model = build(config)
    parameters = model.init(generator(0, "parameters"))
    norms, basis, words = spectrum(model, parameters, config)
    assert (len(norms), basis, words) == (3, "representations", "first layer, over representations of D₅")
    train = torch.rand(10, 10, generator=torch.Generator().manual_seed(4)) < 0.5
    found = progress(config, lambda a, b: model.residue_logits(parameters, a, b), train, train, (1,))
    assert found.restricted_loss is not None
    assert found.excluded_loss is not None
    assert found.key_consensus_loss is not None
