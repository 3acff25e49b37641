"""Lines on standard error that say how far something is that takes longer."""

from __future__ import annotations

import sys
import time
from typing import Final

from grokterm.cli.sanitize import sanitize

LINE_SECONDS: Final = 2.0
"""Seconds from one line of progress to the next."""


class ProgressLines:
    """Prints a line now and then."""

    def __init__(self) -> None:
        self._next = time.monotonic() + LINE_SECONDS

    def tell(self, words: str) -> None:
        """Prints a line if the last one is old enough."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + LINE_SECONDS
            print(sanitize(words), file=sys.stderr, flush=True)
