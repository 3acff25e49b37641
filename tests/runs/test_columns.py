"""Columns and waterfalls hold every number in the order in which it came."""

from __future__ import annotations

import math

import numpy as np
import pytest

from grokterm.runs.columns import Columns, RowsByStep


def test_names_that_come_later_are_not_there_before() -> None:
    columns = Columns(["step"])
    columns.extend([{"step": 0, "W_a": 1.0}, {"step": 50, "W_a": None}])
    columns.extend([{"step": float(step), "W_E": 2.0} for step in range(100, 700)])
    assert columns.names == ("step", "W_a", "W_E")
    assert len(columns) == 602
    assert columns.column("W_a")[0] == 1.0
    assert np.isnan(columns.column("W_a")[1:]).all()
    assert np.isnan(columns.column("W_E")[:2]).all()
    assert (columns.column("W_E")[2:] == 2.0).all()
    assert columns.column("step")[-1] == 699
    with pytest.raises(KeyError):
        columns.column("W_b")


def test_rows_are_numbers_of_every_column() -> None:
    columns = Columns(["step", "loss"])
    columns.append_rows([])
    for start in range(0, 900, 300):
        columns.append_rows([(step, None if step == 7 else -step) for step in range(start, start + 300)])
    assert np.array_equal(columns.column("step"), np.arange(900))
    assert math.isnan(columns.column("loss")[7])
    assert columns.column("loss")[899] == -899


def test_a_waterfall_keeps_its_rows_and_leaves_out_those_of_another_length() -> None:
    waterfall = RowsByStep()
    assert (waterfall.steps.shape, waterfall.rows.shape[0]) == ((0,), 0)
    for step in range(600):
        waterfall.append(step, (step, None, 0.5))
    waterfall.append(600, (1.0, 2.0))
    assert np.array_equal(waterfall.steps, np.arange(600))
    assert waterfall.rows.shape == (600, 3)
    assert np.array_equal(waterfall.rows[:, 0], np.arange(600))
    assert np.isnan(waterfall.rows[:, 1]).all()
