"""The charts under the table of `grokterm bench --only learning`."""

from __future__ import annotations

import io

import numpy as np

from grokterm.bench.curves import print_curves
from grokterm.bench.learning import learn, learn_plainly
from grokterm.bench.row import Row
from grokterm.chart import Curve
from grokterm.config import Config
from grokterm.lab import devices


def rising(letter: str, steps: int) -> Curve:
    return Curve(letter, "blue", np.array([0.0, steps]), np.array([0.0, 1.0]))


def printed(*rows: Row) -> list[str]:
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    print_curves(rows, out)
    out.seek(0)
    return out.read().split("\n")


def test_a_family_is_one_chart_with_all_its_ways() -> None:
    first = Row("learning/one-hot, bfloat16", "", "steps", 1.0, curves={"plain": rising("A", 40)})
    last = Row("learning/one-hot, float32", "", "steps", 1.0, curves={"plain": rising("A", 40), "C": rising("B", 80)})
    other = Row("learning/transformer, float32", "", "steps", 1.0, curves={"plain": rising("A", 20)})
    lines = printed(first, last, other)
    titles = [line for line in lines if "over steps" in line]
    assert titles == [f"learning/{arch}: test accuracy over steps, seed 0" for arch in ("one-hot", "transformer")]
    assert [line for line in lines if "plain" in line] == ["  A plain  B C", "  A plain"]
    assert max(map(len, lines)) <= 80


def test_rows_without_curves_give_nothing() -> None:
    assert printed(Row("step/one-hot", "", "ms", 1.0)) == [""]


def test_a_learning_holds_what_was_seen_on_the_way() -> None:
    devices.prepare()
    config = Config(p=37, width=128, train_fraction=0.9, lr=0.02, log_every=5, device="cpu", precision="float32")
    for seen in (learn(config), learn_plainly(config)):
        assert seen.steps == list(range(0, seen.step + 1, 5))
        assert len(seen.test_accuracies) == len(seen.steps)
        assert seen.test_accuracies[-1] >= 0.99 > max(seen.test_accuracies[1:-1])
