"""cells.jsonl: appended by the one coordinator, followed by any number of readers."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from grokterm import durable
from grokterm.errors import RunFolderError, WireError, reason_of
from grokterm.real_files import open_file, reading
from grokterm.sweeps.folder import SweepFolder
from grokterm.wire.swept import SweepState, SweptRun, decode_run, decode_state, encode_run, encode_state

LINE_LIMIT: Final = 2**16
"""Bytes of the longest line."""
_STATE_LIMIT: Final = 2**20
_BLOCK: Final = 2**20


class CellsWriter:
    """Appends records of runs, which count once on the disk; what a dead writer left half-written is cut off first."""

    def __init__(self, path: Path) -> None:
        """Opens or makes the file; raises RunFolderError."""
        self.path = path
        try:
            self._file = open_file(path, os.O_RDWR | os.O_CREAT)
            self._end = _end_of_last_line(self._file)
            os.ftruncate(self._file, self._end)
            durable.sync_folder(path.parent)
        except OSError as error:
            raise RunFolderError(f"{path} cannot be opened: {reason_of(error)}") from None

    def append(self, *runs: SweptRun) -> None:
        """Writes whole lines or nothing; raises RunFolderError."""
        lines = b"".join(map(encode_run, runs))
        try:
            if os.pwrite(self._file, lines, self._end) < len(lines):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(self._file)
        except OSError as error:
            with suppress(OSError):
                os.ftruncate(self._file, self._end)
            raise RunFolderError(f"{self.path} cannot be written: {reason_of(error)}") from None
        self._end += len(lines)

    def close(self) -> None:
        """Closes the file."""
        os.close(self._file)


class CellsReader:
    """Follows the records: each `read` gives those that came since the last one, the first of every run alone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._offset = 0
        self._line = 0
        self._known: set[int] = set()

    def read(self) -> list[SweptRun]:
        """The whole new lines; none while there is no file. Raises RunFolderError on a damaged line."""
        found: list[SweptRun] = []
        try:
            with reading(self.path) as file:
                file.seek(self._offset)
                torn = b""
                while block := file.read(_BLOCK):
                    *lines, torn = (torn + block).split(b"\n")
                    if len(torn) > LINE_LIMIT:
                        raise RunFolderError(f"line {self._line + len(lines) + 1:,} of {self.path} is too long")
                    found += map(self._decode, lines)
                    self._offset += sum(map(len, lines)) + len(lines)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise RunFolderError(f"{self.path} cannot be read: {reason_of(error)}") from None
        new = []
        for run in found:
            if run.run not in self._known:
                self._known.add(run.run)
                new.append(run)
        return new

    def _decode(self, line: bytes) -> SweptRun:
        self._line += 1
        try:
            return decode_run(line)
        except WireError as error:
            raise RunFolderError(f"line {self._line:,} of {self.path} is damaged: {error}") from None


def write_state(folder: SweepFolder, state: SweepState) -> None:
    """Writes state.json, whole or not at all; raises OSError."""
    durable.write(folder.state_path, encode_state(state), folder.path / "state.json.part")


def read_state(folder: SweepFolder) -> SweepState | None:
    """How the sweep stood when its coordinator last said so; None where it never did, or it cannot be read."""
    try:
        with reading(folder.state_path) as file:
            return decode_state(file.read(_STATE_LIMIT))
    except (OSError, WireError):
        return None


def _end_of_last_line(file: int) -> int:
    """Bytes up to and with the last newline; raises OSError where what follows is too long to be a torn line."""
    end = os.lseek(file, 0, os.SEEK_END)
    start = max(0, end - LINE_LIMIT - 1)
    newline = os.pread(file, end - start, start).rfind(b"\n")
    if newline < 0 and start > 0:
        raise OSError(errno.EFBIG, "its last line is too long")
    return start + newline + 1
