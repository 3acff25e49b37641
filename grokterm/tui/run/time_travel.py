"""Going to steps of the past and back."""

from __future__ import annotations

from typing import Final

from grokterm.tui.run.moment import index_of, moment_of
from grokterm.tui.run.state import RunState

STRIDES: Final = 100
"""Small strides from one end of the run to the other."""


class Cursor:
    """Where one run's past is looked at."""

    def __init__(self, state: RunState) -> None:
        self._state = state

    def by(self, strides: int) -> bool:
        """Moves the cursor by small strides, from now where it is not in the past; whether it moved."""
        history, moment = self._state.history, self._state.moment
        last = len(history) - 1
        if last < 0 or (moment is None and strides > 0):
            return False
        at = last if moment is None else index_of(history, moment.step)
        return self._to(min(max(at + strides * max(1, last // STRIDES), 0), last))

    def to_first(self) -> bool:
        """Moves the cursor to the first step logged; whether it moved."""
        return self._to(0)

    def to_newest(self) -> bool:
        """Moves the cursor to the last step logged, if it is in the past; whether it moved."""
        return self._state.moment is not None and self._to(len(self._state.history) - 1)

    def leave(self) -> bool:
        """Returns to the present; whether it was not there."""
        was, self._state.moment = self._state.moment, None
        self._state.going = False
        return was is not None

    def _to(self, index: int) -> bool:
        history, old = self._state.history, self._state.moment
        if not 0 <= index < len(history):
            return False
        new = moment_of(history, index)
        if old is not None and old.step == new.step:
            return False
        self._state.moment = new
        return True
