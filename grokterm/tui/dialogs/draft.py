"""What a person has typed into the form of settings, and what it would bring about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from grokterm.config import Config, Value, parse, settings
from grokterm.errors import ConfigError
from grokterm.tui.dialogs.carrying import keeps
from grokterm.tui.text import formats


@dataclass(slots=True)
class Draft:
    """Texts typed for the settings of a run, checked as they are typed."""

    config: Config
    texts: dict[str, str] = field(default_factory=dict)

    def type(self, name: str, text: str) -> bool:
        """Takes what stands in a field now; whether that is another text than before."""
        if text == self.texts.get(name, formats.typed(getattr(self.config, name))):
            return False
        self.texts[name] = text
        return True

    @property
    def _typed(self) -> list[tuple[str, str]]:
        """Settings in the order of the form, each with its text."""
        return [(name, self.texts[name]) for name in settings() if name in self.texts]

    @property
    def values(self) -> dict[str, Value]:
        """The settings that differ from the present ones; fields that cannot be read are left out."""
        found: dict[str, Value] = {}
        for name, text in self._typed:
            try:
                value = parse(name, text)
            except ConfigError:
                continue
            if value != getattr(self.config, name):
                found[name] = value
        return found

    @property
    def wrong(self) -> dict[str, str]:
        """For each field that cannot be read, one sentence."""
        found: dict[str, str] = {}
        for name, text in self._typed:
            try:
                parse(name, text)
            except ConfigError as error:
                found[name] = str(error)
        return found

    @property
    def problem(self) -> str:
        """One sentence on what no run can have; empty when all is well."""
        wrong = self.wrong
        if wrong:
            return next(iter(wrong.values()))
        try:
            self.config.changed(self.values)
        except ConfigError as error:
            return str(error)
        return ""

    @property
    def new_run(self) -> bool:
        """Whether the changes need a new run."""
        return any(settings()[name].acts == "starts a new run" for name in self.values)

    @property
    def rebuilds(self) -> bool:
        """Whether the changes need a rebuilt model, and no new run."""
        return not self.new_run and any(settings()[name].acts == "rebuilds the model" for name in self.values)

    def told(self, keep: bool) -> str:
        """What the changes are and how they act."""
        values: Mapping[str, Value] = self.values
        if not values:
            return "Nothing is changed yet."
        listed = ", ".join(
            f"{formats.setting(name)} {formats.spelled(getattr(self.config, name))} → {formats.spelled(value)}"
            for name, value in values.items()
        )
        if self.new_run:
            return f"{listed}. Enter starts a new run with all of these settings."
        if self.rebuilds:
            return f"{listed}. Enter rebuilds the model. {keeps(self.config, self.config.changed(values), keep)}"
        return f"{listed}. Acts from the next step on."
