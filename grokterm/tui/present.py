"""The pictures of the present model that the screen shows."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine, Sequence
from functools import partial

from grokterm.errors import GroktermError, TrainerError
from grokterm.tui.link import Link
from grokterm.tui.world import World
from grokterm.wire.messages import FrameName, PictureRequest


class Present:
    """Asks for status and pictures of now, one request at a time and a few a second, while the model changes."""

    def __init__(
        self,
        link: Link,
        world: World,
        spawn: Callable[[Callable[[], Coroutine[None, None, None]]], object],
        hurry: Callable[[], None],
        say: Callable[[str, str], None],
    ) -> None:
        """`hurry` makes the next tick come at once."""
        self._link = link
        self._world = world
        self._spawn = spawn
        self._hurry = hurry
        self._say = say
        self._asking = 0
        """How many answers are due."""
        self._wanted: tuple[frozenset[FrameName], PictureRequest | None] = (frozenset(), None)
        """The pictures that were asked for last."""
        self._asked: tuple[float, object] = (0.0, None)
        """When they were asked for, and of what model and for what screen."""

    def tick(self, frames: tuple[FrameName, ...], picture: PictureRequest | None, wait: float) -> None:
        """Asks again: at once for what was not asked for last, else after `wait` seconds with no answer due.

        The trainer passes over what this viewer asked for before.
        """
        if self._asking and not self._is_new(frames, picture):
            return
        self._asking += 1
        self._spawn(partial(self._look, *self._due(frames, picture, wait)))

    def _due(
        self, frames: tuple[FrameName, ...], picture: PictureRequest | None, wait: float
    ) -> tuple[list[FrameName], PictureRequest | None]:
        """What to ask for now."""
        task, moment = self._world.task, self._world.moment
        due: list[FrameName] = [] if task and (moment or task.is_of(self._world.config)) else ["task"]
        if moment:
            self._forget()
            return due, None
        asked, model = self._asked
        step = self._link.status.step if self._link.status else -1
        now = (frames, picture, len(self._link.history.changes), step)
        soon = self._is_new(frames, picture) or (picture is not None and not self._is_seen(picture))
        if not self._link.connected or now == model or time.monotonic() - asked < (0.0 if soon else wait):
            return due, None
        self._asked, self._wanted = (time.monotonic(), now), (frozenset(frames), picture)
        return [*due, *frames], picture

    def _is_new(self, frames: Sequence[FrameName], picture: PictureRequest | None) -> bool:
        """Whether something is wanted that was not asked for last, and can be asked for now."""
        if self._world.moment or not self._link.connected:
            return False
        had, seen = self._wanted
        return picture not in (None, seen) or not had.issuperset(frames)

    def _forget(self) -> None:
        """Makes the next tick ask for everything."""
        self._asked, self._wanted = (0.0, None), (frozenset(), None)

    def _is_seen(self, picture: PictureRequest) -> bool:
        seen = self._world.picture
        return seen is not None and seen.request == picture

    async def _look(self, frames: Sequence[FrameName], picture: PictureRequest | None) -> None:
        had = self._has()
        try:
            await self._link.look(frames, self._world, picture)
        except TrainerError:
            self._forget()
        except GroktermError as error:
            self._say(str(error), "error")
        finally:
            self._asking -= 1
        if self._has() != had:
            self._hurry()

    def _has(self) -> tuple[bool, bool, PictureRequest | None]:
        """Which pictures there are."""
        world = self._world
        request = world.picture.request if world.picture else None
        return world.table is not None, world.spectrum is not None, request
