from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch.nn import functional

from grokterm.bench import start
from grokterm.bench.__main__ import FAMILIES, chosen, main, measured
from grokterm.bench.budget import LeftOutError
from grokterm.bench.grok import Trained, median_seconds, train
from grokterm.bench.measures import measures_rows
from grokterm.bench.plain import PlainLoop
from grokterm.bench.recorded import Recorded, parts, seconds_a_step, steps_at_once, whole_round
from grokterm.bench.row import QUICK_REPETITIONS, REPETITIONS, Bench, Goal, Row
from grokterm.bench.steps import PLAIN_MODELS, SET_UPS, matrix_products
from grokterm.bench.table import explanations, heading, line
from grokterm.config import Config, choices
from grokterm.errors import ConfigError, GroktermError
from grokterm.lab import native
from grokterm.lab.engine import Engine
from grokterm.presets import PRESETS


def test_a_name_chooses_the_rows_that_begin_so() -> None:
    assert list(chosen("step/one-hot")) == ["step/one-hot"]
    assert list(chosen("floor")) == ["floor/one-hot", "floor/mlp", "floor/transformer", "floor/nanda"]
    assert list(chosen("start")) == ["start/paint", "start/step"]
    assert chosen(None) == FAMILIES
    assert list(chosen("learning")) == [f"learning/{arch}" for arch in choices("arch")]
    assert not set(chosen(None)) & set(chosen("learning"))
    assert list(chosen("cuda", on_cuda=True)) == ["cuda/one-hot", "cuda/nanda"]
    assert list(chosen("grok/b")) == ["grok/blink"]
    assert {name.partition("/")[0] for name in chosen("st")} == {"step", "start"}
    assert {name.partition("/")[0] for name in chosen("l")} == {"limit", "learning"}
    with pytest.raises(ConfigError, match="unknown row ''"):
        chosen("")
    with pytest.raises(ConfigError, match="unknown row 'cuda'"):
        chosen("cuda")
    with pytest.raises(ConfigError, match=r"unknown row 'flor'.*did you mean floor"):
        chosen("flor")


def test_an_unknown_row_and_a_missing_device_are_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "nothing"]) == 2
    assert main(["--only", "step/one-hot", "--device", "cuda:99"]) == 2
    printed = capsys.readouterr()
    assert not printed.out
    assert len(printed.err.splitlines()) == 2


def test_an_unknown_precision_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "step/one-hot", "--precision", "float8"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_every_row_is_measured_in_the_precision_that_was_asked_for() -> None:
    bench = Bench(True, "cpu", print, "float64")
    assert bench.config(Config(p=7)) == Config(p=7, device="cpu", precision="float64")


def test_sides_are_timed_in_turn_after_a_warm_up() -> None:
    order: list[str] = []
    said: list[str] = []
    bench = Bench(False, "cpu", said.append)
    taken = bench.medians("row", {"one": lambda: order.append("one"), "other": lambda: order.append("other")})
    assert order == ["one", "other"] * (REPETITIONS + 1)
    assert (set(taken), taken.repetitions) == ({"one", "other"}, REPETITIONS)
    assert said[-1] == f"row: {REPETITIONS} of {REPETITIONS}"


def test_a_goal_is_judged_by_the_ratio() -> None:
    faster = Goal("≥ 10×", least=10)
    assert Row("a", "a step; another", "ms", 1, 10, 10.0, faster).held
    assert Row("a", "a step; another", "ms", 1, 9, 9.9, faster).held is False
    assert Row("a", "a step", "ms", 1).held is None
    row = Row("a", "a step", "ms", 2, 30, 15.0, faster, more={"seeds": "3 of 3"})
    assert json.loads(json.dumps(row.as_dict()))["held"] is True
    assert explanations([row]) == ["a: a step; seeds 3 of 3"]


@pytest.mark.parametrize(
    ("goal", "ratio", "held"),
    [
        (Goal("≥ 10×", least=10), 11.0, True),
        (Goal("≥ 10×", least=10), 9.0, None),
        (Goal("≤ 2×", most=2), 3.0, False),
        (Goal("≤ 2×", most=2), 1.0, None),
    ],
)
def test_a_lower_limit_is_judged_only_where_it_tells(goal: Goal, ratio: float, held: bool | None) -> None:
    assert Row("a", "ours; another", "s", 1, ratio, ratio, goal, at_least=True).held is held


def test_a_line_says_limits_and_repetitions_or_why_there_is_none() -> None:
    faster = Goal("≥ 10×", least=10)
    row = Row("grok/blink", "", "s", 0.5, 15, 30.0, faster, at_least=True, repetitions=3)
    assert heading().plain.split() == ["name", "ours", "the", "other", "ratio", "of", "goal", "held"]
    assert line(row).plain.split() == ["grok/blink", "0.5", "s", ">", "15", "s", ">", "30×", "3", "≥", "10×", "held"]
    given_up = Row("grok/default", "", "s", 12, 15, ours_at_least=True, repetitions=1)
    assert line(given_up).plain.split() == ["grok/default", ">", "12", "s", "15", "s", "1"]
    left_out = Row.left_out("viewer", "the rows before it took all the time")
    assert " ".join(line(left_out).plain.split()) == "viewer left out: the rows before it took all the time"
    assert left_out.as_dict() == {"name": "viewer", "ours": None, "left_out": "the rows before it took all the time"}
    assert explanations([left_out]) == []
    columns = [heading().plain.index("held"), line(row).plain.index("held")]
    assert columns[0] == columns[1] < 80


