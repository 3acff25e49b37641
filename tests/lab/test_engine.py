"""The engine: steps, measures, changes, and the same bits every time."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional
from torch.testing import assert_close

from grokterm.config import Config
from grokterm.errors import ConfigError
from grokterm.lab import engine as engine_module
from grokterm.lab.engine import Engine
from grokterm.measures import Measures
from grokterm.tasks.polynomial import UNDEFINED
from tests.lab.examples import ARCHITECTURES, all_pairs, small
from tests.lab.predictions import predictions
from tests.patience import PATIENCE
from tests.reference.plain import plain_gradients, plain_logits


def assert_same_state(one: dict[str, Tensor], other: dict[str, Tensor]) -> None:
    assert one.keys() == other.keys()
    for name, tensor in one.items():
        assert tensor.dtype == other[name].dtype
        assert torch.equal(tensor, other[name]) or (tensor.isnan().all() and other[name].isnan().all()), name


def plain_run(config: Config, steps: int, changes: dict[int, dict[str, Any]]) -> dict[str, Tensor]:
    """The parameters after `steps` of a plain loop: plain model, torch.optim.AdamW, changes at their step."""
    engine = Engine(config)
    parameters = {name: torch.nn.Parameter(tensor.clone()) for name, tensor in engine.parameters.items()}
    optimizer = torch.optim.AdamW(list(parameters.values()))
    pairs = engine.task.pairs(engine.task.train)
    for step in range(steps):
        config = config.changed(changes.get(step, {}))
        optimizer.param_groups[0].update(
            lr=config.lr * min(1.0, (step + 1) / max(1, config.warmup)),
            weight_decay=config.weight_decay,
            betas=(config.beta1, config.beta2),
            eps=config.epsilon,
        )
        _, gradients = plain_gradients(config, parameters, pairs.a, pairs.b, pairs.labels)
        for name, parameter in parameters.items():
            parameter.grad = gradients[name]
        optimizer.step()
    return {name: parameter.detach() for name, parameter in parameters.items()}


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_training_is_the_plain_loop_and_a_change_acts_from_the_next_step(arch: str) -> None:
    config = small(p=12, arch=arch)
    changes = {20: {"weight_decay": 3.0}, 30: {"lr": 0.01, "beta1": 0.5}}
    engine = Engine(config)
    for step in range(40):
        engine.apply_settings(engine.config.changed(changes.get(step, {})))
        assert engine.advance(1) == 1
    for name, expected in plain_run(config, 40, changes).items():
        assert_close(engine.parameters[name], expected, rtol=1e-7, atol=1e-9, msg=name)
    unchanged = Engine(config)
    unchanged.advance(40)
    assert not any(torch.allclose(tensor, unchanged.parameters[name]) for name, tensor in engine.parameters.items())


@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize("op", ["add", "divide"])
def test_measures_are_those_of_the_plain_model(arch: str, op: str) -> None:
    engine = Engine(config := small(p=13, arch=arch, op=op))
    assert engine.measure().gradient_norm is None
    engine.advance(7)
    before = {name: tensor.clone() for name, tensor in engine.parameters.items()}
    engine.advance(1)
    measures = engine.measure()
    train = engine.task.pairs(engine.task.train)
    _, gradients = plain_gradients(config, before, train.a, train.b, train.labels)
    norm = torch.cat([gradient.flatten() for gradient in gradients.values()]).norm().item()
    assert measures.gradient_norm == pytest.approx(norm, rel=1e-9)
    weights = torch.cat([tensor.flatten() for tensor in engine.parameters.values()])
    assert measures.sum_squared_weights == pytest.approx(weights.square().sum().item())
    matrices = {name: tensor for name, tensor in engine.parameters.items() if tensor.ndim == 2}
    assert matrices.keys() < engine.parameters.keys()
    expected = {name: matrix.square().sum().item() for name, matrix in matrices.items()}
    assert measures.squared_weights == pytest.approx(expected)
    for side, indices in (("train", engine.task.train), ("test", engine.task.test)):
        pairs = engine.task.pairs(indices)
        logits = plain_logits(config, engine.parameters, pairs.a, pairs.b)
        loss, right = functional.cross_entropy(logits, pairs.labels), (logits.argmax(-1) == pairs.labels)
        assert getattr(measures, f"{side}_loss") == pytest.approx(loss.item(), rel=1e-9)
        assert getattr(measures, f"{side}_accuracy") == pytest.approx(right.double().mean().item())


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_measuring_in_parts_changes_nothing(arch: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Engine(config := small(p=12, arch=arch))
    monkeypatch.setitem(engine_module.CHUNK_FLOATS, "cpu", 100)
    parted = Engine(config)
    for engine in (whole, parted):
        engine.advance(10)
    one, other = whole.measure(), parted.measure()
    for name in Measures.__struct_fields__:
        value, expected = getattr(one, name), getattr(other, name)
        assert value == (None if expected is None else pytest.approx(expected, rel=1e-9))
    assert torch.equal(predictions(whole)[0], predictions(parted)[0])


PEAK_MEMORY = """
import resource, sys
from grokterm.config import Config
from grokterm.lab.engine import Engine
from tests.lab.predictions import predictions
Engine(Config(p=5, device="cpu")).advance(1)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for arch in ("one-hot", "transformer"):
    engine = Engine(Config(p=307, device="cpu", arch=arch, train_fraction=0.1))
    engine.advance(1)
    engine.measure()
    predictions(engine)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print((after - before) * (1 if sys.platform == "darwin" else 1024))
