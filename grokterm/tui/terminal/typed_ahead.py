"""Keys that were typed ahead: each is handed on when the one before it has done what it does.

Else those that come in one go, as over a slow line, would all go to what had the focus before the first of them: what
is meant for a field that it opens would act on the run.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from textual.app import ScreenStackError
from textual.events import Event, Key, Paste

if TYPE_CHECKING:
    from textual.app import App
    from textual.message_pump import MessagePump
    from textual.screen import Screen
    from textual.widget import Widget
    from textual.worker import Worker

    BaseApp = App[Any]
    BaseScreen = Screen[Any]
else:
    BaseApp = BaseScreen = object

_PATIENCE: Final = 5.0
"""Seconds after which a key counts as answered, whatever has become of what it went through or opened."""
_SOON: Final = 0.01


class TakesKeys(BaseScreen):
    """A screen that says whether what takes the keys is there."""

    _on_its_way = 0

    @property
    def takes_keys(self) -> bool:
        """Whether no part that is to have the focus is on its way to its place."""
        return self._on_its_way == 0

    def focus_soon(self, part: Widget) -> None:
        """Gives the focus to a part as soon as that has its place; keys wait for that."""
        self._on_its_way += 1
        self.call_after_refresh(self._arrived, part)

    def _arrived(self, part: Widget) -> None:
        self._on_its_way -= 1
        self.set_focus(part)


class InTurn(BaseApp):
    """An app that hands keys and pasted text on one after the other."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._ahead: deque[Key | Paste] = deque()
        self._handed_on: Key | Paste | None = None
        self._handing = False

    async def on_event(self, event: Event) -> None:
        """Puts what is typed behind what was typed before."""
        if not isinstance(event, Key | Paste) or event.is_forwarded or event is self._handed_on:
            await super().on_event(event)
            return
        self._ahead.append(event)
        if not self._handing:
            self._handing = True
            _: Worker[None] = self.run_worker(self._hand_on)

    async def _hand_on(self) -> None:
        try:
            while self._ahead and self.is_running:
                self._handed_on = self._ahead.popleft()
                self.post_message(self._handed_on)
                with suppress(TimeoutError):
                    async with asyncio.timeout(_PATIENCE):
                        await self._answered()
        finally:
            self._handing = False

    async def _answered(self) -> None:
        """Waits until a key has gone all its way, and what it opened takes keys."""
        await _reached([self])  # and so what has the focus has it
        await _reached(self._way())
        while not self._takes_keys():
            await asyncio.sleep(_SOON)
            await _reached([self])

    def _way(self) -> Sequence[MessagePump]:
        """What a key goes through that nobody takes: from what has the focus up to the app."""
        try:
            return (self.focused or self.screen).ancestors_with_self
        except ScreenStackError:  # it is leaving
            return [self]

    def _takes_keys(self) -> bool:
        try:
            screen = self.screen
        except ScreenStackError:
            return True
        return screen.takes_keys if isinstance(screen, TakesKeys) else True


async def _reached(way: Sequence[MessagePump]) -> None:
    """Waits until each in turn has done what it was sent so far."""
    for pump in way:
        reached = asyncio.Event()
        if pump.call_later(reached.set):
            await reached.wait()
