"""The idle time of a trainer: it ends after too long without training and without viewers."""

from __future__ import annotations

import time
from typing import Final

IDLE_SECONDS: Final = 600.0
"""Seconds without training and without a viewer after which the trainer ends."""
LINGER_SECONDS: Final = 0.5
"""Seconds that a finished trainer waits for a viewer which is about to connect."""


class IdleTimer:
    """Measures the time without training and without a viewer."""

    def __init__(self, idle: float = IDLE_SECONDS) -> None:
        """Expires after `idle` seconds."""
        self._idle = idle
        self._since = time.monotonic()
        self._was_connected = False

    def remaining(self, done: bool) -> float:
        """Seconds until it expires, which is sooner for a trainer that is done."""
        return max(0.0, self._since + self._allowed(done) - time.monotonic())

    def expired(self, connected: bool, busy: bool, done: bool) -> bool:
        """Whether it has expired; training or a viewer, now or at the last call, restarts it."""
        broken = connected or self._was_connected or busy
        self._was_connected = connected
        if broken:
            self._since = time.monotonic()
        return not broken and time.monotonic() >= self._since + self._allowed(done)

    def _allowed(self, done: bool) -> float:
        return min(LINGER_SECONDS, self._idle) if done else self._idle