"""


def test_a_large_p_takes_less_than_the_neurons_of_all_pairs() -> None:
    """Whole, these come with the logits of all pairs, and each of them at least twice."""
    done = subprocess.run(
        [sys.executable, "-c", PEAK_MEMORY], capture_output=True, text=True, check=True, timeout=PATIENCE
    )
    neurons_of_all_pairs = 307 * 307 * 512 * 4
    peaks = [int(line) for line in done.stdout.split()]
    assert len(peaks) == 2
    assert max(peaks) < neurons_of_all_pairs


@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float64"])
@pytest.mark.parametrize("batch_size", ["full", 200])
def test_the_same_run_twice_has_the_same_bits(arch: str, precision: str, batch_size: int | str) -> None:
    config = small(p=37, arch=arch, width=256, d_model=64, precision=precision, batch_size=batch_size)
    engines = [Engine(config), Engine(config)]
    engines[0].advance(6)
    for _ in range(6):
        engines[1].advance(1)
        engines[1].measure()
    assert_same_state(engines[0].state_dict(), engines[1].state_dict())
    assert engines[0].measure() == engines[1].measure()


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float64"])
def test_weights_moments_and_logits_keep_the_precision_of_the_loss(precision: str) -> None:
    engine = Engine(small(precision=precision))
    engine.advance(2)
    kept = torch.float64 if precision == "float64" else torch.float32
    assert engine.precision == precision
    floats = {
        name: t.dtype for name, t in engine.state_dict().items() if name.startswith(("parameters.", "optimizer.mean"))
    }
    assert set(floats.values()) == {kept}
    assert engine.model.logits(engine.parameters, *all_pairs(5)).dtype == kept


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_bfloat16_stays_near_float32(arch: str) -> None:
    config = small(p=31, arch=arch, width=512, d_model=128, precision="float32")
    engines = [Engine(config), Engine(config.changed({"precision": "bfloat16"}))]
    for engine in engines:
        engine.advance(20)
    exact, near = (engine.measure() for engine in engines)
    assert near.train_loss == pytest.approx(exact.train_loss, rel=0.02)
    assert near.sum_squared_weights == pytest.approx(exact.sum_squared_weights, rel=0.01)


@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize("batch_size", ["full", 17])
def test_going_on_from_a_state_gives_the_same_bits(arch: str, batch_size: int | str) -> None:
    config = small(p=12, arch=arch, batch_size=batch_size, precision="float32")
    through = Engine(config)
    through.advance(11)
    resumed = Engine(config)
    resumed.load_state_dict(through.state_dict())
    assert resumed.step == 11
    assert resumed.measure() == through.measure()
    through.advance(9)
    resumed.advance(9)
    assert_same_state(through.state_dict(), resumed.state_dict())


def test_a_state_is_a_copy() -> None:
    engine = Engine(small())
    state = engine.state_dict()
    kept = {name: tensor.clone() for name, tensor in state.items()}
    engine.advance(3)
    assert_same_state(state, kept)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"arch": "transformer"}, "another model"),
        ({"width": 13}, "the model needs"),
        ({"depth": 2}, "another model"),
        ({"precision": "float32"}, "the model needs"),
    ],
)
def test_a_state_of_another_model_is_refused_and_changes_nothing(values: dict[str, Any], words: str) -> None:
    engine = Engine(small(**values))
    before = engine.state_dict()
    with pytest.raises(ConfigError, match=words):
        engine.load_state_dict(Engine(small()).state_dict())
    assert_same_state(before, engine.state_dict())


def test_a_step_that_is_not_finite_is_not_applied() -> None:
    engine = Engine(small(lr=10.0, weight_decay=1000.0, warmup=0, batch_size=5))
    taken = engine.advance(500)
    assert taken < 500
    assert not engine.finite
    assert engine.step == taken
    assert all(tensor.isfinite().all() for tensor in engine.parameters.values())
    before = engine.state_dict()
    assert engine.advance(3) == 0
    assert_same_state(before, engine.state_dict())


def test_a_run_goes_on_once_its_steps_are_finite_again() -> None:
    engine = Engine(small())
    engine.advance(5)
    good = engine.state_dict()
    engine.parameters["W_out"].fill_(float("nan"))
    assert engine.advance(1) == 0
    assert not engine.finite
    engine.load_state_dict(good)
    assert engine.advance(2) == 2
    assert engine.finite


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_predictions_and_answers_are_the_softmax_of_the_logits(arch: str) -> None:
    engine = Engine(config := small(p=13, arch=arch, op="divide"))
    engine.advance(20)
    a, b = all_pairs(13)
    expected = plain_logits(config, engine.parameters, a, b).softmax(-1).view(13, 13, 13)
    classes, confidence = predictions(engine)
    assert (classes.dtype, confidence.dtype) == (torch.int64, torch.float32)
    assert torch.equal(classes, expected.argmax(-1))
    assert_close(confidence, expected.amax(-1).float())
    answers = engine.top_classes(3, 7, 3)
    assert [n for n, _ in answers] == expected[3, 7].topk(3).indices.tolist()
    assert [q for _, q in answers] == pytest.approx(expected[3, 7].topk(3).values.tolist())
    assert len(engine.top_classes(0, 0, 99)) == 13
    with pytest.raises(ConfigError, match="from 0 to 12, not 3 and 13"):
        engine.top_classes(3, 13, 3)


def test_undefined_pairs_are_in_neither_set() -> None:
    task = Engine(small(p=13, op="divide")).task
    assert (task.labels[:, 0] == UNDEFINED).all()
    assert (torch.cat([task.train, task.test]) % 13 != 0).all()


def test_only_settings_that_act_at_once_can_be_set() -> None:
    engine = Engine(small())
    for values, words in (({"width": 16}, "width rebuilds the model"), ({"seed": 1}, "seed starts a new run")):
        with pytest.raises(ConfigError, match=words):
            engine.apply_settings(engine.config.changed(values))
    with pytest.raises(ConfigError, match="p starts a new run: it cannot change from 5 to 7"):
        engine.rebuild(engine.config.changed({"p": 7}), keep=True)
