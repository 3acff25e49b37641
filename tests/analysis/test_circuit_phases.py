from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from grokterm.analysis.circuit_phases import CircuitPhases

STORY = [  # restricted loss, test loss, Σθ²
    (4.6, 4.6, 200),
    (4.5, 5.4, 1500),
    (3.1, 8.2, 9000),
    (2.2, 9.1, 12600),
    (0.4, 8.6, 19700),
    (0.007, 4.8, 24700),
    (0.002, 3.4, 25000),
    (0.0006, 1.6, 23600),
    (0.0001, 0.1, 18000),
]


def test_a_run_passes_through_the_phases_with_the_numbers_that_decided() -> None:
    phases = CircuitPhases()
    began = [(at, event) for at, record in enumerate(STORY) for event in phases.update(*record)]
    assert [(at, name) for at, (name, _) in began] == [(3, "circuit formation"), (7, "clean-up")]
    assert began[0][1][1] == (
        "circuit formation: restricted loss 2.2 is 48 % of its start, test loss 9.1 is 100 % of its peak"
    )
    assert began[1][1][1] == "clean-up: test loss 1.6 is 18 % of its peak, Σθ² 23,600 is 94 % of its peak"
    assert phases.phase == "clean-up"


def test_the_way_back_is_noticed_and_has_hysteresis() -> None:
    phases = CircuitPhases()
    for record in STORY:
        phases.update(*record)
    assert phases.update(0.001, 6.0, 18000) == []
    assert [name for name, _ in phases.update(0.001, 8.0, 18000)] == ["circuit formation"]
    assert phases.update(3.0, 8.0, 18000) == []
    assert [name for name, _ in phases.update(4.0, 8.0, 18000)] == ["memorization"]
    assert [name for name, _ in phases.update(0.1, 0.1, 1000)] == ["circuit formation", "clean-up"]


def test_nothing_is_told_without_a_restricted_loss_or_at_the_first_record() -> None:
    phases = CircuitPhases()
    assert phases.update(None, 1.0, 1.0) == []
    assert phases.update(math.nan, 1.0, 1.0) == []
    assert phases.update(4.6, 4.6, 200) == []
    assert phases.phase == "memorization"


def test_a_rebuilt_model_begins_anew() -> None:
    phases = CircuitPhases()
    for record in STORY:
        phases.update(*record)
    phases.restart()
    assert phases.phase == "memorization"
    assert phases.update(4.6, 4.6, 200) == []


@given(st.lists(st.tuples(st.floats(1e-9, 10), st.floats(1e-9, 20), st.floats(1, 1e6)), max_size=30))
def test_every_change_of_phase_is_an_event(records: list[tuple[float, float, float]]) -> None:
    phases = CircuitPhases()
    seen = "memorization"
    for record in records:
        for name, words in phases.update(*record):
            assert name != seen
            assert words.startswith(name)
            seen = name
        assert phases.phase == seen
