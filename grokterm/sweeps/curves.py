"""curves.f32: the curves of all runs of a sweep, thinned, column after column in one file that only grows."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from grokterm import durable
from grokterm.errors import RunFolderError, reason_of
from grokterm.real_files import open_file, reading

if TYPE_CHECKING:
    import numpy.typing as npt

    Curve = npt.NDArray[np.float32]
    """float32 [columns, points]: a row of `COLUMNS` each, NaN where there is no value."""

COLUMNS: Final = (
    "step",
    "train_accuracy",
    "test_accuracy",
    "train_loss",
    "test_loss",
    "sum_squared_weights",
    "embedding_gini",
)
POINTS: Final = 200
"""Points of a curve at most."""
_BYTES: Final = 4 * len(COLUMNS)


class Thinning:
    """The points of one curve while it is made: evenly spaced in steps, with the last one."""

    def __init__(self, points: int = POINTS) -> None:
        """One of so many points at most."""
        self._most = points
        self._kept: list[tuple[float, ...]] = []
        self._stride = 1
        self._seen = 0
        self._last: tuple[float, ...] | None = None

    def add(self, values: tuple[float, ...]) -> None:
        """The next point: a value of every column."""
        self._last = values
        if self._seen % self._stride == 0:
            self._kept.append(values)
            if len(self._kept) >= self._most:
                self._kept = self._kept[::2]
                self._stride *= 2
        self._seen += 1

    def curve(self) -> Curve:
        """What was kept, with the last point."""
        points = self._kept if self._last is None or self._kept[-1] is self._last else [*self._kept, self._last]
        return np.array(points, dtype=np.float32).reshape(-1, len(COLUMNS)).T.copy()


class CurveWriter:
    """Appends curves; what a dead writer left beyond the last one that is known is cut off first."""

    def __init__(self, path: Path, end: int) -> None:
        """Opens or makes the file, whose known curves end at byte `end`; raises RunFolderError."""
        self.path = path
        try:
            self._file = open_file(path, os.O_RDWR | os.O_CREAT)
            if os.fstat(self._file).st_size < end:
                raise RunFolderError(f"{path} is shorter than cells.jsonl says: it was cut, and its curves are lost")
            os.ftruncate(self._file, end)
            durable.sync_folder(path.parent)
        except OSError as error:
            raise RunFolderError(f"{path} cannot be opened: {reason_of(error)}") from None
        self._end = end

    def append(self, *curves: Curve) -> list[tuple[int, int]]:
        """Brings curves to the disk: where each begins, and its points; raises RunFolderError, and none counts then."""
        places, at = [], self._end
        for curve in curves:
            places.append((at, curve.shape[1]))
            at += _BYTES * curve.shape[1]
        content = b"".join(np.ascontiguousarray(curve, dtype="<f4").tobytes() for curve in curves)
        try:
            if os.pwrite(self._file, content, self._end) < len(content):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(self._file)
        except OSError as error:
            raise RunFolderError(f"{self.path} cannot be written: {reason_of(error)}") from None
        self._end = at
        return places

    def close(self) -> None:
        """Closes the file."""
        os.close(self._file)


def read_curve(path: Path, place: tuple[int, int]) -> Curve:
    """A curve by its place; raises RunFolderError where the file does not hold it."""
    begin, points = place
    if not (begin >= 0 and 0 <= points <= 2 * POINTS):
        raise RunFolderError(f"{path} has no curve at {begin}, {points}")
    try:
        with reading(path) as file:
            file.seek(begin)
            content = file.read(points * _BYTES)
    except OSError as error:
        raise RunFolderError(f"{path} cannot be read: {reason_of(error)}") from None
    if len(content) < points * _BYTES:
        raise RunFolderError(f"{path} ends before the curve at byte {begin}: it was cut")
    return np.frombuffer(content, dtype="<f4").reshape(len(COLUMNS), points).astype(np.float32)


def curve_end(place: tuple[int, int]) -> int:
    """The byte behind a curve."""
    return place[0] + place[1] * _BYTES
