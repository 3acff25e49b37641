"""What the model makes of each pair of the table: right, wrong or not sure, tested or trained."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.uint8]

CONFIDENT: Final = 0.5
"""Softmax probability of the predicted class from which a prediction counts as confident."""
UNDEFINED: Final = 65535
"""The label of a pair on which the operation is not defined."""

BLANK, RIGHT, WRONG, UNSURE, RIGHT_TRAINED, WRONG_TRAINED, UNSURE_TRAINED = range(7)
COLORS: Final = ("", "correct", "wrong", "unsure", "correct_trained", "wrong_trained", "unsure_trained")
"""The palette's meaning of each code."""
MIXED: Final = 7
"""The first of the codes for a cell of many pairs: quarters of right and wrong pairs, the rest unsure."""
QUARTERS: Final = tuple((right, wrong) for right in range(5) for wrong in range(5 - right))
_MIX_CODE: Final = np.full((5, 5), MIXED, np.uint8)
for _number, (_right, _wrong) in enumerate(QUARTERS):
    _MIX_CODE[_right, _wrong] = MIXED + _number


def classify(
    label: npt.NDArray[np.uint16],
    trained: npt.NDArray[np.bool_],
    prediction: npt.NDArray[np.uint16] | None,
    confidence: Codes | None,
) -> Codes:
    """The code of every pair, [p, p] indexed [a, b]; without predictions every pair is unsure."""
    state = np.full(label.shape, UNSURE, np.uint8)
    if prediction is not None and confidence is not None and prediction.shape == label.shape == confidence.shape:
        known = np.where(prediction == label, np.uint8(RIGHT), np.uint8(WRONG))
        state = np.where(confidence >= CONFIDENT * 255, known, state)
    state += trained * np.uint8(RIGHT_TRAINED - RIGHT)
    return np.where(label == UNDEFINED, np.uint8(BLANK), state)


def count_right(
    label: npt.NDArray[np.uint16], trained: npt.NDArray[np.bool_], prediction: npt.NDArray[np.uint16]
) -> tuple[int, int]:
    """How many test pairs are answered right, however sure, and how many test pairs there are."""
    test = ~trained & (label != UNDEFINED)
    return int(np.count_nonzero(test & (prediction == label))), int(np.count_nonzero(test))


def shares(codes: Codes, across: int, down: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Shares of right, wrong and unsure pairs, [3, columns, rows], in cells of `across` × `down` pairs.

    The second array tells the cells that hold a test pair. A cell without defined pairs has shares of 0.
    """
    counts = np.stack([_count(codes == code, across, down) for code in range(1, 7)])
    states = counts[:3] + counts[3:]
    return states / np.maximum(states.sum(axis=0), 1), np.asarray(counts[:3].any(axis=0))


def mix(codes: Codes, across: int, down: int) -> Codes:
    """Cells of `across` × `down` pairs by the quarters of right and wrong among all their pairs."""
    parts, _ = shares(codes, across, down)
    right = np.rint(parts[0] * 4).astype(np.int64)
    wrong = np.minimum(np.rint(parts[1] * 4).astype(np.int64), 4 - right)
    return np.where(parts.any(axis=0), _MIX_CODE[right, wrong], BLANK).astype(np.uint8)


def majority(codes: Codes, across: int, down: int) -> Codes:
    """Cells of `across` × `down` pairs by the state of most; shown as tested where they hold a test pair."""
    parts, tested = shares(codes, across, down)
    state = np.array([RIGHT, WRONG, UNSURE], np.uint8)[parts.argmax(axis=0)]
    state = np.where(tested, state, state + (RIGHT_TRAINED - RIGHT))
    return np.where(parts.any(axis=0), state, BLANK).astype(np.uint8)


def _count(hits: npt.NDArray[np.bool_], across: int, down: int) -> npt.NDArray[np.int64]:
    columns = np.add.reduceat(hits, np.arange(0, hits.shape[0], across), axis=0, dtype=np.int32)
    return np.add.reduceat(columns, np.arange(0, hits.shape[1], down), axis=1, dtype=np.int64)
