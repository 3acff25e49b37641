"""With "=" as a class too, every measure and picture is that of the residues alone."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
import torch
from msgspec.structs import asdict
from torch.testing import assert_close

from grokterm.analysis.model_at_step import ModelAtStep
from grokterm.analysis.pictures import PICTURES
from grokterm.analysis.progress import gini_coefficients, progress, structure
from grokterm.analysis.spectrum import spectrum
from grokterm.config import Config
from grokterm.lab.models import build
from grokterm.lab.models.layout import Layout
from grokterm.lab.tasks import make_task
from tests.analysis.models import small
from tests.analysis.pictures.subjects import picture
from tests.lab.examples import loss_and_gradient
from tests.reference.plain import plain_gradients

P = 13
ARCHITECTURES = ("one-hot", "mlp", "transformer")


def subjects(arch: str, depth: int = 1) -> tuple[ModelAtStep, ModelAtStep]:
    """The same model with p classes, and with a last one that would be every answer."""
    found: list[ModelAtStep] = []
    for classes in ("p", "p+1"):
        config = small(arch, "add", P, classes=classes, depth=depth, width=24, d_model=8, precision="float64")
        drawn = build(config).init(torch.Generator().manual_seed(0))
        parameters = {name: value.double() for name, value in drawn.items()}
        if found:
            for name, value in found[0].parameters.items():
                parameters[name][tuple(slice(size) for size in value.shape)] = value
            parameters["W_U" if arch == "transformer" else "W_out"][:, P] *= 100
        task = make_task(config)
        seen = partial(ModelAtStep, step=3, labels=task.labels, train=task.train_mask, estimate=lambda norms: (2, 5))
        found.append(seen(config=config, parameters=parameters))
    return found[0], found[1]


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_measures(arch: str) -> None:
    told = []
    for subject in subjects(arch):
        config, parameters = subject.config, subject.parameters
        norms = spectrum(subject.network, parameters, config)[0]
        numbers = (
            dict(enumerate(gini_coefficients(config, parameters, norms)))
            | asdict(progress(config, subject.logits_fn, subject.train, subject.train, (2, 5)))
            | asdict(structure(config, parameters, subject.logits_fn, subject.labels))
        )
        told.append({name: number for name, number in numbers.items() if number is not None})
    assert told[0] == pytest.approx(told[1], rel=1e-9)


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_pictures(arch: str) -> None:
    of_all_weights = ("matrices", "matrix_over_time", "path")  # those of "=" too
    plain, more = subjects(arch)
    for view in of_all_weights[:2]:
        last = picture(view, more, {"matrix": 99})
        assert last.arrays["shape"][-1] == P + 1
        assert last.names["axes"][1] == "class, last ="
    for view in (view for view in PICTURES if view not in of_all_weights):
        found = [picture(view, replace(one), {}) for one in (plain, more)]
        assert found[0].summary == found[1].summary
        assert found[0].arrays.keys() == found[1].arrays.keys()
        for name, array in found[0].arrays.items():
            assert_close(found[1].arrays[name], array, rtol=1e-6, atol=1e-9, equal_nan=True, msg=f"{view} {name}")


@pytest.mark.parametrize("depth", [1, 2])
@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_the_loss_and_its_gradient_are_those_of_all_classes(arch: str, depth: int) -> None:
    _, subject = subjects(arch, depth)
    config: Config = subject.config
    model, task = build(config), make_task(config)
    pairs, layout = task.pairs(task.train), Layout(model.shapes())
    loss, gradient = loss_and_gradient(model, layout, layout.flatten(subject.parameters), pairs, 50)
    expected, slopes = plain_gradients(config, subject.parameters, pairs.a, pairs.b, pairs.labels)
    assert_close(loss, expected, rtol=1e-9, atol=1e-9)
    for name, slope in layout.unflatten(gradient).items():
        assert_close(slope, slopes[name], rtol=1e-9, atol=1e-9, msg=name)
    nats, right = model.score(subject.parameters, pairs)
    assert nats / len(pairs) == pytest.approx(float(expected))
    answers = model.residue_logits(subject.parameters, pairs.a, pairs.b)
    assert answers.shape == (len(pairs), P)
    assert right == int((answers.argmax(-1) == pairs.labels).sum())
