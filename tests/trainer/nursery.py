"""Trainers that begin at once: torch is loaded into one process, and each trainer is a fork of that, of one thread.

`python -m tests.trainer.nursery` forks a trainer for each folder on a line of its input and prints its process id.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType

from grokterm.runs.folder import RunFolder


class Nursery:
    """The process with torch in it, as long as the context lasts."""

    def __enter__(self) -> Nursery:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.trainer.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def start(self, folder: RunFolder) -> int:
        """Starts a trainer on a folder; its process id."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{folder.path}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


def main() -> None:
    """Forks until the end of the input."""
    import torch

    from grokterm.trainer import loop, opening  # noqa: F401

    torch.set_num_threads(1)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _train(RunFolder(Path(line.rstrip("\n"))))
        print(pid, flush=True)


def _train(folder: RunFolder) -> None:
    """Becomes a trainer, as if it had been started on its own."""
    from grokterm.trainer.__main__ import main

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    os.chdir(folder.path)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    log = os.open(folder.trainer_log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os._exit(main([str(folder.path)]))


if __name__ == "__main__":
    main()
