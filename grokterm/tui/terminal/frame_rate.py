"""When the next frame is drawn: never faster than asked for, and never dearer than the viewer's share."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

CPU_SHARE: Final = 0.15
"""Share of one core that drawing may take."""
BYTES_A_SECOND: Final = 80_000
"""Terminal output that drawing may take at home."""
REMOTE_FPS: Final = 5.0
REMOTE_BYTES_A_SECOND: Final = 40_000
_FRESH: Final = 0.5
"""Weight of the last frame in the running means."""


@dataclass(slots=True)
class FrameRate:
    """Keeps the running cost of a frame and says how long to wait for the next one."""

    fps: float
    remote: bool = False
    seconds: float = 0.0
    """CPU seconds that a frame takes, running mean."""
    bytes: float = 0.0
    """Bytes that a frame takes, running mean."""

    @classmethod
    def here(cls, fps: float, environment: Mapping[str, str] = os.environ) -> FrameRate:
        """The frame rate for this terminal: slower over ssh."""
        return cls(fps, remote="SSH_CONNECTION" in environment or "SSH_TTY" in environment)

    def drawn(self, seconds: float, bytes_: int) -> None:
        """Takes the cost of the last frame."""
        self.seconds += _FRESH * (seconds - self.seconds)
        self.bytes += _FRESH * (bytes_ - self.bytes)

    def wait(self) -> float:
        """Seconds from one frame to the next."""
        fps = min(self.fps, REMOTE_FPS) if self.remote else self.fps
        output = REMOTE_BYTES_A_SECOND if self.remote else BYTES_A_SECOND
        return max(1 / fps, self.seconds / CPU_SHARE, self.bytes / output)

    @property
    def picture_wait(self) -> float:
        """Seconds from one picture of the model to the next: two to four a second."""
        return max(0.5 if self.remote else 0.3, 2 * self.wait())
