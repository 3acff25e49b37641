from __future__ import annotations

import cmath
import math
from typing import get_args

import pytest
import torch
from torch import Tensor

from grokterm.analysis.fourier import NO_BASIS, fourier_basis, fourier_norms
from grokterm.analysis.key_frequencies import KeyFrequencies
from grokterm.analysis.measures import gini
from grokterm.analysis.spectrum import (
    at_own_peaks,
    feature_count,
    single_frequency_share,
    spectrum,
    weight_vector_shares,
)
from grokterm.config import Config
from grokterm.config.architectures import Architecture
from grokterm.lab.engine import Engine
from grokterm.lab.models import build
from tests.by_kernels import by_kernels

ARCHITECTURES = get_args(Architecture)


def untrained(config: Config) -> tuple[Tensor, str, str]:
    model = build(config)
    return spectrum(model, model.init(torch.Generator().manual_seed(config.seed)), config)


@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize(("op", "p", "basis"), [("add", 12, "residues"), ("divide", 31, "discrete logarithms")])
def test_there_is_a_norm_for_each_frequency(arch: Architecture, op: str, p: int, basis: str) -> None:
    norms, found, words = untrained(Config(p=p, op=op, arch=arch))
    n = p if basis == "residues" else p - 1
    assert norms.shape == (n // 2,)
    assert norms.dtype == torch.float32
    assert found == basis
    assert words.startswith("first layer" if arch == "one-hot" else "embedding")


def test_tables_of_both_positions_count_together() -> None:
    config = Config(p=31, arch="mlp", d_model=16)
    model = build(config)
    parameters = model.init(torch.Generator().manual_seed(1))
    tables = model.input_tables(parameters)
    expected = torch.stack([fourier_norms(table) for table in tables]).square().sum(0).sqrt()
    torch.testing.assert_close(spectrum(model, parameters, config)[0], expected)


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_columns_are_those_of_the_tables(arch: Architecture) -> None:
    config = Config(p=5, arch=arch, width=24, d_model=16)
    model = build(config)
    tables = model.input_tables(model.init(torch.Generator().manual_seed(0)))
    assert feature_count(config) == sum(table.shape[-1] for table in tables)


@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize("p", [23, 97])
def test_an_untrained_model_has_no_key_frequencies(arch: Architecture, p: int) -> None:
    for seed in range(10):
        config = Config(p=p, arch=arch, seed=seed, width=64, d_model=32)
        assert KeyFrequencies(feature_count(config)).update(untrained(config)[0]) == ()


def test_an_operation_without_a_basis_has_no_spectrum() -> None:
    norms, basis, words = untrained(Config(p=31, op="x2+xy+y2"))
    assert (norms.numel(), basis, words) == (0, "none", NO_BASIS)


def test_replicas_have_a_spectrum_each() -> None:
    config = Config(p=12, width=8)
    model = build(config)
    one, two = (model.init(torch.Generator().manual_seed(seed)) for seed in (0, 1))
    both = {name: torch.stack([one[name], two[name]]) for name in one}
    norms = spectrum(model, both, config)[0]
    torch.testing.assert_close(norms[0], spectrum(model, one, config)[0])
    torch.testing.assert_close(norms[1], spectrum(model, two, config)[0])


def test_neurons_of_a_one_hot_mlp_come_to_follow_one_frequency_each() -> None:
    with by_kernels():
        engine = Engine(Config(arch="one-hot", p=31, lr=1e-2, train_fraction=0.8, width=256))
        before = weight_vector_shares(engine.model, engine.parameters, engine.config)
        engine.advance(400)
    after = weight_vector_shares(engine.model, engine.parameters, engine.config)
    assert before is not None
    assert after is not None
    assert single_frequency_share(before) < 0.01
    assert single_frequency_share(after) > 0.3


def test_without_a_basis_there_is_no_share() -> None:
    config = Config(p=31, op="x2+y2")
    model = build(config)
    assert weight_vector_shares(model, model.init(torch.Generator().manual_seed(0)), config) is None


def test_spectra_of_single_waves_lie_on_each_other_at_their_peaks() -> None:
    p, config = 13, Config(arch="one-hot", p=13, width=6)
    model, angle = build(config), 2 * math.pi * torch.arange(13)[:, None] / 13
    waves = (angle * torch.arange(1, 7)).cos()
    mixed = {"W_a": waves, "W_b": waves + 0.5 * (2 * angle).cos()}
    shares = weight_vector_shares(model, {"W_a": waves, "W_b": waves}, config)
    assert shares is not None
    of_waves = at_own_peaks(shares)
    assert of_waves.tolist() == pytest.approx([0, 0, 0, 1, 0, 0], abs=1e-6)
    # In plain loops, and with W_b's vectors of two waves: k and 2 apart, but for k = 2 itself.
    expected = [0.0] * 6
    for table in mixed.values():
        for column in table.T.double().tolist():
            turns = [[cmath.exp(-2j * math.pi * k * n / p) for n in range(p)] for k in range(1, 7)]
            power = [abs(sum(x * turn for x, turn in zip(column, of_k, strict=True))) ** 2 for of_k in turns]
            peak = max(range(6), key=power.__getitem__)
            for k in range(6):
                expected[(k - peak + 3) % 6] += power[k] / sum(power) / 12
    shares = weight_vector_shares(model, mixed, config)
    assert shares is not None
    found = at_own_peaks(shares)
    assert found.tolist() == pytest.approx(expected, abs=1e-6)
    assert weight_vector_shares(build(Config(p=13)), {}, Config(p=13)) is None
    assert weight_vector_shares(model, mixed, config.changed({"op": "x2+xy+y2"})) is None


def test_noise_has_no_peak_to_speak_of() -> None:
    config = Config(arch="one-hot")
    model = build(config)
    shares = weight_vector_shares(model, model.init(torch.Generator().manual_seed(0)), config)
    assert shares is not None
    found = at_own_peaks(shares)
    assert found.sum() == pytest.approx(1, abs=1e-5)
    # The largest of 48 shares that are drawn like exponentials is the harmonic number of 48 times their mean.
    assert found[24] == pytest.approx(sum(1 / n for n in range(1, 49)) / 48, rel=0.1)
    assert gini(found) < 0.1


@pytest.mark.parametrize("p", [5, 13, 31])
def test_shares_of_weight_vectors_leave_out_what_is_the_same_for_all(p: int) -> None:
    wave = torch.cos(2 * math.pi * torch.arange(p, dtype=torch.float64) / p)
    both = 3 * fourier_basis(p)[1] + fourier_basis(p)[-1]
    columns = torch.stack([5 + wave, both, torch.zeros(p, dtype=torch.float64)], dim=-1)
    config = Config(arch="one-hot", p=p, width=3)
    shares = weight_vector_shares(build(config), {"W_a": columns, "W_b": columns}, config)
    assert shares is not None
    assert shares.amax(-2).tolist() == pytest.approx([1.0, 0.9, 0.0] * 2, abs=1e-9)
    assert single_frequency_share(shares) == pytest.approx(2 / 3)


def test_bars_of_a_new_run_spike_when_it_groks_and_those_of_a_wide_one_with_a_small_epsilon_do_not() -> None:
    small = {"p": 53, "width": 128, "train_fraction": 0.6, "precision": "float32", "device": "cpu"}
    levels = []
    for others in ({}, {"d_model": 128, "epsilon": 1e-8}):
        with by_kernels():
            engine, grokked = Engine(Config.starting(small | others)), 0
            assert gini(spectrum(engine.model, engine.parameters, engine.config)[0]) < 0.1
            while not grokked or engine.step < 1.5 * grokked:
                assert engine.step < 2000
                engine.advance(20)
                if not grokked and engine.measure().test_accuracy >= 0.99:
                    grokked = engine.step
        levels.append(float(gini(spectrum(engine.model, engine.parameters, engine.config)[0])))
    assert levels[0] > 0.45 > levels[1]
