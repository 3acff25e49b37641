"""Pictures of the present model, made only when somebody looks and never for more than a tenth of the time."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from torch import Tensor

from grokterm.analysis.cancellation import check_cancelled
from grokterm.analysis.key_frequencies import KeyFrequencies
from grokterm.analysis.model_at_step import ModelAtStep
from grokterm.analysis.pictures import Picture, picture
from grokterm.analysis.spectrum import feature_count, single_frequency_share, spectrum
from grokterm.lab.engine import Engine
from grokterm.lab.tasks import Task
from grokterm.trainer.server import Connection
from grokterm.training.checkpoint_series import CheckpointSeries
from grokterm.wire.messages import (
    UNDEFINED,
    Array,
    Frame,
    FrameName,
    Look,
    PictureFrame,
    PictureRequest,
    SpectrumFrame,
    TableFrame,
    TaskFrame,
)

SHARE: Final = 0.07
"""Share of the training time that frames may take, so that all that a viewer asks for costs less than a tenth."""
AHEAD: Final = 2.0
"""Seconds that a request for something else than was shown last comes before its turn."""
CHEAP: Final[frozenset[FrameName]] = frozenset({"task"})
"""Frames that are answered at once whatever happened before."""


class Frames:
    """Makes the frames of one run; a frame of one and the same model is made once."""

    def __init__(
        self,
        series: CheckpointSeries,
        present: Callable[[], ModelAtStep] | None = None,
        keys: Callable[[int], tuple[int, ...]] = lambda step: (),
    ) -> None:
        """`present` gives the model of now, where these are frames of the past.

        `keys` gives the estimate of the key frequencies last logged at a step.
        """
        self._series = series
        self._present = present
        self._logged_keys = keys
        self._task: tuple[Task, TaskFrame] | None = None
        self._made: dict[FrameName, Frame] = {}
        self._pictures: dict[tuple[object, ...], PictureFrame] = {}
        self._now: ModelAtStep | None = None
        self._place: tuple[int | None, ...] = ()
        """Steps and changes of the model that frames were made of, and steps of the one of now beside it."""

    def make(self, look: Look, engine: Engine, changes: int) -> tuple[Frame, ...]:
        """The frames asked for, of the model after the engine's step and so many changes; raises ConfigError."""
        self._renew(engine, changes)
        frames = [self._frame(name, engine) for name in dict.fromkeys(look.frames)]
        return (*frames, self._picture_frame(look.picture, engine)) if look.picture else tuple(frames)

    def model_at_step(self, engine: Engine) -> ModelAtStep:
        """The engine's model as pictures see it."""
        if self._place[:1] != (engine.step,):
            self._renew(engine)
        config, task = engine.config, engine.task
        model = ModelAtStep(
            step=engine.step,
            config=config,
            parameters=engine.parameters,
            labels=task.labels,
            noisy_labels=task.noisy_labels,
            train=task.train_mask,
            key_frequencies=self._keys(engine),
            present=self._now,
        )
        return replace(model, earlier=lambda: self._series.before(model))

    def _renew(self, engine: Engine, changes: int | None = None) -> None:
        """Forgets what was made of another model, or beside another model of now."""
        self._now = self._present() if self._present else None
        place = (engine.step, changes, self._now.step if self._now else None)
        if self._place != place:
            self._place = place
            self._made.clear()
            self._pictures.clear()

    def _frame(self, name: FrameName, engine: Engine) -> Frame:
        if name == "task":
            if self._task is None or self._task[0] is not engine.task:
                self._task = (engine.task, _task_frame(engine))
            return self._task[1]
        if name not in self._made:
            self._made[name] = _table_frame(engine) if name == "table" else self._spectrum_frame(engine)
        return self._made[name]

    def _picture_frame(self, request: PictureRequest, engine: Engine) -> PictureFrame:
        key = (request.name, *sorted(request.chosen.items()), request.ablation)
        if key not in self._pictures:
            try:
                model = replace(self.model_at_step(engine), ablation=request.ablation)
                made = picture(request.name, model, request.chosen)
            except (RuntimeError, MemoryError) as error:  # no room, or numbers that cannot be decomposed
                made = Picture({}, words=f"cannot be drawn: {(str(error).splitlines() or ['no memory'])[0]}")
            arrays = {name: Array.of(_small(tensor)) for name, tensor in made.arrays.items()}
            self._pictures[key] = PictureFrame(request, arrays, dict(made.names), made.words)
        return self._pictures[key]

    def _keys(self, engine: Engine) -> tuple[int, ...]:
        self._frame("spectrum", engine)
        made = self._made["spectrum"]
        return made.key_frequencies if isinstance(made, SpectrumFrame) else ()

    def _spectrum_frame(self, engine: Engine) -> SpectrumFrame:
        norms, basis, words = spectrum(engine.model, engine.parameters, engine.config)
        key = KeyFrequencies(feature_count(engine.config), self._logged_keys(engine.step)).update(norms)
        share = single_frequency_share(engine.model, engine.parameters, engine.config)
        return SpectrumFrame(Array.of(norms.numpy().astype(np.float32)), key, basis, words, share)


