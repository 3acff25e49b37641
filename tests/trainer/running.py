"""A real trainer process on a run of a tiny model."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec
import psutil

from grokterm.config import Config, Value
from grokterm.runs.checkpoints import list_checkpoints, load_checkpoint
from grokterm.runs.folder import RunFolder, create_run
from grokterm.runs.history import History
from grokterm.runs.log import LogReader
from grokterm.runs.process import exit_status, socket_of, start_trainer, trainer_alive
from grokterm.view_options import ViewOptions
from grokterm.wire import messages
from grokterm.wire.client import ask_once
from grokterm.wire.messages import Answer, Look, Pictures, Reply, Request, Status
from grokterm.wire.records import Change, Record, Scalars, Session, TrainingRecord
from tests.patience import PATIENCE

Found = TypeVar("Found")

TINY = Config(p=7, width=32, d_model=8, heads=2, pace="max", precision="float32", device="cpu")
"""A run of thousands of steps a second."""
FRAGILE = TINY.changed(
    {
        "arch": "one-hot",
        "activation": "quadratic",
        "init": "closed-form",
        "p": 11,
        "width": 32,
        "lr": 0.03,
        "measure_every": 0,
        "on_trouble": "rewind",
    }
)
"""A run that begins with a solution, which its learning rate destroys within some tens of steps."""


def wait_for(condition: Callable[[], Found | None], what: str = "the condition", seconds: float = PATIENCE) -> Found:
    """What the condition gives as soon as that is true; fails when it is not in time."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"{what} did not come about in {seconds:g} s"
        time.sleep(0.005)
    return found


class Running:
    """A run folder and the trainer on it."""

    def __init__(self, home: Path, config: Config = TINY) -> None:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder: RunFolder = create_run(config, ViewOptions(), home)
        self.pid = 0

    def start(self, paused: bool = False) -> Running:
        """Starts the trainer and waits until it listens."""
        self.pid = start_trainer(self.folder, paused)
        wait_for(self.socket_or_end, "a socket")
        return self

    def socket_or_end(self) -> bool:
        return socket_of(self.folder) is not None or exit_status(self.folder) is not None

    @property
    def socket(self) -> Path:
        return wait_for(lambda: socket_of(self.folder), "a socket")

    def ask(self, request: Request) -> Reply:
        return ask_once(self.socket, request, PATIENCE)

    def command(self, request: Request) -> Answer:
        reply = self.ask(request)
        assert isinstance(reply, Answer)
        return reply

    def status(self) -> Status:
        view = self.ask(Look(0))
        assert isinstance(view, Pictures)
        return view.status

    def reaches(self, step: int) -> Status:
        """Waits for a step."""
        return wait_for(lambda: status if (status := self.status()).step >= step else None, f"step {step}")

    def logs(self, step: int) -> None:
        """Waits for a step in the log."""
        wait_for(lambda: any(record.step >= step for record in self.records()[-1:]), f"step {step} in the log")

    def records(self) -> list[Record]:
        return LogReader(self.folder.log_path).read()

    def history(self) -> History:
        history = History(self.folder.config())
        history.add(self.records())
        return history

    def training_records(self) -> list[TrainingRecord]:
        """The log less sessions and times of day."""
        made = [record for record in self.records() if not isinstance(record, Session)]
        return [_timeless(record) for record in made]

    def sessions(self) -> list[str]:
        return [record.name for record in self.records() if isinstance(record, Session)]

    def final_tensors(self) -> dict[str, bytes]:
        """The newest checkpoint, bit by bit."""
        newest = list_checkpoints(self.folder.checkpoint_folder)[-1]
        return {name: array.tobytes() for name, array in load_checkpoint(newest)[1].items()}

    def ends(self, status: int | None = 0) -> None:
        """Waits for the trainer to end, with this status."""
        wait_for(lambda: not trainer_alive(self.folder), "the end of the trainer")
        assert exit_status(self.folder) == status, self.folder.trainer_log_path.read_text()

    def terminate(self) -> None:
        os.kill(self.pid, signal.SIGTERM)
        self.ends()

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        self.ends(-signal.SIGKILL)

    def sleeps(self) -> None:
        """Waits until the trainer does nothing at all for a while; one that waits busily never does."""
        process = psutil.Process(self.pid)
        wait_for(lambda: all(process.status() == psutil.STATUS_SLEEPING for _ in range(2000)), "sleep")

    def memory(self) -> int:
        """Resident bytes."""
        return int(psutil.Process(self.pid).memory_info().rss)

    def clean_up(self) -> None:
        if self.pid and exit_status(self.folder) is None:
            os.kill(self.pid, signal.SIGKILL)
            wait_for(lambda: exit_status(self.folder) is not None)


def change(by: str = "", keep: bool = False, /, **values: Value) -> Request:
    """A request for a change."""
    return messages.Change(0, dict(values), keep, by)


def _timeless(record: TrainingRecord) -> TrainingRecord:
    if isinstance(record, Scalars):
        return msgspec.structs.replace(record, seconds=0.0)
    return msgspec.structs.replace(record, time=0.0) if isinstance(record, Change) else record
