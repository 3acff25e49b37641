"""Asking for pictures of a run at its steps: of a process of its own, which has torch."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Thread
from typing import IO, Final

from grokterm.config.plugins import plugin_arguments
from grokterm.errors import TrainerError
from grokterm.picture import Picture, PictureRequest
from grokterm.runs.folder import RunFolder
from grokterm.wire.messages import Answer, Look, Pictures, decode_reply, encode_message, split_messages

_BLOCK: Final = 2**20
_LAST_LINES: Final = 8
_LIMIT: Final = 2**31
"""Bytes of the longest answer: maps of all pairs of a large table."""


class PictureSource:
    """A process that draws the models of a run."""

    def __init__(self, process: subprocess.Popen[bytes], last_lines: deque[bytes], listener: Thread) -> None:
        self._process, self._last_lines, self._listener = process, last_lines, listener
        self._asked = 0
        self._buffer = bytearray()

    def ask(self, step: int, requests: Sequence[PictureRequest]) -> tuple[Picture, ...] | str:
        """The pictures at a step, or why there are none; raises TrainerError where the process ended."""
        self._asked += 1
        with suppress(BrokenPipeError):
            self._input.write(encode_message(Look(self._asked, tuple(requests), step)))
            self._input.flush()
        while not (bodies := split_messages(self._buffer, _LIMIT)):
            block = os.read(self._output.fileno(), _BLOCK)
            if not block:
                raise TrainerError(self._last_words())
            self._buffer += block
        reply = decode_reply(bodies[0])
        if isinstance(reply, Answer):
            return reply.words
        assert isinstance(reply, Pictures)
        return reply.pictures

    @property
    def _input(self) -> IO[bytes]:
        assert self._process.stdin is not None
        return self._process.stdin

    @property
    def _output(self) -> IO[bytes]:
        assert self._process.stdout is not None
        return self._process.stdout

    def _last_words(self) -> str:
        status = self._process.wait()
        self._listener.join()
        words = b"".join(self._last_lines).decode(errors="replace").strip().splitlines()
        return words[-1] if words else f"the process that draws ended with exit status {status}"


@contextmanager
def picture_source(folder: RunFolder) -> Iterator[PictureSource]:
    """Starts the process, and ends it afterwards."""
    command = [sys.executable, "-P", "-m", "grokterm.past_pictures", str(folder.path.absolute()), *plugin_arguments()]
    pipe, last_lines = subprocess.PIPE, deque[bytes](maxlen=_LAST_LINES)
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        listener = Thread(target=last_lines.extend, args=(process.stderr,))
        listener.start()
        try:
            yield PictureSource(process, last_lines, listener)
        finally:
            process.kill()
            listener.join()
            with suppress(BrokenPipeError):  # what it was asked after it had ended is still to be written
                process.stdin.close()
