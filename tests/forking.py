"""The process with torch in it of which a nursery's programs are forks, of one thread each.

`python -m tests.forking FD` reads requests from a socket, each its length and JSON. With a `Run` come three streams: it
forks, runs a module in the fork as `python -P -m` does, and answers with the process id. A `Poll` it answers with an
exit status, or null while there is none.
"""

from __future__ import annotations

import gc
import importlib
import os
import runpy
import signal
import socket
import struct
import sys
import tempfile
import traceback
from collections.abc import Sequence
from typing import Any, Final

import msgspec

_LOADED: Final = (
    *("torch", "grokterm.analysis.spectrum", "grokterm.lab.engine", "grokterm.notebook", "grokterm.opening.files"),
    *("grokterm.opening.making", "grokterm.opening.mapped", "grokterm.opening.model", "grokterm.replay.replayer"),
    *("grokterm.trainer.loop", "grokterm.trainer.opening"),
)
LENGTH: Final = struct.Struct("!I")
BLOCK: Final = 2**16


class Run(msgspec.Struct, tag=True):
    """Asks for a module with arguments, in an environment, a folder and perhaps a session of its own."""

    module: str
    arguments: list[str]
    environment: dict[str, str]
    folder: str
    new_session: bool


class Poll(msgspec.Struct, tag=True):
    """Asks how a fork has ended."""

    pid: int


def main(number: int) -> None:
    """Forks until the other end is closed."""
    for name in _LOADED:
        importlib.import_module(name)
    importlib.import_module("torch").set_num_threads(1)
    gc.collect()
    gc.freeze()
    ended: dict[int, int] = {}

    def bury(*_: object) -> None:
        try:
            while (found := os.waitpid(-1, os.WNOHANG))[0]:
                ended[found[0]] = os.waitstatus_to_exitcode(found[1])
        except ChildProcessError:
            pass

    signal.signal(signal.SIGCHLD, bury)
    asked = socket.socket(fileno=number)
    while (received := _receive(asked)) is not None:
        request, streams = received
        answer = _fork(request, streams, asked, ended) if isinstance(request, Run) else ended.get(request.pid)
        asked.send(msgspec.json.encode(answer))
    os._exit(0)  # torch takes its time to be unloaded


def _receive(asked: socket.socket) -> tuple[Run | Poll, list[int]] | None:
    """A request and the streams that came with it; None at the end."""
    block, streams, _, _ = socket.recv_fds(asked, BLOCK, 3)
    if not block:
        return None
    while len(block) < LENGTH.size or len(block) < LENGTH.size + LENGTH.unpack_from(block)[0]:
        block += asked.recv(BLOCK)
    return msgspec.json.decode(block[LENGTH.size :], type=Run | Poll), streams


def _fork(request: Run, streams: Sequence[int], asked: socket.socket, ended: dict[int, int]) -> int:
    """The process id of a new fork, of which nothing is known of before."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
    pid = os.fork()
    if pid == 0:
        asked.close()
        _run(request, streams)
    ended.pop(pid, None)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
    for stream in streams:
        os.close(stream)
    return pid


def _run(request: Run, streams: Sequence[int]) -> None:
    """Becomes the program, as if it had been started on its own."""
    status: Any = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
        os.environ.clear()
        os.environ.update(request.environment)
        tempfile.tempdir = None  # as the environment says
        if request.new_session:
            os.setsid()
        os.chdir(request.folder)
        for at, stream in enumerate(streams):
            os.dup2(stream, at)
            os.close(stream)
        sys.path[:0] = [path for path in request.environment.get("PYTHONPATH", "").split(os.pathsep) if path]
        sys.argv = ["", *request.arguments]
        runpy.run_module(request.module, run_name="__main__", alter_sys=True)
        status = 0
    except SystemExit as ending:
        status = ending.code or 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status if isinstance(status, int) else 1)


if __name__ == "__main__":
    main(int(sys.argv[1]))
