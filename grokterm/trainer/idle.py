"""How long nothing has trained and nobody has looked: after too long a trainer ends."""

from __future__ import annotations

import time
from typing import Final

IDLE_SECONDS: Final = 600.0
"""Seconds without training and without a viewer after which the trainer ends."""
LINGER_SECONDS: Final = 0.5
"""Seconds that a finished trainer waits for a viewer which is about to connect."""


class IdleTimer:
    """Since when there has been neither training nor a viewer."""

    def __init__(self, idle: float = IDLE_SECONDS) -> None:
        """A silence of `idle` seconds is too long."""
        self._idle = idle
        self._since = time.monotonic()
        self._was_connected = False

    def remaining(self, done: bool) -> float:
        """Seconds until it is too long, which comes sooner for a trainer that is done."""
        return max(0.0, self._since + self._allowed(done) - time.monotonic())

    def expired(self, connected: bool, busy: bool, done: bool) -> bool:
        """Whether it is; training or a viewer, now or at the last question, begins it anew."""
        broken = connected or self._was_connected or busy
        self._was_connected = connected
        if broken:
            self._since = time.monotonic()
        return not broken and time.monotonic() >= self._since + self._allowed(done)

    def _allowed(self, done: bool) -> float:
        return min(LINGER_SECONDS, self._idle) if done else self._idle
