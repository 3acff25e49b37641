"""The fit, on runs whose times are known beforehand."""

from __future__ import annotations

import numpy as np
import pytest

from grokterm.bench.forecast import auroc, groks, told
from grokterm.forecast.fit import calibrated, fit, left_out, moments
from grokterm.forecast.hazards import Hazards
from tests.forecast.runs import drawn, made

EPOCHS = 80


@pytest.fixture(scope="module")
def hazards() -> Hazards:
    known = moments(drawn(40))
    return calibrated(fit(known, epochs=EPOCHS), known, left_out(known, epochs=EPOCHS))


def test_it_knows_what_the_times_depend_on(hazards: Hazards) -> None:
    others = drawn(40, seed=1)
    found = told(others, 0.5, hazards)
    assert len(found.errors) == 30
    assert np.median(found.errors) < 0.05
    assert np.median(found.errors) < np.median(found.of_library)
    assert 0.6 <= np.mean(found.inside) <= 1
    chances, came, _ = groks(others, hazards)
    assert auroc(chances, came) == 1
    assert chances[~came].max() < 0.5 < chances[came].min()


def test_runs_that_end_without_grokking_say_only_that_they_did_not_until_then() -> None:
    """Half of the runs are cut off before they grok: the chances are those of all."""
    whole = [made(100, int(at), 4000) for at in np.linspace(600, 3000, 30).round(-1)]
    cut = [made(100, None, 1000) if i % 2 and (run.grokked_step or 0) > 1000 else run for i, run in enumerate(whole)]
    known = moments(cut)
    after = float(moments([made(100, None, 4000)]).x[0, 0])
    assert after > 0
    chances = [
        fit(of, epochs=EPOCHS).distribution(moments([made(100, None, 4000)]).x[0]) for of in (known, moments(whole))
    ]
    assert chances[0].within(1700) == pytest.approx(chances[1].within(1700), abs=0.15)


def test_the_same_runs_give_the_same_networks() -> None:
    known = moments(drawn(8))
    one, other = fit(known, epochs=20), fit(known, epochs=20)
    assert all(np.array_equal(getattr(one, name), getattr(other, name)) for name in Hazards.__dataclass_fields__)


def test_a_run_is_looked_at_between_memorizing_and_grokking() -> None:
    known = moments([made(100, 2000, 4000), made(100, None, 1000), made(100, 50, 4000)])
    assert set(known.run) == {0, 1}
    assert known.weight[known.run == 0].sum() == pytest.approx(1)
    assert (known.step[known.run == 0] + known.remaining[known.run == 0] == 2000).all()
    assert known.step.min() >= 100


def test_auroc_is_the_share_of_pairs_in_order() -> None:
    came = np.array([True, True, False, False])
    assert auroc([0.9, 0.4, 0.5, 0.1], came) == 0.75
    assert auroc([0.5, 0.5, 0.5, 0.5], came) == 0.5
    assert np.isnan(auroc([0.5, 0.4], came[:2]))
