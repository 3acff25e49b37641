"""Where a function is 0: found in few evaluations, whichever way it bends."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from grokterm.sweeps.crossing import crossing


@pytest.mark.parametrize(
    ("function", "near", "far", "root"),
    [
        (lambda x: x - 1, 0.0, 8.0, 1.0),
        (lambda x: x**2 - 2, 0.0, 9.0, math.sqrt(2)),
        (lambda x: math.exp(x) - 5, -3.0, 4.0, math.log(5)),
        (lambda x: 0.5 - x, 3.0, -3.0, 0.5),
        (lambda x: math.sqrt(abs(x)) - 0.1, 0.0, 1.0, 0.01),
        (lambda x: x, -1.0, 0.0, 0.0),
    ],
)
def test_a_root_is_found_in_few_evaluations(
    function: Callable[[float], float], near: float, far: float, root: float
) -> None:
    seen = []

    def value_at(x: float) -> float:
        seen.append(x)
        return function(x)

    assert crossing(value_at, near, function(near), far, function(far)) == pytest.approx(root, abs=2e-5)
    assert len(seen) <= 16
    assert all(min(near, far) <= x <= max(near, far) for x in seen)
