"""When a screen has answered: what Textual's pilot waits for, in place of a process that is idle for a while.

An app that draws ten times a second is seldom idle, and each key then takes up to two seconds; and a process that is
given no processor looks idle while it has yet to answer.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

from textual._context import active_app
from textual.app import ScreenStackError

WAITS: Final = ("textual.app.wait_for_idle", "textual.pilot.wait_for_idle")
"""Where the pilot finds what it waits with after a key, a click, a resize and for a pause."""
_ROUNDS: Final = 2
"""Drawings that are waited for: the first one may lay out what the second one draws."""
_QUIET: Final = 3
"""Turns of the loop in which no task could go on: sockets and timers are looked at between two of them."""
_ENDLESS: Final = 5.0
"""Seconds after which tasks that never rest, or a screen that is not drawn any more, are waited for no longer."""


async def answered(*_: float) -> None:
    """Waits until nothing that was sent to the app is left to do, and what came of it is drawn."""
    with suppress(TimeoutError, LookupError, ScreenStackError):
        async with asyncio.timeout(_ENDLESS):
            for _round in range(_ROUNDS):
                await _all_tasks_wait()
                screen = active_app.get().screen
                if screen.is_running:
                    await screen.wait_for_refresh()
            await _all_tasks_wait()


async def _all_tasks_wait() -> None:
    """Goes on as soon as every other task of the loop waits for a timer, a thread or a socket."""
    ready = asyncio.get_running_loop()._ready  # type: ignore[attr-defined]
    quiet = 0
    while quiet < _QUIET:
        await asyncio.sleep(0)
        quiet = 0 if ready else quiet + 1
