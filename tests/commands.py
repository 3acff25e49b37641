"""The command `grokterm` in a process of its own: a fork of one that has loaded it, or a new interpreter."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.forking import Run
from tests.launching import Forked, Stream, completed
from tests.nursery import Nursery
from tests.patience import PATIENCE

COMMAND = (sys.executable, "-m", "grokterm.cli")
PIPE, STDOUT, DEVNULL = subprocess.PIPE, subprocess.STDOUT, subprocess.DEVNULL
Program = Forked | subprocess.Popen[Any]

_forks: list[Nursery] = []
"""The processes with the screens and with torch in them; none where every command is started afresh."""


@contextmanager
def forked_from(screens: Nursery, torch: Nursery) -> Iterator[None]:
    """Within it commands are forks of `screens`, and what they start that needs torch of `torch`."""
    _forks[:] = [screens, torch]
    yield
    _forks.clear()


def start_command(
    arguments: Sequence[str],
    streams: Sequence[Stream] = (None, None, None),
    environment: Mapping[str, str] | None = None,
    afresh: bool = False,
    text: bool = False,
    new_session: bool = False,
    on_terminal: bool = False,
) -> Program:
    """Starts the command with three streams; with `on_terminal` the first is the terminal of its session.

    `afresh` is for what an interpreter or a library reads but once, as it starts: of the environment, say.
    """
    own = dict(os.environ if environment is None else environment)
    if _forks and not afresh:
        screens, torch = _forks
        address = torch.line().address
        asked = Run("grokterm.cli", list(arguments), own, str(Path.cwd()), new_session, on_terminal, address)
        return Forked(screens.line(), asked, streams, text)
    stdin, stdout, stderr = streams
    return subprocess.Popen(
        [*COMMAND, *arguments],
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        env=own,
        text=text,
        start_new_session=new_session,
    )


def run_command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """What the command prints and its exit status; with an environment it is started afresh."""
    own, afresh = {**os.environ, **environment}, bool(environment)
    with start_command(arguments, (None, PIPE, PIPE), own, afresh, text=True) as process:
        return completed(process, PATIENCE)
