"""The chooser of architectures; says what each choice is and what it keeps."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from grokterm.config import Config
from grokterm.config.architectures import ARCHITECTURES
from grokterm.errors import ConfigError
from grokterm.tui.dialogs.carrying import carried, keeps
from grokterm.tui.dialogs.chooser import Chooser
from grokterm.tui.dialogs.dialog import Wanted


class ArchitectureDialog(Chooser):
    """Chooses another architecture for the run; the model is rebuilt at the next step."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("k", "carry", show=False),
        Binding("a", "next", show=False),
    ]
    DEFAULT_CSS = "ArchitectureDialog .box { width: 82; }"

    def __init__(self, config: Config) -> None:
        super().__init__(config, "Architecture", list(ARCHITECTURES))
        self._keep = False

    def is_present(self, name: str) -> bool:
        """Whether the run has this architecture."""
        return name == self._config.arch

    def what(self, name: str) -> tuple[str, str]:
        """Its name, and its layers with their sizes."""
        spec = next(spec for known, spec in ARCHITECTURES.items() if known == name)
        words, (inputs, *_) = spec.words, self._config.shape
        if not self._config.of_pairs:
            words = spec.any_inputs.words if spec.any_inputs else "takes two inputs"
        return name, words.format(**self._config.as_dict(), inputs=inputs, outputs=self._config.class_count)

    def about(self, name: str) -> tuple[str, str]:
        """What a rebuilt model keeps, and the keys."""
        if self.is_present(name):
            return "This is the present architecture.", "arrows choose another · esc leaves"
        try:
            new = self._config.changed({"arch": name})
        except ConfigError as error:
            return str(error), "c changes several settings at once · esc leaves"
        can = carried(self._config, new)
        by_k = f"k {'makes fresh' if self._keep else 'carries over'} {' and '.join(can)} · " if can else ""
        return keeps(self._config, new, self._keep), f"enter rebuilds the model · {by_k}esc leaves"

    def wanted(self, name: str) -> Wanted:
        """The architecture, and whether what has the same shape is kept."""
        return Wanted({"arch": name}, keep=self._keep)

    def action_carry(self) -> None:
        """Carries over what has the same shape, or not."""
        self._keep = not self._keep
        self.tell()
