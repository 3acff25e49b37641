"""The chooser of optimizer and gradient filter; says what each is and what it keeps."""

from __future__ import annotations

from typing import ClassVar, Final

from textual.binding import Binding, BindingType
from textual.widgets.option_list import Option

from grokterm.config import Config, settings
from grokterm.config.optimizers import FILTERS, OPTIMIZERS, Described
from grokterm.tui.dialogs.chooser import Chooser
from grokterm.tui.dialogs.dialog import Wanted
from grokterm.tui.text import formats

_KEEPS: Final = {
    "optimizer": "Keeps the weights and the filter; its own state is fresh, and it begins with warm-up.",
    "filter": "Keeps the weights and the optimizer with its state; what it remembers is fresh.",
}


def _all() -> dict[str, Described]:
    """Every choice by its setting and its name."""
    optimizers = {f"optimizer {name}": one for name, one in OPTIMIZERS.items()}
    return optimizers | {f"filter {name}": one for name, one in FILTERS.items()}


class OptimizerDialog(Chooser):
    """Chooses another optimizer or filter for the run, from the next step on."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("o", "next", show=False)]

    def __init__(self, config: Config) -> None:
        self._described = _all()
        super().__init__(config, "Optimizer and filter", list(self._described))

    def options(self) -> list[Option | None]:
        """The optimizers, and below a line the filters."""
        lines = super().options()
        return [*lines[: len(OPTIMIZERS)], None, *lines[len(OPTIMIZERS) :]]

    def is_present(self, name: str) -> bool:
        """Whether the run has this optimizer or filter."""
        setting, value = name.split(" ")
        return bool(getattr(self._config, setting) == value)

    def what(self, name: str) -> tuple[str, str]:
        """Its name, and what it does."""
        return name.split(" ")[1], self._described[name].words

    def about(self, name: str) -> tuple[str, str]:
        """What it keeps and which numbers it reads, and the keys."""
        setting = name.split(" ")[0]
        read = [each for each in settings() if each in self._described[name].uses]
        numbers = ", ".join(f"{formats.setting(each)} {formats.spelled(getattr(self._config, each))}" for each in read)
        kept, keys = f"This is the present {setting}.", ""
        if not self.is_present(name):
            kept = _KEEPS[setting]
            keys = f"enter takes it · {'l L the learning rate · ' if setting == 'optimizer' else ''}"
        with_numbers = f"With {numbers}: change them by c." if numbers else ""
        return f"{kept} {with_numbers}", f"{keys}arrows choose another · esc leaves"

    def wanted(self, name: str) -> Wanted:
        """The one setting."""
        setting, value = name.split(" ")
        return Wanted({setting: value})
