"""Numbers of a log as columns that grow: no object is kept for a record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_FIRST: Final = 256


class Columns:
    """Named columns of one length; a number that is not there is NaN."""

    def __init__(self, names: Iterable[str]) -> None:
        self._rows = {name: row for row, name in enumerate(names)}
        self._length = 0
        self._numbers: Floats = np.full((len(self._rows), _FIRST), np.nan)

    def __len__(self) -> int:
        """Numbers in each column."""
        return self._length

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(self._rows)

    def column(self, name: str) -> Floats:
        """One column, [n]; do not write to it. Raises KeyError for a name that is not there."""
        return self._numbers[self._rows[name], : self._length]

    def extend(self, numbers: Sequence[Mapping[str, float | None]]) -> None:
        """Adds a line for each mapping; names that are new begin a column."""
        new = dict.fromkeys(name for line in numbers for name in line if name not in self._rows)
        self._rows |= {name: len(self._rows) + at for at, name in enumerate(new)}
        self._grow(self._length + len(numbers))
        for at, line in enumerate(numbers, self._length):
            for name, number in line.items():
                self._numbers[self._rows[name], at] = np.nan if number is None else number
        self._length += len(numbers)

    def append_rows(self, rows: Sequence[Sequence[float | None]]) -> None:
        """Adds lines that hold a number of every column, in order."""
        if rows:
            self._grow(self._length + len(rows))
            self._numbers[:, self._length : self._length + len(rows)] = np.array(rows, dtype=np.float64).T
            self._length += len(rows)

    def _grow(self, length: int) -> None:
        height, capacity = self._numbers.shape
        if length > capacity or len(self._rows) > height:
            capacity = capacity if length <= capacity else max(length, 2 * capacity)
            grown = np.full((len(self._rows), capacity), np.nan)
            grown[:height, : self._length] = self._numbers[:, : self._length]
            self._numbers = grown


class Waterfall:
    """Rows of numbers, one for each of some steps; all rows have the length of the first."""

    def __init__(self) -> None:
        self._length = 0
        self._steps: npt.NDArray[np.int64] = np.empty(_FIRST, dtype=np.int64)
        self._rows: npt.NDArray[np.float32] = np.empty((_FIRST, 0), dtype=np.float32)

    @property
    def steps(self) -> npt.NDArray[np.int64]:
        """The step of each row, [n]."""
        return self._steps[: self._length]

    @property
    def rows(self) -> npt.NDArray[np.float32]:
        """[n, numbers], NaN where a number was not finite; do not write to it."""
        return self._rows[: self._length]

    def append(self, step: int, numbers: Sequence[float | None]) -> None:
        """Adds a row; one of another length than the first is left out."""
        if not self._length:
            self._rows = np.empty((_FIRST, len(numbers)), dtype=np.float32)
        if len(numbers) != self._rows.shape[1]:
            return
        if self._length == len(self._steps):
            self._steps = np.concatenate([self._steps, np.empty_like(self._steps)])
            self._rows = np.concatenate([self._rows, np.empty_like(self._rows)])
        self._steps[self._length] = step
        self._rows[self._length] = np.array(numbers, dtype=np.float64)
        self._length += 1
