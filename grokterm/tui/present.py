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
        self._asking = False
        self._overtaken = False
        """Whether another picture is wanted by now than the one that was asked for."""
        self._asked: tuple[float, object] = (0.0, None)
        """When pictures were asked for last, and of what model and for what screen."""

    def tick(self, frames: tuple[FrameName, ...], picture: PictureRequest | None, wait: float) -> None:
        """Asks again unless an answer is due: at once for a picture not seen yet, else after `wait` seconds."""
        if self._asking:
            self._overtaken |= picture is not None and not self._is_seen(picture)
            return
        self._asking, self._overtaken = True, False
        self._spawn(partial(self._look, *self._due(frames, picture, wait)))

    def _due(
        self, frames: tuple[FrameName, ...], picture: PictureRequest | None, wait: float
    ) -> tuple[list[FrameName], PictureRequest | None]:
        """What to ask for now."""
        task, moment = self._world.task, self._world.moment
        due: list[FrameName] = [] if task and (moment or task.is_of(self._world.config)) else ["task"]
        if moment:
            self._asked = (0.0, None)
            return due, None
        asked, model = self._asked
        step = self._link.status.step if self._link.status else -1
        now = (frames, picture, len(self._link.history.changes), step)
        soon = picture is not None and not self._is_seen(picture)
        if not self._link.connected or now == model or time.monotonic() - asked < (0.0 if soon else wait):
            return due, None
        self._asked = (time.monotonic(), now)
        return [*due, *frames], picture

    def _is_seen(self, picture: PictureRequest) -> bool:
        seen = self._world.picture
        return seen is not None and seen.request == picture

    async def _look(self, frames: Sequence[FrameName], picture: PictureRequest | None) -> None:
        is_new = picture is not None and not self._is_seen(picture)
        try:
            await self._link.look(frames, self._world, picture)
        except TrainerError:
            self._asked = (0.0, None)
        except GroktermError as error:
            self._say(str(error), "error")
        finally:
            self._asking = False
        if self._overtaken or (is_new and picture is not None and self._is_seen(picture)):
            self._hurry()
