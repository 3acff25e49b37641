"""How one field of a configuration is described, limited, read and checked."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, Literal, TypeVar, get_args, get_origin

from grokterm.errors import ConfigError
from grokterm.spelling import option_name, unknown

Group = Literal["Task", "Model", "Loss", "Training", "Machine", "Run", "Screen"]
Switch = Literal["off", "on"]
Acts = Literal["at once", "rebuilds the model", "starts a new run"]

KEY: Final = "setting"
"""Where a dataclass field keeps its `Setting`, in its metadata."""
ADDED: Final[dict[str, dict[str, str]]] = {}
"""What a setting may hold beside the words of its type, by the setting's name: words of plugins, and what each is."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Setting:
    """How one field of `Config`, or of `ViewOptions`, is described, limited and changed while a run trains."""

    group: Group
    acts: Acts
    help: str
    """What it is, its unit and its limits."""
    label: str = ""
    """What people call it, where that is not the field's name."""
    short: str = ""
    """The same where there is little room."""
    ge: float = -math.inf
    le: float = math.inf
    gt: float = -math.inf
    lt: float = math.inf
    aliases: tuple[str, ...] = ()

    @property
    def range(self) -> str:
        """The limits of a number in words: from 3 to 1,999, above 0 and below 1."""
        low = f"from {_plain(self.ge)}" if self.ge > -math.inf else f"above {_plain(self.gt)}"
        high = f"up to {_plain(self.le)}" if self.le < math.inf else f"below {_plain(self.lt)}"
        high = f"and {high}" if self.ge == -math.inf else high.replace("up to", "to").replace("below", "to below")
        return f"{low} {high}"

    def allows(self, number: float) -> bool:
        """Whether a number is within the limits."""
        return self.ge <= number <= self.le and self.gt < number < self.lt


def setting(default: T, group: Group, acts: Acts, help: str, **limits: Any) -> T:
    """A dataclass field with its default and its `Setting`."""
    described: T = field(default=default, metadata={KEY: Setting(group, acts, help, **limits)})
    return described


@cache
def words_of(hint: Any) -> tuple[str, ...]:
    """The words that a field of this type may hold; empty where it holds only numbers or free text."""
    if get_origin(hint) is Literal:
        return tuple(get_args(hint))
    return tuple(word for part in get_args(hint) if get_origin(part) is Literal for word in get_args(part))


def words_for(name: str, hint: Any) -> tuple[str, ...]:
    """The same of a setting by its name, with those that plugins add."""
    return (*words_of(hint), *ADDED.get(name, ()))


def read(name: str, hint: Any, limits: Setting, text: str) -> int | float | str:
    """The value of a field from what a person typed; raises ConfigError."""
    text = text.strip()
    value: int | float | str = text
    if text not in words_for(name, hint) and hint is not str and get_origin(hint) is not Literal:
        plain = text.replace(",", "").replace("_", "")
        try:
            value = int(plain) if _is_whole(hint) else float(plain)
        except ValueError:
            if not (_is_whole(hint) and re.fullmatch(r"\d{1,20}(\.0*)?[eE]\+?\d{1,2}", plain)):
                raise ConfigError(_expected(name, hint, limits, text)) from None
            value = int(float(plain))
    check(name, hint, limits, value)
    return value


def check(name: str, hint: Any, limits: Setting, value: object) -> None:
    """Raises ConfigError where a field may not hold a value."""
    if isinstance(value, str):
        if hint is not str and value not in words_for(name, hint):
            raise ConfigError(_expected(name, hint, limits, value))
        return
    if not _is_numeric(hint) or isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ConfigError(_expected(name, hint, limits, value))
    if not (math.isfinite(value) and limits.allows(value) and (isinstance(value, int) or not _is_whole(hint))):
        raise ConfigError(_expected(name, hint, limits, value))


def _expected(name: str, hint: Any, limits: Setting, given: object) -> str:
    """One sentence that says what a field may hold."""
    if get_origin(hint) is Literal:
        return unknown(name, str(given), list(words_for(name, hint)))
    kind = "a whole number" if _is_whole(hint) else "a number"
    also = "".join(f"{word}, " for word in words_of(hint))
    shown = f"{given:g}" if isinstance(given, float) else str(given)
    shown = (shown if len(shown) <= 40 else shown[:39] + "…") or "nothing"
    return f"{option_name(name)} must be {also and also + 'or '}{kind} {limits.range}, not {shown}"


@cache
def _is_numeric(hint: Any) -> bool:
    return hint in (int, float) or int in get_args(hint) or float in get_args(hint)


@cache
def _is_whole(hint: Any) -> bool:
    return hint is int or (get_origin(hint) is not Literal and int in get_args(hint))


def _plain(number: float) -> str:
    return f"{number:,}" if isinstance(number, int) else f"{number:,g}"
