"""The chooser of architectures; says what each choice is and what it keeps."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from grokterm.config import Config
from grokterm.config.architectures import ARCHITECTURES, ArchitectureSpec
from grokterm.errors import ConfigError
from grokterm.tui.dialogs.carrying import carried, keeps
from grokterm.tui.dialogs.dialog import Dialog, Wanted
from grokterm.tui.dialogs.options import Options


class ArchitectureDialog(Dialog[Wanted]):
    """Chooses another architecture for the run; the model is rebuilt at the next step."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("k", "carry", show=False),
        Binding("a", "next", show=False),
    ]
    DEFAULT_CSS = """
    ArchitectureDialog .box { width: 82; }
    ArchitectureDialog Static { height: auto; margin-top: 1; }
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        self._config = config
        self._keep = False

    def compose(self) -> ComposeResult:
        """The architectures, what the lit one keeps, and the keys."""
        options = Options(*(Option(self._line(name, spec), id=name) for name, spec in ARCHITECTURES.items()))
        options.highlighted = list(ARCHITECTURES).index(self._config.arch)
        box = VerticalScroll(
            options, Static(id="kept"), Static(id="keys", classes="muted"), classes="box", can_focus=False
        )
        box.border_title = "Architecture"
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
        """Rebuilds the model, unless it is the present one."""
        name = str(event.option_id)
        self.dismiss(None if name == self._config.arch else Wanted({"arch": name}, keep=self._keep))

    def action_carry(self) -> None:
        """Carries over what has the same shape, or not."""
        self._keep = not self._keep
        self._tell()

    def action_next(self) -> None:
        """Lights the next one."""
        self.query_one(OptionList).action_cursor_down()

    def _line(self, name: str, spec: ArchitectureSpec) -> Content:
        what = spec.words.format(**self._config.as_dict(), outputs=self._config.class_count)
        here = "●" if name == self._config.arch else " "
        return Content.assemble((f"{here} {name:<13}", "bold"), what)

    def _tell(self) -> None:
        options = self.query_one(OptionList)
        name = list(ARCHITECTURES)[options.highlighted or 0]
        told, keys = "This is the present architecture.", "arrows choose another · esc leaves"
        if name != self._config.arch:
            told, keys = self._change(name)
        self.query_one("#kept", Static).update(Content(told))
        self.query_one("#keys", Static).update(Content(keys))

    def _change(self, name: str) -> tuple[str, str]:
        try:
            new = self._config.changed({"arch": name})
        except ConfigError as error:
            return str(error), "c changes several settings at once · esc leaves"
        can = f"k {'makes fresh' if self._keep else 'carries over'} {' and '.join(carried(self._config, new))} · "
        return (
            keeps(self._config, new, self._keep),
            f"enter rebuilds the model · {can if carried(self._config, new) else ''}esc leaves",
        )
