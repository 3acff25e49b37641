"""The chooser of optimizer and gradient filter; says what each is and what it keeps."""

from __future__ import annotations

from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from grokterm.config import Config, settings
from grokterm.config.optimizers import FILTERS, OPTIMIZERS, Described
from grokterm.tui.dialogs.dialog import Dialog, Wanted
from grokterm.tui.dialogs.options import Options
from grokterm.tui.text import formats

_ALL: Final[dict[tuple[str, str], Described]] = {
    **{("optimizer", name): one for name, one in OPTIMIZERS.items()},
    **{("filter", name): one for name, one in FILTERS.items()},
}
"""Every choice by its setting and its name."""
_KEEPS: Final = {
    "optimizer": "Keeps the weights and the filter; its own state is fresh, and it begins with warm-up.",
    "filter": "Keeps the weights and the optimizer with its state; what it remembers is fresh.",
}


class OptimizerDialog(Dialog[Wanted]):
    """Chooses another optimizer or filter for the run, from the next step on."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("o", "next", show=False)]
    DEFAULT_CSS = """
    OptimizerDialog .box { width: 86; }
    OptimizerDialog Static { height: auto; margin-top: 1; }
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        self._config = config

    def compose(self) -> ComposeResult:
        """The optimizers, the filters, what the lit one keeps, and the keys."""
        lines = [Option(self._line(*choice), id=" ".join(choice)) for choice in _ALL]
        between: list[Option | None] = [*lines[: len(OPTIMIZERS)], None, *lines[len(OPTIMIZERS) :]]
        options = Options(*between)
        options.highlighted = list(_ALL).index(("optimizer", self._config.optimizer))
        box = VerticalScroll(
            options, Static(id="kept"), Static(id="keys", classes="muted"), classes="box", can_focus=False
        )
        box.border_title = "Optimizer and filter"
        yield box

    def begin(self) -> None:
        """Says what the present one is."""
        self.query_one(OptionList).focus()
        self._tell()

    def on_option_list_option_highlighted(self) -> None:
        """Says what the lit one keeps."""
        if self.is_open:
            self._tell()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Takes it, unless it is the present one."""
        setting, name = str(event.option_id).split(" ")
        self.dismiss(None if self._is_present(setting, name) else Wanted({setting: name}))

    def action_next(self) -> None:
        """Lights the next one."""
        self.query_one(OptionList).action_cursor_down()

    def _is_present(self, setting: str, name: str) -> bool:
        return bool(getattr(self._config, setting) == name)

    def _line(self, setting: str, name: str) -> Content:
        here = "●" if self._is_present(setting, name) else " "
        return Content.assemble((f"{here} {name:<13}", "bold"), _ALL[setting, name].words)

    def _tell(self) -> None:
        setting, name = list(_ALL)[self.query_one(OptionList).highlighted or 0]
        read = [each for each in settings() if each in _ALL[setting, name].uses]
        numbers = ", ".join(f"{formats.setting(each)} {formats.spelled(getattr(self._config, each))}" for each in read)
        present = self._is_present(setting, name)
        told = f"This is the present {setting}." if present else _KEEPS[setting]
        keys = "" if present else f"enter takes it · {'l L the learning rate · ' if setting == 'optimizer' else ''}"
        self.query_one("#kept", Static).update(Content(f"{told} {numbers and f'With {numbers}: change them by c.'}"))
        self.query_one("#keys", Static).update(Content(f"{keys}arrows choose another · esc leaves"))
