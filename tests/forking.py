"""A process with much of the product in it, of which programs are forks, of one thread each.

`python -m tests.forking KIND OWNER LISTENER` listens on a socket, and ends with the process at the other end of OWNER.
Requests come with their length, as JSON. With a `Run` come three streams: it forks, runs a module in the fork as
`python -P -m` does, and answers with the process id. A `Poll` it answers with an exit status, or null while there is
none.
"""

from __future__ import annotations

import fcntl
import gc
import importlib
import os
import pkgutil
import runpy
import selectors
import signal
import socket
import struct
import sys
import tempfile
import termios
import traceback
from collections.abc import Iterator, Sequence
from contextlib import suppress
from io import TextIOWrapper
from typing import Any, Final, Literal

import msgspec

Kind = Literal["torch", "screens"]
"""What is loaded: torch and the lab, or the commands and the screen, which never have torch."""
_TORCH: Final = (
    *("torch", "grokterm.analysis.spectrum", "grokterm.lab.engine", "grokterm.notebook", "grokterm.opening.files"),
    *("grokterm.opening.making", "grokterm.opening.mapped", "grokterm.opening.model", "grokterm.replay.replayer"),
    *("grokterm.trainer.loop", "grokterm.trainer.opening", "grokterm.bench.measures"),
    *("grokterm.sweeper.coordinator", "grokterm.sweeper.loaded", "grokterm.sweeper.workers", "tests.fork_servers"),
)
_ROOMS: Final = ("grokterm.cli", "grokterm.runs", "grokterm.sweeps", "grokterm.tui")
_OTHERS: Final = ("cyclopts", "numpy", "plotext", "psutil", "safetensors.numpy", "grokterm.chart", "tests.launching")
LENGTH: Final = struct.Struct("!I")
BLOCK: Final = 2**16


class Run(msgspec.Struct, tag=True):
    """Asks for a module with arguments, in an environment, a folder and perhaps a session of its own."""

    module: str
    arguments: list[str]
    environment: dict[str, str]
    folder: str
    new_session: bool
    on_terminal: bool = False
    """Whether its standard input is the terminal of its session."""
    torch: str = ""
    """The address of the process with torch in it, of which what it starts is a fork; else it starts that afresh."""


class Poll(msgspec.Struct, tag=True):
    """Asks how a fork has ended."""

    pid: int


def main(kind: Kind, owner: int, listener: int) -> None:
    """Forks until the owner's end is closed."""
    _load(kind)
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
    for asked in _asked(socket.socket(fileno=owner), socket.socket(fileno=listener)):
        if (received := _receive(asked)) is None:
            continue
        request, streams = received
        answer = _fork(request, streams, ended) if isinstance(request, Run) else ended.get(request.pid)
        with suppress(OSError):  # who asked may have gone
            asked.send(msgspec.json.encode(answer))
    os._exit(0)  # torch takes its time to be unloaded


def _load(kind: Kind) -> None:
    if kind == "torch":
        for name in _TORCH:
            importlib.import_module(name)
        importlib.import_module("torch").set_num_threads(1)
        return
    for name in (*_OTHERS, *(name for room in _ROOMS for name in _modules(room))):
        importlib.import_module(name)


def _modules(room: str) -> Iterator[str]:
    """A room's modules, less those that run when they are loaded."""
    path = importlib.import_module(room).__path__
    for module in pkgutil.walk_packages(path, f"{room}."):
        if not module.name.endswith(".__main__"):
            yield module.name


def _asked(owner: socket.socket, listener: socket.socket) -> Iterator[socket.socket]:
    """Connections on which something has come, until the owner has gone."""
    with selectors.DefaultSelector() as selector:
        for file in (owner, listener):
            selector.register(file, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                asked = key.fileobj
                assert isinstance(asked, socket.socket)
                if asked is listener:
                    selector.register(asked.accept()[0], selectors.EVENT_READ)
                elif _has_more(asked):
                    yield asked
                elif asked is owner:
                    return
                else:
                    selector.unregister(asked)
                    asked.close()


def _has_more(asked: socket.socket) -> bool:
    try:
        return bool(asked.recv(1, socket.MSG_PEEK))
    except OSError:
        return False


def _receive(asked: socket.socket) -> tuple[Run | Poll, list[int]] | None:
    """A request and the streams that came with it; None at the end."""
    length, streams, _, _ = socket.recv_fds(asked, LENGTH.size, 3)
    if not length:
        return None
    body = asked.recv(LENGTH.unpack(length)[0], socket.MSG_WAITALL)
    return msgspec.json.decode(body, type=Run | Poll), streams


def _fork(request: Run, streams: Sequence[int], ended: dict[int, int]) -> int:
    """The process id of a new fork, of which nothing is known of before."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
    pid = os.fork()
    if pid == 0:
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
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))
        if request.on_terminal:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        _open_streams()
        sys.path[:0] = [path for path in request.environment.get("PYTHONPATH", "").split(os.pathsep) if path]
        sys.argv = ["", *request.arguments]
        if request.torch:
            importlib.import_module("tests.launching").launch_from(request.torch)
        if "tests.fork_servers" in sys.modules:
            sys.modules["tests.fork_servers"].fork_servers_here()
        runpy.run_module(request.module, run_name="__main__", alter_sys=True)
        status = 0
    except SystemExit as ending:
        status = ending.code or 0
    except BaseException:
        traceback.print_exc()
    finally:
        for written in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                written.flush()
        os._exit(status if isinstance(status, int) else 1)


def _open_streams() -> None:
    """Gives this process its three streams, as an interpreter does that finds them as they are now."""
    sys.stdin = TextIOWrapper(open(0, "rb", closefd=False), "utf-8", "surrogateescape")  # noqa: SIM115
    out, errors = open(1, "wb", closefd=False), open(2, "wb", closefd=False)  # noqa: SIM115
    sys.stdout = TextIOWrapper(out, "utf-8", "surrogateescape", line_buffering=os.isatty(1))
    sys.stderr = TextIOWrapper(errors, "utf-8", "backslashreplace", line_buffering=True)


if __name__ == "__main__":
    main("torch" if sys.argv[1] == "torch" else "screens", int(sys.argv[2]), int(sys.argv[3]))
