"""The last line of a screen: its keys, or for a moment a remark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from textual import events
from textual.content import Content

from grokterm.tui.actions import FOOTER_ORDER, OF_TRAINED, Action, action
from grokterm.tui.run.trainer_link import ShownState
from grokterm.tui.text.fitting import Part, fit
from grokterm.tui.text.one_line import Line
from grokterm.tui.theme import Palette

_NO_NAMES: Final[Mapping[str, str]] = MappingProxyType({})
_SAID: Final = 5.0
"""Seconds that a remark stands in the keys' place."""


@lru_cache(maxsize=8)
def footer_keys(state: ShownState, palette: Palette, width: int, trained: bool = True) -> Content:
    """The keys and what they do, the most needed ones where there is little room.

    Those of training are left out for a run that is not trained.
    """
    shown = [action(name) for name in FOOTER_ORDER if trained or name not in OF_TRAINED]
    return keys_line(shown, palette, width, {"pause": _pause_name(state)})


def keys_line(actions: Sequence[Action], palette: Palette, width: int, names: Mapping[str, str] = _NO_NAMES) -> Content:
    """Keys in this order; `names` are those of actions, by id, that are called otherwise now."""
    key, name = f"bold {palette.markup('accent')}", palette.markup("muted")
    parts: list[Part] = []
    for a in actions:
        written = Content.assemble((a.footer_key or a.key, key), (f" {names.get(a.id, a.name)}", name))
        parts.append(Part.of((written, 10 + a.rank)))
    return Content.assemble(" ", fit(parts, width - 2, Content("  ")))


def _pause_name(state: ShownState) -> str:
    return {"training": "pause", "starting": "pause", "trainer gone": "start again"}.get(state, "go on")


class Footer(Line):
    """The keys; `say` puts a remark in their place for a moment."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._keys = Content("")
        self._remark = Content("")

    @property
    def remark(self) -> str:
        """The remark that stands there now; empty where the keys do."""
        return self._remark.plain

    def show(self, keys: Content) -> None:
        """Takes the keys, and writes them unless a remark stands in their place."""
        self._keys = keys
        self._refit()

    def say(self, text: str, meaning: str, palette: Palette) -> None:
        """Shows a remark; `meaning` is a colour of the palette."""
        self._remark = remark = Content.styled(text, f"bold {palette.markup(meaning)}")
        self._refit()
        self.set_timer(_SAID, lambda: self._forget(remark))

    def on_resize(self, event: events.Resize) -> None:
        """Fits the remark into the new width."""
        self._refit()

    def _refit(self) -> None:
        """Writes the remark, as much as there is room for, or the keys."""
        room = max(1, self.size.width - 2)
        remark = self._remark.truncate(room, ellipsis=True)
        self.write(Content.assemble(" ", remark) if self._remark else self._keys)

    def _forget(self, remark: Content) -> None:
        if self._remark is remark:
            self._remark = Content("")
            self._refit()
