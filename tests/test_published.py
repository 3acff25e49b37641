"""Published steps: whose set-up a run has, the verdicts in its log, and when nothing more is judged."""

from __future__ import annotations

import pytest

from grokterm.config import Config, Value
from grokterm.presets import PRESETS, preset_values
from grokterm.published import WINDOWS, Window, windows_of
from grokterm.training.trackers import Trackers
from grokterm.wire.records import Change, Event, Scalars

REPLICATION = Config.starting(preset_values("replication"))


def record(step: int, train: float, test: float) -> Scalars:
    return Scalars(
        step=step, seconds=0.0, train_loss=0.1, test_loss=0.1, train_accuracy=train, test_accuracy=test,
        sum_squared_weights=1.0, gradient_norm=1.0,
    )  # fmt: skip


def verdicts(config: Config, *records: Scalars | Change) -> list[Event]:
    trackers = Trackers(config)
    return [event for one in records for event in trackers.update(one) if event.name == "published"]


@pytest.mark.parametrize("name", sorted({window.preset for window in WINDOWS}))
def test_a_run_of_the_preset_has_its_windows(name: str) -> None:
    config = Config.starting(PRESETS[name].values)
    found = windows_of(config)
    assert found
    assert {window.preset for window in found} == {name}
    own: dict[str, Value] = {"seed": 7, "until": 100, "pace": 5.0, "device": "cpu", "precision": "float32"}
    assert windows_of(config.changed(own)) == found
    assert windows_of(config.changed({"weight_decay": 0.7})) == ()


def test_a_run_of_no_preset_has_none() -> None:
    assert windows_of(Config()) == ()


def test_a_verdict_comes_with_its_milestone() -> None:
    found = verdicts(
        REPLICATION, record(0, 1.0, 1.0), record(310, 0.995, 0.1), record(9000, 1.0, 0.96), record(9010, 1, 1)
    )
    assert [event.step for event in found] == [310, 9000]
    assert found[0].words == "PASS: train accuracy passed 99 % at 310; published: 300 (replication with 23 views)"
    assert found[1].words == "PASS: test accuracy reached 95 % at 9,000; published: 8,350 (replication with 23 views)"


def test_what_comes_too_late_or_never_is_told_once() -> None:
    late = verdicts(REPLICATION, record(310, 1.0, 0.1), record(20_000, 1.0, 0.95))
    assert late[1].words.startswith("NEAR: ")
    never = verdicts(
        REPLICATION, record(310, 1.0, 0.1), record(25_050, 1.0, 0.5), record(25_060, 1.0, 0.5), record(25_070, 1, 1)
    )
    assert [event.step for event in never] == [310, 25_060]
    assert never[1].words == "FAIL: test accuracy ≥ 95 % not by 25,050; published: 8,350 (replication with 23 views)"


@pytest.mark.parametrize(("values", "judged"), [({"weight_decay": 3.0}, False), ({"pace": 20.0}, True)])
def test_nothing_is_judged_once_the_set_up_is_another_one(values: dict[str, Value], judged: bool) -> None:
    old = {name: getattr(REPLICATION, name) for name in values}
    change = Change(step=400, values=values, old=old, rebuilt=False, keep=False, words="")
    found = verdicts(REPLICATION, record(310, 1.0, 0.1), change, record(9000, 1.0, 0.96))
    assert (len(found) == 2) == judged


def test_the_verdict_is_that_of_the_factor() -> None:
    window = Window("nanda", WINDOWS[0].milestone, 300, "a paper")
    assert [window.verdict(step) for step in (99, 100, 199, 200, 450, 451, 900, 901)] == [
        "FAIL", "NEAR", "NEAR", "PASS", "PASS", "NEAR", "NEAR", "FAIL",
    ]  # fmt: skip