def test_what_cannot_be_measured_is_a_row_that_says_so_and_the_others_go_on() -> None:
    def fails(error: Exception) -> Iterator[Row]:
        yield Row("a/1", "", "ms", 1.0)
        raise error

    families = {
        "a": lambda bench: fails(LeftOutError("no time")),
        "b": lambda bench: fails(TimeoutError("no record in 10 s")),
        "c": lambda bench: iter([Row("c", "", "ms", 2.0)]),
    }
    rows = list(measured(families, Bench(True, "cpu", print)))
    assert [(row.name, row.ours, row.why_left_out) for row in rows] == [
        ("a/1", 1.0, ""),
        ("a", None, "no time"),
        ("a/1", 1.0, ""),
        ("b", None, "no record in 10 s"),
        ("c", 2.0, ""),
    ]


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_a_row_is_printed_before_the_next_one_is_measured(
    words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def two(bench: Bench) -> Iterator[Row]:
        for name in ("two/first", "two/second"):
            seen.append(capsys.readouterr().out)
            yield Row(name, "", "ms", 1.0)

    monkeypatch.setitem(FAMILIES, "two", two)
    try:
        assert main(["--only", "two", "--device", "cpu", *words]) == 0
    finally:
        native.load(None)
    assert "two/first" not in seen[0]
    assert "two/first" in seen[1]
    assert "two/second" in capsys.readouterr().out
    if words:
        assert json.loads(seen[1])["name"] == "two/first"


def test_parts_of_a_round_are_counted_as_often_as_they_come() -> None:
    config = Config(log_every=5, measure_every=20)
    cost = {"log": 1.0, "measures": 10.0, "structure": 100.0}
    steps_of_round = range(1, whole_round(config) + 1)
    total = 0.0
    for step in steps_of_round:
        total += 0.25
        if step % 80 == 0:
            total += cost["structure"]
        elif step % 20 == 0:
            total += cost["measures"]
        elif step % 5 == 0:
            total += cost["log"]
    assert seconds_a_step(config, 2, {"steps": 0.5, **cost}) == pytest.approx(total / len(steps_of_round))


def test_slow_steps_are_timed_in_short_stretches() -> None:
    engine = Engine(Config(p=7, width=32, device="cpu", precision="float32"))
    steps = steps_at_once(engine, 3)
    assert steps >= 3
    assert engine.step == 6
    assert steps_at_once(engine, 200) >= 200


def test_records_of_another_step_leave_the_run_as_it_is() -> None:
    run = Recorded(Config(p=7, width=32, device="cpu", precision="float32"))
    acts = parts(run, 3)
    acts["steps"]()
    before = run.engine.state_dict()
    for kind in ("log", "measures", "structure"):
        acts[kind]()
    after = run.engine.state_dict()
    assert run.engine.step == 3
    assert before.keys() == after.keys()
    assert all(torch.equal(a, after[name]) for name, a in before.items() if isinstance(a, torch.Tensor))


def test_the_median_of_runs_given_up_is_a_lower_limit_where_they_could_change_it() -> None:
    assert median_seconds([Trained(1.0, 20), Trained(3.0, 24), Trained(2.0, 28)]) == (2.0, False)
    assert median_seconds([Trained(1.0, 20), Trained(3.0, None), Trained(2.0, 28)]) == (2.0, False)
    assert median_seconds([Trained(1.0, 20), Trained(1.5, None), Trained(2.0, 28)]) == (1.5, True)
    assert median_seconds([Trained(5.0, None)]) == (5.0, True)


def test_a_run_without_time_is_given_up_after_its_first_record() -> None:
    run = train(Config(p=7, width=32, device="cpu", precision="float32"), cap=0.0)
    assert run.step is None
    assert run.seconds > 0


@pytest.mark.parametrize("set_up", PLAIN_MODELS)
def test_the_plain_loop_learns(set_up: str) -> None:
    small = {"p": 7, "width": 32, "d_model": 8, "heads": 2, "lr": 0.01, "weight_decay": 0, "device": "cpu"}
    loop = PlainLoop(SET_UPS[set_up].changed(small), PLAIN_MODELS[set_up])
    before = functional.cross_entropy(loop.model(loop.train), loop.train_labels)
    for _ in range(20):
        loop.epoch()
    assert functional.cross_entropy(loop.model(loop.train), loop.train_labels) < before


def test_the_floor_counts_the_products_of_a_step() -> None:
    engine = Engine(Config(arch="one-hot", p=7, width=16, device="cpu", precision="float32"))
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
    sides = {"one": lambda: order.append("one"), "other": lambda: order.append("other")}
    assert bench.medians("row", sides, parts=3).repetitions == QUICK_REPETITIONS
    assert order == ["one", "other"] * 3 * (QUICK_REPETITIONS + 1)


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
    with pytest.raises(GroktermError, match=f"^measures/one-hot was not measured: {why}$"):
        list(measures_rows("one-hot", Bench(True, "cpu", lambda said: None)))


def test_a_start_is_measured_beside_what_it_imports() -> None:
    taken = start.Start(paint=0.3, step=1.3, textual=0.2, torch=1.0, starts=5)
    bench = Bench(True, "cpu", lambda said: None, cache={"start": taken})
    (paint,), (step,) = start.paint_rows(bench), start.step_rows(bench)
    assert (paint.ours, paint.other, paint.held) == (0.3, 0.2, True)
    assert (step.ours, step.other, step.held) == (1.3, 1.3, True)
    assert paint.ratio == pytest.approx(1.5)
    assert step.ratio == pytest.approx(1.0)


def test_a_real_start_is_there_and_takes_a_step() -> None:
    assert all(seconds > 0 for seconds in start._once(Bench(True, "cpu", lambda said: None)))
