"""Summaries of cells, marginals, and bands of curves."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from grokterm.sweeps.curves import COLUMNS, POINTS
from grokterm.sweeps.phases import PHASES
from grokterm.sweeps.summaries import SUMMARY, band, bands, common_steps, grouped, held, marginal, quantile, summary_of
from tests.sweeps.swept import ended, failed, plan_of, table_by, table_of

TEST = COLUMNS.index("test_accuracy")


def curve(steps: list[float], test: list[float]) -> np.ndarray:
    made = np.full((len(COLUMNS), len(steps)), 0.5, dtype=np.float32)
    made[0], made[TEST] = steps, test
    return made


def test_a_cell_is_summed_up_over_its_seeds() -> None:
    plan = plan_of("wd=1", seeds=5)
    first, second, third, fourth, fifth = plan.runs()
    table = table_of(
        plan,
        [
            ended(plan, first, 400, embedding_gini=0.5),  # comprehension: 300 behind
            ended(plan, second, 3_000, test_accuracy=0.99),
            ended(plan, third, 5_000, embedding_gini=None),
            ended(plan, fourth, None),
            failed(plan, fifth),
        ],
    )
    summary = summary_of(table, table.rows_of(0))
    assert (summary.ended, summary.failed, summary.grokked) == (4, 1, 3)
    assert summary.share == 0.75
    assert summary.phase == "grokking"
    assert summary.steps == 4_000
    assert summary.test_accuracy == pytest.approx((1 + 0.99) / 2)
    assert summary.gini == 0.25


def test_half_of_the_runs_that_never_grok_put_the_median_beyond_every_budget() -> None:
    plan = plan_of("wd=1", seeds=4)
    steps = iter((1_000, None, 2_000, None))
    table = table_by(plan, lambda run: next(steps))
    assert summary_of(table, range(4)).steps == math.inf
    assert summary_of(table, [0, 1, 2]).steps == 2_000
    assert summary_of(table, range(4)).share == 0.5


def test_nothing_and_failures_alone_have_no_share() -> None:
    plan = plan_of("wd=1", seeds=2)
    table = table_of(plan, [failed(plan, run) for run in plan.runs()])
    for rows, failures in (([], 0), ([0, 1], 2)):
        summary = summary_of(table, rows)
        assert (summary.ended, summary.failed, summary.grokked, summary.phase) == (0, failures, 0, None)
        assert all(map(math.isnan, (summary.share, summary.steps, summary.test_accuracy, summary.gini)))


def test_a_run_that_grokked_before_it_failed_has_ended() -> None:
    plan = plan_of("wd=1")
    table = table_of(plan, [ended(plan, plan.run(0), 3_000, state="failed", reason="out of memory")])
    assert (summary_of(table, [0]).ended, summary_of(table, [0]).failed, summary_of(table, [0]).steps) == (1, 0, 3_000)


@pytest.mark.parametrize(("earlier", "later"), list(pairwise(PHASES)))
def test_of_two_phases_as_frequent_the_earlier_stands(earlier: str, later: str) -> None:
    plan = plan_of("wd=1", seeds=2)
    first, second = plan.runs()
    table = table_of(plan, [ended(plan, first, 500, phase=later), ended(plan, second, 500, phase=earlier)])
    assert summary_of(table, [0, 1]).phase == earlier


def test_every_measure_is_a_field_of_a_summary() -> None:
    plan = plan_of("wd=1")
    summary = summary_of(table_by(plan, lambda run: 500), [0])
    assert list(SUMMARY) == ["phase", "steps", "share", "test_accuracy", "gini"]
    assert all(getattr(summary, name) is not None for name in SUMMARY)
    assert [name for name, measure in SUMMARY.items() if measure.log] == ["steps"]


def test_rows_are_grouped_by_all_but_one_setting_in_the_order_of_the_plan() -> None:
    plan = plan_of("wd=3,1", "frac=0.3,0.7", "op=add,multiply", seeds=2)
    table = table_of(plan, (ended(plan, run, 500) for run in reversed(list(plan.runs()))))
    groups = grouped(table, ["weight_decay", "op"])
    assert list(groups) == [(3, "add"), (3, "multiply"), (1, "add"), (1, "multiply")]
    assert all(len(rows) == 4 for rows in groups.values())
    for (decay, op), rows in groups.items():
        assert {(table.values(row)["weight_decay"], table.values(row)["op"]) for row in rows} == {(decay, op)}
    assert list(grouped(table, [])) == [()]
    assert grouped(table, ["op"], [0, 1]) == {("add",): [1], ("multiply",): [0]}
    with pytest.raises(KeyError):
        grouped(table, ["lr"])


def test_a_marginal_pools_all_other_settings() -> None:
    plan = plan_of("wd=3,1,0.1", "frac=0.3,0.7", seeds=3)

    def steps(run: object) -> float | None:
        decay = run.cell.values["weight_decay"]  # type: ignore[attr-defined]
        return None if decay == 0.1 else 1_000 / decay + 100 * run.seed  # type: ignore[attr-defined]

    found = marginal(table_by(plan, steps), "weight_decay")
    assert found.values == (0.1, 1, 3)
    assert (found.grokked, found.ended) == ((0, 6, 6), (6, 6, 6))
    assert found.share.tolist() == [0, 1, 1]
    assert found.median[0] == found.low[0] == found.high[0] == math.inf
    first = plan.base.seed
    middle = [1_000 + 100 * (first + seed) for seed in (0, 0, 1, 1, 2, 2)]
    expected = np.quantile(middle, [0.1, 0.5, 0.9])
    assert [found.low[1], found.median[1], found.high[1]] == pytest.approx(expected.tolist())


def test_a_marginal_leaves_out_values_without_a_run_and_keeps_words_in_order() -> None:
    plan = plan_of("op=multiply,add,max", seeds=1)
    runs = list(plan.runs())
    table = table_of(plan, [ended(plan, runs[1], 900), ended(plan, runs[0], 700), failed(plan, runs[2])])
    found = marginal(table, "op")
    assert found.values == ("multiply", "add")
    assert found.median.tolist() == [700, 900]
    assert marginal(table, "op", []).values == ()


@given(st.lists(st.floats(0, 1e6) | st.just(math.inf), min_size=1, max_size=12), st.sampled_from([0.1, 0.5, 0.9]))
def test_a_quantile_is_numpys_where_that_is_finite(values: list[float], q: float) -> None:
    found = quantile(values, q)
    expected = float(np.quantile(np.minimum(values, 1e300), q))
    if expected < 1e250:
        assert found == pytest.approx(expected, rel=1e-12, abs=1e-12)
    else:
        assert found == math.inf


@given(arrays.arrays(np.float64, st.tuples(st.integers(1, 9), st.just(4)), elements=st.floats(-9, 9) | st.just(np.nan)))
def test_a_band_is_numpys_quantiles_without_nan(values: np.ndarray) -> None:
    for column, found in enumerate(zip(*band(values), strict=True)):
        known = values[:, column][~np.isnan(values[:, column])]
        expected = np.quantile(known, [0.1, 0.5, 0.9]) if len(known) else [np.nan] * 3
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


def test_a_curve_that_ended_keeps_its_last_value_in_a_band() -> None:
    short, long = curve([0, 100], [0, 1]), curve([0, 100, 400], [0, 0.5, 0.5])
    found = bands([short, long])
    assert found.runs == 2
    assert found.steps[0] == 0
    assert found.steps[-1] == 400
    after = found.steps > 100
    np.testing.assert_allclose(found.median[TEST][after], 0.75)
    np.testing.assert_allclose(found.low[TEST][after], 0.55, rtol=1e-6)
    np.testing.assert_allclose(found.high[TEST][after], 0.95, rtol=1e-6)
    at = int(np.searchsorted(found.steps, 50))
    assert found.median[TEST][at] == pytest.approx(found.steps[at] / 100 * 0.75, rel=1e-5)


def test_a_band_has_nan_only_where_no_curve_has_a_value() -> None:
    first, second = curve([0, 10], [0.2, np.nan]), curve([5, 10], [0.4, 0.4])
    second[COLUMNS.index("embedding_gini")] = first[COLUMNS.index("embedding_gini")] = np.nan
    found = bands([first, second])
    assert np.isnan(found.median[COLUMNS.index("embedding_gini")]).all()
    assert found.median[TEST][0] == np.float32(0.2)
    assert found.median[TEST][-1] == np.float32(0.4)


def test_bands_of_one_and_of_no_curve() -> None:
    alone = bands([curve([0, 10, 20], [0.1, 0.2, 0.3])])
    np.testing.assert_array_equal(alone.low, alone.high)
    nothing = bands([])
    assert nothing.runs == 0
    assert nothing.median.shape == (len(COLUMNS), 0)
    assert bands([np.empty((len(COLUMNS), 0), dtype=np.float32)]).runs == 0


def test_common_steps_are_whole_and_few() -> None:
    steps = common_steps([np.array([0.0, 7.0]), np.array([2.0, 100_000.0])])
    assert len(steps) == POINTS
    assert (steps == np.round(steps)).all()
    assert common_steps([np.array([3.0, 6.0])]).tolist() == [3, 4, 5, 6]
    assert np.isnan(held(np.array([0.0, 3.0]), np.array([2.0, 4.0]), np.array([1.0, 2.0]))[0])


def test_a_run_that_failed_counts_where_it_grokked_at_99_alone() -> None:
    plan = plan_of("wd=1", seeds=3)
    first, second, third = plan.runs()
    reason = {"state": "failed", "reason": "the loss is no number"}
    table = table_of(
        plan,
        [
            ended(plan, first, 3_000, **reason),
            ended(plan, second, 3_000, grokked_step_95=None, grokked_step_99=None, **reason),
            ended(plan, third, None),
        ],
    )
    summary = summary_of(table, range(3))
    assert (summary.ended, summary.failed, summary.grokked) == (2, 1, 1)
    assert summary.reasons == ("the loss is no number",)
