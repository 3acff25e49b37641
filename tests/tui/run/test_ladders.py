from __future__ import annotations

import pytest

from grokterm.config import Config
from grokterm.tui.run.ladders import PACES, SMALLEST, Pace, paced, scaled


@pytest.mark.parametrize("name", ["lr", "weight_decay"])
def test_halving_ends_at_0_and_doubling_comes_back(name: str) -> None:
    value, seen = 1.0, []
    while value:
        seen.append(value)
        value = scaled(name, value, -1)
        assert len(seen) < 100
    assert min(seen) >= SMALLEST[name]
    assert scaled(name, 0.0, -1) == 0.0
    assert scaled(name, 0.0, 1) == SMALLEST[name]


@pytest.mark.parametrize("name", ["lr", "weight_decay"])
def test_doubling_stays_within_what_a_run_can_have(name: str) -> None:
    value = 1.0
    for _ in range(20):
        value = scaled(name, value, 1)
        Config().changed({name: value})
    assert scaled(name, value, 1) == value


def test_the_ladder_of_paces_goes_from_1_to_max_and_back() -> None:
    assert paced(120.0, 1) == 200
    pace: Pace = 120.0
    up = [pace := paced(pace, 1) for _ in PACES]
    assert up[-1] == "max"
    down = [pace := paced(pace, -1) for _ in PACES * 2]
    assert down[:2] == [PACES[-1], PACES[-2]]
    assert down[-1] == 1


def test_no_press_goes_without_effect_on_a_slow_machine() -> None:
    assert paced("max", -1, reached=230.0) == 200
    assert paced(1000.0, 1, reached=230.0) == "max"
    assert paced(0.5, -1) == 0.5
