"""log.jsonl: appended by the one trainer, followed by any number of readers."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from grokterm import durable
from grokterm.errors import RunFolderError, WireError, reason_of
from grokterm.real_files import open_file, read_end, reading
from grokterm.wire.records import Record, decode_record, encode_record

_BATCH: Final = 2**18
"""Bytes of a log that are read at once."""
LINE_LIMIT: Final = 2**20
"""Bytes of the longest line; the longest that training makes, a surgery that names every neuron, is half of it."""
_TOO_LONG: Final = f"longer than {LINE_LIMIT:,} bytes, which no line of a log is"


class LogWriter:
    """Appends records, one write for those of a step; what a dead writer left half-written is cut off first."""

    def __init__(self, path: Path) -> None:
        """Opens or makes the log; raises RunFolderError."""
        self.path = path
        try:
            self._file = open_file(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
            self._end = _end_of_last_line(self._file)
            os.ftruncate(self._file, self._end)
            durable.sync_folder(path.parent)  # a log that is new has its name there
        except OSError as error:
            raise RunFolderError(f"the log {path} cannot be opened: {reason_of(error)}") from None
        self._torn = False

    def append(self, *records: Record) -> None:
        """Writes whole lines or nothing; raises RunFolderError."""
        lines = b"".join(map(encode_record, records))
        try:
            if self._torn:
                os.ftruncate(self._file, self._end)
            self._torn = True
            if os.write(self._file, lines) < len(lines):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            with suppress(OSError):
                os.ftruncate(self._file, self._end)
            raise RunFolderError(f"the log {self.path} cannot be written: {reason_of(error)}") from None
        self._torn = False
        self._end += len(lines)

    def sync(self) -> None:
        """Brings everything appended to the disk; raises RunFolderError."""
        try:
            os.fsync(self._file)
        except OSError as error:
            raise RunFolderError(f"the log {self.path} cannot be written: {reason_of(error)}") from None

    def close(self) -> None:
        """Closes the log."""
        os.close(self._file)


class LogReader:
    """Follows a log: each `read` gives the records that were finished since the last one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.line = 0
        """Lines read so far."""
        self._offset = 0

    def read(self) -> list[Record]:
        """The whole new lines, in order; none while there is no log. Raises RunFolderError on a damaged line."""
        return [record for batch in self.batches() for record in batch]

    def batches(self) -> Iterator[list[Record]]:
        """What `read` gives, a batch at a time: however long the log is, only one of them need be in memory."""
        try:
            with reading(self.path) as file:
                file.seek(self._offset)
                torn = b""
                while block := file.read(_BATCH):
                    lines = (torn + block).split(b"\n")
                    torn = lines.pop()
                    records = [self._decode(line) for line in lines]
                    if len(torn) > LINE_LIMIT:  # before it has grown so that adding to it takes for ever
                        raise RunFolderError(f"line {self.line + 1:,} of {self.path} is {_TOO_LONG}")
                    self._offset += sum(map(len, lines)) + len(lines)
                    if records:
                        yield records
        except FileNotFoundError:
            return
        except OSError as error:
            raise RunFolderError(f"the log {self.path} cannot be read: {reason_of(error)}") from None

    def _decode(self, line: bytes) -> Record:
        self.line += 1
        if len(line) > LINE_LIMIT:
            raise RunFolderError(f"line {self.line:,} of {self.path} is {_TOO_LONG}")
        try:
            return decode_record(line)
        except WireError as error:
            raise RunFolderError(f"line {self.line:,} of {self.path} is damaged: {error}") from None


def read_tail(path: Path, size: int) -> list[Record]:
    """The readable records in the last `size` bytes of a log, oldest first, the last one at least; none without a log.

    Raises RunFolderError where it cannot be read, or its end is no line of a log.
    """
    try:
        lines = _end_lines(path, size) or _end_lines(path, 2 * LINE_LIMIT + 1)  # a line, its newline and a torn one
    except FileNotFoundError:
        return []
    except OSError as error:
        raise RunFolderError(f"the log {path} cannot be read: {reason_of(error)}") from None
    if lines is None:
        raise RunFolderError(f"the last line of {path} is {_TOO_LONG}")
    records: list[Record] = []
    for line in lines:
        try:
            records.append(decode_record(line))
        except WireError:
            continue
    return records


def _end_lines(path: Path, size: int) -> list[bytes] | None:
    """The whole lines in the last `size` bytes; None where a longer log has none there."""
    end = read_end(path, size + 1)
    lines = end.split(b"\n")
    if len(end) <= size:
        return lines[:-1]
    return lines[1:-1] or None


def _end_of_last_line(file: int) -> int:
    """Bytes up to and with the last newline; raises OSError where what follows is too long to be a torn line."""
    end = os.lseek(file, 0, os.SEEK_END)
    start = max(0, end - LINE_LIMIT - 1)
    newline = os.pread(file, end - start, start).rfind(b"\n")
    if newline < 0 and start > 0:
        raise OSError(errno.EFBIG, f"its last line is {_TOO_LONG}")
    return start + newline + 1
