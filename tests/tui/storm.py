"""Keys, pasted text and sizes at random in every dialog and view, on screens down to one cell."""

from __future__ import annotations

from collections import deque
from random import Random
from typing import Final

from textual import events

from grokterm.tui.actions import bindings
from grokterm.tui.dialogs.change import ChangeDialog
from grokterm.tui.dialogs.dialog import Dialog
from grokterm.tui.dialogs.race import RaceDialog
from tests.tui.watching import Watching

OPENERS: Final = ("v", "a", "o", "c", "C", "R", "b", "f", "question_mark", "ctrl+p", "t", "k", "n", "N", "z", "tab")
"""Keys that open the dialogs, go through the views, or focus a pane that takes keys itself."""
SMALL: Final = ((4, 4), (3, 3), (2, 2), (1, 1), (1, 40), (30, 1), (1, 2), (2, 1), (20, 5))
MOVES: Final = ("pageup", "pagedown", "home", "end", "up", "down", "left", "right")
_SETTLING: Final = ("d", "q", "r", "ctrl+c", "enter")
"""Keys that leave the viewer or the run where no dialog is open, and the one that carries out what a dialog is for."""


def keys() -> list[str]:
    """Every key that is bound but leaves nothing, those that move, and a few that are typed."""
    bound = [key for binding in bindings() for key in binding.key.split(",") if key not in _SETTLING]
    return [*bound, *MOVES, "escape", "backspace", "delete", "0", "é", "f5"]


class Storm:
    """A seeded storm over a viewer; `last` says what was done last."""

    def __init__(self, seen: Watching, chance: Random) -> None:
        self.last: deque[str] = deque(maxlen=40)
        self._seen = seen
        self._chance = chance
        self._keys = keys()

    @property
    def runs(self) -> bool:
        """Whether the viewer still runs."""
        return self._seen.app.is_running

    async def over(self, opener: str, sizes: int, keys: int) -> None:
        """Opens something at so many sizes, and presses so many keys there and what moves."""
        for size in self._chance.sample([*SMALL, self._size(), (120, 40)], sizes):
            if self.runs and self._seen.app.screen is self._seen.screen:
                self.press(opener)
            await self.resize(size)
            for key in self._chance.sample(self._keys, keys):
                self.press(key)
            if self._chance.random() < 0.3:
                self.paste()
            await self.settle()
            # These come last, where the dialog that is open now was laid out for this size.
            for key in MOVES:
                self.press(key)
            await self.settle()
            if self._takes_all_keys:
                self.press(self._chance.choice(_SETTLING))
                await self.settle()
            if not self.runs:
                return
        await self.calm()

    async def calm(self) -> None:
        """Closes what is open."""
        for _ in range(4):
            self.press("escape")
        await self.settle()

    async def resize(self, size: tuple[int, int]) -> None:
        """Resizes the terminal."""
        self.last.append(f"{size[0]}×{size[1]}")
        if self.runs:
            await self._seen.pilot.resize_terminal(*size)
            await self.settle()

    def press(self, key: str) -> None:
        """Sends a key without waiting for what it does."""
        if not self.runs:
            return
        self.last.append(key)
        self._seen.app.post_message(events.Key(key, key if len(key) == 1 else None))

    def paste(self) -> None:
        """Pastes text of any kind."""
        text = "".join(chr(self._chance.randrange(1, 0x3000)) for _ in range(self._chance.randrange(1, 200)))
        self.last.append(f"pasted {text!r}")
        self._seen.app.post_message(events.Paste(text))

    async def settle(self) -> None:
        """Waits until what was pressed has been answered."""
        if self.runs:
            await self._seen.pilot.pause()

    @property
    def _takes_all_keys(self) -> bool:
        """Whether a dialog is open in which no key leaves the viewer or starts a trainer."""
        screen = self._seen.app.screen if self.runs else None
        return isinstance(screen, Dialog) and not isinstance(screen, ChangeDialog | RaceDialog)

    def _size(self) -> tuple[int, int]:
        return self._chance.randrange(1, 170), self._chance.randrange(1, 55)
