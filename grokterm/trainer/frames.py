"""Pictures of the present model, made only when somebody looks and never for more than a tenth of the time."""

from __future__ import annotations

import math
import time
from typing import Final

import numpy as np

from grokterm.analysis.key_frequencies import KeyFrequencies
from grokterm.analysis.spectrum import columns, single_frequency_share, spectrum
from grokterm.lab.engine import Engine
from grokterm.trainer.server import Connection
from grokterm.wire.messages import Array, Frame, FrameName, Look, SpectrumFrame, TableFrame, TaskFrame

SHARE: Final = 0.1
"""Share of the training time that frames may take."""
CHEAP: Final[frozenset[FrameName]] = frozenset({"task"})
"""Frames that are answered at once whatever happened before."""


class Frames:
    """Makes the frames of one run; a frame of one and the same model is made once."""

    def __init__(self) -> None:
        self._task: TaskFrame | None = None
        self._made: dict[FrameName, Frame] = {}
        self._made_at: tuple[int, int] | None = None
        self._key_frequencies: tuple[object, KeyFrequencies] | None = None

    def make(self, names: tuple[FrameName, ...], engine: Engine, changes: int) -> tuple[Frame, ...]:
        """The frames asked for, of the model after the engine's step and so many changes."""
        if self._made_at != (engine.step, changes):
            self._made_at = (engine.step, changes)
            self._made.clear()
        return tuple(self._frame(name, engine) for name in dict.fromkeys(names))

    def _frame(self, name: FrameName, engine: Engine) -> Frame:
        if name == "task":
            self._task = self._task or _task_frame(engine)
            return self._task
        if name not in self._made:
            self._made[name] = _table_frame(engine) if name == "table" else self._spectrum_frame(engine)
        return self._made[name]

    def _spectrum_frame(self, engine: Engine) -> SpectrumFrame:
        norms, basis, words = spectrum(engine.model, engine.parameters, engine.config)
        if self._key_frequencies is None or self._key_frequencies[0] is not engine.model:
            self._key_frequencies = (engine.model, KeyFrequencies(columns(engine.config)))
        key = self._key_frequencies[1].update(norms)
        share = single_frequency_share(engine.model, engine.parameters, engine.config)
        return SpectrumFrame(Array.of(norms.numpy().astype(np.float32)), key, basis, words, share)


class Looks:
    """Who waits for frames: the newest request of each viewer, answered when frames may be made again."""

    def __init__(self) -> None:
        self.waiting: dict[Connection, Look] = {}
        self._next = -math.inf

    @staticmethod
    def is_cheap(look: Look) -> bool:
        """Whether a request asks for nothing that takes time."""
        return CHEAP.issuperset(look.frames)

    def add(self, connection: Connection, look: Look) -> Look | None:
        """Takes a request; returns the older one of this viewer that it takes the place of."""
        older = self.waiting.pop(connection, None)
        self.waiting[connection] = look
        return older

    def due(self, training: bool) -> list[tuple[Connection, Look]]:
        """Takes the requests that are to be answered now."""
        if not self.waiting or (training and time.monotonic() < self._next):
            return []
        due = [(connection, look) for connection, look in self.waiting.items() if not connection.closed]
        self.waiting.clear()
        return due

    def spent(self, seconds: float) -> None:
        """Puts the next frames off after some that took so long."""
        self._next = time.monotonic() + seconds * (1 / SHARE - 1)

    def wait(self) -> float:
        """Seconds until a request that waits may be answered; infinite where none does."""
        return max(0.0, self._next - time.monotonic()) if self.waiting else math.inf


def _task_frame(engine: Engine) -> TaskFrame:
    task = engine.task
    labels = task.labels.cpu().numpy()
    trained = np.zeros(labels.size, dtype=np.bool_)
    trained[task.train.cpu().numpy()] = True
    label = np.where(labels < 0, np.iinfo(np.uint16).max, labels).astype(np.uint16)
    return TaskFrame(Array.of(label), Array.of(trained.reshape(labels.shape)))


def _table_frame(engine: Engine) -> TableFrame:
    prediction, confidence = engine.predictions()
    shares = np.nan_to_num(confidence.numpy(), nan=0.0)
    return TableFrame(
        Array.of(prediction.numpy().astype(np.uint16)), Array.of(np.rint(255 * shares).clip(0, 255).astype(np.uint8))
    )
