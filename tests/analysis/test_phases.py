from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from grokterm.analysis.phases import PhaseTracker


def phase(tracker: PhaseTracker) -> str:
    return tracker.phase


def names(tracker: PhaseTracker, *records: tuple[int, float, float]) -> list[list[str]]:
    return [[name for name, _ in tracker.update(*record)] for record in records]


def test_the_usual_story() -> None:
    tracker = PhaseTracker()
    told = names(tracker, (0, 0, 0), (10, 0.99, 0.01), (20, 0.991, 0.02), (30, 1, 0.2), (40, 1, 0.21), (50, 1, 0.9))
    assert told == [[], [], ["memorized"], [], ["generalizing"], []]
    assert names(tracker, (55, 1, 0.901)) == [["grokked_90"]]
    assert phase(tracker) == "generalizing"
    assert names(tracker, (60, 1, 0.95), (70, 1, 0.989), (80, 1, 0.99)) == [["grokked_95"], [], ["grokked"]]
    assert phase(tracker) == "grokked"


def test_nothing_fires_at_step_0() -> None:
    tracker = PhaseTracker()
    assert tracker.update(0, 1.0, 1.0) == []
    assert phase(tracker) == "memorizing"
    assert names(tracker, (1, 1.0, 1.0)) == [["memorized", "generalizing", "grokked_90", "grokked_95", "grokked"]]


def test_the_way_back_has_hysteresis() -> None:
    tracker = PhaseTracker()
    told = names(tracker, *((step, 0, test) for step, test in enumerate((0.25, 0.15, 0.25, 0.1, 0.09, 0.15, 0.3), 1)))
    assert told == [["generalizing"], [], [], [], ["memorizing"], [], ["generalizing"]]


def test_a_grokked_run_collapses_and_groks_again() -> None:
    tracker = PhaseTracker()
    names(tracker, (1, 1, 1))
    assert names(tracker, (2, 1, 0.9), (3, 1, 0.89), (4, 1, 0.05)) == [[], ["collapsed"], []]
    assert phase(tracker) == "collapsed"
    ((name, words),) = tracker.update(5, 1, 0.995)
    assert (name, phase(tracker)) == ("grokked", "grokked")
    assert words.startswith("grokked again")


def test_a_rebuilt_model_begins_anew() -> None:
    tracker = PhaseTracker()
    names(tracker, (1, 1, 1))
    tracker.restart()
    assert phase(tracker) == "memorizing"
    assert names(tracker, (2, 0.1, 0.0), (3, 1.0, 0.3)) == [[], ["memorized", "generalizing"]]


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), max_size=60))
def test_milestones_fire_once_and_phases_follow_their_thresholds(curve: list[tuple[float, float]]) -> None:
    tracker, again = PhaseTracker(), PhaseTracker()
    told: list[str] = []
    for step, (train, test) in enumerate(curve, 1):
        events = tracker.update(step, train, test)
        assert events == again.update(step, train, test)
        told += [name for name, _ in events]
        assert all(words for _, words in events)
        assert tracker.phase != "grokked" or test >= 0.9
        assert tracker.phase != "memorizing" or test <= 0.2
        assert tracker.phase != "generalizing" or 0.1 <= test < 0.99
    for milestone in ("memorized", "grokked_90", "grokked_95"):
        assert told.count(milestone) <= 1
    assert ("memorized" in told) == any(train > 0.99 for train, _ in curve)
    assert ("grokked_90" in told) == any(test > 0.9 for _, test in curve)
    assert ("grokked_95" in told) == any(test >= 0.95 for _, test in curve)
    assert ("grokked" in told) == any(test >= 0.99 for _, test in curve)
