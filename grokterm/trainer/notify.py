"""Telling a command of the user's own what happened: run without a shell, the news as JSON on its standard input."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from queue import SimpleQueue
from typing import Final

import msgspec

from grokterm.errors import reason_of
from grokterm.news import News

SECONDS: Final = 30.0
"""Seconds that the command has for one piece of news; then it is ended."""
AT_THE_END: Final = 10.0
"""Seconds for which a trainer that ends waits for what was not told yet."""


class Notifier:
    """Runs the command for one piece of news after another, beside training."""

    def __init__(self, command: Sequence[str], seconds: float = SECONDS) -> None:
        """`command` is a program and its arguments; without one nothing is told."""
        self._command = list(command)
        self._seconds = seconds
        self._queue: SimpleQueue[News | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._failure = ""
        self._failed = False

    def tell(self, news: News) -> None:
        """Has the command run; returns at once."""
        if not self._command:
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="notify", daemon=True)
            self._thread.start()
        self._queue.put(news)

    def take_failure(self) -> str:
        """Why the command failed, in a sentence, once; else empty."""
        failure, self._failure = self._failure, ""
        return failure

    def finish(self, seconds: float = AT_THE_END) -> None:
        """Waits for what was not told yet, at most so long."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join(seconds)

    def _work(self) -> None:
        while (news := self._queue.get()) is not None:
            words = self._run(msgspec.json.encode(news) + b"\n")
            if words and not self._failed:
                self._failed = True
                self._failure = f"--notify {self._command[0]}: {words}; it is tried again, and not told of again"
                print(self._failure, flush=True)

    def _run(self, news: bytes) -> str:
        """Runs the command once; why it failed, or empty."""
        started = time.monotonic()
        try:
            process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=None, stderr=None, start_new_session=True
            )
        except (OSError, ValueError) as error:
            return f"it cannot be started: {reason_of(error) if isinstance(error, OSError) else error}"
        try:
            process.communicate(news, timeout=self._seconds)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return f"it took longer than {time.monotonic() - started:.0f} s, and was ended"
        return f"it ended with status {process.returncode}" if process.returncode else ""
