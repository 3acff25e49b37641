"""Measures by name, of whichever record they are."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from grokterm.config import Config
from grokterm.runs.history import History
from grokterm.runs.measured import MEASURES, columns_of, measured
from grokterm.wire.records import Progress, Scalars, Structure
from tests.runs.logged import numbers

NOT_ONE_NUMBER = {"step", "key_frequencies", "squared_weights", "basis"}


def test_every_number_of_the_records_can_be_named_once() -> None:
    fields = [name for kind in (Scalars, Progress, Structure) for name in kind.__struct_fields__]
    assert sorted(MEASURES) == sorted(["accuracy", "loss", *(name for name in fields if name not in NOT_ONE_NUMBER)])
    assert len(set(MEASURES)) == len(MEASURES)


def test_accuracy_and_loss_are_two_columns() -> None:
    assert columns_of("accuracy") == ("train_accuracy", "test_accuracy")
    assert columns_of("loss") == ("train_loss", "test_loss")
    assert columns_of("gradient_norm") == ("gradient_norm",)


@pytest.mark.parametrize("measure", MEASURES)
def test_a_history_without_records_has_none(measure: str) -> None:
    history = History(Config(p=11))
    for column in columns_of(measure):
        assert [part.size for part in measured(history, column)] == [0, 0]


def test_what_is_not_taken_every_time_has_no_gaps_and_what_is_not_finite_has() -> None:
    history = History(Config(p=11))
    taken = msgspec.structs.replace(numbers(10), embedding_gini=0.25, test_loss=None)
    progress = [Progress(0), Progress(10, restricted_loss=1.5)]
    history.add([numbers(0), taken, numbers(20), *progress, Structure(20, explained_neurons=0.5)])
    assert [part.tolist() for part in measured(history, "embedding_gini")] == [[10], [0.25]]
    steps, values = measured(history, "test_loss")
    assert steps.tolist() == [0, 10, 20]
    assert np.isnan(values).tolist() == [False, True, False]
    assert [part.tolist() for part in measured(history, "restricted_loss")] == [[10], [1.5]]
    assert [part.tolist() for part in measured(history, "explained_neurons")] == [[20], [0.5]]
