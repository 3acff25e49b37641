from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import torch
from torch.nn import functional

from grokterm.bench import start
from grokterm.bench.__main__ import FAMILIES, chosen, main
from grokterm.bench.measures import measures_rows
from grokterm.bench.plain import PLAIN_MODELS, PlainLoop
from grokterm.bench.row import REPETITIONS, Bench, Goal, Row
from grokterm.bench.steps import matrix_products
from grokterm.bench.table import explanations
from grokterm.config import Config
from grokterm.errors import ConfigError, GroktermError
from grokterm.lab.engine import Engine
from grokterm.presets import PRESETS


def test_a_name_chooses_its_row_or_all_of_its_family() -> None:
    assert list(chosen("step/mlp")) == ["step/mlp"]
    assert list(chosen("floor")) == ["floor/mlp", "floor/embed-mlp", "floor/transformer", "floor/nanda"]
    assert list(chosen("start")) == ["start/paint", "start/step"]
    assert chosen(None) == FAMILIES
    assert list(chosen("learning")) == ["learning/mlp", "learning/embed-mlp", "learning/transformer"]
    assert not set(chosen(None)) & set(chosen("learning"))
    assert list(chosen("cuda", on_cuda=True)) == ["cuda/mlp", "cuda/nanda"]
    with pytest.raises(ConfigError, match="unknown row 'cuda'"):
        chosen("cuda")
    with pytest.raises(ConfigError, match=r"unknown row 'flor'.*did you mean floor"):
        chosen("flor")


def test_an_unknown_row_and_a_missing_device_are_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "nothing"]) == 2
    assert main(["--only", "step/mlp", "--device", "cuda:99"]) == 2
    printed = capsys.readouterr()
    assert not printed.out
    assert len(printed.err.splitlines()) == 2


def test_an_unknown_precision_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "step/mlp", "--precision", "float8"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_every_row_is_measured_in_the_precision_that_was_asked_for() -> None:
    bench = Bench(True, "cpu", print, "float64")
    assert bench.config(Config(p=7)) == Config(p=7, device="cpu", precision="float64")


def test_sides_are_timed_in_turn_after_a_warm_up() -> None:
    order: list[str] = []
    said: list[str] = []
    bench = Bench(True, "cpu", said.append)
    taken = bench.medians("row", {"one": lambda: order.append("one"), "other": lambda: order.append("other")})
    assert order == ["one", "other"] * (REPETITIONS + 1)
    assert set(taken) == {"one", "other"}
    assert said[-1] == f"row: {REPETITIONS} of {REPETITIONS}"


def test_a_goal_is_judged_by_the_ratio() -> None:
    faster = Goal("≥ 10×", least=10)
    assert Row("a", "a step; another", "ms", 1, 10, 10.0, faster).held
    assert Row("a", "a step; another", "ms", 1, 9, 9.9, faster).held is False
    assert Row("a", "a step", "ms", 1).held is None
    row = Row("a", "a step", "ms", 2, 30, 15.0, faster, more={"seeds": "3 of 3"})
    assert json.loads(json.dumps(row.as_dict()))["held"] is True
    assert explanations([row]) == ["a: a step; seeds 3 of 3"]


@pytest.mark.parametrize("arch", PLAIN_MODELS)
def test_the_plain_loop_learns(arch: str) -> None:
    config = Config(p=7, width=32, d_model=8, heads=2, lr=0.01, weight_decay=0, device="cpu").changed({"arch": arch})
    loop = PlainLoop(config)
    before = functional.cross_entropy(loop.model(loop.train), loop.train_labels)
    for _ in range(20):
        loop.epoch()
    assert functional.cross_entropy(loop.model(loop.train), loop.train_labels) < before


def test_the_floor_counts_the_products_of_a_step() -> None:
    engine = Engine(Config(p=7, width=16, device="cpu", precision="float32"))
    n = len(engine.task.train)
    shapes = [(x.shape, w.shape) for x, w in matrix_products(engine)]
    assert shapes == [((n, 16), (16, 7)), ((n, 7), (7, 16)), ((16, n), (n, 7))]
    assert all(x.dtype == torch.float32 for x, _ in matrix_products(engine))


def test_blink_groks_in_a_blink() -> None:
    engine = Engine(Config(device="cpu").changed(PRESETS["blink"].values))
    engine.advance(60)
    assert engine.measure().test_accuracy >= 0.99


def test_parts_of_the_sides_are_timed_in_turn() -> None:
    order: list[str] = []
    bench = Bench(True, "cpu", lambda said: None)
    bench.medians("row", {"one": lambda: order.append("one"), "other": lambda: order.append("other")}, parts=3)
    assert order == ["one", "other"] * 3 * (REPETITIONS + 1)


@pytest.mark.parametrize(
    ("script", "why"), [("echo refused >&2; exit 1", "refused"), ("exit 3", "its process ended with status 3")]
)
def test_a_row_whose_process_fails_says_why(
    script: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(python))
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    with pytest.raises(GroktermError, match=f"^measures/mlp was not measured: {why}$"):
        list(measures_rows("mlp", Bench(True, "cpu", lambda said: None)))


def test_a_start_is_measured_beside_what_it_imports() -> None:
    taken = start.Start(paint=0.3, step=1.3, textual=0.2, torch=1.0)
    bench = Bench(True, "cpu", lambda said: None, kept={"start": taken})
    (paint,), (step,) = start.paint_rows(bench), start.step_rows(bench)
    assert (paint.ours, paint.other, paint.held) == (0.3, 0.2, True)
    assert (step.ours, step.other, step.held) == (1.3, 1.3, True)
    assert paint.ratio == pytest.approx(1.5)
    assert step.ratio == pytest.approx(1.0)


def test_a_real_start_is_there_and_takes_a_step() -> None:
    assert all(seconds > 0 for seconds in start._once(Bench(True, "cpu", lambda said: None)))