class PendingLooks:
    """Who waits for frames: the newest request of each viewer, answered when frames may be made again.

    A request for what this viewer was not shown last, such as that of a view that was opened just now, is answered
    sooner; what comes after it waits for longer, so that all together take no more than their share.
    """

    def __init__(self) -> None:
        self.waiting: dict[Connection, Look] = {}
        self._shown: dict[Connection, Look] = {}
        """What was answered last."""
        self._next = -math.inf

    @staticmethod
    def is_cheap(look: Look) -> bool:
        """Whether a request asks for nothing that takes time."""
        return look.picture is None and CHEAP.issuperset(look.frames)

    def add(self, connection: Connection, look: Look) -> Look | None:
        """Takes a request; returns the older one of this viewer that it takes the place of."""
        older = self.waiting.pop(connection, None)
        self.waiting[connection] = look
        return older

    def put_back(self, connection: Connection, look: Look) -> bool:
        """Takes a request that was not answered, unless there is a newer one of this viewer; returns whether."""
        self._shown.pop(connection, None)
        return self.waiting.setdefault(connection, look) is look

    def due(self, training: bool) -> list[tuple[Connection, Look]]:
        """Takes the requests that are to be answered now."""
        now = time.monotonic()
        for connection in [c for c in (*self.waiting, *self._shown) if c.closed]:
            self.waiting.pop(connection, None)
            self._shown.pop(connection, None)
        due = {c: look for c, look in self.waiting.items() if not training or now >= self._may(c, look)}
        self.waiting = {c: look for c, look in self.waiting.items() if c not in due}
        self._shown |= due
        return list(due.items())

    def spent(self, seconds: float) -> None:
        """Puts the next frames off after some that took so long."""
        now = time.monotonic()
        self._next = min(max(self._next, now), now + AHEAD) + seconds * (1 / SHARE - 1)

    def wait(self) -> float:
        """Seconds until a request that waits may be answered; infinite where none does."""
        now = time.monotonic()
        return min((max(0.0, self._may(c, look) - now) for c, look in self.waiting.items()), default=math.inf)

    def _may(self, connection: Connection, look: Look) -> float:
        """From when on a request may be answered."""
        shown = self._shown.get(connection)
        if shown is None:
            return self._next - AHEAD
        is_new = look.picture not in (None, shown.picture) or not set(look.frames) <= set(shown.frames)
        return self._next - AHEAD * is_new


def _small(tensor: Tensor) -> npt.NDArray[Any]:
    """A tensor as it is sent: floats in single precision."""
    array: npt.NDArray[Any] = tensor.cpu().numpy()
    return array.astype(np.float32) if array.dtype.kind == "f" else array


def _task_frame(engine: Engine) -> TaskFrame:
    task, config = engine.task, engine.config
    label, given = (
        np.where(labels < 0, UNDEFINED, labels).astype(np.uint16)
        for labels in (task.labels.cpu().numpy(), task.noisy_labels.cpu().numpy())
    )
    trained = task.train_mask.cpu().numpy()
    return TaskFrame(Array.of(label), Array.of(trained), Array.of(given), config.train_fraction, config.corrupt)


def _table_frame(engine: Engine) -> TableFrame:
    prediction, confidence = engine.predictions(check_cancelled)
    shares = np.nan_to_num(confidence.numpy(), nan=0.0)
    return TableFrame(
        Array.of(prediction.numpy().astype(np.uint16)), Array.of(np.rint(255 * shares).clip(0, 255).astype(np.uint8))
    )
