"""Numbers of a log as columns that grow: no object is kept for a record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

Floats: TypeAlias = "npt.NDArray[np.floating[Any]]"

Kind = Literal["float32", "float64"]
"""What the numbers of a column are kept as."""

_FIRST: Final = 256


class Columns:
    """Named columns of one length; a number that is not there is NaN."""

    def __init__(self, names: Iterable[str], kind: Kind = "float64") -> None:
        """`kind` is what numbers are kept as; steps are kept exactly."""
        self._kind = kind
        self._length = 0
        self._capacity = _FIRST
        self._first_names = tuple(names)

    def __len__(self) -> int:
        """Numbers in each column."""
        return self._length

    @cached_property
    def _columns(self) -> dict[str, Floats]:
        """The columns by name, with room to grow; made when asked for, as a screen is painted before numpy loads."""
        return {name: self._empty(name) for name in self._first_names}

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(self._columns)

    def column(self, name: str) -> Floats:
        """One column, [n]; do not write to it. Raises KeyError for a name that is not there."""
        return self._columns[name][: self._length]

    def extend(self, numbers: Sequence[Mapping[str, float | None]]) -> None:
        """Adds a line for each mapping; names that are new begin a column."""
        for name in dict.fromkeys(name for line in numbers for name in line if name not in self._columns):
            self._columns[name] = self._empty(name)
            self._columns[name][: self._length] = np.nan
        self._add({name: [line.get(name) for line in numbers] for name in self._columns}, len(numbers))

    def append_rows(self, rows: Sequence[Sequence[float | None]]) -> None:
        """Adds lines that hold a number of every column, in order."""
        if rows:
            self._add(dict(zip(self._columns, zip(*rows, strict=True), strict=True)), len(rows))

    def _add(self, numbers: Mapping[str, Sequence[float | None]], count: int) -> None:
        end = self._length + count
        if end > self._capacity:
            # A quarter more: what is kept free costs memory too.
            self._capacity = max(end, self._capacity + self._capacity // 4)
            for name, old in self._columns.items():
                self._columns[name] = self._empty(name)
                self._columns[name][: self._length] = old[: self._length]
        with np.errstate(over="ignore"):
            for name, column in self._columns.items():
                column[self._length : end] = np.array(numbers[name], dtype=np.float64)
        self._length = end

    def _empty(self, name: str) -> Floats:
        return np.empty(self._capacity, dtype="float64" if name == "step" else self._kind)


class RowsByStep:
    """Rows of numbers, one for each of some steps; all rows have the length of the first."""

    def __init__(self) -> None:
        self._length = 0

    @cached_property
    def _steps(self) -> npt.NDArray[np.int64]:
        return np.empty(_FIRST, dtype=np.int64)

    @cached_property
    def _rows(self) -> npt.NDArray[np.float32]:
        return np.empty((_FIRST, 0), dtype=np.float32)

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
