"""Requests to the trainer of a run, from a command line that waits for the answers."""

from __future__ import annotations

import time
from typing import Final

from grokterm.errors import RunFolderError, TrainerError
from grokterm.runs.folder import RunFolder
from grokterm.runs.process import exit_status, socket_of, trainer_alive
from grokterm.runs.summary import summarize
from grokterm.wire.client import ask_once, carried_out
from grokterm.wire.messages import Answer, Look, Pictures, Request, Status

PATIENCE: Final = 60.0
"""Seconds that a trainer may take to load torch and answer."""
_POLL: Final = 0.02


def send_request(folder: RunFolder, request: Request) -> Answer:
    """The trainer's answer to a request that was carried out; raises TrainerError with its words otherwise."""
    deadline = time.monotonic() + PATIENCE
    while (socket := socket_of(folder)) is None:
        _check_there(folder, deadline)
        time.sleep(_POLL)
    return carried_out(ask_once(socket, request, PATIENCE))


def wait_until_caught_up(folder: RunFolder) -> None:
    """Waits until the trainer has repeated what its log holds, however long that is; raises TrainerError."""
    deadline = time.monotonic() + PATIENCE
    while True:
        if socket_of(folder) is None:
            _check_there(folder, deadline)
        else:
            status = present_status(folder)
            if status is not None and status.state != "starting":
                return
        time.sleep(_POLL)


def present_status(folder: RunFolder) -> Status | None:
    """What the trainer does; None where there is none, or it ends meanwhile. Raises TrainerError for no answer."""
    socket = socket_of(folder)
    if socket is None:
        return None
    try:
        reply = ask_once(socket, Look(0), PATIENCE)
    except TrainerError:
        if trainer_alive(folder):
            raise
        return None
    return reply.status if isinstance(reply, Pictures) else None


def _check_there(folder: RunFolder, deadline: float) -> None:
    if not trainer_alive(folder):
        status = exit_status(folder)
        how = "" if status is None else f" with exit status {status}"
        last = summarize(folder).words
        raise TrainerError(f"the trainer of {folder.id} ended{how}{f': {last}' if last else ''}")
    if time.monotonic() > deadline:
        raise RunFolderError(f"the trainer of {folder.id} does not answer")
