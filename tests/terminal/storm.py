"""Keys and sizes at random in a real terminal: dialogs are opened, and lists moved through, down to one cell."""

from __future__ import annotations

from random import Random
from typing import Final

from tests.terminal.terminal import Terminal

_OPENERS: Final = ("v", "a", "c", "C", "b", "?", "ctrl+p", "t", "k", "n")
_SIZES: Final = ((4, 4), (3, 3), (2, 2), (1, 1), (1, 40), (30, 1), (20, 5), (120, 40), (170, 50))
_KEYS: Final = (
    *("pageup", "pagedown", "home", "end", "up", "down", "left", "right", "tab", "shift+tab", "backspace"),
    *("z", "x", "y", "W", "l", "m", "T", "[", "]", "{", "1", "3", "6", "9", "?", "\x1b[15~", "\x1b[<64;1;1M"),
)


def storm(terminal: Terminal, chance: Random, rounds: int) -> list[str]:
    """Opens a dialog a round, resizes the terminal under it and presses keys; what was done, as long as it runs."""
    done: list[str] = []
    for _ in range(rounds):
        for _ in range(3):
            # An escape and a letter in one go are another key.
            terminal.press("esc")
            terminal.pump(0.15)
        size, opener = chance.choice(_SIZES), chance.choice(_OPENERS)
        pressed = [opener, *chance.choices(_KEYS, k=12), "pagedown", "pageup"]
        terminal.press(opener)
        terminal.pump(0.1)
        terminal.resize(*size)
        terminal.press(*pressed[1:])
        terminal.pump(0.1)
        done.append(f"{size[0]}×{size[1]} {' '.join(map(ascii, pressed))}")
        if terminal.ended:
            break
    return done
