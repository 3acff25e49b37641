"""Pictures of the present model, made only when somebody looks and never for more than a tenth of the time."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from grokterm.analysis.key_frequencies import KeyFrequencies
from grokterm.analysis.model_at_step import ModelAtStep
from grokterm.analysis.pictures import make_picture
from grokterm.analysis.spectrum import feature_count
from grokterm.lab.engine import Engine
from grokterm.lab.tuples import TupleTask
from grokterm.picture import Picture, PictureRequest
from grokterm.trainer.server import Connection
from grokterm.training.checkpoint_series import CheckpointSeries
from grokterm.wire.messages import Look

SHARE: Final = 0.07
"""Share of the training time that pictures may take, so that all that a viewer asks for costs less than a tenth."""
AHEAD: Final = 2.0
"""Seconds that a request for something else than was shown last comes before its turn."""
CHEAP: Final = frozenset({"task"})
"""Pictures that are answered at once whatever happened before."""


class PictureMaker:
    """Makes the pictures of one run; a picture of one and the same model is made once."""

    def __init__(
        self,
        series: CheckpointSeries,
        present: Callable[[], ModelAtStep] | None = None,
        keys: Callable[[int], tuple[int, ...]] = lambda step: (),
    ) -> None:
        """`present` gives the model of now, where these are pictures of the past.

        `keys` gives the estimate of the key frequencies last logged at a step.
        """
        self._series = series
        self._present = present
        self._logged_keys = keys
        self._made: dict[tuple[object, ...], Picture] = {}
        self._model: ModelAtStep | None = None
        self._place: tuple[int | None, ...] = ()
        """Steps and changes of the model that pictures were made of, and steps of the one of now beside it."""

    def make(self, look: Look, engine: Engine, changes: int) -> tuple[Picture, ...]:
        """The pictures asked for, of the model after the engine's step and so many changes; raises ConfigError."""
        model = self.model_at_step(engine, changes)
        asked = {(one.name, *sorted(one.chosen.items()), one.ablation): one for one in look.pictures}
        for key, request in asked.items():
            if key not in self._made:
                self._made[key] = _made(request, model)
        return tuple(self._made[key] for key in asked)

    def model_at_step(self, engine: Engine, changes: int) -> ModelAtStep:
        """The engine's model as pictures see it; what was made of another, or beside another, is forgotten."""
        present = self._present() if self._present else None
        place = (engine.step, changes, present.step if present else None)
        if self._model is None or self._place != place:
            config, data = engine.config, engine.data
            model = ModelAtStep(
                step=engine.step,
                config=config,
                parameters=engine.parameters,
                labels=data.labels,
                noisy_labels=data.noisy_labels,
                train=data.train_mask,
                tokens=data.points if isinstance(data, TupleTask) else None,
                estimate=KeyFrequencies(feature_count(config), self._logged_keys(engine.step)).update,
                present=present,
                trained_as=engine.network,
            )
            self._place, self._model = place, replace(model, earlier=lambda: self._series.before(model))
            self._made.clear()
        return self._model


class PendingLooks:
    """Who waits for pictures: the newest request of each viewer, answered when pictures may be made again.

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
        return all(request.name in CHEAP for request in look.pictures)

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
        """Puts the next pictures off after some that took so long."""
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
        is_new = any(request not in shown.pictures for request in look.pictures)
        return self._next - AHEAD * is_new


def _made(request: PictureRequest, model: ModelAtStep) -> Picture:
    try:
        return make_picture(request, model)
    except (RuntimeError, MemoryError) as error:  # no room, or numbers that cannot be decomposed
        why = f"cannot be drawn: {(str(error).splitlines() or ['no memory'])[0]}"
        return Picture(summary=why, request=request, step=model.step, past=model.present is not None)
