"""A process of one's own that prints messages: each line is taken as it comes, and its last words where it fails."""

from __future__ import annotations

import subprocess
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import Final

_LAST_LINES: Final = 8


def follow_process(command: list[str], take: Callable[[bytes], None], patience: float = 0.0) -> tuple[int, str]:
    """Exit status, and the last line that it printed on standard error, empty where it printed none.

    Where this process is interrupted it is asked to end, with `patience` in seconds to do so; without, it is killed.
    """
    pipe, last_lines = subprocess.PIPE, deque[bytes](maxlen=_LAST_LINES)
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        # Beside, so that neither stream waits for the other; and no file, for which there may be no place.
        listener = Thread(target=last_lines.extend, args=(process.stderr,))
        listener.start()
        try:
            for line in process.stdout:
                take(line)
            status = process.wait()
        finally:
            _end(process, patience)
            listener.join()
    words = b"".join(last_lines).decode(errors="replace").strip().splitlines()
    return status, words[-1] if words else ""


def _end(process: subprocess.Popen[bytes], patience: float) -> None:
    if process.poll() is not None:
        return
    if patience:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience)
    process.kill()
