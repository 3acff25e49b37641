"""Standard output and standard error of a command: what cannot be written is lost, and the command goes on."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedWriter, FileIO, TextIOWrapper
from typing import TYPE_CHECKING, Final, TextIO

from grokterm.errors import reason_of

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

OUTPUT_LOST: Final = 4
"""Exit status of a command that did its work while its output could not be written."""


class LossyStream(FileIO):
    """A stream of this process that accepts every write, and keeps why one failed."""

    trouble = ""
    """Why something was lost; empty where nothing was."""

    def write(self, data: ReadableBuffer) -> int:
        """Writes all of it, waiting while the stream is full; the number of bytes, lost or not."""
        whole = rest = memoryview(data).cast("B")
        try:
            while rest:
                written: int | None = super().write(rest)
                if written is None:
                    select.select([], [self.fileno()], [])
                rest = rest[written or 0 :]
        except OSError as error:
            self.trouble = self.trouble or reason_of(error)
        return whole.nbytes


class Output:
    """What became of standard output and standard error."""

    def __init__(self) -> None:
        self.lossy: dict[str, LossyStream] = {}
        """The streams by what people call them."""

    def status(self, status: int) -> int:
        """The exit status of a command that would end with `status`; one sentence on standard error about a loss."""
        _flush()
        losses = [
            f"{name} cannot be written: {stream.trouble}" for name, stream in self.lossy.items() if stream.trouble
        ]
        if not losses:
            return status
        print(f"grokterm: {' and '.join(losses)}", file=sys.stderr)
        return status or OUTPUT_LOST


@contextmanager
def lossy_output() -> Iterator[Output]:
    """Makes both streams of this process lossy for as long as this lasts; others, as a notebook's, are left alone."""
    output, before = Output(), (sys.stdout, sys.stderr)
    sys.stdout = _lossy(sys.stdout, 1, "standard output", output)
    sys.stderr = _lossy(sys.stderr, 2, "standard error", output)
    try:
        yield output
    finally:
        _flush()
        sys.stdout, sys.stderr = before


def is_utf8(encoding: str | None) -> bool:
    """Whether an encoding, by any of its names, is UTF-8."""
    return (encoding or "").lower().replace("-", "") == "utf8"


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(ValueError):  # closed by somebody
            stream.flush()


def _lossy(stream: TextIO | None, number: int, name: str, output: Output) -> TextIO:
    if stream is None:  # closed before this process began
        _hold(number)
        return open(os.devnull, "w", encoding="utf-8")
    if type(stream) is not TextIOWrapper or type(getattr(stream.buffer, "raw", stream.buffer)) is not FileIO:
        return stream
    with suppress(OSError):
        stream.flush()
    raw = output.lossy[name] = LossyStream(stream.fileno(), "wb", closefd=False)
    return TextIOWrapper(
        raw if stream.write_through else BufferedWriter(raw),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def _hold(number: int) -> None:
    """Keeps a closed descriptor from becoming that of a file into which somebody then prints."""
    with suppress(OSError):
        null = os.open(os.devnull, os.O_WRONLY)
        if null != number:
            os.dup2(null, number)
            os.close(null)
