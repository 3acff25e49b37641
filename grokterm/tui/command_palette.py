"""The command palette: every key, every pane and every theme by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from textual.await_complete import AwaitComplete
from textual.command import CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider

from grokterm.tui.actions import ACTIONS
from grokterm.tui.dialogs.options import has_pages
from grokterm.tui.terminal.behind import Over
from grokterm.tui.terminal.resizing import Steady
from grokterm.tui.terminal.typed_ahead import TakesKeys
from grokterm.tui.text.header import TITLES

Command = tuple[str, str, Callable[[], Any]]


class KeyCommands(Provider):
    """Finds what the screen can do."""

    async def discover(self) -> Hits:
        """Everything, in the order of the help."""
        for name, told, run in self._commands():
            yield DiscoveryHit(name, run, help=told)

    async def search(self, query: str) -> Hits:
        """What fits the words typed."""
        matcher = self.matcher(query)
        for name, told, run in self._commands():
            score = max(matcher.match(name), 0.8 * matcher.match(told))
            if score > 0:
                yield Hit(score, matcher.highlight(name), run, help=told)

    def _commands(self) -> Iterator[Command]:
        run = self.screen.run_action
        for a in ACTIONS:
            if a.id not in ("go_to_pane", "palette"):
                yield f"{a.words}", f"{a.key}  {a.group.lower()}", partial(run, a.method)
        for number, title in TITLES.items():
            yield f"Go to pane {number}: {title}", f"{number}  what is shown", partial(run, f"go_to_pane({number})")
        for name, told in self.screen.app.theme_words():  # type: ignore[attr-defined]
            yield f"Theme {name}", told, partial(self.screen.app.use_theme, name)  # type: ignore[attr-defined]


class KeyPalette(Over, TakesKeys, Steady, CommandPalette):
    """Textual's palette, which keys that come fast would close twice, and no room at all would break."""

    DEFAULT_CSS = """
    KeyPalette CommandList { min-width: 20; }
    KeyPalette Input { min-width: 10; }
    """

    @property
    def takes_keys(self) -> bool:
        """Whether its field is there."""
        return self.focused is not None

    def dismiss(self, result: Any = None) -> AwaitComplete:
        """Closes the palette while it is the one on top."""
        return super().dismiss(result) if self.is_current else AwaitComplete()

    def _action_command_list(self, action: str) -> None:
        """Moves in the list, by pages if it has pages."""
        if not action.startswith("page_") or has_pages(self.query_one(CommandList)):
            super()._action_command_list(action)
