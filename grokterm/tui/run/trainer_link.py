"""The viewer's hold of one run: follows its log, and talks to its trainer for as long as there is one."""

from __future__ import annotations

import asyncio
import signal
import time
from contextlib import suppress
from typing import Final, Literal

from grokterm.errors import ConfigError, RunFolderError, TrainerError, WireError
from grokterm.runs.folder import RunFolder
from grokterm.runs.history import History
from grokterm.runs.log import LogReader
from grokterm.runs.presence import FolderWatch
from grokterm.runs.process import (
    ask_to_stop,
    exit_status,
    socket_of,
    start_trainer,
    trainer_alive,
    trainer_of,
    trainer_suspended,
)
from grokterm.runs.trainer_log import last_lines
from grokterm.wire.client import Client, carried_out
from grokterm.wire.messages import Answer, Look, Pictures, Reply, Request, Status, Stop

_LOOK_OUT: Final = 0.1
"""Seconds from one look for a trainer to the next, while there is no connection."""
_SILENT: Final = 4.0
"""Seconds without a reply after which a trainer is said not to answer; more where a step takes long."""
_STEPS: Final = 8
"""Steps that a trainer may take without a reply."""
_NOTICED: Final = 0.5
"""Seconds that count at most between two looks at the clock: a viewer that was suspended saw nothing of the rest."""
_LAST_LINES: Final = 6
_ANSWERING: Final = 3.0
"""Seconds that a trainer is given to answer that it ends."""
_STOPPING: Final = 10.0
"""Seconds that a trainer is given to write its last checkpoint."""


ShownState = Literal[
    "starting", "training", "paused", "finished", "diverged", "stopping", "not answering", "trainer gone"
]
"""What the screen says of a run: what its trainer does, or that there is none that answers."""


