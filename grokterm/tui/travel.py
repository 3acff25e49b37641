"""Going to steps of the past and back: where the cursor stands, and the model's pictures as they were there."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Final

from grokterm.errors import GroktermError, TrainerError
from grokterm.tui.link import Link
from grokterm.tui.moment import index_of, moment_of
from grokterm.tui.world import Seen, Spectrum, Table, Task, World
from grokterm.wire.messages import (
    Answer,
    FrameName,
    Look,
    PictureFrame,
    PictureRequest,
    SpectrumFrame,
    TableFrame,
    TaskFrame,
    View,
)

_STRIDES: Final = 100
"""Small strides from one end of the run to the other."""
_NOTICED: Final = 0.2
"""Seconds on the way to a step after which that is said."""


class Travel:
    """A cursor in one run's past; what it shows is asked of the trainer, the newest place first."""

    def __init__(
        self,
        link: Link,
        world: World,
        spawn: Callable[[Callable[[], Coroutine[None, None, None]]], object],
        say: Callable[[str, str], None],
    ) -> None:
        """`spawn` runs the asking; `say` hears why a model cannot be shown, and the meaning of its colour."""
        self._link = link
        self._world = world
        self._spawn = spawn
        self._say = say
        self._moved_at = 0.0
        self._asked: Look | None = None
        self._refused: int | None = None

    def by(self, strides: int) -> bool:
        """Moves the cursor by small strides, from now where it is not in the past; whether it moved."""
        history, moment = self._world.history, self._world.moment
        last = len(history) - 1
        if last < 0 or (moment is None and strides > 0):
            return False
        at = last if moment is None else index_of(history, moment.step)
        return self._to(min(max(at + strides * max(1, last // _STRIDES), 0), last))

    def to_first(self) -> bool:
        """Moves the cursor to the first step logged; whether it moved."""
        return self._to(0)

    def to_newest(self) -> bool:
        """Moves the cursor to the last step logged, if it is in the past; whether it moved."""
        return self._world.moment is not None and self._to(len(self._world.history) - 1)

    def leave(self) -> bool:
        """Returns to the present; whether it was not there."""
        was, self._world.moment = self._world.moment, None
        self._world.going = False
        self._asked = self._refused = None
        return was is not None

    def tick(self, frames: Sequence[FrameName], picture: PictureRequest | None = None) -> bool:
        """Asks for what is not yet of the step where the cursor stands; whether anything is on the way."""
        moment = self._world.moment
        if moment is None:
            return False
        missing = tuple(name for name in frames if not self._is_here(name, moment.step))
        task = self._world.task
        if task is not None and not task.is_of(moment.config):
            missing = ("task", *missing)
        unseen = picture if picture and not self._is_seen(picture, moment.step) else None
        look = Look(0, missing, moment.step, unseen)
        on_the_way = bool(missing or unseen) and self._link.connected and self._refused != moment.step
        self._world.going = on_the_way and time.monotonic() - self._moved_at >= _NOTICED
        if on_the_way and self._asked != look:
            self._asked = look
            self._spawn(partial(self._fetch, look))
        return on_the_way

    def _to(self, index: int) -> bool:
        history, old = self._world.history, self._world.moment
        if not 0 <= index < len(history):
            return False
        new = moment_of(history, index)
        if old is not None and old.step == new.step:
            return False
        self._world.moment = new
        self._moved_at = time.monotonic()
        self._asked = self._refused = None
        return True

    def _is_here(self, name: FrameName, step: int) -> bool:
        shown = {"table": self._world.table, "spectrum": self._world.spectrum}.get(name)
        return shown is not None and shown.past and shown.step == step

    def _is_seen(self, picture: PictureRequest, step: int) -> bool:
        seen = self._world.picture
        return seen is not None and seen.past and seen.step == step and seen.request == picture

    async def _fetch(self, look: Look) -> None:
        try:
            self._take(look, await self._link.ask(look))
        except TrainerError:
            # Without a trainer there are no pictures; the next one is asked again.
            if self._asked == look:
                self._asked = None
        except GroktermError as error:
            self._refused = look.at
            self._say(str(error), "error")

    def _take(self, look: Look, reply: object) -> None:
        """Puts pictures into the world; those of a step that was passed meanwhile too, for they say of which they are.

        Raises WireError on one that cannot be read.
        """
        world, wanted = self._world, self._asked == look
        if world.moment is None:
            return
        if isinstance(reply, Answer):
            if wanted:
                self._refused = look.at
                self._say(reply.words, "error")
        elif isinstance(reply, View):
            if wanted and not reply.frames:
                self._asked = None
            for frame in reply.frames:
                match frame:
                    case TaskFrame():
                        world.task = Task.of(frame)
                    case TableFrame():
                        world.table = Table.of(frame, reply.step, past=True)
                    case SpectrumFrame():
                        world.spectrum = Spectrum.of(frame, reply.step, past=True)
                    case PictureFrame():
                        world.picture = Seen.of(frame, reply.step, past=True)
