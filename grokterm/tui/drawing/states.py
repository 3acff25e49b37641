"""What the model makes of each pair of the table: right, wrong or not sure, tested or trained."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from grokterm.tasks.polynomial import UNDEFINED

if TYPE_CHECKING:
    import numpy.typing as npt

Codes: TypeAlias = "npt.NDArray[np.uint8]"

CONFIDENT: Final = 0.5
"""Softmax probability of the predicted class from which a prediction counts as confident."""

BLANK, RIGHT, WRONG, UNSURE, RIGHT_TRAINED, WRONG_TRAINED, UNSURE_TRAINED = range(7)
COLORS: Final = ("", "correct", "wrong", "unsure", "correct_trained", "wrong_trained", "unsure_trained", "cursor")
"""The palette's meaning of each code."""
CURSOR: Final = 7
"""The code of what lies under the cursor."""
MANY: Final = 16
"""Pairs in a cell from which its colour is a mixture of its test pairs: most of so many says too little."""
MIXED: Final = 8
"""The first of the codes of mixtures, one for each of QUARTERS."""
QUARTERS: Final = tuple((right, wrong) for right in range(5) for wrong in range(5 - right))
"""Quarters of right and of wrong test pairs in a mixture; the rest is unsure."""
_BY_MERIT: Final = (WRONG, RIGHT, UNSURE, WRONG_TRAINED, RIGHT_TRAINED, UNSURE_TRAINED)
"""Which code a cell takes when several are as frequent: tested before trained, wrong before right."""


def classify(
    label: npt.NDArray[np.int16],
    trained: npt.NDArray[np.bool_],
    prediction: npt.NDArray[np.int16] | None,
    confidence: Codes | None,
) -> Codes:
    """The code of every pair, [p, p] indexed [a, b]; without predictions every pair is blank."""
    if prediction is None or confidence is None or not prediction.shape == label.shape == confidence.shape:
        return np.full(label.shape, BLANK, np.uint8)
    known = np.where(prediction == label, np.uint8(RIGHT), np.uint8(WRONG))
    state = np.where(confidence >= CONFIDENT * 255, known, np.uint8(UNSURE))
    state += trained * np.uint8(RIGHT_TRAINED - RIGHT)
    return np.where(label == UNDEFINED, np.uint8(BLANK), state)


def count_right(
    label: npt.NDArray[np.int16], trained: npt.NDArray[np.bool_], prediction: npt.NDArray[np.int16]
) -> tuple[int, int]:
    """How many test pairs are answered right, however sure, and how many test pairs there are."""
    test = ~trained & (label != UNDEFINED)
    return int(np.count_nonzero(test & (prediction == label))), int(np.count_nonzero(test))


def reduce(codes: Codes, across: Sequence[int], down: Sequence[int], blend: bool) -> Codes:
    """Cells of several pairs, [columns, rows]: those from one number of `across` and `down` up to the next.

    A cell of fewer than MANY pairs takes the code of most of them; one of more, the mixture of its test pairs (of
    all, where it has none) in quarters, or where colours cannot `blend`, the code of most of its test pairs.
    """
    counts = np.stack([_count(codes == code, across, down) for code in _BY_MERIT])
    some, tested = counts.any(axis=0), counts[:3].any(axis=0)
    many = _most(across, codes.shape[0]) * _most(down, codes.shape[1]) >= MANY
    if many and blend:
        states = np.where(tested, counts[:3], counts[3:])
        quarters = np.rint(4 * states / np.maximum(states.sum(axis=0), 1)).astype(np.int64)
        wrong, right = np.minimum(quarters[0], 4 - quarters[1]), quarters[1]
        return np.where(some, _mixtures()[right, wrong], np.uint8(BLANK))
    if many:
        counts[3:, tested] = 0
    return np.where(some, np.array(_BY_MERIT, np.uint8)[counts.argmax(axis=0)], np.uint8(BLANK))


@cache
def _mixtures() -> Codes:
    """The code of each mixture, [5, 5] indexed [quarters of right, quarters of wrong]."""
    codes = np.full((5, 5), MIXED, np.uint8)
    for number, quarters in enumerate(QUARTERS):
        codes[quarters] = MIXED + number
    return codes


def _count(hits: npt.NDArray[np.bool_], across: Sequence[int], down: Sequence[int]) -> npt.NDArray[np.int64]:
    columns = np.add.reduceat(hits, across, axis=0, dtype=np.int32)
    return np.add.reduceat(columns, down, axis=1, dtype=np.int64)


def _most(starts: Sequence[int], end: int) -> int:
    """How many numbers there are at most from one start up to the next."""
    return int(np.diff([*starts, end]).max())
