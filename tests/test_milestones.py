"""Which accuracies reach a milestone, and how it is spoken of."""

from __future__ import annotations

import math
from typing import Any

import pytest

from grokterm.analysis.phases import PhaseTracker
from grokterm.cli.goal import reached
from grokterm.config import Config, docs
from grokterm.milestones import (
    GROKKED,
    GROKKED_90,
    GROKKED_95,
    MEMORIZED,
    MILESTONES,
    Milestone,
    phase_accuracies,
)
from grokterm.runs.history import History
from grokterm.training.goals import goal_reached
from grokterm.training.trackers import Trackers
from grokterm.wire.records import Record
from tests.measured import measured


@pytest.mark.parametrize(
    ("milestone", "equal", "condition", "happened"),
    [
        (MEMORIZED, False, "train accuracy > 99 %", "train accuracy passed 99 %"),
        (GROKKED_90, False, "test accuracy > 90 %", "test accuracy passed 90 %"),
        (GROKKED_95, True, "test accuracy ≥ 95 %", "test accuracy reached 95 %"),
        (GROKKED, True, "test accuracy ≥ 99 %", "test accuracy reached 99 %"),
    ],
)
def test_thresholds_and_words(milestone: Milestone, equal: bool, condition: str, happened: str) -> None:
    assert milestone.reached(milestone.accuracy) is equal
    assert milestone.reached(math.nextafter(milestone.accuracy, 1))
    assert not milestone.reached(math.nextafter(milestone.accuracy, 0))
    assert (milestone.condition, milestone.happened) == (condition, happened)


def test_the_share_of_pairs_that_is_exactly_the_threshold_counts_as_equal() -> None:
    for count in range(100, 12_001, 100):
        for milestone in MILESTONES:
            right = round(milestone.accuracy * count)
            assert milestone.reached(right / count) is not milestone.above
            assert milestone.reached((right + 1) / count)


def test_goal_log_and_command_line_agree() -> None:
    for until, name in (("memorized", "memorized_step"), ("grokked", "grokked_step_99")):
        config = Config(until=until)  # type: ignore[arg-type]
        for accuracy in (0.9899, 0.99, 0.9901):
            last = measured(10, train_accuracy=accuracy, test_accuracy=accuracy, gradient_norm=None)
            records: list[Record] = [last, *Trackers(config).update(last)]
            history = History(config)
            history.add(records)
            expected = accuracy > 0.99 or (accuracy == 0.99 and until == "grokked")
            assert bool(goal_reached(config, last.step, last)) is reached(history) is expected
            assert (history.milestones[name] == 10) is expected


def test_the_help_says_both_thresholds() -> None:
    assert "memorized (train accuracy > .99), grokked (test ≥ .99)" in docs()["until"]


def test_of_two_answers_phases_are_counted_from_chance() -> None:
    assert phase_accuracies(0) == (0.2, 0.1)
    assert phase_accuracies(0.5) == (0.6, 0.55)
    tracker = PhaseTracker(phase_accuracies(0.5))
    accuracies = (0.5, 0.59, 0.61, 0.56, 0.54, 1.0)
    found = [name for step, test in enumerate(accuracies, 1) for name, _ in tracker.update(step, 0.5, test)]
    assert found == ["generalizing", "memorizing", "generalizing", "grokked_90", "grokked_95", "grokked"]
    config = Config(task="parity")
    (event,) = Trackers(config).update(measured(10, train_accuracy=0.5, test_accuracy=0.61, gradient_norm=None))
    assert event.words == "generalizing: test accuracy passed 60 %"


@pytest.mark.parametrize(
    ("given", "chance"),
    [
        ({}, 0.0),
        ({"op": "subtract", "p": 3}, 0.0),
        ({"task": "parity"}, 0.5),
        ({"task": "sum", "p": 4}, 0.25),
        ({"op": "abc", "p": 3}, 19 / 27),
        ({"op": "a + bc", "p": 5}, 0.2),
    ],
)
def test_chance_is_the_share_of_the_most_frequent_answer(given: dict[str, Any], chance: float) -> None:
    assert Config(**given).chance == chance
