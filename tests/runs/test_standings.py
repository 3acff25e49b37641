"""How compared runs stand: exact values from logs that no trainer wrote."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from grokterm.runs.compared import ComparedRun, compare
from grokterm.runs.folder import RunFolder
from grokterm.runs.fork import fork_run
from grokterm.runs.standings import Reached, standings
from grokterm.wire.records import Event
from tests.measured import measured
from tests.runs.logged import append, logged, numbers


def read(folders: Sequence[RunFolder]) -> list[ComparedRun]:
    runs = compare(folders)
    for run in runs:
        run.read()
    return runs


def grokked(run: RunFolder, step: int) -> RunFolder:
    append(run, [Event(step, "grokked", "")])
    return run


def at(steps: int, seconds: float) -> Reached:
    """So far, and so long, as float32 has it."""
    return Reached(steps, float(np.float32(seconds)))


def test_steps_seconds_and_ratios_to_the_first_run(home: Path) -> None:
    runs = [
        grokked(logged(home, 400), 200),
        grokked(logged(home, 400, optimizer="muon"), 300),
        logged(home, 400, optimizer="lion"),
    ]
    found = standings(read(runs))
    assert (found.start, found.cut, found.baseline, found.rates, found.settled) == (0, None, 0, 1, True)
    assert [row.milestones["memorized_step"] for row in found.rows] == [at(10, 0.1)] * 3
    assert [row.milestones["grokked_step_99"] for row in found.rows] == [
        at(200, 2.0),
        at(300, 3.0),
        None,
    ]
    assert [row.ratio for row in found.rows] == [1.0, 1.5, None]


def test_the_best_rate_of_the_first_runs_rule_is_the_baseline(home: Path) -> None:
    runs = [
        grokked(logged(home, 400, lr=0.01), 200),
        grokked(logged(home, 400, optimizer="muon"), 100),
        logged(home, 400, lr=0.003),
        grokked(logged(home, 400, lr=0.03, pace="max"), 160),
    ]
    found = standings(read(runs))
    assert (found.baseline, found.rates, found.settled) == (3, 3, True)
    assert [row.ratio for row in found.rows] == [1.25, 0.625, None, 1.0]


def test_a_rate_that_has_not_come_as_far_may_still_be_the_best(home: Path) -> None:
    runs = [grokked(logged(home, 400, lr=0.01), 200), logged(home, 190, lr=0.03)]
    assert not standings(read(runs)).settled
    append(runs[1], [numbers(200)])
    assert standings(read(runs)).settled
    none = standings(read([logged(home, 100, lr=0.01), logged(home, 100, lr=0.03)]))
    assert (none.baseline, none.rates, none.settled, none.rows[0].ratio) == (0, 2, False, None)


def test_other_runs_of_one_rate_are_no_rates_that_were_tried(home: Path) -> None:
    assert standings(read([logged(home), logged(home), logged(home, seed=1, lr=0.01)])).rates == 1


def test_forks_are_counted_from_where_they_part(home: Path) -> None:
    parent = logged(home, 100)
    forks = [fork_run(parent, home, 100, values).folder for values in ({}, {"lr": 0.02})]
    # Going on repeats the parent from its last checkpoint, which took a second here.
    for fork, step in zip(forks, (150, 180), strict=True):
        append(fork, [measured(n, 1 + n / 64) for n in range(110, 201, 10)])
        grokked(fork, step)
    found = standings(read(forks))
    assert found.start == 100
    assert found.rows[0].milestones["memorized_step"] == Reached(-90, 0.0)
    assert [row.milestones["grokked_step_99"] for row in found.rows] == [
        Reached(50, 0.625),
        Reached(80, 1.09375),
    ]
    assert standings(read([parent, *forks])).start == 0


def test_at_equal_seconds_only_what_all_had_time_for_counts(home: Path) -> None:
    quick, slow = grokked(logged(home, 400), 200), logged(home, 0, optimizer="muon")
    append(slow, [measured(n, n / 20) for n in range(10, 61, 10)])
    grokked(slow, 20)
    found = standings(read([quick, slow]), equal_seconds=True)
    assert found.cut == pytest.approx(3.0)
    assert [course.end for course in found.courses] == [31, 7]
    assert [row.ratio for row in found.rows] == [1.0, pytest.approx(0.5)]
    append(slow, [measured(70, 3.5)])
    short = standings(read([logged(home, 100), slow]), equal_seconds=True)
    assert short.cut == pytest.approx(1.0)
    assert short.rows[0].milestones["grokked_step_99"] == at(20, 1.0)
    behind = standings(read([quick, logged(home, 100, optimizer="lion")]), equal_seconds=True)
    assert behind.rows[0].milestones["grokked_step_99"] is None


def test_runs_that_have_logged_nothing_stand_nowhere(home: Path) -> None:
    runs = [logged(home, 100), logged(home, 100, lr=0.01)]
    for run in runs:
        run.log_path.write_bytes(b"")
    found = standings(read(runs), equal_seconds=True)
    assert (found.cut, [course.end for course in found.courses]) == (None, [0, 0])
    assert [row.ratio for row in found.rows] == [None, None]