class TrainerLink:
    """One run as the viewer has it: what its log says, and a connection to its trainer that comes and goes."""

    def __init__(self, folder: RunFolder) -> None:
        """Reads the run's first configuration; raises RunFolderError."""
        self.folder = folder
        self.history = History(folder.config(), "float32")
        self.status: Status | None = None
        self.problem = ""
        """Why the log cannot be followed; empty while it can."""
        self.changed = asyncio.Event()
        """Set whenever the connection comes or goes."""
        self._reader = LogReader(folder.log_path)
        self._client: Client | None = None
        self._alive = True
        self._presence = FolderWatch(folder)
        self._silence, self._looked_at = 0.0, time.monotonic()

    @property
    def connected(self) -> bool:
        """Whether the trainer can be asked now."""
        return self._client is not None and not self._client.closed

    @property
    def state(self) -> ShownState:
        """What the header says."""
        if self.connected:
            silent = self.status is not None and self._silence >= max(_SILENT, _STEPS * self._step_seconds)
            return "not answering" if silent else self.status.state if self.status else "starting"
        return "starting" if self._alive else "trainer gone"

    @property
    def lost(self) -> str:
        """Why the run folder is no longer there, in a sentence; empty while it is."""
        return self._presence.why_lost()

    def pass_time(self) -> None:
        """Counts the time for which the trainer has not answered; to be called again and again."""
        now = time.monotonic()
        self._silence += min(now - self._looked_at, _NOTICED)
        self._looked_at = now

    def read_log(self) -> bool:
        """Takes what is new in the log; whether there was anything."""
        if self.problem:
            return False
        version = self.history.version
        try:
            for portion in self._reader.batches():
                self.history.add(portion)
        except (RunFolderError, ConfigError) as error:
            self.problem = str(error)
        return self.history.version != version

    async def follow(self) -> None:
        """Connects to the trainer, and again after it was gone, until cancelled."""
        try:
            while True:
                if not self.connected:
                    await self._look_out()
                await asyncio.sleep(_LOOK_OUT)
        finally:
            await self._drop()

    async def ask(self, request: Request) -> Reply:
        """The trainer's reply, waiting for a trainer that starts; raises TrainerError when there is none."""
        while not self.connected:
            if not self._alive:
                raise TrainerError("the trainer is gone: space starts it again")
            self.changed.clear()
            await self.changed.wait()
        assert self._client is not None
        return await self._client.ask(request)

    async def order(self, request: Request) -> Answer:
        """The answer to a request that was carried out; raises TrainerError with the words of one that was not."""
        return carried_out(await self.ask(request))

    async def look(self, look: Look) -> Pictures:
        """The pictures asked for, and the status; raises TrainerError without a trainer, WireError where it refuses."""
        reply = await self.ask(look)
        if not isinstance(reply, Pictures):
            raise WireError(reply.words if isinstance(reply, Answer) else "the trainer answered something else")
        self.status, self._silence = reply.status, 0.0
        return reply

    def start_again(self, paused: bool = False) -> None:
        """Starts the trainer of a run that has none; raises TrainerError, RunFolderError."""
        if trainer_alive(self.folder):
            return
        start_trainer(self.folder, paused)
        self.status = None
        self._alive = True

    async def stop(self) -> None:
        """Asks the trainer to write a checkpoint and end, with a signal where it gives no answer, and waits for it."""
        deadline = time.monotonic() + _STOPPING
        while trainer_alive(self.folder) and time.monotonic() < deadline:
            if await self._asked_to_stop():
                break
            with suppress(TrainerError):
                if ask_to_stop(self.folder) is None:
                    await asyncio.sleep(_LOOK_OUT)  # it starts, and trainer.json does not name it yet
                    continue
            break
        while trainer_alive(self.folder) and time.monotonic() < deadline:
            await asyncio.sleep(0.02)

    async def _asked_to_stop(self) -> bool:
        """Whether the trainer has answered that it ends."""
        if self._client is None or self._client.closed:
            return False
        with suppress(TrainerError, TimeoutError):
            carried_out(await asyncio.wait_for(self._client.ask(Stop(0)), _ANSWERING))
            return True
        return False

    @property
    def has_checkpoint(self) -> bool:
        """Whether a trainer could go on from where the last one was."""
        from grokterm.runs.checkpoints import list_checkpoints

        return bool(list_checkpoints(self.folder.checkpoint_folder))

    def last_words(self) -> list[str]:
        """How the trainer ended, as far as is known, and the last lines of its log."""
        status = exit_status(self.folder)
        if status is None:
            how = "The trainer is gone."
        elif status < 0:
            how = f"The trainer was ended by {_signal_name(-status)}."
        else:
            how = f"The trainer ended with exit status {status}."
        return [how, *last_lines(self.folder, _LAST_LINES)]

    def why_silent(self) -> list[str]:
        """Why the trainer does not answer, as far as is known, and what can be done."""
        pid = trainer_suspended(self.folder)
        if pid is not None:
            return [f"The trainer, process {pid}, is suspended.", f"kill -CONT {pid} lets it go on · d leaves"]
        trainer = trainer_of(self.folder)
        if trainer is None:
            return ["The trainer does not answer."]
        told = f"kill -9 {trainer.pid} ends it, and space then starts it again from its last checkpoint"
        return [f"The trainer, process {trainer.pid}, does not answer: it is very busy, or hangs.", f"wait, or {told}"]

    @property
    def _step_seconds(self) -> float:
        rate = self.status.steps_per_second if self.status else 0.0
        return 1 / rate if rate > 0 else 0.0

    async def _look_out(self) -> None:
        """Connects where a trainer listens, and sees whether one runs at all."""
        await self._drop()
        socket = socket_of(self.folder)
        if socket is not None:
            with suppress(TrainerError):
                self._client = await Client.connect(socket)
                self._silence = 0.0
        alive = self.connected or trainer_alive(self.folder)
        if alive != self._alive or self.connected:
            self._alive = alive
            self.changed.set()

    async def _drop(self) -> None:
        if self._client is not None:
            client, self._client = self._client, None
            await client.close()


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
