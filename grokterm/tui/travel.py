"""Going to steps of the past and back: where the cursor stands, and the model's pictures as they were there."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Final

from grokterm.errors import GroktermError, TrainerError
from grokterm.tui.link import Link
from grokterm.tui.moment import index_of, moment_of
from grokterm.tui.world import Spectrum, Table, World
from grokterm.wire.messages import Answer, FrameName, Look, SpectrumFrame, TableFrame, View

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
        self._asked: tuple[int, tuple[FrameName, ...]] | None = None
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

    def tick(self, frames: Sequence[FrameName]) -> None:
        """Asks for those of the frames that are not yet of the step where the cursor stands."""
        moment = self._world.moment
        if moment is None:
            return
        missing = tuple(name for name in frames if not self._is_here(name, moment.step))
        on_the_way = bool(missing) and self._link.connected and self._refused != moment.step
        self._world.going = on_the_way and time.monotonic() - self._moved_at >= _NOTICED
        if on_the_way and self._asked != (moment.step, missing):
            self._asked = (moment.step, missing)
            self._spawn(partial(self._fetch, moment.step, missing))

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
        return name == "task" or (shown is not None and shown.past and shown.step == step)

    async def _fetch(self, step: int, frames: tuple[FrameName, ...]) -> None:
        try:
            reply = await self._link.ask(Look(0, frames, at=step))
            self._take(step, frames, reply)
        except TrainerError:
            # Without a trainer there are no pictures; the next one is asked again.
            if self._asked == (step, frames):
                self._asked = None
        except GroktermError as error:
            self._refused = step
            self._say(str(error), "error")

    def _take(self, step: int, frames: tuple[FrameName, ...], reply: object) -> None:
        """Puts pictures into the world; those of a step that was passed meanwhile too, for they say of which they are.

        Raises WireError on one that cannot be read.
        """
        world, wanted = self._world, self._asked == (step, frames)
        if world.moment is None:
            return
        if isinstance(reply, Answer):
            if wanted:
                self._refused = step
                self._say(reply.words, "error")
        elif isinstance(reply, View):
            if wanted and not reply.frames:
                self._asked = None
            for frame in reply.frames:
                match frame:
                    case TableFrame():
                        world.table = Table.of(frame, reply.step, past=True)
                    case SpectrumFrame():
                        world.spectrum = Spectrum.of(frame, reply.step, past=True)
