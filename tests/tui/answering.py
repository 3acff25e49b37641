"""When a screen has answered: what Textual's pilot waits for, in place of a process that is idle for a while.

An app that draws ten times a second is seldom idle, and each key then takes up to two seconds; and a process that is
given no processor looks idle while it has yet to answer.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from math import inf
from typing import Any, Final

import pytest
from textual._context import active_app
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

WAITS: Final = ("textual.app.wait_for_idle", "textual.pilot.wait_for_idle")
"""Where the pilot finds what it waits with after a key, a click, a resize and for a pause."""
DRAWN_EVERY: Final = "textual.screen.UPDATE_PERIOD"
"""Where a screen finds the seconds from one drawing to the next: what has changed waits for up to two of them."""
SOON: Final = 0.004
"""What that is in tests, which look at the screen after every key; else it is 1/60."""
_DUE: Final = 0.02
"""Seconds: what is put off to a timer of less belongs to the answer: sizes (1/120), and drawing (twice `SOON`)."""
_QUIET: Final = 3
"""Turns of the loop in which no other task could go on: sockets and timers are looked at between two of them."""
_ENDLESS: Final = 5.0
"""Seconds after which tasks that never rest are waited for no longer."""


@pytest.fixture(autouse=True)
def _pilots_wait_for_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not for a process that is idle, which one that draws is seldom; nor for CSS that has been read before."""
    for wait in WAITS:
        monkeypatch.setattr(wait, answered)
    monkeypatch.setattr(DRAWN_EVERY, SOON)
    monkeypatch.setattr(Stylesheet, "_parse_rules", _parsed_once)


_parse_rules = Stylesheet._parse_rules
_parsed: dict[tuple[Any, ...], list[RuleSet]] = {}


def _parsed_once(sheet: Stylesheet, *given: Any, **named: Any) -> list[RuleSet]:
    """As a sheet reads the same CSS once, so do all apps of a process: it is a tenth of what their start takes."""
    key = (*given, *sorted(named.items()), *sheet._variables.items())
    if key not in _parsed:
        _parsed[key] = _parse_rules(sheet, *given, **named)
    return _parsed[key]


async def answered(*_: float) -> None:
    """Waits until all other tasks of the loop wait: for a socket, a thread, or a timer that is not due soon.

    An app that is asked to leave has answered: from then on Textual's timers run without doing anything.
    """
    app = active_app.get(None)
    loop = asyncio.get_running_loop()
    ready, timers = loop._ready, loop._scheduled  # type: ignore[attr-defined]
    quiet = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(_ENDLESS):
            while quiet < _QUIET and not (app is not None and app._exit):
                await asyncio.sleep(0)
                due = min((timer.when() for timer in timers if not timer.cancelled()), default=inf) - loop.time()
                if due < _DUE:
                    await asyncio.sleep(max(due, 0))
                quiet = 0 if ready or due < _DUE else quiet + 1
