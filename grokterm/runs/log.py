"""log.jsonl: appended by the one trainer, followed by any number of readers."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from grokterm import durable
from grokterm.errors import RunFolderError, WireError
from grokterm.wire.records import Record, decode_record, encode_record

_BLOCK: Final = 2**20
_PORTION: Final = 2**18
"""Bytes of a log that are read at once."""


class LogWriter:
    """Appends records, one write for those of a step; what a dead writer left half-written is cut off first."""

    def __init__(self, path: Path) -> None:
        """Opens or makes the log; raises RunFolderError."""
        self.path = path
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            self._end = _end_of_last_line(self._file)
            os.ftruncate(self._file, self._end)
            durable.sync_folder(path.parent)  # a log that is new has its name there
        except OSError as error:
            raise RunFolderError(f"the log {path} cannot be opened: {error.strerror}") from None
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
            reason = (error.strerror or str(error)).lower()
            raise RunFolderError(f"the log {self.path} cannot be written: {reason}") from None
        self._torn = False
        self._end += len(lines)

    def sync(self) -> None:
        """Brings everything appended to the disk; raises RunFolderError."""
        try:
            os.fsync(self._file)
        except OSError as error:
            raise RunFolderError(f"the log {self.path} cannot be written: {error.strerror}") from None

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
        return [record for portion in self.portions() for record in portion]

    def portions(self) -> Iterator[list[Record]]:
        """What `read` gives, a portion at a time: however long the log is, only one of them need be in memory."""
        try:
            with self.path.open("rb") as file:
                file.seek(self._offset)
                torn = b""
                while block := file.read(_PORTION):
                    lines = (torn + block).split(b"\n")
                    torn = lines.pop()
                    records = [self._decode(line) for line in lines]
                    self._offset += sum(map(len, lines)) + len(lines)
                    if records:
                        yield records
        except FileNotFoundError:
            return
        except OSError as error:
            raise RunFolderError(f"the log {self.path} cannot be read: {error.strerror}") from None

    def _decode(self, line: bytes) -> Record:
        self.line += 1
        try:
            return decode_record(line)
        except WireError as error:
            raise RunFolderError(f"line {self.line:,} of {self.path} is damaged: {error}") from None


def read_tail(path: Path, size: int) -> list[Record]:
    """The readable records in the last `size` bytes of a log, oldest first; none where there is no log."""
    try:
        with path.open("rb") as file:
            length = file.seek(0, os.SEEK_END)
            file.seek(max(0, length - size))
            lines = file.read().split(b"\n")
    except OSError:
        return []
    whole = lines[0 if length <= size else 1 : -1]
    records: list[Record] = []
    for line in whole:
        try:
            records.append(decode_record(line))
        except WireError:
            continue
    return records


def _end_of_last_line(file: int) -> int:
    """Bytes up to and with the last newline."""
    end = os.lseek(file, 0, os.SEEK_END)
    while end > 0:
        start = max(0, end - _BLOCK)
        newline = os.pread(file, end - start, start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        end = start
    return 0
