"""A dialog that chooses one of a few things for the run, and says what the lit one keeps."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from grokterm.config import Config
from grokterm.tui.dialogs.dialog import Dialog, Wanted
from grokterm.tui.dialogs.options import Options


class Chooser(Dialog[Wanted]):
    """Lines of which one is lit, two texts about it, and its keys."""

    DEFAULT_CSS = """
    Chooser .box { width: 86; }
    Chooser Static { height: auto; margin-top: 1; }
    """

    def __init__(self, config: Config, title: str, names: Sequence[str]) -> None:
        """`config` is that of the run; `names` are those of the lines, in order."""
        super().__init__()
        self._config, self._heading, self._names = config, title, list(names)

    @abstractmethod
    def is_present(self, name: str) -> bool:
        """Whether the run has what a line stands for."""

    @abstractmethod
    def what(self, name: str) -> tuple[str, str]:
        """What a line stands for: its name on the screen, and in words."""

    @abstractmethod
    def about(self, name: str) -> tuple[str, str]:
        """What comes of choosing it, and the keys."""

    @abstractmethod
    def wanted(self, name: str) -> Wanted:
        """What it changes."""

    def options(self) -> list[Option | None]:
        """The lines; None for a line between them."""
        return [self._option(name) for name in self._names]

    def compose(self) -> ComposeResult:
        """The lines, what the lit one keeps, and the keys."""
        options = Options(*self.options())
        options.highlighted = next(at for at, name in enumerate(self._names) if self.is_present(name))
        box = VerticalScroll(
            options, Static(id="kept"), Static(id="keys", classes="muted"), classes="box", can_focus=False
        )
        box.border_title = self._heading
        yield box

    def begin(self) -> None:
        """Says what the present one is."""
        self.query_one(OptionList).focus()
        self.tell()

    def on_option_list_option_highlighted(self) -> None:
        """Says what the lit one keeps."""
        if self.is_open:
            self.tell()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Takes it, unless it is the present one."""
        name = str(event.option_id)
        self.dismiss(None if self.is_present(name) else self.wanted(name))

    def action_next(self) -> None:
        """Lights the next one."""
        self.query_one(OptionList).action_cursor_down()

    def tell(self) -> None:
        """Writes what is to be said of the lit one."""
        kept, keys = self.about(self._names[self.query_one(OptionList).highlighted or 0])
        self.query_one("#kept", Static).update(Content(kept))
        self.query_one("#keys", Static).update(Content(keys))

    def _option(self, name: str) -> Option:
        called, words = self.what(name)
        here = "●" if self.is_present(name) else " "
        wide = 1 + max(12, *(len(self.what(other)[0]) for other in self._names))
        return Option(Content.assemble((f"{here} {called:<{wide}}", "bold"), words), id=name)
