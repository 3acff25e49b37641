"""The numbers that plugins add to the settings of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from grokterm.config.setting import Setting


@dataclass(frozen=True, slots=True)
class AddedNumber:
    """A setting beside the fields of `Config`: whole numbers where its default is one."""

    default: int | float
    setting: Setting


NUMBERS: Final[dict[str, AddedNumber]] = {}
"""Those of all plugins that are loaded, by name, in order."""
