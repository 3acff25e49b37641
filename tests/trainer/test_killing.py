"""A trainer that is killed fifty times over one run leaves the run that nothing happened to."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import cycle

import psutil
import pytest
import torch

from grokterm.config import Value
from grokterm.runs.checkpoints import list_checkpoints, load_checkpoint
from grokterm.runs.process import socket_of
from grokterm.wire.client import ask_once
from grokterm.wire.messages import Answer
from tests.nursery import Nursery
from tests.trainer.running import TINY, Running, change, wait_for
from tests.trainer.test_resume import train

pytestmark = pytest.mark.first
NewRun = Callable[..., Running]
KILLS = 50
UNTIL = 400
LIFE = TINY.changed(
    {"p": 7, "log_every": 5, "measure_every": 10, "pace": 200.0, "until": UNTIL, "train_fraction": 0.8, "lr": 0.01}
)
"""A run that lasts as long as its kills."""
CHANGES: list[dict[str, Value]] = [
    {"weight_decay": 2.0},
    {"arch": "transformer"},
    {"batch_size": 8},
    {"lr": 3e-3},
    {"arch": "mlp", "width": 24},
]


@pytest.fixture
def one_thread() -> Iterator[None]:
    """As in the nursery."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.usefixtures("one_thread")
def test_fifty_kills_change_nothing(new_run: NewRun, nursery: Nursery) -> None:
    run, moments, changes = new_run(LIFE), random.Random(50), cycle(CHANGES)
    for kill in range(KILLS):
        seen = run.training_records()
        with trainer(run, nursery):
            if kill % 10 == 5:
                changed(run, next(changes))
            elif kill % 3:
                logs_on(run, moments.randrange(1, 10))
            # Any moment of opening, of repeating the log or of training.
            time.sleep(moments.uniform(0, 0.03))
            shown = run.training_records()
        assert shown[: len(seen)] == seen
        assert run.training_records()[: len(shown)] == shown
    with trainer(run, nursery):
        wait_for(lambda: run.sessions()[-1:] == ["finished"], "the finish")
    assert run.sessions().count("started") > KILLS // 3
    made = {record.step: record.values for record in run.history().changes}
    assert len(made) >= 3
    whole = new_run(LIFE)
    train(whole, changes=made)
    assert run.training_records() == whole.training_records()
    assert run.final_tensors() == whole.final_tensors()
    for path in list_checkpoints(run.folder.checkpoint_folder):
        load_checkpoint(path)


@contextmanager
def trainer(run: Running, nursery: Nursery) -> Iterator[None]:
    """A trainer that is killed at the end, if it has not ended itself."""
    pid = nursery.start(run.folder)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not psutil.pid_exists(pid), "the end of the trainer")


def changed(run: Running, values: dict[str, Value]) -> None:
    """Changes settings as soon as the trainer has caught up with its log."""

    def accepted() -> bool:
        socket = socket_of(run.folder)
        reply = ask_once(socket, change(**values)) if socket else None
        return isinstance(reply, Answer) and reply.ok

    wait_for(accepted, "a change")


def logs_on(run: Running, steps: int) -> None:
    """Waits for records of so many steps more, or for the last ones of the run."""
    step = min(UNTIL - 20, steps + max((record.step for record in run.records()[-1:]), default=0))
    run.logs(step)
