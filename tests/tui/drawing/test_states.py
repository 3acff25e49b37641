from __future__ import annotations

import numpy as np

from grokterm.tasks.polynomial import UNDEFINED
from grokterm.tui.drawing.states import (
    BLANK,
    MIXED,
    QUARTERS,
    RIGHT,
    RIGHT_TRAINED,
    UNSURE,
    UNSURE_TRAINED,
    WRONG,
    WRONG_TRAINED,
    classify,
    count_right,
    reduce,
)

LABEL = np.array([[0, 1, 2], [1, 2, 0], [2, 0, UNDEFINED]], np.int16)
TRAINED = np.array([[1, 1, 1], [0, 0, 0], [0, 0, 0]], bool)
PREDICTION = np.array([[0, 9, 2], [1, 9, 0], [2, 0, 0]], np.int16)
CONFIDENCE = np.array([[255, 255, 127], [128, 255, 127], [0, 255, 255]], np.uint8)


def test_every_pair_has_its_state() -> None:
    assert classify(LABEL, TRAINED, PREDICTION, CONFIDENCE).tolist() == [
        [RIGHT_TRAINED, WRONG_TRAINED, UNSURE_TRAINED],
        [RIGHT, WRONG, UNSURE],
        [UNSURE, RIGHT, BLANK],
    ]


def test_without_answers_every_pair_is_blank() -> None:
    codes = classify(LABEL, TRAINED, None, None)
    assert codes.tolist() == [[BLANK] * 3] * 3
    assert classify(LABEL, TRAINED, PREDICTION[:2], CONFIDENCE[:2]).tolist() == codes.tolist()


def test_the_count_is_that_of_the_test_accuracy() -> None:
    assert count_right(LABEL, TRAINED, PREDICTION) == (4, 5)


def test_a_few_pairs_take_the_state_of_most_and_tested_ones_win_ties() -> None:
    codes = np.array([[RIGHT_TRAINED, RIGHT, WRONG], [RIGHT_TRAINED, RIGHT, BLANK], [BLANK, BLANK, BLANK]], np.uint8)
    assert reduce(codes, (0, 2), (0, 2), blend=True).tolist() == [[RIGHT, WRONG], [BLANK, BLANK]]
    codes[0, 1] = RIGHT_TRAINED
    assert reduce(codes, (0, 2), (0, 2), blend=True)[0, 0] == RIGHT_TRAINED


def test_many_pairs_mix_their_tested_ones_in_quarters() -> None:
    codes = np.full((8, 4), RIGHT_TRAINED, np.uint8)
    codes[:4, 0] = [RIGHT, RIGHT, WRONG, UNSURE]
    mixed = reduce(codes, (0, 4), (0,), blend=True)
    assert mixed.shape == (2, 1)
    assert QUARTERS[mixed[0, 0] - MIXED] == (2, 1)
    assert QUARTERS[mixed[1, 0] - MIXED] == (4, 0)
    assert reduce(codes, (0, 4), (0,), blend=False).tolist() == [[RIGHT], [RIGHT_TRAINED]]


def test_there_are_few_colours() -> None:
    assert len(QUARTERS) <= 16
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 7, (97, 97)).astype(np.uint8)
    for size in (2, 3, 4, 5, 10, 97):
        starts = range(0, 97, size)
        assert len(np.unique(reduce(codes, starts, starts, blend=True))) <= 16


def test_cells_may_hold_unequal_numbers_of_pairs() -> None:
    codes = np.array([[RIGHT, RIGHT, WRONG], [UNSURE, UNSURE, UNSURE], [WRONG, WRONG, RIGHT]], np.uint8)
    assert reduce(codes, (0, 1), (0, 2), blend=True).tolist() == [[RIGHT, WRONG], [WRONG, RIGHT]]
