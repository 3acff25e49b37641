"""The picture of an earlier step that a view shows beside that of now."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Final

from grokterm.errors import GroktermError
from grokterm.tui.link import Link
from grokterm.tui.world import Seen, World
from grokterm.wire.messages import Look, PictureFrame, PictureRequest, View

_AGAIN: Final = (3.0, 30.0)
"""Seconds after which it is asked for again: parts of it may be drawn on axes of the present model."""
_REST: Final = 40
"""It is not asked for again in so many times the time that it took to come, so that training hardly notices."""


class Before:
    """Asks for one picture of the past at a time, when nothing of the past is on its way to the cursor."""

    def __init__(
        self, link: Link, world: World, spawn: Callable[[Callable[[], Coroutine[None, None, None]]], object]
    ) -> None:
        self._link = link
        self._world = world
        self._spawn = spawn
        self._asking = False
        self._asked_at = 0.0
        self._took = 0.0

    def tick(self, picture: PictureRequest | None) -> None:
        """Asks for the picture at the step to compare with, unless it is here."""
        step = self._world.compared
        if picture is None or step is None or self._asking or not self._link.connected:
            return
        here = self._world.before
        rest = min(max(_AGAIN[0], _REST * self._took), _AGAIN[1])
        if here and here.step == step and here.request == picture and time.monotonic() - self._asked_at < rest:
            return
        self._asking, self._asked_at = True, time.monotonic()
        self._spawn(partial(self._fetch, Look(0, (), step, picture)))

    async def _fetch(self, look: Look) -> None:
        try:
            reply = await self._link.ask(look)
            for frame in reply.frames if isinstance(reply, View) else ():
                if isinstance(frame, PictureFrame):
                    self._world.before = Seen.of(frame, reply.step, past=True)
        except GroktermError:
            pass  # without it the view stands alone
        finally:
            self._asking, self._took = False, time.monotonic() - self._asked_at
