"""The axes of a sweep: which settings take which values, as people type them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from grokterm.config import Value, field_type, parse, setting_name, settings
from grokterm.config.setting import check
from grokterm.errors import ConfigError

MOST_VALUES: Final = 1000
"""Values of one axis at most."""
_DIGITS: Final = 4
"""Of the values within a range, more where these do not tell neighbours apart."""
_NOT_SWEPT: Final = {
    "seed": "choose --seeds N",
    "until": "it is the budget of all runs",
    "max_steps": "it is the budget of all runs",
    "pace": "a sweep trains at full speed",
    "on_trouble": "a sweep has no watchman",
    "device": "workers use the device that they have",
}


@dataclass(frozen=True, slots=True)
class Axis:
    """Settings that go together, one as a rule, and the values that they take in turn."""

    names: tuple[str, ...]
    values: tuple[tuple[Value, ...], ...]
    """A tuple for each point of the axis, with a value for each name."""

    def __len__(self) -> int:
        return len(self.values)

    @property
    def is_number(self) -> bool:
        """Whether the values of its first setting are numbers."""
        return all(isinstance(values[0], (int, float)) for values in self.values)


def read_axis(text: str) -> Axis:
    """The axis that `--over` describes: wd=0.1,0.3,1 or frac=0.2:0.8:7 or lr=1e-4:1e-2:log:5; raises ConfigError."""
    given, equals, described = text.partition("=")
    if not equals or not described.strip():
        raise ConfigError(
            f"--over must be a setting and its values, such as wd=0.1,0.3,1, frac=0.2:0.8:7 or lr=1e-4:1e-2:log:5, "
            f"not {text.strip() or 'nothing'}"
        )
    name = setting_name(given)
    if name in _NOT_SWEPT:
        raise ConfigError(f"--over cannot take {name}: {_NOT_SWEPT[name]}")
    values = tuple(_values(name, described))
    if len(values) > MOST_VALUES:
        raise ConfigError(f"--over {name} has {len(values):,} values: choose {MOST_VALUES:,} or fewer")
    return Axis((name,), tuple((value,) for value in values))


def read_axes(over: Sequence[str], zipped: Iterable[str] = ()) -> tuple[Axis, ...]:
    """The axes of all `--over`, those named by a `--zip` as one; raises ConfigError."""
    axes = {axis.names[0]: axis for axis in map(read_axis, over)}
    if len(axes) < len(over):
        twice = next(name for name in axes if sum(read_axis(text).names[0] == name for text in over) > 1)
        raise ConfigError(f"--over names {twice} twice: give all its values at once")
    for text in zipped:
        names = [setting_name(name) for name in text.split(",")]
        if len(set(names)) < 2:
            raise ConfigError(f"--zip must name two settings or more, such as lr,wd, not {text or 'nothing'}")
        for name in names:
            if name not in axes:
                raise ConfigError(f"--zip names {name}, which no --over gives, or another --zip has already")
        together = [axes.pop(name) for name in names]
        lengths = {len(axis) for axis in together}
        if len(lengths) > 1:
            counts = ", ".join(f"{axis.names[0]} {len(axis)}" for axis in together)
            raise ConfigError(f"--zip needs as many values of each of its settings, and there are {counts}")
        axes[names[0]] = Axis(tuple(names), tuple(tuple(v for (v,) in point) for point in _points(together)))
    return tuple(Axis(axis.names, tuple(dict.fromkeys(axis.values))) for axis in axes.values())


def check_axes(axes: Sequence[Axis]) -> None:
    """Raises ConfigError where axes have no values, other names than settings, or values that these do not take."""
    seen: set[str] = set()
    for axis in axes:
        if not axis.names or not axis.values or any(len(point) != len(axis.names) for point in axis.values):
            raise ConfigError("an axis needs settings, and a value of each at every point")
        for name in axis.names:
            if name not in settings() or name in _NOT_SWEPT or name in seen:
                raise ConfigError(f"{name!s:.40} cannot be an axis")
            seen.add(name)
        for point in axis.values:
            for name, value in zip(axis.names, point, strict=True):
                check(name, field_type(name), settings()[name], value)


def _points(axes: Sequence[Axis]) -> Iterable[tuple[tuple[Value, ...], ...]]:
    return zip(*(axis.values for axis in axes), strict=True)


def _values(name: str, described: str) -> list[Value]:
    """The values of one axis; raises ConfigError."""
    parts = [part.strip() for part in described.split(":")]
    if len(parts) == 1 or field_type(name) is str:
        return [parse(name, part) for part in _listed(described)]
    *ends, counted = parts
    log = ends[2:] == ["log"]
    if len(ends) != 2 + log or not counted.isdecimal():
        raise ConfigError(
            f"--over {name}={described} is no range: write FIRST:LAST:COUNT, or FIRST:LAST:log:COUNT, "
            f"such as {name}=0.1:1:5"
        )
    count = int(counted)
    if not 2 <= count <= MOST_VALUES:
        raise ConfigError(f"--over {name}={described}: a range has 2 to {MOST_VALUES:,} values, not {counted}")
    first, last = (_number(name, part) for part in ends[:2])
    if log and min(first, last) <= 0:
        raise ConfigError(f"--over {name}={described}: a log range lies above 0")
    exact = _range(first, last, count, log)[1:-1]
    for digits in range(_DIGITS, 18):
        values = [parse(name, ends[0]), *(_rounded(name, value, digits) for value in exact), parse(name, ends[1])]
        numbers = [float(value) for value in values]
        if field_type(name) is int or numbers in (sorted(set(numbers)), sorted(set(numbers), reverse=True)):
            break
    return values


def _listed(described: str) -> list[str]:
    """Values between commas, of which none within parentheses parts two values: formulas have them."""
    parts, depth, start = [], 0, 0
    for at, letter in enumerate(described):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            parts.append(described[start:at])
            start = at + 1
    parts.append(described[start:])
    return parts


def _number(name: str, text: str) -> float:
    value = parse(name, text)
    if isinstance(value, str):
        raise ConfigError(f"--over {name}: a range is of numbers, and {value} is a word")
    return float(value)


def _range(first: float, last: float, count: int, log: bool) -> list[float]:
    low, high = (math.log(first), math.log(last)) if log else (first, last)
    between = [low + (high - low) * i / (count - 1) for i in range(count)]
    return [math.exp(value) for value in between] if log else between


def _rounded(name: str, value: float, digits: int) -> Value:
    """A value in between as a person would type it; whole where the setting is."""
    if field_type(name) is int:
        return parse(name, str(round(value)))
    return parse(name, f"{value:.{digits}g}")
