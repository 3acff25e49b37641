from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from grokterm.analysis.circuit_phases import CircuitPhases

P = 97  # ln p is 4.575


@dataclass(frozen=True)
class Seen:
    """What one set of measures says."""

    consensus_loss: float | None
    consensus_p_value: float | None = 0.001
    key_consensus_loss: float | None = None
    key_p_value: float | None = None


STORY = [  # consensus, test loss, Σθ²
    (Seen(4.6, 0.4), 4.6, 200),
    (Seen(7.5, 1.0), 5.4, 1500),
    (Seen(4.1), 8.2, 9000),
    (Seen(2.2), 9.1, 12600),
    (Seen(0.4), 8.6, 19700),
    (Seen(0.007), 4.8, 24700),
    (Seen(0.002), 3.4, 25000),
    (Seen(0.0006), 1.6, 23600),
    (Seen(0.0001), 0.1, 18000),
]


def after(story: Sequence[tuple[Seen, float, float]]) -> CircuitPhases:
    phases = CircuitPhases(P)
    for record in story:
        phases.update(*record)
    return phases


def test_a_run_passes_through_the_phases_with_the_numbers_that_decided() -> None:
    phases = CircuitPhases(P)
    began = [(at, event) for at, record in enumerate(STORY) for event in phases.update(*record)]
    assert [(at, name) for at, (name, _) in began] == [(3, "circuit formation"), (7, "clean-up")]
    assert began[0][1][1] == (
        "circuit formation: consensus loss 2.2 is 48 % of ln p, test loss 9.1 is 100 % of its peak"
    )
    assert began[1][1][1] == "clean-up: test loss 1.6 is 18 % of its peak, Σθ² 23,600 is 94 % of its peak"
    assert phases.phase == "clean-up"


def test_the_way_back_is_noticed_and_has_hysteresis() -> None:
    phases = after(STORY)
    assert phases.update(Seen(0.001), 6.0, 18000) == []
    assert [name for name, _ in phases.update(Seen(0.001), 8.0, 18000)] == ["circuit formation"]
    assert phases.update(Seen(3.0, 0.9), 8.0, 18000) == []
    assert phases.update(Seen(4.3, 0.9, key_consensus_loss=3.2, key_p_value=0.9), 8.0, 18000) == []
    assert [name for name, _ in phases.update(Seen(4.2), 8.0, 18000)] == ["memorization"]
    assert [name for name, _ in phases.update(Seen(0.1), 0.1, 1000)] == ["circuit formation", "clean-up"]


def test_a_consensus_that_chance_allows_is_none() -> None:
    assert after([(Seen(4.6, 0.5), 4.6, 200), (Seen(1.0, 0.006), 9.0, 300)]).phase == "memorization"
    assert after([(Seen(4.6, 0.5), 4.6, 200), (Seen(1.0, 0.005), 9.0, 300)]).phase == "circuit formation"
    assert after([(Seen(4.6, 0.5), 4.6, 200), (Seen(1.0, None), 9.0, 300)]).phase == "memorization"


def test_key_frequencies_count_beyond_chance_and_once_test_loss_falls() -> None:
    start, keys = (Seen(4.6, 0.5), 10.0, 200), Seen(6.0, 1.0, 1.2, 0.001)
    assert after([start, (keys, 9.1, 300)]).phase == "memorization"
    assert after([start, (Seen(6.0, 1.0, 1.2, 0.01), 8.9, 300)]).phase == "memorization"
    assert after([start, (Seen(6.0, 1.0, 2.4, 0.001), 8.9, 300)]).phase == "memorization"
    phases = after([start])
    assert phases.update(keys, 8.9, 300) == [
        (
            "circuit formation",
            "circuit formation: consensus loss of key frequencies 1.2 is 26 % of ln p, "
            "test loss 8.9 is 89 % of its peak",
        )
    ]


def test_nothing_is_said_without_a_consensus_or_at_the_first_record() -> None:
    phases = CircuitPhases(P)
    assert phases.update(Seen(None), 1.0, 1.0) == []
    assert phases.update(Seen(1.0), math.nan, 1.0) == []
    assert phases.update(Seen(4.6), 4.6, 200) == []
    assert phases.phase == "memorization"


def test_a_rebuilt_model_begins_anew() -> None:
    phases = after(STORY)
    phases.restart()
    assert phases.phase == "memorization"
    assert phases.update(Seen(4.6), 4.6, 200) == []


SHARES = st.none() | st.floats(0, 1)


@given(
    st.lists(
        st.tuples(
            st.builds(Seen, st.floats(1e-9, 10), SHARES, st.none() | st.floats(1e-9, 10), SHARES),
            st.floats(1e-9, 20),
            st.floats(1, 1e6),
        ),
        max_size=30,
    )
)
def test_every_change_of_phase_is_an_event(records: list[tuple[Seen, float, float]]) -> None:
    phases = CircuitPhases(P)
    seen = "memorization"
    for record in records:
        for name, words in phases.update(*record):
            assert name != seen
            assert words.startswith(name)
            seen = name
        assert phases.phase == seen


def test_another_loss_goes_on_at_the_share_of_its_peak_that_the_last_one_had() -> None:
    phases = after(STORY)
    phases.change_loss()
    # .1 of 9.1 was 1 % of the peak: a loss of .002 in another unit has .18 as its peak.
    assert phases.update(Seen(0.0001), 0.002, 18000) == []
    assert phases.update(Seen(0.0001), 0.1, 18000) == []
    assert [words for _, words in phases.update(Seen(0.0001), 0.15, 18000)] == [
        "circuit formation again: test loss 0.15 is 82 % of its peak"
    ]


def test_a_loss_of_nothing_has_no_peak_to_fall_from() -> None:
    assert after([(Seen(4.1), 0.0, 100), (Seen(4.1), 0.0, 90)]).phase == "memorization"
