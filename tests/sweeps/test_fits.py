"""Power laws and critical values of a sweep."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from grokterm.sweeps.fits import Critical, PowerLaw, Unfitted, critical, power_law
from grokterm.sweeps.plan import PlannedRun
from grokterm.sweeps.table import SweepTable
from tests.sweeps.swept import ended, failed, plan_of, table_by, table_of

FRACTIONS = "frac=0.2:0.65:10"
SETS = 100


def law_of(found: PowerLaw | Unfitted) -> PowerLaw:
    assert isinstance(found, PowerLaw), found.words
    return found


def critical_of(found: Critical | Unfitted) -> Critical:
    assert isinstance(found, Critical), found.words
    return found


def by_decay(exponent: float, noise: float, seed: int = 0) -> Callable[[PlannedRun], float]:
    rng = np.random.default_rng(seed)

    def steps(run: PlannedRun) -> float:
        return float(2_000 * float(run.cell.values["weight_decay"]) ** exponent * math.exp(rng.normal(0, noise)))

    return steps


def by_share(center: float, steepness: float, seed: int) -> SweepTable:
    """Runs that grok with a probability that rises with the fraction."""
    rng = np.random.default_rng(seed)
    plan = plan_of(FRACTIONS, seeds=5, p=31)

    def steps(run: PlannedRun) -> float | None:
        logit = steepness * (float(run.cell.values["train_fraction"]) - center)
        return 1_000 if rng.random() < 1 / (1 + math.exp(-logit)) else None

    return table_by(plan, steps)


def test_the_exponent_of_a_sweep_with_censored_runs() -> None:
    plan = plan_of("wd=0.03,0.1,0.3,1,3", seeds=3)
    found = law_of(power_law(table_by(plan, by_decay(-1.0, 0.1)), "weight_decay"))
    assert (found.runs, found.censored, found.left_out) == (15, 5, 0)
    assert found.low < -1 < found.high
    assert found.exponent == pytest.approx(-1, abs=0.1)
    assert found.steps(1) == pytest.approx(2_000, rel=0.1)
    low, high = (f"{each:.2f}".replace("-", "−") for each in (found.low, found.high))
    shown = f"{found.exponent:.2f}".replace("-", "−")
    assert found.words == f"steps to grok ∝ wd^{shown} ({low} to {high}, 95 %; 5 of 15 runs censored)"


def test_the_interval_of_random_steps_holds_0() -> None:
    plan = plan_of("wd=0.03,0.1,0.3,1,3", seeds=3)
    held = 0
    for seed in range(50):
        found = law_of(power_law(table_by(plan, by_decay(0.0, 0.3, seed)), "weight_decay"))
        held += found.low <= 0 <= found.high
    assert held >= 44


def test_failed_runs_and_those_at_0_have_no_part_in_a_law() -> None:
    plan = plan_of("wd=0,0.1,0.3,1", seeds=2)
    steps = by_decay(-0.5, 0.1)
    runs = [
        failed(plan, run) if run.number == 7 else ended(plan, run, steps(run) if run.cell.number else None)
        for run in plan.runs()
    ]
    found = law_of(power_law(table_of(plan, runs), "weight_decay"))
    assert (found.runs, found.censored, found.left_out) == (5, 0, 2)
    assert found.words.endswith("0 of 5 runs censored; 2 at 0 or below left out)")


def test_a_law_of_some_rows_is_theirs() -> None:
    plan = plan_of("wd=0.1,0.3,1,3", "frac=0.3,0.7", seeds=2)
    steps = by_decay(-1.0, 0.02), by_decay(1.0, 0.02)
    table = table_by(plan, lambda run: steps[run.cell.point[1]](run) / 4)
    for at, exponent in enumerate((-1, 1)):
        rows = [row for row in range(len(table)) if plan.cells[table.runs[row].cell].point[1] == at]
        assert law_of(power_law(table, "weight_decay", rows)).exponent == pytest.approx(exponent, abs=0.05)


@pytest.mark.parametrize(
    ("over", "grokked", "why"),
    [
        ("wd=0.1,1", 500, "runs have ended at 2 values of wd above 0: a power law needs three"),
        ("wd=0,0.1,1", 500, "runs have ended at 2 values of wd above 0: a power law needs three"),
        ("wd=0.1,1,3", None, "none of the 6 runs grok within their budget: all are censored"),
        ("op=add,multiply,max", 500, "op is no number: there is no power of it"),
    ],
)
def test_without_ground_there_is_no_law(over: str, grokked: float | None, why: str) -> None:
    table = table_by(plan_of(over, seeds=2), lambda run: grokked)
    found = power_law(table, table.setting_names[0])
    assert isinstance(found, Unfitted)
    assert found.words == why


def test_runs_that_grok_at_one_value_alone_give_no_law() -> None:
    table = table_by(plan_of("wd=0.1,1,3", seeds=3), lambda run: 500 if run.cell.number == 2 else None)
    assert "at 1 value of wd" in power_law(table, "weight_decay").words


def test_a_name_that_is_not_swept_is_refused() -> None:
    table = table_by(plan_of("wd=0.1,1,3"), lambda run: 500)
    for fit in (power_law, critical):
        with pytest.raises(KeyError):
            fit(table, "lr")


def test_no_critical_value_on_a_grid_is_likelier() -> None:
    table = by_share(0.4, 20, seed=4)
    found = critical_of(critical(table, "train_fraction"))
    x = table.column("train_fraction")
    grokked = np.isfinite(table.column("grokked_step_99"))

    def plain(center: float, steepness: npt.NDArray[np.float64]) -> float:
        p = 1 / (1 + np.exp(-steepness[:, None] * (x - center)))
        return float(np.log(np.where(grokked, p, 1 - p)).sum(1).max())

    best = plain(found.value, np.array([found.steepness]))
    centers, slopes = np.linspace(0.2, 0.65, 451), np.linspace(1, 80, 317)
    profile = np.array([plain(center, slopes) for center in centers])
    assert profile.max() <= best + 1e-9
    assert centers[profile.argmax()] == pytest.approx(found.value, abs=0.001)
    inside = centers[profile > best - 3.841458820694124 / 2]
    assert (found.low, found.high) == pytest.approx((inside[0], inside[-1]), abs=0.002)
    assert found.share(found.value) == 0.5
    assert found.words.startswith(f"half of the runs grok at frac {found.value:.3g} (")
    assert found.words.endswith(", 95 %; 50 runs)")


def test_the_interval_of_the_critical_value_holds_it_in_about_95_of_100_sets() -> None:
    held = 0
    for seed in range(SETS):
        found = critical_of(critical(by_share(0.42, 20, seed), "train_fraction"))
        held += found.low <= 0.42 <= found.high
    assert 0.90 * SETS <= held <= 0.99 * SETS


@pytest.mark.parametrize("falls", [False, True])
def test_separated_runs_give_the_neighbours_and_no_infinite_interval(falls: bool) -> None:
    plan = plan_of("frac=0.2,0.3,0.4,0.5", seeds=3, p=31)
    table = table_by(plan, lambda run: 500 if (float(run.cell.values["train_fraction"]) > 0.35) is not falls else None)
    found = critical_of(critical(table, "train_fraction"))
    assert found.separated
    assert (found.low, found.value, found.high) == pytest.approx((0.3, 0.35, 0.4))
    first, second = ("all", "none") if falls else ("none", "all")
    assert found.words == (
        f"half of the runs grok between frac 0.3 and 0.4: {first} of them up to 0.3, {second} from 0.4 on "
        "(12 runs; values in between would say more)"
    )
    assert (found.share(0.2), found.share(0.5)) == ((1, 0) if falls else (0, 1))


def test_one_mixed_value_between_none_and_all_is_bounded_by_its_neighbours_or_less() -> None:
    plan = plan_of("frac=0.2,0.3,0.4,0.5,0.6", seeds=5, p=31)

    def steps(run: PlannedRun) -> float | None:
        return 500 if run.cell.number > 2 or (run.cell.number == 2 and run.number % 5 < 2) else None

    found = critical_of(critical(table_by(plan, steps), "train_fraction"))
    assert not found.separated
    assert 0.3 <= found.low < found.value < found.high <= 0.5
    assert found.value == pytest.approx(0.4, abs=0.01)


def test_values_over_a_decade_are_looked_at_on_a_log_scale() -> None:
    rng = np.random.default_rng(5)
    plan = plan_of("wd=0.01:100:log:13", seeds=6)
    table = table_by(
        plan,
        lambda run: 500 if rng.random() < 1 / (1 + (float(run.cell.values["weight_decay"]) / 0.5) ** -2) else None,
    )
    found = critical_of(critical(table, "weight_decay"))
    assert found.log
    assert 0 < found.low < 0.5 < found.high
    assert not critical_of(critical(table, "weight_decay", log=False)).log


@pytest.mark.parametrize(
    ("grokked", "words"),
    [(500, "all of the 6 runs grok at every frac"), (None, "none of the 6 runs grok at every frac")],
)
def test_without_ground_there_is_no_critical_value(grokked: float | None, words: str) -> None:
    table = table_by(plan_of("frac=0.3,0.5,0.7", seeds=2, p=31), lambda run: grokked)
    assert critical(table, "train_fraction").words == words
    one = table_by(plan_of("frac=0.3", seeds=2, p=31), lambda run: grokked)
    assert critical(one, "train_fraction").words == "runs have ended at 1 value of frac: two are needed"
    words_alone = table_by(plan_of("op=add,multiply", seeds=2), lambda run: grokked)
    assert critical(words_alone, "op").words == "op is no number: no value of it is between two others"


def test_a_share_that_never_passes_half_has_no_critical_value() -> None:
    plan = plan_of("frac=0.3,0.5,0.7", seeds=10, p=31)
    table = table_by(plan, lambda run: 500 if run.number % 10 < 1 + run.cell.number else None)
    found = critical(table, "train_fraction")
    assert isinstance(found, Unfitted)
    assert found.words == "the share that groks, 20% of all, does not pass half within the values of frac"


def test_a_share_without_a_trend_has_an_open_interval_that_is_called_so() -> None:
    plan = plan_of("frac=0.3,0.5,0.7", seeds=4, p=31)
    table = table_by(plan, lambda run: 500 if run.number % 4 < (1, 2, 3)[run.cell.number] else None)
    found = critical_of(critical(table, "train_fraction"))
    assert found.value == pytest.approx(0.5, abs=1e-6)
    assert found.low == -math.inf
    assert found.high == math.inf
    assert found.words == "half of the runs grok at frac 0.5 (not bounded at 95 %; 12 runs)"
